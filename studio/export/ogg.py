"""OGG: Vorbis, a tenth of the size of WAV, free of patents.

The record of its origin is a comment; it vouches for the packed sound, since not every machine unpacks it alike.
Format of the pages: RFC 3533.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from studio.export import samples, vorbis
from studio.export.carrier import Bytes
from studio.export.piece import Format, Piece

_LEVEL = 0.4
_COMMENTS = b"\x03vorbis"
_CONTINUED = 1
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.packed(piece.sound(), path, "OGG", "VORBIS", _LEVEL)


@dataclass(frozen=True)
class _Page:
    """One page: `place` is the time that it ends at, `stream` whose it is, `number` counts; `lacing` are lengths."""

    flags: int
    place: bytes
    stream: bytes
    number: int
    lacing: bytes
    body: bytes

    def written(self) -> bytes:
        head = b"OggS\0" + bytes([self.flags]) + self.place + self.stream + self.number.to_bytes(4, "little")
        tail = bytes([len(self.lacing)]) + self.lacing + self.body
        return head + _sum(head + bytes(4) + tail) + tail


def _sum(data: bytes) -> bytes:
    """The checksum of a page: CRC-32 from the highest bit down, which zlib works out on mirrored bytes."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return mirrored.to_bytes(4, "big").translate(_MIRRORED)


def _pages(data: bytes) -> Iterator[_Page]:
    start = 0
    while start < len(data):
        if data[start : start + 5] != b"OggS\0":
            raise ValueError("no OGG page")
        body = start + 27 + data[start + 26]
        lacing = data[start + 27 : body]
        end = body + sum(lacing)
        if end > len(data):
            raise ValueError("cut short")
        number = int.from_bytes(data[start + 18 : start + 22], "little")
        yield _Page(
            data[start + 5], data[start + 6 : start + 14], data[start + 14 : start + 18], number, lacing, data[body:end]
        )
        start = end


def _parsed(data: bytes) -> tuple[_Page, list[bytes], list[_Page]]:
    """The first page; the two packets behind it, comments and codebooks; the pages of sound."""
    first, *pages = _pages(data)
    packets, part = [], b""
    for i, page in enumerate(pages):
        start = 0
        for length in page.lacing:
            part, start = part + page.body[start : start + length], start + length
            if length < 255:
                packets.append(part)
                part = b""
        if len(packets) >= 2:
            if len(packets) > 2 or part or not packets[0].startswith(_COMMENTS):
                break
            return first, packets, pages[i + 1 :]
    raise ValueError("no Vorbis in it as the studio writes it")


def _joined(first: _Page, packets: Sequence[bytes], sound: Sequence[_Page]) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    body = b"".join(packets)
    heads: list[_Page] = []
    for start in range(0, len(lacing), 255):
        part = lacing[start : start + 255]
        continued = _CONTINUED if start and lacing[start - 1] == 255 else 0
        heads.append(_Page(continued, bytes(8), first.stream, len(heads) + 1, part, body[: sum(part)]))
        body = body[sum(part) :]
    numbered = [replace(page, number=len(heads) + 1 + i) for i, page in enumerate(sound)]
    return b"".join(page.written() for page in (first, *heads, *numbered))


def _without(data: bytes) -> tuple[bytes, str | None]:
    first, (comments, codebooks), sound = _parsed(data)
    rest, text = vorbis.without(comments[len(_COMMENTS) :])
    return _joined(first, [_COMMENTS + rest, codebooks], sound), text


def _into(data: bytes, text: str) -> bytes:
    first, (comments, codebooks), sound = _parsed(data)
    return _joined(first, [_COMMENTS + vorbis.into(comments[len(_COMMENTS) :], text), codebooks], sound)


def _told(data: bytes) -> bytes:
    first, (_, codebooks), sound = _parsed(data)
    return b"".join([first.body, codebooks, *(page.place + page.lacing + page.body for page in sound)])


FORMAT = Format("ogg", (".ogg",), "audio/ogg", write, Bytes(_without, _into, _told), sounds=True)
