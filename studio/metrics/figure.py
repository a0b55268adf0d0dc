"""`Figure`: one number that says something about a piece, and what it takes to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from studio.score import Score


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a score.

    It lies between `low` and `high` (`math.inf` where nothing bounds it) and is counted in `unit`; `paper` says where
    it comes from, "" where it is plain counting. `of` gives None where it says nothing about a score: music without
    pitches has no key.
    """

    name: str
    unit: str
    low: float
    high: float
    paper: str
    of: Callable[[Score], float | None]
