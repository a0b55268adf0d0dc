"""Chords: which one sounds in each half of a bar. Knows nothing of models or files.

A chord is a root and one of ten qualities; its bass and its colour tones are not told apart. Drums have no pitch and
never count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.score import Bar, Score, Track

QUALITIES: tuple[str, ...] = ("maj", "min", "dim", "aug", "7", "maj7", "m7", "m7b5", "dim7", "sus4")

# Semitones above the root.
_TONES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
}
_SUFFIXES = ("", "m", "dim", "aug", "7", "maj7", "m7", "m7b5", "dim7", "sus4")
_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

_OUTSIDE = -1.0  # a tone outside the chord speaks against it as strongly as one inside speaks for it
_ROOT = 0.15  # more for time on the root than for time on another tone
_BASS = 0.4  # the lowest pitch is the root more often than not
_MISSING = 0.16  # for each tone of the chord that does not sound
_HEARD = 0.05  # the share of the time from which on a tone is not missing
_RARE = {"dim": 0.05, "aug": 0.15, "7": 0.1, "maj7": 0.15, "m7": 0.15, "m7b5": 0.15, "dim7": 0.15, "sus4": 0.15}

_CLEAR = 0.5  # what the best chord must reach; 1 is a chord in which every tone belongs
_ONE_CHORD = 0.09  # how much better two chords must explain a bar before there are two


class Chord(NamedTuple):
    """`root` 0-11 (0 = C) and one of `QUALITIES`."""

    root: int
    quality: str

    @property
    def name(self) -> str:
        """For people, in the usual spelling: "Am7", "Bb", "F#dim"."""
        return _ROOTS[self.root] + _SUFFIXES[QUALITIES.index(self.quality)]

    def tones(self) -> frozenset[int]:
        """Its pitch classes, 0-11 (0 = C)."""
        return frozenset((self.root + tone) % 12 for tone in _TONES[self.quality])

    def transposed(self, semitones: int) -> Chord:
        return self._replace(root=(self.root + semitones) % 12)


_CHORDS = tuple(Chord(root, quality) for quality in QUALITIES for root in range(12))


def _templates() -> NDArray[np.float64]:
    """(36, 120): for each chord the worth of a pitch class's share of time, of its being the bass, of its absence."""
    rows = []
    for chord in _CHORDS:
        tones = np.isin(np.arange(12), list(chord.tones()))
        root = np.arange(12) == chord.root
        time = np.where(tones, 1.0, _OUTSIDE) + _ROOT * root
        bass = _BASS * root
        rows.append(np.concatenate([time, bass, -_MISSING * tones]))
    return np.array(rows).T


_TEMPLATES = _templates()
_PENALTIES = np.array([_RARE.get(chord.quality, 0.0) for chord in _CHORDS])


def middle(score: Score, bar: Bar) -> int:
    """Tick at which the second half of the bar begins; the bar's end where one chord has to do for all of it.

    That is the beat nearest to the middle, the later of two: 2 + 2 of four beats, 3 + 2 of five, 6 + 3 eighths in 9/8.
    Not split are bars of fewer than four beats that are shorter than four quarters, and bars that are cut short.
    """
    whole = score.bar_length(bar.numerator, bar.denominator)
    beats = bar.numerator
    if bar.end - bar.start < whole or (beats < 4 and whole < 4 * score.resolution):
        return bar.end
    unit = 3 if beats % 3 == 0 and beats > 3 else 1  # compound metres are counted in dotted beats
    return bar.start + whole * ((beats // unit + 1) // 2) * unit // beats


def estimate(score: Score) -> list[tuple[Chord | None, Chord | None]]:
    """For each bar of `score.bars` the chord of its first and of its second half; None where there is no clear one.

    One chord that explains the whole bar nearly as well as two comes twice, and so does the chord of a bar that
    `middle` does not split. Every note counts for as long as it sounds, in each half in which it sounds. Fewer than
    two pitch classes are no chord.

    Templates are scored by what lies inside them, outside them and what they miss, as in Pardo and Birmingham (2002),
    "Algorithms for Chordal Analysis", Computer Music Journal 26(2), here by duration and with a bonus for the bass.
    """
    bars = score.bars
    if not bars:
        return []
    edges = [edge for bar in bars for edge in (bar.start, middle(score, bar))]
    time, bass = _sounding(score.tracks, np.array([*edges, bars[-1].end]))
    halves, half_fit = _best(time, bass)
    wholes, whole_fit = _best(time[::2] + time[1::2], bass[::2] + bass[1::2])
    weights = time.sum(axis=1).reshape(-1, 2)
    two_fit = (half_fit.reshape(-1, 2) * weights).sum(axis=1) / np.maximum(1, weights.sum(axis=1))
    one = whole_fit + _ONE_CHORD >= two_fit
    chosen = np.where(one[:, None], wholes[:, None], halves.reshape(-1, 2))
    clear = np.where(one[:, None], whole_fit[:, None], half_fit.reshape(-1, 2)) >= _CLEAR
    found = [_CHORDS[i] if c else None for i, c in zip(chosen.ravel().tolist(), clear.ravel().tolist(), strict=True)]
    return list(zip(found[::2], found[1::2], strict=True))


def _sounding(tracks: Iterable[Track], edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S, 12) ticks of each pitch class in each of the S stretches between edges, and of the lowest pitch in it."""
    count = len(edges) - 1
    notes = np.array([note for track in tracks if not track.is_drum for note in track.notes], np.int64).reshape(-1, 4)
    onsets, pitches, ends = notes[:, 0], notes[:, 1], notes[:, 0] + notes[:, 2]
    first = np.searchsorted(edges, onsets, "right") - 1
    pieces = np.searchsorted(edges, ends, "left") - first
    # One row for each stretch in which a note sounds.
    row = np.repeat(np.arange(len(notes)), pieces)
    stretch = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces - first, pieces)
    ticks = np.minimum(ends[row], edges[stretch + 1]) - np.maximum(onsets[row], edges[stretch])
    lowest = np.full(count, 128)
    np.minimum.at(lowest, stretch, pitches[row])
    cell = stretch * 12 + pitches[row] % 12
    in_bass = ticks * (pitches[row] == lowest[stretch])
    times, basses = np.bincount(cell, ticks, count * 12), np.bincount(cell, in_bass, count * 12)
    return times.astype(np.float64).reshape(count, 12), basses.astype(np.float64).reshape(count, 12)


def _best(time: NDArray[np.float64], bass: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(S,) index of the chord that fits best, and (S,) how well, from about 1.5 down; -1 below two pitch classes."""
    share = time / np.maximum(1, time.sum(axis=1, keepdims=True))
    lowest = bass / np.maximum(1, bass.sum(axis=1, keepdims=True))
    absent = share < _HEARD
    fits = np.hstack([share, lowest, absent]) @ _TEMPLATES - _PENALTIES
    best = fits.argmax(axis=1)
    fit = fits[np.arange(len(best)), best]
    return best, np.where(absent.sum(axis=1) > 10, -1.0, fit)
