"""Batches of a training split: whole pieces where they fit, each in its own key or moved to another."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import torch

from benchmarks.published_ids import Ids, Writing
from benchmarks.published_pieces import REST, Piece
from benchmarks.published_windows import grouped, header, padded

Range = tuple[int, int]


class Batches:
    """Every piece once an epoch, `home` of them in their own key, the others moved by up to `most` semitones.

    In which order the places of its frames are written is drawn each time (Uria et al. 2014, "A Deep and Tractable
    Density Estimator"; for chorales Huang et al. 2017, "Counterpoint by Convolution").

    A piece moves only as far as each voice (or, where there are none, the whole) stays within what the split has.
    """

    def __init__(
        self, writing: Writing, pieces: Sequence[Piece], context: int, tokens: int, home: float, most: int, seed: int
    ) -> None:
        self.writing, self.pieces, self.context, self.tokens = writing, pieces, context, tokens
        self.home, self.seed = home, seed
        ranges = [_ranges(piece, writing.voiced) for piece in pieces]
        widest = [_union(voice) for voice in zip(*ranges, strict=True)]
        self.shifts = [_shifts(own, widest, most) for own in ranges]

    def epoch(self, number: int) -> Iterator[torch.Tensor]:
        """Ids (B, T + 1), padded to at most `tokens` in all, of pieces of about equal length."""
        chance = random.Random(f"{self.seed} {number}")
        every = [self._ids(index, chance) for index in range(len(self.pieces))]
        every.sort(key=lambda ids: len(ids) * chance.uniform(0.9, 1.1))
        groups = list(grouped(every, self.tokens))
        chance.shuffle(groups)
        yield from map(padded, groups)

    def _ids(self, index: int, chance: random.Random) -> Ids:
        moves = self.shifts[index]
        shift = chance.choice(moves) if moves and chance.random() >= self.home else 0
        order = chance.randrange(self.writing.orders)
        head, (body, frames) = self.writing.head(order), self.writing.write(self.pieces[index], shift, order)
        begin, room = 0, self.context - 2 - len(head)
        if len(body) > room:
            begins = np.searchsorted(frames, np.arange(len(self.pieces[index])))
            begin = int(begins[chance.randint(0, int(np.searchsorted(begins, len(body) - room)))])
        return np.concatenate([head, header(shift != 0, begin > 0), body[begin : begin + room]])


def _ranges(piece: Piece, voiced: bool) -> list[Range | None]:
    """Lowest and highest pitch of each voice, None for one that is silent throughout."""
    lines = zip(*piece, strict=True) if voiced else [chain(*piece)]
    sung = [[pitch for pitch in line if pitch != REST] for line in lines]
    return [(min(line), max(line)) if line else None for line in sung]


def _union(ranges: Sequence[Range | None]) -> Range:
    found = [r for r in ranges if r is not None]
    return min(low for low, _ in found), max(high for _, high in found)


def _shifts(own: Sequence[Range | None], widest: Sequence[Range], most: int) -> list[int]:
    pairs = [(o, w) for o, w in zip(own, widest, strict=True) if o is not None]
    down = max([-most, *(w[0] - o[0] for o, w in pairs)])
    up = min([most, *(w[1] - o[1] for o, w in pairs)])
    return [shift for shift in range(down, up + 1) if shift]
