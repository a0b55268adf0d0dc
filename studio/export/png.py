"""PNG: the piano roll as a picture of pixels.

The record of its origin is a text chunk; it vouches for the pixels.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

from studio import plots
from studio.export.carrier import NAME, Bytes
from studio.export.piece import Format, Piece

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MARK = NAME.encode() + b"\0"
_MOST = 1 << 30  # bytes of pixels


def write(piece: Piece, path: Path) -> None:
    """Draw the piano roll; what is new looks new. StudioError: the file cannot be written."""
    plots.save_figure(plots.piano_roll(piece.score, new=piece.new, region=piece.region), path)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of each chunk."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("no PNG file")
    place = len(_SIGNATURE)
    while place < len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if end + 4 > len(data):
            raise ValueError("cut short")
        yield data[place + 4 : place + 8], data[place + 8 : end]
        place = end + 4


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _without(data: bytes) -> tuple[bytes, str | None]:
    text, kept = None, [_SIGNATURE]
    for kind, body in _chunks(data):
        if kind == b"tEXt" and body.startswith(_MARK):
            text = body[len(_MARK) :].decode("ascii", "replace")
        else:
            kept.append(_chunk(kind, body))
    return b"".join(kept), text


def _into(data: bytes, text: str) -> bytes:
    place = len(_SIGNATURE) + 25  # behind the header
    return data[:place] + _chunk(b"tEXt", _MARK + text.encode("ascii")) + data[place:]


def _told(data: bytes) -> bytes:
    chunks = list(_chunks(data))
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    pixels = zlib.decompressobj().decompress(packed, _MOST)
    return b"".join(body for kind, body in chunks if kind in (b"IHDR", b"PLTE", b"tRNS")) + pixels


FORMAT = Format("png", (".png",), "image/png", write, Bytes(_without, _into, _told))
