"""Where the parts of a piano roll's picture lie, in inches from its lower left corner."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from studio.plots.grid import bars_of, kit_of, pitch_span
from studio.score import Bar, Score, Track

PER_QUARTER = 0.17  # inches, until the width is spent
WIDTHS = (8.4, 34.0)  # inches of music
KEYS, NAMES = 0.42, 0.86  # inches of keyboard, of drum names
RIGHT, TITLE, NUMBERS, STRIP, GAP, LEGEND_ROW, FOOT = 0.14, 0.40, 0.20, 0.20, 0.10, 0.24, 0.12
LEGEND_COLUMN = 1.7
MOST_NAMED = 24


@dataclass(frozen=True)
class Layout:
    """Where things lie, in inches from the lower left corner."""

    bars: tuple[Bar, ...]
    end: int  # ticks drawn
    pitches: tuple[int, int] | None
    kit: tuple[int, ...]
    left: float
    music: float  # width of the music
    legend_columns: int
    legend_rows: int
    kit_height: float
    roll_height: float
    strip_height: float

    @classmethod
    def of(cls, score: Score, parted: bool) -> Layout:
        """Lay `score` out; `parted` into seed and new."""
        bars, pitches, kit = bars_of(score), pitch_span(score), kit_of(score)
        if pitches is None and not kit:
            pitches = (55, 79)
        end = max(score.end, bars[-1].end if bars else 1)
        music = min(max(end / score.resolution * PER_QUARTER, WIDTHS[0]), WIDTHS[1])
        entries = min(len(named(score)), MOST_NAMED)
        columns = max(1, int(music / LEGEND_COLUMN))
        rows = 0 if pitches is None else pitches[1] - pitches[0] + 1
        return cls(
            bars=bars,
            end=end,
            pitches=pitches,
            kit=kit,
            left=0.14 + (NAMES if kit else KEYS),
            music=music,
            legend_columns=columns,
            legend_rows=math.ceil(entries / columns) if entries > 1 else 0,
            kit_height=len(kit) * min(0.2, 3.4 / max(1, len(kit))),
            roll_height=min(max(rows * 0.125, 2.5), 5.2) if rows else 0,
            strip_height=STRIP if parted else 0,
        )

    @property
    def width(self) -> float:
        return self.left + self.music + RIGHT

    @property
    def foot(self) -> float:
        return FOOT + self.legend_rows * LEGEND_ROW

    @property
    def roll_bottom(self) -> float:
        return self.foot + (self.kit_height + GAP * bool(self.roll_height) if self.kit else 0)

    @property
    def top(self) -> float:
        """Upper end of the music."""
        return self.roll_bottom + self.roll_height if self.roll_height else self.foot + self.kit_height

    @property
    def height(self) -> float:
        return self.top + NUMBERS + self.strip_height + TITLE

    def axes(self, figure: Figure, bottom: float, height: float, *, keys: bool = False) -> Axes:
        """Bare axes over the music, or over the keyboard beside it."""
        left, width = (self.left - KEYS, KEYS) if keys else (self.left, self.music)
        box = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        axes = figure.add_axes(box)
        axes.set_axis_off()
        axes.set_xlim(0, 1 if keys else self.end)
        return axes

    def ticks(self, inches: float) -> float:
        return inches * self.end / self.music


def named(score: Score) -> list[tuple[int, Track]]:
    """The tracks that have notes, with their index."""
    return [(i, t) for i, t in enumerate(score.tracks) if t.notes]


def share_of_width(score: Score, tick: int) -> float:
    """Where `tick` lies in the picture of `piano_roll(score)`, as a share of its width: 0 left, 1 right."""
    layout = Layout.of(score, parted=False)
    return (layout.left + layout.music * tick / layout.end) / layout.width
