"""The curve of a training run: losses by step, as far as the run has come."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
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
    """Draw training and validation loss over steps; `rows` hold step, train_loss, valid_loss and maybe more figures.

    A loss that a row lacks is "" or nan. The best validation loss is marked. Other columns `train_NAME` and
    `valid_NAME` get a panel for each NAME.
    """
    names = list(dict.fromkeys(_name(column) for row in rows for column in row if _name(column)))
    names = ["loss", *(name for name in names if name != "loss")]
    figure = Figure(figsize=(8, 2.5 + 2 * len(names)), facecolor=LIGHT.paper, layout="constrained")
    for i, name in enumerate(names):
        _panel(figure.add_subplot(len(names), 1, i + 1), rows, name)
    figure.axes[-1].set_xlabel("step", color=LIGHT.soft_ink)
    return figure


def _name(column: str) -> str:
    """What a column shows, of training or validation; "" for one that is not drawn."""
    split, _, name = column.partition("_")
    return name if split in ("train", "valid") else ""


def _panel(axes: Axes, rows: Sequence[Row], name: str) -> None:
    """One figure, of training and of validation."""
    axes.set_ylabel(name.replace("_", " "), color=LIGHT.soft_ink)
    axes.grid(color=LIGHT.beat, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=LIGHT.soft_ink, length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT.bar)
    blue, orange = LIGHT.tracks[:2]
    steps, losses = _points(rows, f"train_{name}")
    if steps:
        axes.plot(steps, losses, color=blue, linewidth=1.2, alpha=0.8, label="training")
    steps, losses = _points(rows, f"valid_{name}")
    if steps:
        best = losses.index(min(losses)) if name == "loss" else None
        label = "validation" if best is None else f"validation, best {losses[best]:.3f} at step {steps[best]:,.0f}"
        axes.plot(steps, losses, color=orange, linewidth=1.8, marker="o", markersize=3.5, label=label)
        if best is not None:
            axes.plot(steps[best], losses[best], "o", color=orange, markersize=9, markerfacecolor="none", zorder=3)
    if axes.lines:
        axes.legend(frameon=False, labelcolor=LIGHT.ink)
    else:
        axes.text(0.5, 0.5, "no steps yet", transform=axes.transAxes, ha="center", color=LIGHT.soft_ink)
