"""When notes start and how long they last. Drums count in what is about onsets, and not in what is about lengths.

Onsets are rounded to twelfths of a quarter first, so that what was played by hand is read as it was meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from studio.metrics.notes import GRID, Floats, Ints, array, bars_of, covered, entropy, shares
from studio.score import Score, Track

LENGTHS = (1 / 8, 1 / 6, 1 / 4, 1 / 3, 3 / 8, 1 / 2, 2 / 3, 3 / 4, 1, 4 / 3, 3 / 2, 2, 3, 4, 6, 8)
"""Quarters; each length counts as the nearest of these by ratio: 1 / 6 is a triplet 16th, 3 / 8 a dotted one."""
_MIDDLES = np.sqrt(np.array(LENGTHS[1:]) * np.array(LENGTHS[:-1]))
_SHORTEST = GRID // 4  # steps: below a 16th there is no level of the metre
_FAR = 2**40  # ticks


def _histogram(ticks: Ints, resolution: int) -> Floats:
    """Shares of lengths in ticks that are nearest to each of `LENGTHS`."""
    return shares(np.bincount(np.searchsorted(_MIDDLES, ticks / resolution), minlength=len(LENGTHS)))


def note_length_histogram(score: Score) -> Floats:
    """(16,) float64: the share of the pitched notes that last about as long as each of `LENGTHS`; all 0 without any."""
    return _histogram(array(score)[:, 2], score.resolution)


def onset_intervals(music: Score | Track) -> Ints:
    """(K,) int64: ticks from each onset to the next later one of the same track, drums too; track by track."""
    notes = array(music, drums=True)
    steps = np.diff(notes[:, 0])
    return np.asarray(steps[(notes[1:, 3] == notes[:-1, 3]) & (steps > 0)])


def onset_interval_histogram(score: Score) -> Floats:
    """(16,) float64: the share of `onset_intervals` that are about as long as each of `LENGTHS`; all 0 without any.

    The inter-onset intervals of Yang and Lerch (2020), "On the Evaluation of Generative Models in Music".
    """
    return _histogram(onset_intervals(score), score.resolution)


def note_length(score: Score) -> float | None:
    """Mean length of the pitched notes in quarters; above 0, None without any."""
    lengths = array(score)[:, 2]
    return float(lengths.mean() / score.resolution) if len(lengths) else None


def length_entropy(score: Score) -> float | None:
    """How varied the lengths of the pitched notes are: 0 (all alike) to log2 16 = 4 bits; None without any.

    The entropy of `note_length_histogram`, whose counts are Yang and Lerch's (2020).
    """
    histogram = note_length_histogram(score)
    return entropy(histogram) if histogram.any() else None


def onset_entropy(score: Score) -> float | None:
    """How varied the time from one onset to the next is: 0 (as of a machine) to log2 16 = 4 bits; None without any.

    The entropy of `onset_interval_histogram`.
    """
    histogram = onset_interval_histogram(score)
    return entropy(histogram) if histogram.any() else None


def empty_beats(score: Score) -> float | None:
    """Share of the quarters, from tick 0 to the end of the music, in which nothing sounds, drums too: 0-1.

    None without notes. After the empty beat rate of MusPy (Dong, Chen, McAuley and Berg-Kirkpatrick 2020).
    """
    notes = array(score, drums=True)
    if not len(notes):
        return None
    first, last = notes[:, 0] // score.resolution, (notes[:, 0] + notes[:, 2] - 1) // score.resolution
    beats = int(last.max()) + 1
    return 1 - covered(zip(first.tolist(), (last + 1).tolist(), strict=True)) / beats


# --- the metre -------------------------------------------------------------------------------------------------------


class _Onsets(NamedTuple):
    """The onsets of all tracks under one metre, in steps of `GRID` to the quarter."""

    positions: Ints
    """After the bar line."""
    ends: Ints
    """Where the next onset of the track comes, counted from the same bar line; far away after the last one."""
    bar: int
    beat: int
    spacings: tuple[int, ...]
    """Steps between the places of each level: bar lines, half bars, beats, their halves, down to 16ths."""


def _onsets(score: Score) -> Iterator[_Onsets]:
    bars = bars_of(score)
    notes = array(score, drums=True)
    notes = notes[notes[:, 0] < (bars[-1].end if bars else 0)]
    last = np.append((np.diff(notes[:, 0]) != 0) | (np.diff(notes[:, 3]) != 0), True)[: len(notes)]
    onsets, tracks = notes[last, 0], notes[last, 3]
    following = np.where(np.diff(tracks, append=-1) == 0, np.roll(onsets, -1), _FAR)
    starts = np.array([bar.start for bar in bars])
    if bars:
        # An upbeat is the end of a bar.
        starts[0] = min(0, bars[0].end - score.bar_length(bars[0].numerator, bars[0].denominator))
    place = np.searchsorted(starts, onsets, "right") - 1
    metres = np.array([(bar.numerator, bar.denominator) for bar in bars]).reshape(-1, 2)
    for numerator, denominator in np.unique(metres, axis=0).tolist():
        here = (metres[place] == (numerator, denominator)).all(axis=1)
        positions, ends = (
            np.rint((ticks[here] - starts[place[here]]) * GRID / score.resolution).astype(np.int64)
            for ticks in (onsets, following)
        )
        yield _Onsets(positions, ends, *_metre(numerator, denominator))


def _metre(numerator: int, denominator: int) -> tuple[int, int, tuple[int, ...]]:
    """(bar, beat, spacings) of a metre, see `_Onsets`; what is no whole number of steps is rounded."""
    unit = 4 * GRID / denominator
    compound = numerator % 3 == 0 and numerator > 3
    beats, beat = (numerator // 3, unit * 3) if compound else (numerator, unit)
    levels = [beats * beat, *([beat * 2] if beats == 4 else []), beat, *([unit] if compound else [])]
    while (half := levels[-1] / 2) >= _SHORTEST and half == int(half):
        levels.append(half)
    whole = tuple(max(1, round(level)) for level in levels)
    return whole[0], max(1, round(beat)), tuple(dict.fromkeys(whole))


def _levels(positions: Ints, spacings: tuple[int, ...]) -> Ints:
    """The level of the metre of each position: 0 on the bar line, higher the weaker; off all levels as the weakest."""
    level = np.full(len(positions), len(spacings) - 1)
    for number, spacing in reversed(list(enumerate(spacings))):
        level[positions % spacing == 0] = number
    return level


def _strongest_passed(onsets: _Onsets) -> Ints:
    """The strongest level of the metre between each onset and the next, both left out; the weakest where none is."""
    level = np.full(len(onsets.positions), len(onsets.spacings) - 1)
    for number, spacing in reversed(list(enumerate(onsets.spacings))):
        following = (onsets.positions // spacing + 1) * spacing
        level[following < np.minimum(onsets.ends, onsets.bar)] = number
    level[onsets.bar < onsets.ends] = 0
    return level


def syncopation(score: Score) -> float | None:
    """Mean over the onsets of each track, drums too, of the levels by which they are syncopated: 0 (none) to 6.

    An onset is syncopated by as many levels as the strongest place that it is held, or followed by rest, across is
    above its own: an eighth before the beat that is held over it by 1, one that is held over a bar line of 4/4 by 3.
    After Longuet-Higgins and Lee (1984), "The Rhythmic Interpretation of Monophonic Music", Music Perception 1(4). What
    comes after more than a bar of rest is a new beginning and not counted. None without two onsets in a track.
    """
    degrees = [np.zeros(0)]
    for onsets in _onsets(score):
        near = onsets.ends - onsets.positions <= onsets.bar
        degree = _levels(onsets.positions, onsets.spacings) - _strongest_passed(onsets)
        degrees.append(np.maximum(0, degree)[near])
    found = np.concatenate(degrees)
    return float(found.mean()) if len(found) else None


def on_beat(score: Score) -> float | None:
    """Share of the onsets of each track, drums too, that fall on a beat: 0-1; None without notes.

    A beat is what the metre counts in: a quarter in 3/4, a half in 2/2, a dotted quarter in 6/8. After the metric
    positions in Palmer and Krumhansl (1990), "Mental Representations for Musical Meter".
    """
    found = np.concatenate([np.zeros(0, bool), *(o.positions % o.beat == 0 for o in _onsets(score))])
    return float(found.mean()) if len(found) else None


def groove_consistency(score: Score) -> float | None:
    """How alike neighbouring bars are in which of their 16ths notes start, drums too: 0-1, on average.

    The share of the 16ths in which something starts in both bars or in neither; bars of different length are no pair.
    None without notes or without a pair. Wu and Yang (2020), "The Jazz Transformer on the Front Line", there with 64
    places a bar.
    """
    bars, notes = bars_of(score), array(score, drums=True)
    starts, ends = np.array([bar.start for bar in bars]), np.array([bar.end for bar in bars])
    sixteenths = np.maximum(1, np.rint((ends - starts) * 4 / score.resolution)).astype(np.int64)
    pairs = np.diff(ends - starts) == 0
    if not len(notes) or not pairs.any():
        return None
    notes = notes[notes[:, 0] < ends[-1]]
    bar = np.searchsorted(starts, notes[:, 0], "right") - 1
    place = np.rint((notes[:, 0] - starts[bar]) * 4 / score.resolution).astype(np.int64)
    struck = np.zeros((len(bars), int(sixteenths.max())), bool)
    struck[bar, np.minimum(place, sixteenths[bar] - 1)] = True
    apart = (struck[1:] != struck[:-1]).sum(axis=1) / sixteenths[1:]
    return float(1 - apart[pairs].mean())
