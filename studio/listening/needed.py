"""How many votes a listening test needs before it can tell one system from another. Knows numbers only.

For two systems exactly, by the two-sided binomial (sign) test; for a ranking of several by simulated tests.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import log, sqrt

import numpy as np

from studio.listening.strengths import PRIOR, Floats, Kind, fit_all

LEVEL = 0.05
"""The chance, at most, of seeing a preference where there is none."""
POWER = 0.8
"""The chance, at least, of seeing one where there is."""
_Z = 1.959964  # a normal variable lies within ± so much 95 times of 100
_SIMULATED = 500


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share of `count` out of `of` (Wilson 1927, "Probable inference"); (0, 1) of none."""
    if not of:
        return 0.0, 1.0
    share, square = count / of, _Z**2 / of
    middle = (share + square / 2) / (1 + square)
    half = _Z * sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def tail(count: int, of: int, chance: float) -> float:
    """How likely `count` or more out of `of` are, by chance."""
    return float(_chances(of, chance)[count:].sum())


@lru_cache(maxsize=4096)
def _chances(of: int, share: float) -> Floats:
    """The chance of 0, 1, ... `of` out of `of`, (of + 1,)."""
    ways = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, of + 1)))])
    k = np.arange(of + 1)
    chances: Floats = np.exp(ways[of] - ways - ways[::-1] + k * log(share) + (of - k) * log(1 - share))
    return chances


def power(votes: int, share: float, chance: float = 0.5) -> float:
    """How likely so many votes show, at LEVEL, that a system is chosen other than by `chance`, if it is by `share`."""
    by_chance = _chances(votes, chance)
    above = np.cumsum(by_chance[::-1])[::-1] <= LEVEL / 2
    below = np.cumsum(by_chance) <= LEVEL / 2
    return float(_chances(votes, share)[above | below].sum())


def votes_to_tell(share: float, chance: float = 0.5) -> int:
    """The fewest votes from which on `power` is POWER or more, whatever number there are."""
    # As votes come one at a time the power goes up and down a little: the last fall below is what counts.
    spread = _Z * sqrt(chance * (1 - chance)) + 0.841621 * sqrt(share * (1 - share))
    usual = (spread / (share - chance)) ** 2
    return max(n for n in range(1, round(1.3 * usual) + 30) if power(n, share, chance) < POWER) + 1


def votes_to_rank(systems: int, share: float, seed: int = 0) -> int:
    """How many votes in all, spread evenly over all pairs, part the best of `systems` from the next best, about.

    Each is preferred to the next by `share`. Parted: the 95 % interval of the difference of their Bradley-Terry
    strengths leaves out 0, in POWER of _SIMULATED simulated tests.
    """
    pairs = len(list(combinations(range(systems), 2)))
    low, high = 1, 2
    while _parted(systems, share, high, seed) < POWER:
        low, high = high, 2 * high
    while high - low > max(1, high // 25):
        middle = (low + high) // 2
        low, high = (middle, high) if _parted(systems, share, middle, seed) < POWER else (low, middle)
    return high * pairs


def _parted(systems: int, share: float, each: int, seed: int) -> float:
    """The share of simulated tests with `each` votes a pair in which the best two are told apart."""
    true = (share / (1 - share)) ** -np.arange(systems)
    duels = list(combinations(range(systems), 2))
    shares = [true[i] / (true[i] + true[j]) for i, j in duels]
    wins = np.random.default_rng(seed).binomial(each, shares, (_SIMULATED, len(duels)))
    kinds: list[Kind] = [((i, j), choice) for i, j in duels for choice in (0, 1)]
    counts = np.stack([wins, each - wins], axis=2).reshape(_SIMULATED, -1).astype(float)
    strengths, _ = fit_all(kinds, counts, systems, prior=PRIOR)
    spread = np.linalg.pinv(_information(strengths, duels, each))
    difference = np.log(strengths[:, 0] / strengths[:, 1])
    error = np.sqrt(spread[:, 0, 0] + spread[:, 1, 1] - 2 * spread[:, 0, 1])
    return float((difference > _Z * error).mean())


def _information(strengths: Floats, duels: list[tuple[int, int]], each: int) -> Floats:
    """Fisher's information on the logarithms of the strengths, (tests, systems, systems)."""
    found = np.zeros((*strengths.shape, strengths.shape[1]))
    for i, j in duels:
        won = strengths[:, i] / (strengths[:, i] + strengths[:, j])
        told = each * won * (1 - won)
        found[:, [i, j], [i, j]] += told[:, None]
        found[:, [i, j], [j, i]] -= told[:, None]
    return found
