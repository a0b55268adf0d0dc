"""`FIGURES`: every figure of a single score, by name."""

from __future__ import annotations

from math import inf, log2

from studio.metrics import pitch, texture, tonality
from studio.metrics.figure import Figure
from studio.score import Score

MUSPY = "Dong et al. (2020), MusPy: A Toolkit for Symbolic Music Generation"
KRUMHANSL = "Krumhansl (1990), Cognitive Foundations of Musical Pitch"
FIGURES: tuple[Figure, ...] = (
    Figure("pitch_span", "semitones", 0, 127, MUSPY, pitch.pitch_span),
    Figure("pitch_class_entropy", "bits", 0, log2(12), MUSPY, pitch.pitch_class_entropy),
    Figure("scale_consistency", "share", 0, 1, MUSPY, pitch.scale_consistency),
    Figure("polyphony", "pitches", 1, inf, MUSPY, lambda score: texture.polyphony(score) or None),
    Figure("notes_per_bar", "notes per bar", 0, inf, "", texture.notes_per_bar),
    Figure("key_clarity", "correlation", 0, 1, KRUMHANSL, tonality.key_clarity),
)


def figures(score: Score) -> dict[str, float]:
    """Each of `FIGURES` that says something about this score, by name."""
    found = ((figure.name, figure.of(score)) for figure in FIGURES)
    return {name: value for name, value in found if value is not None}
