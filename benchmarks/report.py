"""The report: all that was measured, in one page for reading and one file for the studio's own page.

    report.json   {"title", "made", "sections": [{"name", "title", "text", "table", "plots", "measured", "long"}]}

`table` is {"columns", "rows"} of strings, or null; `plots` are {"title", "alt", "svg"}; `long`: better folded. Parts of
`evaluation.json` and the files that other benchmarks leave beside it, each a section, as far as they are there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import report_page, report_plots, report_sets, report_weak
from benchmarks.evaluation_report import Row, cell, cells

TITLE = "What the studio's music is worth"
BESIDE = ("ranking", "originality", "taste")
"""Files of other benchmarks: {"title", "about", "columns", "rows", "weak", "command", "machine"}."""


@dataclass(frozen=True)
class Section:
    """One section, see above."""

    name: str
    title: str
    text: str
    table: dict[str, list[Any]] | None = None
    plots: Sequence[report_plots.Plot] = ()
    measured: str = ""
    long: bool = False


def write(source: Path, checkpoints: Path) -> None:
    """`report.json` and `report.html` into the checkpoints folder, of what lies in the folder `source`."""
    parts = _read(source / "evaluation.json") or {}
    others = {name: _ranks(found) for name in BESIDE if (found := _read(source / f"{name}.json"))}
    sections = [asdict(section) for section in _sections(parts, others)]
    report = {"title": TITLE, "made": datetime.now(UTC).date().isoformat(), "sections": sections}
    for name, content in (("report.json", json.dumps(report) + "\n"), ("report.html", report_page.page(report))):
        (checkpoints / name).write_text(content, encoding="utf-8")


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def _ranks(other: dict[str, Any]) -> dict[str, Any]:
    """The ranking keeps its ranks by name; told like the others. Whatever is in the common form stays as it is."""
    if "ranks" not in other:
        return other
    return other | {
        "title": "Best take first",
        "about": "What really followed eight held-out bars, hidden among takes of a model: its mean rank under several "
        "orders, 1 the best. Weights were learned on the validation split and are judged on the test split; intervals: "
        "bootstrap over seeds. See `benchmarks/ranking.md`.",
        "columns": list(other["ranks"][0]),
        "rows": [list(row.values()) for row in other["ranks"]],
        "weak": "What is measured is whether the music that was there is found, not whether listeners agree.",
    }


def _sections(parts: Mapping[str, Any], others: Mapping[str, Any]) -> Iterator[Section]:
    weak = report_weak.sentences(parts) + [f"{other['title']}: {other['weak']}" for other in others.values()]
    yield Section("weak", "What is weak", "\n\n".join([*weak, *report_weak.not_measured(parts, others)]))
    if parts.get("figures", {}).get("rows"):
        yield from _figures(parts["figures"])
    if parts.get("sets", {}).get("rows"):
        yield from _sets(parts["sets"])
    if parts.get("separation", {}).get("rows"):
        yield _plain("separation", parts["separation"], [report_plots.separation(parts["separation"]["rows"])])
    for name, other in others.items():
        yield _other(name, other)
    for name, part in parts.items():
        if name not in ("figures", "sets", "separation"):
            drawn = [report_plots.likelihood(part["rows"])] if name == "likelihood" and part["rows"] else []
            yield _plain(name, part, drawn)


def _plain(name: str, part: Mapping[str, Any], plots: Sequence[report_plots.Plot] = ()) -> Section:
    if not part["rows"]:
        return Section(name, part["title"], f"{part['about']}\n\nNot measured: there were no such pieces.")
    columns, rows = cells(part["rows"])
    table = {"columns": columns, "rows": rows}
    return Section(name, part["title"], part["about"], table, plots, measured(part), len(rows) > 40)


def _other(name: str, other: Mapping[str, Any]) -> Section:
    rows = [[cell(value) for value in row] for row in other["rows"]]
    return Section(
        name, other["title"], other["about"], {"columns": other["columns"], "rows": rows}, (), measured(other)
    )


def measured(part: Mapping[str, Any]) -> str:
    """How a part was measured: command, weights, machine."""
    said = [part.get(name) for name in ("command", "model", "machine")]
    return "; ".join(text for text in said if text)


def _figures(part: Mapping[str, Any]) -> Iterator[Section]:
    rows: list[Row] = part["rows"]
    musics = list(dict.fromkeys(row["music"] for row in rows))
    plots = [report_plots.places(rows, music) for music in musics]
    yield Section("figures", part["title"], part["about"], None, plots, measured(part))
    for music in musics:
        for model in report_sets.models(rows, music):
            table = report_sets.figures(rows, music, model)
            text = (
                "Means and 95 % intervals. An asterisk marks a mean whose interval has nothing in common with that of "
                "held-out music."
            )
            yield Section(f"figures_{model}_{music.replace(' ', '_')}", f"{model}: {music}", text, table, long=True)


def _sets(part: Mapping[str, Any]) -> Iterator[Section]:
    rows: list[Row] = part["rows"]
    musics = list(dict.fromkeys(row["music"] for row in rows))
    plots = [plot for music in musics for plot in (report_plots.overlap(rows, music), report_plots.grid(rows, music))]
    columns, shown = cells(report_sets.summary(rows))
    yield Section("sets", part["title"], part["about"], {"columns": columns, "rows": shown}, plots, measured(part))
    for music in musics:
        text = "Overlap with held-out music, feature by feature; models at temperature 1."
        yield Section(
            f"sets_{music.replace(' ', '_')}",
            f"Overlap by feature: {music}",
            text,
            report_sets.by_feature(rows, music),
            long=True,
        )
