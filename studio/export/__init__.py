"""Music to files, one format per module: each has a `FORMAT` and knows how to write a `Piece`.

The table here is what the page, the command line and programs go by. Knows nothing of pages and of how music is made.
"""

from __future__ import annotations

from pathlib import Path

from studio.errors import StudioError
from studio.export import abc, flac, midi_file, mp3, musicxml, ogg, png, recipe, stems, svg, wav
from studio.export.names import LONGEST_NAME_BYTES, LONGEST_STEM, file_name, plain_name
from studio.export.piece import Format, Piece

FORMATS: tuple[Format, ...] = (
    midi_file.FORMAT,
    wav.FORMAT,
    musicxml.FORMAT,
    abc.FORMAT,
    mp3.FORMAT,
    ogg.FORMAT,
    flac.FORMAT,
    stems.FORMAT,
    png.FORMAT,
    svg.FORMAT,
    recipe.FORMAT,
)
"""Every format, in the order in which they are offered."""

__all__ = [
    "FORMATS",
    "LONGEST_NAME_BYTES",
    "LONGEST_STEM",
    "Format",
    "Piece",
    "file_name",
    "format_of",
    "plain_name",
    "save",
]


def format_of(path: str | Path) -> Format:
    """The format that a file name's suffix asks for. StudioError: no format has it."""
    suffix = Path(path).suffix.lower()
    for offered in FORMATS:
        if suffix in offered.suffixes:
            return offered
    known = ", ".join(offered.suffix for offered in FORMATS)
    raise StudioError(f"'{Path(path).name}' names no format that can be written; end it in one of: {known}.")


def save(piece: Piece, path: str | Path) -> None:
    """Write the piece in the format of the path's suffix, with the record of where it comes from, if it has one.

    StudioError leaves say why it cannot be.
    """
    chosen = format_of(path)
    chosen.write(piece, Path(path))
    piece.seal(Path(path), chosen.carrier)
