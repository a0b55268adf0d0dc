"""What held-out music measures: the quantiles of every figure in every style, for the page to compare takes with."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_passages import BARS, LEAST, Passage, apart, held_out, passages
from benchmarks.evaluation_pieces import MELODIES, Folder
from benchmarks.evaluation_report import Row
from benchmarks.evaluation_separation import measured
from studio.metrics import FIGURES
from studio.norms import ALL, Norms

FEWEST = 15
"""Pieces that a style needs."""
QUANTILES = 21

Floats = NDArray[np.float64]


def norms(folder: Folder, file: Path) -> list[Row]:
    """Measure a passage of each held-out piece, write `file` and tell what it says."""
    written = [_length(folder, bars) for bars in (LEAST, BARS)]
    if not all(written):
        return []
    file.write_text("[" + ",\n".join(written) + "]\n", encoding="utf-8")
    return told(Norms.read(file, BARS))


def _length(folder: Folder, bars: int) -> str:
    """The part of the file that tells of excerpts of up to so many bars; "" where there are none."""
    chosen = passages(folder, apart(held_out(folder)), bars=bars)
    if not chosen:
        return ""
    print(f"{len(chosen)} passages of up to {bars} bars", file=sys.stderr, flush=True)
    values = measured([passage.score for passage in chosen])
    styles = {style: values[rows] for style, rows in _styles(chosen).items()}
    return _written({"bars": [LEAST, bars], "styles": {style: _quantiles(each) for style, each in styles.items()}})


def _styles(chosen: Sequence[Passage]) -> dict[str, list[int]]:
    """Which passages are of each style: all; lone melodies; and the others by style, where there are enough.

    Folk tunes are lone melodies by nature, those of other styles were taken out of their pieces.
    """
    found: dict[str, list[int]] = {ALL: list(range(len(chosen)))}
    for i, passage in enumerate(chosen):
        names = {passage.piece.group} | ({passage.piece.style} if passage.piece.style == "folk" else set())
        for name in names:
            found.setdefault(name, []).append(i)
    enough = {name: rows for name, rows in sorted(found.items()) if len(rows) >= FEWEST}
    return {name: enough[name] for name in sorted(enough, key=lambda name: (name != ALL, name != MELODIES, name))}


def _quantiles(values: Floats) -> dict[str, Any]:
    """The entry of a style in the file, of (pieces, figures)."""
    figures = {}
    for figure, column in zip(FIGURES, values.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known) >= FEWEST:
            figures[figure.name] = [float(f"{q:.4g}") for q in np.quantile(known, np.linspace(0, 1, QUANTILES))]
    return {"pieces": len(values), "figures": figures}


def _written(content: dict[str, Any]) -> str:
    """JSON with a line for each figure."""
    lines = [f'{{"bars": {json.dumps(content["bars"])}, "styles": {{']
    for number, (style, entry) in enumerate(content["styles"].items()):
        figures = ",\n".join(f"  {json.dumps(name)}: {json.dumps(q)}" for name, q in entry["figures"].items())
        comma = "," if number + 1 < len(content["styles"]) else ""
        lines.append(f' {json.dumps(style)}: {{"pieces": {entry["pieces"]}, "figures": {{\n{figures}}}}}{comma}')
    return "\n".join([*lines, "}}"])


def told(read: Norms) -> list[Row]:
    """A row for each figure of each style."""
    rows: list[Row] = []
    for style in read.styles:
        for figure in FIGURES:
            band = read.band(style, figure.name)
            if band:
                rows.append({"style": style, "pieces": read.pieces(style), "figure": figure.name, **band._asdict()})
    return rows
