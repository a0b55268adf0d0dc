"""Lines of one voice, and the codes that they are found by. Pure numpy; knows no models and no files.

A code is six bits of a hash of three notes in a row: the two steps in semitones, and how much longer the second note
lasts than the first. So it is the same in any key and at any tempo, and it cannot be played: nearly two hundred
different groups of three notes share each code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.melody import monophonic
from studio.score import Note, Score, Track

Codes = NDArray[np.uint8]

GROUP = 3
"""Notes in the group that a code is made of."""
BITS = 6
WIDEST = 24
"""Semitones: wider steps count as these."""
RATIOS = (-1.3, -0.4, 0.4, 1.3)
"""Octaves of duration (log2) between the five classes of how much longer a note lasts than the one before."""

_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Line:
    """One note at a time, as they stand in the score. `track` is its index there; `bars` the bar of each note, from 0.

    `codes`: (notes - 2,).
    """

    track: int
    notes: tuple[Note, ...]
    bars: NDArray[np.int32]
    codes: Codes


def codes(onsets: NDArray[np.int64], pitches: NDArray[np.int64]) -> Codes:
    """The codes 0-63 of a line of notes, (notes - 2,), from onsets (any unit, rising) and pitches, (notes,) each."""
    if len(onsets) < GROUP:
        return np.zeros(0, np.uint8)
    steps = np.clip(np.diff(pitches), -WIDEST, WIDEST) + WIDEST
    lengths = np.log2(np.maximum(np.diff(onsets), 1))
    ratios = np.digitize(np.diff(lengths), RATIOS)
    number = ((steps[:-1] * (2 * WIDEST + 1) + steps[1:]) * (len(RATIOS) + 1) + ratios).astype(np.uint64)
    mixed = (number + np.uint64(1)) * _PRIME
    mixed ^= mixed >> np.uint64(29)
    mixed *= _PRIME
    found: Codes = (mixed >> np.uint64(64 - BITS)).astype(np.uint8)
    return found


def of_track(score: Score, track: int, only: frozenset[Note] | None = None) -> Line:
    """The highest notes of a track as a line; `only`: those of its notes that count (None: all)."""
    there = score.tracks[track].notes
    chosen = there if only is None else tuple(note for note in there if note in only)
    whole_notes = {(note.onset, note.pitch): note for note in chosen}  # a line cuts those that ring on
    notes = tuple(whole_notes[note.onset, note.pitch] for note in monophonic(Track(chosen)).notes)
    onsets = np.array([note.onset for note in notes], np.int64)
    pitches = np.array([note.pitch for note in notes], np.int64)
    starts = np.array([bar.start for bar in score.bars], np.int64)
    bars = (np.searchsorted(starts, onsets, side="right") - 1).astype(np.int32)
    return Line(track, notes, bars, codes(onsets, pitches))


def lines(score: Score, only: Iterable[frozenset[Note]] | None = None) -> list[Line]:
    """The line of each track with pitches; `only`: by track, those of its notes that count (None: all)."""
    chosen = [None] * len(score.tracks) if only is None else list(only)
    return [of_track(score, i, chosen[i]) for i, track in enumerate(score.tracks) if not track.is_drum and track.notes]
