"""MusicXML: sheet music for MuseScore and other notation programs."""

from __future__ import annotations

from pathlib import Path

from studio import notation
from studio.export.piece import Format, Piece, put


def write(piece: Piece, path: Path) -> None:
    """Write all tracks. NotationError: there is nothing to write; StudioError: the file cannot be written."""
    put(notation.write_musicxml(piece.score), path)


FORMAT = Format("musicxml", (".musicxml", ".xml"), "application/vnd.recordare.musicxml+xml", write)
