"""MIDI: every note on its exact tick, and the recipe as a text event, so that the studio can read it again.

The record of its origin is the first text event; it vouches for what the studio reads in the file: the notes and names
of its tracks, their instruments, tempo, metre and key. So it holds where another program writes the same music anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from studio import midi, provenance
from studio.export.carrier import Bytes
from studio.export.piece import Format, Piece
from studio.midi import smf

# At once (no time before it), a text event, its length, and how every record begins.
_RECORD = re.compile(rb"\x00\xff\x01([\x80-\xff]{0,3}[\x00-\x7f])" + re.escape(provenance.START.encode()))
_TRACK = b"MTrk"


def write(piece: Piece, path: Path) -> None:
    """Write a type 1 file. MidiError: MIDI cannot hold it, or the file cannot be written."""
    texts = [json.dumps(piece.recipe, ensure_ascii=True, separators=(",", ":"))] if piece.recipe else []
    midi.save(piece.score, path, texts=texts)


def without_record(data: bytes) -> tuple[bytes, str | None]:
    """A MIDI file's bytes without the record, and the record's text; None where there is none."""
    found = _RECORD.search(data)
    if found is None:
        return data, None
    length = 0
    for byte in found[1]:
        length = length << 7 | byte & 127
    start = found.end(1)
    text = data[start : start + length].decode("ascii", "replace")
    return _resized(data[: found.start()] + data[start + length :], found.start(), found.start() - start - length), text


def _with_record(data: bytes, text: str) -> bytes:
    start = data.index(_TRACK) + 8
    event = b"\0" + smf.meta(smf.TEXT, text.encode("ascii"))
    return _resized(data[:start] + event + data[start:], start, len(event))


def _resized(data: bytes, place: int, more: int) -> bytes:
    """The length of the track around `place` made right: it has so many bytes more now."""
    head = data.rfind(_TRACK, 0, place)
    if head < 0:
        return data
    length = max(0, int.from_bytes(data[head + 4 : head + 8], "big") + more)
    return data[: head + 4] + length.to_bytes(4, "big") + data[head + 8 :]


def _told(data: bytes) -> bytes:
    score = midi.load(data).score
    tracks = [[track.name, -1 if track.is_drum else track.program, track.notes] for track in score.tracks]
    maps = [score.tempos, score.time_signatures, score.key_signatures]
    return provenance.canonical([score.resolution, score.title, *maps, tracks])


FORMAT = Format("midi", (".mid", ".midi"), "audio/midi", write, Bytes(without_record, _with_record, _told))
