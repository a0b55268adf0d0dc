"""Continuing a melody: the chosen passage becomes a prompt, the model writes new bars, they are set behind the seed.

The seed's notes never pass through the model's grid into the result: what was read comes back as it was.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields, replace
from importlib import metadata
from typing import Any

from studio.checkpoints import Card
from studio.pipeline import catalogue, passage, prompt
from studio.pipeline.passage import Passage
from studio.pipeline.prompt import Prompt
from studio.pipeline.requests import Request, settled
from studio.pipeline.seeds import Seed
from studio.representations.events import GRID
from studio.score import Note, Score, Tempo, TimeSignature, Track


@dataclass(frozen=True)
class Take:
    """One result: the seed's chosen bars and the new ones behind them.

    `new_from` and `end` are the ticks of the bar lines between which the new bars lie; the last may end in silence.
    `recipe` says how to make it again and holds what JSON can. `seconds`: how long the writing took.
    """

    score: Score
    name: str
    new_from: int
    end: int
    bars_new: int
    notes_new: int
    melody_track: int
    recipe: Mapping[str, Any]
    notices: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Progress:
    """So many bars of so many are written; `take` is the result so far, good to keep if one stops here."""

    bars_done: int
    bars_total: int
    take: Take

    @property
    def score(self) -> Score:
        return self.take.score


Run = Generator[Progress | Take, None, None]


def continue_(seed: Seed, request: Request) -> Run:
    """Continue a seed's melody: a `Progress` after each new bar, at last the `Take`. Close it to stop the model.

    The melody keeps its instrument, metre and tempo; the other tracks rest in the new bars. A track that plays several
    notes at once is followed by its highest ones, and of a long seed the model looks at the last bars only (the take's
    `notices` say so). The same seed and request give the same notes, whoever else is at work.

    Raises at once: SettingError for a setting, bars or a track that do not exist, SeedError for a seed without melody.
    CheckpointError may come with the first step.
    """
    info, card = catalogue.find(request.model)
    settings = settled(request, info)
    chosen = passage.choose(seed.score, request.melody_track, request.first_bar, request.last_bar)
    return _continue(seed, request, settings, chosen, card)


def _continue(seed: Seed, request: Request, settings: dict[str, Any], chosen: Passage, card: Card) -> Run:
    started = time.monotonic()
    model, events = catalogue.load(card)
    asked = prompt.write(events, chosen, request.bars, settings.get("style"), settings["ending"])
    recipe = _recipe(seed, request, settings, chosen, card)
    total = request.bars * asked.grid_bars
    ids = list(asked.ids)
    with closing(_bars(model, asked, settings, request.seed)) as bars:
        for done, written in enumerate(itertools.islice(bars, total), start=1):
            ids += written
            if done % asked.grid_bars == 0:
                notes = prompt.new_notes(events, asked, ids)
                take = _take(seed, chosen, asked, recipe, notes, done // asked.grid_bars)
                take = replace(take, seconds=time.monotonic() - started)
                yield Progress(take.bars_new, request.bars, take)
    yield take


def _bars(model: Any, asked: Prompt, settings: Mapping[str, Any], seed: int) -> Generator[list[int], None, None]:
    """What the model writes, bar by bar on the grid, each with the id that ends it: of the next bar line or the end."""
    # torch takes seconds to import, and a page that only shows what there is should not wait for it.
    import torch

    from studio.sampling import Settings

    how = Settings(**{field.name: settings[field.name] for field in fields(Settings) if field.name in settings})
    generators = [torch.Generator().manual_seed(seed)]
    ids: list[int] = []
    # One thread: two would wait for each other as soon as a core is busy, and sums would come out in another order. Set
    # at every step because each thread has its own count, and a server may take any step in another thread.
    torch.set_num_threads(1)
    with closing(model.generate(torch.from_numpy(asked.array()), [asked.grammar], how, generators)) as steps:
        for (token,) in steps:
            ids.append(token)
            if token in asked.closing:
                yield ids
                ids = []
                torch.set_num_threads(1)


def _take(seed: Seed, chosen: Passage, asked: Prompt, recipe: Mapping[str, Any], notes: list[Note], bars: int) -> Take:
    """The seed's passage and, from its closing bar line on, the new notes in the melody's track."""
    numerator, denominator = chosen.metre
    length = 4 * GRID * numerator // denominator * bars
    inside = tuple(n._replace(duration=min(n.duration, length - n.onset)) for n in notes if n.onset < length)
    tracks = (*(Track() for _ in range(chosen.track)), Track(inside))
    new = Score(GRID, tracks, (Tempo(0, chosen.mpq),), (TimeSignature(0, *chosen.metre),))
    score = chosen.score.append(new, chosen.end)
    new_from = chosen.end * score.resolution // chosen.score.resolution
    return Take(
        score=score,
        name=seed.name,
        new_from=new_from,
        end=new_from + bars * score.bar_length(numerator, denominator),
        bars_new=bars,
        notes_new=len(inside),
        melody_track=chosen.track,
        recipe=recipe,
        notices=(*chosen.notices, *asked.notices),
    )


def _recipe(seed: Seed, request: Request, settings: Mapping[str, Any], chosen: Passage, card: Card) -> dict[str, Any]:
    """What it takes to make the same take again."""
    return {
        "studio": _version(),
        "verb": "continue",
        "model": request.model,
        "checkpoint": card.sha256,
        "source": seed.sha256,
        "melody_track": chosen.track,
        "first_bar": request.first_bar,
        "last_bar": request.first_bar + chosen.bars - 1,
        "bars": request.bars,
        "seed": request.seed,
        "settings": dict(settings),
    }


def _version() -> str:
    try:
        return metadata.version("music-studio")
    except metadata.PackageNotFoundError:  # run from a folder without being installed
        return "development"
