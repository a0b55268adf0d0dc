"""Exercises: what a training window asks of a model, so that one model learns to continue, to infill and to accompany.

Drawn anew for every window: which bars of which tracks are left open, which notes in them are kept, and in which bars
density and chords are said. Knows no ids and no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

KINDS = {"continue": 0.15, "bars": 0.25, "gaps": 0.3, "accompany": 0.2, "scattered": 0.1}
"""How often each kind of exercise is given: go on; rewrite some bars in a row, once or every few bars; write what goes
with one track; write bars here and there. All but the first also teach to go on, with what they do not leave open."""
LONGEST_BARS = 8
KEEPING = 0.3
"""How often some notes of what is open are kept, where that is asked for."""
SAID = {"nowhere": 0.4, "everywhere": 0.25, "where it counts": 0.35}
"""How often density, and chords, are said: not at all, in all bars, or in those that are to be written."""

Segment = tuple[int, int]


@dataclass(frozen=True)
class Exercise:
    """Open segments (bar, track), each with the share of its notes that is kept; and where controls are said."""

    holes: dict[Segment, float]
    density: frozenset[int]
    chords: frozenset[int]


def kind(rng: np.random.Generator, tracks: int) -> str:
    """The kind of a window with so many tracks: one alone has nothing to be accompanied by."""
    drawn = str(rng.choice(list(KINDS), p=list(KINDS.values())))
    return "bars" if drawn == "accompany" and tracks == 1 else drawn


def open_bars(kind: str, bars: int) -> float:
    """How many bars of a track such an exercise leaves open, about, in so many bars."""
    some = min(bars, LONGEST_BARS)
    return {"continue": 0, "bars": some, "gaps": max(some, bars / 2), "accompany": bars, "scattered": 0.3 * bars}[kind]


def draw(rng: np.random.Generator, kind: str, bars: int, tracks: int, melody: int | None) -> Exercise:
    """An exercise of a kind on so many bars and tracks; what is accompanied is the melody track, where there is one."""
    holes: dict[Segment, float] = {}
    if kind in ("bars", "gaps"):
        length = int(rng.integers(1, LONGEST_BARS + 1))
        first = int(rng.integers(0, max(1, bars - length + 1)))
        chosen = _some(rng, range(tracks), everything=0.4)
        period = length + int(rng.integers(1, LONGEST_BARS + 1)) if kind == "gaps" else bars
        begins = range(first % period, bars, period)
        holes = {(bar, k): 0.0 for begin in begins for bar in range(begin, min(bars, begin + length)) for k in chosen}
    elif kind == "accompany":
        lead = int(rng.integers(tracks)) if melody is None else melody
        chosen = _some(rng, [k for k in range(tracks) if k != lead], everything=0.6)
        first = int(rng.integers(0, bars)) if rng.random() < 0.3 else 0
        holes = {(bar, k): 0.0 for bar in range(first, bars) for k in chosen}
    elif kind == "scattered":
        share = rng.uniform(0.1, 0.5)
        holes = {(bar, k): 0.0 for bar in range(bars) for k in range(tracks) if rng.random() < share}
    if kind in ("bars", "gaps", "scattered") and rng.random() < KEEPING:
        kept = rng.uniform(0.1, 0.6)
        holes = dict.fromkeys(holes, kept)
    counts = sorted({bar for bar, _ in holes}) if holes else list(range(int(rng.integers(0, max(1, bars))), bars))
    return Exercise(holes, _where(rng, bars, counts), _where(rng, bars, counts))


def _some(rng: np.random.Generator, items: Sequence[int], *, everything: float) -> list[int]:
    """All of the items, with probability `everything`, or some, at least one."""
    if len(items) < 2 or rng.random() < everything:
        return list(items)
    return sorted(rng.choice(items, size=int(rng.integers(1, len(items))), replace=False).tolist())


def _where(rng: np.random.Generator, bars: int, counts: Sequence[int]) -> frozenset[int]:
    how = rng.choice(list(SAID), p=list(SAID.values()))
    return frozenset() if how == "nowhere" else frozenset(range(bars) if how == "everywhere" else counts)
