"""The verb `blend`: from one melody to another in steps, as one piece of music to hear in order.

The steps between lie on the arc from the one's latents to the other's (slerp, White 2016), bar by bar.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from studio.checkpoints import Card
from studio.errors import SeedError
from studio.pipeline import catalogue, line, passage, takes
from studio.pipeline.line import Line
from studio.pipeline.redrawing import redrawn
from studio.pipeline.requests import BlendRequest, check_whole, settled
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Heard, Progress, Run, Take
from studio.pipeline.variation import cooled
from studio.score import Note, Track

if TYPE_CHECKING:  # it brings torch
    import torch

LEAST_BARS = 2
"""Bars that a melody needs to be blended."""
TRIED = 32
"""Places on the way from one melody to the other that are tried out."""
MAX_BARS = 16
"""Bars of each melody that are used, at most."""


@dataclass(frozen=True)
class _Draft:
    """One take so far: the notes of each step, from the step's own beginning."""

    steps: tuple[tuple[Note, ...], ...]


def blend(seed: Seed, other: Seed, request: BlendRequest) -> Run:
    """Lead from a seed's melody to another's: the one, the steps between and the other, one after the other.

    The first bars of both count, as many as the shorter has; all of it is in the metre, at the tempo and on the
    instrument of the first, and notices say what that changed. A take has one track. Raises at once: SettingError for a
    setting or a track that does not exist, SeedError for a melody that is missing or too short. CheckpointError may
    come with the first step.
    """
    info, card = catalogue.find(request.model, "blend")
    check_whole("steps", request.steps, 3, 16)
    settings = settled(request, info, "blend")
    for music, track in ((seed, request.melody_track), (other, request.other_track)):
        count = passage.choose(music.score, track, 1, None).bars
        if count < LEAST_BARS:
            raise SeedError(
                f"A melody to blend needs at least {LEAST_BARS} bars, but '{music.name or 'one of them'}' has {count}: "
                "choose a longer one."
            )
    if request.forbidden:
        return redrawn(partial(blend, seed, other), request)
    return _blend(seed, other, request, settings, card)


def _blend(seed: Seed, other: Seed, request: BlendRequest, settings: dict[str, Any], card: Card) -> Run:
    import torch

    started = time.monotonic()
    model, events = catalogue.load(card)
    style = settings.get("style")
    ours = line.read(events, seed.score, request.melody_track, None, style)
    theirs = line.read(events, other.score, request.other_track, None, style)
    request = replace(request, melody_track=ours.track, other_track=theirs.track)
    count = min(MAX_BARS, len(ours.bars), len(theirs.bars))
    notices = _notices(ours, theirs, count)
    from_, to = (model.latents([torch.tensor(ids) for ids in lead.bars[:count]]) for lead in (ours, theirs))
    first = tuple(_as_it_is(ours, count))
    drafts = [_Draft((first,)) for _ in request.seeds]

    def take(number: int, draft: _Draft, seconds: float) -> Take:
        recipe = takes.recipe("blend", seed, request, settings, card, number) | {"other": other.sha256}
        return _take(seed, ours, count, request.steps, draft, recipe, notices, seconds)

    def heard(draft: _Draft) -> Heard:
        so_far = take(0, draft, 0.0)
        return Heard(so_far.score, so_far.new_from, so_far.end)

    for step, share in enumerate(_shares(model, ours, theirs, from_, to, request.steps), start=1):
        there = torch.stack([between(model, from_, to, share)] * len(request.seeds))
        # The further from both, the more is left to chance.
        written = _step(model, ours, theirs, there, share, cooled(settings, min(share, 1 - share)), request.seeds)
        drafts = [_Draft((*d.steps, tuple(notes))) for d, notes in zip(drafts, written, strict=True)]
        so_far = takes.as_they_are(drafts, take, started)
        yield Progress(step * count, (request.steps - 2) * count, so_far, takes.as_it_is(drafts[0], heard))
    if _same_bars(ours, theirs, count):
        last = [_as_it_is(theirs, count)] * len(drafts)
    else:
        there = torch.stack([to] * len(request.seeds))
        last = _step(model, ours, theirs, there, 1.0, cooled(settings, 0.0), request.seeds)
    drafts = [_Draft((*d.steps, tuple(notes))) for d, notes in zip(drafts, last, strict=True)]
    yield from takes.as_they_are(drafts, take, started)()


def _shares(model: Any, ours: Line, theirs: Line, from_: torch.Tensor, to: torch.Tensor, steps: int) -> list[float]:
    """How far along the arc each step between lies, 0-1: so that each changes about as many notes as the others.

    Near either end next to nothing changes, and most of it about half way: so the arc is tried out first.
    """
    import torch

    tried = [k / TRIED for k in range(TRIED + 1)]
    there = torch.stack([between(model, from_, to, share) for share in tried])
    plain = {"temperature": 0.0, "repetition": 0}
    found = [{n[:3] for n in notes} for notes in _step(model, ours, theirs, there, 0.0, plain, [0] * len(tried))]
    done = list(accumulate((len(a ^ b) for a, b in pairwise(found)), initial=0))
    wanted = [done[-1] * k / (steps - 1) for k in range(1, steps - 1)]
    if not done[-1]:  # melodies that are alike
        return [k / (steps - 1) for k in range(1, steps - 1)]
    return [tried[min(range(len(tried)), key=lambda i: abs(done[i] - want))] for want in wanted]


def between(model: Any, from_: torch.Tensor, to: torch.Tensor, share: float) -> torch.Tensor:
    """Latents (bars, L) so far on the arc from one melody's to another's, about the middle of all."""
    there: torch.Tensor = arc(from_ - model.center, to - model.center, share) + model.center
    return there


def arc(from_: torch.Tensor, to: torch.Tensor, share: float) -> torch.Tensor:
    """Between vectors (..., L), `share` of the angle on the way (Shoemake 1985); their lengths are led over evenly."""
    import torch

    lengths = from_.norm(dim=-1, keepdim=True), to.norm(dim=-1, keepdim=True)
    one, two = (v / length.clamp(min=1e-6) for v, length in zip((from_, to), lengths, strict=True))
    angle = (one * two).sum(-1, keepdim=True).clamp(-1 + 1e-6, 1 - 1e-6).arccos()
    turned = (torch.sin((1 - share) * angle) * one + torch.sin(share * angle) * two) / torch.sin(angle)
    # Of vectors that point the same way there is no arc.
    turned = torch.where(angle < 1e-2, (1 - share) * one + share * two, turned)
    there: torch.Tensor = turned * ((1 - share) * lengths[0] + share * lengths[1])
    return there


def _step(
    model: Any,
    ours: Line,
    theirs: Line,
    latents: torch.Tensor,
    share: float,
    settings: dict[str, Any],
    seeds: Sequence[int],
) -> list[list[Note]]:
    """The notes of one step in each take, from latents (takes, bars, L), moved to where the register of both leads."""
    low = round((1 - share) * ours.shift + share * theirs.shift) - ours.shift
    found: list[list[Note]] = [[] for _ in seeds]
    for window in line.windows(range(latents.shape[1])):
        part = latents[:, window]
        for notes, bars in zip(found, line.write(model, ours, window, part, settings, seeds), strict=True):
            notes += [n._replace(pitch=min(127, max(0, n.pitch - low))) for bar in window for n in bars[bar]]
    return found


def _as_it_is(lead: Line, count: int) -> list[Note]:
    """The melody's own notes on the grid, those of the first bars."""
    end = lead.sheet.lines[count]
    notes = lead.sheet.grid.tracks[0].notes
    return [n._replace(duration=min(n.duration, end - n.onset)) for n in notes if n.onset < end]


def _same_bars(ours: Line, theirs: Line, count: int) -> bool:
    return ours.sheet.lines[: count + 1] == theirs.sheet.lines[: count + 1]


def _notices(ours: Line, theirs: Line, count: int) -> tuple[str, ...]:
    notices = [*ours.notices, *theirs.notices]
    if len(ours.bars) != len(theirs.bars) or count < len(ours.bars):
        notices.append(
            f"The first {count} bars of each melody were blended: they have {len(ours.bars)} and {len(theirs.bars)}."
        )
    if not _same_bars(ours, theirs, count):
        notices.append("The melodies are in different metres: the other one was written anew in that of the first.")
    return tuple(notices)


def _take(
    seed: Seed,
    ours: Line,
    count: int,
    steps: int,
    draft: _Draft,
    recipe: dict[str, Any],
    notices: tuple[str, ...],
    seconds: float,
) -> Take:
    """All steps so far behind one another; what lies between the first and the last is new."""
    grid = ours.sheet.grid
    end = ours.sheet.lines[count]
    lead = ours.sheet.score.tracks[ours.track]
    parts = [
        replace(
            grid.slice_ticks(0, end),
            tracks=(Track(tuple(line.one_voice(notes, end)), lead.program, name=lead.name, role="melody"),),
            title=seed.score.title,
        )
        for notes in draft.steps
    ]
    whole = parts[0]
    for step, part in enumerate(parts[1:], start=1):
        whole = whole.append(part, end * step)
    until = end * min(len(draft.steps), steps - 1)
    new = frozenset(n for n in whole.tracks[0].notes if end <= n.onset < until)
    bars = count * (min(len(draft.steps), steps - 1) - 1)
    return Take(whole, seed.name, end, max(end, until), bars, (new,), 0, recipe, notices, seconds)
