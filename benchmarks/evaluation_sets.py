"""What models write beside held-out and training music: figure by figure, and set beside set (Yang & Lerch 2020)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_report import Row
from benchmarks.evaluation_separation import measured
from benchmarks.evaluation_takes import HELD_OUT, TRAINING, Written
from studio import metrics, sets
from studio.metrics import FIGURES
from studio.score import Score

Floats = NDArray[np.float64]

HISTOGRAMS: dict[str, Callable[[Score], Floats]] = {
    "pitch classes": metrics.pitch_class_histogram,
    "pitch class transitions": lambda score: metrics.pitch_class_transitions(score).ravel(),
    "intervals": metrics.interval_histogram,
    "note lengths": metrics.note_length_histogram,
    "steps in time": metrics.onset_interval_histogram,
}
"""What Yang & Lerch compare beside single numbers, in whatever key a piece is."""
FEWEST = 8
"""Pieces of which a feature must say something in each set."""
MEAN = "mean of all"
ROUNDS = 100


@dataclass(frozen=True)
class Features:
    """A set of scores as features by name, each (scores, D); nan where one says nothing of a score."""

    music: str
    by: str
    temperature: float | None
    features: dict[str, Floats]

    @property
    def pieces(self) -> int:
        return len(next(iter(self.features.values())))

    def known(self, name: str) -> int:
        """Of how many scores a feature says something."""
        return int((~np.isnan(self.features[name]).any(axis=1)).sum())


def featured(written: Written) -> Features:
    """The figures and histograms of each score."""
    print(f"measuring {written.music}, {written.by} {written.temperature or ''}", file=sys.stderr, flush=True)
    numbers = measured(written.scores)
    features = {figure.name: numbers[:, [column]] for column, figure in enumerate(FIGURES)}
    for name, of in HISTOGRAMS.items():
        features[name] = np.array([of(score) for score in written.scores], dtype=float)
    return Features(written.music, written.by, written.temperature, features)


def _of_music(found: Sequence[Features]) -> Iterator[tuple[Features, Features, list[Features]]]:
    """(held-out, training, the others) of each kind of music."""
    for music in dict.fromkeys(each.music for each in found):
        of = [each for each in found if each.music == music]
        held_out, trained = (next(each for each in of if each.by == name) for name in (HELD_OUT, TRAINING))
        yield held_out, trained, [each for each in of if each is not held_out]


def figures(found: Sequence[Features]) -> list[Row]:
    """Mean of each figure in each set with its interval, beside where held-out music lies."""
    rows: list[Row] = []
    for held_out, _, others in _of_music(found):
        for figure in FIGURES:
            if held_out.known(figure.name) < FEWEST:
                continue
            low, middle, high = np.nanquantile(held_out.features[figure.name], (0.05, 0.5, 0.95))
            for each in (held_out, *others):
                mean = _mean(each.features[figure.name][:, 0])
                if mean is None:
                    continue
                band = {"held-out p5": low, "held-out p50": middle, "held-out p95": high}
                band = {name: rounded(float(value)) for name, value in band.items()}
                rows.append(_head(each, figure.name) | _told("mean", mean) | band)
    return rows


def _head(each: Features, feature: str) -> Row:
    known = each.pieces if feature == MEAN else each.known(feature)
    return {"music": each.music, "by": each.by, "temperature": each.temperature, "feature": feature, "pieces": known}


def _mean(values: Floats) -> sets.Estimate | None:
    """The mean of what is known and its interval, with the pieces drawn again."""
    known = values[~np.isnan(values)]
    if len(known) < FEWEST:
        return None
    drawn = sets.weights(len(known))
    return sets.estimate(drawn @ known / drawn.sum(1))


def overlaps(found: Sequence[Features]) -> list[Row]:
    """For each set and feature the overlapping area and the divergence from held-out and from training music."""
    rows: list[Row] = []
    for held_out, trained, others in _of_music(found):
        for each in others:
            print(f"comparing {each.music}, {each.by} {each.temperature or ''}", file=sys.stderr, flush=True)
            compared = {name: _compared(each, held_out, trained, name) for name in each.features}
            both = {name: pair for name, pair in compared.items() if pair is not None}
            if both:
                rows.append(_row(each, MEAN, *map(_together, zip(*both.values(), strict=True))))
            rows += [_row(each, name, *pair) for name, pair in both.items()]
    return rows


def _compared(
    made: Features, held_out: Features, trained: Features, name: str
) -> tuple[sets.Comparison, sets.Comparison] | None:
    if min(each.known(name) for each in (made, held_out, trained)) < FEWEST:
        return None
    beside_held_out = sets.compare(made.features[name], held_out.features[name], ROUNDS)
    if made is trained:
        return beside_held_out, beside_held_out
    return beside_held_out, sets.compare(made.features[name], trained.features[name], ROUNDS)


def _together(comparisons: Sequence[sets.Comparison]) -> sets.Comparison:
    """The mean of several features, drawn together: a piece that is drawn again counts again in all of them."""
    mean = [np.nanmean([getattr(c, name) for c in comparisons], axis=0) for name in ("area", "divergence", "spread")]
    return sets.Comparison(*mean)


def _row(each: Features, feature: str, held_out: sets.Comparison, trained: sets.Comparison) -> Row:
    said = _head(each, feature)
    said |= _told("overlap with held-out", sets.estimate(held_out.area, 0, 1))
    said |= _told("divergence from held-out, nats", sets.estimate(held_out.divergence, 0))
    spread = None if np.isnan(held_out.spread[0]) else sets.estimate(held_out.spread, 0)
    said |= _told("spread, times that of held-out", spread)
    itself = each.by == TRAINING
    said |= _told("overlap with training", None if itself else sets.estimate(trained.area, 0, 1))
    return said | _told("divergence from training, nats", None if itself else sets.estimate(trained.divergence, 0))


def _told(name: str, found: sets.Estimate | None) -> Row:
    if found is None:
        return {name: None, f"{name}, low": None, f"{name}, high": None}
    return {
        name: rounded(found.value),
        f"{name}, low": rounded(found.low),
        f"{name}, high": rounded(found.high),
    }


def rounded(value: float) -> float:
    """To four digits: there are thousands, and none is surer."""
    return float(f"{value:.4g}")
