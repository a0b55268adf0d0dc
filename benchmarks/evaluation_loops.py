"""How long the model goes round in circles in long continuations, with the guard against it and without."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from benchmarks.evaluation_excerpts import Excerpt, excerpts, write
from benchmarks.evaluation_pieces import MELODIES, Folder, groups
from benchmarks.evaluation_report import Row
from studio import pipeline
from studio.metrics import longest_loop, notes_per_bar
from studio.score import Score

GROUPS = (MELODIES, "pop", "art_song")
SEED, BARS = 8, 32
TEMPERATURES = (1.0, 0.5)
LONG = 8
"""Bars from which on a loop counts as long."""


def loops(folder: Folder, model: str, count: int) -> list[Row]:
    """Of each group: the real bars after the first ones, and continuations of those."""
    by_group = groups(folder.of("test"))
    rows = []
    for group in GROUPS:
        long = [piece for piece in by_group.get(group, []) if piece.bars >= SEED + BARS]
        whole = [e for e in excerpts(folder, long, len(long), SEED + BARS) if e.score.bar_count == SEED + BARS][:count]
        if not whole:
            continue
        rows.append(measured(group, "real", [e.score.slice_bars(SEED, SEED + BARS) for e in whole]))
        for temperature, (name, guard) in itertools.product(TEMPERATURES, (("guarded", None), ("unguarded", 0))):
            written = _continued(whole, model, guard, temperature)
            rows.append(measured(group, f"{name}, temperature {temperature:g}", written))
    return rows


def _continued(chosen: Sequence[Excerpt], model: str, guard: int | None, temperature: float) -> list[Score]:
    """The new bars alone."""
    asked = pipeline.Request(model, bars=BARS, last_bar=SEED, melody_track=0, repetition=guard, temperature=temperature)
    takes = write(pipeline.continue_, chosen, lambda i, _: replace(asked, seed=i))
    return [take.score.slice_ticks(take.new_from, take.end) for _, take in takes]


def measured(group: str, name: str, scores: Sequence[Score]) -> Row:
    """The longest loop of each score, see `metrics.longest_loop`."""
    longest = [longest_loop(score) for score in scores]
    return {
        "music": group,
        "bars 9 to 40": name,
        "pieces": len(scores),
        "longest loop, bars, mean": fmean(longest),
        f"{LONG} bars or more, % of pieces": 100 * fmean(loop >= LONG for loop in longest),
        "longest of all": max(longest),
        "notes per bar": fmean(map(notes_per_bar, scores)),
    }
