"""Bytes or a path → `Score`, with a list of what was mended on the way."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from studio.errors import MidiError
from studio.midi import filetypes, smf, text
from studio.midi.notes import paired, untangled
from studio.midi.repairs import Repair, Repairs, sentences
from studio.midi.roles import with_roles
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

MAX_BYTES = 4 * 2**20
MAX_NOTES = smf.MAX_NOTES
MAX_TRACKS = 256
MAX_BARS = 20_000
MAX_HOURS = 6

_DRUM_CHANNEL = 9
_MAX_TEXTS = 50
_LONGEST_TEXT = 10_000  # characters
_LATE = 2**28  # ticks behind the last note from which on a change is no music but damage
# Names that sequencers give to the track that holds the tempo map; they are no title.
_NO_TITLE = re.compile(r"(control|tempo|conductor|master|meta)?[ _-]?(track|map)[ _-]?\d*|conductor|untitled", re.I)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A score, plain sentences on what was mended or left out, and the texts that the file holds at tick 0."""

    score: Score
    repairs: tuple[str, ...]
    texts: tuple[str, ...]


def load(source: str | Path | bytes) -> Loaded:
    """Read a Standard MIDI File of type 0, 1 or 2 (whose patterns follow one another) from a path or from its bytes.

    Each channel and program of a MIDI track becomes a `Track`; tracks without notes are dropped; in each, a pitch
    sounds once at a time. Damaged files are read as far as they make sense. Of texts, the first 50 of at most 10,000
    characters are kept. Raises MidiError, and nothing else, when there is nothing to read, or more than MAX_BYTES,
    MAX_NOTES, MAX_TRACKS, MAX_BARS or MAX_HOURS; takes seconds at most.
    """
    file = smf.read(_midi_bytes(source))
    resolution, mpq = _time_division(file.division, file.repairs)
    starts = _chunk_starts(file)
    names = _names(file)
    tracks = _tracks(file, starts, resolution, names)
    tempos, metres, keys = _changes(file, starts, max(track.end for track in tracks))
    score = Score(
        resolution=resolution,
        tracks=tracks,
        tempos=tempos if mpq is None else (Tempo(0, mpq),),
        time_signatures=metres,
        key_signatures=keys,
        title=_title(file, names),
    )
    _check_length(score)
    return Loaded(with_roles(score), sentences(file.repairs), _texts(file))


# --- what comes in ---------------------------------------------------------------------------------------------------


def _midi_bytes(source: str | Path | bytes) -> bytes:
    """The bytes of what looks like a MIDI file, however damaged."""
    data = bytes(source) if isinstance(source, bytes | bytearray | memoryview) else _file_bytes(Path(source))
    if not data:
        raise MidiError("The file is empty; a MIDI file (.mid) with notes was expected.")
    holds_midi = b"MThd" in data or b"MTrk" in data
    found = filetypes.known(data[:4096]) or (None if holds_midi else filetypes.text(data[:4096]))
    if found:
        kind, advice = found
        raise MidiError(f"This is {kind}, not MIDI; a Standard MIDI File (.mid) was expected. {advice}")
    if len(data) > MAX_BYTES:
        raise MidiError(f"The file is larger than {MAX_BYTES // 2**20} MB, more than a piece of music as MIDI needs.")
    if not holds_midi:
        raise MidiError(
            "This is not a MIDI file: such a file begins with the letters MThd, and they are nowhere in it. "
            "Choose a .mid file."
        )
    return data


def _file_bytes(path: Path) -> bytes:
    """The file's bytes, no more than one beyond MAX_BYTES."""
    try:
        if path.is_dir():
            raise MidiError(f"{path.name!r} is a folder; choose a MIDI file (.mid) inside it.")
        if not path.is_file():
            raise MidiError(f"There is no file {path.name!r}; check its name and place.")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise MidiError(f"The file {path.name!r} cannot be read ({reason}); check its name and permissions.") from error


# --- time ------------------------------------------------------------------------------------------------------------


def _time_division(division: int, repairs: Repairs) -> tuple[int, int | None]:
    """Ticks per quarter, and microseconds per quarter where film frames fix them.

    A division above 0x7FFF says frames per second (negative, in the high byte) and ticks per frame. 29 means 29.97:
    30 frames in 1.001 seconds.
    """
    if 0 < division < 0x8000:
        return division, None
    frames, ticks = 256 - (division >> 8), division & 255
    if division == 0 or ticks == 0 or frames not in (24, 25, 29, 30):
        repairs[Repair.DIVISION] = 1
        return smf.USUAL_DIVISION, None
    repairs[Repair.SMPTE] = 1
    if frames == 29:
        return 30 * ticks, 1_001_000
    per_second = frames * ticks
    return (per_second, 1_000_000) if per_second % 2 else (per_second // 2, 500_000)


def _chunk_starts(file: smf.File) -> list[int]:
    """The tick at which each chunk starts: 0, but in type 2 where the one before it ended."""
    starts = [0] * len(file.chunks)
    if file.format == 2:
        for i, chunk in enumerate(file.chunks[:-1]):
            starts[i + 1] = starts[i] + chunk.end
    return starts


def _changes(
    file: smf.File, starts: list[int], end: int
) -> tuple[tuple[Tempo, ...], tuple[TimeSignature, ...], tuple[KeySignature, ...]]:
    """The tempo, metre and key changes that make sense."""
    tempos, metres, keys = [], [], []
    for tick, index, kind, payload in file.metas:
        onset = tick + starts[index]
        if kind not in (smf.TEMPO, smf.TIME_SIGNATURE, smf.KEY_SIGNATURE):
            continue
        if onset > end + _LATE:
            file.repairs[Repair.LATE_CHANGE] += 1
        elif kind == smf.TEMPO:
            tempos += _tempo(onset, payload, file.repairs)
        elif kind == smf.TIME_SIGNATURE:
            metres += _metre(onset, payload, file.repairs)
        else:
            keys += _key(onset, payload, file.repairs)
    return tuple(tempos), tuple(_restated(metres, starts)), tuple(keys)


def _tempo(onset: int, payload: bytes, repairs: Repairs) -> list[Tempo]:
    mpq = int.from_bytes(payload[:3], "big")
    if len(payload) < 3 or mpq == 0:
        repairs[Repair.TEMPO] += 1
        return []
    return [Tempo(onset, mpq)]


def _metre(onset: int, payload: bytes, repairs: Repairs) -> list[TimeSignature]:
    # The denominator comes as a power of two; beyond 64ths it is damage.
    if len(payload) < 2 or payload[0] == 0 or payload[1] > 6:
        repairs[Repair.METRE] += 1
        return []
    return [TimeSignature(onset, payload[0], 2 ** payload[1])]


def _key(onset: int, payload: bytes, repairs: Repairs) -> list[KeySignature]:
    fifths = payload[0] - 256 * (payload[0] > 127) if payload else 99
    if len(payload) < 2 or abs(fifths) > 11 or payload[1] > 1:
        repairs[Repair.KEY] += 1
        return []
    if abs(fifths) > 7:
        repairs[Repair.KEY_RESPELLED] += 1
        fifths -= 12 if fifths > 0 else -12
    return [KeySignature(onset, fifths, bool(payload[1]))]


def _restated(metres: list[TimeSignature], starts: list[int]) -> list[TimeSignature]:
    """`metres`, with the one in force said again where a pattern of a type 2 file starts, so that it starts a bar."""
    metres = sorted(metres, key=lambda metre: metre.onset)
    for start in sorted(set(starts) - {0}):
        i = bisect_right(metres, start, key=lambda metre: metre.onset)
        current = metres[i - 1] if i else TimeSignature(0, 4, 4)
        if current.onset < start:
            metres.insert(i, current._replace(onset=start))
    return metres


def _check_length(score: Score) -> None:
    hours = score.seconds_at(score.end) / 3600
    if hours > MAX_HOURS or score.bar_count > MAX_BARS:
        length = f"{hours:,.1f} hours" if hours > MAX_HOURS else f"{score.bar_count:,} bars"
        raise MidiError(
            f"The music would last {length}; at most {MAX_HOURS} hours and {MAX_BARS:,} bars can be used. "
            "Perhaps a time in the file is damaged: cut the piece in a MIDI editor."
        )


# --- notes -----------------------------------------------------------------------------------------------------------


def _tracks(file: smf.File, starts: list[int], resolution: int, names: dict[int, str]) -> tuple[Track, ...]:
    """One track for each part that has notes, in the file's order of chunks, then by channel and first onset."""
    parts = _parts(file, starts, resolution)
    if not parts:
        damage = {Repair.CUT, Repair.DAMAGED} & set(file.repairs)
        what = "is damaged before its first note" if damage else "holds no notes"
        raise MidiError(f"The MIDI file {what}; choose a file with at least one note.")
    if len(parts) > MAX_TRACKS:
        raise MidiError(f"The file holds {len(parts):,} parts (channels, programs); at most {MAX_TRACKS} can be used.")
    single = len(file.chunks) == 1 and len(parts) > 1
    return tuple(
        Track(
            notes=tuple(untangled(notes, file.repairs)),
            program=program,
            is_drum=channel == _DRUM_CHANNEL,
            name="" if single else names.get(index, ""),  # the only chunk's name is the piece's, not each part's
        )
        for (index, channel, program), notes in sorted(parts.items(), key=lambda part: (part[0][:2], min(part[1])[0]))
    )


def _parts(file: smf.File, starts: list[int], resolution: int) -> dict[tuple[int, int, int], list[Note]]:
    """The notes of each chunk, channel and program; in type 2 all chunks count as one, since they play in turn."""
    parts: dict[tuple[int, int, int], list[Note]] = defaultdict(list)
    programs = _Programs(file, starts)
    for index, chunk in enumerate(file.chunks):
        owner = 0 if file.format == 2 else index
        for key, (ons, offs) in chunk.notes.items():
            channel, pitch = key >> 8, key & 255
            if pitch > 127:
                file.repairs[Repair.PITCH] += len(ons)
                continue
            for (tick, velocity, program), end in paired(ons, offs, file.repairs):
                onset = starts[index] + tick
                if program < 0:
                    program = programs.at(onset, chunk.port, channel)
                duration = _duration(tick, end, chunk.end, resolution, file.repairs)
                file.repairs[Repair.VELOCITY] += velocity > 127
                parts[owner, channel, program].append(Note(onset, pitch, duration, min(velocity, 127)))
    return parts


def _duration(onset: int, end: int | None, last: int, resolution: int, repairs: Repairs) -> int:
    """Ticks from `onset` to `end`; a note without end lasts until the track's `last` event, a whole note at most."""
    if end is None:
        return min(last - onset or resolution, 4 * resolution)
    if end > onset:
        return end - onset
    repairs[Repair.ZERO_LENGTH] += 1
    return max(1, resolution // 4)


class _Programs:
    """The program of a channel for chunks that choose none themselves: in MIDI a channel is one for all tracks."""

    def __init__(self, file: smf.File, starts: list[int]) -> None:
        self._changes: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for tick, index, channel, program in file.programs:
            self._changes[file.chunks[index].port, channel].append((starts[index] + tick, program))
        for changes in self._changes.values():
            changes.sort(key=lambda change: change[0])

    def at(self, tick: int, port: int, channel: int) -> int:
        changes = self._changes.get((port, channel), [])
        i = bisect_right(changes, tick, key=lambda change: change[0])
        return changes[i - 1][1] if i else 0


# --- words -----------------------------------------------------------------------------------------------------------


def _names(file: smf.File) -> dict[int, str]:
    """Name of each chunk that has one: the first track name, else the first instrument name."""
    names: dict[int, str] = {}
    for wanted in (smf.TRACK_NAME, smf.INSTRUMENT_NAME):
        for _, index, kind, payload in file.metas:
            if kind == wanted and not names.get(index):
                names[index] = text.name(payload)
    return names


def _title(file: smf.File, names: dict[int, str]) -> str:
    """The name of the first chunk where that is the piece's: it holds no notes, or it is the only one."""
    if len(file.chunks) > 1 and any(ons for ons, _ in file.chunks[0].notes.values()):
        return ""
    title = names.get(0, "")
    return "" if _NO_TITLE.fullmatch(title) else title


def _texts(file: smf.File) -> tuple[str, ...]:
    texts = (text.decode(payload).strip("\0") for _, _, kind, payload in file.metas if kind == smf.TEXT)
    return tuple(words for words in texts if 0 < len(words) <= _LONGEST_TEXT)[:_MAX_TEXTS]
