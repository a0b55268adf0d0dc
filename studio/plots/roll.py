"""The piano roll: a `Score` as a musician reads it at a glance, on a light or a dark page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from studio.plots.grid import BLACK, DRUMS, beats_of, headline, stride
from studio.plots.layout import KEYS, MOST_NAMED, NAMES, NUMBERS, Layout, named
from studio.plots.style import DARK, LIGHT, Theme, families, legible
from studio.score import Note, Score

Array = NDArray[np.float64]


New = Sequence[Collection[Note]] | None
"""For each track its new notes; None where no note is told from another."""
Region = tuple[int, int]
"""Where new music lies: from tick to tick."""


def piano_roll(
    score: Score,
    *,
    new: New = None,
    region: Region | None = None,
    dark: bool = False,
) -> Figure:
    """Draw `score`. `new` has for each track the notes that are new (None: none is told from another).

    The seed's notes are pale with a coloured edge, new ones solid; the louder a note, the stronger its colour. Outside
    the ticks of `region`, the part that was written, the ground is the seed's, and a strip above says so. Drums have
    rows of their own, by name. The width grows with the music, within bounds.
    """
    theme = DARK if dark else LIGHT
    layout = Layout.of(score, parted=region is not None)
    figure = Figure(figsize=(layout.width, layout.height), facecolor=theme.paper)
    _title(figure, layout, score, theme)
    if layout.pitches is not None:
        roll = layout.axes(figure, layout.roll_bottom, layout.roll_height)
        _rows(roll, layout.pitches, theme)
        _frame(roll, layout, score.resolution, region, theme)
        _pitched_notes(roll, layout, score, new, theme)
        _keyboard(layout.axes(figure, layout.roll_bottom, layout.roll_height, keys=True), layout, theme)
        if not score.note_count:
            roll.text(0.5, 0.5, "no notes", transform=roll.transAxes, ha="center", va="center", color=theme.soft_ink)
    if layout.kit:
        kit = layout.axes(figure, layout.foot, layout.kit_height)
        kit.set_ylim(0, len(layout.kit))
        kit.axhspan(0, len(layout.kit), color=theme.black_row, lw=0, zorder=0.3)
        _frame(kit, layout, score.resolution, region, theme)
        _drum_notes(kit, layout, score, new, theme)
    _bar_numbers(figure, layout, theme)
    if region is not None:
        _strip(figure, layout, region, theme)
    if layout.legend_rows:
        _legend(figure, layout, score, theme)
    return figure


# --- the ground ------------------------------------------------------------------------------------------------------


def _title(figure: Figure, layout: Layout, score: Score, theme: Theme) -> None:
    x, y = (layout.left - (NAMES if layout.kit else KEYS)) / layout.width, 1 - 0.26 / layout.height
    words: dict[str, Any] = {"family": families(), "parse_math": False}
    title = figure.text(x, y, legible(score.title, 60), size=11.5, weight="bold", color=theme.ink, **words)
    if title.get_text():
        x += (title.get_window_extent().width / figure.dpi + 0.2) / layout.width
    figure.text(x, y, headline(score), size=10, color=theme.soft_ink, **words)


def _rows(axes: Axes, pitches: tuple[int, int], theme: Theme) -> None:
    low, high = pitches
    axes.set_ylim(low - 0.5, high + 0.5)
    black = np.array([p for p in range(low, high + 1) if p % 12 in BLACK], float)
    end = axes.get_xlim()[1]
    axes.add_collection(_boxes(0 * black, black - 0.5, end, 1, facecolors=theme.black_row, zorder=0.3))
    octaves = [p - 0.5 for p in range(low + 1, high + 1) if p % 12 == 0]
    axes.hlines(octaves, 0, end, colors=theme.bar, linewidths=0.6)


def _frame(axes: Axes, layout: Layout, resolution: int, region: Region | None, theme: Theme) -> None:
    """Bars and beats, as far as there is room for them, and the ground under the seed."""
    bottom, top = axes.get_ylim()
    for start, end, is_new in _parts(layout, region):
        if not is_new:
            axes.axvspan(start, end, color=theme.past, lw=0, zorder=0.5, alpha=0.6)
    if layout.bars:
        if layout.music / sum(bar.numerator for bar in layout.bars) > 0.05:
            beats = [tick for bar in layout.bars for tick in beats_of(bar, resolution)]
            axes.vlines(beats, bottom, top, colors=theme.beat, linewidths=0.6)
        shown = layout.bars[:: stride(layout.music / len(layout.bars), 0.16)]
        axes.vlines([bar.start for bar in shown], bottom, top, colors=theme.bar, linewidths=0.9)
    axes.vlines([0, layout.end], bottom, top, colors=theme.bar, linewidths=0.9)
    axes.hlines([bottom, top], 0, layout.end, colors=theme.bar, linewidths=0.9)
    edges = [start for start, _, _ in _parts(layout, region)[1:]]
    axes.vlines(edges, bottom, top, colors=theme.accent, linewidths=1.6, zorder=2.5)


def _parts(layout: Layout, region: Region | None) -> list[tuple[int, int, bool]]:
    """(start, end, whether it is new) of the parts that a region cuts the music into; none without a region."""
    if region is None:
        return []
    start, end = (min(max(tick, 0), layout.end) for tick in region)
    parts = [(0, start, False), (start, end, True), (end, layout.end, False)]
    return [part for part in parts if part[0] < part[1]]


def _keyboard(axes: Axes, layout: Layout, theme: Theme) -> None:
    assert layout.pitches is not None
    low, high = layout.pitches
    axes.set_ylim(low - 0.5, high + 0.5)
    axes.axhspan(low - 0.5, high + 0.5, color=theme.white_key, lw=0)
    edge = theme.soft_ink
    # White keys meet between E and F, between B and C, and behind the middle of each black key.
    meet = [p - 0.5 for p in range(low + 1, high + 1) if p % 12 in (0, 5)]
    axes.hlines(meet, 0, 1, colors=edge, linewidths=0.5)
    black = np.array([p for p in range(low, high + 1) if p % 12 in BLACK], float)
    axes.hlines(black, 0.6, 1, colors=edge, linewidths=0.5)
    keys = {"facecolors": theme.black_key, "edgecolors": edge, "linewidths": 0.4}
    axes.add_collection(_boxes(0 * black, black - 0.42, 0.6, 0.84, **keys))
    axes.vlines([0, 1], low - 0.5, high + 0.5, colors=edge, linewidths=0.8)
    row = layout.roll_height / (high - low + 1)
    size = min(8.0, max(5.5, row * 72 * 0.85))
    for pitch in range(low + -low % 12, high + 1, 12):
        axes.text(0.95, pitch - 0.02, f"C{pitch // 12 - 1}", fontsize=size, ha="right", va="center", color="#1f1d1a")


def _bar_numbers(figure: Figure, layout: Layout, theme: Theme) -> None:
    axes = layout.axes(figure, layout.top, NUMBERS)
    axes.set_ylim(0, 1)
    if not layout.bars:
        return
    every = stride(layout.music / len(layout.bars), 0.34)
    # 1, 5, 9 where every fourth is shown, but 1, 10, 20 where it is every tenth: as scores number their lines and tens.
    shown = [b for b in layout.bars if b.index == 0 or (b.index + 1 - (every < 5)) % every == 0]
    for bar in shown:
        axes.text(bar.start, 0.22, f"{bar.index + 1}", fontsize=8, color=theme.soft_ink, ha="left", va="baseline")


def _strip(figure: Figure, layout: Layout, region: Region, theme: Theme) -> None:
    """A strip over the bar numbers that says which parts are the seed's and which is new."""
    axes = layout.axes(figure, layout.top + NUMBERS, layout.strip_height)
    axes.set_ylim(0, 1)
    for start, end, is_new in _parts(layout, region):
        word, ground, ink = (
            ("new", theme.new_strip, theme.on_new_strip) if is_new else ("seed", theme.seed_strip, theme.ink)
        )
        axes.axvspan(start, end, color=ground, lw=0)
        if end - start > layout.ticks(0.42):
            axes.text(start + layout.ticks(0.07), 0.47, word, fontsize=8.5, fontweight="bold", color=ink, va="center")


def _legend(figure: Figure, layout: Layout, score: Score, theme: Theme) -> None:
    entries = [
        Patch(color=_colour(i, theme), label=legible(t.name, 22) or ("Drums" if t.is_drum else f"Track {i + 1}"))
        for i, t in named(score)[:MOST_NAMED]
    ]
    legend = figure.legend(
        handles=entries, loc="lower left", ncols=layout.legend_columns, frameon=False, handlelength=1.1,
        bbox_to_anchor=(layout.left / layout.width, 0.04 / layout.height), borderaxespad=0, borderpad=0.2,
        labelcolor=theme.ink, prop={"family": families(), "size": 9}, columnspacing=1.6, handletextpad=0.5,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)


# --- the notes -------------------------------------------------------------------------------------------------------


def _boxes(left: Array, bottom: Array, width: Array | float, height: float, **style: Any) -> PolyCollection:
    """Rectangles, given by (N,) arrays, as one artist."""
    right, top = left + width, bottom + height
    x, y = np.stack([left, left, right, right], axis=1), np.stack([bottom, top, top, bottom], axis=1)
    corners: Any = np.stack([x, y], axis=2)
    return PolyCollection(corners, **style)


def _mixed(colour: str, ground: str, strength: Array) -> Array:
    """`colour` over `ground`, (N, 3) for N strengths from 0 to 1."""
    mixed: Array = np.outer(strength, to_rgb(colour)) + np.outer(1 - strength, to_rgb(ground))
    return mixed


def _colour(index: int, theme: Theme) -> str:
    return theme.tracks[index % len(theme.tracks)]


def _pitched_notes(axes: Axes, layout: Layout, score: Score, new: New, theme: Theme) -> None:
    for index, track in reversed(named(score)):
        if track.is_drum:
            continue
        onset, pitch, duration, _ = np.array(track.notes, float).T
        # A little shorter than they sound, so that repeated notes are seen to be two; never so short as to vanish.
        width = np.maximum(duration - np.minimum(layout.ticks(0.02), 0.15 * duration), layout.ticks(0.015))
        look = _look(track.notes, width / layout.ticks(1), index, new, theme)
        axes.add_collection(_boxes(onset, pitch - 0.42, width, 0.84, **look))


def _drum_notes(axes: Axes, layout: Layout, score: Score, new: New, theme: Theme) -> None:
    row_of = {pitch: row for row, pitch in enumerate(layout.kit)}
    axes.hlines(range(1, len(layout.kit)), 0, layout.end, colors=theme.beat, linewidths=0.6)
    size = min(8.0, layout.kit_height / len(layout.kit) * 72 * 0.72)
    for pitch, row in row_of.items():
        name = DRUMS.get(pitch, f"Key {pitch}")
        axes.text(-layout.ticks(0.06), row + 0.47, name, fontsize=size, ha="right", va="center", color=theme.soft_ink)
    # A stroke has no length worth drawing: all are a 32nd wide, within limits.
    stroke = max(min(score.resolution / 8, layout.ticks(0.08)), layout.ticks(0.01))
    for index, track in reversed(named(score)):
        if not track.is_drum:
            continue
        onset = np.array([n.onset for n in track.notes], float)
        bottom = np.array([row_of[n.pitch] + 0.14 for n in track.notes])
        look = _look(track.notes, stroke / layout.ticks(1), index, new, theme)
        axes.add_collection(_boxes(onset, bottom, stroke, 0.72, **look))


def _look(notes: Sequence[Note], inches: Array | float, index: int, new: New, theme: Theme) -> dict[str, Any]:
    """Colours of the notes of track `index`: the louder the stronger, seed notes pale with an edge, new ones solid."""
    velocity = np.array([n.velocity for n in notes]) / 127
    solid = np.array([new is None or n in new[index] for n in notes])
    colour = _colour(index, theme)
    return {
        "facecolors": _mixed(colour, theme.paper, np.where(solid, 0.4 + 0.6 * velocity, 0.08 + 0.34 * velocity)),
        "edgecolors": _mixed(colour, theme.ink, np.where(solid, 0.7, 1.0)),
        # The edge of a narrow note must not fill it: then pale and solid would look the same.
        "linewidths": np.minimum(np.where(solid, 0.5, 0.9), 0.2 * 72 * np.asarray(inches)),
        "zorder": 3,
    }
