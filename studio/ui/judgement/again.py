"""Writing a take again as it was asked for, but for the passages that it may not hold this time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from studio import pipeline
from studio.errors import SettingError

VERBS: dict[str, tuple[type[Any], Callable[[pipeline.Seed, Any], pipeline.Run]]] = {
    "continue": (pipeline.Request, pipeline.continue_),
    "infill": (pipeline.InfillRequest, pipeline.infill),
    "accompany": (pipeline.AccompanyRequest, pipeline.accompany),
    "restyle": (pipeline.AccompanyRequest, pipeline.restyle),
    "vary": (pipeline.VaryRequest, pipeline.vary),
}
"""The verbs that need no other music than the seed."""
Lines = tuple[tuple[int, ...], ...]
"""Each as its steps from note to note, see `pipeline.Shared`."""


def can(take: pipeline.Take) -> bool:
    """Whether the take can be written again from its recipe and its seed alone."""
    return take.recipe.get("verb") in VERBS


def request(take: pipeline.Take, forbidden: Lines = ()) -> Any:
    """What was asked for when the take was written, with those passages forbidden. SettingError: nobody knows."""
    if not can(take):
        raise SettingError("This take cannot be written again by itself: write it anew on its tab.")
    kind, _ = VERBS[take.recipe["verb"]]
    told = {**take.recipe, **take.recipe.get("settings", {})}
    asked = {field.name: _plain(told[field.name]) for field in fields(kind) if field.name in told}
    if "keep" in asked:
        asked["keep"] = tuple(pipeline.Kept(**kept) for kept in asked["keep"])
    return kind(**asked | {"forbidden": (*asked.get("forbidden", ()), *forbidden)})


def run(take: pipeline.Take, seed: pipeline.Seed, forbidden: Lines) -> pipeline.Run:
    """Let the model write it again."""
    return VERBS[take.recipe["verb"]][1](seed, request(take, forbidden))


def _plain(value: Any) -> Any:
    """JSON has lists and no tuples."""
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value
