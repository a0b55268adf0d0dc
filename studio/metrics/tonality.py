"""Keys and harmony in figures. Drums have no pitch and do not count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def _profiles() -> NDArray[np.float64]:
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
