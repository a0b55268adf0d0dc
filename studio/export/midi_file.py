"""MIDI: every note on its exact tick, and the recipe as a text event, so that the studio can read it again."""

from __future__ import annotations

import json
from pathlib import Path

from studio import midi
from studio.export.piece import Format, Piece


def write(piece: Piece, path: Path) -> None:
    """Write a type 1 file. MidiError: MIDI cannot hold it, or the file cannot be written."""
    texts = [json.dumps(piece.recipe, ensure_ascii=True, separators=(",", ":"))] if piece.recipe else []
    midi.save(piece.score, path, texts=texts)


FORMAT = Format("midi", (".mid", ".midi"), "audio/midi", write)
