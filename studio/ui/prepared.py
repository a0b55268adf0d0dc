"""Music made ready for a player: pictures and sound as files, each written once and named only when it is whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from studio import pipeline
from studio.errors import SoundError

MOST_CHANGES = 500  # a recorded performance may change its tempo at every beat


class Pictures(NamedTuple):
    """A piano roll for a light and for a dark page."""

    light: Path
    dark: Path


def pictures(music: pipeline.Score | pipeline.Take, folder: Path) -> Pictures:
    """The piano roll; of a take, what is new looks new."""
    light, dark = folder / "light.png", folder / "dark.png"
    _once(light, lambda new: pipeline.save_plot(music, new))
    _once(dark, lambda new: pipeline.save_plot(music, new, dark=True))
    return Pictures(light, dark)


def timeline(score: pipeline.Score) -> list[tuple[float, float]]:
    """Where the sound is in the picture: (second, share of the picture's width), in straight lines between these."""
    changes = [tempo.onset for tempo in score.tempos if 0 < tempo.onset < score.end]
    left, right = pipeline.share_of_width(score, 0), pipeline.share_of_width(score, score.end)
    ticks = [0, *changes[:: len(changes) // MOST_CHANGES + 1], max(1, score.end)]
    return [(score.seconds_at(t), left + (right - left) * t / max(1, score.end)) for t in ticks]


def new_part(take: pipeline.Take) -> dict[str, Any]:
    """Where in picture and sound the new music is, as keywords of `widgets.player_value`."""
    # Where all of it is new there is no part to jump to.
    mark = take.score.seconds_at(take.new_from) if take.new_from else None
    return {"mark": mark, "timeline": timeline(take.score)}


def sound(score: pipeline.Score, path: Path, font: str | None) -> tuple[Path | None, str]:
    """The sound by the SoundFont of that name, in a folder of its own beside `path`; else no file, and why."""
    fonts = pipeline.soundfonts()
    number = list(fonts).index(font) if font in fonts else 0
    path = path.parent / f"font-{number}" / path.name
    try:
        _once(path, lambda new: pipeline.save_wav(score, new, fonts.get(font or "")))
    except SoundError as error:
        return None, str(error)
    return path, ""


def _once(path: Path, write: Callable[[Path], None]) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two visitors may want the same example at once: neither must be handed the other's half-written file.
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        new = Path(scratch) / path.name
        write(new)
        new.replace(path)
