"""`FIGURES`: every figure of a single score, by name."""

from __future__ import annotations

from math import inf, log2

from studio.metrics import pitch, rhythm, structure, texture, tonality
from studio.metrics.figure import Figure
from studio.score import Score

_MUSPY = "Dong, Chen, McAuley and Berg-Kirkpatrick (2020), MusPy: A Toolkit for Symbolic Music Generation"
_YANG = "Yang and Lerch (2020), On the Evaluation of Generative Models in Music"
_WU = "Wu and Yang (2020), The Jazz Transformer on the Front Line"
_MANZARA = "Manzara, Witten and James (1992), On the Entropy of Music"
_HURON = "Huron (2006), Sweet Anticipation"
_PALMER = "Palmer and Krumhansl (1990), Mental Representations for Musical Meter"
_LEE = "Longuet-Higgins and Lee (1984), The Rhythmic Interpretation of Monophonic Music"
_GOTO = "Goto (2003), A Chorus-Section Detecting Method for Musical Audio Signals"
_KRUMHANSL = "Krumhansl (1990), Cognitive Foundations of Musical Pitch; profiles of Temperley (1999)"
_HARTE = "Harte, Sandler and Gasser (2006), Detecting Harmonic Change in Musical Audio"

FIGURES: tuple[Figure, ...] = (
    Figure("pitch_span", "semitones", 0, 127, _YANG, pitch.pitch_span),
    Figure("register", "pitch", 0, 127, "", pitch.register),
    Figure("pitch_class_entropy", "bits", 0, log2(12), _MUSPY, pitch.pitch_class_entropy),
    Figure("scale_consistency", "share", 7 / 12, 1, _MUSPY, pitch.scale_consistency),
    Figure("mean_interval", "semitones", 0, 127, _YANG, pitch.mean_interval),
    Figure("stepwise", "share", 0, 1, _HURON, pitch.stepwise),
    Figure("repeated_pitches", "share", 0, 1, "", pitch.repeated_pitches),
    Figure("transition_entropy", "bits", 0, log2(12), _MANZARA, pitch.transition_entropy),
    Figure("note_length", "quarters", 0, inf, "", rhythm.note_length),
    Figure("length_entropy", "bits", 0, log2(len(rhythm.LENGTHS)), _YANG, rhythm.length_entropy),
    Figure("onset_entropy", "bits", 0, log2(len(rhythm.LENGTHS)), _YANG, rhythm.onset_entropy),
    Figure("on_beat", "share", 0, 1, _PALMER, rhythm.on_beat),
    Figure("syncopation", "levels", 0, 6, _LEE, rhythm.syncopation),
    Figure("groove_consistency", "share", 0, 1, _WU, rhythm.groove_consistency),
    Figure("empty_beats", "share", 0, 1, _MUSPY, rhythm.empty_beats),
    Figure("polyphony", "pitches", 1, 128, _MUSPY, lambda score: texture.polyphony(score) or None),
    Figure("notes_per_bar", "notes", 0, inf, "", lambda score: texture.notes_per_bar(score) or None),
    Figure("repetition_1", "likeness", 0, 1, _GOTO, structure.repetition(1)),
    Figure("repetition_2", "likeness", 0, 1, _GOTO, structure.repetition(2)),
    Figure("repetition_4", "likeness", 0, 1, _GOTO, structure.repetition(4)),
    Figure("repetition_8", "likeness", 0, 1, _GOTO, structure.repetition(8)),
    Figure("structure_short", "fitness", 0, 1, _WU, structure.structureness(2, 3)),
    Figure("structure_medium", "fitness", 0, 1, _WU, structure.structureness(4, 7)),
    Figure("structure_long", "fitness", 0, 1, _WU, structure.structureness(8, 16)),
    Figure("key_clarity", "correlation", 0, 1, _KRUMHANSL, tonality.key_clarity),
    Figure("tonal_motion", "distance", 0, 3, _HARTE, tonality.tonal_motion),
)


def figures(score: Score) -> dict[str, float]:
    """Each of `FIGURES` that says something about this score, by name."""
    found = ((figure.name, figure.of(score)) for figure in FIGURES)
    return {name: value for name, value in found if value is not None}
