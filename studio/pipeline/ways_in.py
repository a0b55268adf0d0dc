"""Music from anywhere to a `Seed`: files of all kinds, typed ABC, a recording, the page's keyboard. Knows no models."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio import notation, transcription
from studio.errors import ListeningError, NotationError
from studio.pipeline import origins
from studio.pipeline.seeds import Seed, read_midi
from studio.score import Note, Score, Tempo, TimeSignature, Track

LONGEST_RECORDING_S = transcription.LONGEST_S
QPM = transcription.QPM
MOST_PLAYED = 5000
"""Notes that the keyboard may hand over."""

_RESOLUTION = 480
_STEP = _RESOLUTION // 4
_LATEST = 4000  # quarters


def read(source: str | Path | bytes, name: str = "") -> Seed:
    """Read a file: MIDI, given as path or content, or by a path's suffix one of READERS. `name`: else the file's.

    StudioError leaves: the file cannot be used; the message says what it is and what was expected.
    """
    if isinstance(source, bytes):
        return read_midi(source, name)
    path = Path(source)
    seed = READERS.get(path.suffix.lower(), read_midi)(path, name or path.stem)
    return replace(seed, origin=origins.told(path))


def read_abc(text: str, name: str = "") -> Seed:
    """A tune typed in ABC notation. NotationError: what is wrong, and in which line."""
    found = notation.read_abc(text)
    return Seed(found.score, name, found.repairs, _sha256(text.encode()))


def read_musicxml(data: bytes, name: str = "") -> Seed:
    """The content of a .musicxml or .mxl file. NotationError: it cannot be used."""
    found = notation.read_musicxml(data)
    return Seed(found.score, name, found.repairs, _sha256(data))


def transcribe(path: str | Path, qpm: float | None = None, name: str = "") -> Seed:
    """The melody of a recording of one voice, at `qpm` quarters a minute (40-240), guessed if it is left out.

    ListeningError: it cannot be read, lasts longer than LONGEST_RECORDING_S, or has no melody.
    """
    path = Path(path)
    data = _content(path, ListeningError)
    found = transcription.transcribe(path, qpm)
    return Seed(found.score, name or path.stem, found.remarks, _sha256(data))


def from_played(played: str, name: str = "") -> Seed:
    """What was played on the page's keyboard, moved to the nearest 16ths.

    `played` is JSON: {"qpm": 40-240, "metre": [beats, unit], "program": 0-127, "notes": [[onset, pitch, duration,
    velocity], ...]} with onset and duration in quarters. It comes from a browser: NotationError for anything else.
    """
    try:
        value = json.loads(played)
        qpm, (top, bottom), program = float(value["qpm"]), value["metre"], int(value["program"])
        rows = [tuple(map(float, row)) for row in value["notes"][: MOST_PLAYED + 1]]
        fits = QPM[0] <= qpm <= QPM[1] and top in range(1, 33) and bottom in (2, 4, 8, 16) and 0 <= program <= 127
        notes = [_note(*row) for row in rows]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise NotationError("What was played could not be read: reload the page and play it again.") from error
    if not fits:
        raise NotationError("Tempo, metre or instrument of what was played are out of range: set them anew.")
    if not notes:
        raise NotationError("Nothing was played yet: press record and play some notes.")
    if len(notes) > MOST_PLAYED:
        raise NotationError(f"More than {MOST_PLAYED:,} notes were played: that is more than can be used.")
    moved = sum(not float(x * 4).is_integer() for row in rows for x in row[:1])
    repairs = (f"Moved {moved} of {len(notes)} notes to the nearest 16th.",) if moved else ()
    metres = (TimeSignature(0, top, bottom),)
    score = Score(_RESOLUTION, (Track(tuple(_apart(notes)), program),), (Tempo(0, round(60e6 / qpm)),), metres)
    return Seed(score, name, repairs, _sha256(played.encode()))


def _note(onset: float, pitch: float, duration: float, velocity: float) -> Note:
    if not (0 <= onset <= _LATEST and 0 <= duration <= _LATEST and 0 <= pitch <= 127 and 1 <= velocity <= 127):
        raise ValueError("a note out of range")
    start, end = _tick(onset), _tick(onset + duration)
    return Note(start, int(pitch), max(_STEP, end - start), int(velocity))


def _tick(quarters: float) -> int:
    return math.floor(quarters * 4 + 0.5) * _STEP


def _apart(notes: list[Note]) -> list[Note]:
    """One note at a time of each pitch."""
    found: dict[tuple[int, int], Note] = {(note.pitch, note.onset): note for note in notes}
    ordered = sorted(found.values(), key=lambda note: (note.pitch, note.onset))
    return [
        note._replace(duration=min(note.duration, after.onset - note.onset))
        if after is not None and after.pitch == note.pitch
        else note
        for note, after in zip(ordered, [*ordered[1:], None], strict=True)
    ]


def _abc_file(path: Path, name: str) -> Seed:
    data = _content(path, NotationError)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return read_abc(text, name)


def _musicxml_file(path: Path, name: str) -> Seed:
    return read_musicxml(_content(path, NotationError), name)


def _recording(path: Path, name: str) -> Seed:
    return transcribe(path, name=name)


READERS: dict[str, Callable[..., Seed]] = {
    ".abc": _abc_file,
    **dict.fromkeys((".musicxml", ".mxl", ".xml"), _musicxml_file),
    **dict.fromkeys((".wav", ".flac", ".ogg", ".mp3"), _recording),
}
"""How a file of each suffix is read; everything else is read as MIDI."""


def _content(path: Path, failure: type[Any]) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise failure(f"{path.name} could not be read ({error.strerror}): choose it again.") from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
