"""What comes again: bars that are like other bars, and loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from studio.metrics.notes import GRID, Floats, Ints, array, bars_of
from studio.score import Score

LONGEST_PATTERN = 4  # bars; what repeats after more than this is form, not a loop


def self_similarity(score: Score) -> Floats:
    """(B, B) float64: how much each bar is like each other bar, 0 (nothing in common) to 1 (the same).

    The notes that two bars share, by pitch and by where in the bar they start, all tracks together: their number over
    the geometric mean of the numbers of notes, a cosine. A bar in which nothing starts is like no bar, not even itself.
    The first 256 bars alone. A self-similarity matrix as in Foote (1999), "Visualizing Music and Audio using
    Self-Similarity". Not to be changed.
    """
    matrix: Floats = _similarity(score)
    return matrix


@lru_cache(maxsize=8)
def _similarity(score: Score) -> Floats:
    matrix = likeness(score, score)
    matrix.flags.writeable = False
    return matrix


def likeness(one: Score, other: Score) -> Floats:
    """(bars of one, bars of the other) float64: how much they are alike, 0-1, as in `self_similarity`."""
    rows, columns = _starts(one), _starts(other)
    _, index = np.unique(np.concatenate([rows[:, 1], columns[:, 1]]), return_inverse=True)
    kinds = int(index.max(initial=-1)) + 1
    unit = []
    for score, places, kind in ((one, rows, index[: len(rows)]), (other, columns, index[len(rows) :])):
        content = np.zeros((len(bars_of(score)), kinds))
        content[places[:, 0], kind] = 1.0
        unit.append(content / np.sqrt(np.maximum(1, content.sum(axis=1, keepdims=True))))
    return np.asarray(np.clip(unit[0] @ unit[1].T, 0.0, 1.0))


def _starts(score: Score) -> Ints:
    """(N, 2): for each note its bar, and a number for its pitch and where in the bar it starts."""
    bars = bars_of(score)
    starts = np.array([bar.start for bar in bars])
    notes = array(score, drums=True)
    notes = notes[notes[:, 0] < (bars[-1].end if bars else 0)]
    drums = np.array([track.is_drum for track in score.tracks], bool)[notes[:, 3]]
    bar = np.searchsorted(starts, notes[:, 0], "right") - 1
    steps = np.rint((notes[:, 0] - starts[bar]) * GRID / score.resolution).astype(np.int64)
    return np.stack([bar, steps * 256 + notes[:, 1] + 128 * drums], axis=1)


def repetition(bars: int) -> Callable[[Score], float | None]:
    """A figure: how much each bar is like the one `bars` before it, on average, 0-1.

    The mean of `self_similarity` along a diagonal, pairs with an empty bar left out; None where there is no pair. As
    the lag matrices of Goto (2003), "A Chorus-Section Detecting Method for Musical Audio Signals".
    """

    def of(score: Score) -> float | None:
        matrix = self_similarity(score)
        sounds = np.diagonal(matrix) > 0
        both = sounds[bars:] & sounds[: max(0, len(sounds) - bars)]
        return float(np.diagonal(matrix, bars)[both].mean()) if both.any() else None

    return of


# --- the fitness of segments -----------------------------------------------------------------------------------------


def structureness(shortest: int, longest: int) -> Callable[[Score], float | None]:
    """A figure: how well the best passage of `shortest` to `longest` bars stands for the piece by coming again, 0-1.

    The largest `fitness` of any such passage; the repetitions do not overlap, so that a passage of half the piece
    reaches 0.5 and one bar, over and over, nearly 1. None for pieces that are shorter than twice the shortest. The
    structureness indicator of Wu and Yang (2020), "The Jazz Transformer on the Front Line", on bars instead of seconds.
    """

    def of(score: Score) -> float | None:
        matrix = self_similarity(score)
        if len(matrix) < 2 * shortest:
            return None
        return max(float(of_length.max()) for of_length in _scape(matrix, shortest, longest))

    return of


def fitness(matrix: Floats, length: int) -> Floats:
    """(B - length + 1,) float64: the fitness, 0-1, of the passages of `length` bars that begin at each bar.

    `matrix` (B, B) as `self_similarity` gives it. The harmonic mean of how well a passage explains its repetitions and
    how much of the piece they cover, itself left out: Mueller, Jiang and Grohganz (2013), "A Robust Fitness Measure for
    Capturing Repetitions in Music Recordings with Applications to Audio Thumbnailing", IEEE Transactions on Audio,
    Speech and Language Processing 21(3). A bar is a bar long wherever it comes, so that only repetitions in step count;
    and as bars of notes, unlike frames of sound, are hardly alike by chance, no threshold is needed.
    """
    return _scape(matrix, length, length)[0]


def _scape(matrix: Floats, shortest: int, longest: int) -> list[Floats]:
    """The fitness of all passages, by length."""
    alike = matrix.copy()
    np.fill_diagonal(alike, 1.0)
    rows = []
    score = alike
    for length in range(1, min(longest, len(matrix)) + 1):
        if length > 1:
            score = score[:-1, :-1] + alike[length - 1 :, length - 1 :]
        if length >= shortest:
            rows.append(_fitness(score, length, len(matrix)))
    return rows


def _fitness(score: Floats, length: int, bars: int) -> Floats:
    """Of passages of one length; `score` (at, passage) says how well each explains the bars that begin at each."""
    passages = len(score)
    best, copies = np.zeros((bars + 1, passages)), np.zeros((bars + 1, passages))
    for end in range(length, bars + 1):
        explained = best[end - length] + score[end - length]
        better = explained > best[end - 1]
        best[end] = np.where(better, explained, best[end - 1])
        copies[end] = np.where(better, copies[end - length] + 1, copies[end - 1])
    explains = np.maximum(0.0, best[-1] - length) / np.maximum(1, copies[-1] * length)
    covers = np.maximum(0.0, copies[-1] - 1) * length / bars
    both = explains + covers
    return np.asarray(np.divide(2 * explains * covers, both, out=np.zeros(passages), where=both > 0))


# --- loops -----------------------------------------------------------------------------------------------------------


def bar_contents(score: Score) -> list[tuple[tuple[int, int, int, int], ...]]:
    """For each bar the notes that start in it as (track index, ticks after the bar line, pitch, duration), sorted."""
    contents: list[list[tuple[int, int, int, int]]] = []
    notes = sorted((note.onset, index, note) for index, track in enumerate(score.tracks) for note in track.notes)
    position = 0
    for bar in score.bars:
        inside: list[tuple[int, int, int, int]] = []
        while position < len(notes) and notes[position][0] < bar.end:
            onset, index, note = notes[position]
            inside.append((index, onset - bar.start, note.pitch, note.duration))
            position += 1
        contents.append(sorted(inside))
    return [tuple(inside) for inside in contents]


def longest_loop(score: Score, longest_pattern: int = LONGEST_PATTERN) -> int:
    """Bars in the longest stretch that only repeats a pattern of 1 to `longest_pattern` bars, its first time included.

    0 when no pattern comes twice in a row. Notes are compared by track, position, pitch and duration, not velocity;
    patterns without any note do not count (see `empty_bars`).
    """
    contents = bar_contents(score)
    return max((_longest_repetition(contents, period) for period in range(1, longest_pattern + 1)), default=0)


def _longest_repetition(contents: Sequence[tuple[tuple[int, int, int, int], ...]], period: int) -> int:
    """Bars of the longest stretch in which each bar equals the one `period` bars before it; 0 below two full rounds."""
    longest, repeated = 0, 0
    for i in range(period, len(contents)):
        repeated = repeated + 1 if contents[i] == contents[i - period] else 0
        sounds = any(contents[i - repeated - period + 1 : i + 1])
        if repeated >= period and sounds:
            longest = max(longest, repeated + period)
    return longest
