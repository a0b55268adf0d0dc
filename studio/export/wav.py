"""WAV: 16-bit samples as they are.

The record of its origin is a chunk behind them, which players pass over; it vouches for the samples.
"""

from __future__ import annotations

from pathlib import Path

from studio.export import samples
from studio.export.carrier import NAME, Bytes
from studio.export.piece import Format, Piece

_CHUNK = b"prov"  # in small letters, as RIFF wants it of a program's own
_MARK = NAME.encode() + b"\0"


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.exact(piece.sound(), path, "WAV")


def _without(data: bytes) -> tuple[bytes, str | None]:
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("no WAV file")
    place = 12
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        end = min(place + 8 + length + length % 2, len(data))
        body = data[place + 8 : place + 8 + length]
        if data[place : place + 4] == _CHUNK and body.startswith(_MARK):
            return _sized(data[:place] + data[end:]), body[len(_MARK) :].decode("ascii", "replace")
        place = end
    return data, None


def _into(data: bytes, text: str) -> bytes:
    body = _MARK + text.encode("ascii")
    padded = data + b"\0" * (len(data) % 2)
    return _sized(padded + _CHUNK + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2))


def _sized(data: bytes) -> bytes:
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


CARRIER = Bytes(_without, _into, samples.numbers)
FORMAT = Format("wav", (".wav",), "audio/wav", write, CARRIER, sounds=True)
