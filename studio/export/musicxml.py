"""MusicXML: sheet music for MuseScore and other notation programs.

The record of its origin is a miscellaneous field of the identification; it vouches for every other element.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, unescape

from studio import notation
from studio.export.carrier import NAME, Bytes
from studio.export.piece import Format, Piece, put

_FIELD = re.compile(rf'<miscellaneous-field name="{NAME}">([^<]*)</miscellaneous-field>'.encode())
_HOLDER = re.compile(rb"<miscellaneous>\s*</miscellaneous>")
_END = b"</identification>"


def write(piece: Piece, path: Path) -> None:
    """Write all tracks. NotationError: there is nothing to write; StudioError: the file cannot be written."""
    put(notation.write_musicxml(piece.score), path)


def _without(data: bytes) -> tuple[bytes, str | None]:
    found = _FIELD.search(data)
    if found is None:
        return data, None
    return _HOLDER.sub(b"", _FIELD.sub(b"", data), count=1), unescape(found[1].decode("ascii", "replace"))


def _into(data: bytes, text: str) -> bytes:
    field = f'<miscellaneous-field name="{NAME}">{escape(text)}</miscellaneous-field>'.encode("ascii")
    start = data.index(_END)
    holder = data.rfind(b"</miscellaneous>", 0, start)
    if holder >= 0:
        return data[:holder] + field + data[holder:]
    return data[:start] + b"<miscellaneous>" + field + b"</miscellaneous>" + data[start:]


def _told(data: bytes) -> bytes:
    """The elements in their canonical form (C14N), blanks between them left out."""
    return ElementTree.canonicalize(data.decode("utf-8"), strip_text=True).encode()


SUFFIXES = (".musicxml", ".xml")
FORMAT = Format("musicxml", SUFFIXES, "application/vnd.recordare.musicxml+xml", write, Bytes(_without, _into, _told))
