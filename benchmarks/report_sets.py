"""The long tables of the evaluation, turned for reading: a row for each feature, a column for who wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.evaluation_report import Row, cell
from benchmarks.evaluation_sets import MEAN
from benchmarks.evaluation_takes import FOLLOWS, HELD_OUT, TRAINING

USUAL = 1.0
"""The temperature at which models are compared with one another."""


def models(rows: Sequence[Row], music: str) -> list[str]:
    """Who wrote at some temperature."""
    return list(dict.fromkeys(r["by"] for r in rows if r["music"] == music and r["temperature"] is not None))


def of(rows: Sequence[Row], music: str, by: str, temperature: float | None = None) -> dict[str, Row]:
    """The rows of one set by feature."""
    return {r["feature"]: r for r in rows if (r["music"], r["by"], r["temperature"]) == (music, by, temperature)}


def writers(rows: Sequence[Row], music: str) -> list[tuple[str, float | None]]:
    """The models at the usual temperature, and what stands beside them; held-out music itself is left out."""
    found = [(r["by"], r["temperature"]) for r in rows if r["music"] == music and r["temperature"] in (None, USUAL)]
    return [writer for writer in dict.fromkeys(found) if writer[0] != HELD_OUT]


def beyond(row: Row, held_out: Row) -> bool:
    """Whether a mean's interval has nothing in common with that of held-out music."""
    return bool(row["mean, low"] > held_out["mean, high"] or row["mean, high"] < held_out["mean, low"])


def figures(rows: Sequence[Row], music: str, model: str) -> dict[str, list[Any]]:
    """A model's figures at every temperature beside held-out music and what really follows."""
    held_out, follows, trained = (of(rows, music, name) for name in (HELD_OUT, FOLLOWS, TRAINING))
    temperatures = sorted({r["temperature"] for r in rows if (r["music"], r["by"]) == (music, model)})
    made = [of(rows, music, model, temperature) for temperature in temperatures]
    columns = [
        "figure",
        "held-out p5 to p95",
        HELD_OUT,
        FOLLOWS,
        TRAINING,
        *(f"temperature {t:g}" for t in temperatures),
    ]
    shown = []
    for name, row in held_out.items():
        others = [_mean(each.get(name), row) for each in (follows, trained, *made)]
        band = f"{cell(row['held-out p5'])} to {cell(row['held-out p95'])}"
        shown.append([name, band, _mean(row, row), *others])
    return {"columns": columns, "rows": shown}


def _mean(row: Row | None, held_out: Row) -> str:
    if row is None:
        return ""
    said = f"{cell(row['mean'])} ({cell(row['mean, low'])} to {cell(row['mean, high'])})"
    return f"{said} *" if beyond(row, held_out) else said


def summary(rows: Sequence[Row]) -> list[Row]:
    """The rows that tell of all features together."""
    return [{name: value for name, value in row.items() if name != "feature"} for row in rows if row["feature"] == MEAN]


def by_feature(rows: Sequence[Row], music: str) -> dict[str, list[Any]]:
    """Overlap with held-out music for each feature and writer."""
    columns = writers(rows, music)
    found: list[Mapping[str, Row]] = [of(rows, music, *writer) for writer in columns]
    features = list(dict.fromkeys(name for each in found for name in each))
    column = "overlap with held-out"
    shown = [[name, *(cell(each[name][column]) if name in each else "" for each in found)] for name in features]
    return {"columns": ["feature", *(by for by, _ in columns)], "rows": shown}
