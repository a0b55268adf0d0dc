"""`Forbidding`: a mask that keeps given lines from coming again while notes are written. Knows no network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from studio.representations.events.grammar import Grammar

RUN = 3
"""Steps of a forbidden line that never come in a row: four notes."""


class _Mask(Protocol):
    def advance(self, token: int) -> None: ...

    def allowed(self) -> NDArray[np.bool_]: ...


class Forbidding:
    """A mask over `mask`, which is `grammar` itself or a mask over it: no four notes in a row of a forbidden line.

    `lines`: each as steps from note to note in semitones, so that it is known in any key. What counts is the line of
    the track being written, at each moment its highest note, with what the prompt has of it. No choice is ever left
    empty.
    """

    def __init__(self, mask: _Mask, grammar: Grammar, lines: Iterable[Sequence[int]]) -> None:
        self.mask, self.grammar = mask, grammar
        self.pitches = grammar.vocabulary.types["PITCH"]
        self.next: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
        for line in lines:
            for at in range(len(line) - RUN + 1):
                *before, last = line[at : at + RUN]
                self.next[tuple(before)].add(last)

    def advance(self, token: int) -> None:
        """Take the next id."""
        self.mask.advance(token)

    def allowed(self) -> NDArray[np.bool_]:
        """Which ids may come next, (V,); none only where `mask` allows none."""
        mask = self.mask.allowed()
        pitches = mask[self.pitches.start : self.pitches.stop]
        if not pitches.any():
            return mask
        line = self._line()
        barred = [line[-1] + step for step in self.next.get(_steps(line), ())] if len(line) == RUN else []
        barred = [pitch for pitch in barred if 0 <= pitch < len(pitches) and pitches[pitch]]
        # A note may be left out instead, where the grammar allows that: other ids stay.
        if barred and len(barred) < mask.sum():
            pitches[barred] = False
        return mask

    def _line(self) -> list[int]:
        """The last pitches of the track's line before the note to come, RUN of them where there are so many."""
        now = self.grammar.bar_start + self.grammar.position
        highest: dict[int, int] = {}
        for onset, _, pitch in self.grammar.notes.get(self.grammar.track, ()):
            if onset < now:
                highest[onset] = max(pitch, highest.get(onset, 0))
        return [highest[onset] for onset in sorted(highest)[-RUN:]]


def _steps(line: Sequence[int]) -> tuple[int, ...]:
    return tuple(b - a for a, b in pairwise(line))
