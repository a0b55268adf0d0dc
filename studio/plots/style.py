"""What all pictures share: colours for light and dark pages, fonts for any name, and how a picture is saved."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from pathlib import Path

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from studio.errors import StudioError

DPI = 144

# Beside the font that matplotlib ships, one for Chinese and Japanese names where the machine has it.
_CJK = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Serif CJK SC", "PingFang SC", "Hiragino Sans")


@dataclass(frozen=True)
class Theme:
    """Colours of one kind of page. `tracks` are told apart by the colour-blind too (after Okabe and Ito, 2008)."""

    paper: str
    black_row: str  # a row of the roll that belongs to a black key
    past: str  # ground under the seed
    beat: str
    bar: str
    ink: str
    soft_ink: str
    accent: str
    seed_strip: str
    new_strip: str
    on_new_strip: str
    white_key: str
    black_key: str
    tracks: tuple[str, ...]


LIGHT = Theme(
    paper="#ffffff",
    black_row="#f5f4f1",
    past="#e9e6df",
    beat="#e6e3dc",
    bar="#bdb7ab",
    ink="#1f1d1a",
    soft_ink="#57524a",
    accent="#0f766e",
    seed_strip="#ddd8cd",
    new_strip="#0f766e",
    on_new_strip="#ffffff",
    white_key="#ffffff",
    black_key="#34312d",
    tracks=("#0072b2", "#d55e00", "#009e73", "#c2629b", "#b37a00", "#3aa0dd", "#7a3b8f", "#4d4d4d"),
)
DARK = Theme(
    paper="#201e1b",
    black_row="#1a1816",
    past="#2e2b27",
    beat="#35322d",
    bar="#5c564d",
    ink="#f1eee8",
    soft_ink="#b9b3a8",
    accent="#5eead4",
    seed_strip="#3d3933",
    new_strip="#0f766e",
    on_new_strip="#ffffff",
    white_key="#d9d4ca",
    black_key="#201e1b",
    tracks=("#56b4e9", "#f59a4a", "#3ccf9e", "#e79ac6", "#f0e442", "#8fa8ff", "#ff7f6e", "#d8d4cc"),
)


@functools.cache
def families() -> list[str]:
    """Font families in the order in which a letter is looked for."""
    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans", *[name for name in _CJK if name in installed][:1]]


@functools.cache
def _letters() -> frozenset[int]:
    fonts = (FT2Font(font_manager.findfont(name)) for name in families())
    return frozenset(code for font in fonts for code in font.get_charmap())


def legible(text: str, longest: int) -> str:
    """One line of at most `longest` characters, with a box for each that no font here can write."""
    line = " ".join(text.split())
    line = "".join(c if ord(c) in _letters() else "□" for c in line if c.isprintable())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


_drawing = threading.Lock()


def save_figure(figure: Figure, path: str | Path) -> None:
    """Draw `figure` into `path`, a .png or .svg by its suffix. StudioError: another suffix, or a path not writable."""
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".png", ".svg"):
        raise StudioError(f"A picture is written as .png or .svg, but '{path.name}' was asked for.")
    # matplotlib's caches of fonts and text are not made for two threads that draw at once.
    try:
        with _drawing:
            figure.savefig(path, format=kind[1:], dpi=DPI, metadata={"Date": None} if kind == ".svg" else None)
    except OSError as error:
        raise StudioError(f"'{path.name}' could not be written: see that its folder is there and has room.") from error
