"""The evaluation as a file: one part after the other, each with what was measured, how, and of which weights."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.table import markdown

Row = dict[str, Any]
"""A figure for each column, by the column's heading; None = not measured."""


def cell(value: Any) -> str:
    """Counts whole, measures with three decimals at most, nothing for what was not measured."""
    if value is None:
        return ""
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown; columns that are empty in all of them are left out."""
    columns = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    return markdown(columns, [[cell(row[name]) for name in columns] for row in rows])


def merged(path: Path, parts: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """The parts that `path`, a JSON file, holds already and the new ones in their place, written back."""
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    both = old | parts
    found = {name: both[name] for name in order if name in both}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return found


def text(parts: Mapping[str, Any]) -> str:
    """All parts for reading."""
    lines = ["# What the checkpoints are worth on held-out pieces", ""]
    for part in parts.values():
        lines += [f"## {part['title']}", "", part["about"], ""]
        lines += [table(part["rows"]) if part["rows"] else "Not measured: the folder holds no such pieces.", ""]
        lines += [f"`{part['command']}`; {part['model']}.", ""]
    return "\n".join(lines)
