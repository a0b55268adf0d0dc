"""The Standard MIDI File as bytes: chunks and events, read with forgiveness and written strictly. Knows no Score.

Format: "Standard MIDI Files 1.0", MIDI Manufacturers Association 1988; RIFF wrapper: RP-029. Reading never trusts a
length in the file: tracks are found by their `MTrk`, events are read until the end mark, the next track or the first
byte that makes no sense, and everything up to there counts. That is why no library reads here: mido, the referee of the
tests, takes lengths on trust and raises where a damaged file can still be mended.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from studio.errors import MidiError
from studio.midi.repairs import Repair, Repairs

MAX_NOTES = 100_000
MAX_CHUNKS = 1_000
MAX_CHANGES = 100_000  # tempo, metre, key and program changes, names and texts at the start, together

USUAL_DIVISION = 480  # ticks per quarter, where the file does not say

# Types of meta events that are kept.
TEXT, TRACK_NAME, INSTRUMENT_NAME, LYRIC, MARKER, CUE = 0x01, 0x03, 0x04, 0x05, 0x06, 0x07
PORT, END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x21, 0x2F, 0x51, 0x58, 0x59
_KEPT = {TEXT, TRACK_NAME, INSTRUMENT_NAME, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE}
_WORDS = {LYRIC, MARKER, CUE}

_LONGEST_DELTA = 0x0FFF_FFFF  # what four bytes of seven bits hold
_PEDALS = {64, 66, 67}


@dataclass(slots=True)
class Chunk:
    """One `MTrk` chunk. Ticks count from its start; a key is `channel * 256 + pitch` (damaged pitches reach 255)."""

    # For each key, in the file's order: (onset, velocity, program or -1 where this chunk has not chosen one yet), and
    # the ticks of the ends. There are never more ends than starts before them.
    notes: dict[int, tuple[list[tuple[int, int, int]], list[int]]] = field(
        default_factory=lambda: defaultdict(lambda: ([], []))
    )
    end: int = 0  # tick of the last event
    port: int = 0


@dataclass(slots=True)
class File:
    """A parsed file. `format` is 0, 1 or 2; `division` the header's 16 bits as they came (0 where they are missing)."""

    format: int
    division: int
    repairs: Repairs = field(default_factory=Counter)
    chunks: list[Chunk] = field(default_factory=list)
    programs: list[tuple[int, int, int, int]] = field(default_factory=list)  # (tick, chunk, channel, program)
    metas: list[tuple[int, int, int, bytes]] = field(default_factory=list)  # (tick, chunk, type, payload)
    notes_left: int = MAX_NOTES


class _DamagedError(Exception):
    """The bytes of a track stop making sense."""


# --- reading ---------------------------------------------------------------------------------------------------------


def read(data: bytes) -> File:
    """Parse `data`, which holds `MThd` or `MTrk` somewhere.

    Raises MidiError for more than MAX_NOTES notes, MAX_CHUNKS tracks or MAX_CHANGES changes; time and memory grow
    with the length of `data` only.
    """
    repairs: Repairs = Counter()
    data = _unwrap(data, repairs)
    file, promised, pos = _header(data, repairs)
    start = data.find(b"MTrk", pos)
    if start > pos:
        _gap(data, pos, start, repairs)
    while start >= 0:
        if len(file.chunks) == MAX_CHUNKS:
            raise MidiError(f"The file holds more than {MAX_CHUNKS:,} tracks; choose one with fewer.")
        intact, pos = _chunk(file, data, start)
        start = data.find(b"MTrk", pos)
        if intact:
            _gap(data, pos, start if start >= 0 else len(data), repairs)
    if promised not in (None, len(file.chunks)):
        repairs[Repair.TRACK_COUNT] = 1
    if file.format > 2 or (file.format == 0 and len(file.chunks) > 1):
        repairs[Repair.FORMAT] = 1
        file.format = 1
    return file


def _unwrap(data: bytes, repairs: Repairs) -> bytes:
    """`data` from its header on."""
    start = data.find(b"MThd")
    if start < 0:
        repairs[Repair.NO_HEADER] = 1
        return data
    if data.startswith(b"RIFF") and start >= 20:
        repairs[Repair.RIFF] = 1
        length = int.from_bytes(data[start - 4 : start], "little")
        return data[start : start + length] if data[start - 8 : start - 4] == b"data" else data[start:]
    if start:
        repairs[Repair.JUNK_BEFORE] = start
    return data[start:]


def _header(data: bytes, repairs: Repairs) -> tuple[File, int | None, int]:
    """The file's header, the number of tracks that it announces, and where it ends."""
    first = data.find(b"MTrk")
    if not data.startswith(b"MThd"):
        return File(1, USUAL_DIVISION, repairs), None, first
    limit = len(data) if first < 0 else first
    body = data[8 : min(14, limit)]
    end = 8 + int.from_bytes(data[4:8], "big")
    if end != 14 or len(body) < 6:
        repairs[Repair.HEADER_LENGTH] = 1
        # A later standard may add to the header; a length that reaches nowhere else is damage.
        end = end if end == limit else min(14, limit)
    body = body + b"\0\1\0\0\0\0"[len(body) :]
    fmt, promised, division = struct.unpack(">HHH", body)
    return File(fmt, division, repairs), promised, end


def _gap(data: bytes, start: int, end: int, repairs: Repairs) -> None:
    """Note what lies between two tracks or behind the last one; zeros are mere padding."""
    if _is_chunk(data, start):
        repairs[Repair.UNKNOWN_CHUNK] += start < end
    elif data[start:end].strip(b"\0"):
        repairs[Repair.JUNK_AFTER] += end - start


def _is_chunk(data: bytes, pos: int) -> bool:
    """Whether a chunk begins at `pos`: a track, or an unknown one that fits into the file."""
    kind, length = data[pos : pos + 4], int.from_bytes(data[pos + 4 : pos + 8], "big")
    return kind == b"MTrk" or (len(kind) == 4 and kind.isalnum() and pos + 8 + length <= len(data))


def _chunk(file: File, data: bytes, start: int) -> tuple[bool, int]:
    """Read the chunk at `start` into `file`; whether it made sense to its end, and where its last event ends."""
    body = start + 8
    declared = body + int.from_bytes(data[start + 4 : body], "big")
    fits = declared == len(data) or (declared < len(data) and _is_chunk(data, declared))
    limit = declared
    if not fits:
        limit = data.find(b"MTrk", body)
        limit = len(data) if limit < 0 else limit
    events = _Events(file, data[body:limit])
    end = events.read()
    broken_off = limit == len(data) and (end is _End.CUT or (end is _End.USED_UP and not fits))
    if end is _End.MARK:
        fault = None if fits or body + events.pos == declared else Repair.CHUNK_LENGTH
    elif broken_off:
        fault = Repair.CUT
    elif end is _End.USED_UP:
        fault = Repair.NO_END if fits else Repair.CHUNK_LENGTH
    else:
        fault = Repair.DAMAGED
    if fault:
        file.repairs[fault] += 1
    return end in (_End.MARK, _End.USED_UP), body + events.pos


class _End(Enum):
    """How the events of a chunk end."""

    MARK = "at the end mark"
    USED_UP = "between two events"
    CUT = "inside an event"
    DAMAGED = "at bytes that make no sense"


class _Events:
    """Reads the events of one chunk; `pos` is the position behind the last whole one."""

    def __init__(self, file: File, data: bytes) -> None:
        self.file = file
        self.data = data
        self.pos = 0
        self.chunk = Chunk()
        self.index = len(file.chunks)
        file.chunks.append(self.chunk)

    def read(self) -> _End:
        try:
            return _End.MARK if self._read() else _End.USED_UP
        except IndexError:
            return _End.CUT
        except _DamagedError:
            return _End.DAMAGED

    def _read(self) -> bool:
        """True at the end mark, False when the bytes are used up. One long loop, because it runs for every event."""
        file, data, chunk, size = self.file, self.data, self.chunk, len(self.data)
        notes, repairs = chunk.notes, file.repairs
        programs = [-1] * 16
        tick = pos = running = 0
        while pos < size:
            delta = data[pos]
            pos += 1
            if delta > 127:
                delta, pos = _variable_length(data, pos - 1)
            now = tick + delta
            status = data[pos]
            if status > 127:
                pos += 1
                if status < 0xF0:
                    running = status
            else:
                status = running
            if status < 0xA0:
                if not status:
                    raise _DamagedError  # a data byte where nothing runs
                velocity = data[pos + 1]
                starts, ends = notes[(status & 15) << 8 | data[pos]]
                pos += 2
                if status > 0x8F and velocity:
                    file.notes_left -= 1
                    if file.notes_left < 0:
                        raise MidiError(f"The file holds more than {MAX_NOTES:,} notes; cut it into shorter pieces.")
                    starts.append((now, velocity, programs[status & 15]))
                elif len(ends) < len(starts):
                    ends.append(now)
                else:
                    repairs[Repair.ORPHAN] += 1
            elif status < 0xC0 or 0xE0 <= status < 0xF0:
                number, _ = data[pos], data[pos + 1]
                pos += 2
                repairs[_two_byte_kind(status, number)] += 1
            elif status < 0xE0:
                number = data[pos]
                pos += 1
                if status > 0xCF:
                    repairs[Repair.PRESSURE] += 1
                elif number > 127:
                    repairs[Repair.PROGRAM] += 1
                elif programs[status & 15] != number:
                    programs[status & 15] = number
                    file.programs.append((now, self.index, status & 15, number))
                    _check_changes(file)
            elif status == 0xFF:
                pos = self._meta(now, pos)
            else:
                pos = self._system(status, pos)
            chunk.end = tick = now
            self.pos = abs(pos)
            if pos < 0:
                return True
        return False

    def _meta(self, now: int, pos: int) -> int:
        """Read the meta event whose type is at `pos`; the position behind it, negative after the end mark."""
        kind = self.data[pos]
        length, pos = _variable_length(self.data, pos + 1)
        end = pos + length
        if end > len(self.data):
            raise IndexError
        payload = self.data[pos:end]
        if kind == END_OF_TRACK:
            return -end
        if kind == PORT and length:
            self.chunk.port = payload[0]
        elif kind in _WORDS or (kind == TEXT and now and length):
            self.file.repairs[Repair.WORDS] += 1
        elif kind in _KEPT:
            self.file.metas.append((now, self.index, kind, payload))
            _check_changes(self.file)
        return end

    def _system(self, status: int, pos: int) -> int:
        """Skip a system message; those other than exclusive ones have no place in a file, but their length is known."""
        self.file.repairs[Repair.SYSTEM] += 1
        if status in (0xF0, 0xF7):
            length, pos = _variable_length(self.data, pos)
            pos += length
        else:
            pos += {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0)
        if pos > len(self.data):
            raise IndexError
        return pos


def _two_byte_kind(status: int, number: int) -> Repair:
    if status < 0xB0:
        return Repair.PRESSURE
    if status > 0xDF:
        return Repair.BEND
    return Repair.PEDAL if number in _PEDALS else Repair.CONTROLLER


def _check_changes(file: File) -> None:
    if len(file.programs) + len(file.metas) > MAX_CHANGES:
        raise MidiError(
            f"The file holds more than {MAX_CHANGES:,} tempo, metre, program changes or texts; simplify it."
        )


def _variable_length(data: bytes, pos: int) -> tuple[int, int]:
    """The variable-length quantity at `pos` and the position behind it."""
    value = 0
    for _ in range(4):
        byte = data[pos]
        pos += 1
        value = value << 7 | byte & 127
        if byte < 128:
            return value, pos
    raise _DamagedError  # more than four bytes


# --- writing ---------------------------------------------------------------------------------------------------------


def meta(kind: int, payload: bytes) -> bytes:
    """A meta event without its time."""
    return bytes((0xFF, kind)) + _quantity(len(payload)) + payload


def write(resolution: int, chunks: Sequence[Sequence[tuple[int, bytes]]]) -> bytes:
    """A type-1 file. Each chunk is a list of (tick, event), sorted by tick, without an end mark."""
    return struct.pack(">4sIHHH", b"MThd", 6, 1, len(chunks), resolution) + b"".join(map(_chunk_bytes, chunks))


def _chunk_bytes(events: Sequence[tuple[int, bytes]]) -> bytes:
    parts = []
    now = 0
    for tick, event in [*events, (events[-1][0] if events else 0, meta(END_OF_TRACK, b""))]:
        while tick - now > _LONGEST_DELTA:
            # Empty texts carry a rest that is longer than one time can say.
            parts += [_quantity(_LONGEST_DELTA), meta(TEXT, b"")]
            now += _LONGEST_DELTA
        parts += [_quantity(tick - now), event]
        now = tick
    body = b"".join(parts)
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def _quantity(value: int) -> bytes:
    """`value` (0 to 0x0FFFFFFF) as a variable-length quantity."""
    septets = [value & 127]
    while value := value >> 7:
        septets.append(value & 127 | 128)
    return bytes(reversed(septets))
