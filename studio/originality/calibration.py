"""`Calibration`: how much real music by others shares with the training pieces, and so what a likeness is worth."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

FEWEST = 100
"""Held-out pieces from which a style has figures of its own: no rate of one in a hundred can be told from fewer."""
LENGTH = 100
"""Notes in a query whose score counts as it is."""


def levelled(score: float, notes: int) -> float:
    """A score as it would be for LENGTH notes: by chance alone the best grows with the logarithm of their number.

    After Karlin and Altschul 1990.
    """
    return score - math.log2(max(notes, 1) / LENGTH)


@dataclass(frozen=True)
class Calibration:
    """`scores`: of held-out pieces, by the style of the training piece that each is most like, in rising order.

    A style with few of them is not named; "" has those of all. Each was asked for up to `bars` bars.
    """

    scores: Mapping[str, list[float]] = field(default_factory=dict)
    bars: int = 0

    def share(self, style: str, score: float) -> float:
        """The share (0-1) of held-out pieces near this style that are as like a training piece as `score`, or more.

        Counted with the one that is looked at, so never 0; 1 where nothing was measured.
        """
        scores = self.scores.get(style) or self.scores.get("", [])
        return (len(scores) - bisect_left(scores, score) + 1) / (len(scores) + 1)

    def pieces(self, style: str) -> int:
        """How many held-out pieces the share is counted among."""
        return len(self.scores.get(style) or self.scores.get("", []))


def calibrate(found: Iterable[tuple[str, float]], bars: int) -> Calibration:
    """From (style of the nearest training piece, its levelled score) of held-out pieces."""
    by_style: defaultdict[str, list[float]] = defaultdict(list)
    for style, score in found:
        for name in {style, ""}:
            by_style[name].append(round(score, 2))
    return Calibration({s: sorted(v) for s, v in sorted(by_style.items()) if not s or len(v) >= FEWEST}, bars)
