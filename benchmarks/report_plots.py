"""The report's pictures, as SVG whose letters are letters."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure

from benchmarks import report_sets
from benchmarks.evaluation_report import Row
from benchmarks.evaluation_sets import MEAN
from benchmarks.evaluation_takes import FOLLOWS, HELD_OUT

OVERLAP = "overlap with held-out"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#c2629b", "#b37a00", "#4d4d4d")
INK, SOFT, LINE = "#1f1d1a", "#57524a", "#e6e3dc"


@dataclass(frozen=True)
class Plot:
    """`alt` says what the picture says."""

    title: str
    alt: str
    svg: str


def _plot(figure: Figure, title: str, alt: str) -> Plot:
    buffer = io.StringIO()
    # A salt of its own keeps the ids of two pictures on one page apart.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{alt}" ', 1)
    return Plot(title, alt, re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL).strip())


def _figure(width: float, height: float) -> tuple[Figure, matplotlib.axes.Axes]:
    figure = Figure(figsize=(width, height), facecolor="white")
    axes = figure.add_subplot()
    axes.tick_params(colors=SOFT, length=0, labelsize=9)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def places(rows: Sequence[Row], music: str) -> Plot:
    """Each model's mean of every figure, on a scale on which nine in ten held-out pieces lie between -1 and 1."""
    held_out = report_sets.of(rows, music, HELD_OUT)
    names = list(held_out)
    figure, axes = _figure(8.5, 0.34 * len(names) + 1.2)
    axes.barh(range(len(names)), [2] * len(names), 0.62, [-1] * len(names), color="#eeebe4")
    axes.axvline(0, color=SOFT, linewidth=0.8)
    writers = [(FOLLOWS, None), *((model, report_sets.USUAL) for model in report_sets.models(rows, music))]
    for number, writer in enumerate(writers):
        made = report_sets.of(rows, music, *writer)
        at = [(i, name) for i, name in enumerate(names) if name in made]
        points = [
            [_place(made[name][end], held_out[name]) for _, name in at] for end in ("mean", "mean, low", "mean, high")
        ]
        errors = [[m - low for m, low in zip(points[0], points[1], strict=True)]]
        errors.append([high - m for m, high in zip(points[0], points[2], strict=True)])
        y = [i + 0.11 * (number - (len(writers) - 1) / 2) for i, _ in at]
        colour = INK if writer[0] == FOLLOWS else COLOURS[number - 1]
        axes.errorbar(points[0], y, xerr=errors, fmt="o", markersize=3.5, linewidth=1, color=colour, label=writer[0])
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(-2.2, 2.2)
    axes.set_xticks([-1, 0, 1], ["p5", "median", "p95"])
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, labelcolor=INK)
    alt = f"Means of every figure of {music}, by model at temperature 1, within the range of held-out music."
    return _plot(figure, f"Where the means lie in the range of held-out music: {music}", alt)


def _place(value: float, row: Row) -> float:
    """-1 at the fifth, 0 at the middle, 1 at the ninety-fifth percentile, straight between and beyond."""
    low, middle, high = row["held-out p5"], row["held-out p50"], row["held-out p95"]
    side = (high - middle) if value > middle else (middle - low)
    if not side:
        side = (high - low) / 2 or 1.0
    return float(max(-2.15, min(2.15, (value - middle) / side)))


def overlap(rows: Sequence[Row], music: str) -> Plot:
    """Mean overlap of each model over the temperatures, beside what is real and what is no music."""
    figure, axes = _figure(8, 4)
    axes.grid(axis="y", color=LINE)
    for number, model in enumerate(report_sets.models(rows, music)):
        made = [r for r in rows if (r["music"], r["by"], r["feature"]) == (music, model, MEAN)]
        value = [r[OVERLAP] for r in made]
        low, high = ([abs(r[OVERLAP + end] - r[OVERLAP]) for r in made] for end in (", low", ", high"))
        at = [r["temperature"] + 0.012 * number for r in made]
        axes.errorbar(
            at, value, yerr=[low, high], fmt="o-", color=COLOURS[number], linewidth=1.6, capsize=2, label=model
        )
    edge = max((r["temperature"] or 0 for r in rows), default=1) + 0.08
    for row in rows:
        if row["music"] == music and row["feature"] == MEAN and row["temperature"] is None:
            axes.axhline(row[OVERLAP], color=SOFT, linewidth=0.9, linestyle=":")
            axes.text(edge, row[OVERLAP], row["by"], fontsize=8, color=SOFT, va="center")
    axes.set_xlabel("temperature", color=SOFT)
    axes.set_ylabel("mean overlap with held-out music", color=SOFT)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    alt = f"Overlap of {music} with held-out music, by model and temperature, with 95 % intervals."
    return _plot(figure, f"Overlap with held-out music by temperature: {music}", alt)


def grid(rows: Sequence[Row], music: str) -> Plot:
    """Overlap of every feature and writer as a grid of shades."""
    writers = report_sets.writers(rows, music)
    found = [report_sets.of(rows, music, *writer) for writer in writers]
    features = list(dict.fromkeys(name for each in found for name in each))
    figure, axes = _figure(8.5, 0.3 * len(features) + 1.6)
    values = [[each[name][OVERLAP] if name in each else float("nan") for each in found] for name in features]
    axes.pcolormesh(values, cmap="viridis", vmin=0.3, vmax=1, edgecolors="white", linewidth=1)
    for y, line in enumerate(values):
        for x, value in enumerate(line):
            if value == value:  # not nan
                axes.text(x + 0.5, y + 0.5, f"{value:.2f}", fontsize=7, ha="center", va="center", color=_ink_on(value))
    axes.set_xticks([x + 0.5 for x in range(len(writers))], [by for by, _ in writers], rotation=30, ha="left")
    axes.xaxis.tick_top()
    axes.set_yticks([y + 0.5 for y in range(len(features))], features)
    axes.invert_yaxis()
    alt = f"Overlap of {music} with held-out music for every feature; models at temperature 1."
    return _plot(figure, f"Overlap by feature: {music}", alt)


def _ink_on(value: float) -> str:
    return INK if value > 0.7 else "white"


def separation(rows: Sequence[Row]) -> Plot:
    """How well each figure tells real music from what is none."""
    fakes = [name for name in rows[0] if f"{name}, low" in rows[0]]
    figure, axes = _figure(8.5, 0.3 * len(rows) + 1.2)
    axes.axvspan(0.45, 0.55, color="#eeebe4")
    axes.axvline(0.5, color=SOFT, linewidth=0.8)
    for number, name in enumerate(fakes):
        value = [row[name] for row in rows]
        low, high = ([abs(row[f"{name}, {end}"] - row[name]) for row in rows] for end in ("low", "high"))
        y = [i + 0.2 * (number - 1) for i in range(len(rows))]
        axes.errorbar(
            value, y, xerr=[low, high], fmt="o", markersize=3.5, linewidth=1, color=COLOURS[number], label=name
        )
    axes.set_yticks(range(len(rows)), [row["figure"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel("how often real music measures more (0.5 tells nothing)", color=SOFT)
    axes.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, labelcolor=INK)
    alt = "How well each figure tells real music from shuffled notes, a 5-gram and a random walk, with 95 % intervals."
    return _plot(figure, "Which figures tell music from what is none", alt)


def likelihood(rows: Sequence[Row]) -> Plot:
    """Nats per note by kind of music."""
    names = ("5-gram", "LSTM", "Transformer")
    figure, axes = _figure(8, 4)
    axes.grid(axis="y", color=LINE)
    for number, name in enumerate(names):
        known = [(i, row[name]) for i, row in enumerate(rows) if row.get(name) is not None]
        at = [i + 0.27 * (number - 1) for i, _ in known]
        axes.bar(at, [value for _, value in known], 0.25, color=COLOURS[number], label=name)
    axes.set_xticks(range(len(rows)), [str(row["pieces of"])[:24] for row in rows], rotation=35, ha="right")
    axes.set_ylabel("nats per note, less is better", color=SOFT)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    alt = "Nats per note of held-out pieces by kind of music: the models beside counting."
    return _plot(figure, "Nats per note", alt)
