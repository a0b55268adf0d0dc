"""Notes as arrays, for figures to reckon with. Knows nothing of what is reckoned."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from studio.score import Bar, Note, Score, Track

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GRID = 12  # steps of a quarter to which onsets are rounded where it matters: 16ths and triplets, as played by hand too
MOST_BARS = 256  # what lies after that is form of another order, and would take time


def tracks_of(music: Score | Track) -> tuple[Track, ...]:
    """The tracks of a score; a track is its own."""
    return music.tracks if isinstance(music, Score) else (music,)


def pitched_notes(music: Score | Track) -> list[Note]:
    """The notes of all tracks but drums, track by track."""
    return [note for track in tracks_of(music) if not track.is_drum for note in track.notes]


@lru_cache(maxsize=16)
def array(music: Score | Track, *, drums: bool = False) -> Ints:
    """(N, 4) int64: onset, pitch, duration in ticks, index of the track; track by track, sorted. Not to be changed."""
    tracks = [(i, track) for i, track in enumerate(tracks_of(music)) if track.notes and (drums or not track.is_drum)]
    flat = itertools.chain.from_iterable(note for _, track in tracks for note in track.notes)
    notes = np.fromiter(flat, np.int64).reshape(-1, 4)
    notes[:, 3] = np.repeat([i for i, _ in tracks], [len(track.notes) for _, track in tracks])
    notes.flags.writeable = False
    return notes


@lru_cache(maxsize=16)
def top_lines(music: Score | Track) -> Ints:
    """(M, 4), as `array`: of the notes that start together in one track the highest alone."""
    notes = array(music)
    order = np.lexsort((notes[:, 1], notes[:, 0], notes[:, 3]))
    notes = notes[order]
    last = np.ones(len(notes), bool)
    last[:-1] = (notes[1:, 0] != notes[:-1, 0]) | (notes[1:, 3] != notes[:-1, 3])
    return notes[last]


@lru_cache(maxsize=16)
def bars_of(score: Score) -> tuple[Bar, ...]:
    """The first `MOST_BARS` bars."""
    if score.bar_count <= MOST_BARS:
        return score.bars
    # Not all of them are listed first: there may be very many.
    longest = max(score.bar_length(metre.numerator, metre.denominator) for metre in score.time_signatures)
    return score.slice_ticks(0, longest * MOST_BARS).bars[:MOST_BARS]


def shares(counts: Floats | Ints) -> Floats:
    """Counts as shares of their sum; all 0 where nothing was counted."""
    total = counts.sum()
    return np.asarray(counts / total if total else counts, np.float64)


def entropy(histogram: Floats) -> float:
    """Shannon entropy of shares that add up to 1, in bits; 0 for an empty histogram."""
    some = histogram[histogram > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0


def spread(notes: Ints, edges: Ints) -> tuple[Ints, Ints, Ints]:
    """(row, stretch, ticks): one entry for each note and each stretch between neighbouring edges in which it sounds.

    `edges` (S + 1,) rise from 0 on; what lies after the last of them is left out.
    """
    onsets, ends = notes[:, 0], np.minimum(notes[:, 0] + notes[:, 2], edges[-1])
    first = np.searchsorted(edges, onsets, "right") - 1
    pieces = np.maximum(0, np.searchsorted(edges, ends, "left") - first)
    row = np.repeat(np.arange(len(notes)), pieces)
    stretch = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces - first, pieces)
    return row, stretch, np.minimum(ends[row], edges[stretch + 1]) - np.maximum(onsets[row], edges[stretch])


def covered(spans: Iterable[tuple[int, int]]) -> int:
    """Ticks that lie in at least one of the (start, end) spans."""
    total, reached = 0, 0
    for start, end in sorted(spans):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total
