"""The curve of a training run: losses by step, as far as the run has come."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from studio.plots.style import LIGHT

Row = Mapping[str, object]


def _points(rows: Sequence[Row], column: str) -> tuple[list[float], list[float]]:
    """Steps and values of the rows where `column` holds a number; "", None and nan are gaps."""
    steps, values = [], []
    for row in rows:
        value = _number(row.get(column))
        if math.isfinite(value):
            steps.append(_number(row["step"]))
            values.append(value)
    return steps, values


def _number(value: object) -> float:
    return float(str(value)) if value not in (None, "") else math.nan


def loss_curve(rows: Sequence[Row]) -> Figure:
    """Draw training and validation loss in nats per token over steps; `rows` hold step, train_loss and valid_loss.

    A loss that a row lacks is "" or nan. The best validation loss is marked.
    """
    figure = Figure(figsize=(8, 4.5), facecolor=LIGHT.paper, layout="constrained")
    axes = figure.add_subplot()
    axes.set_xlabel("step", color=LIGHT.soft_ink)
    axes.set_ylabel("loss, nats per token", color=LIGHT.soft_ink)
    axes.grid(color=LIGHT.beat, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=LIGHT.soft_ink, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT.bar)
    blue, orange = LIGHT.tracks[:2]
    steps, losses = _points(rows, "train_loss")
    if steps:
        axes.plot(steps, losses, color=blue, linewidth=1.2, alpha=0.8, label="training")
    steps, losses = _points(rows, "valid_loss")
    if steps:
        best = losses.index(min(losses))
        label = f"validation, best {losses[best]:.3f} at step {steps[best]:,.0f}"
        axes.plot(steps, losses, color=orange, linewidth=1.8, marker="o", markersize=3.5, label=label)
        axes.plot(steps[best], losses[best], "o", color=orange, markersize=9, markerfacecolor="none", zorder=3)
    if axes.lines:
        axes.legend(frameon=False, labelcolor=LIGHT.ink)
    else:
        axes.text(0.5, 0.5, "no steps yet", transform=axes.transAxes, ha="center", color=LIGHT.soft_ink)
    return figure
