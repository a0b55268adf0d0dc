"""ABC: the tune as text, for tune books and mails.

The record of its origin stands in comments at the end; it vouches for every other line.
"""

from __future__ import annotations

import base64
import contextlib
from pathlib import Path

from studio import notation
from studio.export.carrier import NAME, Bytes
from studio.export.piece import Format, Piece, put

_MARK = f"%{NAME} ".encode()
_LINE = 100  # characters of the record on one


def write(piece: Piece, path: Path) -> None:
    """Write all tracks. NotationError: there is nothing to write; StudioError: the file cannot be written."""
    put(notation.write_abc(piece.score).encode(), path)


def _without(data: bytes) -> tuple[bytes, str | None]:
    lines = data.splitlines(keepends=True)
    marked = b"".join(line[len(_MARK) :].strip() for line in lines if line.startswith(_MARK))
    text: str | None = marked.decode("ascii", "replace") if marked else None
    with contextlib.suppress(ValueError):  # else it is no record, and whoever reads it will see that
        text = base64.b64decode(marked, validate=True).decode("ascii") if marked else None
    return b"".join(line for line in lines if not line.startswith(_MARK)), text


def _into(data: bytes, text: str) -> bytes:
    # In letters that no mail program breaks or joins.
    letters = base64.b64encode(text.encode("ascii"))
    lines = [_MARK + letters[start : start + _LINE] + b"\n" for start in range(0, len(letters), _LINE)]
    return data + b"".join(lines)


def _told(data: bytes) -> bytes:
    """The lines, however they end."""
    return b"\n".join(line.rstrip() for line in data.splitlines()).rstrip()


FORMAT = Format("abc", (".abc",), "text/vnd.abc", write, Bytes(_without, _into, _told))
