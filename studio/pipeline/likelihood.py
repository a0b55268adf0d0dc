"""How surprising a model finds what it wrote, beside the music before it. Read afterwards, not while it is written.

So the measure is of the notes as they stand, whoever wrote them. Loudness takes no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from statistics import fmean
from typing import Any, NamedTuple

from studio.errors import StudioError
from studio.melody import monophonic
from studio.metrics import estimate_key
from studio.pipeline import catalogue, sheet
from studio.pipeline.prompt import octaves
from studio.pipeline.sheet import Sheet
from studio.pipeline.takes import Take
from studio.representations.events import Events
from studio.score import Track

IDS = 256
"""Ids of a take that are read, about: half of them before what is new. So a take costs about a twentieth of a
second, and eight bars of a melody are read whole."""
LEAST = 4
"""Notes of which there must be so many, before and after, to say anything."""


class Surprise(NamedTuple):
    """Nats per note of what is `new`, and of the `old` notes before it."""

    new: float
    old: float


class _Row(NamedTuple):
    """Ids of one take: those from `old` on are scored as the music before, those from `new` on as what was written."""

    ids: list[int]
    old: int
    new: int


def surprises(takes: Sequence[Take]) -> list[Surprise | None]:
    """For each take of one run; None where its model has no likelihood, or where there is next to nothing before it.

    The first bars that were written are read after the last bars before them, as if all of it were played in order.
    """
    found: list[Surprise | None] = [None for _ in takes]
    with suppress(StudioError):  # a model that is gone since says nothing
        loaded = _model(takes)
        if loaded is not None:
            model, events, many = loaded
            rows = {i: row for i, take in enumerate(takes) if (row := _row(take, events, many=many)) is not None}
            for i, surprise in zip(rows, _nats(model, events, list(rows.values())), strict=True):
                found[i] = surprise
    return found


def _model(takes: Sequence[Take]) -> tuple[Any, Events, bool] | None:
    """The model that wrote, its tokens, and whether it knows many voices; None for one that does not go on token by
    token.
    """
    name = str(takes[0].recipe.get("model", "")) if takes else ""
    if name not in {info.name for info in catalogue.models("continue")}:
        return None
    info, card = catalogue.find(name, "continue")
    model, events = catalogue.load(card)
    return (model, events, "infill" in info.verbs) if hasattr(model, "nll") else None


def _row(take: Take, events: Events, *, many: bool) -> _Row | None:
    read = _all(take, events) if many else _line(take, events)
    numbers = [bar.index for bar in take.score.bars if take.new_from <= bar.start < take.end]
    if not numbers or not numbers[0]:
        return None
    new, end = read.first[numbers[0]], read.first[numbers[-1] + 1]
    key = estimate_key(read.grid.slice_ticks(0, read.lines[new]))
    style = take.recipe.get("settings", {}).get("style")
    headers, contents = events.encode_bars(read.grid, style=style, key=(key.tonic, key.minor) if key else None)
    end = min(end, len(contents))
    if new >= end:
        return None
    first = max(0, min(new - 2, new - _fit([len(bar) for bar in contents[:new][::-1]])))
    end = min(end, new + max(1, _fit([len(bar) for bar in contents[new:end]])))
    ids = headers[first].tolist()
    marks = []
    for bar in range(first, end):
        marks.append(len(ids))
        ids += contents[bar].tolist()
    # The first bar is only read: without anything before it, it would surprise more than the others.
    return _Row(ids, marks[min(1, new - first - 1)], marks[new - first])


def _fit(lengths: Sequence[int]) -> int:
    """How many bars of these lengths fit into half of the ids."""
    return sum(so_far <= IDS // 2 for so_far in accumulate(lengths))


def _all(take: Take, events: Events) -> Sheet:
    """All that plays, as a model of many voices reads it."""
    playing = [i for i, track in enumerate(take.score.tracks) if track.notes]
    melody = playing.index(take.melody_track) if take.melody_track in playing else None
    tracks = tuple(_even(take.score.tracks[i]) for i in playing)
    return sheet.read(events, replace(take.score, tracks=tracks), melody, [])


def _line(take: Take, events: Events) -> Sheet:
    """The melody alone, as a model of one voice learned them."""
    line = monophonic(take.score.tracks[take.melody_track or 0])
    shift = octaves(line) if line.notes else 0
    notes = tuple(n._replace(pitch=min(127, max(0, n.pitch + shift))) for n in line.notes)
    return sheet.read(events, replace(take.score, tracks=(_even(Track(notes, role="melody")),)), 0, [])


def _even(track: Track) -> Track:
    """All notes equally loud."""
    loud = round(fmean(n.velocity for n in track.notes)) if track.notes else 0
    return replace(track, notes=tuple(n._replace(velocity=loud) for n in track.notes))


def _nats(model: Any, events: Events, rows: Sequence[_Row]) -> list[Surprise | None]:
    import torch

    if not rows:
        return []
    batch = torch.zeros(len(rows), max(len(row.ids) for row in rows), dtype=torch.long)
    for k, row in enumerate(rows):
        batch[k, : len(row.ids)] = torch.tensor(row.ids)
    torch.set_num_threads(1)  # two would wait for each other as soon as a core is busy
    with torch.inference_mode():
        nats = model.nll(batch)

    def per_note(k: int, first: int, end: int) -> float | None:
        notes = sum(i in events.note_ids for i in rows[k].ids[first:end])
        return float(nats[k, first - 1 : end - 1].sum()) / notes if notes >= LEAST else None

    found: list[Surprise | None] = []
    for k, row in enumerate(rows):
        new, old = per_note(k, row.new, len(row.ids)), per_note(k, row.old, row.new)
        found.append(Surprise(new, old) if new is not None and old is not None else None)
    return found
