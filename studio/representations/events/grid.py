"""The grid of the events representation: any `Score` to the nearest one that tokens can say. Knows no tokens.

On the grid: 24 ticks per quarter; every bar has a metre of the vocabulary and its full length (a pickup is a short bar
with a short metre of its own); tempo changes stand at bar lines; tempos and velocities are of the bins; no track holds
the same onset and pitch twice; at most 16 tracks; no names, title or key signatures.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from studio.representations.events.vocabulary import (
    GRID,
    LONGEST_DURATION,
    MAX_BAR,
    MAX_HOLDS,
    METRES,
    TEMPOS,
    TRACKS,
    VELOCITIES,
)  # fmt: skip
from studio.score import Bar, Note, Score, Tempo, TimeSignature, Track

MAX_DURATION = LONGEST_DURATION * (MAX_HOLDS + 1)
MPQ = tuple(round(60_000_000 / qpm) for qpm in TEMPOS)
_KNOWN = frozenset(METRES)
_LENGTHS = {(n, d): 4 * GRID * n // d for n, d in METRES}
_BY_LENGTH = sorted(set(_LENGTHS.values()))


def nearest(values: Sequence[int], wanted: float) -> int:
    """Index of the value nearest to `wanted` in a rising sequence."""
    i = bisect_left(values, wanted)
    if i == 0:
        return 0
    if i == len(values) or wanted - values[i - 1] <= values[i] - wanted:
        return i - 1
    return i


def tempo_bin(mpq: int) -> int:
    """Index into TEMPOS of the tempo nearest to `mpq` microseconds per quarter, by ratio."""
    qpm = 60_000_000 / mpq
    return min(range(len(TEMPOS)), key=lambda i: abs(math.log(TEMPOS[i] / qpm)))


def velocity_bin(velocity: int) -> int:
    """Index into VELOCITIES of the nearest velocity."""
    return nearest(VELOCITIES, velocity)


def metre_of_length(length: float, denominator: int) -> tuple[int, int]:
    """The metre whose bar is nearest to `length` grid ticks, counted in `denominator` where that is exact."""
    best = _BY_LENGTH[nearest(_BY_LENGTH, length)]
    fitting = [metre for metre, ticks in _LENGTHS.items() if ticks == best]
    return min(fitting, key=lambda m: (m[1] != denominator, m[1]))


def _metres_of(bar: Bar, score: Score) -> list[tuple[int, int]]:
    """The grid's metres for one bar: one, or several where the bar is longer than any bar of the grid."""
    metre = (bar.numerator, bar.denominator)
    whole = bar.end - bar.start == score.bar_length(*metre)
    if whole and metre in _KNOWN:
        return [metre]
    length = (bar.end - bar.start) * GRID / score.resolution
    parts = math.ceil(length / MAX_BAR)
    if parts <= 1:
        return [metre_of_length(length, bar.denominator)]
    for count in range(parts, 2 * parts + 2) if whole else ():
        # Equal parts where there are any, so that what follows can go on in one metre.
        share, left = divmod(4 * GRID * bar.numerator, bar.denominator * count)
        if not left and share in _BY_LENGTH:
            return [metre_of_length(share, bar.denominator)] * count
    full = metre_of_length(MAX_BAR, bar.denominator)
    return [full] * (parts - 1) + [metre_of_length(length - MAX_BAR * (parts - 1), bar.denominator)]


def bar_lengths(score: Score) -> list[list[int]]:
    """For each bar of the score the ticks of the bars of the grid that it becomes."""
    return [[_LENGTHS[metre] for metre in _metres_of(bar, score)] for bar in score.bars]


def quantize(score: Score) -> Score:
    """The nearest score on the grid."""
    starts: list[tuple[int, int]] = []  # (tick in the score, tick on the grid) of each bar line
    metres: list[TimeSignature] = []
    tempos: list[Tempo] = []
    tick = 0
    for bar in score.bars:
        starts.append((bar.start, tick))
        mpq = MPQ[tempo_bin(score.tempo_at(bar.start).mpq)]
        if not tempos or tempos[-1].mpq != mpq:
            tempos.append(Tempo(tick, mpq))
        for n, d in _metres_of(bar, score):
            if not metres or metres[-1][1:] != (n, d):
                metres.append(TimeSignature(tick, n, d))
            tick += _LENGTHS[n, d]
    if not starts:  # no notes, no bars: keep what holds at the start
        first = score.time_signatures[0]
        bar = Bar(0, 0, score.bar_length(first.numerator, first.denominator), first.numerator, first.denominator)
        metres = [TimeSignature(0, *_metres_of(bar, score)[0])]
        tempos = [Tempo(0, MPQ[tempo_bin(score.tempos[0].mpq)])]
    kept = set(sorted(range(len(score.tracks)), key=lambda i: -len(score.tracks[i].notes))[:TRACKS])
    tracks = tuple(_track(t, starts, score.resolution) for i, t in enumerate(score.tracks) if i in kept)
    end = max((t.end for t in tracks), default=0)
    # Rounding can pull the last note out of the last bars; a change there would not be said by any token.
    last_onset = max((t.notes[-1].onset for t in tracks if t.notes), default=0)
    metres = [m for m in metres if m.onset == 0 or m.onset < end]
    tempos = [t for t in tempos if t.onset == 0 or t.onset <= max(last_onset, end - 1)]
    return Score(resolution=GRID, tracks=tracks, tempos=tuple(tempos), time_signatures=tuple(metres))


def _track(track: Track, starts: list[tuple[int, int]], resolution: int) -> Track:
    """One track on the grid; of several notes at one onset and pitch the longest stays."""
    longest: dict[tuple[int, int], tuple[int, int]] = {}
    bar = 0
    for onset, pitch, duration, velocity in track.notes:
        while bar + 1 < len(starts) and starts[bar + 1][0] <= onset:
            bar += 1
        at, grid_at = starts[bar]
        tick = grid_at + (2 * (onset - at) * GRID + resolution) // (2 * resolution)
        length = (2 * duration * GRID + resolution) // (2 * resolution)
        length = min(max(1, length), MAX_DURATION)
        seen = longest.get((tick, pitch))
        if seen is None or seen[0] < length:
            longest[tick, pitch] = (length, VELOCITIES[velocity_bin(velocity)])
    notes = tuple(Note(t, p, length, v) for (t, p), (length, v) in longest.items())
    return Track(notes, 0 if track.is_drum else track.program, track.is_drum, "", track.role)
