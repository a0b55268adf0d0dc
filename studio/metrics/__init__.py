"""`Score` (or one `Track`) to numbers: pitch, rhythm, texture, structure, tonality; scores beside scores.

Knows nothing of files, tokens or models. Every figure names its unit and range, and the paper it comes from where it
has one. Drums have no pitch and are left out of every figure about pitch.
"""

from studio.metrics.catalogue import FIGURES, figures
from studio.metrics.figure import Figure
from studio.metrics.pitch import (
    pitch_class_entropy,
    pitch_class_histogram,
    pitch_range,
    pitch_span,
    repeated_pitch_rate,
    scale_consistency,
)
from studio.metrics.structure import LONGEST_PATTERN, bar_contents, longest_loop
from studio.metrics.texture import empty_bars, notes_per_bar, polyphony
from studio.metrics.tonality import Key, estimate_key

__all__ = [
    "FIGURES",
    "LONGEST_PATTERN",
    "Figure",
    "Key",
    "bar_contents",
    "empty_bars",
    "estimate_key",
    "figures",
    "longest_loop",
    "notes_per_bar",
    "pitch_class_entropy",
    "pitch_class_histogram",
    "pitch_range",
    "pitch_span",
    "polyphony",
    "repeated_pitch_rate",
    "scale_consistency",
]
