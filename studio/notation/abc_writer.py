"""`Score` → text in ABC notation (standard 2.1). Written here because no free library writes it; music21 only reads.

A track is a staff: its voices are joined by `%%score`, and its instrument stands in a `%%MIDI` line as for abc2midi.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from studio.errors import NotationError
from studio.notation.bars import GRID, Measure, Sign, measures, on_grid
from studio.notation.spelling import alterations, keys, spelled
from studio.score import KeySignature, Score, Track

_UNIT = GRID // 2  # L:1/8
_BARS_A_LINE = 4
_MAJOR = "Cb Gb Db Ab Eb Bb F C G D A E B F# C#".split()
_MINOR = "Abm Ebm Bbm Fm Cm Gm Dm Am Em Bm F#m C#m G#m D#m A#m".split()
_SIGNS = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def write_abc(score: Score) -> str:
    """The score's tracks that have notes, on the notation grid. Loudness is left out: ABC has no sign for it.

    NotationError: there is nothing to write.
    """
    grid = on_grid(score)
    tracks = [(track, measures(grid, track)) for track in grid.tracks if track.notes]
    if not tracks:
        raise NotationError("There are no notes to write down.")
    named = [(track, bars, _names(number, bars)) for number, (track, bars) in enumerate(tracks, 1)]
    tempo, signatures = grid.tempos[0], keys(grid)
    lines = ["X:1", f"T:{_words(score.title) or 'Untitled'}", "M:{}/{}".format(*grid.time_signatures[0][1:]), "L:1/8"]
    lines.append(f"Q:1/4={tempo.qpm:.6g}")
    several = sum(len(names) for _, _, names in named) > 1
    if several:
        lines.append("%%score " + " ".join(f"({' '.join(names)})" for _, _, names in named))
        lines += [f"V:{name}{_name(track)}" for track, _, names in named for name in names]
    lines.append(f"K:{_key(signatures[0])}")
    for track, bars, names in named:
        for i, name in enumerate(names):
            lines += [f"V:{name}"] if several else []
            lines += [] if i else _instrument(track)
            first = track is named[0][0] and i == 0
            lines += _lines([_bar(grid, measure, i, signatures, tempos=first) for measure in bars])
    return "\n".join(lines) + "\n"


def _names(number: int, bars: Sequence[Measure]) -> list[str]:
    count = len(bars[0].voices) if bars else 1
    return [f"{number}{'abcd'[i]}" if count > 1 else f"{number}" for i in range(count)]


def _words(text: str) -> str:
    """One line that can stand between quotes."""
    return " ".join("".join(c if c.isprintable() else " " for c in text.replace('"', "'").replace("%", "")).split())


def _name(track: Track) -> str:
    return f' name="{words}"' if (words := _words(track.name)) else ""


def _key(signature: KeySignature) -> str:
    return (_MINOR if signature.minor else _MAJOR)[signature.fifths + 7]


def _instrument(track: Track) -> list[str]:
    return ["%%MIDI channel 10"] if track.is_drum else [f"%%MIDI program {track.program}"]


def _lines(bars: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(bars), _BARS_A_LINE):
        last = start + _BARS_A_LINE >= len(bars)
        yield "| ".join(bars[start : start + _BARS_A_LINE]) + ("|]" if last else "|")


def _bar(score: Score, measure: Measure, voice: int, signatures: Sequence[KeySignature], *, tempos: bool) -> str:
    """One bar of one voice, with the changes that fall into it before its first note."""
    bar = measure.bar
    text = ""
    before = score.time_signature_at(max(0, bar.start - 1))
    if before[1:] != (bar.numerator, bar.denominator):
        text += f"[M:{bar.numerator}/{bar.denominator}]"
    # A change of key counts from the bar line before it: ABC and musicians know no other place.
    told = [k for k in signatures if k.onset < bar.end]
    key = told[-1] if told else signatures[0]
    if bar.index and key.onset >= bar.start:
        text += f"[K:{_key(key)}]"
    changes = [t for t in score.tempos if t.onset > 0 and bar.start <= t.onset < bar.end] if tempos else []
    signs = measure.voices[voice] or (Sign(0, bar.end - bar.start),)
    hidden = not measure.voices[voice]
    said: dict[str, int] = {}
    for _, group in groupby(signs, key=lambda sign: sign.beat if sign.beat >= 0 else -2 - sign.onset):
        together = list(group)
        due = [t for t in changes if t.onset <= bar.start + together[0].onset]
        text += f"[Q:1/4={due[-1].qpm:.6g}]" if due else ""
        changes = [t for t in changes if t not in due]
        text += _group(together, key, said, "x" if hidden else "z") + " "
    text += f"[Q:1/4={changes[-1].qpm:.6g}]" if changes else ""
    return text


def _group(signs: Sequence[Sign], key: KeySignature, said: dict[str, int], rest: str) -> str:
    """The signs of one beat; divided by three they stand in a triplet."""
    by_three = any(sign.onset % 3 or sign.duration % 3 for sign in signs)
    scale = Fraction(3, 2) if by_three else Fraction(1)
    head = f"(3:2:{len(signs)}" if by_three else ""
    return head + "".join(_sign(sign, key, said, rest, scale) for sign in signs)


def _sign(sign: Sign, key: KeySignature, said: dict[str, int], rest: str, scale: Fraction) -> str:
    length = _length(scale * sign.duration / _UNIT)
    if not sign.pitches:
        return rest + length
    steps = [spelled(pitch, key.fifths)[0] for pitch in sign.pitches]
    # Where F and F sharp sound at once each has its sign.
    said |= {step: 0 for step in steps if steps.count(step) > 1}
    names = [_note(pitch, key, said) for pitch in sign.pitches]
    head = names[0] if len(names) == 1 else f"[{''.join(names)}]"
    return head + length + ("-" if sign.tied else "")


def _note(pitch: int, key: KeySignature, said: dict[str, int]) -> str:
    """`said`: the alterations that were written in this bar; by the standard they hold in every octave."""
    step, alteration, octave = spelled(pitch, key.fifths)
    sign = ""
    if step in said or alteration != alterations(key.fifths)[step]:
        said[step] = alteration
        sign = _SIGNS[alteration]
    letter = step.lower() if octave >= 5 else step
    return sign + letter + ("'" * (octave - 5) if octave >= 5 else "," * (4 - octave))


def _length(value: Fraction) -> str:
    top = "" if value.numerator == 1 else str(value.numerator)
    return top if value.denominator == 1 else f"{top}/{value.denominator}"
