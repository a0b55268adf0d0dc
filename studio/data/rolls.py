"""A prepared folder to windows of whole bars, melody over chords, as a model of bars learns them. Knows no networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.data.prepare import SPLITS
from studio.data.windows import load
from studio.errors import DataError
from studio.representations.events import GRID, STYLES
from studio.representations.events.grid import MPQ
from studio.representations.events.vocabulary import Vocabulary
from studio.representations.pianoroll import CELLS, FIRST, ONSET, REST, SECOND, SLOTS, SUSTAIN, PianoRoll

GIVEN, NEW = 4, 4
"""Bars of a window that are given, and bars to be written after them."""
LEAST = 2
"""Bars that must be given; where a piece has no more before, the rows for the others are empty."""
MIDDLE = 71
"""Melodies are brought to the octave in which their middle is nearest to this pitch (B4)."""
LONE = ("folk", "song")
"""Styles whose lone melodies serve too; those of others are in the folder with their accompaniment as well."""
TEMPERATURE = 0.6
"""A style of n windows is given a share of n ** TEMPERATURE of all that is learned."""
_SLOT = GRID // 4

Row = NDArray[np.uint8]


def home(rows: Row, tonic: int, minor: bool, roll: PianoRoll) -> tuple[Row, int]:
    """Bars (bars, 21) moved to C major or A minor, to the octave that is learned, and by how many semitones.

    `tonic` 0-11 (0 = C). So a model has to learn one key, and what it writes is moved back.
    """
    shift = int(_shift(rows[None], np.array([tonic]), np.array([minor]))[0])
    return roll.transpose(rows, shift), shift


class Rolls:
    """The windows of one split: bars of `PianoRoll`, in C major or A minor. DataError as in `windows.Windows`.

    Melodies are those of pieces of several tracks, whose chords are known, and lone ones of some styles, whose chords
    are guessed from them. Bars with triplets, 32nds or several melody notes at once, or longer than four quarters, are
    in no window. `tokens` counts cells, `notes` what begins in them.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self.representation, self._roll = PianoRoll.name, PianoRoll()
        self.vocabulary = list(self._roll.vocab)
        config, (tokens, headers, bars, pieces) = load(folder)
        reading = _Reading(Vocabulary(config["vocabulary"]), tokens, headers, bars)
        pieces = pieces[(pieces[:, 2] == SPLITS.index(split)) & (pieces[:, 6] > 0)]
        lone = np.isin(pieces[:, 3], [STYLES.index(style) for style in LONE])
        pieces = pieces[(pieces[:, 6] > 1) | lone]
        read = [reading.piece(int(first), int(first + count)) for first, count in pieces[:, :2]]
        found = [(rows, good, key, style) for (rows, good, key), style in zip(read, pieces[:, 3], strict=True)]
        # Row 0 stands for no bar.
        self._rows = np.concatenate([np.zeros((1, CELLS + SLOTS), np.uint8), *(rows for rows, *_ in found)])
        windows, begin = [], 1
        for rows, good, key, style in found:
            for bar in _beginnings(rows, good):
                windows.append((begin + bar, min(bar, GIVEN), key, style))
            begin += len(rows)
        self._windows = np.array(windows, np.int64).reshape(-1, 4)
        self.tokens = len(self._windows) * NEW * SLOTS
        self.notes = int((self._rows[:, CELLS:] >= ONSET).sum())
        if self.tokens:
            styles = self._windows[:, 3]
            sizes = np.bincount(styles).astype(float)
            weights = np.maximum(sizes, 1)[styles] ** (TEMPERATURE - 1)
            self._cumulative = np.cumsum(weights) / weights.sum()

    def batch(self, step: int, seed: int, size: int) -> Row:
        """Windows (size, GIVEN + NEW, 21): the same for the same step and seed. Rows of 0 stand for no bar."""
        if not self.tokens:
            raise DataError("This split holds no melodies over chords to draw bars from.")
        rng = np.random.default_rng([seed, step])
        drawn = np.searchsorted(self._cumulative, rng.random(size), side="right")
        return self._cut(np.minimum(drawn, len(self._windows) - 1))

    def evaluation(self, most: int) -> Row:
        """So many windows at most, drawn without regard to styles; always the same ones."""
        return self._cut(np.random.default_rng(0).permutation(len(self._windows))[:most])

    def _cut(self, drawn: NDArray[np.int64]) -> Row:
        bar, given, key, _ = self._windows[drawn].T
        place = np.arange(-GIVEN, NEW)
        windows = self._rows[np.where(place >= -given[:, None], bar[:, None] + place, 0)]
        shifts = _shift(windows[:, :GIVEN], key % 12, key >= 12)
        return _chords_kept(self._roll.transpose(windows, shifts[:, None, None]))


def _shift(given: Row, tonic: NDArray[np.int64], minor: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Semitones to the home key and the octave that is learned, of windows (N, bars, 21): (N,)."""
    cells = given[..., CELLS:].reshape(len(given), -1).astype(np.int64)
    onsets = cells >= ONSET
    middle = ((cells - ONSET) * onsets).sum(1) / np.maximum(1, onsets.sum(1))
    home = np.where(minor, 9, 0) - tonic
    return np.asarray(home + np.where(onsets.any(1), 12 * np.rint((MIDDLE - middle - home) / 12).astype(np.int64), 0))


def _chords_kept(windows: Row) -> Row:
    """Where no chord is clear, the one before goes on, in each window (N, bars, 21)."""
    chords = windows[..., FIRST:CELLS].reshape(len(windows), -1)
    known = np.maximum.accumulate(np.where(chords > 0, np.arange(chords.shape[1]), 0), axis=1)
    windows[..., FIRST:CELLS] = np.take_along_axis(chords, known, 1).reshape(*windows.shape[:2], 2)
    return windows


def _beginnings(rows: Row, good: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The bars at which new bars may begin: enough good ones before and after, hardly silent, most chords known."""
    starts = np.arange(LEAST, len(rows) - NEW + 1)
    sounding = np.asarray((rows[:, CELLS:] >= ONSET).any(1))
    chords = (rows[:, FIRST:CELLS] > 0).sum(1)

    def total(values: NDArray[Any], before: int, after: int) -> NDArray[np.int64]:
        sums = np.concatenate([[0], np.cumsum(values)])
        return np.asarray(sums[starts + after] - sums[np.maximum(starts - before, 0)])

    enough = (total(good, LEAST, NEW) == LEAST + NEW) & (total(sounding, LEAST, NEW) >= LEAST + NEW - 1)
    fits = (total(chords, 0, NEW) >= 2 * NEW - 2) & (total(chords, LEAST, 0) >= LEAST)
    return np.asarray(starts[enough & fits])


class _Reading:
    """Reads the melody of pieces straight from the ids: to make scores of them would take many times as long."""

    def __init__(self, vocabulary: Vocabulary, *arrays: NDArray[np.int64]) -> None:
        self._tokens, headers, bars = arrays
        self._types, self._ids = vocabulary.types, vocabulary.ids
        self._bar_starts = np.append(bars[:, 1], len(self._tokens))
        self._chords = bars[:, 4:6]
        self._headers, self._header_starts = headers, np.append(bars[:, 2], len(headers))
        metres = [name.split("_")[1].split("/") for name in vocabulary.names if name.startswith("METRE_")]
        self._metres = np.array(metres, np.int64)
        tempos = [float(name.split("_")[1]) for name in vocabulary.names if name.startswith("TEMPO_")]
        self._tempos = [int(np.argmin(np.abs(np.array(MPQ) - 60_000_000 / tempo))) for tempo in tempos]

    def _last(self, ids: NDArray[np.int64], kind: str, default: int) -> NDArray[np.int64]:
        """Of each place the value of the last id of that type up to there."""
        run = self._types[kind]
        places = np.maximum.accumulate(np.where((ids >= run.start) & (ids < run.stop), np.arange(len(ids)), -1))
        return np.asarray(np.where(places >= 0, ids[places] - run.start, default))

    def piece(self, first: int, end: int) -> tuple[Row, NDArray[np.bool_], int]:
        """(rows (bars, 21), which of them are good, key: its tonic, 12 more in minor) of bars `first` to `end`."""
        start = int(self._bar_starts[first])
        ids = self._tokens[start : int(self._bar_starts[end])].astype(np.int64)
        header = self._headers[self._header_starts[first] : self._header_starts[first + 1]].astype(np.int64)
        said = {kind: int(self._last(header, kind, -1)[-1]) for kind in ("KEY", "METRE", "TEMPO")}
        opens = self._bar_starts[first:end] - start
        rows, good = np.zeros((end - first, CELLS + SLOTS), np.uint8), np.zeros(end - first, bool)
        roles = header[(header >= self._types["ROLE"].start) & (header < self._types["ROLE"].stop)]
        if said["KEY"] < 0 or not len(roles) or roles[0] != self._ids["ROLE_melody"]:
            return rows, good, 0
        last = np.append(opens[1:], len(ids)) - 1
        metres = self._metres[self._last(ids, "METRE", max(0, said["METRE"]))[last]]
        rows[:, 0], rows[:, 1] = metres[:, 0], metres[:, 1]
        rows[:, 2] = np.array(self._tempos)[self._last(ids, "TEMPO", max(0, said["TEMPO"]))[last]]
        chords = self._chords[first:end] - self._types["CHORD"].start + 1
        rows[:, FIRST : SECOND + 1] = np.where(chords > 0, chords, 0)
        lengths = SLOTS * metres[:, 0] // metres[:, 1]
        good = (lengths <= SLOTS) & (SLOTS * metres[:, 0] % metres[:, 1] == 0)
        self._fill(rows, good, lengths, ids, opens)
        return rows, good, said["KEY"]

    def _fill(
        self,
        rows: Row,
        good: NDArray[np.bool_],
        lengths: NDArray[np.int64],
        ids: NDArray[np.int64],
        opens: NDArray[np.int64],
    ) -> None:
        """Write the cells of the bars that the grid holds, and tell of the others that they are not `good`."""
        places = np.arange(len(ids))
        bars = np.searchsorted(opens, places, side="right") - 1
        # The first track goes without saying until another is named.
        track = np.where(self._last(ids, "TRACK", 0) > 0, self._named(ids, places) >= opens[bars], False)
        pitch, position = self._types["PITCH"], self._last(ids, "POSITION", 0)
        notes = places[(ids >= pitch.start) & (ids < pitch.stop) & ~track]
        if not len(notes):
            return
        durations = self._types["DURATION"]
        ends = places[(ids >= durations.start) & (ids < durations.stop)]
        ending = ends[np.minimum(np.searchsorted(ends, notes), len(ends) - 1)]
        holds = np.concatenate([[0], np.cumsum(ids == self._ids["HOLD"])])
        ticks = ids[ending] - durations.start + 1 + (holds[ending] - holds[notes]) * len(durations)
        bar, onset = bars[notes], position[notes]
        good[bar[onset % _SLOT > 0]] = False
        starts = np.concatenate([[0], np.cumsum(lengths)])
        slots = starts[bar] + np.minimum(onset // _SLOT, np.maximum(lengths[bar] - 1, 0))
        good[bar[1:][slots[1:] == slots[:-1]]] = False
        line = np.full(int(starts[-1]), REST, np.uint8)
        until = np.minimum(slots + np.maximum(1, (ticks + _SLOT // 2) // _SLOT), np.append(slots[1:], starts[-1]))
        for slot, stop in zip(slots.tolist(), until.tolist(), strict=True):
            line[slot:stop] = SUSTAIN
        line[slots] = ONSET + ids[notes] - pitch.start
        for row in np.flatnonzero(good):
            rows[row, CELLS : CELLS + lengths[row]] = line[starts[row] : starts[row + 1]]

    def _named(self, ids: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of each place where the last id that names a track stands, -1 before the first."""
        run = self._types["TRACK"]
        return np.maximum.accumulate(np.where((ids >= run.start) & (ids < run.stop), places, -1))
