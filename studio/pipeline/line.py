"""`Line`: a melody as an encoder-decoder reads it, bar by bar, and the way back for what it writes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import fmean
from typing import TYPE_CHECKING, Any

from studio.data.phrases import BARS, Sounded, attributes, notes
from studio.melody import monophonic
from studio.pipeline import passage, sheet, writing
from studio.pipeline.prompt import octaves
from studio.pipeline.sheet import Sheet
from studio.representations.events import Events, Plan, Voice
from studio.score import Note, Score, Track

if TYPE_CHECKING:  # it brings torch
    import torch

    from studio.sampling import Mask


@dataclass(frozen=True)
class Line:
    """The melody of a score, `shift` semitones higher where the models hardly know its register.

    `sheet` has the score itself and the melody alone on the grid; `headers` and `bars` are the ids of each bar of the
    grid. `notices`: what is to be said of how it was read.
    """

    events: Events
    sheet: Sheet
    track: int
    shift: int
    headers: tuple[tuple[int, ...], ...]
    bars: tuple[tuple[int, ...], ...]
    notices: tuple[str, ...]

    def silent(self, bar: int) -> bool:
        """Whether nothing begins in a bar of the grid."""
        return bar >= len(self.bars) or not notes(self.bars[bar], self.events.vocabulary)

    def head(self, bar: int) -> tuple[int, ...]:
        """What a bar's ids begin with, before its first note."""
        positions = self.events.vocabulary.types["POSITION"]
        ids = self.bars[bar]
        return ids[: next((i for i, token in enumerate(ids) if token in positions), len(ids))]

    def number(self, bar: int, seed: int) -> int:
        """The seed number of a bar, the same for bars of the same ids: so what comes back comes back when written."""
        return writing.number(seed, self.bars.index(self.bars[bar]))

    def length(self, bar: int) -> int:
        """Ticks of the grid in a bar."""
        return self.sheet.lines[bar + 1] - self.sheet.lines[bar]

    def manner(self, bars: Sequence[int]) -> tuple[float, ...]:
        """The mean attributes of what sounds in bars of the grid, see `studio.data.phrases.attributes`."""
        return self.manner_of({bar: self.notes_of(bar, self.bars[bar]) for bar in bars}) or ()

    def manner_of(self, written: Mapping[int, Sequence[Note]]) -> tuple[float, ...] | None:
        """The same of notes in bars of the grid; None where nothing sounds."""
        found = []
        for bar, sounded in written.items():
            start = self.sheet.lines[bar]
            inside = [Sounded(note.onset - start, note.pitch, note.duration) for note in sounded]
            found.append(attributes(inside, self.length(bar)))
        columns = list(zip(*(row for row in found if row is not None), strict=True))
        return tuple(fmean(column) for column in columns) if columns else None

    def notes_of(self, bar: int, ids: Sequence[int]) -> list[Note]:
        """The notes that ids say, as notes of the grid's bar `bar`, one at a time, as loud as the melody is there."""
        start = self.sheet.lines[bar]
        found = [
            Note(
                start + note.onset,
                min(127, max(0, note.pitch - self.shift)),
                note.duration,
                self._velocity(start + note.onset),
            )
            for note in notes(ids, self.events.vocabulary)
            if note.onset < self.length(bar)
        ]
        return one_voice(found)

    def _velocity(self, tick: int) -> int:
        at = bisect_right(self._loudness, tick, key=lambda told: told[0]) - 1
        return self._loudness[max(0, at)][1]

    @cached_property
    def _loudness(self) -> list[tuple[int, int]]:
        """(tick of the grid, velocity) of the score's own notes."""
        return [(tick, note.velocity) for note, _, tick in self.sheet.placed(0)]

    def masks(self, bars: Sequence[int]) -> list[Mask]:
        """What may be written for each of the bars: it ends with the next one's beginning."""
        closing = frozenset((self.events.marks["bar_id"], self.events.end_id))
        masks: list[Mask] = []
        for bar in bars:
            grammar = self.events.grammar(self.headers[bar])
            grammar.steer(Plan(2, (Voice(monophonic=True),)))
            grammar.advance(self.events.marks["bar_id"])
            masks.append(writing.Until(grammar, closing, 1))
        return masks


def read(events: Events, score: Score, track: int | None, bars: range | None, style: str | None) -> Line:
    """The melody `track` of a score (None = best guess); it has to sound in `bars`, counted from 0 (None = all).

    SeedError: there is no melody there; SettingError: no such track.
    """
    first, last = (bars.start + 1, bars.stop) if bars else (1, None)
    chosen = passage.choose(score, track, first, last)
    score = passage.fine(score)
    lead = score.tracks[chosen.track]
    line = monophonic(lead)
    shift = octaves(line)
    loud = round(fmean(note.velocity for note in line.notes))
    # As melodies were learned: alone, on program 0; equally loud, so that loudness takes no part.
    plain = tuple(n._replace(pitch=min(127, max(0, n.pitch + shift)), velocity=loud) for n in line.notes)
    whole = sheet.read(events, replace(score, tracks=(Track(plain, role="melody"),)), 0, [0])
    headers, contents = events.encode_bars(whole.grid, style=style, key=whole.key)
    real = sheet.read(events, replace(score, tracks=(replace(line, role="melody"),)), 0, [0])
    return Line(
        events,
        replace(real, score=score, tracks=(chosen.track,), voices=(Voice(monophonic=True),)),
        chosen.track,
        shift,
        tuple(tuple(ids.tolist()) for ids in headers),
        tuple(tuple(ids.tolist()) for ids in contents),
        chosen.notices,
    )


def one_voice(notes: Sequence[Note], end: int | None = None) -> list[Note]:
    """One note at a time: each ends where the next one begins, and at tick `end`, where none begins any more."""
    ordered = sorted(note for note in notes if end is None or note.onset < end)
    stops = [*(note.onset for note in ordered[1:]), ordered[-1].end if end is None and ordered else end]
    pairs = zip(ordered, stops, strict=False)
    return [n._replace(duration=min(n.duration, stop - n.onset)) for n, stop in pairs if stop and stop > n.onset]


def windows(bars: Sequence[int]) -> list[list[int]]:
    """Bars in the order they are written, so many at a time as a model learned to read."""
    return [list(bars[at : at + BARS]) for at in range(0, len(bars), BARS)]


def write(
    model: Any,
    line: Line,
    window: Sequence[int],
    latents: torch.Tensor,
    settings: Mapping[str, Any],
    seeds: Sequence[int],
) -> list[dict[int, list[Note]]]:
    """Write the bars of a window from latents (takes, bars, L): of each take the notes by bar of the grid."""
    heads = [line.head(bar) for bar in window]
    numbers = [line.number(bar, seed) for seed in seeds for bar in window]
    ids: list[list[int]] = [[] for _ in numbers]
    masks = line.masks(list(window) * len(seeds))
    for step in writing.rewrite(model, line.headers[window[0]], heads, latents, masks, settings, numbers):
        for row, token in zip(ids, step, strict=True):
            if token is not None:
                row.append(token)
    found: list[dict[int, list[Note]]] = []
    for take in range(len(seeds)):
        rows = ids[take * len(window) : (take + 1) * len(window)]
        found.append({bar: line.notes_of(bar, row) for bar, row in zip(window, rows, strict=True)})
    return found
