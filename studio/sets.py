"""Two sets of pieces compared by what is measured of each. Knows no scores: a piece is a row of numbers.

Yang & Lerch (2020), "On the evaluation of generative models in music", Neural Computing and Applications 32: how far
pieces of the real set lie from one another (each left out once), how far made pieces lie from them, and how much the
two distributions of distances have in common. Both are smoothed with a Gaussian kernel, Scott's bandwidth.

Such distances do not see everything: a set whose pieces are all alike and average can lie as close to real music as
real music does to itself. `Comparison.spread` tells whether made pieces differ from one another as real ones do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 200
BINS = 256
FLOOR = 1e-6
"""So much of the mass is spread over all bins: the divergence of what has nothing in common stays finite."""
STANDARD_ERRORS = 1.96
"""On each side of an estimate: a 95 % interval."""


@dataclass(frozen=True)
class Estimate:
    """A measure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """What is common to the distances inside the real set and those from the made set to it.

    Each (rounds + 1,): first as measured, then with the pieces of both sets drawn again. `area` 0-1 is the overlapping
    area of the two distributions (1: the same), `divergence` the Kullback-Leibler divergence of the second from the
    first in nats (0: the same), `spread` the mean distance inside the made set over that inside the real one (1: made
    pieces differ as much as real ones; nan where real ones do not differ).
    """

    area: Floats
    divergence: Floats
    spread: Floats


def estimate(drawn: Floats, least: float = -np.inf, most: float = np.inf) -> Estimate:
    """The first of (rounds + 1,) values, and 1.96 standard deviations of the others on each side, within bounds.

    A drawing of which nothing can be said (nan) is left out.
    """
    known = drawn[1:][~np.isnan(drawn[1:])]
    reach = STANDARD_ERRORS * float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    value = float(drawn[0])
    return Estimate(value, max(least, value - reach), min(most, value + reach))


def weights(pieces: int, rounds: int = ROUNDS, seed: int = 0) -> Floats:
    """How often each piece counts, (rounds + 1, pieces): once, then as often as it is drawn with replacement."""
    drawn = np.random.default_rng([seed, pieces]).multinomial(pieces, np.full(pieces, 1 / pieces), rounds)
    return np.concatenate([np.ones((1, pieces)), drawn])


def distances(a: Floats, b: Floats) -> Floats:
    """Euclidean distances (N, M) of the rows of (N, D) and (M, D); of single numbers the absolute differences."""
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    # Products lose the small differences of large numbers: a column alone is subtracted.
    return np.abs(a - b.T) if a.shape[1] == 1 else np.sqrt(np.maximum(squares, 0))


def compare(made: Floats, real: Floats, rounds: int = ROUNDS) -> Comparison:
    """One feature of two sets, (N, D) and (M, D): D = 1 for a figure, more for a histogram.

    Rows that hold nan are pieces of which the feature says nothing; they are left out. ValueError where fewer than two
    pieces are left in a set.
    """
    drawn_made, drawn_real = weights(len(made), rounds, seed=1), weights(len(real), rounds, seed=2)
    known_made, known_real = (~np.isnan(rows).any(axis=1) for rows in (made, real))
    made, real = made[known_made], real[known_real]
    drawn_made, drawn_real = drawn_made[:, known_made], drawn_real[:, known_real]
    if min(len(made), len(real)) < 2:
        raise ValueError(f"{len(made)} and {len(real)} pieces are too few to compare: two of each are needed")
    inside, across, own = distances(real, real), distances(made, real), distances(made, made)
    reach = max(float(inside.max()), float(across.max()))
    p = _densities(inside, drawn_real, drawn_real, reach, alone=True)
    q = _densities(across, drawn_made, drawn_real, reach)
    real_mean, made_mean = _mean(inside, drawn_real), _mean(own, drawn_made)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(real_mean > 0, made_mean / real_mean, np.nan)
    return Comparison(np.minimum(p, q).sum(1), (p * np.log(p / q)).sum(1), spread)


def _mean(inside: Floats, drawn: Floats) -> Floats:
    """Mean distance of two different pieces of a set, for each drawing."""
    pairs = drawn.sum(1) ** 2 - (drawn**2).sum(1)
    return np.asarray(np.einsum("ri,ij,rj->r", drawn, inside, drawn, optimize=True) / np.maximum(pairs, 1))


def _densities(apart: Floats, rows: Floats, columns: Floats, reach: float, *, alone: bool = False) -> Floats:
    """Shares (rounds + 1, BINS + margins) of distances in bins of equal width, smoothed; each sums to 1.

    `alone`: both sides are the same set, where a piece has no distance to itself, however often it is drawn.
    """
    width = reach / BINS or 1.0
    bins = np.minimum((apart / width).astype(int), BINS - 1)
    counted = _counts(bins, rows, columns, alone=alone)
    off = ~np.eye(len(apart), dtype=bool) if alone else np.ones_like(apart, dtype=bool)
    values = apart[off]
    bandwidth = max(float(values.std()) * len(values) ** -0.2 / width, 0.5)
    margin = BINS // 4
    at = np.arange(-margin, BINS + margin)
    kernel = np.exp(-0.5 * ((at[None] - np.arange(BINS)[:, None]) / bandwidth) ** 2)
    smooth = counted @ kernel
    smooth /= np.maximum(smooth.sum(1, keepdims=True), FLOOR)  # of one piece alone there are no pairs
    return np.asarray(smooth * (1 - FLOOR) + FLOOR / smooth.shape[1])


def _counts(bins: NDArray[np.int_], rows: Floats, columns: Floats, *, alone: bool) -> Floats:
    """(rounds + 1, BINS): how many pairs fall into each bin."""
    found = []
    for row, column in zip(rows, columns, strict=True):
        pairs = np.outer(row, column)
        if alone:
            np.fill_diagonal(pairs, 0)
        found.append(np.bincount(bins.ravel(), pairs.ravel(), BINS))
    return np.array(found)
