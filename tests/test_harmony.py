"""Chords are read as they are usually written, found where they sound, and held against a melody by hand-made cases."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.errors import SettingError
from studio.harmony import (
    QUALITIES,
    Chord,
    chord_adherence,
    chord_tone_agreement,
    estimate,
    middle,
    parse,
    pitch_class_distance,
)
from studio.score import Note, Score, TimeSignature, Track
from tests.scores import scores

Q = 24
C, AM, F, G7 = Chord(0, "maj"), Chord(9, "min"), Chord(5, "maj"), Chord(7, "7")
every_chord = st.builds(Chord, st.integers(0, 11), st.sampled_from(QUALITIES))


def block(onset: int, duration: int, *pitches: int) -> list[Note]:
    return [Note(onset, pitch, duration, 80) for pitch in pitches]


def score(*parts: list[Note], metre: tuple[int, int] = (4, 4)) -> Score:
    return Score(Q, tuple(Track(tuple(part)) for part in parts), time_signatures=(TimeSignature(0, *metre),))


def names(music: Score) -> list[tuple[str | None, str | None]]:
    return [(a and a.name, b and b.name) for a, b in estimate(music)]


# --- the chord itself --------------------------------------------------------------------------------------------


def test_a_chord_knows_its_tones() -> None:
    assert C.tones() == {0, 4, 7}
    assert G7.tones() == {7, 11, 2, 5}
    assert Chord(11, "m7b5").tones() == {11, 2, 5, 9}
    assert Chord(10, "sus4").tones() == {10, 3, 5}


def test_transposing_goes_round_the_octave() -> None:
    assert AM.transposed(3) == Chord(0, "min")
    assert C.transposed(-1) == Chord(11, "maj")
    assert G7.transposed(12) == G7


def test_black_keys_are_called_as_they_mostly_are() -> None:
    assert [Chord(root, "maj").name for root in (1, 3, 6, 8, 10)] == ["Db", "Eb", "F#", "Ab", "Bb"]
    assert [Chord(root, "m7").name for root in (1, 3, 6, 8, 10)] == ["C#m7", "Ebm7", "F#m7", "G#m7", "Bbm7"]


@given(every_chord)
def test_a_name_is_read_as_the_chord_it_came_from(chord: Chord) -> None:
    assert parse(chord.name) == [(chord,)]


# --- typed chords ------------------------------------------------------------------------------------------------


def test_without_bar_lines_every_chord_is_a_bar() -> None:
    assert parse("C Am F G7") == [(C,), (AM,), (F,), (G7,)]
    assert parse(" C, Am,F\nG7 ") == [(C,), (AM,), (F,), (G7,)]


def test_bar_lines_hold_one_or_two_chords() -> None:
    assert parse("C Am | F | G7") == [(C, AM), (F,), (G7,)]
    assert parse("|C Am|\n|F||G7||") == [(C, AM), (F,), (G7,)]
    assert parse("C |") == [(C,)]


def test_a_percent_sign_repeats_the_bar_before() -> None:
    assert parse("C % F") == [(C,), (C,), (F,)]
    assert parse("C Am | % | % | F") == [(C, AM), (C, AM), (C, AM), (F,)]


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        ("C CM Cmaj Cmajor C/G C/Bb", C),
        ("Am Amin Ami A- A− Aminor Am/C", AM),
        ("Bdim B° Bo Bm(b5)", Chord(11, "dim")),
        ("C+ Caug C(#5)", Chord(0, "aug")),
        ("Bb7 B♭7 A#7 A♯7", Chord(10, "7")),
        ("Fmaj7 FM7 FMaj7 FΔ FΔ7 Fma7", Chord(5, "maj7")),
        ("F#m7 F♯-7 Gbmin7 F#mi7", Chord(6, "m7")),
        ("Bm7b5 Bø Bø7 Bm7(b5) Bm7-5 B-7b5 Bm7♭5", Chord(11, "m7b5")),
        ("G#dim7 G#°7 Abo7", Chord(8, "dim7")),
        ("Dsus4 Dsus", Chord(2, "sus4")),
        ("Cb", Chord(11, "maj")),
        ("E#m", Chord(5, "min")),
        ("Ebb", Chord(2, "maj")),
    ],
)
def test_usual_spellings(spellings: str, expected: Chord) -> None:
    assert parse(spellings) == [(expected,)] * len(spellings.split())


@pytest.mark.parametrize(
    ("spellings", "expected"),
    [
        ("C6 C69 C6/9 C6/9/E Cadd9 Cadd2 Cmaj6", C),
        ("G9 G11 G13 G7b9 G7(#9) G7(b9,#11) G7alt G7b5 G9#11", G7),
        ("Am6 Amadd9 AmM7 Am(maj7)", AM),
        ("Fmaj9 FM13 FΔ9 Fmaj7#11", Chord(5, "maj7")),
        ("Dm9 Dm11", Chord(2, "m7")),
        ("C7#5 C+7 C7+5 Cmaj7#5", Chord(0, "aug")),
        ("D7sus4 D9sus4 Gsus2", Chord(2, "sus4")),
    ],
)
def test_what_the_ten_qualities_lack_is_read_as_the_nearest(spellings: str, expected: Chord) -> None:
    assert parse(spellings) == [(expected,)] * len(spellings.split())


@pytest.mark.parametrize(
    "text", ["H7", "am", "Cfoo", "C5", "Cmm", "/C", "C/", "N.C.", "C%", "7", "C maj7", "Csus4sus4"]
)
def test_what_is_no_chord_is_said_back_with_what_is_understood(text: str) -> None:
    with pytest.raises(SettingError, match=r"not understood as a chord.*m7b5") as caught:
        parse(f"C {text}")
    assert repr(text.split()[-1]) in str(caught.value)


def test_a_bar_has_no_third_chord() -> None:
    with pytest.raises(SettingError, match="C Am F are 3 chords in one bar"):
        parse("C | C Am F | G7")


def test_a_repeat_needs_a_bar_before_it() -> None:
    with pytest.raises(SettingError, match="begin with a chord"):
        parse("% C")


@pytest.mark.parametrize("text", ["", "  \n", "|", "| |"])
def test_no_chord_is_an_error_too(text: str) -> None:
    with pytest.raises(SettingError, match="No chord"):
        parse(text)


@given(st.text(alphabet="ABCDEFGHmb#majdisug°ø+-45679()/%| ,", max_size=20))
def test_any_text_gives_bars_of_one_or_two_chords_or_a_setting_error(text: str) -> None:
    try:
        bars = parse(text)
    except SettingError:
        return
    assert bars
    assert all(len(bar) in (1, 2) and chord.quality in QUALITIES for bar in bars for chord in bar)


# --- where a bar is split ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metre", "beats"),
    [
        ((4, 4), 2), ((5, 4), 3), ((6, 4), 3), ((7, 8), 4), ((6, 8), 3), ((9, 8), 6), ((12, 8), 6), ((4, 8), 2),
        ((2, 2), 1), ((3, 2), 2), ((2, 4), 2), ((3, 4), 3), ((3, 8), 3), ((1, 4), 1),
    ],
)  # fmt: skip
def test_long_bars_are_split_at_the_beat_nearest_to_the_middle(metre: tuple[int, int], beats: int) -> None:
    music = score(block(0, 12 * Q, 60), metre=metre)
    second = music.bars[1]
    assert middle(music, second) - second.start == beats * 4 * Q // metre[1]


def test_a_pickup_is_not_split() -> None:
    music = Score(Q, (Track((Note(0, 60, 7 * Q, 80),)),), (), (TimeSignature(0, 4, 4), TimeSignature(3 * Q, 4, 4)))
    pickup, full = music.bars
    assert middle(music, pickup) == pickup.end == 3 * Q
    assert middle(music, full) == 5 * Q


# --- chords of a score -------------------------------------------------------------------------------------------


@given(every_chord)
def test_every_chord_is_found_in_root_position(chord: Chord) -> None:
    root = 36 + chord.root
    above = [root + 12 + (tone - chord.root) % 12 for tone in chord.tones()]
    assert estimate(score(block(0, 4 * Q, root, *above))) == [(chord, chord)]


def test_one_and_two_chords_a_bar() -> None:
    music = score(
        block(0, 4 * Q, 48, 64, 67, 72)
        + block(4 * Q, 2 * Q, 45, 60, 64, 69)
        + block(6 * Q, 2 * Q, 41, 60, 65, 69)
        + block(8 * Q, 4 * Q, 43, 59, 62, 65)
    )
    assert names(music) == [("C", "C"), ("Am", "F"), ("G7", "G7")]


def test_a_broken_chord_is_one_chord_though_no_half_holds_it_all() -> None:
    broken = [Note(i * Q, pitch, Q, 80) for i, pitch in enumerate((48, 64, 55, 64))]
    assert names(score(broken)) == [("C", "C")]


def test_passing_notes_do_not_change_the_chord() -> None:
    tune = [Note(i * Q // 2, pitch, Q // 2, 80) for i, pitch in enumerate((72, 74, 76, 77, 79, 77, 76, 74))]
    assert names(score(tune, block(0, 4 * Q, 48, 55, 64))) == [("C", "C")]


def test_the_bass_decides_where_the_tones_are_shared() -> None:
    """A C E G is Am7 over A; with the C below it is C (with a sixth)."""
    assert names(score(block(0, 4 * Q, 45, 60, 64, 67))) == [("Am7", "Am7")]
    assert names(score(block(0, 4 * Q, 36, 60, 64, 67, 69))) == [("C", "C")]


def test_a_note_held_over_the_bar_line_counts_in_every_half_it_sounds_in() -> None:
    held = block(0, 8 * Q, 48, 52)
    assert names(score(held, block(0, 2 * Q, 55) + block(6 * Q, 2 * Q, 45))) == [("C", "C"), ("C", "Am")]


def test_a_short_bar_has_one_chord() -> None:
    two = block(0, Q, 48, 64, 67) + block(Q, Q, 43, 59, 62)
    assert len(set(names(score(two, metre=(2, 4)))[0])) == 1
    assert names(score(two, metre=(2, 8))) == [("C", "C"), ("G", "G")]


def test_one_pitch_class_or_a_cluster_is_no_chord() -> None:
    assert estimate(score(block(0, 4 * Q, 48, 60))) == [(None, None)]
    assert estimate(score(block(0, 4 * Q, 60, 61, 62, 63, 64, 65))) == [(None, None)]
    silent = score(block(0, 4 * Q, 48, 64, 67) + block(8 * Q, 4 * Q, 48, 64, 67))
    assert estimate(silent)[1] == (None, None)


def test_a_chord_and_then_silence_is_one_chord() -> None:
    assert names(score(block(0, 2 * Q, 48, 64, 67), block(4 * Q, Q, 60))) == [("C", "C"), (None, None)]


def test_drums_have_no_chord() -> None:
    drums = Track(tuple(block(0, 8 * Q, 36, 40, 43)), is_drum=True)
    assert estimate(Score(Q, (drums,))) == [(None, None)] * 2
    music = score(block(0, 4 * Q, 45, 60, 64))
    assert estimate(replace(music, tracks=(*music.tracks, drums)))[0] == (AM, AM)


def test_an_empty_score_has_no_bars() -> None:
    assert estimate(Score()) == []


@given(scores())
def test_any_score_has_two_halves_a_bar_and_equal_ones_where_it_is_not_split(music: Score) -> None:
    found = estimate(music)
    assert len(found) == len(music.bars)
    for bar, (first, second) in zip(music.bars, found, strict=True):
        assert first == second or middle(music, bar) < bar.end


# --- how well tracks and chords agree ----------------------------------------------------------------------------

CHORDS = block(0, 4 * Q, 48, 52, 55) + block(4 * Q, 4 * Q, 45, 48, 52)  # C, then Am


def test_agreement_is_the_share_of_melody_time_on_tones_of_the_others() -> None:
    tune = [Note(0, 72, 3 * Q, 80), Note(3 * Q, 74, Q, 80), Note(4 * Q, 69, 2 * Q, 80), Note(6 * Q, 67, 2 * Q, 80)]
    assert chord_tone_agreement(score(tune, CHORDS), 0) == pytest.approx(5 / 8)
    assert chord_tone_agreement(score(CHORDS, tune), 1) == pytest.approx(5 / 8)


def test_the_melody_has_no_say_in_the_chord_it_is_held_against() -> None:
    """With the long B of the melody the bar would be Cmaj7, and everything would agree."""
    assert chord_tone_agreement(score(block(0, 4 * Q, 71), CHORDS), 0) == 0.0


def test_melody_time_without_a_chord_under_it_does_not_count() -> None:
    music = score([Note(0, 72, 2 * Q, 80), Note(8 * Q, 73, 4 * Q, 80)], CHORDS)
    assert chord_tone_agreement(music, 0) == 1.0
    assert chord_tone_agreement(score(block(8 * Q, 4 * Q, 72), CHORDS), 0) is None
    assert chord_tone_agreement(score(block(0, 4 * Q, 72)), 0) is None


def test_distance_of_equal_and_of_opposite_pitch_classes() -> None:
    """A tritone is half round both unit circles and all round the third: the square root of 2² + 2²."""
    assert pitch_class_distance(score(block(0, 4 * Q, 72), block(0, 4 * Q, 48)), 0) == pytest.approx(0)
    assert pitch_class_distance(score(block(0, 4 * Q, 78), block(0, 4 * Q, 48)), 0) == pytest.approx(math.sqrt(8))


def test_distance_is_weighted_by_melody_time() -> None:
    tune = [Note(0, 72, 3 * Q, 80), Note(3 * Q, 78, Q, 80)]
    assert pitch_class_distance(score(tune, block(0, 4 * Q, 48)), 0) == pytest.approx(math.sqrt(8) / 4)


def test_distance_to_a_chord_is_to_the_mean_of_its_tones() -> None:
    """C and F# alike: on every circle C lies half a tritone from their mean, on the third they coincide."""
    assert pitch_class_distance(score(block(0, 4 * Q, 72), block(0, 4 * Q, 48, 54)), 0) == pytest.approx(math.sqrt(2))


def test_distance_orders_a_chord_tone_before_its_neighbour() -> None:
    inside, outside = (pitch_class_distance(score(block(0, 4 * Q, p), CHORDS), 0) for p in (76, 78))
    assert inside is not None and outside is not None and inside < outside


def test_distance_needs_both_at_once() -> None:
    assert pitch_class_distance(score(block(0, 4 * Q, 72), block(4 * Q, 4 * Q, 48)), 0) is None
    assert pitch_class_distance(score(block(0, 4 * Q, 72)), 0) is None


def test_adherence_is_held_against_the_given_chords_half_by_half() -> None:
    part = block(0, 2 * Q, 60) + block(2 * Q, 2 * Q, 60) + block(4 * Q, Q, 65) + block(5 * Q, 3 * Q, 66)
    music = score(block(0, 8 * Q, 61), part)
    assert chord_adherence(music, parse("C G | F"), [1]) == pytest.approx((2 + 1) / 8)
    assert chord_adherence(music, parse("C G"), [1]) == 0.5
    assert chord_adherence(music, parse("C"), [1]) == 1.0
    assert chord_adherence(music, parse("C G | F"), [0, 1]) == pytest.approx(3 / 16)


def test_adherence_passes_over_what_has_no_chord() -> None:
    part = score(block(0, 4 * Q, 61) + block(4 * Q, 4 * Q, 64))
    assert chord_adherence(part, [(None,), (C,), (C,), (C,)], [0]) == 1.0
    assert chord_adherence(part, [(None, None)], [0]) is None
    assert chord_adherence(part, [], [0]) is None


def test_a_second_chord_is_ignored_where_the_bar_is_not_split() -> None:
    waltz = score(block(0, 3 * Q, 60), metre=(3, 4))
    assert chord_adherence(waltz, parse("C G |"), [0]) == 1.0
