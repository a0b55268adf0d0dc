"""A score to numbers that say what kind of music it is, and nothing of its instruments, its loudness or its length.

`features` gives them by name; the part before the dot is the block that they belong to: `figure` (those of
`studio.metrics`), `trait` (what these do not say), and the histograms, whose shares add up to 1. All that is about
pitch is relative to the tonic or to the note before, so that a transposed tune stays what it is; only height counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from studio import metrics
from studio.melody import monophonic
from studio.score import Note, Score, Track

BARS = 16
"""Bars that are looked at: a listener knows by then, and long pieces cost no more than short ones."""
FEWEST = 8  # notes; fewer say nothing
WIDEST = 12  # semitones; wider steps count as one
_VALUES = (0.2, 0.29, 0.41, 0.6, 0.85, 1.2, 1.7, 2.5)
"""Bounds in quarters between values: 32nd, 16th, triplet, 8th, dotted 8th, quarter, dotted quarter, half, longer."""
_PLACES = {0: 0, 6: 1, 3: 2, 9: 2, 4: 3, 8: 3}
"""Of a quarter's twelfths: the beat, its half, its quarters, its thirds; whatever else lies at 4."""

Array = NDArray[np.float64]


def features(score: Score) -> dict[str, float]:
    """The numbers by name; {} for music with fewer than FEWEST pitched notes. Of a long score its middle BARS bars."""
    score = _middle(score)
    pitched = sorted(note for track in score.tracks if not track.is_drum for note in track.notes)
    if len(pitched) < FEWEST:
        return {}
    line = monophonic(Track(tuple(pitched))).notes
    found = {f"trait.{name}": value for name, value in _traits(score).items()}
    found |= {f"figure.{name}": value for name, value in metrics.figures(score).items()}
    for block, shares in _histograms(score, pitched, line).items():
        found |= {f"{block}.{i}": float(share) for i, share in enumerate(shares)}
    return found


def _middle(score: Score) -> Score:
    bars = score.bar_count
    first = max(0, (bars - BARS) // 2)
    return score.slice_bars(first, first + BARS) if bars > BARS else score


def _traits(score: Score) -> dict[str, float]:
    """What the figures do not say. `pace`: moments a second at which notes begin. `minor`: how well the key's profile
    fits (0-1), negative in major. `three`: share of bars that have three beats, or a multiple of them.
    """
    onsets = [note.onset for track in score.tracks for note in track.notes]
    lasting_s = score.seconds_at(score.end) - score.seconds_at(min(onsets))
    key, bars = metrics.estimate_key(score), score.bars
    return {
        "pace": len(set(onsets)) / max(0.5, lasting_s),
        "minor": 0.0 if key is None else key.confidence * (1 if key.minor else -1),
        "three": sum(bar.numerator % 3 == 0 for bar in bars) / len(bars),
    }


def _steps(line: Sequence[Note]) -> NDArray[np.int64]:
    return np.array([after.pitch - before.pitch for before, after in pairwise(line)], dtype=np.int64)


def _histograms(score: Score, pitched: Sequence[Note], line: Sequence[Note]) -> Mapping[str, Array]:
    """Shares of: pitch classes from the tonic up (12), steps of the top line from an octave down to one up (25), times
    between beginnings and note lengths by value (9 each), places in the quarter (5, see _PLACES).
    """
    quarter = score.resolution
    key = metrics.estimate_key(score)
    onsets = np.unique([note.onset for note in pitched])
    gaps = np.diff(onsets) / quarter
    lengths = np.array([note.duration for note in pitched]) / quarter
    twelfths = np.round((onsets % quarter) * 12 / quarter).astype(int) % 12
    return {
        "class": np.roll(metrics.pitch_class_histogram(score), -key.tonic if key else 0),
        "step": _shares(np.clip(_steps(line), -WIDEST, WIDEST) + WIDEST, 2 * WIDEST + 1),
        "gap": _shares(np.digitize(gaps, _VALUES), len(_VALUES) + 1),
        "length": _shares(np.digitize(lengths, _VALUES), len(_VALUES) + 1),
        "place": _shares(np.array([_PLACES.get(int(place), 4) for place in twelfths]), 5),
    }


def _shares(bins: NDArray[np.int64], count: int) -> Array:
    counted = np.bincount(bins, minlength=count).astype(float)
    return np.asarray(counted / max(1.0, counted.sum()))
