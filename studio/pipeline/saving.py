"""Music into files of every format, by one door: `save`. Knows what each format needs and where that comes from."""

from __future__ import annotations

from pathlib import Path

from studio import export
from studio.errors import SettingError
from studio.export import FORMATS, Format, format_of
from studio.pipeline import origins
from studio.pipeline.mix import Mix
from studio.pipeline.results import render, render_stems, soundfonts
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Take
from studio.score import Score

__all__ = ["FORMATS", "Format", "Music", "file_name", "format_of", "save"]

Music = Score | Seed | Take


def save(music: Music, path: str | Path, *, sound: Path | Mix | None = None) -> None:
    """Write music in the format that the path's suffix names, see `FORMATS`.

    A take's MIDI file has its recipe as a text event: `read` gives it back as `Seed.recipe`. Every file carries a
    signed record of its origin, see `origins`; `verify` reads it. `sound`: a SoundFont or a mix, for the formats that
    are heard. StudioError leaves: no such format, no sound, nowhere to write, or nothing to sign with.
    """
    score = music if isinstance(music, Score) else music.score
    recipe = None if isinstance(music, Score) else music.recipe
    piece = export.Piece(
        score,
        new=music.new if isinstance(music, Take) else None,
        region=(music.new_from, music.end) if isinstance(music, Take) else None,
        recipe=recipe,
        sound=lambda: render(score, sound),
        stems=lambda: render_stems(score, _mix(sound)),
        vouch=origins.voucher(_kind(music), recipe, _seed(music)),
    )
    export.save(piece, path)


def _kind(music: Music) -> origins.Kind:
    if isinstance(music, Score):
        return "score"
    return "take" if isinstance(music, Take) else "seed"


def _seed(music: Music) -> str:
    """The sum of the file that the music was made from; of a seed, that of its own."""
    if isinstance(music, Take):
        return str(music.recipe.get("source", ""))
    return music.sha256 if isinstance(music, Seed) else ""


def _mix(sound: Path | Mix | None) -> Mix | None:
    if not isinstance(sound, Path):
        return sound
    name = next((name for name, path in soundfonts().items() if path == sound), None)
    if name is None:
        raise SettingError(f"For stems, put '{sound.name}' into the soundfonts folder first.")
    return Mix(soundfont=name)


def file_name(music: Music, suffix: str) -> str:
    """A telling name for a file of that music, such as `greensleeves_lstm_8bars_seed7.mid`; safe on any system."""
    if isinstance(music, Score | Seed):
        name = music.title if isinstance(music, Score) else music.name or music.score.title
        return export.plain_name(name, f".{suffix.lstrip('.')}")
    return export.file_name(music.name, music.recipe["model"], music.bars_new, music.recipe["seed"], suffix)
