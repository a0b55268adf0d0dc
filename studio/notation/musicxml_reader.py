"""MusicXML → `Score`, parsed by music21, which is loaded when it is used. Repeats are played, ties are one note."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from studio.errors import NotationError
from studio.notation.drums import without_drums
from studio.notation.read import Read
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

RESOLUTION = 480
VELOCITY = 80
MOST_BYTES = 20 * 2**20  # unpacked
MOST_NOTES = 100_000


def read_musicxml(data: bytes) -> Read:
    """The music of a .musicxml or .mxl file's content. NotationError: it is none, or holds nothing to play."""
    from music21.musicxml.xmlToM21 import MusicXMLImporter

    text = _unpacked(data) if data.startswith(b"PK") else data
    if len(text) > MOST_BYTES:
        raise NotationError(f"This MusicXML is larger than {MOST_BYTES // 2**20} MB: that is more than can be read.")
    text, drums = without_drums(text)
    importer = MusicXMLImporter()
    try:
        # Not converter.parse: that one keeps pickled copies of what it has read.
        importer.xmlText = text
        importer.parseXMLText()
        parsed: Any = importer.stream
        remarks = _expanded(parsed)
        score = _score(parsed, drums)
    except NotationError:
        raise
    except Exception as error:  # music21 has no common base for what a broken file makes it raise
        raise NotationError(
            "This file could not be read as MusicXML: open it in a notation program and export it again."
        ) from error
    if not score.note_count:
        raise NotationError("This MusicXML file has no notes to play.")
    return Read(score, tuple(remarks))


def _unpacked(data: bytes) -> bytes:
    """The score inside an .mxl archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [i for i in archive.infolist() if i.filename.endswith((".xml", ".musicxml"))]
            scores = [i for i in inside if not i.filename.startswith("META-INF")]
            if not scores:
                raise NotationError("This archive holds no MusicXML: choose an .mxl or .musicxml file.")
            with archive.open(scores[0]) as file:
                return file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise NotationError("This .mxl archive is damaged: export it again.") from error


def _expanded(parsed: Any) -> list[str]:
    """Play the repeats, part by part in place; where their signs make no sense, each bar is played once."""
    from music21 import repeat, stream

    for part in list(parsed.parts):
        signs = any(m.leftBarline or m.rightBarline for m in part.getElementsByClass(stream.Measure))
        if not signs:
            continue
        expander = repeat.Expander(part)
        if not expander.isExpandable():
            if any(isinstance(b, repeat.RepeatMark) for b in part.recurse()):
                return ["Repeat signs were left out: they do not fit each other."]
            continue
        with contextlib.suppress(repeat.ExpanderException):
            parsed.replace(part, expander.process())
    return []


def _ticks(quarters: float | Fraction) -> int:
    return round(Fraction(quarters).limit_denominator(10080) * RESOLUTION)


def _score(parsed: Any, drums: set[int]) -> Score:
    parts = list(parsed.parts)
    if not parts:
        return Score()
    metres, keys = _signatures(parts[0])
    marks = {_ticks(offset): qpm for part in parts for offset, qpm in _marks(part)}
    title = (parsed.metadata.title or parsed.metadata.movementName or "") if parsed.metadata else ""
    return Score(
        RESOLUTION,
        tuple(_track(part, is_drum=i in drums) for i, part in enumerate(parts)),
        tuple(Tempo(tick, round(60e6 / qpm)) for tick, qpm in sorted(marks.items())),
        metres,
        keys,
        "" if title == "Untitled" else str(title),
    )


def _marks(part: Any) -> Iterable[tuple[float, float]]:
    """(offset in quarters, quarters a minute) of each tempo."""
    for mark in part.recurse().getElementsByClass("MetronomeMark"):
        qpm = mark.getQuarterBPM()
        if qpm and 5 <= qpm <= 1000:
            yield float(mark.getOffsetInHierarchy(part)), float(qpm)


def _signatures(part: Any) -> tuple[tuple[TimeSignature, ...], tuple[KeySignature, ...]]:
    metres: list[TimeSignature] = []
    keys: list[KeySignature] = []
    current = (4, 4)
    for measure in part.getElementsByClass("Measure"):
        start = _ticks(measure.getOffsetBySite(part))
        if measure.timeSignature is not None:
            current = (measure.timeSignature.numerator, measure.timeSignature.denominator)
        full = round(Fraction(4 * current[0], current[1]) * RESOLUTION)
        last = metres[-1] if metres else None
        if last is None or last[1:] != current or (start - last.onset) % full:
            metres.append(TimeSignature(start, *current))
        signature = measure.keySignature
        if signature is not None and abs(signature.sharps) <= 7:
            keys.append(KeySignature(start, signature.sharps, getattr(signature, "mode", "major") == "minor"))
    return tuple(metres), tuple(keys)


def _track(part: Any, *, is_drum: bool) -> Track:
    from music21 import instrument

    found = part.recurse().getElementsByClass(instrument.Instrument).first()
    program = found.midiProgram if found is not None and found.midiProgram is not None else 0
    name = str(part.partName or "")
    return Track(tuple(_notes(part)), program if 0 <= program <= 127 else 0, is_drum, name)


def _notes(part: Any) -> list[Note]:
    done: list[Note] = []
    held: dict[int, Note] = {}
    elements = sorted(part.recurse().notes, key=lambda element: element.getOffsetInHierarchy(part))
    for element in elements:
        duration = _ticks(element.duration.quarterLength)
        if duration < 1:  # a grace note
            continue
        onset = _ticks(element.getOffsetInHierarchy(part))
        for single in element.notes if element.isChord else (element,):
            pitch = single.pitch.midi if hasattr(single, "pitch") else -1
            if not 0 <= pitch <= 127:
                continue
            tie = (single.tie or element.tie).type if (single.tie or element.tie) else ""
            begun = held.pop(pitch, None) if tie in ("stop", "continue") else None
            start = begun.onset if begun else onset
            note = Note(start, pitch, onset + duration - start, begun.velocity if begun else _velocity(single))
            if tie in ("start", "continue"):
                held[pitch] = note
            else:
                done.append(note)
        if len(done) > MOST_NOTES:
            raise NotationError(f"This file has more than {MOST_NOTES:,} notes: that is more than can be used.")
    return [*done, *held.values()]


def _velocity(single: Any) -> int:
    velocity = single.volume.velocity
    return min(127, max(1, int(velocity))) if velocity else VELOCITY
