"""A prepared folder to phrases of lone melodies, bar by bar, and what their bars are like. Knows no networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.data.windows import PAD, Windows
from studio.errors import DataError
from studio.representations.events import GRID
from studio.representations.events.vocabulary import Vocabulary

BARS = 8
"""Bars of a phrase, at most."""
LONGEST = 64
"""Ids of a bar, at most: a phrase ends before a longer one."""
LEAST = 2
"""Bars that a phrase must have."""
POOL = 6
"""Phrases are chosen among so many times more, for the like length of their bars."""
TEMPERATURE = 0.7
"""A style of n bars is given a share of n ** TEMPERATURE of all that is learned."""

ATTRIBUTES = ("density", "register", "leaps", "syncopation", "unevenness")
"""What `attributes` tells of a bar, in this order."""


class Sounded(NamedTuple):
    """A note of a bar, in ticks of the grid from the bar line."""

    onset: int
    pitch: int
    duration: int


def notes(ids: Sequence[int], vocabulary: Vocabulary) -> list[Sounded]:
    """The notes that the ids of one bar of one track say; what is no note is passed over."""
    types, hold = vocabulary.types, vocabulary.ids["HOLD"]
    position, pitch, duration = types["POSITION"], types["PITCH"], types["DURATION"]
    found, at, high, held = [], 0, -1, 0
    for token in ids:
        if token in position:
            at = token - position.start
        elif token in pitch:
            high, held = token - pitch.start, 0
        elif token == hold:
            held += len(duration)
        elif token in duration and high >= 0:
            found.append(Sounded(at, high, held + token - duration.start + 1))
            high = -1
    return found


def attributes(bar: Sequence[Sounded], length: int) -> tuple[float, ...] | None:
    """Of a bar of `length` ticks with these notes, see ATTRIBUTES; None where nothing sounds.

    Density: notes a quarter. Register: mean MIDI pitch. Leaps: mean interval in semitones. Syncopation: share of notes
    that begin off a quarter and sound into the next one. Unevenness: standard deviation of the notes' lengths, in
    doublings.
    """
    if not bar:
        return None
    onset, pitch, duration = np.array(bar, dtype=float).T
    off = (onset % GRID > 0) & (onset % GRID + duration > GRID)
    leaps = float(np.abs(np.diff(pitch)).mean()) if len(bar) > 1 else 0.0
    density = len(bar) * GRID / max(1, length)
    return density, float(pitch.mean()), leaps, float(off.mean()), float(np.log2(duration).std())


class Phrases(Windows):
    """The phrases of one split: those of pieces that are one melody alone. DataError as in `windows.Windows`."""

    def __init__(self, folder: Path, split: str) -> None:
        super().__init__(folder, split, 256)
        vocabulary = self._encoding.vocabulary
        self._bar, self._end = vocabulary.ids["BAR"], vocabulary.ids["EOS"]
        first, count = self._pieces[:, 0], self._pieces[:, 1]
        bars = np.concatenate([np.arange(a, a + n) for a, n in zip(first, count, strict=True)] or [first])
        piece = np.repeat(np.arange(len(first)), count)
        # Where the first bar that is too long stands, or the piece ends: a phrase reaches no further.
        lengths = np.diff(self._bar_starts)[bars]
        far = np.where(lengths < LONGEST, np.iinfo(np.int64).max, bars)
        stop = np.minimum((first + count)[piece], np.minimum.accumulate(far[::-1])[::-1])
        self._stop = np.minimum(stop, bars + BARS)
        chosen = self._stop - bars >= LEAST
        self._begins, self._stop, self._piece = bars[chosen], self._stop[chosen], piece[chosen]
        styles = self._pieces[self._piece, 3]
        weights = np.maximum(1, np.bincount(styles)).astype(float)[styles] ** (TEMPERATURE - 1)
        self._cumulative = np.cumsum(weights) / max(1e-9, weights.sum())
        starts = self._bar_starts
        self._widest = np.zeros(len(self._begins), np.int64)
        for k in range(BARS):
            at = np.minimum(self._begins + k, self._stop - 1)
            self._widest = np.maximum(self._widest, starts[at + 1] - starts[at])

    def _chosen(self, pieces: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(pieces[pieces[:, 6] == 1])

    def batch(self, step: int, seed: int, size: int) -> NDArray[np.int64]:
        """Phrases (size, 1 + BARS, T), T <= LONGEST + 1: the same for the same step and seed, whatever came before.

        Each is a header and its bars, transposed; of each bar its ids and the one that ends it; padded with PAD.
        """
        if not len(self._begins):
            raise DataError("This split holds no phrases of melodies to learn from.")
        rng = np.random.default_rng([seed, step])
        drawn = np.minimum(np.searchsorted(self._cumulative, rng.random(POOL * size)), len(self._begins) - 1)
        drawn = drawn[np.argsort(self._widest[drawn], kind="stable")]
        first = int(rng.integers(0, len(drawn) - size + 1))
        chosen = drawn[first : first + size]
        headers = [self._opened(self._header(int(self._begins[i])), rng) for i in chosen]
        ids = self._rows(chosen, headers)
        shifts = self._shifts(self._piece[chosen], rng.random(size))
        return np.asarray(self._moved[shifts[:, None, None], ids])

    def held_out(self, bars: int, most: int | None, size: int = 64) -> Iterator[NDArray[np.int64]]:
        """Phrases (up to `size`, 1 + BARS, T) of just so many bars, one beside the other, as they are.

        With `most`, of about so many ids, drawn without regard to length; always the same ones.
        """
        # Every phrase that begins a multiple of its length after its piece.
        first = self._pieces[self._piece, 0]
        fits = np.flatnonzero(((self._begins - first) % bars == 0) & (self._stop - self._begins >= bars))
        if most is not None:
            drawn = np.random.default_rng(0).permutation(fits)
            lengths = self._bar_starts[self._begins[drawn] + bars] - self._bar_starts[self._begins[drawn]]
            fits = drawn[: 1 + int(np.searchsorted(np.cumsum(lengths), most))]
        fits = fits[np.argsort(self._widest[fits], kind="stable")]
        for at in range(0, len(fits), size):
            chosen = fits[at : at + size]
            yield self._rows(chosen, [self._header(int(self._begins[i])) for i in chosen], bars)

    def length(self, header: NDArray[np.int64], bar: NDArray[np.int64]) -> int:
        """Ticks of the grid in a bar, by the last metre that the ids of header and bar name; 4/4 if none does."""
        run = self._encoding.vocabulary.types["METRE"]
        said = np.concatenate([header, bar])
        said = said[(said >= run.start) & (said < run.stop)]
        numerator, denominator = self._encoding.vocabulary.metres[said[-1] - run.start] if len(said) else (4, 4)
        return int(4 * GRID * numerator / denominator)

    def _rows(
        self, chosen: NDArray[np.int64], headers: list[NDArray[np.uint16]], most: int = BARS
    ) -> NDArray[np.int64]:
        phrases = [self._phrase(int(i), header, most) for i, header in zip(chosen, headers, strict=True)]
        widest = max(len(row) for phrase in phrases for row in phrase)
        ids = np.full((len(phrases), 1 + most, widest), PAD, dtype=np.int64)
        for rows, phrase in zip(ids, phrases, strict=True):
            for row, found in zip(rows, phrase, strict=False):
                row[: len(found)] = found
        return ids

    def _phrase(self, number: int, header: NDArray[np.uint16], most: int) -> list[NDArray[np.uint16]]:
        begin, stop = int(self._begins[number]), min(int(self._stop[number]), int(self._begins[number]) + most)
        found = [header]
        for bar in range(begin, stop):
            ids = self._tokens[self._bar_starts[bar] : self._bar_starts[bar + 1]]
            # What ends it is the next bar's beginning, but for the last of a piece.
            found.append(ids if ids[-1] == self._end else np.append(ids, np.uint16(self._bar)))
        return found
