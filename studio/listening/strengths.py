"""How strong each of several systems is, from answers to "which of these?": Bradley and Terry's model, with ties.

An answer is drawn with a chance in proportion to the strengths (Bradley and Terry 1952; of three, Luce 1959); of two,
"no difference" has the share that Davidson gives it (1970, "On extending the Bradley-Terry model to accommodate ties in
paired comparison experiments"). The likeliest strengths are found by minorising and maximising in turn (Hunter 2004,
"MM algorithms for generalized Bradley-Terry models"). Knows numbers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR = 1.0
"""Votes added for each two systems, half for either: without them one that never won has no strength at all."""
DRAWS = 500
FEWEST_LISTENERS = 5
"""From so many on, listeners are weighed as wholes: answers of one listener resemble each other."""
_ENOUGH = 1e-6
_ENOUGH_DRAWN = 1e-4
_MOST_STEPS = 5000
_LEAST = 1e-12


class Answer(NamedTuple):
    """Which of `systems` (two or three, numbers from 0) was chosen, as its place among them; None: no difference.

    `listener`: a number from 0.
    """

    systems: tuple[int, ...]
    choice: int | None
    listener: int


@dataclass(frozen=True)
class Strength:
    """How strong a system is: the chance, 0 to 1, that it is preferred to an average one, with its 95 % interval.

    `first`: the share of the draws in which it was the strongest of all.
    """

    share: float
    low: float
    high: float
    first: float


class _Rows(NamedTuple):
    """Answers of R kinds: `members` (R, systems) is 1 for who took part, `credit` (R, systems) what each got of it.

    `pairs` (R,): 1 where there were two, and so could be a tie; `ties` (R,): 1 where there was one.
    """

    members: Floats
    credit: Floats
    pairs: Floats
    ties: Floats


Kind = tuple[tuple[int, ...], int | None]
"""Answers that say the same: the systems in order, whoever stood where, and which of them was chosen."""


def fit(answers: Sequence[Answer], count: int, *, prior: float = 0.0) -> tuple[Floats, float]:
    """The likeliest strengths (count,) of systems 0 to `count` - 1, their geometric mean 1, and Davidson's tie factor.

    The factor is 0 without ties. `prior`: see PRIOR; with 0, one that never won is as weak as numbers allow.
    """
    kinds, counts = _counted(answers)
    strengths, ties = fit_all(kinds, counts.sum(0, keepdims=True), count, prior=prior)
    return strengths[0], float(ties[0])


def fit_all(kinds: Sequence[Kind], counts: Floats, count: int, *, prior: float = 0.0) -> tuple[Floats, Floats]:
    """The same for many tests at once: `counts` (tests, kinds) answers; returns (tests, count) and (tests,)."""
    if prior:
        even = _even(count)
        kinds, counts = [*kinds, *even], np.hstack([counts, np.full((len(counts), len(even)), prior / 2)])
    return _fitted(_rows(kinds, count), counts)


def _even(count: int) -> list[Kind]:
    """Of each two, either chosen: what the prior says."""
    return [((min(i, j), max(i, j)), int(i > j)) for i, j in permutations(range(count), 2)]


def rank(answers: Sequence[Answer], count: int, *, seed: int = 0, draws: int = DRAWS) -> list[Strength]:
    """The strength of each of `count` systems, in their order.

    Intervals by the Bayesian bootstrap (Rubin 1981, "The Bayesian bootstrap"): listeners, or of few (see
    FEWEST_LISTENERS) their answers, weigh more or less at random, and so do the prior's.
    """
    kinds, counts = _counted(answers)
    even, random = _even(count), np.random.default_rng(seed)
    drawn = np.hstack([_drawn(counts, draws, random), random.standard_gamma(PRIOR / 2, (draws, len(even)))])
    plain = np.append(counts.sum(0), np.full(len(even), PRIOR / 2))
    rows = _rows([*kinds, *even], count)
    likeliest, strengths = _fitted(rows, plain[None])[0][0], _fitted(rows, drawn, _ENOUGH_DRAWN)[0]
    best = strengths.argmax(1)
    lows, highs = np.quantile(strengths / (strengths + 1), [0.025, 0.975], axis=0)
    shares = likeliest / (likeliest + 1)
    return [
        Strength(float(shares[i]), float(lows[i]), float(highs[i]), float((best == i).mean())) for i in range(count)
    ]


def _counted(answers: Sequence[Answer]) -> tuple[list[Kind], Floats]:
    """The kinds of answers, and how many of each every listener gave: (listeners, kinds)."""
    found: dict[Kind, int] = {}
    listeners: dict[int, int] = {}
    places = []
    for answer in answers:
        members = tuple(sorted(answer.systems))
        choice = None if answer.choice is None else members.index(answer.systems[answer.choice])
        kind = found.setdefault((members, choice), len(found))
        places.append((listeners.setdefault(answer.listener, len(listeners)), kind))
    counts = np.zeros((max(1, len(listeners)), len(found)))
    for place in places:
        counts[place] += 1
    return list(found), counts


def _rows(kinds: Sequence[Kind], count: int) -> _Rows:
    members, credit = np.zeros((len(kinds), count)), np.zeros((len(kinds), count))
    for row, (systems, choice) in enumerate(kinds):
        members[row, list(systems)] = 1
        if choice is None:
            credit[row, list(systems)] = 1 / len(systems)
        else:
            credit[row, systems[choice]] = 1
    ties = np.array([float(choice is None) for _, choice in kinds])
    return _Rows(members, credit, (members.sum(1) == 2).astype(float), ties)


def _drawn(counts: Floats, draws: int, random: np.random.Generator) -> Floats:
    """How much the answers of each kind weigh when those who gave them weigh more or less: (draws, kinds)."""
    if len(counts) >= FEWEST_LISTENERS:
        return random.standard_exponential((draws, len(counts))) @ counts
    return random.standard_gamma(counts.sum(0), (draws, counts.shape[1]))


def _fitted(rows: _Rows, weights: Floats, enough: float = _ENOUGH) -> tuple[Floats, Floats]:
    """Strengths (B, systems) and tie factors (B,) for B sets of weights (B, R) at once.

    Done where no step changes anything by more than the share `enough`.
    """
    strengths = np.ones((len(weights), rows.members.shape[1]))
    tied, won = weights @ rows.ties, weights @ rows.credit
    tie = (tied > 0).astype(float)
    for _ in range(_MOST_STEPS):
        share, mean = _shares(rows, weights, strengths, tie)
        lost = share @ rows.members
        if tied.any():
            lost += tie[:, None] / 2 * ((share * mean) @ rows.members) / strengths
        better = np.maximum(won / np.maximum(lost, _LEAST), _LEAST)
        better /= np.exp(np.log(better).mean(1, keepdims=True))
        moved = np.abs(better / strengths - 1).max(initial=0.0)
        strengths = better
        if tied.any():
            share, mean = _shares(rows, weights, strengths, tie)
            better_tie = tied / np.maximum((share * mean).sum(1), _LEAST)
            moved = max(moved, np.abs(better_tie - tie).max(initial=0.0))
            tie = better_tie
        if moved < enough:
            break
    return strengths, tie


def _shares(rows: _Rows, weights: Floats, strengths: Floats, tie: Floats) -> tuple[Floats, Floats]:
    """(B, R) each: the answers over the sum of what could have been answered, and the geometric mean of each two."""
    either = strengths @ rows.members.T
    if not tie.any():
        return weights / either, np.zeros((1, 1))
    mean = np.exp(np.log(strengths) @ rows.members.T / 2) * rows.pairs
    return weights / (either + tie[:, None] * mean), mean
