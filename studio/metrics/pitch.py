"""Which pitches there are, and how a line moves from one to the next. Drums have no pitch and do not count."""

from __future__ import annotations

import itertools

import numpy as np

from studio.metrics.notes import Floats, Ints, array, entropy, pitched_notes, shares, top_lines
from studio.score import Score, Track

_MAJOR_SCALE = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11)).astype(np.int64)
_SCALES = np.array([np.roll(_MAJOR_SCALE, tonic) for tonic in range(12)])

WIDEST = 12  # semitones; wider steps are counted with the octave


def pitch_class_histogram(music: Score | Track) -> Floats:
    """(12,) float64, from C upwards: the share of note time on each pitch class, 0-1; all 0 without pitches."""
    weights = np.zeros(12)
    for note in pitched_notes(music):
        weights[note.pitch % 12] += note.duration
    return shares(weights)


def pitch_class_counts(music: Score | Track) -> Ints:
    """(12,) int64, from C upwards: the number of notes on each pitch class."""
    return np.bincount(array(music)[:, 1] % 12, minlength=12)


def pitch_range(music: Score | Track) -> tuple[int, int] | None:
    """Lowest and highest pitch, 0-127 (60 = C4); None when nothing is pitched."""
    pitches = [note.pitch for note in pitched_notes(music)]
    return (min(pitches), max(pitches)) if pitches else None


def pitch_span(music: Score | Track) -> float | None:
    """Semitones from the lowest to the highest pitch, 0-127; None when nothing is pitched.

    The pitch range of Yang and Lerch (2020), "On the Evaluation of Generative Models in Music", Neural Computing and
    Applications 32, and of MusPy (Dong et al. 2020).
    """
    found = pitch_range(music)
    return float(found[1] - found[0]) if found else None


def register(music: Score | Track) -> float | None:
    """Mean pitch of the notes, 0-127 (60 = C4), each weighted by how long it lasts; None when nothing is pitched."""
    notes = array(music)
    return float(np.average(notes[:, 1], weights=notes[:, 2])) if len(notes) else None


def pitch_class_entropy(music: Score | Track) -> float | None:
    """How evenly the notes use the twelve pitch classes: 0 (one alone) to log2 12 = 3.58 bits; None without pitches.

    As in MusPy (Dong, Chen, McAuley and Berg-Kirkpatrick 2020, "MusPy: A Toolkit for Symbolic Music Generation"), and
    in Wu and Yang (2020), "The Jazz Transformer on the Front Line", there over one or four bars.
    """
    counts = pitch_class_counts(music)
    return entropy(shares(counts)) if counts.any() else None


def scale_consistency(music: Score | Track) -> float | None:
    """The largest share of the notes that lie in one major (or natural minor) scale: 7/12 to 1; None without pitches.

    As in MusPy (Dong et al. 2020), after Mogren (2016), "C-RNN-GAN".
    """
    counts = pitch_class_counts(music)
    return float((_SCALES @ counts).max() / counts.sum()) if counts.any() else None


# --- steps of a line -------------------------------------------------------------------------------------------------


def intervals(music: Score | Track) -> Ints:
    """(K,) int64: semitones from each note to the next, up or down, in the top line of each track.

    A top line is the highest of the notes that start together. The tracks stand one after the other.
    """
    line = top_lines(music)
    return np.asarray(np.diff(line[:, 1])[line[1:, 3] == line[:-1, 3]])


def interval_histogram(music: Score | Track) -> Floats:
    """(25,) float64: the share of the steps that are -12 to 12 semitones, wider ones with the octaves; see `intervals`.

    Entry 12 is the repeated pitch. All 0 without any step. The pitch interval histogram of Yang and Lerch (2020).
    """
    steps = np.clip(intervals(music), -WIDEST, WIDEST) + WIDEST
    return shares(np.bincount(steps, minlength=2 * WIDEST + 1))


def pitch_class_transitions(music: Score | Track) -> Floats:
    """(12, 12) float64: the share of the steps of all top lines that lead from pitch class `row` to `column`.

    All of it adds up to 1, or is 0 without any step. The pitch class transition matrix of Yang and Lerch (2020).
    """
    line = top_lines(music)
    same = line[1:, 3] == line[:-1, 3]
    classes = line[:, 1] % 12
    counts = np.bincount((12 * classes[:-1] + classes[1:])[same], minlength=144)
    return shares(counts).reshape(12, 12)


def transition_entropy(music: Score | Track) -> float | None:
    """How open it is which pitch class comes next, once one has come: 0 (settled) to log2 12 = 3.58 bits.

    The conditional entropy of `pitch_class_transitions`; short pieces have less of it, whatever they are. None without
    any step. After Manzara, Witten and James (1992), "On the Entropy of Music", Leonardo Music Journal 2(1).
    """
    matrix = pitch_class_transitions(music)
    return entropy(matrix.ravel()) - entropy(matrix.sum(axis=1)) if matrix.any() else None


def mean_interval(music: Score | Track) -> float | None:
    """Mean size of the steps of all top lines, in semitones, 0-127; None without any step.

    The average pitch interval of Yang and Lerch (2020).
    """
    steps = intervals(music)
    return float(np.abs(steps).mean()) if len(steps) else None


def stepwise(music: Score | Track) -> float | None:
    """Share of the steps of all top lines that are one or two semitones: 0-1; None without any step.

    After pitch proximity in Huron (2006), "Sweet Anticipation".
    """
    steps = np.abs(intervals(music))
    return float(((steps == 1) | (steps == 2)).mean()) if len(steps) else None


def repeated_pitches(music: Score | Track) -> float | None:
    """Share of the steps of all top lines that stay on the pitch: 0-1; None without any step."""
    steps = intervals(music)
    return float((steps == 0).mean()) if len(steps) else None


def repeated_pitch_rate(track: Track) -> float:
    """Share of the steps of a monophonic line, from each note to the next, that stay on the same pitch: 0-1.

    0 for fewer than two notes. Notes of a chord count as if one came after another: make the line monophonic first.
    """
    pitches = [note.pitch for note in track.notes]
    steps = list(itertools.pairwise(pitches))
    return sum(a == b for a, b in steps) / len(steps) if steps else 0.0
