"""FLAC: the numbers of WAV in about half the room.

The record of its origin is a comment; it vouches for the samples.
"""

from __future__ import annotations

from pathlib import Path

from studio.export import samples, vorbis
from studio.export.carrier import Bytes
from studio.export.piece import Format, Piece

_COMMENTS = 4  # the type of the block


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.exact(piece.sound(), path, "FLAC")


def _parsed(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """(type, body) of each block before the sound, and the sound."""
    if data[:4] != b"fLaC":
        raise ValueError("no FLAC file")
    blocks, place, last = [], 4, False
    while not last:
        last, kind = data[place] > 127, data[place] & 127
        end = place + 4 + int.from_bytes(data[place + 1 : place + 4], "big")
        blocks.append((kind, data[place + 4 : end]))
        place = end
    return blocks, data[place:]


def _joined(blocks: list[tuple[int, bytes]], sound: bytes) -> bytes:
    parts = [b"fLaC"]
    for i, (kind, body) in enumerate(blocks):
        last = 128 * (i + 1 == len(blocks))
        parts.append(bytes([last | kind]) + len(body).to_bytes(3, "big") + body)
    return b"".join([*parts, sound])


def _without(data: bytes) -> tuple[bytes, str | None]:
    blocks, sound = _parsed(data)
    for i, (kind, body) in enumerate(blocks):
        if kind == _COMMENTS:
            rest, text = vorbis.without(body)
            blocks[i] = (kind, rest)
            return _joined(blocks, sound), text
    return data, None


def _into(data: bytes, text: str) -> bytes:
    blocks, sound = _parsed(data)
    if _COMMENTS not in dict(blocks):
        blocks.insert(1, (_COMMENTS, vorbis.EMPTY))
    written = [(kind, vorbis.into(body, text) if kind == _COMMENTS else body) for kind, body in blocks]
    return _joined(written, sound)


FORMAT = Format("flac", (".flac",), "audio/flac", write, Bytes(_without, _into, samples.numbers), sounds=True)
