"""Drums in MusicXML: one instrument for each drum, and notes without a pitch.

music21 knows one instrument a part only: so a part of drums goes through it with pitches, which are exchanged for drums
here, on the way out and back on the way in.
"""

from __future__ import annotations

from collections.abc import Collection
from xml.etree import ElementTree

from studio.errors import NotationError
from studio.notation.spelling import pitch_of, spelled

_CHANNEL = "10"
_SNARE = 38
_BEFORE_INSTRUMENT = ("pitch", "unpitched", "rest", "chord", "grace", "cue", "duration", "tie")


def with_drums(xml: bytes, parts: Collection[int]) -> bytes:
    """MusicXML in which the parts of those numbers, from 0, are drums."""
    if not parts:
        return xml
    root = ElementTree.fromstring(xml)
    lists = root.findall("part-list/score-part")
    for number, part in enumerate(root.findall("part")):
        if number in parts:
            _declare(lists[number], sorted({_midi(p) for p in part.iter("pitch")}), number)
            for note in part.iter("note"):
                _strike(note, number)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def without_drums(xml: bytes) -> tuple[bytes, set[int]]:
    """The same with pitches in place of drums, and the numbers of the parts that are drums. NotationError: no XML."""
    if b"<!ENTITY" in xml:
        raise NotationError("This file declares entities, which no MusicXML needs: export it again.")
    try:
        root = ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise NotationError("This is no MusicXML, or it is damaged: export it again from its program.") from error
    if root.tag != "score-partwise":
        raise NotationError(
            "This XML is no MusicXML of the usual kind (score-partwise): export it again from a notation program."
        )
    drums = set()
    struck = {
        instrument.get("id", ""): int(text) - 1
        for instrument in root.findall("part-list/score-part/midi-instrument")
        if (text := (instrument.findtext("midi-unpitched") or "").strip()).isdecimal()
    }
    channels = [part.findtext("midi-instrument/midi-channel") for part in root.findall("part-list/score-part")]
    for number, part in enumerate(root.findall("part")):
        if number < len(channels) and (channels[number] or "").strip() == _CHANNEL:
            drums.add(number)
        for note in part.iter("note"):
            if note.find("unpitched") is not None:
                drums.add(number)
                _sing(note, struck)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), drums


def _midi(pitch: ElementTree.Element) -> int:
    alter = float(pitch.findtext("alter") or 0)
    return pitch_of(pitch.findtext("step") or "C", round(alter), int(pitch.findtext("octave") or 4))


def _id(number: int, pitch: int) -> str:
    return f"drums-{number + 1}-{pitch}"


def _declare(part: ElementTree.Element, pitches: Collection[int], number: int) -> None:
    for old in [*part.findall("score-instrument"), *part.findall("midi-instrument")]:
        part.remove(old)
    for pitch in pitches:
        instrument = ElementTree.SubElement(part, "score-instrument", id=_id(number, pitch))
        ElementTree.SubElement(instrument, "instrument-name").text = f"Drum {pitch}"
    for pitch in pitches:
        instrument = ElementTree.SubElement(part, "midi-instrument", id=_id(number, pitch))
        ElementTree.SubElement(instrument, "midi-channel").text = _CHANNEL
        ElementTree.SubElement(instrument, "midi-program").text = "1"
        ElementTree.SubElement(instrument, "midi-unpitched").text = str(pitch + 1)


def _strike(note: ElementTree.Element, number: int) -> None:
    """A note of some pitch becomes a stroke of that drum."""
    pitch = note.find("pitch")
    if pitch is None:
        return
    midi = _midi(pitch)
    place = list(note).index(pitch)
    note.remove(pitch)
    stroke = ElementTree.Element("unpitched")
    ElementTree.SubElement(stroke, "display-step").text = spelled(midi, 0)[0]
    # Five lines hold what they can: the drums of General MIDI go from 35 to 81.
    ElementTree.SubElement(stroke, "display-octave").text = str(5 if midi > 40 else 4)
    note.insert(place, stroke)
    for accidental in note.findall("accidental"):
        note.remove(accidental)
    after = max(i for i, child in enumerate(note) if child.tag in _BEFORE_INSTRUMENT)
    note.insert(after + 1, ElementTree.Element("instrument", id=_id(number, midi)))


def _sing(note: ElementTree.Element, struck: dict[str, int]) -> None:
    """A stroke of a drum becomes a note of its number as pitch; a snare where the file does not say which drum."""
    stroke, instrument = note.find("unpitched"), note.find("instrument")
    assert stroke is not None
    place = list(note).index(stroke)
    note.remove(stroke)
    midi = struck.get(instrument.get("id", "") if instrument is not None else "", _SNARE)
    step, alteration, octave = spelled(min(127, max(0, midi)), 0)
    pitch = ElementTree.Element("pitch")
    ElementTree.SubElement(pitch, "step").text = step
    ElementTree.SubElement(pitch, "alter").text = str(alteration)
    ElementTree.SubElement(pitch, "octave").text = str(octave)
    note.insert(place, pitch)
    if instrument is not None:
        note.remove(instrument)
