"""`Prompt`: a passage as the model reads it, and the rules for what it writes next. Knows tokens, but no network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.data.bars import without_silence
from studio.errors import SeedError
from studio.metrics import estimate_key
from studio.pipeline.passage import Passage
from studio.representations.events import GRID, Events, Grammar, Plan, Voice
from studio.score import Note, Score, Tempo, TimeSignature, Track

WINDOW_BARS = 32
"""Bars that the model looks back on."""
ROOM = 7
"""Semitones above and below the seed that new notes may reach: 99 % of 356 held-out melodies went no further in the
eight bars after their first eight."""
REGISTER = (48, 84)
"""Melodies whose middle lies outside were hardly ever learned; they are shown to the model octaves higher or lower."""


@dataclass(frozen=True)
class Prompt:
    """`ids` ends with the opening of the first new bar; `grammar` has read them and is steered.

    A new bar is over when one of the ids `closing` comes. A bar of the music is `grid_bars` bars for the model. New
    notes count from tick `start` of the grid; they sound `shift` semitones lower than the model writes them.
    """

    ids: tuple[int, ...]
    closing: frozenset[int]
    grammar: Grammar
    grid_bars: int
    start: int
    shift: int
    notices: tuple[str, ...]

    def array(self) -> NDArray[np.int64]:
        return np.array(self.ids, dtype=np.int64)


def write(events: Events, passage: Passage, bars: int, style: str | None, ending: bool) -> Prompt:
    """The prompt for `bars` new bars after the passage. SeedError when the tokens have no word for its metre."""
    shift = _octaves(passage.line)
    piece = _on_grid(events, without_silence(_melody(passage, shift)))
    key = estimate_key(piece)
    headers, contents = events.encode_bars(piece, style=style, key=(key.tonic, key.minor) if key else None)
    first = max(0, len(contents) - WINDOW_BARS)
    notices: tuple[str, ...] = ()
    if first:
        notices = (f"The model looked at the last {WINDOW_BARS} bars of the melody only.",)
    model_bar = _bar_on_grid(events, passage)
    grid_bars = len(model_bar.bars)
    opening = _opening(events, piece, model_bar, bars * grid_bars if ending else None)
    ids = np.concatenate([headers[first], *contents[first:]]).tolist()

    grammar = events.grammar()
    for token in ids:
        grammar.advance(token)
    # What is left open goes on for one bar more: the bar line that begins it ends the last bar asked for.
    grammar.steer(_plan(piece, bars * grid_bars + (not ending), ending))
    for token in opening:
        grammar.advance(token)
    closing = frozenset((events.vocabulary.ids["BAR"], events.vocabulary.ids["EOS"]))
    return Prompt((*ids, *opening), closing, grammar, grid_bars, grammar.bar_start, shift, notices)


def _octaves(line: Track) -> int:
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


def _plan(piece: Score, bars: int, ending: bool) -> Plan:
    pitches = [note.pitch for track in piece.tracks for note in track.notes]
    lowest, highest = max(0, min(pitches) - ROOM), min(127, max(pitches) + ROOM)
    return Plan(bars, (Voice(lowest, highest, monophonic=True),), ending=ending)


def new_notes(events: Events, prompt: Prompt, ids: list[int]) -> list[Note]:
    """The notes in `ids` (the prompt and what was written) from the prompt's `start` on, in ticks of the grid."""
    tracks: tuple[Any, ...] = events.decode(ids).tracks
    return [
        Note(n.onset - prompt.start, min(127, max(0, n.pitch - prompt.shift)), n.duration, n.velocity)
        for n in (tracks[0].notes if tracks else ())
        if n.onset >= prompt.start
    ]
