"""The piano roll: what its rows say, and what happens to music off its grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import melody

from studio.harmony import Chord
from studio.representations.pianoroll import (
    CELLS,
    CHORDS,
    FIRST,
    ONSET,
    REST,
    SLOTS,
    SUSTAIN,
    PianoRoll,
    chord_number,
    chord_of,
    voicing,
)
from studio.score import Note, Score, Tempo, TimeSignature, Track

ROLL = PianoRoll()
METRES = st.sampled_from([(4, 4), (3, 4), (2, 4), (6, 8), (7, 8), (2, 2), (5, 16)])
ROWS = st.lists(
    st.tuples(METRES, st.lists(st.integers(0, 255), min_size=3 + SLOTS, max_size=3 + SLOTS)).map(
        lambda row: [*row[0], *row[1]]
    ),
    max_size=6,
)


def rows(*bars):
    """Rows of 4/4 from (first chord, second chord, cells)."""
    return np.array([[4, 4, 20, first, second, *cells] for first, second, cells in bars], np.uint8)


@settings(deadline=None, max_examples=100)
@given(ROWS)
def test_any_rows_are_a_score_on_the_grid(drawn):
    score = ROLL.decode(np.array(drawn, np.uint8).reshape(-1, CELLS + SLOTS))
    assert ROLL.quantize(score) == score


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_score(drawn):
    count = len(drawn) // (CELLS + SLOTS)
    array = np.frombuffer(drawn[: count * (CELLS + SLOTS)], np.uint8).reshape(count, CELLS + SLOTS)
    score = ROLL.decode(array)
    assert ROLL.quantize(score) == score


def test_repeated_notes_stay_apart_and_held_ones_together():
    again, held = [ONSET + 60, SUSTAIN, ONSET + 60, SUSTAIN], [ONSET + 62, SUSTAIN, SUSTAIN, SUSTAIN]
    tune, _ = ROLL.decode(rows((0, 0, again + held + 8 * [REST]))).tracks
    assert [note[:3] for note in tune.notes] == [(0, 60, 2), (2, 60, 2), (4, 62, 4)]


def test_notes_last_across_bar_lines_and_rests_end_them():
    first, second = 12 * [REST] + [ONSET + 60] + 3 * [SUSTAIN], 4 * [SUSTAIN] + [REST] + 11 * [SUSTAIN]
    tune, _ = ROLL.decode(rows((0, 0, first), (0, 0, second))).tracks
    assert [note[:3] for note in tune.notes] == [(12, 60, 8)]


def test_chords_stand_in_half_bars_and_long_ones_are_one_block():
    am, g = chord_number(Chord(9, "min")), chord_number(Chord(7, "7"))
    empty = SLOTS * [REST]
    _, blocks = ROLL.decode(rows((am, am, empty), (am, g, empty), (0, g, empty))).tracks
    spans = sorted({(note.onset, note.duration) for note in blocks.notes})
    assert spans == [(0, 16), (16, 8), (24, 8), (40, 8)]
    assert {note.pitch for note in blocks.notes if note.onset == 24} == {43, 47, 50, 53}


def test_every_chord_has_a_number_and_its_tones():
    for number in range(1, CHORDS):
        chord = chord_of(number)
        assert chord_number(chord) == number
        assert {pitch % 12 for pitch in voicing(chord)} == chord.tones() and voicing(chord)[0] % 12 == chord.root
    assert chord_of(0) is None and chord_of(CHORDS) is None and chord_number(None) == 0


def test_chords_are_found_under_the_melody():
    tune = Track(tuple(Note(480 * i, pitch, 480, 80) for i, pitch in enumerate([76, 77, 79, 76])), role="melody")
    block = Track(tuple(Note(0, pitch, 1920, 80) for pitch in (48, 52, 55)))
    (row,) = ROLL.encode(Score(480, (block, tune)))
    assert chord_of(row[FIRST]) == Chord(0, "maj")
    assert [cell - ONSET for cell in row[CELLS:] if cell >= ONSET] == [76, 77, 79, 76]


def test_long_bars_come_in_parts():
    tune = Track((Note(0, 60, 24, 80), Note(24, 64, 24, 80)), role="melody")
    array = ROLL.encode(Score(4, (tune,), time_signatures=(TimeSignature(0, 12, 8),)))
    assert array[:, :2].tolist() == [[6, 8]] * 4
    assert ROLL.decode(array).tracks[0].notes == tune.notes


@pytest.mark.parametrize("shift", [-7, 0, 5])
def test_transposing_moves_melody_and_chords(shift):
    array = rows((chord_number(Chord(0, "maj")), 0, [ONSET + 60, SUSTAIN] + 14 * [REST]))
    moved = ROLL.transpose(array, shift)
    assert chord_of(moved[0, FIRST]) == Chord(shift % 12, "maj") and moved[0, FIRST + 1] == 0
    assert moved[0, CELLS : CELLS + 3].tolist() == [ONSET + 60 + shift, SUSTAIN, REST]
    assert (ROLL.transpose(moved, -shift) == array).all()


@pytest.mark.parametrize(("pitch", "shift", "found"), [(120, 12, 120), (5, -12, 5), (120, 20, 116), (3, -7, 8)])
def test_what_would_leave_the_range_stays_by_octaves(pitch, shift, found):
    array = rows((0, 0, [ONSET + pitch] + 15 * [REST]))
    assert ROLL.transpose(array, shift)[0, CELLS] == ONSET + found


def test_a_score_without_notes_has_no_rows():
    assert ROLL.encode(Score()).shape == (0, CELLS + SLOTS)
    assert ROLL.decode(ROLL.encode(Score())).note_count == 0


def test_tempo_and_metre_come_back():
    tune = melody([60, 62, 64], 24)
    score = Score(24, tune.tracks, (Tempo(0, 600_000),), (TimeSignature(0, 3, 4),))
    found = ROLL.quantize(score)
    assert (found.tempos[0].mpq, found.time_signatures[0][1:]) == (600_000, (3, 4))


def test_another_list_of_columns_is_refused():
    with pytest.raises(ValueError, match="21 columns"):
        PianoRoll(["numerator"])
