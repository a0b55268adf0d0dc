"""MP3: what every player plays."""

from __future__ import annotations

from pathlib import Path

from studio.export import samples
from studio.export.piece import Format, Piece

_LEVEL = 0.2


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.packed(piece.sound(), path, "MP3", "MPEG_LAYER_III", _LEVEL)


FORMAT = Format("mp3", (".mp3",), "audio/mpeg", write, sounds=True)
