"""`Sheet`: a whole score as a model of many voices reads it, and the way back for what it writes. Knows no networks.

The score's own notes never pass through the grid into a result: only new notes are carried over, bar by bar.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from studio.errors import SeedError
from studio.melody import monophonic
from studio.metrics import estimate_key
from studio.representations.events import GRID, Events, Voice
from studio.representations.events.grid import bar_lengths
from studio.representations.events.vocabulary import TRACKS
from studio.score import Bar, Note, Score, Track

ROOM = 7
"""Semitones beyond its own lowest and highest note that a track may reach in what is written for it: 99 % of 356
held-out melodies went no further in the eight bars after their first eight."""
ONE_AT_A_TIME = 0.98
"""A track is one voice when so many of its notes are left after it was made one."""


@dataclass(frozen=True)
class Sheet:
    """`score`, at a resolution that new notes fit exactly where there is one, and the same on the model's grid.

    Track k of the `grid` is the score's track `tracks[k]`. Bar i of the score is the grid's bars from `first[i]` up to
    `first[i + 1]`; grid bar j begins at tick `lines[j]` of the grid. `voices`: what each track of the grid may play.
    """

    score: Score
    grid: Score
    tracks: tuple[int, ...]
    first: tuple[int, ...]
    lines: tuple[int, ...]
    voices: tuple[Voice, ...]

    @cached_property
    def key(self) -> tuple[int, bool] | None:
        """The estimated key, as the header says it: tonic 0-11 and whether it is minor."""
        key = estimate_key(self.grid)
        return (key.tonic, key.minor) if key else None

    def bars(self, numbers: range) -> range:
        """The grid's bars for bars of the score, both from 0."""
        return range(self.first[numbers.start], self.first[numbers.stop])

    def back(self, note: Note) -> Note:
        """A note of the grid as one of the score, at the same place of the same bar."""
        onset = self._tick(note.onset)
        return note._replace(onset=onset, duration=max(1, self._tick(note.end) - onset))

    def line(self, bar: int) -> int:
        """The score's tick at which a bar of the grid begins."""
        return self._tick(self.lines[bar])

    def _tick(self, tick: int) -> int:
        i = min(bisect_right(self._starts, tick), len(self._starts)) - 1
        return self._bars[i].start + self._scaled(tick - self._starts[i])

    def _scaled(self, ticks: int) -> int:
        return (2 * ticks * self.score.resolution + GRID) // (2 * GRID)

    @cached_property
    def _bars(self) -> tuple[Bar, ...]:
        return self.score.bars

    @cached_property
    def _starts(self) -> list[int]:
        return [self.lines[j] for j in self.first[:-1]]

    def placed(self, k: int) -> list[tuple[Note, int, int]]:
        """The score's notes in the grid's track `k`, each with its bar and its tick on the grid."""
        notes = self.score.tracks[self.tracks[k]].notes
        placed = []
        for note, held in zip(notes, _within_bars(notes, self.score), strict=True):
            i = self._bar_of(held.onset)
            ticks = held.onset - self._bars[i].start
            tick = self._starts[i] + (2 * ticks * GRID + self.score.resolution) // (2 * self.score.resolution)
            placed.append((note, bisect_right(self.lines, tick) - 1, tick))
        return placed

    def _bar_of(self, tick: int) -> int:
        return bisect_right(self._bars, tick, key=lambda bar: bar.start) - 1


def read(events: Events, score: Score, melody: int | None, needed: Sequence[int]) -> Sheet:
    """A score with its melody track, where there is one, before the others.

    A model sees 16 tracks: of more, those `needed` and then those with most notes. SeedError where more are needed.
    """
    order = [*([melody] if melody is not None else []), *(i for i in range(len(score.tracks)) if i != melody)]
    if len(order) > TRACKS:
        first = {melody, *needed}
        if len(first) > TRACKS:
            raise SeedError(f"A model reads {TRACKS} tracks at most, but {len(first)} were asked for: choose fewer.")
        ranked = sorted(order, key=lambda i: (i not in first, -len(score.tracks[i].notes)))
        order = [i for i in order if i in ranked[:TRACKS]]
    lengths = bar_lengths(score)
    first_of = tuple(accumulate((len(parts) for parts in lengths), initial=0))
    lines = tuple(accumulate((length for parts in lengths for length in parts), initial=0))
    held = tuple(replace(t, notes=tuple(_within_bars(t.notes, score))) for t in (score.tracks[i] for i in order))
    grid = events.quantize(replace(score, tracks=held))
    grid = replace(grid, tracks=tuple(_role(track, i == melody) for i, track in zip(order, grid.tracks, strict=True)))
    return Sheet(score, grid, tuple(order), first_of, lines, tuple(voice(track) for track in grid.tracks))


def _role(track: Track, is_melody: bool) -> Track:
    """At most one track leads, the one that was chosen."""
    if is_melody:
        return replace(track, role="melody")
    return replace(track, role="accompaniment") if track.role == "melody" else track


def _within_bars(notes: Sequence[Note], score: Score) -> list[Note]:
    """The notes, those just before a bar line a little earlier: else rounding would carry them into the next bar."""
    bars, least = score.bars, max(1, score.resolution // GRID)
    held, i = [], 0
    for note in notes:
        while i + 1 < len(bars) and bars[i + 1].start <= note.onset:
            i += 1
        held.append(note._replace(onset=max(bars[i].start, min(note.onset, bars[i].end - least))))
    return held


def voice(track: Track) -> Voice:
    """What may be written for a track, by what it plays already; anything where it plays nothing."""
    if track.is_drum or not track.notes:
        return Voice()
    pitches = [note.pitch for note in track.notes]
    alone = len(monophonic(track).notes) >= ONE_AT_A_TIME * len(track.notes)
    return Voice(max(0, min(pitches) - ROOM), min(127, max(pitches) + ROOM), monophonic=alone)
