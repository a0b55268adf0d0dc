"""The values of ABC's fields: key, metre, unit of length, tempo, voice. Knows nothing of notes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from studio.errors import NotationError
from studio.notation.spelling import alterations
from studio.score import KeySignature

_STEPS = "FCGDAEB"
_MODES = {
    "": 0,
    "maj": 0,
    "ion": 0,
    "m": -3,
    "min": -3,
    "aeo": -3,
    "dor": -2,
    "phr": -4,
    "lyd": 1,
    "mix": -1,
    "loc": -5,
}
_KEY = re.compile(r"([A-G])([#b]?)\s*([a-zA-Z]*)")
_EXTRA = re.compile(r"(?<!\S)(__?|\^\^?|=)([a-gA-G])\b")


class AbcKey(NamedTuple):
    """A key: its `signature`, and the alteration of each step where the field says more than that."""

    signature: KeySignature
    steps: dict[str, int]


def key(text: str, line: int) -> AbcKey:
    """`K:`, such as "Am", "F# mix", "D =c", "none"."""
    if re.match(r"none\b|perc\b|clef|$", text.strip()):
        return AbcKey(KeySignature(0, 0, False), alterations(0))
    if text.strip() in ("HP", "Hp"):
        return AbcKey(KeySignature(0, 2, False), alterations(2))
    match = _KEY.match(text.strip())
    mode = match.group(3).lower() if match else ""
    mode = mode if mode in ("", "m") else mode[:3]
    if mode in ("cle", "exp", "oct", "tra", "mid", "sta"):  # what may follow the key: clef=, exp, octave=, ...
        mode = ""
    if match is None or mode not in _MODES:
        raise NotationError(
            f"Line {line}: '{text.strip()}' is no key: write K: and a note, then m, dor, mix or nothing, as in K:Am."
        )
    sharp = {"#": 7, "b": -7, "": 0}[match.group(2)]
    fifths = _STEPS.index(match.group(1)) - 1 + sharp + _MODES[mode]
    if not -7 <= fifths <= 7:
        raise NotationError(f"Line {line}: '{text.strip()}' would need {abs(fifths)} sharps or flats; 7 are the most.")
    steps = alterations(fifths)
    for sign, step in _EXTRA.findall(text):
        steps[step.upper()] = alteration(sign)
    return AbcKey(KeySignature(0, fifths, mode in ("m", "min", "aeo")), steps)


def alteration(sign: str) -> int:
    """Semitones of "^", "_", "=" and their doubles."""
    return sign.count("^") - sign.count("_")


def metre(text: str, line: int) -> tuple[int, int]:
    """`M:`, such as "6/8", "C", "C|", "2+3/8"."""
    text = text.strip()
    if text in ("C", "none", ""):
        return 4, 4
    if text == "C|":
        return 2, 2
    match = re.fullmatch(r"\(?(\d+(?:\+\d+)*)\)?/(\d+)", text.replace(" ", ""))
    top = sum(map(int, match.group(1).split("+"))) if match else 0
    bottom = int(match.group(2)) if match and len(match.group(2)) < 4 else 0
    if not 1 <= top <= 64 or bottom not in (1, 2, 4, 8, 16, 32, 64):
        raise NotationError(f"Line {line}: '{text}' is no metre: write M: and two numbers, as in M:3/4.")
    return top, bottom


def unit(text: str, line: int) -> Fraction:
    """`L:`, such as "1/8": quarters."""
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})|1", text.strip())
    if match is None or (match.group(1) is not None and not (int(match.group(1)) and int(match.group(2)))):
        raise NotationError(f"Line {line}: '{text.strip()}' is no note length: write L: and a fraction, as in L:1/8.")
    return Fraction(4) if match.group(1) is None else Fraction(4 * int(match.group(1)), int(match.group(2)))


def tempo(text: str, unit: Fraction, line: int) -> float | None:
    """`Q:`, such as "1/4=120", "120" or "Allegro": quarters a minute; None where only words are said."""
    bare = re.sub(r'"[^"]*"', "", text).strip()
    match = re.fullmatch(r"((?:\d+/\d+\s*)+|[A-Z])?\s*=?\s*(\d+(?:\.\d+)?)", bare)
    if match is None:
        if re.search(r"\d", bare):
            raise NotationError(f"Line {line}: '{bare}' is no tempo: write Q:1/4=120 for 120 quarters a minute.")
        return None
    beats = re.findall(r"(\d+)/(\d+)", match.group(1) or "")
    length = sum((Fraction(4 * int(a), max(1, int(b))) for a, b in beats), Fraction(0)) or unit
    qpm = float(match.group(2)) * float(length)
    if not 5 <= qpm <= 1000:
        raise NotationError(f"Line {line}: {qpm:.0f} quarters a minute is no tempo to play: take 5 to 1000.")
    return qpm


def voice(text: str) -> tuple[str, str]:
    """`V:`, such as '1 name="Violin" clef=treble': the voice's id and its name, "" without one."""
    words = text.split()
    named = re.search(r'(?:name|nm)\s*=\s*(?:"([^"]*)"|(\S+))', text)
    return (words[0] if words else "1"), ((named.group(1) or named.group(2) or "") if named else "")
