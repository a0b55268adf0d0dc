"""A tune in ABC notation → `Score`: repeats are played, voices of one staff become one track, ties one note."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from studio.notation.abc_reader import AbcBar, Reader, Tune, Voice
from studio.notation.read import Read
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

RESOLUTION = 480
VELOCITY = 80
MOST_BARS = 5000
_TOLD = 3  # odd bars that are named one by one


def read_abc(text: str) -> Read:
    """The first tune of a text as music, and remarks on what was put right. NotationError says which line is wrong."""
    tune = Reader().read(text)
    names = _staves(tune)
    played = {name: _played(voice.bars) for name, voice in tune.voices.items()}
    bars = max(played.values(), key=len)
    starts = _starts(list(played.values()))
    tracks = tuple(_track([(tune.voices[name], played[name]) for name in staff], starts) for staff in names)
    remarks = tune.remarks + _odd(bars, starts)
    score = Score(
        RESOLUTION, tracks, _tempos(tune, bars, starts), _metres(bars, starts), _keys(bars, starts), tune.title
    )
    return Read(score, tuple(remarks))


def _ticks(quarters: Fraction) -> int:
    return round(quarters * RESOLUTION)


def _staves(tune: Tune) -> list[list[str]]:
    """The voices' ids by track: those that `%%score` puts onto one staff together, else each alone."""
    joined = [[name for name in staff if name in tune.voices] for staff in tune.staves]
    joined = [staff for staff in joined if staff]
    told = {name for staff in joined for name in staff}
    alone = [[name] for name in tune.voices if name not in told]
    return [staff for staff in joined + alone if any(tune.voices[name].bars for name in staff)]


def _played(bars: Sequence[AbcBar]) -> list[AbcBar]:
    """The bars in the order in which they are played: repeats twice, or as often as there are endings."""
    order: list[AbcBar] = []
    start, time, i = 0, 1, 0
    while i < len(bars) and len(order) < MOST_BARS:
        bar = bars[i]
        if bar.begins and i > start:
            start, time = i, 1
        after_ending = i > 0 and bars[i - 1].ending and not bar.ending
        if after_ending:
            start, time = i, 1
        if bar.ending and time not in bar.ending:
            i += 1
            continue
        order.append(bar)
        if bar.ends and time < max(2, *bar.ending, 2):
            i, time = start, time + 1
            continue
        if bar.ends and not bar.ending:
            start, time = i + 1, 1
        i += 1
    return order


def _starts(voices: Sequence[Sequence[AbcBar]]) -> list[Fraction]:
    """Where each bar starts, in quarters, and where the last one ends; the longest voice of each bar counts."""
    starts = [Fraction(0)]
    for i in range(max(map(len, voices))):
        starts.append(starts[-1] + max(bars[i].length for bars in voices if i < len(bars)))
    return starts


def _track(voices: Sequence[tuple[Voice, list[AbcBar]]], starts: Sequence[Fraction]) -> Track:
    notes = [note for _, bars in voices for note in _notes(bars, starts)]
    first = voices[0][0]
    return Track(tuple(notes), first.program, first.is_drum, first.name)


def _notes(bars: Sequence[AbcBar], starts: Sequence[Fraction]) -> list[Note]:
    done: list[tuple[Fraction, int, Fraction]] = []
    held: dict[int, Fraction] = {}  # pitch -> where it began
    for bar, start in zip(bars, starts, strict=False):
        at = start
        for event in bar.events:
            end = at + event.duration
            begun = {pitch: held.pop(pitch, at) for pitch in event.pitches}
            done += [(onset, pitch, at) for pitch, onset in held.items()]
            held = begun if event.tied else {}
            done += [] if event.tied else [(onset, pitch, end) for pitch, onset in begun.items()]
            at = end
        if held and at not in starts:  # a bar that another voice makes longer: what is tied ends with it
            done += [(onset, pitch, at) for pitch, onset in held.items()]
            held = {}
    done += [(onset, pitch, starts[len(bars)]) for pitch, onset in held.items()]
    return [
        Note(_ticks(onset), pitch, max(1, _ticks(end) - _ticks(onset)), VELOCITY) for onset, pitch, end in sorted(done)
    ]


def _tempos(tune: Tune, bars: Sequence[AbcBar], starts: Sequence[Fraction]) -> tuple[Tempo, ...]:
    found = [Tempo(0, round(60e6 / tune.qpm))] if tune.qpm else []
    for bar, start in zip(bars, starts, strict=False):
        for index, qpm in bar.tempos:
            before = sum((event.duration for event in bar.events[:index]), Fraction(0))
            found.append(Tempo(_ticks(start + before), round(60e6 / qpm)))
    return tuple(found)


def _metres(bars: Sequence[AbcBar], starts: Sequence[Fraction]) -> tuple[TimeSignature, ...]:
    """The metre changes, and one at each bar line that the metre alone would not draw there."""
    found: list[TimeSignature] = []
    for i, bar in enumerate(bars):
        start, last = _ticks(starts[i]), found[-1] if found else None
        if last is None or last[1:] != bar.metre:
            found.append(TimeSignature(start, *bar.metre))
            continue
        in_step = (start - last.onset) % _ticks(bar.full) == 0
        # A bar that a repeat sign cuts in two is one bar.
        halves = i > 0 and starts[i + 1] - starts[i - 1] == bar.full
        if not in_step and not (halves and i > 1):
            found.append(TimeSignature(start, *bar.metre))
    return tuple(found)


def _keys(bars: Sequence[AbcBar], starts: Sequence[Fraction]) -> tuple[KeySignature, ...]:
    found: list[KeySignature] = []
    for bar, start in zip(bars, starts, strict=False):
        if not found or found[-1][1:] != bar.key.signature[1:]:
            found.append(bar.key.signature._replace(onset=_ticks(start)))
    return tuple(found)


def _odd(bars: Sequence[AbcBar], starts: Sequence[Fraction]) -> list[str]:
    """Bars that hold more or less than their metre, in words; an upbeat, a last bar and halves at a repeat may."""
    lengths = [after - before for before, after in pairwise(starts)]
    lines: dict[int, str] = {}
    for i, bar in enumerate(bars):
        half = (i > 0 and lengths[i - 1] + lengths[i] == bar.full) or (
            i + 1 < len(bars) and lengths[i] + lengths[i + 1] == bar.full
        )
        short = lengths[i] < bar.full
        if lengths[i] != bar.full and not (short and (i == 0 or i + 1 == len(bars) or half)):
            metre = "{}/{}".format(*bar.metre)
            lines.setdefault(
                bar.line, f"A bar in line {bar.line} lasts {float(lengths[i]):g} quarters, but the metre is {metre}."
            )
    told = list(lines.values())[:_TOLD]
    return told + ([f"{len(lines) - _TOLD} more lines have such bars."] if len(lines) > _TOLD else [])
