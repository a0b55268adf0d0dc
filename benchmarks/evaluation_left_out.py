"""Figures that the studio counts but does not show beside music: measured here, so that it can be seen why."""

from __future__ import annotations

from studio.metrics import Figure, empty_bars, longest_loop
from studio.score import Score


def empty_share(score: Score) -> float:
    """Share of the bars in which nothing sounds: 0-1."""
    return empty_bars(score) / score.bar_count


LEFT_OUT = (
    Figure("empty_bars", "share", 0, 1, "", empty_share),
    Figure("longest_loop", "bars", 0, float("inf"), "", longest_loop),
)
