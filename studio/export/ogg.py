"""OGG: Vorbis, a tenth of the size of WAV, free of patents."""

from __future__ import annotations

from pathlib import Path

from studio.export import samples
from studio.export.piece import Format, Piece

_LEVEL = 0.4


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.packed(piece.sound(), path, "OGG", "VORBIS", _LEVEL)


FORMAT = Format("ogg", (".ogg",), "audio/ogg", write, sounds=True)
