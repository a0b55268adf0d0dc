"""The evaluation as a file: one part after the other, each with what was measured, how, and of which weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import markdown

Row = dict[str, Any]
"""A figure for each column, by the column's heading; None = not measured."""

MOST_ROWS = 60
"""Longer tables are for machines."""


def cell(value: Any) -> str:
    """Counts whole, measures with three decimals at most, both ends of a list, nothing for what was not measured."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, list):
        return " to ".join(map(cell, value))
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


LOW, HIGH = ", low", ", high"
"""Ends of the names of the columns that hold the interval of the column named before."""


def cells(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Columns and cells to show: empty columns are left out, intervals stand behind what they belong to."""
    columns = [
        name for name in rows[0] if any(row[name] is not None for row in rows) and not name.endswith((LOW, HIGH))
    ]
    return columns, [[_measure(row, name) for name in columns] for row in rows]


def _measure(row: Row, name: str) -> str:
    low, high = row.get(name + LOW), row.get(name + HIGH)
    said = cell(row[name])
    return said if low is None or high is None else f"{said} ({cell(low)} to {cell(high)})"


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown, see `cells`."""
    return markdown(*cells(rows))


def merged(path: Path, parts: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """The parts that `path`, a JSON file, holds already and the new ones in their place, written back."""
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    both = old | parts
    found = {name: both[name] for name in order if name in both}
    path.parent.mkdir(parents=True, exist_ok=True)
    written = ",\n".join(f"{json.dumps(name)}: {_dumped(part)}" for name, part in found.items())
    path.write_text(f"{{\n{written}\n}}\n", encoding="utf-8")
    return found


def _dumped(part: Mapping[str, Any]) -> str:
    """JSON with a line for each row."""
    about = json.dumps({name: value for name, value in part.items() if name != "rows"}, indent=1)
    rows = ",\n".join(f"  {json.dumps(row, allow_nan=False)}" for row in part["rows"])
    return f'{about[:-2]},\n "rows": [\n{rows}\n ]\n}}'


def text(parts: Mapping[str, Any]) -> str:
    """All parts for reading."""
    lines = ["# What the checkpoints are worth on held-out pieces", ""]
    for part in parts.values():
        lines += [f"## {part['title']}", "", part["about"], ""]
        lines += [_shown(part["rows"]), ""]
        lines += [f"`{part['command']}`{'; ' if part['model'] else ''}{part['model']}.", ""]
    return "\n".join(lines)


def _shown(rows: Sequence[Row]) -> str:
    if not rows:
        return "Not measured: the folder holds no such pieces."
    if len(rows) > MOST_ROWS:
        return f"{len(rows)} rows: see `evaluation.json`, and `checkpoints/report.html` for what they say."
    return table(rows)
