"""Comparing: one seed, continued by every model that can, each under the same seed number and at its own defaults.

A model that cannot continue this seed says why in its place; the others are not spoilt by it.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

from studio.errors import SettingError, StudioError
from studio.pipeline import catalogue, passage
from studio.pipeline.catalogue import ModelInfo
from studio.pipeline.continuation import continue_
from studio.pipeline.requests import MAX_BARS, CompareRequest, Request, check_seed, check_whole
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Progress, Take


@dataclass(frozen=True)
class Entry:
    """What one model made of the seed: a `take`, or the `problem` that it had with it.

    `take.seconds` is the time that the model wrote; neither its loading nor what was done between two bars counts.
    """

    model: ModelInfo
    take: Take | None = None
    problem: str = ""

    @property
    def notes_per_s(self) -> float:
        """New notes written a second; 0 without a take."""
        return self.take.notes_new / max(self.take.seconds, 1e-9) if self.take else 0.0


@dataclass(frozen=True)
class Comparing:
    """How far a comparison is: the `number`-th of `models` models, counted from 1, is at it.

    `progress` is None while it is being loaded. `seconds`: how long it has written.
    """

    model: ModelInfo
    number: int
    models: int
    progress: Progress | None = None
    seconds: float = 0.0

    @property
    def entry(self) -> Entry | None:
        """What it has written so far, good to keep if one stops here; None where that is not a bar yet."""
        if self.progress is None:
            return None
        return Entry(self.model, replace(self.progress.take, seconds=self.seconds))


Comparison = Generator[Comparing | Entry, None, None]
"""For each model, what can do most first: a `Comparing` now and then, at last its `Entry`."""


def compare(seed: Seed, request: CompareRequest) -> Comparison:
    """Continue a seed with every model that can. Close it to stop the model that is at it.

    Each take is what `continue_` writes with that model, and its recipe says so. Raises at once what is wrong for all:
    SettingError for bars, a track or a seed number that do not exist, SeedError for a seed without melody. What only
    one model cannot do becomes the `problem` of its entry.
    """
    check_whole("bars", request.bars, 1, MAX_BARS)
    check_seed(request.seed)
    passage.choose(seed.score, request.melody_track, request.first_bar, request.last_bar)
    able = catalogue.models("continue")
    if not able:
        raise SettingError("No model in the checkpoints folder can continue: train one with python -m studio.train.")
    return _compare(seed, request, able)


def _compare(seed: Seed, request: CompareRequest, able: list[ModelInfo]) -> Comparison:
    for number, model in enumerate(able, start=1):
        at = Comparing(model, number, len(able))
        yield at
        try:
            yield from _continued(seed, request, at)
        except StudioError as error:
            yield Entry(model, problem=str(error))


def _continued(seed: Seed, request: CompareRequest, at: Comparing) -> Comparison:
    catalogue.load(catalogue.find(at.model.name, "continue")[1])
    asked = Request(
        at.model.name,
        seed=request.seed,
        bars=request.bars,
        melody_track=request.melody_track,
        first_bar=request.first_bar,
        last_bar=request.last_bar,
    )
    seconds = 0.0
    with closing(continue_(seed, asked)) as run:
        while True:
            begun = time.monotonic()
            step = next(run, None)
            seconds += time.monotonic() - begun
            if step is None:
                return
            if isinstance(step, Take):
                yield Entry(at.model, replace(step, seconds=seconds))
            else:
                yield replace(at, progress=step, seconds=seconds)
