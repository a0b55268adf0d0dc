"""Harmonisation: chords that suit a melody. Knows no models; how often a chord is used, was counted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio.harmony import Chord, sounding_halves
from studio.metrics import estimate_key
from studio.score import Score

# Shares of the commonest triads by semitones above the tonic, sevenths counted as triads; how often a half bar keeps
# the chord of the half before, inside a bar and over a bar line. Counted in the training split's pop songs, chorales,
# choral pieces, songs and art songs, chords by `harmony.estimate`: 325,553 half bars in major, 71,410 in minor.
_MAJOR = {
    (0, "maj"): 0.259, (7, "maj"): 0.196, (9, "min"): 0.121, (5, "maj"): 0.096, (2, "min"): 0.067, (4, "min"): 0.060,
    (2, "maj"): 0.034, (4, "maj"): 0.033, (9, "maj"): 0.024,
}  # fmt: skip
_MINOR = {
    (0, "min"): 0.260, (7, "maj"): 0.133, (5, "min"): 0.093, (8, "maj"): 0.073, (3, "maj"): 0.064, (7, "min"): 0.051,
    (10, "maj"): 0.047, (5, "maj"): 0.039,
}  # fmt: skip
_STAYS = {"inside": 0.67, "over": 0.21}
_ON_CHORD = 0.75
"""Share of a melody's time on tones of the chord: 0.63 to 0.76 in real chorales, pop and art songs."""
_HOME = 1.0
"""Nats that speak for beginning and ending on the tonic chord."""


def harmonise(score: Score, melody: int) -> list[tuple[Chord, Chord]]:
    """For each bar of `score.bars` the chord of its first and of its second half; [] for a melody without pitches.

    The likeliest chords of a hidden Markov model (Viterbi 1967), half bar by half bar, in the key that the melody as a
    whole is in; as in MySong (Simon, Morris and Basu 2008, "MySong: Automatic Accompaniment Generation for Vocal
    Melodies"), but for triads and with counts of our own. A quarter of a melody's note speaks once for its chords.
    """
    alone = replace(score, tracks=(score.tracks[melody],))
    key = estimate_key(alone)
    if key is None:
        return []
    shares = _MINOR if key.minor else _MAJOR
    chords = [Chord((key.tonic + degree) % 12, quality) for degree, quality in shares]
    heard = sounding_halves(alone) / score.resolution @ _fits(chords).T
    common = np.log(np.array(list(shares.values())) / sum(shares.values()))
    path = _likeliest(heard, common)
    return [(chords[path[i]], chords[path[i + 1]]) for i in range(0, len(path), 2)]


def _fits(chords: list[Chord]) -> NDArray[np.float64]:
    """(C, 12): log-likelihood of a pitch class over a chord; three tones share what is on it, nine the rest."""
    on, off = math.log(_ON_CHORD / 3), math.log((1 - _ON_CHORD) / 9)
    return np.array([[on if pitch_class in chord.tones() else off for pitch_class in range(12)] for chord in chords])


def _likeliest(heard: NDArray[np.float64], common: NDArray[np.float64]) -> list[int]:
    """The best path through the chords, by what each half bar's melody says of each of them (S, C)."""
    same = np.eye(len(common), dtype=bool)
    home = np.where(np.arange(len(common)) == 0, _HOME, 0.0)
    best, back = common + home + heard[0], []
    for i in range(1, len(heard)):
        stays = _STAYS["inside" if i % 2 else "over"]
        total = best[:, None] + np.where(same, math.log(stays), math.log(1 - stays) + common)
        back.append(total.argmax(0))
        best = total.max(0) + heard[i]
    path = [int((best + home).argmax())]
    for before in reversed(back):
        path.append(int(before[path[-1]]))
    return path[::-1]


def written(chords: list[tuple[Chord, Chord]]) -> str:
    """As they would be typed, with bar lines: "C | Am F"."""
    return " | ".join(a.name if a == b else f"{a.name} {b.name}" for a, b in chords)
