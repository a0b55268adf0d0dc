"""The recipe as JSON: what it takes to have the same music written again.

The record of its origin stands in it as "provenance" and "signature"; it vouches for everything else.
"""

from __future__ import annotations

import json
from pathlib import Path

from studio import provenance
from studio.errors import StudioError
from studio.export.carrier import Bytes
from studio.export.piece import Format, Piece, put

_RECORD = ("provenance", "signature")


def write(piece: Piece, path: Path) -> None:
    """Write the recipe. StudioError: the music was not written here, or the file cannot be written."""
    if piece.recipe is None:
        raise StudioError("This music was not written by a model of the studio: there is no recipe for it.")
    put(_text(dict(piece.recipe)), path)


def _text(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _without(data: bytes) -> tuple[bytes, str | None]:
    whole = json.loads(data)
    if not isinstance(whole, dict):
        raise ValueError("no recipe")
    record = {name: whole.pop(name) for name in _RECORD if name in whole}
    return _text(whole), provenance.canonical(record).decode() if record else None


def _into(data: bytes, text: str) -> bytes:
    return _text(json.loads(data) | json.loads(text))


def _told(data: bytes) -> bytes:
    return provenance.canonical(json.loads(data))


FORMAT = Format("recipe", (".json",), "application/json", write, Bytes(_without, _into, _told), told=True)
