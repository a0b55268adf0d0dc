"""Which pieces are the same music: grams of interval and rhythm, an inverted index, and groups of what overlaps.

Blind to transposition, tempo and the note values it is written in. Knows no corpora and no splits.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from studio import melody
from studio.score import Bar, Note, Score, Track

GRAM = 6
"""Steps from note to note in a gram, and beats in a gram of the skeleton."""
FEWEST_PITCHES = 3
FEWEST_BEAT_PITCHES = 4
"""A gram of steps or of beats with fewer different pitches is anybody's."""
OVERLAP = 0.2
"""Two pieces are one when they share this part of the grams of the shorter one ..."""
FEWEST_SHARED = 8
"""... and at least so many."""
MOST_PIECES = 64
"""A gram in more pieces than this is a figure everybody uses; it tells nothing."""

Grams = NDArray[np.uint64]

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_BEATS_SALT = 7919  # keeps grams of beats apart from grams of notes


def grams(score: Score) -> Grams:
    """The sorted distinct gram hashes of a score's leading line: its melody track, else the skyline of all its tracks.

    Two kinds: from note to note (interval, and rhythm as ratios) and from beat to beat (what sounds there), for
    versions of one tune differ in what they put between the beats. Where there are only drums their hits count, to the
    16th.
    """
    tracks = [t for t in score.tracks if t.role == "melody" and t.notes] or [t for t in score.tracks if not t.is_drum]
    notes = tuple(itertools.chain.from_iterable(t.notes for t in tracks))
    if not notes:
        return np.unique(_of_steps(_hits(score)))
    line = melody.monophonic(Track(notes)).notes
    return np.unique(np.concatenate([_of_steps(line), _of_beats(line, score)]))


def _hits(score: Score) -> list[Note]:
    step = max(1, score.resolution // 4)
    hits = {(round(n.onset / step), n.pitch) for t in score.tracks for n in t.notes}
    return [Note(onset, pitch, 1, 64) for onset, pitch in sorted(hits)]


def _of_steps(line: Sequence[Note]) -> Grams:
    """One hash for each run of GRAM steps; the first step's length is the unit of the others."""
    if len(line) <= GRAM:
        return np.zeros(0, dtype=np.uint64)
    octaves = np.log2(np.maximum(np.diff([n.onset for n in line]), 1e-9))
    intervals = np.diff([n.pitch for n in line])
    count = len(intervals) - GRAM + 1
    steps = [
        (intervals[k : k + count] + 128) * 64 + 32
        + np.round(4 * np.clip(octaves[k : k + count] - octaves[:count], -6, 6)).astype(np.int64)
        for k in range(GRAM)
    ]  # fmt: skip
    return _hashed(np.stack(steps)[:, _distinct([n.pitch for n in line], GRAM + 1) >= FEWEST_PITCHES])


def _of_beats(line: Sequence[Note], score: Score) -> Grams:
    """One hash for each run of GRAM beats: the pitches that sound there, counted from the first."""
    beats = [tick for bar in score.bars for tick in range(bar.start, bar.end, _beat(score, bar))]
    if len(beats) < GRAM:
        return np.zeros(0, dtype=np.uint64)
    at = np.searchsorted([n.onset for n in line], beats, side="right") - 1
    pitches = np.array([n.pitch for n in line])[np.maximum(at, 0)]
    runs = np.lib.stride_tricks.sliding_window_view(pitches, GRAM)
    runs = runs[_distinct(pitches, GRAM) >= FEWEST_BEAT_PITCHES]
    return _hashed((runs - runs[:, :1]).T + 128 + _BEATS_SALT)


def _distinct(pitches: ArrayLike, length: int) -> NDArray[np.int64]:
    """How many different pitches there are in each run of `length`."""
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(np.asarray(pitches), length), axis=1)
    return np.asarray(1 + (np.diff(ordered, axis=1) > 0).sum(axis=1))


def _beat(score: Score, bar: Bar) -> int:
    """Ticks of a beat: three units in compound metres, else a quarter, so that 2/2 and 4/4 have the same beats."""
    if bar.denominator >= 8 and bar.numerator % 3 == 0:
        return score.bar_length(3, bar.denominator)
    return score.resolution


def _hashed(rows: NDArray[np.int64]) -> Grams:
    """One hash for each column of (GRAM, N)."""
    result = np.zeros(rows.shape[1], dtype=np.uint64)
    for row in rows:
        result = (result ^ row.astype(np.uint64)) * _PRIME
        result ^= result >> np.uint64(29)
    return result


def groups(pieces: Sequence[Grams]) -> NDArray[np.int64]:
    """For each piece the lowest index of a piece of its group; (N,)."""
    parents = np.arange(len(pieces), dtype=np.int64)

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = int(parents[i])
        return i

    for a, b in similar(pieces).tolist():
        low, high = sorted((root(a), root(b)))
        parents[high] = low
    return np.array([root(i) for i in range(len(pieces))], dtype=np.int64)


def similar(pieces: Sequence[Grams]) -> NDArray[np.int64]:
    """Pairs of indices (P, 2), the smaller first, of pieces that share enough grams."""
    sizes = np.array([len(g) for g in pieces], dtype=np.int64)
    pairs = _co_occurrences(pieces)
    if not len(pairs):
        return np.zeros((0, 2), dtype=np.int64)
    found, shared = np.unique(pairs, return_counts=True)
    first, second = found // len(pieces), found % len(pieces)
    enough = (shared >= FEWEST_SHARED) & (shared >= OVERLAP * np.minimum(sizes[first], sizes[second]))
    return np.stack([first, second], axis=1)[enough]


def _co_occurrences(pieces: Sequence[Grams]) -> NDArray[np.int64]:
    """`first * N + second` for every two pieces, once for each gram that both have."""
    if not pieces or not sum(len(g) for g in pieces):
        return np.zeros(0, dtype=np.int64)
    hashes = np.concatenate(pieces)
    owners = np.repeat(np.arange(len(pieces), dtype=np.int64), [len(g) for g in pieces])
    order = np.lexsort((owners, hashes))
    hashes, owners = hashes[order], owners[order]
    starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
    counts = np.diff(np.append(starts, len(hashes)))
    result = []
    for count in range(2, MOST_PIECES + 1):
        at = starts[counts == count]
        if not len(at):
            continue
        members = owners[at[:, None] + np.arange(count)]
        first, second = np.triu_indices(count, k=1)
        result.append((members[:, first] * len(pieces) + members[:, second]).ravel())
    return np.concatenate(result) if result else np.zeros(0, dtype=np.int64)
