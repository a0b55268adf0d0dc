"""Simulated listeners, each fond of one kind of music, and how well what is suggested to them suits them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.taste import Preference, recommend

PRECISION_AT = 10
MOST_LIKES = 10
OTHERS = 200
"""Listeners whose likes make a piece popular."""
ROUNDS, SHOWN = 6, 8
BOOTSTRAP = 2000

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Listener:
    """Likes pieces of `kind` alone; `likes` and `dislikes` are rows judged before, `candidates` the others."""

    kind: str
    likes: Indices
    dislikes: Indices
    candidates: Indices


def kinds(labels: Sequence[str], least: int) -> list[str]:
    """The labels that enough pieces have."""
    return sorted({label for label in labels if list(labels).count(label) >= least})


def listeners(labels: Sequence[str], each: int, per: int, seed: int = 0) -> Iterator[Listener]:
    """`each` listeners for every kind; of every kind `per` candidates, so that chance is one over the kinds."""
    dice, known = np.random.default_rng(seed), np.array(labels)
    chosen = kinds(labels, per + MOST_LIKES)
    for kind in chosen:
        for _ in range(each):
            drawn = {other: dice.permutation(np.flatnonzero(known == other)) for other in chosen}
            rest = np.concatenate([drawn[other][per:] for other in chosen if other != kind])
            yield Listener(
                kind,
                drawn[kind][per : per + MOST_LIKES],
                dice.permutation(rest)[:MOST_LIKES],
                dice.permutation(np.concatenate([drawn[other][:per] for other in chosen])),
            )


def precision(listener: Listener, labels: Sequence[str], scores: Array) -> float:
    """Share of the kind that is liked among the PRECISION_AT best candidates."""
    best = listener.candidates[np.argsort(-scores, kind="stable")[:PRECISION_AT]]
    return float(np.mean([labels[i] == listener.kind for i in best]))


def expected(listener: Listener, vectors: Array, likes: int, dislikes: int = 0, wrong: float = 0.0) -> Array:
    """What is expected after so many judgements; the share `wrong` of the likes is of music of other kinds."""
    mistaken = round(likes * wrong)
    liked = np.concatenate([listener.likes[: likes - mistaken], listener.dislikes[::-1][:mistaken]])
    judged = np.concatenate([liked, listener.dislikes[:dislikes]])
    return Preference.of(vectors[judged], [1] * likes + [-1] * dislikes).expected(vectors[listener.candidates])


def popularity(labels: Sequence[str], least: int, seed: int = 1) -> Array:
    """How many of OTHERS listeners, as many of each kind, like each piece; each likes MOST_LIKES."""
    dice, known, chosen = np.random.default_rng(seed), np.array(labels), kinds(labels, least)
    likes = np.zeros(len(labels))
    for number in range(OTHERS):
        mine = np.flatnonzero(known == chosen[number % len(chosen)])
        likes[dice.permutation(mine)[:MOST_LIKES]] += 1
    return likes


def session(listener: Listener, labels: Sequence[str], vectors: Array, trials: float | None, seed: int) -> list[float]:
    """Who begins without any likes judges SHOWN suggestions a round: what share of all that they like is found by then.

    For each of ROUNDS. `trials`: see `recommend`; None: whatever comes, as a comparison.
    """
    dice = np.random.default_rng(seed)
    left, judged, opinions, found = list(listener.candidates), list[int](), list[int](), list[int]()
    for turn in range(ROUNDS):
        if trials is None:
            shown = [int(i) for i in dice.permutation(len(left))[:SHOWN]]
        else:
            number = seed * ROUNDS + turn
            shown = [s.index for s in recommend(vectors[left], vectors[judged], opinions, SHOWN, number, trials)]
        rows = [int(left[i]) for i in shown]
        liked = [1 if labels[row] == listener.kind else -1 for row in rows]
        judged, opinions = judged + rows, opinions + liked
        left = [row for row in left if row not in set(rows)]
        found.append(sum(one > 0 for one in opinions))
    return [count / sum(labels[row] == listener.kind for row in listener.candidates) for count in found]


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """The mean, and between what it lies in 95 of 100 samples drawn anew from the listeners."""
    known = np.array(values)
    means = known[np.random.default_rng(seed).integers(0, len(known), (BOOTSTRAP, len(known)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(known.mean()), float(low), float(high)
