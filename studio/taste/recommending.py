"""What to hear next, and why. Knows vectors, opinions and names of traits; no music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio.taste.preference import Preference

TRIALS = 0.25
"""Share of the suggestions that are there to find out more: one in four."""
MOST_WORDS = 3

Array = NDArray[np.float64]
Reason = Literal["liked", "trial", "start"]


@dataclass(frozen=True)
class Suggestion:
    """The candidate `index`, suggested because it should be `liked`, as a `trial`, or as a place to `start`."""

    index: int
    reason: Reason


@dataclass(frozen=True)
class InCommon:
    """`words` are all said of the candidate and of each of the likes in `of` (their indices)."""

    words: tuple[str, ...]
    of: tuple[int, ...]


def recommend(
    candidates: Array, judged: Array, opinions: Sequence[int], count: int, number: int, trials: float = TRIALS
) -> list[Suggestion]:
    """Up to `count` of the candidates (m, D), best first, for who has judged (n, D) with opinions (n,) of -1 or 1.

    Without any opinion: what is most usual among the candidates, then always what differs most from all before, so
    that few judgements tell much. Later most are those that should be liked best, and a share of `trials` is drawn by
    Thompson sampling. The same `number` draws the same.
    """
    if not len(candidates):
        return []
    if not len(opinions):
        return [Suggestion(i, "start") for i in _spread(candidates, count)]
    taste, dice = Preference.of(judged, opinions), np.random.default_rng(number)
    expected = taste.expected(candidates)
    best = [int(i) for i in np.argsort(-expected, kind="stable")]
    drawing = int(count * trials)
    chosen = best[: max(0, count - drawing)]
    tried: list[int] = []
    for _ in range(min(drawing, len(best) - len(chosen))):
        drawn = taste.drawn(candidates, dice)
        drawn[chosen + tried] = -np.inf
        tried.append(int(np.argmax(drawn)))
    return [Suggestion(i, "liked") for i in chosen] + [Suggestion(i, "trial") for i in tried]


def suited(styles: Mapping[str, Array], judged: Array, opinions: Sequence[int], most: int) -> list[str]:
    """The styles, given by their vectors (K,), that should be liked best, best first; only what should be liked."""
    expected = Preference.of(judged, opinions).expected(np.array(list(styles.values()))) if styles else np.zeros(0)
    best = np.argsort(-expected, kind="stable")[:most]
    return [list(styles)[i] for i in best if expected[i] > 0]


def _spread(candidates: Array, count: int) -> list[int]:
    """The most usual one, then by farthest-first traversal (Gonzalez 1985, "Clustering to Minimize the Maximum
    Intercluster Distance", Theoretical Computer Science 38).
    """
    chosen = [int(np.argmin(np.linalg.norm(candidates - candidates.mean(axis=0), axis=1)))]
    distance = np.linalg.norm(candidates - candidates[chosen[0]], axis=1)
    while len(chosen) < min(count, len(candidates)):
        distance[chosen] = -1.0
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, np.linalg.norm(candidates - candidates[chosen[-1]], axis=1))
    return chosen


def in_common(words: Sequence[str], likes: Sequence[Sequence[str]]) -> InCommon:
    """What a candidate's words have in common with likes: up to MOST_WORDS, while at least half as many likes have
    them all as have the first one. No words where no like has any of them.
    """
    of, found = tuple(range(len(likes))), list[str]()
    fewest = 1.0
    while len(found) < MOST_WORDS:
        by_word = {word: [i for i in of if word in likes[i]] for word in words if word not in found}
        best = max(by_word, key=lambda word: len(by_word[word]), default=None)
        if best is None or len(by_word[best]) < fewest:
            break
        found.append(best)
        of = tuple(by_word[best])
        fewest = max(1.0, fewest, len(of) / 2 if len(found) == 1 else 0.0)
    return InCommon(tuple(found), of if found else ())
