"""Finding what a line shares with the pieces of an index, or with another line: seeds, then local alignment.

Runs of codes that stand in both are looked up, the diagonals through them are weighed (seed and extend, as in BLAST,
Altschul et al. 1990), and the best are aligned with gaps (Smith and Waterman 1981). So a passage is found in any key,
at any tempo, and with some of its notes changed, left out or put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.originality.index import RUN, Index, keys
from studio.originality.lines import Codes

MISMATCH, GAP = -2, -5
"""What a pair of codes that are not alike adds to a score, and one without a partner. Alike ones add their worth."""
REACH = 40
"""Codes on either side of a seed that are weighed."""
CANDIDATES = 24
"""Pieces that are aligned."""
AROUND = 160
"""Codes on either side of the best diagonal's middle that are aligned."""
NEAR = 4
"""A code that comes again within so many is part of a scale, a trill or a repeated note: it tells next to nothing."""
_NOTHING, _OUTSIDE = 254, 255


@dataclass(frozen=True)
class Match:
    """A passage shared with piece number `piece`: its `score`, and which codes of ours are which of theirs."""

    piece: int
    score: int
    pairs: tuple[tuple[int, int], ...]


def search(index: Index, ours: Codes) -> list[Match]:
    """The best passage that codes share with each of the pieces that are likest, the highest score first."""
    which, places = index.found(keys(ours))
    if not len(which):
        return []
    pieces = np.searchsorted(index.firsts, places, side="right") - 1
    inside = places + RUN <= index.firsts[pieces + 1]
    which, places, pieces = which[inside], places[inside], pieces[inside]
    # One seed is enough of those near one another on a diagonal.
    spot = (places - which) * (len(ours) // REACH + 1) + which // REACH
    _, first = np.unique(spot, return_index=True)
    which, places, pieces = which[first], places[first], pieces[first]
    worths = _worths(ours, index.worths)
    scores = _weighed(index, ours, worths, which, places, pieces)
    best = _best_of_each(scores, pieces)
    parts, starts, froms = [], [], []
    for i in best:
        low, high = index.firsts[pieces[i]], index.firsts[pieces[i] + 1]
        starts.append(max(low, places[i] - AROUND) - low)
        parts.append(index.codes[max(low, places[i] - AROUND) : min(high, places[i] + AROUND)])
        froms.append(max(0, int(which[i]) - AROUND))
    width = max(map(len, parts))
    theirs = np.full((len(parts), width), _OUTSIDE, np.uint8)
    mine = np.full((len(parts), min(len(ours), 2 * AROUND)), _NOTHING, np.uint8)
    gains = np.zeros(mine.shape, np.int32)
    for row, part, own, gain, begin in zip(theirs, parts, mine, gains, froms, strict=True):
        row[: len(part)] = part
        some = ours[begin : begin + len(own)]
        own[: len(some)], gain[: len(some)] = some, worths[begin : begin + len(own)]
    found = [
        Match(int(pieces[i]), score, tuple((a + begin, b + int(start)) for a, b in pairs))
        for i, begin, start, (score, pairs) in zip(best, froms, starts, _aligned(mine, theirs, gains), strict=True)
    ]
    return sorted(found, key=lambda match: -match.score)


def compare(ours: Codes, theirs: Codes, worths: NDArray[np.int32]) -> Match | None:
    """The best passage that two lines share; None where they are too short. `worths` (256,): see `Index.worths`."""
    if not len(ours) or not len(theirs):
        return None
    ((score, pairs),) = _aligned(ours[None], theirs[None], _worths(ours, worths)[None])
    return Match(0, score, tuple(pairs))


def _worths(ours: Codes, worths: NDArray[np.int32]) -> NDArray[np.int32]:
    """What it is worth to find each of the codes again, (codes,)."""
    found = worths[ours]
    for back in range(1, NEAR + 1):
        found[back:][ours[back:] == ours[:-back]] = 1
    return found


def _weighed(
    index: Index,
    ours: Codes,
    worths: NDArray[np.int32],
    which: NDArray[np.int64],
    places: NDArray[np.int64],
    pieces: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The best score without gaps on the diagonal of each seed, within REACH, (seeds,)."""
    scores = np.zeros(len(which), np.int64)
    reach = np.arange(-REACH, REACH + RUN)
    for at in range(0, len(which), 8192):
        part = slice(at, at + 8192)
        mine, there = which[part, None] + reach, places[part, None] + reach
        low, high = index.firsts[pieces[part], None], index.firsts[pieces[part] + 1, None]
        within = (mine >= 0) & (mine < len(ours)) & (there >= low) & (there < high)
        alike = ours[np.clip(mine, 0, len(ours) - 1)] == index.codes[np.clip(there, 0, len(index.codes) - 1)]
        worth = worths[np.clip(mine, 0, len(ours) - 1)]
        gains = np.where(within & alike, worth, MISMATCH)
        sums = np.cumsum(gains, axis=1)
        lowest = np.minimum.accumulate(np.minimum(sums - gains, 0), axis=1)
        scores[part] = (sums - lowest).max(axis=1)
    return scores


def _best_of_each(scores: NDArray[np.int64], pieces: NDArray[np.int64]) -> list[int]:
    """The seeds with the best scores, one of each piece, as many as are aligned."""
    order = np.argsort(-scores, kind="stable")
    _, first = np.unique(pieces[order], return_index=True)
    return [int(order[i]) for i in np.sort(first)[:CANDIDATES]]


def _aligned(ours: Codes, theirs: Codes, worths: NDArray[np.int32]) -> list[tuple[int, list[tuple[int, int]]]]:
    """For each row of (rows, m) and (rows, n) the best local alignment: its score, and the pairs that are alike.

    `worths` (rows, m): what it is worth to find each of ours.
    """
    rows, m = ours.shape
    n = theirs.shape[1]
    table = np.zeros((rows, m + 1, n + 1), np.int32)
    across = GAP * np.arange(n + 1)
    for i in range(m):
        gains = np.where(ours[:, i, None] == theirs, worths[:, i, None], MISMATCH)
        row = np.maximum(table[:, i] + GAP, 0)
        np.maximum(row[:, 1:], table[:, i, :-1] + gains, out=row[:, 1:])
        # A gap of any length in ours: the best before it, less what it costs.
        table[:, i + 1] = np.maximum.accumulate(row - across, axis=1) + across
    return [_traced(*row) for row in zip(table, ours, theirs, worths, strict=True)]


def _traced(
    table: NDArray[np.int32], ours: Codes, theirs: Codes, worths: NDArray[np.int32]
) -> tuple[int, list[tuple[int, int]]]:
    i, j = map(int, np.unravel_index(int(table.argmax()), table.shape))
    score, pairs = int(table[i, j]), []
    while table[i, j] > 0:
        alike = ours[i - 1] == theirs[j - 1]
        if table[i, j] == table[i - 1, j - 1] + (worths[i - 1] if alike else MISMATCH):
            i, j = i - 1, j - 1
            if alike:
                pairs.append((i, j))
        elif table[i, j] == table[i - 1, j] + GAP:
            i -= 1
        else:
            j -= 1
    return score, pairs[::-1]


def spans(pairs: Sequence[tuple[int, int]], side: int, group: int) -> set[int]:
    """The notes of one side (0: ours, 1: theirs) that the codes of the pairs were made of, `group` of each."""
    return {pair[side] + k for pair in pairs for k in range(group)}
