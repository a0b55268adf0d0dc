"""Passages of about the length that takes have: one of each piece, drawn at random, but always the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.evaluation_pieces import Folder, Piece
from studio.score import Score

BARS, LEAST = 16, 8
"""Bars of a passage; of a shorter piece all, if it has so many."""
NO_PEOPLE = "js_fakes:"
"""How the pieces of a collection begin that a program composed."""


@dataclass(frozen=True)
class Passage:
    """Bars `first` to `end` (exclusive, from 0) of a piece, from tick 0."""

    piece: Piece
    first: int
    end: int
    score: Score

    @property
    def bars(self) -> int:
        return self.end - self.first


def held_out(folder: Folder) -> list[Piece]:
    """The pieces that nothing was trained on, validation and test; but for those that a program composed."""
    return [piece for piece in folder.of("valid") + folder.of("test") if not piece.name.startswith(NO_PEOPLE)]


def apart(pieces: Iterable[Piece]) -> list[Piece]:
    """One piece of each family in each group: versions of one tune would pass for evidence of their own."""
    return list({(piece.group, piece.family): piece for piece in pieces}.values())


def passages(folder: Folder, pieces: Sequence[Piece], most: int | None = None, bars: int = BARS) -> list[Passage]:
    """A passage of up to `most` (None: all) of the pieces, as far as they are long enough and something sounds."""
    rng = np.random.default_rng(0)
    found: list[Passage] = []
    for i in rng.permutation(len(pieces)):
        if len(found) == most:
            break
        piece = pieces[i]
        if piece.bars < LEAST:
            continue
        first = int(rng.integers(max(1, piece.bars - bars + 1)))
        end = min(piece.bars, first + bars)
        score = folder.score(piece, first, end).slice_bars(0, end - first)  # what rings on is cut
        if score.note_count:
            found.append(Passage(piece, first, end, score))
    return found
