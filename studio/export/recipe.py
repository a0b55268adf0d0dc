"""The recipe as JSON: what it takes to have the same music written again."""

from __future__ import annotations

import json
from pathlib import Path

from studio.errors import StudioError
from studio.export.piece import Format, Piece, put


def write(piece: Piece, path: Path) -> None:
    """Write the recipe. StudioError: the music was not written here, or the file cannot be written."""
    if piece.recipe is None:
        raise StudioError("This music was not written by a model of the studio: there is no recipe for it.")
    put((json.dumps(dict(piece.recipe), indent=1, ensure_ascii=False) + "\n").encode(), path)


FORMAT = Format("recipe", (".json",), "application/json", write, told=True)
