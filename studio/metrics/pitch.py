"""Which pitches there are, and how a line moves from one to the next. Drums have no pitch and do not count."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from studio.metrics.notes import Floats, array, entropy, pitched_notes, shares
from studio.score import Score, Track

_MAJOR_SCALE = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11)).astype(np.float64)
_SCALES = np.array([np.roll(_MAJOR_SCALE, tonic) for tonic in range(12)])


def pitch_class_histogram(music: Score | Track) -> NDArray[np.float64]:
    """(12,) float64, from C upwards: the share of note time on each pitch class, 0-1; all 0 without pitches."""
    weights = np.zeros(12)
    for note in pitched_notes(music):
        weights[note.pitch % 12] += note.duration
    total = weights.sum()
    return weights / total if total else weights


def pitch_range(music: Score | Track) -> tuple[int, int] | None:
    """Lowest and highest pitch, 0-127 (60 = C4); None when nothing is pitched."""
    pitches = [note.pitch for note in pitched_notes(music)]
    return (min(pitches), max(pitches)) if pitches else None


def repeated_pitch_rate(track: Track) -> float:
    """Share of the steps of a monophonic line, from each note to the next, that stay on the same pitch: 0-1.

    0 for fewer than two notes. Notes of a chord count as if one came after another: make the line monophonic first.
    """
    pitches = [note.pitch for note in track.notes]
    steps = list(itertools.pairwise(pitches))
    return sum(a == b for a, b in steps) / len(steps) if steps else 0.0


def pitch_span(music: Score | Track) -> float | None:
    """Semitones from the lowest to the highest pitch, 0-127; None when nothing is pitched."""
    found = pitch_range(music)
    return float(found[1] - found[0]) if found else None


def pitch_class_counts(music: Score | Track) -> Floats:
    """(12,) float64, from C upwards: the share of the notes on each pitch class, 0-1; all 0 without pitches."""
    return shares(np.bincount(array(music)[:, 1] % 12, minlength=12).astype(np.float64))


def pitch_class_entropy(music: Score | Track) -> float | None:
    """How evenly the notes use the twelve pitch classes: 0 (one alone) to log2 12 = 3.58 bits; None without pitches.

    As in MusPy (Dong, Chen, McAuley and Berg-Kirkpatrick 2020), and in Wu and Yang (2020), "The Jazz Transformer on the
    Front Line", there over one or four bars.
    """
    counts = pitch_class_counts(music)
    return entropy(counts) if counts.any() else None


def scale_consistency(music: Score | Track) -> float | None:
    """The largest share of the notes that lie in one major (or natural minor) scale: 7/12 to 1; None without pitches.

    As in MusPy (Dong, Chen, McAuley and Berg-Kirkpatrick 2020), after Mogren (2016), "C-RNN-GAN".
    """
    counts = pitch_class_counts(music)
    return float((_SCALES @ counts).max()) if counts.any() else None
