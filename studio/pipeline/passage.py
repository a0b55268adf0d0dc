"""`Passage`: the part of a seed that is continued, and the metre and tempo to go on in. Knows no models."""

from __future__ import annotations

import math
from dataclasses import dataclass

from studio.errors import SeedError, SettingError
from studio.melody import guess_track, monophonic
from studio.representations.events import GRID
from studio.score import Bar, Score, Track


@dataclass(frozen=True)
class Passage:
    """The chosen bars as a score of their own, from tick 0 to the bar line `end`, all notes and tracks as they were.

    `track` is the melody's index and `line` its one voice; `metre` and `mpq` are what new bars go on in.
    """

    score: Score
    end: int
    bars: int
    track: int
    line: Track
    metre: tuple[int, int]
    mpq: int
    notices: tuple[str, ...]


def choose(score: Score, track: int | None, first: int, last: int | None) -> Passage:
    """Bars `first` to `last` (from 1, both included; None = to the end) and the melody `track` (None = best guess).

    Empty bars at the end are left out. SeedError: there is no melody to continue; SettingError: no such bars or track.
    """
    if score.note_count == 0:
        raise SeedError("The seed holds no notes: choose a file with at least one melody note.")
    track = _melody_track(score, track)
    # On a multiple of the models' grid new notes fit exactly, and so do bars such as 7/8 at one tick per quarter.
    score = fine(score)
    numbers = bars_of(score, first, last)
    first, last, bars = numbers.start + 1, numbers.stop, score.bars
    start = bars[first - 1].start
    chosen = score.slice_ticks(start, bars[last - 1].end)
    line = monophonic(chosen.tracks[track])
    if not line.notes:
        raise SeedError(
            f"{_called(score, track)} has no notes in bars {first} to {last}: choose another track or other bars."
        )
    notices = []
    if len(line.notes) < len(chosen.tracks[track].notes):
        notices.append(
            f"{_called(score, track)} plays several notes at once; the model followed the highest ones "
            f"({len(line.notes):,} of {len(chosen.tracks[track].notes):,})."
        )
    count = chosen.bar_count
    if count < last - first + 1:
        notices.append(f"The empty bars after bar {first - 1 + count} were left out.")
        last = first - 1 + count
    end = bars[last - 1].end - start
    mpq = chosen.tempo_at(end - 1).mpq
    # Cut again: changes of tempo and metre inside the empty bars are none of the new music's.
    chosen = chosen.slice_ticks(0, end)
    return Passage(chosen, end, count, track, line, _metre(bars, first, last), mpq, tuple(notices))


def bars_of(score: Score, first: int, last: int | None) -> range:
    """Bars `first` to `last` (from 1, both included; None = to the end), counted from 0; else SettingError."""
    count = score.bar_count
    last = count if last is None else last
    if not 1 <= first <= last <= count:
        wanted = f"bar {first}" if first == last else f"bars {first} to {last}"
        raise SettingError(f"The seed has bars 1 to {count}, but {wanted} were asked for: choose within these.")
    return range(first - 1, last)


def fine(score: Score) -> Score:
    """The score at a multiple of the grid's resolution, where MIDI's 32767 ticks allow it: new notes fit exactly."""
    resolution = math.lcm(score.resolution, GRID)
    return score.rescale(resolution) if resolution <= 32767 else score


def _melody_track(score: Score, track: int | None) -> int:
    if track is None:
        track = guess_track(score)
        if track is None:
            raise SeedError("The seed holds only drums: choose a file with a melody, at least one track with pitches.")
    if not 0 <= track < len(score.tracks):
        raise SettingError(f"The seed has tracks 1 to {len(score.tracks)}, but track {track + 1} was asked for.")
    if score.tracks[track].is_drum:
        raise SeedError(f"{_called(score, track)} is a drum track and has no melody: choose a track with pitches.")
    return track


def _called(score: Score, track: int) -> str:
    name = score.tracks[track].name
    return f"Track {track + 1} ({name})" if name else f"Track {track + 1}"


def _metre(bars: tuple[Bar, ...], first: int, last: int) -> tuple[int, int]:
    """The last chosen bar's metre, unless that bar is an upbeat, or the closing bar that an upbeat is taken out of."""

    def length(number: int) -> int:
        return bars[number - 1].end - bars[number - 1].start

    upbeat = len(bars) > 1 and length(1) < length(2)
    model = last
    if upbeat and last == 1:
        model = 2
    elif upbeat and last > 2 and last > first and length(1) + length(last) == length(last - 1):
        model = last - 1
    return bars[model - 1].numerator, bars[model - 1].denominator
