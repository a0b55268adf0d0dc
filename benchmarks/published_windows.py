"""What the model reads at once: whole pieces where they fit, else overlapping windows; and the exact figures of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.published_ids import CUT, HOME, MOVED, PAD, START, Ids, Writing
from benchmarks.published_pieces import Piece
from studio.models.transformer import Model


@dataclass(frozen=True)
class Window:
    """Ids with their header, and the frame that each of ids[1:] helps to predict; -1 where it counts elsewhere."""

    ids: Ids
    frames: Ids
    piece: int


def header(moved: bool, cut: bool) -> list[int]:
    """What stands before the first frame."""
    return [MOVED if moved else HOME, *([CUT] if cut else []), START]


def windows(writing: Writing, piece: Piece, index: int, context: int, order: int = 0) -> Iterator[Window]:
    """All of a piece in its own key, every id counted once.

    The first window begins the piece; each further one begins at the frame after half of the one before it, which it
    reads again and does not count. So what is predicted follows at least about half a context, or all that was before.
    """
    body, frames = writing.write(piece, 0, order)
    begins = np.searchsorted(frames, np.arange(len(piece)))
    start, counted = 0, 0
    while counted < len(body):
        head = [*writing.head(order), *header(moved=False, cut=start > 0)]
        end = min(len(body), start + context + 1 - len(head))
        told = np.where(np.arange(start, end) >= counted, frames[start:end], -1)
        yield Window(np.concatenate([head, body[start:end]]), np.concatenate([[-1] * (len(head) - 1), told]), index)
        counted = end
        start = int(begins[np.searchsorted(begins, end - context // 2)]) if end < len(body) else end


def padded(rows: Sequence[Ids]) -> torch.Tensor:
    """Ids of different lengths as one (B, T)."""
    width = max(map(len, rows))
    return torch.from_numpy(np.stack([np.pad(row, (0, width - len(row)), constant_values=PAD) for row in rows]))


@torch.inference_mode()
def frame_nats(
    models: Sequence[Model],
    writing: Writing,
    pieces: Sequence[Piece],
    context: int,
    orders: Sequence[int] = (0,),
    tokens: int = 16_384,
) -> list[npt.NDArray[np.float64]]:
    """For each piece the negative log-likelihood in nats of each of its frames given those before.

    With several `models`, or `orders` in which a piece is written, a frame is as likely as on average over all of them:
    one distribution again, since each gives one to the frames that can come next. `tokens` are read together.
    """
    each = [_in_order(model.eval(), writing, pieces, context, order, tokens) for model in models for order in orders]
    return [math.log(len(each)) - np.logaddexp.reduce([-totals[i] for totals in each]) for i in range(len(pieces))]


def _in_order(
    model: Model, writing: Writing, pieces: Sequence[Piece], context: int, order: int, tokens: int
) -> list[npt.NDArray[np.float64]]:
    totals = [np.zeros(len(piece)) for piece in pieces]
    every = [window for i, piece in enumerate(pieces) for window in windows(writing, piece, i, context, order)]
    for window, chances in zip(every, _chances(model, [window.ids for window in every], tokens), strict=True):
        counted = window.frames >= 0
        np.add.at(totals[window.piece], window.frames[counted], -chances[counted])
    return totals


def _chances(model: Model, rows: Sequence[Ids], tokens: int) -> list[npt.NDArray[np.float64]]:
    """For each row the logarithm of the likelihood of all ids but the first."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    found = [row for group in grouped([rows[i] for i in order], tokens) for row in model.nll(padded(group)).double()]
    chances = {i: -row.numpy()[: len(rows[i]) - 1] for i, row in zip(order, found, strict=True)}
    return [chances[i] for i in range(len(rows))]


def grouped(rows: Sequence[Ids], tokens: int) -> Iterator[list[Ids]]:
    """Neighbours in groups whose padded size is at most `tokens`, or single."""
    group: list[Ids] = []
    for row in rows:
        if group and max(map(len, [*group, row])) * (len(group) + 1) > tokens:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def mean_nats(frames: Sequence[npt.NDArray[np.float64]], skip: int = 0) -> float:
    """Nats per frame over all frames of all pieces, less the first `skip` of each."""
    total = math.fsum(float(piece[skip:].sum()) for piece in frames)
    return total / sum(len(piece) - skip for piece in frames)
