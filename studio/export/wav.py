"""WAV: 16-bit samples as they are."""

from __future__ import annotations

from pathlib import Path

from studio.export import samples
from studio.export.piece import Format, Piece


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.exact(piece.sound(), path, "WAV")


FORMAT = Format("wav", (".wav",), "audio/wav", write, sounds=True)
