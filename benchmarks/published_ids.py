"""Pieces as ids, so that what a model gives to the ids of a frame is exactly what it gives to the frame.

Each frame has one way of being written and each piece one way of being read, so by the chain rule the sum of the ids'
negative log-likelihoods is that of the frame, given all frames before it. (A model may give something to other ways of
writing; that is lost to it.) What is like the last frame is written short, or not at all where what comes instead says
so: it costs less to read, and nothing is left out of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise, permutations
from typing import Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.published_pieces import REST, Frame, Piece
from studio.errors import DataError

Ids = npt.NDArray[np.int64]

PAD, START = 0, 1
# Before START: whether the piece stands in its own key or was moved, and whether what follows is not its beginning.
HOME, MOVED, CUT = 2, 3, 4
CLOCK = 5  # the first of the ids with the clock
LOWEST, HIGHEST = 21, 108  # pitches that can be written

# Chorales: a bar begins; so many ticks of it have passed (a whole note, 24 ticks a quarter); pitches of the voices.
BAR, AT, TICKS = 5, 6, 96
SUNG = AT + TICKS
LOWEST_SUNG, HIGHEST_SUNG = 33, 84
VOICE = HIGHEST_SUNG - LOWEST_SUNG + 2  # the ids of a voice: its rest and its pitches


class Writing(Protocol):
    """How frames become ids."""

    voiced: bool
    """Whether the places of a frame are voices, or pitches that are sorted."""
    orders: int
    """In so many orders the places of a frame can be written."""

    @property
    def vocab_size(self) -> int:
        """Ids in all."""

    @property
    def places(self) -> dict[str, int]:
        """Where the network finds bars, places in them and voices among the ids, for its `Config`."""

    def head(self, order: int) -> list[int]:
        """What stands before everything else."""

    def write(self, piece: Piece, shift: int = 0, order: int = 0) -> tuple[Ids, Ids]:
        """The ids of all frames, moved by `shift` semitones, and the frame that each belongs to."""


@dataclass(frozen=True)
class Keys:
    """Pitches of a frame in ascending order, then its end: `p p p p END`.

    With `short`, a frame like the last is `SAME`, and one of which only the highest pitch differs is `TOP p`.
    """

    clock: int
    """After so many frames the clock's ids come again."""
    short: bool = False
    voiced = False
    orders = 1

    @property
    def vocab_size(self) -> int:
        """SAME, TOP and END with the clock, and pitches."""
        return CLOCK + 3 * self.clock + HIGHEST - LOWEST + 1

    @property
    def places(self) -> dict[str, int]:
        """See `Writing`: nowhere."""
        return {}

    def head(self, order: int) -> list[int]:
        """See `Writing`: nothing."""
        return []

    def write(self, piece: Piece, shift: int = 0, order: int = 0) -> tuple[Ids, Ids]:
        """See `Writing`; every id is predicted, END with the others: without it the frame would not be complete."""
        rows = [self._frame(index, last, frame, shift) for index, (last, frame) in enumerate(pairwise([(), *piece]))]
        return np.concatenate(rows), np.repeat(np.arange(len(piece)), [len(row) for row in rows])

    def _frame(self, index: int, last: Frame, frame: Frame, shift: int) -> list[int]:
        same, top, end = (CLOCK + kind * self.clock + index % self.clock for kind in range(3))
        pitches = [CLOCK + 3 * self.clock + pitch + shift - LOWEST for pitch in frame]
        if not self.short or not index or len(frame) != len(last) or frame[:-1] != last[:-1]:
            return [*pitches, end]
        return [same] if frame == last else [top, pitches[-1]]


@dataclass(frozen=True)
class Voices:
    """Bars and changes: `BAR` at each bar's beginning and at the end; for each frame that is new, `AT` and its pitches.

    AT says how far into the bar the frame begins, in the 24 ticks a quarter that the network's rotary positions know.
    Pitches are written in the order of the voices that the head says, in the first frame all, then only those that are
    new; each voice has its own ids. What says that a voice or a frame is held is what comes instead: a later voice of
    the order, a later AT, or BAR. So to a frame belongs what follows its pitches up to and with the next AT: only then
    it is complete, whatever the order.
    """

    clock: int
    """Frames a bar."""
    count: int = 4
    voiced = True

    @property
    def orders(self) -> int:
        """All that there are; order 0 is from the soprano down."""
        return math.factorial(self.count)

    @property
    def vocab_size(self) -> int:
        """BAR, AT for each tick, for each voice its rest and its pitches, and the orders."""
        return SUNG + self.count * VOICE + self.orders

    @property
    def places(self) -> dict[str, int]:
        """See `Writing`."""
        voices = {"voice_id": SUNG, "voice_ids": VOICE, "voices": self.count}
        return {"bar_id": BAR, "position_id": AT, "positions": TICKS} | voices

    def head(self, order: int) -> list[int]:
        """See `Writing`."""
        return [SUNG + self.count * VOICE + order]

    def write(self, piece: Piece, shift: int = 0, order: int = 0) -> tuple[Ids, Ids]:
        """See `Writing`; the last bar is written to its end, as if what sounds last were held until then.

        DataError for pitches that no singer of a chorale has.
        """
        if odd := {p + shift for frame in piece for p in frame if p != REST} - {*range(LOWEST_SUNG, HIGHEST_SUNG + 1)}:
            raise DataError(f"a chorale has pitches from {LOWEST_SUNG} to {HIGHEST_SUNG}, but here is {min(odd)}.")
        voices = next(islice(permutations(range(self.count)), order, None))
        pairs = pairwise([(), *piece])
        rows = [list(self._frame(index, last, frame, shift, voices)) for index, (last, frame) in enumerate(pairs)]
        rows[-1].append(BAR)
        ids = np.array([*chain(*rows)])
        frames = np.repeat(np.arange(len(piece)), [len(row) for row in rows])
        return ids, np.maximum.accumulate(np.where(ids >= SUNG, frames, 0))

    def _frame(self, index: int, last: Frame, frame: Frame, shift: int, voices: Sequence[int]) -> Iterator[int]:
        if index % self.clock == 0:
            yield BAR
        if frame == last:
            return
        yield AT + index % self.clock * TICKS // self.clock
        for voice in voices:
            pitch = frame[voice]
            if last and pitch == last[voice]:
                continue
            yield SUNG + voice * VOICE + (0 if pitch == REST else pitch + shift - LOWEST_SUNG + 1)
