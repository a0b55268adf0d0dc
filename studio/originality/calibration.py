"""`Calibration`: how much real music by others shares with the training pieces, and so what a likeness is worth."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

VOCAL = ("song", "art_song", "choral", "chorale", "pop")
LENGTH = 100
"""Notes in a query whose score counts as it is."""


def kind(style: str) -> str:
    """What a style is measured with: alone it would be too few pieces to tell one in a hundred.

    Folk tunes have versions and share their turns; what is sung shares less than what is played.
    """
    return style if style == "folk" else "vocal" if style in VOCAL else "instrumental"


def levelled(score: float, notes: int) -> float:
    """A score as it would be for LENGTH notes: by chance alone the best grows with the logarithm of their number.

    After Karlin and Altschul 1990.
    """
    return score - math.log2(max(notes, 1) / LENGTH)


@dataclass(frozen=True)
class Calibration:
    """`scores`: of held-out pieces, by the kind of the training piece that each is most like, in rising order.

    Of each piece the first `bars` bars were asked for. `versions` pieces more were versions of a training piece, and
    left out.
    """

    scores: Mapping[str, list[float]] = field(default_factory=dict)
    bars: int = 0
    versions: int = 0

    def share(self, style: str, score: float) -> float:
        """The share (0-1) of held-out pieces near this style that are as like a training piece as `score`, or more.

        Counted with the one that is looked at, so never 0; 1 where nothing was measured.
        """
        scores = self.scores.get(kind(style), [])
        return (len(scores) - bisect_left(scores, score) + 1) / (len(scores) + 1)

    def pieces(self, style: str) -> int:
        """How many held-out pieces the share is counted among."""
        return len(self.scores.get(kind(style), []))


def calibrate(found: Iterable[tuple[str, float]], bars: int, versions: int = 0) -> Calibration:
    """From (style of the nearest training piece, its levelled score) of held-out pieces."""
    by_kind: defaultdict[str, list[float]] = defaultdict(list)
    for style, score in found:
        by_kind[kind(style)].append(round(score, 1))
    return Calibration({name: sorted(scores) for name, scores in sorted(by_kind.items())}, bars, versions)
