"""Keys and harmony in figures. Drums have no pitch and do not count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.metrics.notes import Floats, array, bars_of, spread
from studio.metrics.pitch import pitch_class_histogram
from studio.score import Score, Track

# Temperley (1999), "What's Key for Key? The Krumhansl-Schmuckler Key-Finding Algorithm Reconsidered", Music Perception
# 17(1): how well each of the twelve pitch classes, counted from the tonic, fits a major and a minor key.
_MAJOR = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
_MINOR = (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0)
_MAJOR_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class Key:
    """`tonic` 0-11 (0 = C) and mode; `confidence` 0-1 is the correlation with the key's profile."""

    tonic: int
    minor: bool
    confidence: float

    @property
    def name(self) -> str:
        """For people, in the usual spelling: "A minor", "Bb major"."""
        return f"{_MINOR_NAMES[self.tonic]} minor" if self.minor else f"{_MAJOR_NAMES[self.tonic]} major"


def _profiles() -> Floats:
    """(24, 12): the twelve major, then the twelve minor keys, each centred and of unit length."""
    rows = np.array([np.roll(profile, tonic) for profile in (_MAJOR, _MINOR) for tonic in range(12)])
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


_PROFILES = _profiles()


def estimate_key(music: Score | Track) -> Key | None:
    """The key whose profile fits the time on each pitch class best; None without pitches or when all keys fit alike.

    The Krumhansl-Schmuckler algorithm (Krumhansl 1990, "Cognitive Foundations of Musical Pitch") with the profiles of
    Temperley (1999, Music Perception 17(1)).
    """
    weights = pitch_class_histogram(music)
    centred = weights - weights.mean()
    length = float(np.linalg.norm(centred))
    if length < 1e-12:
        return None
    correlations = _PROFILES @ centred / length
    best = int(np.argmax(correlations))
    return Key(best % 12, best >= 12, float(np.clip(correlations[best], 0.0, 1.0)))


def key_clarity(music: Score | Track) -> float | None:
    """How well the key that fits best does fit: a correlation, 0-1; None without pitches or when all keys fit alike."""
    key = estimate_key(music)
    return key.confidence if key else None


# --- the tonal space -------------------------------------------------------------------------------------------------


def _circles() -> Floats:
    """(12, 6): each pitch class on the circles of fifths, minor thirds and major thirds, of radius 1, 1 and 1/2."""
    angles = np.arange(12)[:, None] * np.pi * np.array([7 / 6, 3 / 2, 2 / 3])
    radii = np.array([1.0, 1.0, 0.5])
    return np.hstack([radii * np.sin(angles), radii * np.cos(angles)])


TONAL_SPACE = _circles()


def tonal_centroid(histogram: Floats) -> Floats:
    """(..., 6) float64: where shares of pitch classes, (..., 12), lie in the tonal space, at most 1.5 from its middle.

    Harte, Sandler and Gasser (2006), "Detecting Harmonic Change in Musical Audio": what lies near each other there
    (Euclidean) goes together in harmony. A fifth is 1.74 apart, a major third 1.94, the tritone most, 2.83.
    """
    return np.asarray(histogram @ TONAL_SPACE)


def bar_histograms(score: Score) -> Floats:
    """(B, 12) float64: in each of the first 256 bars the share of note time on each pitch class; 0 in silent ones."""
    bars = bars_of(score)
    time = np.zeros((len(bars), 12))
    if bars:
        notes = array(score)
        notes = notes[notes[:, 0] < bars[-1].end]
        row, bar, ticks = spread(notes, np.array([*(bar.start for bar in bars), bars[-1].end]))
        np.add.at(time, (bar, notes[row, 1] % 12), ticks)
    return np.asarray(time / np.maximum(1, time.sum(axis=1, keepdims=True)))


def tonal_motion(score: Score) -> float | None:
    """Mean distance in the tonal space from each bar to the next that sounds: 0 (harmony stands still) to 3.

    None where fewer than two bars have pitches. The harmonic change of Harte, Sandler and Gasser (2006), bar by bar.
    """
    histograms = bar_histograms(score)
    centroids = tonal_centroid(histograms[histograms.any(axis=1)])
    steps = np.linalg.norm(np.diff(centroids, axis=0), axis=1)
    return float(steps.mean()) if len(steps) else None
