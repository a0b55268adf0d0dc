"""`Score` (or one `Track`) to numbers: pitch, rhythm, texture, structure, tonality; scores beside scores.

Knows nothing of files, tokens or models. Every figure names its unit and range, and the paper it comes from where it
has one. Drums have no pitch and are left out of every figure about pitch.
"""

from studio.metrics.catalogue import FIGURES, figures
from studio.metrics.coherence import coherence, overlap
from studio.metrics.diversity import diversity
from studio.metrics.figure import Figure
from studio.metrics.pitch import (
    interval_histogram,
    intervals,
    mean_interval,
    pitch_class_entropy,
    pitch_class_histogram,
    pitch_class_transitions,
    pitch_range,
    pitch_span,
    register,
    repeated_pitch_rate,
    repeated_pitches,
    scale_consistency,
    stepwise,
    transition_entropy,
)
from studio.metrics.rhythm import (
    LENGTHS,
    empty_beats,
    groove_consistency,
    length_entropy,
    note_length,
    note_length_histogram,
    on_beat,
    onset_entropy,
    onset_interval_histogram,
    onset_intervals,
    syncopation,
)
from studio.metrics.structure import (
    LONGEST_PATTERN,
    bar_contents,
    fitness,
    likeness,
    longest_loop,
    repetition,
    self_similarity,
    structureness,
)
from studio.metrics.texture import empty_bars, notes_per_bar, polyphony
from studio.metrics.tonality import (
    TONAL_SPACE,
    Key,
    bar_histograms,
    estimate_key,
    key_clarity,
    tonal_centroid,
    tonal_motion,
)

__all__ = [
    "FIGURES",
    "LENGTHS",
    "LONGEST_PATTERN",
    "TONAL_SPACE",
    "Figure",
    "Key",
    "bar_contents",
    "bar_histograms",
    "coherence",
    "diversity",
    "empty_bars",
    "empty_beats",
    "estimate_key",
    "figures",
    "fitness",
    "groove_consistency",
    "interval_histogram",
    "intervals",
    "key_clarity",
    "length_entropy",
    "likeness",
    "longest_loop",
    "mean_interval",
    "note_length",
    "note_length_histogram",
    "notes_per_bar",
    "on_beat",
    "onset_entropy",
    "onset_interval_histogram",
    "onset_intervals",
    "overlap",
    "pitch_class_entropy",
    "pitch_class_histogram",
    "pitch_class_transitions",
    "pitch_range",
    "pitch_span",
    "polyphony",
    "register",
    "repeated_pitch_rate",
    "repeated_pitches",
    "repetition",
    "scale_consistency",
    "self_similarity",
    "stepwise",
    "structureness",
    "syncopation",
    "tonal_centroid",
    "tonal_motion",
    "transition_entropy",
]
