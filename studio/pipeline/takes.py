"""`Take`: one result of any verb, and `Progress` on the way to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import metadata
from typing import Any, NamedTuple, TypeVar

from studio.checkpoints import Card
from studio.pipeline.passage import Passage
from studio.pipeline.requests import Asked
from studio.pipeline.seeds import Seed
from studio.score import Note, Score, Tempo, TimeSignature, Track


@dataclass(frozen=True)
class Take:
    """One result: the seed's music and what was written.

    What is new lies between the bar lines at ticks `new_from` and `end`: `new` has, for each track of the score, the
    notes that were written. `bars_new` bars were (of a take that was stopped those that are whole), `notes_new` notes
    in all. `recipe` says how to make it again and holds what JSON can. `seconds`: how long the writing took.
    """

    score: Score
    name: str
    new_from: int
    end: int
    bars_new: int
    new: tuple[frozenset[Note], ...]
    melody_track: int | None
    recipe: Mapping[str, Any]
    notices: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def notes_new(self) -> int:
        return sum(map(len, self.new))


class Heard(NamedTuple):
    """The first take so far, for the ear: what begins before tick `until` of `score` is final, and rings as it will.

    What begins later may still change. Before tick `new_from` nothing is new.
    """

    score: Score
    new_from: int
    until: int

    @property
    def new_from_s(self) -> float:
        """The second at which the new music begins."""
        return self.score.seconds_at(self.new_from)


@dataclass(frozen=True)
class Progress:
    """So many bars of so many are written in each take, on average where one is written after the other.

    `takes` are the results so far, good to keep if one stops here, and `heard` is what of the first can be played
    already. They are put together when they are asked for.
    """

    bars_done: int
    bars_total: int
    make: Callable[[], tuple[Take, ...]]
    listen: Callable[[], Heard]

    @cached_property
    def takes(self) -> tuple[Take, ...]:
        return self.make()

    @property
    def take(self) -> Take:
        """The first of them."""
        return self.takes[0]

    @cached_property
    def heard(self) -> Heard:
        return self.listen()


Run = Generator[Progress | Take, None, None]
"""A `Progress` now and then, at last every `Take`."""


Draft = TypeVar("Draft")


def as_they_are(
    drafts: Sequence[Draft], take: Callable[[int, Draft, float], Take], started: float
) -> Callable[[], tuple[Take, ...]]:
    """Puts together the takes that the drafts are now, when it is called, however the drafts have gone on.

    `take` makes one of its number, its draft and the seconds since `started`.
    """
    now, seconds = [copy(draft) for draft in drafts], time.monotonic() - started
    return lambda: tuple(take(i, draft, seconds) for i, draft in enumerate(now))


def as_it_is(draft: Draft, heard: Callable[[Draft], Heard]) -> Callable[[], Heard]:
    """The same for what can be heard of one draft."""
    now = copy(draft)
    return lambda: heard(now)


def following(seed: Seed, chosen: Passage, resolution: int, tracks: tuple[Track, ...], bars: int) -> Take:
    """The passage and, from its closing bar line on, so many bars of new notes; without a recipe yet.

    `tracks` (in ticks of `resolution`) are those of the passage, and maybe more, with the new notes counted from there.
    """
    new = Score(resolution, tracks, (Tempo(0, chosen.mpq),), (TimeSignature(0, *chosen.metre),))
    score = chosen.score.append(new, chosen.end)
    new_from = chosen.end * score.resolution // chosen.score.resolution
    return Take(
        score=score,
        name=seed.name,
        new_from=new_from,
        end=new_from + bars * score.bar_length(*chosen.metre),
        bars_new=bars,
        new=tuple(frozenset(n for n in track.notes if n.onset >= new_from) for track in score.tracks),
        melody_track=chosen.track,
        recipe={},
    )


def recipe(verb: str, seed: Seed, request: Asked, settings: Mapping[str, Any], card: Card, take: int) -> dict[str, Any]:
    """What it takes to make a take again: asked for alone, it comes under the seed number that is told here."""
    asked = {name: value for name, value in asdict(request).items() if name not in settings}
    if not request.forbidden:
        del asked["forbidden"]
    return {
        "studio": version(),
        "verb": verb,
        **asked,
        "takes": 1,
        "seed": request.seeds[take],
        "checkpoint": card.sha256,
        "source": seed.sha256,
        "settings": dict(settings),
    }


def version() -> str:
    """The version of the studio, "development" where it is not installed."""
    try:
        return metadata.version("music-studio")
    except metadata.PackageNotFoundError:  # run from a folder without being installed
        return "development"
