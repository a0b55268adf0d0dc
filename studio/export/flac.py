"""FLAC: the numbers of WAV in about half the room."""

from __future__ import annotations

from pathlib import Path

from studio.export import samples
from studio.export.piece import Format, Piece


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.exact(piece.sound(), path, "FLAC")


FORMAT = Format("flac", (".flac",), "audio/flac", write, sounds=True)
