"""`Prompt`: a passage as the model reads it, and the rules for what it writes next. Knows tokens, but no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.data.bars import without_silence
from studio.errors import SeedError
from studio.metrics import estimate_key
from studio.pipeline import aims, sheet, writing
from studio.pipeline.passage import Passage
from studio.representations.events import GRID, Events, Grammar, Plan, Voice
from studio.score import Note, Score, Tempo, TimeSignature, Track

WINDOW_BARS = 32
"""Bars that the model looks back on."""
REGISTER = (48, 84)
"""Melodies whose middle lies outside were hardly ever learned; they are shown to the model octaves higher or lower."""


@dataclass(frozen=True)
class Prompt:
    """`ids` ends with the opening of the first new bar.

    A new bar is over when one of the ids `closing` comes. A bar of the music is `grid_bars` bars for the model. New
    notes count from tick `start` of the grid; they sound `shift` semitones lower than the model writes them, and those
    of the model's track k belong to the seed's track `tracks[k]`.
    """

    events: Events
    opened: tuple[int, ...]
    opening: tuple[int, ...]
    plan: Plan
    grid_bars: int
    shift: int
    tracks: tuple[int, ...]
    notices: tuple[str, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        return (*self.opened, *self.opening)

    @property
    def closing(self) -> frozenset[int]:
        return frozenset((self.events.marks["bar_id"], self.events.end_id))

    @cached_property
    def start(self) -> int:
        return self.grammar().bar_start

    def grammar(self) -> Grammar:
        """A grammar that has read the prompt and is steered."""
        grammar = self.events.grammar(self.opened)
        grammar.steer(self.plan)
        for token in self.opening:
            grammar.advance(token)
        return grammar


def write(
    events: Events, passage: Passage, bars: int, settings: Mapping[str, Any], *, many: bool, context: int
) -> Prompt:
    """The prompt for `bars` new bars after the passage: of its melody alone, or of all its tracks.

    SeedError when the tokens have no word for its metre.
    """
    read = _all_tracks(events, passage) if many else _line(events, passage)
    found = estimate_key(read.piece)
    key = aims.key(settings) or ((found.tonic, found.minor) if found else None)
    headers, contents = events.encode_bars(read.piece, style=settings.get("style"), key=key)
    first = _first_in_view(contents, context // 2)
    notices: tuple[str, ...] = ()
    if first:
        kind = "music" if many else "melody"
        notices = (f"The model looked at the last {len(contents) - first} bars of the {kind} only.",)
    model_bar = _bar_on_grid(events, passage)
    grid_bars = len(model_bar.bars)
    ending = bool(settings["ending"])
    said = writing.controls(settings, bars * grid_bars, len(read.voices))
    # What is left open goes on for one bar more: the bar line that begins it ends the last bar asked for.
    plan = Plan(
        bars * grid_bars + (not ending),
        read.voices,
        tuple(events.heading(bar) for bar in (*said, *said[-1:])),
        ending,
    )
    return Prompt(
        events,
        tuple(np.concatenate([headers[first], *contents[first:]]).tolist()),
        _opening(events, read.piece, model_bar, bars * grid_bars if ending else None),
        plan,
        grid_bars,
        read.shift,
        read.tracks,
        notices,
    )


def _first_in_view(contents: Sequence[NDArray[np.int64]], most: int) -> int:
    """The first bar that the model looks back on: so many bars, or so many ids, before the end."""
    first, ids = len(contents), 0
    while first > max(0, len(contents) - WINDOW_BARS) and ids + len(contents[first - 1]) <= most:
        first -= 1
        ids += len(contents[first])
    return min(first, len(contents) - 1)


@dataclass(frozen=True)
class _Reading:
    """A passage on the grid, as one model reads it."""

    piece: Score
    voices: tuple[Voice, ...]
    tracks: tuple[int, ...]
    shift: int = 0


def _line(events: Events, passage: Passage) -> _Reading:
    shift = octaves(passage.line)
    piece = _on_grid(events, without_silence(_melody(passage, shift)))
    # Rounding to the grid may let two of its notes meet: it is one voice all the same.
    alone = replace(sheet.voice(piece.tracks[0]), monophonic=True)
    return _Reading(piece, (alone,), (passage.track,), shift)


def _all_tracks(events: Events, passage: Passage) -> _Reading:
    playing = [i for i, track in enumerate(passage.score.tracks) if track.notes]
    score = replace(passage.score, tracks=tuple(passage.score.tracks[i] for i in playing))
    whole = sheet.read(events, score, playing.index(passage.track), [])
    return _Reading(_on_grid(events, whole.grid), whole.voices, tuple(playing[i] for i in whole.tracks))


def octaves(line: Track) -> int:
    """Semitones, whole octaves, that bring the middle of the line into the register the models know; 0 if it is."""
    middle = median(note.pitch for note in line.notes)
    if REGISTER[0] <= middle <= REGISTER[1]:
        return 0
    return 12 * round(((REGISTER[0] + REGISTER[1]) / 2 - middle) / 12)


def _melody(passage: Passage, shift: int) -> Score:
    """The line alone, as the models learned melodies: one track on program 0, its role said, no name."""
    score = passage.score
    # A note just before the closing bar line would be rounded onto it.
    latest = passage.end - max(1, score.resolution // GRID)
    notes = tuple(
        Note(min(n.onset, latest), min(127, max(0, n.pitch + shift)), n.duration, n.velocity)
        for n in passage.line.notes
    )
    return replace(score, tracks=(Track(notes, role="melody"),))


def _on_grid(events: Events, piece: Score) -> Score:
    """The piece quantized and cut at its last bar line: rounding may carry a note past it, into a bar too many."""
    full_bars = Track(tuple(Note(bar.start, 60, bar.end - bar.start, 80) for bar in piece.bars))
    end = events.quantize(replace(piece, tracks=(full_bars,))).end
    return events.quantize(piece).slice_ticks(0, end)


def _bar_on_grid(events: Events, passage: Passage) -> Score:
    """One bar of the new music on the grid: one bar there too, or several where the grid has none so long."""
    numerator, denominator = passage.metre
    score = Score(GRID, tempos=(Tempo(0, passage.mpq),), time_signatures=(TimeSignature(0, *passage.metre),))
    full = 4 * GRID * numerator / denominator
    on_grid = events.quantize(replace(score, tracks=(Track((Note(0, 60, max(1, int(full)), 80),)),)))
    lengths = [bar.end - bar.start for bar in on_grid.bars]
    if len(on_grid.time_signatures) > 1 or sum(lengths) != full:
        raise SeedError(
            f"New bars would be in {numerator}/{denominator}, a metre the models do not know: choose bars that end in "
            "another metre."
        )
    return on_grid


def _opening(events: Events, piece: Score, model_bar: Score, bars_left: int | None) -> tuple[int, ...]:
    """What the first new bar begins with: BAR, and metre, tempo and distance from the end where they need saying."""
    names = events.vocabulary.ids
    last = piece.bars[-1]
    opening = [names["BAR"]]
    metre, mpq = model_bar.time_signatures[0][1:], model_bar.tempos[0].mpq
    if metre != (last.numerator, last.denominator):
        opening.append(names["METRE_{}/{}".format(*metre)])
    if mpq != piece.tempo_at(last.start).mpq:
        opening.append(names[f"TEMPO_{60_000_000 / mpq:.0f}"])
    if bars_left is not None and f"LEFT_{bars_left}" in names:
        opening.append(names[f"LEFT_{bars_left}"])
    return tuple(opening)


def new_notes(prompt: Prompt, ids: list[int]) -> list[list[Note]]:
    """By track of the seed, the notes in `ids` (the prompt and what was written) after the prompt's `start`.

    In ticks of the grid from there.
    """
    found: list[list[Note]] = [[] for _ in range(max(prompt.tracks) + 1)]
    for i, track in zip(prompt.tracks, prompt.events.decode(ids).tracks, strict=False):
        found[i] = [
            Note(n.onset - prompt.start, min(127, max(0, n.pitch - prompt.shift)), n.duration, n.velocity)
            for n in track.notes
            if n.onset >= prompt.start
        ]
    return found
