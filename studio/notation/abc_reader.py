"""Text in ABC notation (the common part of standard 2.1) → the bars of its voices.

Read here and not by a library, so that whoever types a tune is told in which line the slip is. `abc_score` makes a
`Score` of what was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from studio.errors import NotationError
from studio.notation import abc_fields as fields
from studio.notation.abc_fields import AbcKey
from studio.notation.spelling import pitch_of

MOST_CHARACTERS = 200_000
MOST_NOTES = 50_000

_LENGTH = r"(?P<top>\d*)(?P<slashes>/*)(?P<bottom>\d*)"
_ONE_NOTE = r"(?P<sign>\^\^?|__?|=)?(?P<step>[A-Ga-g])(?P<octave>[,']*)"
_TOKENS = [
    ("skip", re.compile(r"\s+|\"[^\"]*\"|![^!\s]*!|\+[a-zA-Z.^]+\+|\\|`|\$|y\d*")),
    ("ornament", re.compile(r"[.~HLMOPSTuvJR](?=[\[.~HLMOPSTuvJR^_=A-Ga-g(!])")),
    ("grace", re.compile(r"\{[^}]*\}")),
    ("field", re.compile(r"\[(?P<name>[A-Za-z]):(?P<value>[^\]]*)\]")),
    ("bar", re.compile(r"(?P<bar>\[\||:*\|[|\]:]*|::+)(?:\s*\[?(?P<ending>\d+(?:[,.-]\d+)*))?")),
    ("ending", re.compile(r"\[(?P<ending>\d+(?:[,.-]\d+)*)")),
    ("tuplet", re.compile(r"\((?P<p>\d)(?::(?P<q>\d*))?(?::(?P<r>\d*))?")),
    ("slur", re.compile(r"[()]")),
    ("chord", re.compile(r"\[(?P<notes>[^\]|:]*)\]" + _LENGTH + r"(?P<tie>-?)")),
    ("note", re.compile(_ONE_NOTE + _LENGTH + r"\s*(?P<tie>-?)")),
    ("rests", re.compile(r"[ZX](?P<bars>\d*)")),
    ("rest", re.compile(r"[zx]" + _LENGTH)),
    ("broken", re.compile(r"(?P<way>>+|<+)")),
]  # fmt: skip
_NOTE = re.compile(_ONE_NOTE + _LENGTH + r"(?P<tie>-?)\s*")
_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # p notes in the time of q; 5, 7 and 9 ask the metre


@dataclass
class Event:
    """So many quarters of `pitches`, or of a rest; `tied`: it sounds on in the next event."""

    duration: Fraction
    pitches: list[int]
    tied: bool = False


@dataclass
class AbcBar:
    """What stands between two bar lines, under which metre and key, and how it is repeated."""

    line: int
    metre: tuple[int, int]
    key: AbcKey
    events: list[Event] = field(default_factory=list)
    tempos: list[tuple[int, float]] = field(default_factory=list)  # before which event, quarters a minute
    begins: bool = False
    ends: bool = False
    ending: frozenset[int] = frozenset()

    @property
    def length(self) -> Fraction:
        """In quarters."""
        return sum((event.duration for event in self.events), Fraction(0))

    @property
    def full(self) -> Fraction:
        """Quarters of a whole bar of its metre."""
        return Fraction(4 * self.metre[0], self.metre[1])


@dataclass
class Voice:
    """One voice: its bars so far and what holds in it."""

    name: str = ""
    program: int = 0
    is_drum: bool = False
    bars: list[AbcBar] = field(default_factory=list)
    metre: tuple[int, int] = (4, 4)
    key: AbcKey = field(default_factory=lambda: fields.key("C", 0))
    unit: Fraction | None = None
    ending: frozenset[int] = frozenset()
    said: dict[str, int] = field(default_factory=dict)  # alterations written in this bar
    met: dict[tuple[str, int], int] = field(default_factory=dict)  # alterations of the notes being read
    held: dict[tuple[str, int], int] = field(default_factory=dict)  # those of the notes that are tied over
    tuplet: tuple[Fraction, int] = (Fraction(1), 0)
    broken: Fraction = Fraction(1)
    open: AbcBar | None = None

    def length(self) -> Fraction:
        """The unit of length in quarters: 1/16 in short metres, else 1/8, unless `L:` says another."""
        return self.unit or (Fraction(1, 4) if 4 * self.metre[0] < 3 * self.metre[1] else Fraction(1, 2))


@dataclass
class Tune:
    """What a text holds: title, tempo, voices by id, which of them share a staff, and remarks on what was left out."""

    title: str = ""
    qpm: float | None = None
    voices: dict[str, Voice] = field(default_factory=dict)
    staves: list[list[str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Reader:
    """Reads one text, line by line."""

    def __init__(self) -> None:
        self.tune = Tune()
        self._common = Voice()
        self._current: str | None = None
        self._in_body = False
        self._notes = self._graces = 0
        self._key_said = False

    def read(self, text: str) -> Tune:
        """The first tune of the text. NotationError: what is wrong, and in which line."""
        if len(text) > MOST_CHARACTERS:
            raise NotationError(f"The text has {len(text):,} characters; {MOST_CHARACTERS:,} are the most.")
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith("X:") and self._in_body:
                self.tune.remarks.append("Read the first of several tunes.")
                break
            self._line(line, number)
        for voice in self.tune.voices.values():
            _close(voice)
        if not any(event.pitches for v in self.tune.voices.values() for bar in v.bars for event in bar.events):
            raise NotationError("There are no notes in this text: type letters such as C D E F | G A B c |.")
        if not self._key_said:
            self.tune.remarks.append("No key is given (K:); C major was assumed.")
        if self._graces:
            few = "one grace note" if self._graces == 1 else f"{self._graces} grace notes"
            self.tune.remarks.append(f"Left out {few}.")
        return self.tune

    def _line(self, line: str, number: int) -> None:
        if line.startswith("%%"):
            self._instruction(line[2:].split())
            return
        line = re.sub(r"(?<!\\)%.*", "", line).strip()
        match = re.match(r"([A-Za-z+]):(?![|:])(.*)", line)
        if match and not (match.group(1) in "ABCDFGHINOPRSTUWZ" and self._in_body and match.group(2)[:1] in "|:"):
            self._field(match.group(1), match.group(2), number)
        elif line:
            self._music(line, number)

    # --- fields ------------------------------------------------------------------------------------------------------

    def _instruction(self, words: list[str]) -> None:
        target = self._voice() if self._in_body or self._current else self._common
        if words[:1] in (["score"], ["staves"]):
            groups = re.findall(r"\(([^)]*)\)", " ".join(words[1:]))
            self.tune.staves = [re.sub(r"[\[\]{}|]", " ", group).split() for group in groups]
        elif words[:2] == ["MIDI", "program"] and words[-1].isdecimal() and int(words[-1]) < 128:
            target.program = int(words[-1])
        elif words[:2] == ["MIDI", "channel"] and words[2:3] == ["10"]:
            target.is_drum = True

    def _field(self, name: str, value: str, line: int) -> None:
        if name == "T" and not self.tune.title:
            self.tune.title = value.strip()
        elif name == "V":
            self._choose(value)
        elif name == "Q":
            self._tempo(fields.tempo(value, self._target().length(), line), line)
        elif name in "KML":
            for voice in [self._voice()] if self._in_body else [self._common, *self.tune.voices.values()]:
                self._set(voice, name, value, line)

    def _target(self) -> Voice:
        return self._voice() if self._in_body else self._common

    def _set(self, voice: Voice, name: str, value: str, line: int) -> None:
        if name == "K":
            voice.key, self._key_said = fields.key(value, line), True
        elif name == "M":
            voice.metre = fields.metre(value, line)
        else:
            voice.unit = fields.unit(value, line)
        bar = voice.open
        if bar is not None and not bar.events:
            bar.key, bar.metre = voice.key, voice.metre

    def _choose(self, value: str) -> None:
        self._current, name = fields.voice(value)
        self._voice().name = name or self._voice().name

    def _tempo(self, qpm: float | None, line: int) -> None:
        if qpm is None:
            return
        if not self._in_body:
            self.tune.qpm = qpm
        else:
            bar = self._bar(line)
            bar.tempos.append((len(bar.events), qpm))

    def _voice(self) -> Voice:
        name = self._current or "1"
        if name not in self.tune.voices:
            c = self._common
            made = Voice(program=c.program, is_drum=c.is_drum, metre=c.metre, key=c.key, unit=c.unit)
            self.tune.voices[name] = made
        return self.tune.voices[name]

    # --- music -------------------------------------------------------------------------------------------------------

    def _music(self, text: str, line: int) -> None:
        self._in_body = True
        at = 0
        while at < len(text):
            found = ((kind, pattern.match(text, at)) for kind, pattern in _TOKENS)
            kind, match = next(((kind, match) for kind, match in found if match and match[0]), ("", None))
            if match is None:
                self._complain(text[at], line, at)
            else:
                getattr(self, f"_on_{kind}")(match, line)
                at = match.end()

    def _complain(self, character: str, line: int, at: int) -> None:
        where = f"Line {line}, character {at + 1}"
        if character == "&":
            raise NotationError(f"{where}: '&' (a second voice inside the bar) is not read; write it as a voice, V:2.")
        if character in '[{"!':
            raise NotationError(f"{where}: the '{character}' that opens here is never closed.")
        raise NotationError(f"{where}: '{character}' is no note (A-G, a-g), rest (z), bar line (|) or known sign.")

    def _bar(self, line: int) -> AbcBar:
        voice = self._voice()
        if voice.open is None:
            voice.open = AbcBar(line, voice.metre, voice.key, ending=voice.ending)
        return voice.open

    def _on_skip(self, match: re.Match[str], line: int) -> None:
        pass

    _on_slur = _on_ornament = _on_skip

    def _on_grace(self, match: re.Match[str], line: int) -> None:
        self._graces += len(re.findall(r"[A-Ga-g]", match[0]))

    def _on_field(self, match: re.Match[str], line: int) -> None:
        self._field(match["name"], match["value"], line)

    def _on_bar(self, match: re.Match[str], line: int) -> None:
        voice, bar = self._voice(), match["bar"]
        closed = _close(voice)
        ends = bar.startswith(":")
        if closed is not None:
            closed.ends = closed.ends or ends
        if ends or "||" in bar or "]" in bar:
            voice.ending = frozenset()
        if match["ending"]:
            voice.ending = _endings(match["ending"])
        if bar.endswith(":"):
            self._bar(line).begins = True
        if match["ending"]:
            self._bar(line).ending = voice.ending

    def _on_ending(self, match: re.Match[str], line: int) -> None:
        self._voice().ending = self._bar(line).ending = _endings(match["ending"])

    def _on_tuplet(self, match: re.Match[str], line: int) -> None:
        voice, p = self._voice(), int(match["p"])
        if p < 2:
            raise NotationError(f"Line {line}: '{match[0]}' is no tuplet: (3 puts three notes into the time of two.")
        compound = voice.metre[1] >= 8 and voice.metre[0] % 3 == 0
        q = int(match["q"] or 0) or _TUPLETS.get(p, 3 if compound else 2)
        voice.tuplet = (Fraction(q, p), int(match["r"] or 0) or p)

    def _on_chord(self, match: re.Match[str], line: int) -> None:
        notes: list[int] = []
        tie = bool(match["tie"])
        inner = re.sub(r"\"[^\"]*\"|![^!]*!|[.~()]", "", match["notes"]).strip()
        at, first = 0, Fraction(1)
        while at < len(inner):
            note = _NOTE.match(inner, at)
            if note is None:
                raise NotationError(f"Line {line}: '{inner[at]}' is no note in the chord {match[0]}.")
            if not notes:
                first = _length(note)
            tie = tie or bool(note["tie"])
            notes.append(self._pitch(note, line))
            at = note.end()
        self._add(first * _length(match), notes, tie, line)

    def _on_note(self, match: re.Match[str], line: int) -> None:
        self._add(_length(match), [self._pitch(match, line)], bool(match["tie"]), line)

    def _on_rest(self, match: re.Match[str], line: int) -> None:
        self._add(_length(match), [], False, line)

    def _on_rests(self, match: re.Match[str], line: int) -> None:
        for _ in range(min(int(match["bars"] or 1), 1000)):
            bar = self._bar(line)
            bar.events.append(Event(bar.full, []))
            _close(self._voice())

    def _on_broken(self, match: re.Match[str], line: int) -> None:
        voice, way = self._voice(), match["way"]
        if voice.open is None or not voice.open.events:
            raise NotationError(f"Line {line}: '{way}' stands between two notes, but none comes before it.")
        short = Fraction(1, 2 ** len(way))
        before, voice.broken = (2 - short, short) if way[0] == ">" else (short, 2 - short)
        voice.open.events[-1].duration *= before

    def _add(self, length: Fraction, pitches: list[int], tied: bool, line: int) -> None:
        voice = self._voice()
        scale, left = voice.tuplet
        duration = length * voice.length() * voice.broken * (scale if left else 1)
        voice.tuplet, voice.broken = (scale, max(0, left - 1)), Fraction(1)
        if not 0 < duration <= 256:
            raise NotationError(f"Line {line}: a note of {float(duration):g} quarters cannot be played.")
        self._notes += max(1, len(pitches))
        if self._notes > MOST_NOTES:
            raise NotationError(f"The tune has more than {MOST_NOTES:,} notes: that is more than can be used.")
        voice.held, voice.met = (voice.met if tied else {}), {}
        self._bar(line).events.append(Event(duration, sorted(set(pitches)), tied and bool(pitches)))

    def _pitch(self, match: re.Match[str], line: int) -> int:
        voice, letter = self._voice(), match["step"]
        step = letter.upper()
        octave = 4 + letter.islower() + match["octave"].count("'") - match["octave"].count(",")
        if match["sign"]:
            voice.said[step] = fields.alteration(match["sign"])
        alteration = voice.said.get(step, voice.held.get((step, octave), voice.key.steps[step]))
        voice.met[step, octave] = alteration
        pitch = pitch_of(step, alteration, octave)
        if not 0 <= pitch <= 127:
            raise NotationError(f"Line {line}: '{match[0].strip()}' lies outside what can be played (C,,,, to g'''').")
        return pitch


def _close(voice: Voice) -> AbcBar | None:
    """The bar before the bar line that was just read, which has ended; None before the first one."""
    bar, voice.open = voice.open, None
    voice.said.clear()
    if bar is not None and bar.events:
        voice.bars.append(bar)
        return bar
    return voice.bars[-1] if voice.bars else None


def _length(match: re.Match[str]) -> Fraction:
    top, slashes, bottom = match["top"], len(match["slashes"]), match["bottom"]
    value = Fraction(int(top[:6] or 1))
    if slashes:
        value /= max(1, int(bottom[:6])) if bottom else 2 ** min(slashes, 10)
    return value


def _endings(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in re.split(r"[,.]", text):
        first, _, last = part.partition("-")
        if first.isdecimal():
            found |= set(range(int(first[:2]), int((last or first)[:2]) + 1))
    return frozenset(found)
