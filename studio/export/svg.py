"""SVG: the piano roll as a drawing of any size.

The record of its origin is a metadata element; it vouches for everything else.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, unescape

from studio.export import png
from studio.export.carrier import NAME, Bytes
from studio.export.piece import Format

_ELEMENT = re.compile(rf'<metadata id="{NAME}">([^<]*)</metadata>'.encode())
_END = b"</svg>"


def _without(data: bytes) -> tuple[bytes, str | None]:
    found = _ELEMENT.search(data)
    return (_ELEMENT.sub(b"", data), unescape(found[1].decode("ascii", "replace"))) if found else (data, None)


def _into(data: bytes, text: str) -> bytes:
    end = data.rindex(_END)
    return data[:end] + f'<metadata id="{NAME}">{escape(text)}</metadata>'.encode("ascii") + data[end:]


def _told(data: bytes) -> bytes:
    data.rindex(_END)  # ValueError where it is none
    return data


FORMAT = Format("svg", (".svg",), "image/svg+xml", png.write, Bytes(_without, _into, _told))
