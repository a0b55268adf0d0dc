"""`Candidate`: one of several takes as it is judged - what is new in it, and what that is held against."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from studio.metrics import Key, estimate_key
from studio.score import Bar, Note, Score, Track

LEAST = 4
"""Notes of a track that there must be before anything is held against them."""
# Semitones above the tonic; a minor key may raise its sixth and seventh.
_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 9, 10, 11)

Content = tuple[tuple[int, int, int], ...]
"""What begins in a bar: (track, ticks after the bar line, pitch), sorted; drums have their pitch, too."""


@dataclass(frozen=True)
class Candidate:
    """A score in which, between ticks `start` and `end`, the notes `new` (by track) were written.

    `before` is the music they are held against, with the same tracks at the same resolution: the seed, or what of the
    score is not new. `melody`: the track that leads, if one does. `key`: the one that was asked for; None: the seed's.
    `surprise`: nats per note of the new notes and of the seed's under the model that wrote; None: it has no likelihood.
    `copied`: the share of the new notes that lie in a passage held for copied, 0-1; None: nobody looked.
    """

    score: Score
    new: tuple[frozenset[Note], ...]
    start: int
    end: int
    before: Score
    melody: int | None = None
    key: Key | None = None
    surprise: tuple[float, float] | None = None
    copied: float | None = None

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """The bars that were written; of those in which nothing sounds at the end, too."""
        found = [bar for bar in self.score.bars if self.start <= bar.start < self.end]
        metre = self.score.time_signature_at(max(self.start, self.end - 1))
        length = self.score.bar_length(metre.numerator, metre.denominator)
        at = found[-1].end if found else self.start
        number = found[-1].index + 1 if found else len(self.score.bars)
        while at < self.end:
            found.append(Bar(number, at, at + length, metre.numerator, metre.denominator))
            at, number = at + length, number + 1
        return tuple(found)

    @cached_property
    def written(self) -> tuple[tuple[Note, ...], ...]:
        """By track the new notes in order."""
        return tuple(tuple(sorted(notes)) for notes in self.new)

    @cached_property
    def pairs(self) -> list[tuple[Track, tuple[Note, ...], tuple[Note, ...]]]:
        """Of each track that has both: the track, what it played before, what is new."""
        old = [track.notes for track in self.before.tracks]
        both = zip(self.score.tracks, old, self.written, strict=False)
        return [(track, was, new) for track, was, new in both if len(was) >= LEAST and new]

    @cached_property
    def tonality(self) -> Key | None:
        """The key that it is to keep to: that of what was there before, else its own."""
        return self.key or estimate_key(self.before) or estimate_key(self.score)

    @cached_property
    def scale(self) -> frozenset[int]:
        """Pitch classes of that key; all twelve where there is none."""
        if self.tonality is None:
            return frozenset(range(12))
        return frozenset((self.tonality.tonic + i) % 12 for i in (_MINOR if self.tonality.minor else _MAJOR))

    @cached_property
    def contents(self) -> list[Content]:
        """What is new in each bar that was written."""
        return contents(self.written, self.bars)

    @cached_property
    def old_bars(self) -> tuple[Bar, ...]:
        """The bars that new ones are held against: all before, but none where another verb wrote over everything."""
        return self.before.bars

    @cached_property
    def old_contents(self) -> list[Content]:
        """What begins in each of these, in the tracks that have something new."""
        fresh = [bool(notes) for notes in self.new]
        tracks = [t.notes if i < len(fresh) and fresh[i] else () for i, t in enumerate(self.before.tracks)]
        return contents(tracks, self.old_bars)

    def pitched(self, notes: Sequence[Iterable[Note]]) -> list[Note]:
        """All notes, by track, but those of drums."""
        return [n for track, found in zip(self.score.tracks, notes, strict=False) if not track.is_drum for n in found]

    def bar_at(self, tick: int) -> int:
        """The number, from 1, of the new bar that holds a tick."""
        return next((bar.index + 1 for bar in self.bars if bar.start <= tick < bar.end), self.bars[-1].index + 1)


def contents(tracks: Iterable[Iterable[Note]], bars: Sequence[Bar]) -> list[Content]:
    """What begins in each of the bars."""
    notes = sorted((n.onset, i, n.pitch) for i, track in enumerate(tracks) for n in track)
    found: list[Content] = []
    at = 0
    for bar in bars:
        while at < len(notes) and notes[at][0] < bar.start:
            at += 1
        first = at
        while at < len(notes) and notes[at][0] < bar.end:
            at += 1
        found.append(tuple(sorted((i, onset - bar.start, pitch) for onset, i, pitch in notes[first:at])))
    return found


def likeness(one: Content, other: Content) -> float:
    """Share of the notes of two bars that are the same, one of them moved up or down as a whole: 0-1 (Jaccard)."""
    if not one or not other:
        return 0.0
    by_place: dict[tuple[int, int], list[int]] = {}
    for track, onset, pitch in other:
        by_place.setdefault((track, onset), []).append(pitch)
    shifts: dict[int, int] = {}
    for track, onset, pitch in one:
        for there in by_place.get((track, onset), ()):
            shifts[pitch - there] = shifts.get(pitch - there, 0) + 1
    same = max(shifts.values(), default=0)
    return same / (len(one) + len(other) - same)


def rhythm_likeness(one: Content, other: Content) -> float:
    """Share of the places in two bars at which both have a note begin: 0-1; 1 for two empty bars."""
    here, there = ({note[:2] for note in content} for content in (one, other))
    return len(here & there) / len(here | there) if here or there else 1.0
