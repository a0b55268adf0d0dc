"""Which figures tell music from what is none: real held-out passages beside the same notes shuffled, what a 5-gram
writes, and a random walk.

A figure that tells real music from none of the three says nothing about whether something is music.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_fakes import Counted, shuffled, walk
from benchmarks.evaluation_left_out import LEFT_OUT
from benchmarks.evaluation_passages import Passage, apart, held_out, passages
from benchmarks.evaluation_pieces import Folder, groups
from benchmarks.evaluation_report import Row
from studio import sets
from studio.metrics import FIGURES, Figure
from studio.score import Score

FAKES = ("shuffled", "5-gram", "random walk")
MARGIN = 0.05
"""An area under the curve that lies no further from 0.5 tells nothing worth telling."""
FEWEST = 5
"""Pieces that a group needs."""

Floats = NDArray[np.float64]


def separation(folder: Folder, count: int) -> list[Row]:
    """Up to `count` passages of every group of held-out pieces, and their three counterparts; a row for each figure."""
    found = groups(apart(held_out(folder)))
    training = groups(folder.of("train"))
    chosen = [passages(folder, found[group], count) for group in found if group in training]
    chosen = [group for group in chosen if len(group) >= FEWEST]
    if not chosen:
        return []
    asked = (*FIGURES, *LEFT_OUT)
    real = [measured([passage.score for passage in group], asked) for group in chosen]
    counted, fakes = Counted(folder, training), {name: [] for name in FAKES}
    for number, group in enumerate(chosen):
        made = counterparts(group, counted, np.random.default_rng(number))
        print(f"{group[0].piece.group}: {len(group)} passages", file=sys.stderr, flush=True)
        for name in FAKES:
            fakes[name].append(measured(made[name], asked))
    return [row(figure, column, real, fakes) for column, figure in enumerate(asked)]


def counterparts(group: Sequence[Passage], counted: Counted, rng: np.random.Generator) -> dict[str, list[Score]]:
    """What is no music in place of each passage."""
    made: dict[str, Callable[[Passage], Score]] = {
        "shuffled": lambda passage: shuffled(passage.score, rng),
        "5-gram": lambda passage: counted.written(passage, rng),
        "random walk": lambda passage: walk(passage.score, rng),
    }
    return {name: [make(passage) for passage in group] for name, make in made.items()}


def measured(scores: Sequence[Score], asked: Sequence[Figure] = FIGURES) -> Floats:
    """(scores, figures): nan where a figure says nothing."""
    values = [[figure.of(score) for figure in asked] for score in scores]
    return np.array([[np.nan if value is None else value for value in each] for each in values], dtype=float)


def row(figure: Figure, column: int, real: Sequence[Floats], fakes: Mapping[str, Sequence[Floats]]) -> Row:
    """How well a figure tells real passages from each kind of counterpart."""
    said: Row = {
        "figure": figure.name,
        "shown": "no" if figure in LEFT_OUT else "yes",
        "pieces": sum(int((~np.isnan(group[:, column])).sum()) for group in real),
    }
    tells = []
    for name, made in fakes.items():
        area = auc([group[:, column] for group in real], [group[:, column] for group in made])
        said |= {name: area.value, f"{name}, low": area.low, f"{name}, high": area.high}
        if abs(area.value - 0.5) > MARGIN and not area.low <= 0.5 <= area.high:
            tells.append(name)
    return said | {"tells real music from": ", ".join(tells) or "nothing"}


def auc(real: Sequence[Floats], made: Sequence[Floats]) -> sets.Estimate:
    """How often a real passage measures more than a made one of the same group, of ties half: mean of the groups by
    their pieces, 0-1. 0.5 tells nothing; less than that: real passages measure less.

    The area under the ROC curve (Hanley & McNeil 1982, Radiology 143(1)), its interval with pieces drawn again.
    """
    areas, sizes = [], []
    for number, (reals, fakes) in enumerate(zip(real, made, strict=True)):
        drawn = sets.weights(len(reals), seed=number)
        known, kept = ~np.isnan(reals), ~np.isnan(fakes)
        if not known.any() or not kept.any():
            continue
        rows, columns = drawn[:, known], drawn[:, kept]
        above = (reals[known][:, None] > fakes[kept]) + 0.5 * (reals[known][:, None] == fakes[kept])
        total = rows.sum(1) * columns.sum(1)
        # A group of which nothing is left in a drawing tells nothing in it.
        won = np.einsum("ri,ij,rj->r", rows, above, columns, optimize=True)
        areas.append(np.where(total > 0, won / np.maximum(total, 1), 0.5))
        sizes.append(len(reals))
    return sets.estimate(np.average(areas, axis=0, weights=sizes), 0, 1) if areas else sets.Estimate(0.5, 0.5, 0.5)
