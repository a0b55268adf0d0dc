"""A track as it is written down: bars, voices, and signs, tied where one note head and its dots cannot say it.

Both writers of notation go by it, so that a bar is spelled the same in each. Knows no format.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from studio.score import Bar, Note, Score, TimeSignature, Track

GRID = 24
"""Ticks per quarter in notation: 32nds are 3 of them, triplets of 16ths 4. What is on neither is moved there."""
MOST_VOICES = 4  # of one staff, as notation programs have them

_PLAIN = (96, 72, 48, 36, 24, 18, 12, 9, 6, 3)  # a whole note to a 32nd, dotted ones among them
_TRIPLET = (16, 12, 8, 4)


class Sign(NamedTuple):
    """A note, chord or rest (no `pitches`): `onset` from the bar's start and `duration` in GRID ticks.

    `tied`: it sounds on in the next sign of its voice. `beat`: where the beat starts that is divided by three, or -1.
    """

    onset: int
    duration: int
    pitches: tuple[int, ...] = ()
    velocity: int = 0
    tied: bool = False
    beat: int = -1


@dataclass(frozen=True, slots=True)
class Measure:
    """One bar of one track: `bar` in GRID ticks, `short` if a metre change cuts it.

    Each of the track's voices fills the bar, or is empty in it where it has nothing to say; the first always fills it.
    """

    bar: Bar
    short: bool
    voices: tuple[tuple[Sign, ...], ...]


class _Cell(NamedTuple):
    start: int
    end: int
    triplet: bool


def on_grid(score: Score) -> Score:
    """The score in GRID ticks, its metre changes on 32nds; a bar before the first full one counts as its upbeat."""
    score = score.rescale(GRID)
    metres = tuple(TimeSignature(round(m.onset / 3) * 3, *m[1:]) for m in score.time_signatures)
    if len(metres) > 1:
        # An upbeat in a metre of its own, as MIDI files have it, is a short bar of the metre that follows.
        own, next_bar = (score.bar_length(*m[1:]) for m in metres[:2])
        if metres[1].onset == own < next_bar:
            metres = (metres[1]._replace(onset=0), *metres[1:])
    return Score(GRID, score.tracks, score.tempos, metres, score.key_signatures, score.title)


def measures(score: Score, track: Track) -> list[Measure]:
    """The bars of `track`, one of the tracks of `score`, which comes from `on_grid`."""
    bars = score.bars
    cells = [cell for bar in bars for cell in _cells(bar, track.notes)]
    starts = [cell.start for cell in cells]
    voices = _voices(_snapped(track.notes, cells, starts))
    by_bar: list[list[tuple[Sign, ...]]] = [[] for _ in bars]
    for voice in voices:
        for bar, events in zip(bars, _by_bar(voice, bars), strict=True):
            inside = cells[bisect_right(starts, bar.start) - 1 : bisect_right(starts, bar.end - 1)]
            spoken = events or voice is voices[0]
            by_bar[bar.index].append(tuple(_signs(bar, events, inside)) if spoken else ())
    return [
        Measure(bar, bar.end - bar.start < score.bar_length(bar.numerator, bar.denominator), tuple(filled))
        for bar, filled in zip(bars, by_bar, strict=True)
    ]


# --- where notes may start and end -----------------------------------------------------------------------------------


def _beat(bar: Bar) -> int:
    """Ticks that are divided by two or by three in this metre: a quarter, or an eighth where beats are dotted."""
    compound = bar.denominator >= 8 and bar.numerator % 3 == 0
    return GRID // 2 if compound else GRID


def _cells(bar: Bar, notes: Sequence[Note]) -> Iterable[_Cell]:
    """The bar's beats, and which of them are divided by three: those that fit the notes better that way."""
    size = _beat(bar)
    points = sorted({p for n in notes for p in (n.onset, n.end) if bar.start <= p < bar.end})
    for start in range(bar.start, bar.end, size):
        end = min(start + size, bar.end)
        inside = [p - start for p in points if start < p < end]
        yield _Cell(start, end, _by_three(inside))


def _by_three(points: Sequence[int]) -> bool:
    if all(p % 3 == 0 for p in points):
        return False
    if all(p % 4 == 0 for p in points):
        return True
    return _distance(points, 8) < _distance(points, 6)


def _distance(points: Iterable[int], step: int) -> int:
    return sum(abs(p - round(p / step) * step) for p in points)


def _snapped(notes: Sequence[Note], cells: Sequence[_Cell], starts: Sequence[int]) -> list[Note]:
    def snap(tick: int) -> int:
        cell = cells[bisect_right(starts, tick) - 1]
        step, offset = (4 if cell.triplet else 3), tick - cell.start
        if offset % step:
            step *= 2
        return min(cell.end, cell.start + round(offset / step) * step)

    found = []
    for note in notes:
        onset = snap(note.onset)
        end = snap(note.end) if note.end < cells[-1].end else cells[-1].end
        if end <= onset:
            cell = cells[min(bisect_right(starts, onset) - 1, len(cells) - 1)]
            end = onset + (4 if cell.triplet else 3)
        if onset < cells[-1].end:
            found.append(Note(onset, note.pitch, min(end, cells[-1].end) - onset, note.velocity))
    return found


# --- who sounds with whom ---------------------------------------------------------------------------------------------


class _Event(NamedTuple):
    onset: int
    end: int
    pitches: tuple[int, ...]
    velocity: int


def _voices(notes: Sequence[Note]) -> list[list[_Event]]:
    """Notes of one onset and length are a chord; each takes the first voice that is free, the highest first."""
    chords: dict[tuple[int, int], dict[int, int]] = {}
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        chords.setdefault((note.onset, note.end), {}).setdefault(note.pitch, note.velocity)
    voices: list[list[_Event]] = [[]]
    for (onset, end), pitches in chords.items():
        event = _Event(onset, end, tuple(sorted(pitches)), max(pitches.values()))
        free = next((voice for voice in voices if not voice or voice[-1].end <= onset), None)
        if free is None and len(voices) < MOST_VOICES:
            voices.append(free := [])
        if free is None:
            _make_room(voices, event)
        else:
            free.append(event)
    return voices


def _make_room(voices: Sequence[list[_Event]], event: _Event) -> None:
    """No voice is free: the one that ends first ends now, or takes the new notes into its chord."""
    voice = min(voices, key=lambda voice: (voice[-1].onset == event.onset, voice[-1].end))
    last = voice[-1]
    if last.onset < event.onset:
        voice[-1] = last._replace(end=event.onset)
        voice.append(event)
    else:
        voice[-1] = last._replace(pitches=tuple(sorted({*last.pitches, *event.pitches})))


def _by_bar(voice: Sequence[_Event], bars: Sequence[Bar]) -> list[list[tuple[_Event, bool]]]:
    """What of each event lies in each bar, and whether it goes on in the next."""
    found: list[list[tuple[_Event, bool]]] = [[] for _ in bars]
    starts = [bar.start for bar in bars]
    for event in voice:
        i = bisect_right(starts, event.onset) - 1
        while i < len(bars) and bars[i].start < event.end:
            part = event._replace(onset=max(event.onset, bars[i].start), end=min(event.end, bars[i].end))
            found[i].append((part, event.end > bars[i].end))
            i += 1
    return found


# --- signs ------------------------------------------------------------------------------------------------------------


def _signs(bar: Bar, events: Sequence[tuple[_Event, bool]], cells: Sequence[_Cell]) -> Iterable[Sign]:
    at = bar.start
    for event, goes_on in events:
        yield from _rest(bar, at, event.onset, cells)
        pieces = _pieces(event.onset, event.end, cells)
        for i, (start, end) in enumerate(pieces):
            tied = goes_on or i + 1 < len(pieces)
            beat = _triplet_beat(start, end, cells, bar)
            yield Sign(start - bar.start, end - start, event.pitches, event.velocity, tied, beat)
        at = event.end
    yield from _rest(bar, at, bar.end, cells)


def _rest(bar: Bar, start: int, end: int, cells: Sequence[_Cell]) -> Iterable[Sign]:
    for a, b in _pieces(start, end, cells) if end > start else ():
        yield Sign(a - bar.start, b - a, beat=_triplet_beat(a, b, cells, bar))


def _triplet_beat(start: int, end: int, cells: Sequence[_Cell], bar: Bar) -> int:
    cell = _at(start, cells)
    return cell.start - bar.start if cell.triplet and end - start < cell.end - cell.start else -1


def _at(tick: int, cells: Sequence[_Cell]) -> _Cell:
    return next(cell for cell in cells if cell.start <= tick < cell.end)


def _pieces(start: int, end: int, cells: Sequence[_Cell]) -> list[tuple[int, int]]:
    """`start` to `end` cut into lengths that one sign has, at beats where it can be."""
    plain = not any(cell.triplet and cell.start < end and start < cell.end for cell in cells)
    if plain and end - start in _PLAIN:
        return [(start, end)]
    pieces = []
    while start < end:
        stop = _stop(start, end, cells)
        pieces.append((start, stop))
        start = stop
    return pieces


def _stop(start: int, end: int, cells: Sequence[_Cell]) -> int:
    """Where the first sign of `start` to `end` ends."""
    cell = _at(start, cells)
    if start == cell.start and end >= cell.end:
        borders = {c.end for c in cells}
        whole = [size for size in _PLAIN if start + size in borders and start + size <= end]
        if whole:
            return start + whole[0]
    room = min(end, cell.end) - start
    return start + next((size for size in (_TRIPLET if cell.triplet else _PLAIN) if size <= room), room)
