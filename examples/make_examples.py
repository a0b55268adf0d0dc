"""Writes the example seeds beside this file: `python examples/make_examples.py`.

The tunes are typed in by hand, from music in the public domain or made up for the studio. A bar is a string of notes
`pitch:value`; values are w h q e s (whole to 16th note) and t (triplet eighth), dots as usual, `+` adds two values;
`r` rests, and pitches joined by `/` sound together. Every bar is checked to be full.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio import midi
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

RESOLUTION = 480
VALUES = {"w": 1920, "h": 960, "q": 480, "e": 240, "s": 120, "t": 160}
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


@dataclass(frozen=True)
class Voice:
    """One track: its name, General MIDI program, and bars in the notation above."""

    name: str
    program: int
    bars: str
    loudness: int = 84


@dataclass(frozen=True)
class Tune:
    """One example. `metres`: (bar from 0, numerator, denominator); `fifths`: sharps, or flats if negative."""

    file: str
    title: str
    qpm: int
    metres: tuple[tuple[int, int, int], ...]
    fifths: int
    minor: bool
    voices: tuple[Voice, ...]


def duration_of(value: str) -> int:
    """Ticks of a note value: "q" 480, "q." 720, "q+t" 640."""
    return sum(VALUES[part[0]] * 3 // 2 if part.endswith(".") else VALUES[part] for part in value.split("+"))


def pitch_of(name: str) -> int:
    """MIDI pitch of "f#4" or "bb3"; c4 is 60."""
    return STEPS[name[0]] + name.count("#", 1) - name.count("b", 1) + 12 * (int(name[-1]) + 1)


def starts_of(tune: Tune, bars: int) -> list[int]:
    """Ticks of the bar lines, the closing one too."""
    starts = [0]
    for bar in range(bars):
        numerator, denominator = next((n, d) for first, n, d in reversed(tune.metres) if first <= bar)
        starts.append(starts[-1] + 4 * RESOLUTION * numerator // denominator)
    return starts


def track_of(tune: Tune, voice: Voice) -> Track:
    """The voice's notes: a little louder on bar lines, a little softer off the beat."""
    bars = [bar.split() for bar in voice.bars.split("|")]
    starts = starts_of(tune, len(bars))
    notes = []
    for start, end, bar in zip(starts[:-1], starts[1:], bars, strict=True):
        tick = start
        for pitches, value in (note.split(":") for note in bar):
            accent = 8 if tick == start else 0 if (tick - start) % RESOLUTION == 0 else -8
            if pitches != "r":
                for pitch in pitches.split("/"):
                    notes.append(Note(tick, pitch_of(pitch), duration_of(value), voice.loudness + accent))
            tick += duration_of(value)
        if tick != end:
            raise ValueError(f"{tune.title}: a bar of {tick - start} ticks, not {end - start}: {' '.join(bar)}")
    return Track(tuple(notes), voice.program, name=voice.name)


def score_of(tune: Tune) -> Score:
    """The example as a score."""
    tracks = tuple(track_of(tune, voice) for voice in tune.voices)
    lines = starts_of(tune, max(first for first, _, _ in tune.metres) + 1)
    return Score(
        RESOLUTION,
        tracks,
        (Tempo(0, round(60_000_000 / tune.qpm)),),
        tuple(TimeSignature(lines[first], n, d) for first, n, d in tune.metres),
        (KeySignature(0, tune.fifths, tune.minor),),
        tune.title,
    )


TUNES = (
    Tune(
        "ode-to-joy", "Ode to Joy (Beethoven)", 116, ((0, 4, 4),), 2, False,
        (Voice("Melody", 40, """
            f#4:q f#4:q g4:q a4:q | a4:q g4:q f#4:q e4:q | d4:q d4:q e4:q f#4:q | f#4:q. e4:e e4:h |
            f#4:q f#4:q g4:q a4:q | a4:q g4:q f#4:q e4:q | d4:q d4:q e4:q f#4:q | e4:q. d4:e d4:h"""),),
    ),
    Tune(
        "twinkle-twinkle", "Twinkle, Twinkle (French tune)", 100, ((0, 4, 4),), 0, False,
        (Voice("Melody", 11, """
            c5:q c5:q g5:q g5:q | a5:q a5:q g5:h | f5:q f5:q e5:q e5:q | d5:q d5:q c5:h |
            g5:q g5:q f5:q f5:q | e5:q e5:q d5:h | g5:q g5:q f5:q f5:q | e5:q e5:q d5:h"""),),
    ),
    Tune(
        "greensleeves", "Greensleeves (English, 6/8 with a pickup)", 84, ((0, 1, 8), (1, 6, 8)), 0, True,
        (Voice("Melody", 73, """
            a4:e | c5:q d5:e e5:e. f#5:s e5:e | d5:q b4:e g4:e. a4:s b4:e | c5:q a4:e a4:e. g#4:s a4:e |
            b4:q g#4:e e4:q a4:e | c5:q d5:e e5:e. f#5:s e5:e | d5:q b4:e g4:e. a4:s b4:e |
            c5:e. b4:s a4:e g#4:e. f#4:s g#4:e | a4:q. a4:q r:e"""),),
    ),
    Tune(
        "scarborough-fair", "Scarborough Fair (English, Dorian, 3/4)", 108, ((0, 3, 4),), 0, True,
        (Voice("Melody", 68, """
            d4:h d4:q | a4:q a4:q a4:q | e4:q. f4:e e4:q | d4:h. |
            r:q a4:q c5:q | d5:h c5:q | a4:q b4:q g4:q | a4:h."""),),
    ),
    Tune(
        "minuet-in-g", "Minuet in G (Petzold, two hands)", 112, ((0, 3, 4),), 1, False,
        (
            Voice("Right hand", 6, """
                d5:q g4:e a4:e b4:e c5:e | d5:q g4:q g4:q | e5:q c5:e d5:e e5:e f#5:e | g5:q g4:q g4:q |
                c5:q d5:e c5:e b4:e a4:e | b4:q c5:e b4:e a4:e g4:e | f#4:q g4:e a4:e b4:e g4:e | a4:h."""),
            Voice("Left hand", 6, """
                g3/b3/d4:h a3:q | b3:h. | c4:h. | b3:h. |
                a3:h. | g3:h. | d4:q b3:q g3:q | d4:q d3:e c4:e b3:e a3:e""", 72),
        ),
    ),
    Tune(
        "auld-lang-syne", "Auld Lang Syne (Scottish, with a pickup)", 92, ((0, 1, 4), (1, 4, 4)), -1, False,
        (Voice("Melody", 22, """
            c4:q | f4:q. f4:e f4:q a4:q | g4:q. f4:e g4:q a4:q | f4:q. f4:e a4:q c5:q | d5:h. d5:q |
            c5:q. a4:e a4:q f4:q | g4:q. f4:e g4:q a4:q | f4:q. d4:e d4:q c4:q | f4:h. r:q"""),),
    ),
    Tune(
        "seven-steps", "Seven Steps (original, Dorian, 7/8)", 132, ((0, 7, 8),), 0, True,
        (Voice("Melody", 71, """
            d5:e e5:e f5:e e5:e d5:e a4:q | c5:e d5:e e5:e d5:e c5:e g4:q |
            a4:e c5:e d5:e c5:e d5:q. | e5:q d5:q c5:e d5:q |
            d5:e e5:e f5:e e5:e d5:e a4:q | g5:e f5:e e5:e d5:e c5:e e5:q |
            f5:e e5:e d5:e c5:e a4:e c5:q | d5:h r:q."""),),
    ),
    Tune(
        "blues-in-a", "Blues Lick in A (original, swung)", 104, ((0, 4, 4),), 3, False,
        (Voice("Lead guitar", 26, """
            r:t+t c5:t d5:t+t d#5:t e5:q a4:q | g5:t+t e5:t d5:t+t c5:t a4:h |
            c5:t+t d5:t d#5:t d5:t c5:t a4:t+t g4:t a4:q | r:q e5:t+t g5:t e5:q r:q |
            d5:t+t f#5:t a5:t+t f#5:t e5:t+t d5:t c5:q | a4:t+t c5:t d5:t+t c5:t a4:h |
            g5:t e5:t g5:t e5:t+t d5:t c5:t+t a4:t g4:t+t a4:t | a4:h r:q e4:t+t g4:t"""),),
    ),
    Tune(
        "evening-window", "Evening Window (original, melody and chords)", 84, ((0, 4, 4),), -1, False,
        (
            Voice("Melody", 73, """
                a4:q. c5:e c5:h | d5:q c5:e a4:e f4:h | d5:q. d5:e c5:q bb4:q | g4:h. c5:q |
                a4:q. c5:e f5:h | e5:q d5:e c5:e a4:h | bb4:q a4:e g4:e e4:q g4:q | f4:h. r:q"""),
            Voice("Chords", 0, """
                f3/a3/c4:h f3/a3/c4:h | d3/f3/a3:h d3/f3/a3:h | bb2/d3/f3:h bb2/d3/f3:h | c3/e3/g3:h c3/e3/bb3:h |
                f3/a3/c4:h f3/a3/c4:h | d3/f3/a3:h d3/f3/a3:h | g2/bb2/d3:h c3/e3/bb3:h | f3/a3/c4:w""", 64),
        ),
    ),
)  # fmt: skip


def main() -> None:
    """Write every tune as a MIDI file beside this script."""
    folder = Path(__file__).parent
    for tune in TUNES:
        midi.save(score_of(tune), folder / f"{tune.file}.mid")


if __name__ == "__main__":
    main()
