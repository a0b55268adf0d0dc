"""The terms, how much each counts, and the order that follows, with its reasons. Knows candidates only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from studio.errors import SettingError
from studio.ranking import pitches, times
from studio.ranking.candidate import Candidate
from studio.ranking.finding import Finding, limited

EASY = 0.5
"""Nats per note by which a take may be more surprising than its seed before that counts against it."""
DULL, STARTLING = 0.4, 0.8
"""Nats per note less and more than the seed's from which on it is said."""


def surprise(candidate: Candidate) -> Finding | None:
    """Nats per note of the new notes under the model, beside the seed's: 1 for as many, 0 for 1 fewer.

    Likeliest is not best: real music is as surprising as it was before, what a model writes is mostly less so.
    """
    if candidate.surprise is None:
        return None
    new, old = candidate.surprise
    more = new - old
    praise = "about as surprising to the model as the seed" if -DULL / 2 <= more <= EASY else ""
    blame = ""
    if more < -DULL:
        blame = "more predictable to the model than the seed"
    elif more > STARTLING:
        blame = "far more surprising to the model than the seed"
    return Finding(limited(1 - max(0.0, -more, more - EASY)), praise, blame)


def copying(candidate: Candidate) -> Finding | None:
    """The share of the new notes that lie in a passage held for copied."""
    if candidate.copied is None:
        return None
    blame = f"{100 * candidate.copied:.0f} % of its notes stand in a piece that the model learned from"
    return Finding(1 - limited(candidate.copied), "", blame if candidate.copied > 0 else "")


TERMS = {
    "surprise": surprise,
    "theme": times.theme,
    "form": times.form,
    "ending": pitches.ending,
    "key": pitches.key,
    "harmony": pitches.harmony,
    "steps": pitches.steps,
    "register": pitches.register,
    "rhythm": times.rhythm,
    "density": times.density,
    "loops": times.loops,
    "silence": times.silence,
    "copying": copying,
}
"""By name; each says something of a `Candidate`, or nothing."""

# Learned by `python -m benchmarks.ranking --data DIR`, see benchmarks/ranking.md.
WEIGHTS: Mapping[str, float] = {
    "surprise": 0.5, "theme": 1.0, "form": 0.3, "ending": 0.15, "key": 0.1, "harmony": 0.16, "steps": 0.21,
    "register": 0.1, "rhythm": 0.1, "density": 0.13, "loops": 0.1, "silence": 0.1, "copying": 1.0,
}  # fmt: skip
"""How much each counts, the weightiest 1: so that what really followed a seed comes first among takes of a model. What
hardly tells the two apart counts least."""
TYPICAL: Mapping[str, float] = {
    "surprise": 0.76, "theme": 0.61, "form": 0.65, "ending": 0.47, "key": 0.87, "harmony": 0.87, "steps": 0.69,
    "register": 0.93, "rhythm": 0.8, "density": 0.79, "loops": 0.99, "silence": 0.99, "copying": 1.0,
}  # fmt: skip
"""What really follows has these values on average: what a take that stands alone is held against."""

MOST = 5.0
"""How many times as much as usual a term may count."""
REASONS, ENOUGH = 3, 2
"""How many are given, at most, and at least where there are so many."""


@dataclass(frozen=True)
class Merit:
    """What each term says of one candidate, by its name; `surprise` as it was told."""

    findings: Mapping[str, Finding | None]
    surprise: tuple[float, float] | None = None


@dataclass(frozen=True)
class Ranked:
    """`take`: its place among those that were judged, from 0. `score` 0-1. `reasons` in words, those first that say why
    it stands so high or so low; `faults` are those of them that set it back.
    """

    take: int
    score: float
    reasons: tuple[str, ...]
    faults: frozenset[str] = frozenset()


def judge(candidate: Candidate) -> Merit:
    """What each term says of it; nothing of a take without a bar."""
    if not candidate.bars:
        return Merit(dict.fromkeys(TERMS))
    return Merit({name: term(candidate) for name, term in TERMS.items()}, candidate.surprise)


def checked(weights: Mapping[str, float] | None) -> dict[str, float]:
    """How much each term counts; `weights` say how many times as much as usual, 1 where they say nothing.

    SettingError for a term that there is not, or a number that is not from 0 to `MOST`.
    """
    for name, value in (weights or {}).items():
        if name not in TERMS:
            raise SettingError(f"Takes are not ranked by '{name}'; they are by {', '.join(TERMS)}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST:
            raise SettingError(f"A weight is a number from 0 to {MOST:g} (1: as usual), but {name} got {value!r}.")
    return {name: WEIGHTS[name] * (weights or {}).get(name, 1.0) for name in TERMS}


def rank(merits: Sequence[Merit], weights: Mapping[str, float] | None = None) -> tuple[Ranked, ...]:
    """The best first; of equals the one that was written first. `weights` by term, 1: as usual, 0: not at all.

    The score is the mean of the terms' values under their weights. A term that says nothing of any candidate is left
    out; one that says nothing of this candidate alone counts 0 for it. SettingError as in `checked`.
    """
    counts = checked(weights)
    spoken = [name for name in TERMS if any(merit.findings[name] is not None for merit in merits)]
    total = math.fsum(counts[name] for name in spoken) or 1.0
    parts = [{name: counts[name] * _value(merit, name) / total for name in spoken} for merit in merits]
    usual = {name: counts[name] * TYPICAL[name] / total for name in spoken}
    scores = [math.fsum(part.values()) for part in parts]
    order = sorted(range(len(merits)), key=lambda i: (-round(scores[i], 9), i))
    return tuple(_ranked(i, scores[i], merits[i], parts[i], _others(parts, i) or [usual]) for i in order)


def _value(merit: Merit, name: str) -> float:
    found = merit.findings[name]
    return found.value if found is not None else 0.0


def _others(parts: Sequence[Mapping[str, float]], i: int) -> list[Mapping[str, float]]:
    return [part for k, part in enumerate(parts) if k != i]


def _ranked(
    take: int, score: float, merit: Merit, parts: Mapping[str, float], others: Sequence[Mapping[str, float]]
) -> Ranked:
    """With what lifts it most above the others, or sets it back: the weightiest, and nothing that does not count.

    Where that is little, also what is good about it though it is so of others.
    """
    said, besides = [], []
    for name, part in parts.items():
        found = merit.findings[name]
        if found is None:
            continue
        ahead = part - fmean(other[name] for other in others)
        if sentence := found.praise if ahead > 0 else found.blame if ahead < 0 else "":
            said.append((-abs(ahead), ahead < 0, sentence))
        elif found.praise and part:
            besides.append((-part, False, found.praise))
    told = [*sorted(said)[:REASONS], *sorted(besides)[: max(0, ENOUGH - len(said))]]
    behind = score < fmean(math.fsum(other.values()) for other in others)
    told.sort(key=lambda reason: reason[1] != behind)
    return Ranked(take, score, tuple(reason[2] for reason in told), frozenset(r[2] for r in told if r[1]))
