"""How music that was written goes with the music that it was written after."""

from __future__ import annotations

import numpy as np

from studio.metrics.notes import Floats
from studio.metrics.pitch import interval_histogram, pitch_class_histogram, register
from studio.metrics.rhythm import note_length_histogram, onset_interval_histogram
from studio.metrics.structure import likeness
from studio.metrics.texture import notes_per_bar
from studio.metrics.tonality import tonal_centroid
from studio.score import Score


def coherence(seed: Score, new: Score) -> dict[str, float]:
    """How the new bars go with the seed, by name; what says nothing, as pitches about drums, is left out.

    `seed` and `new` stand apart, each from its own tick 0.

    - `pitch_classes`, `intervals`, `lengths`, `onsets`: what the two histograms of a kind have in common, 0 (nothing)
      to 1 (the same): pitch classes by time, steps of the top lines, note lengths, times from onset to onset. The
      overlap of Swain and Ballard (1991), "Color Indexing", on the histograms of Yang and Lerch (2020), "On the
      Evaluation of Generative Models in Music".
    - `tonal_distance`: between the two tonal centroids, 0 (the same tones) to 3; Harte, Sandler and Gasser (2006),
      "Detecting Harmonic Change in Musical Audio".
    - `register`: semitones by which the new bars lie higher on average, -127 to 127; negative: lower.
    - `density`: notes per bar of the new bars over those of the seed; above 0, 1 is as dense.
    - `themes`: how much each new bar is like the bar of the seed that it is most like, on average, 0 (nothing comes
      back) to 1 (every bar does), see `self_similarity`.
    """
    found: dict[str, float] = {}
    kinds = {
        "pitch_classes": pitch_class_histogram,
        "intervals": interval_histogram,
        "lengths": note_length_histogram,
        "onsets": onset_interval_histogram,
    }
    for name, histogram in kinds.items():
        before, after = histogram(seed), histogram(new)
        if before.any() and after.any():
            found[name] = overlap(before, after)
            if name == "pitch_classes":
                apart = tonal_centroid(after) - tonal_centroid(before)
                found["tonal_distance"] = float(np.linalg.norm(apart))
    high, low = register(new), register(seed)
    if high is not None and low is not None:
        found["register"] = high - low
    if seed.note_count and new.note_count:
        found["density"] = notes_per_bar(new) / notes_per_bar(seed)
        found["themes"] = float(likeness(new, seed).max(axis=1).mean())
    return found


def overlap(one: Floats, other: Floats) -> float:
    """What two histograms of shares have in common: 0-1."""
    return float(np.minimum(one, other).sum())
