"""Which pieces are the same music: grams of interval and rhythm, an inverted index, and groups of what overlaps.

Blind to transposition, tempo and the note values it is written in. Knows no corpora and no splits.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio import melody
from studio.score import Score, Track

GRAM = 6
"""Steps (from one note to the next) in a gram."""
OVERLAP = 0.25
"""Two pieces are one when they share this part of the grams of the shorter one ..."""
FEWEST_SHARED = 6
"""... and at least so many."""
MOST_PIECES = 64
"""A gram in more pieces than this is a figure everybody uses; it tells nothing."""
MOST_GRAMS = 4096
"""Grams kept of one piece, those with the smallest hash, so that the same ones stay wherever they stand."""

Grams = NDArray[np.uint64]

_PRIME = np.uint64(0x9E3779B97F4A7C15)


def grams(score: Score) -> Grams:
    """The sorted distinct gram hashes of a score's leading line: its melody track, else the skyline of all; of drums the hits."""
    tracks = [t for t in score.tracks if t.role == "melody" and t.notes] or [t for t in score.tracks if not t.is_drum]
    notes = tuple(itertools.chain.from_iterable(t.notes for t in tracks))
    if notes:
        line = melody.monophonic(Track(notes)).notes
    else:
        line = tuple(itertools.chain.from_iterable(t.notes for t in score.tracks))
    if len(line) <= GRAM:
        return np.zeros(0, dtype=np.uint64)
    onsets = np.array([n.onset for n in line], dtype=np.float64)
    pitches = np.array([n.pitch for n in line], dtype=np.int64)
    return np.unique(_hashes(np.diff(onsets), np.diff(pitches)))[:MOST_GRAMS]


def _hashes(gaps: NDArray[np.float64], intervals: NDArray[np.int64]) -> Grams:
    """One hash for each run of GRAM steps; the first step's length is the unit of the others."""
    octaves = np.log2(np.maximum(gaps, 1e-9))
    count = len(gaps) - GRAM + 1
    result = np.zeros(count, dtype=np.uint64)
    for k in range(GRAM):
        ratio = np.round(4 * np.clip(octaves[k : k + count] - octaves[:count], -6, 6)).astype(np.int64) if k else 0
        step = ((intervals[k : k + count] + 128) * 64 + ratio + 32).astype(np.uint64)
        result = (result ^ step) * _PRIME
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
