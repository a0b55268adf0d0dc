"""Pieces as ids, so that what a model gives to the ids of a frame is exactly what it gives to the frame.

Each frame has one way of being written and each piece one way of being read, so by the chain rule the sum of the ids'
negative log-likelihoods is that of the frame, given all frames before it. (A model may give something to other ways of
writing; that is lost to it.) A frame that is like the last one is written short: it costs less to read, and nothing is
left out of the sum. The ids that say so carry a clock, since how many frames have passed is known to everyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.published_pieces import REST, Frame, Piece

Ids = npt.NDArray[np.int64]

PAD, START = 0, 1
# Before START: whether the piece stands in its own key or was moved, and whether what follows is not its beginning.
HOME, MOVED, CUT = 2, 3, 4
CLOCK = 5  # the first of the ids with the clock
LOWEST, HIGHEST = 21, 108  # pitches that can be written
VOICE = HIGHEST - LOWEST + 2  # the ids of a voice: its rest and its pitches
KEYS = 12


class Writing(Protocol):
    """How frames become ids."""

    voiced: bool
    """Whether the places of a frame are voices, or pitches that are sorted."""

    @property
    def vocab_size(self) -> int:
        """Ids in all."""

    def write(self, piece: Piece, shift: int = 0) -> tuple[Ids, Ids]:
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

    @property
    def vocab_size(self) -> int:
        """SAME, TOP and END with the clock, and pitches."""
        return CLOCK + 3 * self.clock + HIGHEST - LOWEST + 1

    def write(self, piece: Piece, shift: int = 0) -> tuple[Ids, Ids]:
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
    """`KEY`, then for each frame `NEW S A T B`, or `SAME` when it is like the last; each voice has its own ids.

    KEY is the lowest pitch class of the first frame, and part of its likelihood. From then on it is known, and pitches
    are written as if it were C, up to 5 semitones lower or 6 higher than they are: chorales in all keys look alike.
    """

    clock: int
    """After so many frames the clock's ids come again."""
    count: int = 4
    voiced = True

    @property
    def vocab_size(self) -> int:
        """KEY, SAME and NEW with the clock, and for each voice its rest and its pitches."""
        return CLOCK + 2 * self.clock + KEYS + self.count * VOICE

    def write(self, piece: Piece, shift: int = 0) -> tuple[Ids, Ids]:
        """See `Writing`."""
        key = (min([pitch for pitch in piece[0] if pitch != REST], default=0) + shift) % KEYS
        change = shift - key + (KEYS if key > KEYS // 2 - 1 else 0)
        pairs = pairwise([(), *piece])
        rows = [list(self._frame(index, last, frame, change)) for index, (last, frame) in enumerate(pairs)]
        rows[0].insert(0, CLOCK + 2 * self.clock + key)
        return np.concatenate(rows), np.repeat(np.arange(len(piece)), [len(row) for row in rows])

    def _frame(self, index: int, last: Frame, frame: Frame, change: int) -> Iterator[int]:
        new = frame != last
        yield CLOCK + new * self.clock + index % self.clock
        for voice, pitch in enumerate(frame if new else ()):
            place = 0 if pitch == REST else pitch + change - LOWEST + 1
            yield CLOCK + 2 * self.clock + KEYS + voice * VOICE + place
