"""The order of a visitor's takes, the best first, under the weights that the visitor has set. Knows no components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio import pipeline
from studio.errors import StudioError
from studio.ui.visits import Result, Visit

FIELD = "rank-{}"
"""The id of the field that says how much a term counts; by it a visitor's weights are remembered."""
TERMS = tuple(term for term in pipeline.RANK_TERMS if term != "copying")
"""What a visitor can weigh here: whether something is copied is told apart from the ranking."""


@dataclass(frozen=True)
class Judged:
    """The takes of the result of that name as they were judged, and what was found."""

    name: str
    takes: tuple[pipeline.Take, ...]
    merits: tuple[pipeline.Merit, ...]


def order(visit: Visit) -> tuple[pipeline.Ranked, ...]:
    """The takes on the desk, the best first; none where there is but one, or where models were compared.

    They are judged once; a take whose notes were changed since is judged again.
    """
    result = visit.result
    if result is None or len(result.takes) < 2 or result.entries:
        return ()
    try:
        visit.judged = _judged(visit, result)
        return pipeline.order(visit.judged.merits, weights(visit))
    except StudioError:
        return ()  # in the order in which they were written


def weights(visit: Visit) -> dict[str, float]:
    """What the visitor has set, by term."""
    set_: dict[str, Any] = {term: visit.fields.get(FIELD.format(term)) for term in TERMS}
    return {term: float(value) for term, value in set_.items() if isinstance(value, int | float)}


def _judged(visit: Visit, result: Result) -> Judged:
    seed = visit.seed
    before = visit.judged
    if before is None or before.name != result.name or len(before.takes) != len(result.takes):
        return Judged(result.name, result.takes, pipeline.judge(result.takes, seed))
    merits = tuple(
        merit if take is was else pipeline.judge_again(take, seed, merit)
        for take, was, merit in zip(result.takes, before.takes, before.merits, strict=True)
    )
    return Judged(result.name, result.takes, merits)
