"""Notes to keep, as they are typed: `5:C4 6:67` is the C4 of bar 5 and the G4 of bar 6."""

from __future__ import annotations

import re

from studio.errors import SettingError
from studio.pipeline.requests import Kept

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}


def parse_kept(text: str) -> tuple[Kept, ...]:
    """Each word a bar, counted from 1, and a note by name (C4 is middle C) or MIDI number; blanks or commas between.

    SettingError for a word that is none; whether the bar is there, `infill` checks.
    """
    return tuple(map(_kept, text.replace(",", " ").split()))


def _kept(word: str) -> Kept:
    found = re.fullmatch(r"(\d{1,9}):(?:(\d{1,3})|([A-Ga-g])([#♯b♭]?)(-?\d{1,2}))", word)
    if found is None:
        raise SettingError(f"'{word}' is no bar and note: write 5:C4 or 5:60, C4 being middle C.")
    bar, number, letter, sign, octave = found.groups()
    pitch = int(number) if number else _STEPS[letter.upper()] + _SIGNS[sign] + 12 * (int(octave) + 1)
    if not 0 <= pitch <= 127:
        raise SettingError(f"'{word}' is no note of MIDI's, which go from C-1 (0) to G9 (127).")
    return Kept(int(bar), pitch)
