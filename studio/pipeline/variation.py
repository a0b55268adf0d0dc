"""The verbs that move a melody in an encoder-decoder's latent space: `vary` it, or let it `resemble` another one.

Only bars that sound are written anew; the other bars and tracks come back bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from studio.checkpoints import Card
from studio.errors import SeedError
from studio.pipeline import catalogue, filling, line, passage, takes
from studio.pipeline.filling import Draft, Gaps, Segment
from studio.pipeline.line import Line
from studio.pipeline.redrawing import redrawn
from studio.pipeline.requests import Asked, ResembleRequest, VaryRequest, check_share, settled
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Heard, Progress, Run, Take
from studio.score import Note

if TYPE_CHECKING:  # it brings torch
    import torch

FURTHEST = 3.0
"""Standard deviations of training bars by which a melody's manner is moved, at most."""
ROUNDS = 6
"""How often what is written is looked at, at most, to move it further or back."""
EAGER = 0.75
"""The power of the amount that the turn is: a melody hardly changes in the first third of a quarter turn."""
NEAR = 0.1
"""Standard deviations from the wanted manner that are near enough."""
REACH = 12.0
"""Standard deviations along a direction, at most: what is written follows with less than it is moved by."""

Move = Callable[["torch.Tensor", Sequence[int], int], "torch.Tensor"]
"""The latents (bars, L) of bars of the grid, and a seed number, to other latents."""


@dataclass(frozen=True)
class _Job:
    """One request on its way; `strength` is how far it leads from the melody, 0-1."""

    verb: str
    seed: Seed
    request: VaryRequest | ResembleRequest
    settings: dict[str, Any]
    card: Card
    strength: float
    other: Seed | None = None


def vary(seed: Seed, request: VaryRequest) -> Run:
    """Write the melody of the chosen bars as near to what it is, or as far from it, as the request's `amount` says.

    Bars that are alike stay alike. At 0 nothing changes; the model's temperature counts by the amount. Raises at once:
    SettingError for a setting, bars or a track that do not exist, SeedError for a seed without melody there.
    CheckpointError may come with the first step.
    """
    info, card = catalogue.find(request.model, "vary")
    check_share("amount", request.amount)
    job = _Job("vary", seed, request, settled(request, info, "vary"), card, request.amount)
    passage.choose(seed.score, request.melody_track, request.first_bar, request.last_bar)
    if request.forbidden:
        return redrawn(partial(vary, seed), request)

    def move(model: Any, lead: Line, _: range) -> Move:
        return lambda latents, bars, number: _varied(model, lead, latents, bars, number, request.amount)

    return _write(job, move)


def resemble(seed: Seed, other: Seed, request: ResembleRequest) -> Run:
    """Give the melody of the chosen bars the manner of another seed's melody, as far as `strength` says.

    Manner is density, register, size of leaps, syncopation and unevenness of lengths (`studio.data.phrases`). Raises as
    `vary` does, for the other seed's melody too.
    """
    info, card = catalogue.find(request.model, "resemble")
    check_share("strength", request.strength)
    job = _Job("resemble", seed, request, settled(request, info, "resemble"), card, request.strength, other)
    passage.choose(seed.score, request.melody_track, request.first_bar, request.last_bar)
    passage.choose(other.score, request.other_track, 1, None)
    if request.forbidden:
        return redrawn(partial(resemble, seed, other), request)

    def move(model: Any, lead: Line, bars: range) -> Move:
        import torch

        theirs = line.read(lead.events, other.score, request.other_track, None, None)
        from_, to = torch.tensor(lead.manner(bars)), torch.tensor(theirs.manner(range(len(theirs.bars))))
        change = request.strength * ((to - from_) / model.scales[:, 1]).clamp(-FURTHEST, FURTHEST)
        return lambda latents, window, _: moved(model, lead, window, latents, change)

    return _write(job, move)


def moved(model: Any, lead: Line, window: Sequence[int], latents: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """Latents (bars, L) from which the bars of a window are written with their manner moved by `change` (A,).

    In standard deviations; what is 0 is to stay. The decoder does not follow a direction evenly, so what it writes is
    looked at, and the latents are moved on by what is missing; the nearest of all that were tried is returned.
    """
    import torch

    wanted = torch.tensor(lead.manner(window)) + change * model.scales[:, 1]
    plain = {"temperature": 0.0, "repetition": 0}
    at, missing, nearest, best = torch.zeros_like(change), change, math.inf, latents
    for _ in range(ROUNDS):
        at = (at + missing).clamp(-REACH, REACH)
        there = latents + at @ model.directions
        (written,) = line.write(model, lead, window, there[None], plain, [0])
        told = lead.manner_of(written)
        if told is None:
            break
        missing = (wanted - torch.tensor(told)) / model.scales[:, 1]
        if float(missing.norm()) < nearest:
            nearest, best = float(missing.norm()), there
        if nearest < NEAR:
            break
    return best


def _varied(
    model: Any, lead: Line, latents: torch.Tensor, bars: Sequence[int], number: int, amount: float
) -> torch.Tensor:
    """Turned from where they lie towards latents drawn for them, as far from the middle as before: a quarter turn at 1.

    So variations lie where music lies, and not nearer to the middle, where nothing does (White 2016).
    """
    import torch

    drawn = []
    for bar in bars:
        generator = torch.Generator().manual_seed(lead.number(bar, number))
        drawn.append(torch.randn(latents.shape[1], generator=generator))
    turn = amount**EAGER * math.pi / 2
    elsewhere = torch.stack(drawn) @ model.spread.T
    there: torch.Tensor = model.center + math.cos(turn) * (latents - model.center) + math.sin(turn) * elsewhere
    return there


# --- what both share -------------------------------------------------------------------------------------------------


def _bars(seed: Seed, request: VaryRequest | ResembleRequest) -> range:
    return passage.bars_of(seed.score, request.first_bar, request.last_bar)


def _write(job: _Job, make: Callable[[Any, Line, range], Move]) -> Run:
    import torch

    started = time.monotonic()
    model, events = catalogue.load(job.card)
    asked, bars = job.request, _bars(job.seed, job.request)
    lead = line.read(events, job.seed.score, asked.melody_track, bars, job.settings.get("style"))
    asked = replace(asked, melody_track=lead.track, last_bar=bars.stop)
    sounding = [bar for bar in lead.sheet.bars(bars) if not lead.silent(bar)]
    if not sounding:
        raise SeedError("No note of the melody begins in these bars: choose others.")
    gaps = Gaps(lead.sheet, {(bar, 0): frozenset() for bar in sounding}, {}, None)
    drafts = [Draft(lead.sheet.grid) for _ in asked.seeds]
    move, settings = make(model, lead, range(sounding[0], sounding[-1] + 1)), cooled(job.settings, job.strength)

    def take(number: int, draft: Draft, seconds: float) -> Take:
        return _take(job, asked, lead, gaps, bars, number, draft, seconds)

    done = 0
    for window in line.windows(sounding) if job.strength else []:
        latents = model.latents([_ids(lead, bar) for bar in window])
        there = torch.stack([move(latents, window, number) for number in asked.seeds])
        new = line.write(model, lead, window, there, settings, asked.seeds)
        for draft, found in zip(drafts, new, strict=True):
            draft.new = _sung(lead, {**draft.new, **{(bar, 0): notes for bar, notes in found.items()}})
        done += len(window)
        so_far = takes.as_they_are(drafts, take, started)
        listen = takes.as_it_is(drafts[0], partial(_heard, gaps, bars.start))
        yield Progress(done * len(bars) // len(sounding), len(bars), so_far, listen)
    yield from takes.as_they_are(drafts, take, started)()


def _heard(gaps: Gaps, first: int, draft: Draft) -> Heard:
    """What can be heard of a draft: a note that rings on may still be cut by one that is to come."""
    heard = filling.heard(gaps, first, draft)
    track = gaps.sheet.tracks[0]
    ringing = [n.onset for n in heard.score.tracks[track].notes if n.onset < heard.until < n.end]
    return heard._replace(until=min([heard.until, *ringing]))


def _sung(lead: Line, new: Mapping[Segment, list[Note]]) -> dict[Segment, list[Note]]:
    """The notes by bar, those cut that would sound into what is written for another one."""
    lines = lead.sheet.lines
    sung = line.one_voice([note for notes in new.values() for note in notes])
    return {(bar, k): [n for n in sung if lines[bar] <= n.onset < lines[bar + 1]] for bar, k in new}


def _ids(lead: Line, bar: int) -> torch.Tensor:
    import torch

    return torch.tensor(lead.bars[bar])


def cooled(settings: dict[str, Any], share: float) -> dict[str, Any]:
    """Settings whose temperature counts by a share: near the melody nothing is left to chance."""
    return settings | {"temperature": settings["temperature"] * share}


def _take(
    job: _Job, asked: Asked, lead: Line, gaps: Gaps, bars: range, number: int, draft: Draft, seconds: float
) -> Take:
    score, new = filling.merged(gaps, draft)
    lines = score.bars
    written = {bar for bar, _ in draft.new}
    recipe = takes.recipe(job.verb, job.seed, asked, job.settings, job.card, number)
    return Take(
        score=replace(score, title=job.seed.score.title),
        name=job.seed.name,
        new_from=lines[bars.start].start,
        end=lines[bars.stop - 1].end,
        bars_new=sum(not written.isdisjoint(lead.sheet.bars(range(i, i + 1))) for i in bars),
        new=new,
        melody_track=lead.track,
        recipe=recipe | ({"other": job.other.sha256} if job.other else {}),
        notices=lead.notices,
        seconds=seconds,
    )
