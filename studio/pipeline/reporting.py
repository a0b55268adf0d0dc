"""The report on how the shipped models measure up, for whoever shows it. Written by `make evaluate`, read here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.errors import CheckpointError
from studio.pipeline import catalogue

REPORT = "report.json"


@dataclass(frozen=True)
class Plot:
    """A picture: its `title`, what it says in words (`alt`), and an SVG file's text."""

    title: str
    alt: str
    svg: str


@dataclass(frozen=True)
class Section:
    """A chapter. `name` stays the same when `title` is put otherwise; `text` parts its paragraphs by an empty line.

    `rows` of a table below its `columns`, none where there is no table; `measured`: by what, on what.
    """

    name: str
    title: str
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    plots: tuple[Plot, ...]
    measured: str


@dataclass(frozen=True)
class Report:
    """All of it; `made`: the day."""

    title: str
    made: str
    sections: tuple[Section, ...]


def report() -> Report | None:
    """The report in the checkpoints folder; None where none was made. CheckpointError where it cannot be read."""
    file = catalogue.CHECKPOINTS / REPORT
    return _read(file) if file.is_file() else None


def _read(file: Path) -> Report:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Report(str(told["title"]), str(told["made"]), tuple(map(_section, told["sections"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"The report '{file.name}' cannot be read ({error}). Fetch the repository's checkpoints folder again, or"
            " make it anew with: make evaluate"
        ) from error


def _section(told: Mapping[str, Any]) -> Section:
    table = told.get("table") or {"columns": [], "rows": []}
    return Section(
        name=str(told["name"]),
        title=str(told["title"]),
        text=str(told.get("text") or ""),
        columns=tuple(map(str, table["columns"])),
        rows=tuple(tuple(map(str, row)) for row in table["rows"]),
        plots=tuple(Plot(str(p["title"]), str(p["alt"]), str(p["svg"])) for p in told.get("plots") or ()),
        measured=str(told.get("measured") or ""),
    )
