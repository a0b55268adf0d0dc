"""PNG: the piano roll as a picture of pixels."""

from __future__ import annotations

from pathlib import Path

from studio import plots
from studio.export.piece import Format, Piece


def write(piece: Piece, path: Path) -> None:
    """Draw the piano roll; what is new looks new. StudioError: the file cannot be written."""
    plots.save_figure(plots.piano_roll(piece.score, new=piece.new, region=piece.region), path)


FORMAT = Format("png", (".png",), "image/png", write)
