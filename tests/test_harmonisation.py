"""Chords found for a melody."""

import pytest
from scores import melody

from studio.harmonisation import harmonise, written
from studio.harmony import Chord, chord_adherence
from studio.score import Score, Track

C, F, G, AM = Chord(0, "maj"), Chord(5, "maj"), Chord(7, "maj"), Chord(9, "min")


def test_plain_arpeggios_get_their_own_chords() -> None:
    tune = melody([60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60])
    assert harmonise(tune, 0) == [(C, C), (F, F), (G, G), (C, C)]
    assert written(harmonise(tune, 0)) == "C | F | G | C"


def test_a_bar_gets_two_chords_where_its_halves_speak_for_two() -> None:
    tune = melody([60, 64, 67, 72, 65, 69, 67, 71, 72, 67, 64, 60])
    assert harmonise(tune, 0)[1] == (F, G)


def test_chords_move_with_the_melody() -> None:
    pitches = [60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60]
    for shift in (-4, 3, 5):
        moved = harmonise(melody([pitch + shift for pitch in pitches]), 0)
        assert moved == [(a.transposed(shift), b.transposed(shift)) for a, b in harmonise(melody(pitches), 0)]


def test_a_melody_in_minor_begins_and_ends_on_its_minor_chord() -> None:
    found = harmonise(melody([57, 60, 64, 60, 62, 65, 69, 65, 64, 68, 71, 68, 69, 64, 60, 57]), 0)
    assert found[0] == found[-1] == (AM, AM) and found[2] == (Chord(4, "maj"), Chord(4, "maj"))


@pytest.mark.parametrize("pitches", [[61, 63, 66, 68, 70, 66, 63, 61] * 4, [60, 61, 62, 63, 64, 65, 66, 67] * 4])
def test_every_bar_has_its_chords_and_most_of_the_melody_is_on_them(pitches: list[int]) -> None:
    tune = melody(pitches)
    found = harmonise(tune, 0)
    assert len(found) == tune.bar_count
    share = chord_adherence(tune, found, [0])
    assert share is not None and share > 0.4


def test_only_the_melody_counts() -> None:
    tune = melody([60, 64, 67, 64, 65, 69, 72, 69])
    other = melody([61, 66, 68, 66, 61, 66, 68, 66])
    assert harmonise(Score(tune.resolution, (*tune.tracks, *other.tracks)), 0) == harmonise(tune, 0)


def test_without_pitches_there_are_no_chords() -> None:
    assert harmonise(Score(480, (Track(),)), 0) == []
