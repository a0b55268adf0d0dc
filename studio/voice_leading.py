"""The rules of four-part writing (SATB): which notes break them, counted in a `Score`. Knows nothing of tokens.

Ranges: Brady, "Chords in SATB style", in "First-Year Music Theory" (Minnesota State). Voice crossing and forbidden
parallels: Aldwell and Schachter, "Harmony and Voice Leading", unit 5; counted note by note as Fang et al. (2020, "Bach
or Mock? A Grading Function for Chorales in the Style of J.S. Bach") count them.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from studio.score import Score, Track

RANGES = ((60, 79), (55, 74), (48, 67), (41, 62))
"""Lowest and highest pitch of soprano (C4-G5), alto (G3-D5), tenor (C3-G4) and bass (F2-D4)."""

FIFTH, OCTAVE = 7, 0
"""Semitones of the two perfect intervals whose parallels are forbidden, octaves taken off (a unison counts as one)."""

RESTS_A_QUARTER = 4
"""A silence shorter than this part of a quarter note is articulation and parts no two notes; a longer one is a rest."""


class Line:
    """One voice, a note at a time, in ticks. Of notes that start together the highest counts; each ends the one before.

    `rest`: the shortest silence, in ticks, that parts two notes.
    """

    def __init__(self, rest: int) -> None:
        self.rest = rest
        self.onsets: list[int] = []
        self.pitches: list[int] = []
        self.ends: list[int] = []

    def add(self, onset: int, pitch: int, end: int) -> None:
        """Put a note from tick `onset` to `end` (exclusive) where it belongs."""
        i = bisect_left(self.onsets, onset)
        if i == len(self.onsets) or self.onsets[i] != onset:
            self.onsets.insert(i, onset)
            self.pitches.insert(i, pitch)
            self.ends.insert(i, end)
        elif pitch > self.pitches[i]:
            self.pitches[i], self.ends[i] = pitch, end

    def at(self, tick: int) -> int | None:
        """The pitch that sounds at `tick`; None in silence."""
        i = bisect_right(self.onsets, tick) - 1
        return self.pitches[i] if i >= 0 and self.ends[i] > tick else None

    def before(self, tick: int) -> int | None:
        """The pitch that leads to `tick`: of the last note that began before it, unless a rest lies between."""
        i = bisect_left(self.onsets, tick) - 1
        return self.pitches[i] if i >= 0 and tick - self.ends[i] < self.rest else None

    def motion(self, tick: int) -> tuple[int, int] | None:
        """(from, to) when a note of another pitch follows at `tick` without a rest; None when the voice stays."""
        i = bisect_left(self.onsets, tick)
        left = self.before(tick)
        if left is None or i == len(self.onsets) or self.onsets[i] != tick or self.pitches[i] == left:
            return None
        return left, self.pitches[i]

    def falls_below(self, pitch: int, tick: int) -> int | None:
        """When, after `tick`, the first note lower than `pitch` begins; None when none does."""
        later = range(bisect_right(self.onsets, tick), len(self.onsets))
        return next((self.onsets[i] for i in later if self.pitches[i] < pitch), None)

    def rises_above(self, pitch: int, tick: int) -> int | None:
        """When, after `tick`, the first note higher than `pitch` begins; None when none does."""
        later = range(bisect_right(self.onsets, tick), len(self.onsets))
        return next((self.onsets[i] for i in later if self.pitches[i] > pitch), None)


def parallels(one: tuple[int, int], other: tuple[int, int]) -> int | None:
    """FIFTH or OCTAVE when two voices, moving (from, to) at one moment, leave and reach that interval; else None.

    Aldwell and Schachter's rule: parallel fifths, octaves and unisons, also where an octave is added or taken off (a
    fifth to a twelfth, an octave to a unison), be it in the same direction or in contrary motion. A voice that stays
    makes none, and neither do unequal fifths (a diminished one is six semitones).
    """
    interval = abs(one[0] - other[0]) % 12
    moved = one[0] != one[1] and other[0] != other[1]
    if moved and interval in (FIFTH, OCTAVE) and abs(one[1] - other[1]) % 12 == interval:
        return interval
    return None


@dataclass(frozen=True, slots=True)
class Violations:
    """How often rules are broken, and how often they could have been; `+` adds pieces up.

    `chord_changes`: moments after the first at which other pitches sound than before. `out_of_range` of `notes`.
    `crossings` of `meetings`: a note of a voice sounds with a note of the next lower voice, and lies below it.
    `parallel_fifths` and `parallel_octaves` (unisons too) of `motions`: two of the voices, any two, move at one moment.
    """

    chord_changes: int = 0
    notes: int = 0
    out_of_range: int = 0
    meetings: int = 0
    crossings: int = 0
    motions: int = 0
    parallel_fifths: int = 0
    parallel_octaves: int = 0

    def __add__(self, other: Violations) -> Violations:
        return Violations(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    @property
    def total(self) -> int:
        """All violations together."""
        return self.out_of_range + self.crossings + self.parallel_fifths + self.parallel_octaves

    def per_hundred(self, count: int) -> float:
        """`count` of these violations per 100 chord changes: 0 or more; 0 where no chord changes."""
        return 100 * count / self.chord_changes if self.chord_changes else 0.0


def violations(score: Score, voices: Sequence[int]) -> Violations:
    """What the four tracks `voices`, from soprano to bass, break. ValueError when these are not four tracks of it.

    Chords and overlaps inside a track are no voices: the highest note counts, and a next note ends the one before.
    """
    if len(voices) != len(RANGES) or len(set(voices)) != len(voices):
        raise ValueError(f"four tracks from soprano to bass were expected, not {list(voices)}")
    if not all(0 <= k < len(score.tracks) and not score.tracks[k].is_drum for k in voices):
        raise ValueError(f"tracks {list(voices)} are not all pitched tracks of a score of {len(score.tracks)}")
    lines = [_line(score.tracks[k], max(1, score.resolution // RESTS_A_QUARTER)) for k in voices]
    found = Violations(chord_changes=_chord_changes(lines))
    for line, (lowest, highest) in zip(lines, RANGES, strict=True):
        outside = sum(not lowest <= pitch <= highest for pitch in line.pitches)
        found += Violations(notes=len(line.pitches), out_of_range=outside)
    for upper, lower in itertools.pairwise(lines):
        found += _crossings(upper, lower)
    for one, other in itertools.combinations(lines, 2):
        found += _parallels(one, other)
    return found


def _line(track: Track, rest: int) -> Line:
    line = Line(rest)
    for note in track.notes:
        line.add(note.onset, note.pitch, note.end)
    return line


def _moments(lines: Sequence[Line]) -> list[int]:
    """The ticks at which any of the voices starts a note, in order."""
    return sorted({onset for line in lines for onset in line.onsets})


def _chord_changes(lines: Sequence[Line]) -> int:
    chords = [[line.at(tick) for line in lines] for tick in _moments(lines)]
    return sum(one != next_one for one, next_one in itertools.pairwise(chords))


def _crossings(upper: Line, lower: Line) -> Violations:
    meetings = [(upper.at(tick), lower.at(tick)) for tick in _moments((upper, lower))]
    both = [(high, low) for high, low in meetings if high is not None and low is not None]
    return Violations(meetings=len(both), crossings=sum(high < low for high, low in both))


def _parallels(one: Line, other: Line) -> Violations:
    moves = ((one.motion(tick), other.motion(tick)) for tick in one.onsets)
    intervals = [parallels(mine, yours) for mine, yours in moves if mine is not None and yours is not None]
    return Violations(
        motions=len(intervals), parallel_fifths=intervals.count(FIFTH), parallel_octaves=intervals.count(OCTAVE)
    )
