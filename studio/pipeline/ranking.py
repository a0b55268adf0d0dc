"""Takes in order, the best first: what the takes are held against, and how surprising their model finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio import ranking
from studio.errors import DataError
from studio.metrics import Key
from studio.pipeline import aims, likelihood, originality
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Take
from studio.ranking import Candidate, Merit, Ranked
from studio.score import Score

RANK_TERMS = tuple(ranking.TERMS)
"""What takes are judged by; each can be given a weight."""
MOST_WEIGHT = ranking.MOST

LEAST = 4
"""Old notes in the tracks that have new ones, of which there must be so many before new ones are held against them."""
_ANEW = ("infill", "vary", "resemble")
"""Verbs that write over what stood there: where nothing is left of it, the new is held against the seed itself."""


def rank(
    takes: Sequence[Take],
    seed: Seed | None = None,
    weights: Mapping[str, float] | None = None,
) -> tuple[Ranked, ...]:
    """The takes of one run in order, the best first, each with reasons; `Ranked.take` is its index in `takes`.

    `seed`: what they were made from. `weights`: by name of a term (`RANK_TERMS`) how many times as much as usual it
    counts, 0 to `MOST_WEIGHT`. SettingError for a weight that there is not.
    """
    ranking.checked(weights)  # complained of before the work
    return ranking.rank(judge(takes, seed), weights)


def judge(takes: Sequence[Take], seed: Seed | None = None) -> tuple[Merit, ...]:
    """What there is to say of each, whatever the weights are: `order` makes an order of it."""
    found = likelihood.surprises(takes)
    return tuple(
        ranking.judge(replace(_candidate(take, seed), surprise=surprise))
        for take, surprise in zip(takes, found, strict=True)
    )


def judge_again(take: Take, seed: Seed | None, before: Merit) -> Merit:
    """The same of a take whose notes were changed by hand; how surprising they are is not asked anew."""
    return ranking.judge(replace(_candidate(take, seed), surprise=before.surprise if take.notes_new else None))


def order(merits: Sequence[Merit], weights: Mapping[str, float] | None = None) -> tuple[Ranked, ...]:
    """As `rank`, of takes that were judged already."""
    return ranking.rank(merits, weights)


def _candidate(take: Take, seed: Seed | None) -> Candidate:
    tonic_and_mode = aims.key(take.recipe.get("settings", {}))
    return Candidate(
        take.score,
        take.new,
        take.new_from,
        take.end,
        _before(take, seed),
        take.melody_track,
        Key(*tonic_and_mode, 1.0) if tonic_and_mode else None,
        copied=_copied(take, seed),
    )


def _copied(take: Take, seed: Seed | None) -> float | None:
    """The share of the new notes that are held for copied; None where there is nothing to compare them with."""
    try:
        found = originality.check(take, seed.score if seed is not None else None)
    except DataError:
        return None
    return len(found.copied) / take.notes_new if take.notes_new else 0.0


def _before(take: Take, seed: Seed | None) -> Score:
    """What of the take is not new; or the seed, where next to nothing is left of what was written over."""
    score = take.score
    pairs = list(zip(score.tracks, take.new, strict=True))
    left = replace(score, tracks=tuple(replace(t, notes=tuple(n for n in t.notes if n not in new)) for t, new in pairs))
    standing = sum(len(t.notes) for t, new in zip(left.tracks, take.new, strict=True) if new)
    anew = take.recipe.get("verb") in _ANEW and seed is not None and seed.sha256 == take.recipe.get("source")
    return seed.score.rescale(score.resolution) if seed is not None and anew and standing < LEAST else left
