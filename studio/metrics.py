"""`Score` (or one `Track`) to numbers: key, texture and repetition. Knows nothing of files, tokens or models.

Every figure names its unit and range, and the paper it comes from where it has one. Drums have no pitch and are left
out of every figure about pitch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.score import Note, Score, Track

# Temperley (1999), "What's Key for Key? The Krumhansl-Schmuckler Key-Finding Algorithm Reconsidered", Music Perception
# 17(1): how well each of the twelve pitch classes, counted from the tonic, fits a major and a minor key.
_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)
_MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")

LONGEST_PATTERN = 4  # bars; what repeats after more than this is form, not a loop


@dataclass(frozen=True, slots=True)
class Key:
    """`tonic` 0-11 (0 = C) and mode; `confidence` 0-1 is the correlation with the key's profile."""

    tonic: int
    minor: bool
    confidence: float

    @property
    def name(self) -> str:
        """For people, in the usual spelling: "A minor", "Bb major"."""
        return f"{_MINOR_NAMES[self.tonic]} minor" if self.minor else f"{_MAJOR_NAMES[self.tonic]} major"


def _profiles() -> NDArray[np.float64]:
    """(24, 12): the twelve major, then the twelve minor keys, each centred and of unit length."""
    rows = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_PROFILES = _profiles()


def _pitched_notes(music: Score | Track) -> list[Note]:
    tracks: Iterable[Track] = music.tracks if isinstance(music, Score) else (music,)
    return [note for track in tracks if not track.is_drum for note in track.notes]


def pitch_class_histogram(music: Score | Track) -> NDArray[np.float64]:
    """(12,) float64, from C upwards: the share of note time on each pitch class, 0-1; all 0 without pitches."""
    weights = np.zeros(12)
    for note in _pitched_notes(music):
        weights[note.pitch % 12] += note.duration
    total = weights.sum()
    return weights / total if total else weights


def estimate_key(music: Score | Track) -> Key | None:
    """The key whose profile fits the time on each pitch class best; None without pitches or when all keys fit alike.

    The Krumhansl-Schmuckler algorithm (Krumhansl 1990, "Cognitive Foundations of Musical Pitch") with the profiles of
    Temperley (1999, Music Perception 17(1)).
    """
    weights = pitch_class_histogram(music)
    centred = weights - weights.mean()
    length = float(np.linalg.norm(centred))
    if length < 1e-12:
        return None
    correlations = _PROFILES @ centred / length
    best = int(np.argmax(correlations))
    return Key(best % 12, best >= 12, float(np.clip(correlations[best], 0.0, 1.0)))


def _covered(spans: Iterable[tuple[int, int]]) -> int:
    """Ticks that lie in at least one of the (start, end) spans."""
    covered, reached = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def polyphony(music: Score | Track) -> float:
    """Mean number of different pitches sounding together while anything sounds: 0 (nothing pitched), else 1 or more.

    As in MusPy (Dong, Chen, McAuley and Berg-Kirkpatrick 2020, "MusPy: A Toolkit for Symbolic Music Generation").
    """
    by_pitch: dict[int, list[tuple[int, int]]] = {}
    for note in _pitched_notes(music):
        by_pitch.setdefault(note.pitch, []).append((note.onset, note.end))
    sounding = _covered(span for spans in by_pitch.values() for span in spans)
    return sum(map(_covered, by_pitch.values())) / sounding if sounding else 0.0


def pitch_range(music: Score | Track) -> tuple[int, int] | None:
    """Lowest and highest pitch, 0-127 (60 = C4); None when nothing is pitched."""
    pitches = [note.pitch for note in _pitched_notes(music)]
    return (min(pitches), max(pitches)) if pitches else None


def notes_per_bar(score: Score) -> float:
    """Notes of all tracks, drums too, per bar of the score: 0 or more."""
    bars = score.bar_count
    return score.note_count / bars if bars else 0.0


def repeated_pitch_rate(track: Track) -> float:
    """Share of the steps of a monophonic line, from each note to the next, that stay on the same pitch: 0-1.

    0 for fewer than two notes. Notes of a chord count as if one came after another: make the line monophonic first.
    """
    pitches = [note.pitch for note in track.notes]
    steps = list(itertools.pairwise(pitches))
    return sum(a == b for a, b in steps) / len(steps) if steps else 0.0


def bar_contents(score: Score) -> list[tuple[tuple[int, int, int, int], ...]]:
    """For each bar the notes that start in it as (track index, ticks after the bar line, pitch, duration), sorted."""
    contents: list[list[tuple[int, int, int, int]]] = []
    notes = sorted((note.onset, index, note) for index, track in enumerate(score.tracks) for note in track.notes)
    position = 0
    for bar in score.bars:
        inside: list[tuple[int, int, int, int]] = []
        while position < len(notes) and notes[position][0] < bar.end:
            onset, index, note = notes[position]
            inside.append((index, onset - bar.start, note.pitch, note.duration))
            position += 1
        contents.append(sorted(inside))
    return [tuple(inside) for inside in contents]


def empty_bars(score: Score) -> int:
    """Number of bars, up to the end of the music, in which nothing sounds (a note held over from before does sound)."""
    notes = sorted(note for track in score.tracks for note in track.notes)
    empty, position, reached = 0, 0, 0
    for bar in score.bars:
        starts_here = False
        held = reached > bar.start
        while position < len(notes) and notes[position].onset < bar.end:
            reached = max(reached, notes[position].end)
            starts_here = True
            position += 1
        empty += not (starts_here or held)
    return empty


def longest_loop(score: Score, longest_pattern: int = LONGEST_PATTERN) -> int:
    """Bars in the longest stretch that only repeats a pattern of 1 to `longest_pattern` bars, its first time included.

    0 when no pattern comes twice in a row. Notes are compared by track, position, pitch and duration, not velocity;
    patterns without any note do not count (see `empty_bars`).
    """
    contents = bar_contents(score)
    return max((_longest_repetition(contents, period) for period in range(1, longest_pattern + 1)), default=0)


def _longest_repetition(contents: Sequence[tuple[tuple[int, int, int, int], ...]], period: int) -> int:
    """Bars of the longest stretch in which each bar equals the one `period` bars before it; 0 below two full rounds."""
    longest, repeated = 0, 0
    for i in range(period, len(contents)):
        repeated = repeated + 1 if contents[i] == contents[i - period] else 0
        sounds = any(contents[i - repeated - period + 1 : i + 1])
        if repeated >= period and sounds:
            longest = max(longest, repeated + period)
    return longest
