"""Piano roll: a melody over chords as an array of bars, slot by slot: what a model of whole bars learns and writes.

A row is a bar of at most 16 sixteenths: its heading (numerator, denominator, tempo, the chords of its two halves) and
16 cells, one for each sixteenth. A cell says that nothing sounds, that what sounded goes on, or which pitch begins: an
onset plane and a sustain plane folded into one, because a melody plays one note at a time. So repeated notes survive,
and notes may last across bar lines.

On the grid: sixteenths (triplets and 32nds are rounded to them); bars of whole sixteenths, longer ones in parts; one
melody at velocity 80; one chord of `studio.harmony` in each half bar, played as a block; no names, programs or keys.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from studio import harmony
from studio.harmony import QUALITIES, Chord
from studio.melody import guess_track, monophonic
from studio.representations.events.grid import MPQ, tempo_bin
from studio.score import Bar, Note, Score, Tempo, TimeSignature, Track

RESOLUTION = 4
SLOTS = 16
HEADING = ("numerator", "denominator", "tempo", "first chord", "second chord")
FIRST, SECOND, CELLS = 3, 4, len(HEADING)
"""Columns of a row: the chords of the two halves, and where the cells begin."""
REST, SUSTAIN, ONSET = 0, 1, 2
"""What a cell says; an onset of pitch p is ONSET + p."""
CHORDS = 1 + 12 * len(QUALITIES)
"""0 is no chord, 1 + 12 * quality + root the others."""
_VELOCITY = 80
_LOWEST_ROOT = 43
"""Chords stand on their root, from G2 up."""

Row = NDArray[np.uint8]


def chord_number(chord: Chord | None) -> int:
    """0 for none, 1 to 120 for the others."""
    return 0 if chord is None else 1 + 12 * QUALITIES.index(chord.quality) + chord.root


def chord_of(number: int) -> Chord | None:
    """The chord of that number; None for 0 and for what is no number of a chord."""
    if not 0 < number < CHORDS:
        return None
    quality, root = divmod(number - 1, 12)
    return Chord(root, QUALITIES[quality])


def voicing(chord: Chord) -> tuple[int, ...]:
    """The pitches of a chord as it is played: its root between G2 and F#3 and its other tones above it."""
    root = _LOWEST_ROOT + (chord.root - _LOWEST_ROOT) % 12
    return tuple(sorted(root + (tone - chord.root) % 12 for tone in chord.tones()))


_PLAYED = {voicing(chord): chord for chord in map(chord_of, range(1, CHORDS)) if chord}


class PianoRoll:
    """Encodes scores as rows (bars, 21) of uint8 and decodes any such rows. `vocab` names the columns."""

    name = "pianoroll"

    def __init__(self, vocabulary: Sequence[str] | None = None) -> None:
        self.vocab = tuple(vocabulary) if vocabulary else (*HEADING, *(f"cell {i}" for i in range(SLOTS)))
        if len(self.vocab) != CELLS + SLOTS:
            raise ValueError(f"a row has {CELLS + SLOTS} columns, not {len(self.vocab)}")

    @property
    def vocab_size(self) -> int:
        """Number of different values of a cell."""
        return ONSET + 128

    @property
    def marks(self) -> dict[str, int]:
        """What a network may need to know of the rows."""
        return {"slots": SLOTS, "chords": CHORDS}

    def quantize(self, score: Score) -> Score:
        """The nearest score on the grid: the melody and its chords, in two tracks."""
        return self.decode(self.encode(score))

    # --- Score to rows ---------------------------------------------------------------------------------------------

    def encode(self, score: Score) -> Row:
        """The melody of a score and its chords as rows (bars, 21), quantized on the way."""
        own = _is_own(score)
        lead = 0 if own else guess_track(score)
        bars = score.bars
        divided = [parts(bar, score) for bar in bars]
        rows = np.zeros((sum(map(len, divided)), CELLS + SLOTS), np.uint8)
        starts = np.cumsum([0, *(slots for each in divided for slots, _, _ in each)])
        first = np.cumsum([0, *map(len, divided)])
        chords = _own_chords(score) if own else harmony.estimate(score)
        for bar, each, row in zip(bars, divided, first, strict=False):
            for i, (_, numerator, denominator) in enumerate(each):
                halves = chords[bar.index] if len(each) == 1 else [chords[bar.index][2 * i // len(each)]] * 2
                heading = [numerator, denominator, tempo_bin(score.tempo_at(bar.start).mpq)]
                rows[row + i, :CELLS] = [*heading, *map(chord_number, halves)]
        if lead is not None:
            line = _line(score, monophonic(score.tracks[lead]), starts[first], int(starts[-1]))
            for row, start, end in zip(rows, starts, starts[1:], strict=False):
                row[CELLS : CELLS + end - start] = line[start:end]
        return rows

    def transpose(self, rows: Row, semitones: int | NDArray[np.int64]) -> Row:
        """The same rows (..., 21) with melody and chords moved; what would leave 0-127 stays in it by an octave.

        `semitones` may be of each row, in a shape that goes with theirs.
        """
        moved = rows.astype(np.int64)
        cells, chords = moved[..., CELLS:], moved[..., FIRST:CELLS]
        pitches = cells - ONSET + semitones
        pitches += 12 * ((pitches < 0) * -(pitches // 12) - (pitches > 127) * ((pitches - 116) // 12))
        moved[..., CELLS:] = np.where(cells >= ONSET, ONSET + pitches, cells)
        turned = 1 + (chords - 1) // 12 * 12 + ((chords - 1) % 12 + semitones) % 12
        moved[..., FIRST:CELLS] = np.where((chords > 0) & (chords < CHORDS), turned, chords)
        return moved.astype(np.uint8)

    # --- rows to Score ---------------------------------------------------------------------------------------------

    def decode(self, rows: Row) -> Score:
        """The score that rows (bars, 21) say. Total: what makes no sense is no chord, a rest, or 4/4."""
        metres: list[TimeSignature] = []
        tempos: list[Tempo] = []
        tune: list[Note] = []
        blocks: list[Note] = []
        tick, sounding = 0, False
        for row in np.asarray(rows).tolist():
            metre = _metre(row[0], row[1])
            if not metres or metres[-1][1:] != metre:
                metres.append(TimeSignature(tick, *metre))
            mpq = MPQ[min(row[2], len(MPQ) - 1)]
            if not tempos or tempos[-1].mpq != mpq:
                tempos.append(Tempo(tick, mpq))
            length = SLOTS * metre[0] // metre[1]
            for slot, cell in enumerate(row[CELLS : CELLS + length]):
                if cell == SUSTAIN and sounding:
                    tune[-1] = tune[-1]._replace(duration=tune[-1].duration + 1)
                    continue
                sounding = ONSET <= cell < ONSET + 128
                if sounding:
                    tune.append(Note(tick + slot, cell - ONSET, 1, _VELOCITY))
            blocks += _blocks(tick, length, metre, chord_of(row[FIRST]), chord_of(row[SECOND]))
            tick += length
        # A change after the last note belongs to no bar.
        end = max((note.end for note in (*tune, *blocks)), default=0)
        return Score(
            RESOLUTION,
            (Track(tuple(tune), role="melody"), Track(tuple(blocks))),
            tuple(tempo for tempo in tempos if tempo.onset < end),
            tuple(metre for metre in metres if metre.onset < end),
        )


def parts(bar: Bar, score: Score) -> list[tuple[int, int, int]]:
    """(slots, numerator, denominator) of the rows that one bar becomes: itself, or parts of it where it is too long."""
    n, d = bar.numerator, bar.denominator
    slots = max(1, round((bar.end - bar.start) * RESOLUTION / score.resolution))
    whole = slots * d == SLOTS * n
    for count in range(1, 5):
        if slots % count == 0 and slots // count <= SLOTS:
            fits = whole and n % count == 0 and d <= SLOTS
            return [(slots // count, *((n // count, d) if fits else (slots // count, SLOTS)))] * count
    cut = [SLOTS] * (slots // SLOTS) + [slots % SLOTS] * (slots % SLOTS > 0)
    return [(length, length, SLOTS) for length in cut]


def _metre(numerator: int, denominator: int) -> tuple[int, int]:
    """The metre that a heading says, 4/4 where it says none that a row can hold."""
    if denominator not in (1, 2, 4, 8, 16) or not 0 < numerator * SLOTS // denominator <= SLOTS:
        return 4, 4
    return numerator, denominator


def _line(score: Score, melody: Track, starts: NDArray[np.int64], slots: int) -> NDArray[np.uint8]:
    """The cells of one voice (slots,); of notes that begin in one slot the longest. `starts`: the slot of each bar."""
    line = np.zeros(slots, np.uint8)
    bars, bar = score.bars, 0
    notes: dict[int, tuple[int, int]] = {}
    for onset, pitch, duration, _ in melody.notes:
        while bar + 1 < len(bars) and bars[bar + 1].start <= onset:
            bar += 1
        slot = int(starts[bar]) + round((onset - bars[bar].start) * RESOLUTION / score.resolution)
        length = max(1, round(duration * RESOLUTION / score.resolution))
        if slot < slots and notes.get(slot, (0, 0))[0] < length:
            notes[slot] = (length, pitch)
    order = sorted(notes)
    for slot, following in zip(order, [*order, slots][1:], strict=True):
        length, pitch = notes[slot]
        line[slot] = ONSET + pitch
        line[slot + 1 : min(slot + length, following)] = SUSTAIN
    return line


# --- chords as they are played -----------------------------------------------------------------------------------


def _blocks(tick: int, length: int, metre: tuple[int, int], first: Chord | None, second: Chord | None) -> list[Note]:
    """The notes of a bar's chords: one block where both halves have the same, else two."""
    middle = _middle(length, metre)
    spans = [(0, length, first)] if first == second or middle == length else []
    spans = spans or [(0, middle, first), (middle, length - middle, second)]
    return [
        Note(tick + start, pitch, duration, _VELOCITY)
        for start, duration, chord in spans
        if chord
        for pitch in voicing(chord)
    ]


def _middle(length: int, metre: tuple[int, int]) -> int:
    """The slot at which the second half of a bar begins, its end where it has none."""
    return harmony.middle(Score(RESOLUTION), Bar(0, 0, length, *metre))


def _is_own(score: Score) -> bool:
    """Whether this may be a score of this representation: a melody and blocks of chords on its grid."""
    if score.resolution != RESOLUTION or [track.role for track in score.tracks] != ["melody", "accompaniment"]:
        return False
    return not any(track.is_drum for track in score.tracks) and _read_blocks(score) is not None


def _read_blocks(score: Score) -> dict[int, tuple[Chord, int]] | None:
    """By onset the chord of the second track and its length; None when it plays anything but blocks."""
    found: dict[int, list[Note]] = {}
    for note in score.tracks[1].notes:
        found.setdefault(note.onset, []).append(note)
    blocks = {}
    for onset, notes in found.items():
        chord = _PLAYED.get(tuple(note.pitch for note in notes))
        if chord is None or len({note.duration for note in notes}) > 1:
            return None
        blocks[onset] = (chord, notes[0].duration)
    return blocks


def _own_chords(score: Score) -> list[tuple[Chord | None, Chord | None]]:
    blocks = _read_blocks(score) or {}
    chords = []
    for bar in score.bars:
        middle = harmony.middle(score, bar)
        first, length = blocks.get(bar.start, (None, 0))
        second = first if length >= bar.end - bar.start or middle == bar.end else None
        chords.append((first, blocks[middle][0] if middle < bar.end and middle in blocks else second))
    return chords
