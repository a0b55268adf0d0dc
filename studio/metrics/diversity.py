"""How much several takes of one thing differ from one another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence, Set
from statistics import fmean

import numpy as np

from studio.metrics.coherence import overlap
from studio.metrics.notes import GRID, array, top_lines
from studio.metrics.pitch import interval_histogram, pitch_class_histogram
from studio.score import Score

PHRASE = 4  # steps of a line


def diversity(scores: Sequence[Score]) -> dict[str, float]:
    """How much the takes differ, by name; empty for fewer than two. Each take stands apart, from its own tick 0.

    - `notes`: share of the notes of two takes that are not in both (onset and pitch), mean over all pairs: 0 (the same
      takes) to 1. Dice's distance, as pairs in Dong, Hsiao, Yang and Yang (2018), "MuseGAN", compare tracks.
    - `rhythms`: the same of the onsets alone.
    - `pitch_classes`, `intervals`: what two histograms of the kind do not have in common, mean over all pairs: 0-1; the
      intra-set distances of Yang and Lerch (2020), "On the Evaluation of Generative Models in Music".
    - `distinct_phrases`: different runs of 4 steps in the top lines of all takes over all such runs: above 0 (one run,
      over and over), to 1 (each is new). The distinct-n of Li et al. (2016), "A Diversity-Promoting
      Objective Function for Neural Conversation Models", on intervals.
    """
    if len(scores) < 2:
        return {}
    pairs = list(itertools.combinations(range(len(scores)), 2))
    notes = [_places(score) for score in scores]
    onsets = [{place[0] for place in places} for places in notes]
    found = {
        "notes": fmean(_apart(notes[a], notes[b]) for a, b in pairs),
        "rhythms": fmean(_apart(onsets[a], onsets[b]) for a, b in pairs),
    }
    for name, histogram in (("pitch_classes", pitch_class_histogram), ("intervals", interval_histogram)):
        made = [histogram(score) for score in scores]
        both = [(made[a], made[b]) for a, b in pairs if made[a].any() and made[b].any()]
        if both:
            found[name] = fmean(1 - overlap(one, other) for one, other in both)
    runs = [run for score in scores for run in _phrases(score)]
    if runs:
        found["distinct_phrases"] = len(set(runs)) / len(runs)
    return found


def _places(score: Score) -> set[tuple[int, int]]:
    """(step, pitch) of each note, drums too, whose pitches are told from others'."""
    notes = array(score, drums=True)
    steps = np.rint(notes[:, 0] * GRID / score.resolution).astype(np.int64)
    drums = np.array([track.is_drum for track in score.tracks], bool)[notes[:, 3]]
    return set(zip(steps.tolist(), (notes[:, 1] + 128 * drums).tolist(), strict=True))


def _apart(one: Set[object], other: Set[object]) -> float:
    """Dice's distance of two sets: 0-1; 0 for two empty ones."""
    together = len(one) + len(other)
    return 1 - 2 * len(one & other) / together if together else 0.0


def _phrases(score: Score) -> list[tuple[int, ...]]:
    """Every run of `PHRASE` steps, in semitones, in the top line of a track."""
    line = top_lines(score)
    runs = []
    for track in np.unique(line[:, 3]):
        steps = np.diff(line[line[:, 3] == track, 1]).tolist()
        runs += [tuple(steps[i : i + PHRASE]) for i in range(len(steps) - PHRASE + 1)]
    return runs
