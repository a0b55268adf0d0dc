"""Continuing: the chosen passage becomes a prompt, the model writes new bars, they are set behind the seed.

The seed's notes never pass through the model's grid into the result: what was read comes back as it was.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from studio.checkpoints import Card
from studio.melody import monophonic
from studio.pipeline import aims, catalogue, passage, prompt, takes, writing
from studio.pipeline import bars as whole_bars
from studio.pipeline.catalogue import ModelInfo
from studio.pipeline.passage import Passage
from studio.pipeline.prompt import Prompt
from studio.pipeline.redrawing import redrawn
from studio.pipeline.requests import MAX_BARS, Request, check_whole, settled
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Heard, Progress, Run, Take
from studio.representations.events import GRID
from studio.score import Track

MELODY_CONTEXT = 2048
"""Ids that models without a bound of their own look back on, at most."""


def continue_(seed: Seed, request: Request) -> Run:
    """Continue a seed: a `Progress` after each new bar, at last the takes. Close it to stop the model.

    A model of one voice continues the melody, which keeps its instrument, metre and tempo, while the other tracks rest
    in the new bars; a track that plays several notes at once is followed by its highest ones. A model of many voices
    continues all tracks, one of whole bars adds chords to the melody. Of a long seed a model looks at the last bars
    only (the take's `notices` say so). The same seed and request give the same notes, whoever else is at work.

    Raises at once: SettingError for a setting, bars or a track that do not exist, SeedError for a seed without melody.
    CheckpointError may come with the first step.
    """
    info, card = catalogue.find(request.model, "continue")
    check_whole("bars", request.bars, 1, MAX_BARS)
    settings = settled(request, info, "continue")
    chosen = passage.choose(seed.score, request.melody_track, request.first_bar, request.last_bar)
    return _continue(seed, request, settings, aims.onward(chosen, settings), info, card)


def _reads_all(info: ModelInfo, chosen: Passage) -> bool:
    """Whether the model continues every track: one that knows many voices, where there are any."""
    lead = chosen.score.tracks[chosen.track]
    others = any(track.notes for i, track in enumerate(chosen.score.tracks) if i != chosen.track)
    return "infill" in info.verbs and (others or len(monophonic(lead).notes) < len(lead.notes))


def _continue(
    seed: Seed, request: Request, settings: dict[str, Any], chosen: Passage, info: ModelInfo, card: Card
) -> Run:
    started = time.monotonic()
    model, events = catalogue.load(card)
    if events.name == "pianoroll":
        if request.forbidden:
            yield from redrawn(lambda plain: _continue(seed, plain, settings, chosen, info, card), request)
            return
        yield from whole_bars.continue_(model, events, seed, request, settings, chosen, card)
        return
    many = _reads_all(info, chosen)
    context = getattr(model.config, "context", MELODY_CONTEXT)
    shown = aims.moved(chosen, settings)
    asked = prompt.write(events, shown, request.bars, settings, many=many, context=context)
    notices = asked.notices if many else (*chosen.notices, *asked.notices)
    total = request.bars * asked.grid_bars
    drafts = [_Draft(list(asked.ids)) for _ in request.seeds]
    request = replace(request, melody_track=chosen.track, last_bar=request.first_bar + chosen.bars - 1)

    def heard(draft: _Draft) -> Heard:
        # What rings on over the last bar line rings to its end, for the next bar is still to come.
        so_far = _take(seed, chosen, asked, draft, ring=request.bars)
        return Heard(so_far.score, so_far.new_from, so_far.end)

    def take(number: int, draft: _Draft, seconds: float) -> Take:
        made = _take(seed, chosen, asked, draft)
        recipe = takes.recipe("continue", seed, request, settings, card, number)
        return replace(made, recipe=recipe, notices=notices, seconds=seconds)

    with closing(_bars(model, asked, settings, request, drafts, total)) as bars:
        for done in bars:
            if done % asked.grid_bars == 0:
                so_far = takes.as_they_are(drafts, take, started)
                listen = takes.as_it_is(drafts[0], heard)
                yield Progress(done // asked.grid_bars, request.bars, so_far, listen)
    yield from takes.as_they_are(drafts, take, started)()


@dataclass
class _Draft:
    """One take on its way: all its ids, the bars that are done, and how many ids there were at the end of the last.

    Ids only grow, so what a draft was is told by the two numbers.
    """

    ids: list[int]
    bars: int = 0
    done: int = 0


def _bars(
    model: Any, asked: Prompt, settings: Mapping[str, Any], request: Request, drafts: list[_Draft], total: int
) -> Generator[int, None, None]:
    """Writes into the drafts; yields, whenever it grows, how many bars even the slowest of them has."""
    grammars = [asked.grammar() for _ in drafts]
    masks = [writing.Until(writing.without(g, g, request.forbidden), asked.closing, total) for g in grammars]
    least = 0
    with closing(writing.decode(model, asked.ids, masks, settings, request.seeds)) as steps:
        for chosen in steps:
            for draft, token in zip(drafts, chosen, strict=True):
                if token is None:
                    continue
                draft.ids.append(token)
                if token in asked.closing:
                    draft.bars += 1
                    draft.done = len(draft.ids)
            if min(draft.bars for draft in drafts) > least:
                least = min(draft.bars for draft in drafts)
                yield least


def _take(seed: Seed, chosen: Passage, asked: Prompt, draft: _Draft, *, ring: int = 0) -> Take:
    """The seed's passage and, from its closing bar line on, the new notes in their tracks.

    The last ones end with the bars that are whole, or ring on until so many are over.
    """
    numerator, denominator = chosen.metre
    bars = draft.bars // asked.grid_bars
    bar = 4 * GRID * numerator // denominator
    length, end = bar * bars, bar * max(bars, ring)
    found = prompt.new_notes(asked, draft.ids[: draft.done])
    inside = [[n._replace(duration=min(n.duration, end - n.onset)) for n in t if n.onset < length] for t in found]
    tracks = tuple(Track(tuple(notes)) for notes in inside)
    return takes.following(seed, chosen, GRID, tracks, bars)
