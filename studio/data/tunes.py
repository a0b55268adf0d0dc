"""A tune in ABC notation to a `Score`, parsed by music21 (optional). Repeats are not played twice.

Knows no files and no corpora.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from studio.errors import DataError
from studio.score import Note, Score, Tempo, TimeSignature, Track

RESOLUTION = 480
MOST_ODD_BARS = 2
"""A tune with more bars that do not fit its metre was written down wrongly somewhere: it is refused."""
VELOCITY = 80


def read_tune(text: str) -> Score:
    """One tune; DataError when music21 cannot parse it or its bars do not fit its metre."""
    try:
        from music21 import converter
    except ImportError as error:
        raise DataError("Reading ABC tunes needs music21: pip install -c constraints.txt music21.") from error
    try:
        stream: Any = converter.parseData(text, format="abc")
        part = stream.parts[0]
        measures = list(part.getElementsByClass("Measure"))
    except Exception as error:  # music21 has no common base for what a broken tune makes it raise
        raise DataError(f"music21 cannot read this tune: {type(error).__name__}: {error}") from error
    if not measures:
        raise DataError("a tune without bar lines")
    return _score(part, measures)


def _ticks(quarters: float | Fraction) -> int:
    return round(Fraction(quarters) * RESOLUTION)


def _score(part: Any, measures: list[Any]) -> Score:
    """The measures one after another, as bars; part is asked for the tempo only."""
    starts, signatures = _bars([_ticks(m.duration.quarterLength) for m in measures], _metres(measures))
    notes: list[Note] = []
    tied = False
    for measure, start in zip(measures, starts, strict=True):
        for element in measure.recurse().notes:
            duration = _ticks(element.duration.quarterLength)
            if duration < 1:  # a grace note
                continue
            onset = start + _ticks(element.getOffsetInHierarchy(measure))
            pitch = max((p.midi for p in element.pitches), default=-1)
            if not 0 <= pitch <= 127:
                continue
            if tied and notes and notes[-1].pitch == pitch and notes[-1].end == onset:
                notes[-1] = notes[-1]._replace(duration=notes[-1].duration + duration)
            else:
                notes.append(Note(onset, pitch, duration, VELOCITY))
            tied = element.tie is not None and element.tie.type in ("start", "continue")
    marks = [mark.getQuarterBPM() for mark in part.recurse().getElementsByClass("MetronomeMark")]
    tempos = (Tempo(0, round(60_000_000 / marks[0])),) if marks and marks[0] else ()
    return Score(RESOLUTION, (Track(tuple(notes), role="melody"),), tempos, tuple(signatures))


def _metres(measures: list[Any]) -> list[tuple[int, int]]:
    """The metre in force in each measure; 4/4 where nothing is said."""
    metres: list[tuple[int, int]] = []
    current = (4, 4)
    for measure in measures:
        if measure.timeSignature is not None:
            current = (measure.timeSignature.numerator, measure.timeSignature.denominator)
        metres.append(current)
    return metres


def _bars(lengths: list[int], metres: list[tuple[int, int]]) -> tuple[list[int], list[TimeSignature]]:
    """Start of each measure in ticks, and the metre changes that draw the bar lines there.

    A bar split by a repeat sign is joined again. A short bar elsewhere is a pickup if it is less than half a bar, and
    is filled with a rest if it is more: there the pickup of the next part is missing.
    """
    starts: list[int] = []
    signatures: list[TimeSignature] = []
    tick = odd = i = 0
    in_step = False
    while i < len(lengths):
        full = _ticks(Fraction(4 * metres[i][0], metres[i][1]))
        if not in_step or signatures[-1][1:] != metres[i]:
            signatures.append(TimeSignature(tick, *metres[i]))
        length, last = lengths[i], i + 1 == len(lengths)
        starts.append(tick)
        in_step = True
        if not last and i > 0 and length < full and length + lengths[i + 1] == full and metres[i + 1] == metres[i]:
            starts.append(tick + length)
            i, length = i + 1, full
        elif length != full and not last:
            odd += i > 0
            if full / 2 < length < full and i > 0:
                length = full
            in_step = length == full
        tick += length
        i += 1
    if odd > MOST_ODD_BARS:
        raise DataError(f"{odd} bars do not fit the metre")
    return starts, signatures
