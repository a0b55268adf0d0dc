"""`Space`: features on one scale, as they lie in much music, and what there are words for. Knows numbers and names.

What two passages of one piece differ in says little about taste: directions in which they do are made small, those in
which pieces differ from each other and stay themselves count. That is within-class covariance normalisation (Hatch,
Kajarekar & Stolcke 2006, Interspeech) with pieces for speakers; nobody has to say what style they are in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import TasteError

FORMAT = 1
DIRECTIONS = 40
TOGETHER = 0.9  # how far it is believed that features vary together within a piece; the rest is each for itself
CLIP = 3.0  # standard deviations; what is odder still is not odder by that
WORDS: Mapping[str, tuple[str, str]] = {
    "trait.pace": ("slow", "fast"),
    "trait.minor": ("major", "minor"),
    "trait.three": ("", "in_three"),
    "figure.mean_interval": ("steps", "leaps"),
    "figure.register": ("low", "high"),
    "figure.polyphony": ("one_line", "chords"),
    "figure.note_length": ("short_notes", "long_notes"),
    "figure.syncopation": ("", "syncopated"),
    "figure.scale_consistency": ("chromatic", ""),
    "figure.repetition_1": ("changing", "repeating"),
    "figure.empty_beats": ("", "rests"),
}
"""For each of these features, what music is called in which it is low, or high; "" where that is not worth a word."""
SHARE = 0.25
"""Low is what lies among so large a share of much music, high what lies among as much at the other end."""
FIXED: Mapping[str, tuple[float, float]] = {
    "trait.minor": (-0.65, 0.65),  # what fits its key worse is called neither major nor minor
    "trait.three": (0.0, 0.75),
    "figure.empty_beats": (0.0, 0.1),
}
"""The bounds of low and high where the word itself says them, whatever other music is like."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Style:
    """A style by the music there is of it: `vector` (K,) is the mean of its pieces, `words` suit most of them."""

    vector: Array
    words: tuple[str, ...]


@dataclass(frozen=True)
class Passages:
    """A piece to make a space from: its style, and the `features` of two passages of it that do not overlap."""

    style: str
    features: tuple[Mapping[str, float], Mapping[str, float]]


@dataclass(frozen=True)
class Space:
    """The names of the D features, their `mean` and `deviation` (D,), and what `projection` (D, K) makes of them.

    `bounds`: of the features that there are words for, below and above what music is called so. `about` says what it
    was made from.
    """

    names: tuple[str, ...]
    mean: Array
    deviation: Array
    projection: Array
    bounds: Mapping[str, tuple[float, float]]
    styles: Mapping[str, Style] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)

    # --- what a piece is here ----------------------------------------------------------------------------------------

    def vector(self, features: Mapping[str, float]) -> Array:
        """(K,), of unit length: in which way the music differs from most. What is not told of it is taken as usual."""
        row = np.array([features.get(name, np.nan) for name in self.names])
        return _unit(_scaled(row, self.mean, self.deviation) @ self.projection)

    def words(self, features: Mapping[str, float]) -> tuple[str, ...]:
        """What the music is called, by names such as "slow"; those that are said of the least music come first."""
        found: list[tuple[float, str]] = []
        for name, (low, high) in WORDS.items():
            value = features.get(name)
            if value is None or name not in self.bounds:
                continue
            least, most = self.bounds[name]
            odd = abs(value - self.mean[self.names.index(name)]) / self.deviation[self.names.index(name)]
            if high and value >= most and most > least:
                found.append((-odd, high))
            elif low and value <= least and most > least:
                found.append((-odd, low))
        return tuple(word for _, word in sorted(found))

    # --- how it is made, kept and read -------------------------------------------------------------------------------

    @classmethod
    def of(cls, pieces: Sequence[Passages], about: Mapping[str, Any] | None = None) -> Space:
        """As much music makes it, every piece counting alike."""
        told = [found for piece in pieces for found in piece.features]
        names = tuple(sorted({name for found in told for name in found}))
        rows = np.array([[found.get(name, np.nan) for name in names] for found in told])
        mean, deviation = np.nanmean(rows, axis=0), np.maximum(np.nanstd(rows, axis=0), 1e-3)
        bounds = {name: _bounds(name, rows[:, names.index(name)]) for name in WORDS if name in names}
        scaled = _scaled(rows, mean, deviation)
        plain = cls(names, mean, deviation, _projection(scaled[::2], scaled[1::2]), bounds)
        styles = {style: plain._style([piece for piece in pieces if piece.style == style]) for style in _styles(pieces)}
        return replace(plain, styles=styles, about=about or {})

    def _style(self, pieces: Sequence[Passages]) -> Style:
        told = [found for piece in pieces for found in piece.features]
        called = Counter(word for found in told for word in self.words(found))
        usual = tuple(word for word, count in called.most_common() if 2 * count > len(told))
        return Style(np.mean([self.vector(found) for found in told], axis=0), usual)

    def write(self, path: Path) -> None:
        """As JSON, five significant digits."""
        features = {
            name: [_short(self.mean[i]), _short(self.deviation[i]), *map(_short, self.bounds.get(name, ()))]
            for i, name in enumerate(self.names)
        }
        styles = {
            name: {"vector": [_short(v, 3) for v in style.vector], "words": list(style.words)}
            for name, style in self.styles.items()
        }
        projection = [[_short(value, 4) for value in row] for row in self.projection]
        told = {"format": FORMAT, "about": dict(self.about), "features": features, "styles": styles}
        told |= {"projection": projection}
        path.write_text(json.dumps(told, separators=(",", ":")) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Space:
        """TasteError: it is not there, or is not what `write` wrote."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            if told["format"] != FORMAT:
                raise ValueError(f"format {told['format']}")
            features = {str(name): [float(v) for v in values] for name, values in told["features"].items()}
            styles = {
                str(name): Style(np.array(style["vector"], dtype=float), tuple(map(str, style["words"])))
                for name, style in told["styles"].items()
            }
            projection = np.array(told["projection"], dtype=float).reshape(len(features), -1)
            if any(style.vector.shape != projection.shape[1:] for style in styles.values()):
                raise ValueError("a style has another number of directions")
            mean, deviation = (np.array([values[i] for values in features.values()]) for i in (0, 1))
            bounds = {name: (values[2], values[3]) for name, values in features.items() if len(values) == 4}
            return cls(tuple(features), mean, deviation, projection, bounds, styles, dict(told["about"]))
        except (OSError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise TasteError(
                f"What music is like cannot be told, because {path.name} is missing or damaged: make it anew by "
                "python -m benchmarks.taste, or take it from the studio's source again."
            ) from error


def _scaled(rows: Array, mean: Array, deviation: Array) -> Array:
    return np.clip(np.nan_to_num((rows - mean) / deviation), -CLIP, CLIP)


def _projection(first: Array, second: Array) -> Array:
    """(D, K) from two passages of each piece (n, D): whitened within pieces, then along what tells pieces apart."""
    within = np.cov(((first - second) / np.sqrt(2)).T)
    within = TOGETHER * within + (1 - TOGETHER) * np.diag(np.diag(within))
    values, vectors = np.linalg.eigh(within)
    whitening = vectors * np.maximum(values, 1e-3) ** -0.5 @ vectors.T
    _, along = np.linalg.eigh(whitening @ np.cov(np.concatenate([first, second]).T) @ whitening)
    return np.asarray(whitening @ along[:, ::-1][:, :DIRECTIONS])


def _styles(pieces: Sequence[Passages]) -> list[str]:
    return sorted({piece.style for piece in pieces})


def _unit(vector: Array) -> Array:
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector


def _bounds(name: str, values: Array) -> tuple[float, float]:
    if name in FIXED:
        return FIXED[name]
    low, high = np.nanquantile(values, [SHARE, 1 - SHARE])
    return float(low), float(high)


def _short(value: float, digits: int = 5) -> float:
    return float(f"{value:.{digits}g}")
