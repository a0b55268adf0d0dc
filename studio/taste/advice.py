"""What to ask a model for next, and under which settings, by the takes that were liked. Knows recipes' values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np

Arm = tuple[str, str]
"""(verb, model)."""


@dataclass(frozen=True)
class Tried:
    """One take that was judged: what was done by which model under which `settings`; `opinion` is -1 or 1."""

    verb: str
    model: str
    settings: Mapping[str, Any]
    opinion: int


@dataclass(frozen=True)
class Advice:
    """Let `model` do `verb` under these `settings`: of `judged` takes of its kind `liked` were liked.

    A `trial` is there to find out more. Settings that are not named stay as they are.
    """

    verb: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    liked: int = 0
    judged: int = 0
    trial: bool = False


def advise(tried: Sequence[Tried], offered: Sequence[Arm], number: int) -> list[Advice]:
    """The best of what was tried, if a take of it was liked, and one trial among all that is `offered`.

    Each arm's chance to please has a Beta posterior over a flat prior: the best has the highest mean, the trial the
    highest draw (Thompson sampling; Chapelle & Li 2011, "An Empirical Evaluation of Thompson Sampling", NeurIPS). The
    same `number` draws the same. Nothing where nothing was judged.
    """
    if not tried or not offered:
        return []
    told = {arm: [one for one in tried if (one.verb, one.model) == arm] for arm in offered}
    counts = {arm: (sum(one.opinion > 0 for one in ones), len(ones)) for arm, ones in told.items()}
    pleased = [arm for arm in offered if counts[arm][0]]
    found = []
    if pleased:
        best = max(pleased, key=lambda arm: (counts[arm][0] + 1) / (counts[arm][1] + 2))
        found.append(Advice(*best, _settings(told[best]), *counts[best]))
    dice = np.random.default_rng(number)
    draws = {arm: dice.beta(1 + liked, 1 + judged - liked) for arm, (liked, judged) in counts.items()}
    others = [arm for arm in offered if not found or arm != (found[0].verb, found[0].model)]
    if others:
        trial = max(others, key=lambda arm: draws[arm])
        found.append(Advice(*trial, _settings(told[trial]), *counts[trial], trial=True))
    return found


def _settings(tried: Sequence[Tried]) -> dict[str, Any]:
    """Of numbers the mean over what was liked; of choices what most of it had. Only what all of it tells."""
    likes = [one.settings for one in tried if one.opinion > 0]
    names = [name for name in (likes[0] if likes else {}) if all(name in settings for settings in likes)]
    found: dict[str, Any] = {}
    for name in names:
        values = [settings[name] for settings in likes]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            mean = fmean(values)
            found[name] = round(mean) if all(isinstance(value, int) for value in values) else round(mean, 2)
        elif 2 * (most := max(map(values.count, values))) > len(values):
            found[name] = next(value for value in values if values.count(value) == most)
    return found
