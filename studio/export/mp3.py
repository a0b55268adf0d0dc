"""MP3: what every player plays.

The record of its origin is a text frame of the ID3 tag; it vouches for the packed sound, since not every machine
unpacks it alike. Format of the tag: ID3v2.3 and ID3v2.4, id3.org.
"""

from __future__ import annotations

from pathlib import Path

from studio.export import samples
from studio.export.carrier import NAME, Bytes
from studio.export.piece import Format, Piece

_LEVEL = 0.2
_HEAD = 10  # bytes of a tag's head, and of a frame's
_TEXT = b"TXXX"
_MARK = b"\0" + NAME.encode() + b"\0"  # in Latin letters, under this name
_OLD = 128  # bytes of an ID3v1 tag


def write(piece: Piece, path: Path) -> None:
    """Write the piece's sound. SoundError: there is no sound, or the file cannot be written."""
    samples.packed(piece.sound(), path, "MP3", "MPEG_LAYER_III", _LEVEL)


def _septets(data: bytes) -> int:
    """Four bytes of seven bits each."""
    value = 0
    for byte in data:
        value = value << 7 | byte & 127
    return value


def _as_septets(value: int) -> bytes:
    return bytes(value >> shift & 127 for shift in (21, 14, 7, 0))


def _parsed(data: bytes) -> tuple[list[bytes], bytes]:
    """The frames of the tag, as of ID3v2.4, and what stands behind it."""
    if data[:3] != b"ID3":
        return [], data
    end = _HEAD + _septets(data[6:10])
    frames, place = [], _HEAD
    while place + _HEAD <= end and data[place]:
        sized = data[place + 4 : place + 8]
        length = _septets(sized) if data[3] == 4 else int.from_bytes(sized, "big")
        body = data[place + _HEAD : place + _HEAD + length]
        frames.append(data[place : place + 4] + _as_septets(length) + data[place + 8 : place + _HEAD] + body)
        place += _HEAD + length
    return frames, data[end:]


def _joined(frames: list[bytes], sound: bytes) -> bytes:
    if not frames:
        return sound
    tag = b"".join(frames)
    return b"ID3\x04\0\0" + _as_septets(len(tag)) + tag + sound


def _is_record(frame: bytes) -> bool:
    return frame.startswith(_TEXT) and frame[_HEAD:].startswith(_MARK)


def _without(data: bytes) -> tuple[bytes, str | None]:
    frames, sound = _parsed(data)
    found = [
        frame[_HEAD + len(_MARK) :].rstrip(b"\0").decode("ascii", "replace") for frame in frames if _is_record(frame)
    ]
    return _joined([frame for frame in frames if not _is_record(frame)], sound), found[0] if found else None


def _into(data: bytes, text: str) -> bytes:
    frames, sound = _parsed(data)
    body = _MARK + text.encode("ascii")
    return _joined([*frames, _TEXT + _as_septets(len(body)) + b"\0\0" + body], sound)


def _told(data: bytes) -> bytes:
    sound = _parsed(data)[1]
    if sound[-_OLD:].startswith(b"TAG"):
        sound = sound[:-_OLD]
    if not sound.startswith((b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")):
        raise ValueError("no MP3 frame")
    return sound


FORMAT = Format("mp3", (".mp3",), "audio/mpeg", write, Bytes(_without, _into, _told), sounds=True)
