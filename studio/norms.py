"""What held-out music measures: for each style and figure its quantiles. Knows no scores.

    norms.json   [{"bars": [least, most], "styles": {style: {"pieces": n, "figures": {name: [minimum, ..., maximum]}}}}]

Once for short excerpts and once for longer ones, since many a figure grows with the music. Quantiles are evenly
spaced; `python -m benchmarks.evaluation --parts norms` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.errors import CheckpointError

ALL, MELODIES = "all", "melodies"


class Band(NamedTuple):
    """Where held-out pieces lie: half of them between `p25` and `p75`, nine in ten between `p5` and `p95`."""

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


@dataclass(frozen=True)
class Norms:
    """`bars`: how long the measured excerpts are, at least and at most. `counts`: pieces by style.

    `quantiles`: by style and figure, evenly spaced from the least value to the greatest.
    """

    bars: tuple[int, int]
    counts: Mapping[str, int]
    quantiles: Mapping[str, Mapping[str, tuple[float, ...]]]

    @classmethod
    def read(cls, path: Path, bars: int) -> Norms:
        """From a file, for music of so many bars: of the longest excerpts that are no longer, or the shortest.

        CheckpointError when the file cannot be used.
        """
        try:
            lengths = sorted(json.loads(path.read_text(encoding="utf-8")), key=lambda told: told["bars"][1])
            told = [length for length in lengths if length["bars"][1] <= bars][-1:] or lengths[:1]
            least, most = told[0]["bars"]
            styles = told[0]["styles"]
            return cls(
                (least, most),
                {style: entry["pieces"] for style, entry in styles.items()},
                {style: {k: tuple(v) for k, v in entry["figures"].items()} for style, entry in styles.items()},
            )
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise CheckpointError(
                f"What held-out music measures cannot be read from '{path.name}' ({error}). Fetch the repository's "
                "checkpoints folder again, or measure it anew with: make evaluate"
            ) from error

    @property
    def styles(self) -> tuple[str, ...]:
        """What there are norms of: "all", the styles, and "melodies", which are lone melodies of any style."""
        return tuple(self.counts)

    def pieces(self, style: str) -> int:
        """How many pieces were measured; 0 for a style without norms."""
        return self.counts.get(style, 0)

    def beside(self, style: str | None, tracks: int) -> str:
        """The style to compare music of so many tracks with: melodies with melodies, else its own, else all."""
        if tracks == 1 and MELODIES in self.counts:
            return MELODIES
        return style if style in self.counts and style is not None else ALL

    def band(self, style: str, figure: str) -> Band | None:
        """Five quantiles of a figure in a style; None where there are no norms of it."""
        known = self.quantiles.get(style, {}).get(figure)
        return Band(*np.interp((0.05, 0.25, 0.5, 0.75, 0.95), _shares(known), known).tolist()) if known else None

    def place(self, style: str, figure: str, value: float) -> float | None:
        """The share (0-1) of held-out pieces that measure less, of equal ones half; None without norms of it."""
        known = self.quantiles.get(style, {}).get(figure)
        if not known:
            return None
        below = np.interp(value, known, _shares(known))
        above = np.interp(-value, [-q for q in reversed(known)], _shares(known))
        return float(below + 1 - above) / 2  # each counts all that equal the value


def _shares(known: tuple[float, ...]) -> NDArray[np.float64]:
    return np.linspace(0, 1, len(known))
