"""Drawing a piano roll and writing it as a PNG."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import generation
from benchmarks.music import band
from benchmarks.reference import median_s
from benchmarks.table import Row, seconds
from studio import pipeline


def measure(repeats: int, reference_s: float) -> list[Row]:
    """The example, and a minute of five tracks."""
    with tempfile.TemporaryDirectory() as folder:
        png = Path(folder) / "roll.png"
        rows = []
        for score in (generation.seed().score, band(1.0)):
            pipeline.save(score, png)
            took = median_s(lambda score=score: pipeline.save(score, png), repeats)
            rows.append(seconds(f"drawing a piano roll of {score.note_count} notes as PNG", took, reference_s))
    return rows
