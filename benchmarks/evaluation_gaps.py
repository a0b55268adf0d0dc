"""A gap in a held-out piece: what it costs to write it after the left side alone, and with both sides in view."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.evaluation_likelihood import below
from benchmarks.evaluation_pieces import Folder, Piece, groups
from benchmarks.evaluation_report import Row
from studio.data.windows import HOLE
from studio.evaluate import model_scorer, scored
from studio.representations.events import Events
from studio.representations.events.holes import Passage

BARS = (2, 3, 4)
SIDE = 2
"""Bars that there must be before and after a gap."""

Counted = tuple[NDArray[np.int64], NDArray[np.bool_]]
"""Ids (T,), and which of them count (T,)."""


@dataclass(frozen=True)
class Gap:
    """The same notes, written twice: as what goes on after the left side, and as what fills the gap.

    Every id counts that it takes to write the gap and to end it: bar lines and tracks in the one, and in the other what
    begins the next bar of a track. What is known before it is written does not: the bar line that begins the gap, the
    first FILL, the track of each FILL; and what heads a bar, which a filler is told.
    """

    group: str
    notes: int
    continued: Counted
    filled: Counted


def gap(folder: Folder, piece: Piece, context: int) -> Gap | None:
    """A gap of two to four bars in the middle of a piece, in all its tracks, with as much around it as fits.

    None where the piece is too short, or silent there, or too dense for the context.
    """
    length = BARS[piece.row % len(BARS)]
    span = _span(folder, piece, length, context)
    if span is None:
        return None
    begin, first, end = span
    header, ids = folder.passage(piece, begin, end)
    passage = Passage(folder.events.vocabulary, header.tolist(), ids.tolist())
    inside = range(first - begin, first - begin + length)
    said: list[list[int]] = [[] for _ in passage.bars]
    plain = np.array(passage.ids(said, {}))
    holes = {(bar, k): [False] * len(passage.bars[bar].notes.get(k, ())) for bar in inside for k in range(piece.tracks)}
    notes = sum(map(len, holes.values()))
    if not notes:
        return None
    continued = _continued(folder.events, plain, inside)
    return Gap(piece.group, notes, continued, _filled(folder.events, np.array(passage.ids(said, holes))))


def _span(folder: Folder, piece: Piece, length: int, context: int) -> tuple[int, int, int] | None:
    """(first bar to show, first bar of the gap, end of what is shown): both sides as long as the context allows."""
    first = (piece.bars - length) // 2
    lengths = folder.lengths(piece)
    begin, end = first - SIDE, first + length + SIDE
    if begin < 0 or end >= piece.bars:  # a bar has to follow, so that none shown is the last
        return None
    room = context - len(folder.passage(piece, 0, 0)[0]) - HOLE * piece.tracks * length - 1
    room -= int(lengths[begin:end].sum())
    if room < 0:
        return None
    grown = True
    while grown:
        grown = False
        if begin and lengths[begin - 1] <= room:
            begin, room, grown = begin - 1, room - int(lengths[begin - 1]), True
        if end + 1 < piece.bars and lengths[end] <= room:
            end, room, grown = end + 1, room - int(lengths[end]), True
    return begin, first, end


def _continued(events: Events, ids: NDArray[np.int64], inside: range) -> Counted:
    """Up to the bar line behind the gap; counted from the first id in the gap on."""
    lines = np.flatnonzero(ids == events.vocabulary.ids["BAR"])
    start, stop = int(lines[inside.start]) + 1, int(lines[inside.stop]) + 1
    counts = np.zeros(stop, dtype=np.bool_)
    counts[start:] = True
    for kind in ("METRE", "TEMPO", "LEFT"):
        run = events.vocabulary.types[kind]
        counts &= (ids[:stop] < run.start) | (ids[:stop] >= run.stop)
    return ids[:stop], counts


def _filled(events: Events, ids: NDArray[np.int64]) -> Counted:
    """All of it; counted from behind the first FILL on, but not the tracks, which are those of the holes."""
    fills = np.flatnonzero(ids == events.vocabulary.ids["FILL"])
    counts = np.zeros(len(ids), dtype=np.bool_)
    counts[fills[0] + 1 :] = True
    counts[fills + 1] = False
    return ids, counts


def measure(model: Any, gaps: Sequence[Gap]) -> list[Row]:
    """Nats per note of each group, then of all together."""
    continued = _nats(model, [gap.continued for gap in gaps])
    filled = _nats(model, [gap.filled for gap in gaps])
    of = {name: [i for i, gap in enumerate(gaps) if gap.group == name] for name in sorted({gap.group for gap in gaps})}
    of["all"] = list(range(len(gaps)))
    return [_row(name, which, gaps, continued, filled) for name, which in of.items() if which]


def _nats(model: Any, sequences: Sequence[Counted]) -> NDArray[np.float64]:
    """Nats of what counts in each."""
    found = np.zeros(len(sequences))
    for i, nll in scored(model_scorer(model, torch.device("cpu")), [(ids, 1) for ids, _ in sequences]):
        found[i] = nll[sequences[i][1][1:]].sum()
    return found


def _row(
    name: str,
    chosen: list[int],
    gaps: Sequence[Gap],
    continued: NDArray[np.float64],
    filled: NDArray[np.float64],
) -> Row:
    notes = sum(gaps[i].notes for i in chosen)
    before, both = float(continued[chosen].sum()) / notes, float(filled[chosen].sum()) / notes
    return {
        "pieces of": name,
        "gaps": len(chosen),
        "notes": notes,
        "after the left side": before,
        "between both sides": both,
        "lower, %": below(both, before),
    }


def gaps(folder: Folder, pieces: Sequence[Piece], context: int, most: int) -> list[Gap]:
    """Up to so many gaps of each group, of pieces drawn without regard to their length; always the same ones."""
    found: list[Gap] = []
    for members in groups(pieces).values():
        drawn = (members[i] for i in np.random.default_rng(0).permutation(len(members)))
        each = (gap(folder, piece, context) for piece in drawn)
        found += itertools.islice(filter(None, each), most)
    return found
