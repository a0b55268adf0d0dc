"""Where bars, beats and keys lie on a piano roll: pure arithmetic on a `Score`, without a picture."""

from __future__ import annotations

import math

from studio.score import Bar, Score

MOST_BARS = 4000  # beyond that lines would be a grey mass, and listing them slow

BLACK = frozenset({1, 3, 6, 8, 10})

DRUMS = {
    27: "High Q", 28: "Slap", 29: "Scratch 1", 30: "Scratch 2", 31: "Sticks", 32: "Square click", 33: "Click",
    34: "Bell", 35: "Kick 2", 36: "Kick", 37: "Side stick", 38: "Snare", 39: "Clap", 40: "Snare 2", 41: "Floor tom 2",
    42: "Closed hat", 43: "Floor tom", 44: "Pedal hat", 45: "Low tom", 46: "Open hat", 47: "Mid tom 2", 48: "Mid tom",
    49: "Crash", 50: "High tom", 51: "Ride", 52: "China", 53: "Ride bell", 54: "Tambourine", 55: "Splash",
    56: "Cowbell", 57: "Crash 2", 58: "Vibraslap", 59: "Ride 2", 60: "High bongo", 61: "Low bongo", 62: "Mute conga",
    63: "Open conga", 64: "Low conga", 65: "High timbale", 66: "Low timbale", 67: "High agogô", 68: "Low agogô",
    69: "Cabasa", 70: "Maracas", 71: "Short whistle", 72: "Long whistle", 73: "Short guiro", 74: "Long guiro",
    75: "Claves", 76: "High block", 77: "Low block", 78: "Mute cuíca", 79: "Open cuíca", 80: "Mute triangle",
    81: "Triangle",
}  # fmt: skip
"""Names of General MIDI's percussion keys, shortened, and those of its first extension."""


def bars_of(score: Score) -> tuple[Bar, ...]:
    """The score's bars, four empty ones where it has no notes, and none where there are too many to draw."""
    if score.bar_count > MOST_BARS:
        return ()
    if score.bars:
        return score.bars
    first = score.time_signatures[0]
    length = score.bar_length(first.numerator, first.denominator)
    return tuple(Bar(i, i * length, (i + 1) * length, first.numerator, first.denominator) for i in range(4))


def beats_of(bar: Bar, resolution: int) -> list[float]:
    """Ticks of the beats inside a bar, its first left out; 6/8, 9/8 and 12/8 beat in dotted quarters."""
    beat = resolution * 4 / bar.denominator
    if bar.denominator >= 8 and bar.numerator % 3 == 0 and bar.numerator > 3:
        beat *= 3
    count = math.ceil((bar.end - bar.start) / beat)
    return [bar.start + i * beat for i in range(1, count)]


def stride(inches: float, smallest: float) -> int:
    """Of things `inches` apart show one in so many (1, 2, 4, 5, 8, 10, ...) that those shown are `smallest` apart."""
    steps = (s * 10**e for e in range(6) for s in (1, 2, 4, 5, 8))
    return next((s for s in steps if s * inches >= smallest), 10**6)


def pitch_span(score: Score, least: int = 19, margin: int = 2) -> tuple[int, int] | None:
    """Lowest and highest row: the pitches used and a margin, at least `least` rows in all; None without pitches."""
    pitches = [n.pitch for t in score.tracks if not t.is_drum for n in t.notes]
    if not pitches:
        return None
    low, high = min(pitches) - margin, max(pitches) + margin
    missing = max(0, least - (high - low + 1))
    low, high = low - missing // 2, high + (missing + 1) // 2
    shift = max(0, -low) - max(0, high - 127)
    return max(0, low + shift), min(127, high + shift)


def kit_of(score: Score) -> tuple[int, ...]:
    """The drum keys that are played, from low to high."""
    return tuple(sorted({n.pitch for t in score.tracks if t.is_drum for n in t.notes}))


def headline(score: Score) -> str:
    """Tempo, metre and length in words: "♩ = 120 · 3/4 · 16 bars"."""
    end = max(score.end, 1)
    tempos = [round(t.qpm) for t in score.tempos if t.onset < end]
    signatures = [m for m in score.time_signatures if m.onset < end]
    if len(signatures) > 1 and signatures[1].onset < score.bar_length(*signatures[1][1:]):
        signatures = signatures[1:]  # the first one only made a pickup
    metres = list(dict.fromkeys(f"{m.numerator}/{m.denominator}" for m in signatures))
    tempo = f"{tempos[0]}" if len(set(tempos)) == 1 else f"{min(tempos)}–{max(tempos)}"
    metre = ", ".join(metres[:3]) + (", …" if len(metres) > 3 else "")
    bars = score.bar_count
    return f"♩ = {tempo}  ·  {metre}  ·  {bars:,} {'bar' if bars == 1 else 'bars'}"
