"""The melody track is found by what it plays and what it is called; a skyline never overlaps."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from studio.melody import guess_track, monophonic
from studio.score import Note, Score, Track

Q = 480


def line(*pitches: int, duration: int = Q, **fields: object) -> Track:
    notes = tuple(Note(i * duration, p, duration, 80) for i, p in enumerate(pitches))
    return replace(Track(notes), **fields)  # type: ignore[arg-type]


TUNE = line(72, 74, 76, 77, 79, 77, 76, 74)
BASS = line(36, 43, 36, 43, duration=2 * Q, program=33)
CHORDS = Track(tuple(Note(i * 2 * Q, p, 2 * Q, 60) for i in range(4) for p in (60, 64, 67)))
DRUMS = line(36, 38, 36, 38, 36, 38, 36, 38, is_drum=True)


def test_nothing_pitched_is_no_melody() -> None:
    assert guess_track(Score()) is None
    assert guess_track(Score(tracks=(Track(), DRUMS))) is None


def test_the_single_line_on_top_is_the_melody_wherever_it_stands() -> None:
    assert guess_track(Score(tracks=(TUNE, BASS, CHORDS, DRUMS))) == 0
    assert guess_track(Score(tracks=(DRUMS, CHORDS, BASS, TUNE))) == 3
    assert guess_track(Score(tracks=(DRUMS, CHORDS))) == 1


def test_a_name_or_a_role_wins_over_the_register() -> None:
    low = line(48, 50, 52, 53, 55, 53, 52, 50)
    assert guess_track(Score(tracks=(TUNE, low))) == 0
    assert guess_track(Score(tracks=(TUNE, replace(low, name="Lead Vocals")))) == 1
    assert guess_track(Score(tracks=(TUNE, replace(low, role="melody")))) == 1
    assert guess_track(Score(tracks=(replace(TUNE, name="string pad"), replace(low, name="MELODY")))) == 1


def test_a_few_high_notes_are_not_the_melody() -> None:
    bells = Track((Note(0, 84, Q, 80), Note(4 * Q, 84, Q, 80)), program=14)
    assert guess_track(Score(tracks=(bells, TUNE))) == 1


def test_equal_tracks_give_the_first() -> None:
    assert guess_track(Score(tracks=(TUNE, TUNE))) == 0


def test_a_single_line_comes_back_unchanged() -> None:
    assert monophonic(TUNE) == TUNE
    assert monophonic(Track()) == Track()


def test_of_a_chord_the_highest_note_stays() -> None:
    assert [n.pitch for n in monophonic(CHORDS).notes] == [67] * 4


def test_a_higher_note_cuts_and_a_lower_one_is_left_out() -> None:
    track = Track((Note(0, 60, 4 * Q, 80), Note(Q, 72, 2 * Q, 80), Note(2 * Q, 55, Q, 80), Note(4 * Q, 50, Q, 80)))
    assert monophonic(track).notes == (Note(0, 60, Q, 80), Note(Q, 72, 2 * Q, 80), Note(4 * Q, 50, Q, 80))


def test_a_descending_legato_line_keeps_all_its_notes() -> None:
    track = Track((Note(0, 72, Q + 60, 80), Note(Q, 71, Q + 60, 80), Note(2 * Q, 69, Q, 80)))
    assert monophonic(track).notes == (Note(0, 72, Q, 80), Note(Q, 71, Q, 80), Note(2 * Q, 69, Q, 80))


notes = st.builds(Note, st.integers(0, 4000), st.integers(30, 90), st.integers(1, 2000), st.integers(1, 127))


@given(st.lists(notes, max_size=40))
def test_a_skyline_never_overlaps_and_invents_nothing(drawn: list[Note]) -> None:
    track = Track(tuple(drawn))
    line = monophonic(track)
    assert all(a.end <= b.onset for a, b in zip(line.notes, line.notes[1:], strict=False))
    assert {(n.onset, n.pitch) for n in line.notes} <= {(n.onset, n.pitch) for n in track.notes}
    assert bool(line.notes) == bool(track.notes)
    assert monophonic(line) == line
