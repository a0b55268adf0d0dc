"""`Score` → MusicXML 4, written by music21, which is loaded when it is used. `bars` says what stands in a bar."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from studio.errors import NotationError
from studio.notation.bars import GRID, Measure, Sign, measures, on_grid
from studio.notation.drums import with_drums
from studio.notation.spelling import keys, spelled
from studio.score import KeySignature, Score, Track

_ACCIDENTALS = {-2: "--", -1: "-", 0: "", 1: "#", 2: "##"}


def write_musicxml(score: Score) -> bytes:
    """The score's tracks that have notes, as a .musicxml file. NotationError: there is nothing to write."""
    from music21 import metadata, stream
    from music21.musicxml.m21ToXml import GeneralObjectExporter

    grid = on_grid(score)
    tracks = [track for track in grid.tracks if track.notes]
    if not tracks:
        raise NotationError("There are no notes to write down.")
    written = stream.Score()
    written.metadata = metadata.Metadata(title=score.title or "Untitled", composer="")
    signatures = keys(grid)
    for i, track in enumerate(tracks):
        written.insert(0, _part(grid, track, i, signatures))
    try:
        data = bytes(GeneralObjectExporter(written).parse())
    except Exception as error:  # music21 has no common base for what it may raise
        raise NotationError(f"This music cannot be written as MusicXML ({type(error).__name__}): take MIDI.") from error
    return with_drums(data, [i for i, track in enumerate(tracks) if track.is_drum])


def _part(score: Score, track: Track, number: int, signatures: Sequence[KeySignature]) -> Any:
    from music21 import stream

    part = stream.Part(id=f"track-{number + 1}")
    part.partName = track.name or _instrument(track).instrumentName
    bars = measures(score, track)
    fifths = signatures[0].fifths
    held: dict[int, frozenset[int]] = {}
    for measure in bars:
        told = [k for k in signatures if k.onset < measure.bar.end]
        fifths = told[-1].fifths if told else fifths
        written = _measure(score, measure, fifths, held)
        _signs_before(score, measure, written, signatures, first=number == 0)
        part.append(written)
    first = part.getElementsByClass(stream.Measure).first()
    first.insert(0, _instrument(track))
    first.insert(0, _clef(track))
    return part


def _instrument(track: Track) -> Any:
    from music21 import instrument

    if track.is_drum:
        found: Any = instrument.Percussion()
        found.instrumentName = "Drums"
        return found
    try:
        found = instrument.instrumentFromMidiProgram(track.program)
    except Exception:  # music21 knows no class for some of the 128
        found = instrument.Instrument()
    found.midiProgram = track.program
    found.partName = track.name or found.instrumentName
    return found


def _clef(track: Track) -> Any:
    from music21 import clef

    if track.is_drum:
        return clef.PercussionClef()
    mean = sum(note.pitch for note in track.notes) / len(track.notes)
    return clef.TrebleClef() if mean >= 57 else clef.BassClef()


def _signs_before(
    score: Score, measure: Measure, written: Any, signatures: Sequence[KeySignature], *, first: bool
) -> None:
    """Metre, key and tempo where they change; tempo stands above the first part only."""
    from music21 import key, meter, tempo

    bar = measure.bar
    before = score.time_signature_at(max(0, bar.start - 1))
    if bar.index == 0 or before[1:] != (bar.numerator, bar.denominator):
        written.timeSignature = meter.TimeSignature(f"{bar.numerator}/{bar.denominator}")
    for signature in signatures:
        # A change of key counts from the bar line before it: notation knows no other place.
        if bar.start <= signature.onset < bar.end:
            written.keySignature = key.KeySignature(signature.fifths).asKey("minor" if signature.minor else "major")
    for change in score.tempos if first else ():
        if bar.start <= change.onset < bar.end:
            qpm = round(change.qpm, 2)
            mark = tempo.MetronomeMark(number=int(qpm) if qpm == int(qpm) else qpm)
            written.insert(Fraction(change.onset - bar.start, GRID), mark)


def _measure(score: Score, measure: Measure, fifths: int, held: dict[int, frozenset[int]]) -> Any:
    """`held`: by voice, the pitches that are tied over from the bar before; it is left as the next bar needs it."""
    from music21 import stream

    bar = measure.bar
    written = stream.Measure(number=bar.index + 1)
    if bar.index == 0 and measure.short:
        written.number = 0
        full = score.bar_length(bar.numerator, bar.denominator)
        written.paddingLeft = Fraction(full - (bar.end - bar.start), GRID)
    several = sum(map(bool, measure.voices)) > 1
    for i, signs in enumerate(measure.voices):
        target = stream.Voice(id=str(i + 1)) if several else written
        before = held.get(i, frozenset())
        for sign in signs:
            target.insert(Fraction(sign.onset, GRID), _element(sign, fifths, before))
            before = frozenset(sign.pitches) if sign.tied else frozenset()
        held[i] = before
        if several and signs:
            written.insert(0, target)
    return written


def _element(sign: Sign, fifths: int, before: frozenset[int]) -> Any:
    from music21 import chord, note

    length = Fraction(sign.duration, GRID)
    if not sign.pitches:
        return note.Rest(quarterLength=length)
    notes = [_note(pitch, sign, fifths, tied_over=pitch in before) for pitch in sign.pitches]
    return notes[0] if len(notes) == 1 else chord.Chord(notes, quarterLength=length)


def _note(pitch: int, sign: Sign, fifths: int, *, tied_over: bool) -> Any:
    from music21 import note, tie

    step, alteration, octave = spelled(pitch, fifths)
    found = note.Note(f"{step}{_ACCIDENTALS[alteration]}{octave}", quarterLength=Fraction(sign.duration, GRID))
    found.volume.velocity = sign.velocity
    if sign.tied or tied_over:
        found.tie = tie.Tie("continue" if sign.tied and tied_over else "start" if sign.tied else "stop")
    return found
