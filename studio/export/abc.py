"""ABC: the tune as text, for tune books and mails."""

from __future__ import annotations

from pathlib import Path

from studio import notation
from studio.export.piece import Format, Piece, put


def write(piece: Piece, path: Path) -> None:
    """Write all tracks. NotationError: there is nothing to write; StudioError: the file cannot be written."""
    put(notation.write_abc(piece.score).encode(), path)


FORMAT = Format("abc", (".abc",), "text/vnd.abc", write)
