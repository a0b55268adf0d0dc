"""Each figure against a value worked out by hand."""

import numpy as np
import pytest

from studio import metrics
from studio.score import Note, Score, TimeSignature, Track

Q = 480  # ticks of a quarter


def line(*pitches: int, duration: int = Q, program: int = 0) -> Track:
    return Track(tuple(Note(i * duration, p, duration, 80) for i, p in enumerate(pitches)), program=program)


def score(*tracks: Track, metre: tuple[int, int] = (4, 4)) -> Score:
    return Score(480, tracks, time_signatures=(TimeSignature(0, *metre),))


C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)
A_HARMONIC_MINOR = (57, 59, 60, 62, 64, 65, 68, 69)


@pytest.mark.parametrize("semitones", range(12))
def test_key_of_a_scale_moves_with_it(semitones: int) -> None:
    major = metrics.estimate_key(score(line(*(p + semitones for p in C_MAJOR))))
    minor = metrics.estimate_key(score(line(*(p + semitones for p in A_HARMONIC_MINOR))))
    assert major is not None and (major.tonic, major.minor) == (semitones, False)
    assert minor is not None and (minor.tonic, minor.minor) == ((9 + semitones) % 12, True)


def test_key_name_is_spelt_as_people_write_it() -> None:
    assert metrics.Key(9, True, 0.9).name == "A minor"
    assert metrics.Key(10, False, 0.9).name == "Bb major"
    assert metrics.Key(6, True, 0.9).name == "F# minor"


def test_key_weighs_by_duration_and_ignores_drums() -> None:
    # The same seven pitch classes; long G, B and D say G major, long C, E and G say C major.
    long_g = Track(tuple(Note(i * 960, p, 960 if p % 12 in (7, 11, 2) else 60, 80) for i, p in enumerate(C_MAJOR)))
    long_c = Track(tuple(Note(i * 960, p, 960 if p % 12 in (0, 4, 7) else 60, 80) for i, p in enumerate(C_MAJOR)))
    drums = Track(tuple(Note(i, 61, 4800, 80) for i in range(50)), is_drum=True)
    assert metrics.estimate_key(score(long_g, drums)).name == "G major"  # type: ignore[union-attr]
    assert metrics.estimate_key(score(long_c, drums)).name == "C major"  # type: ignore[union-attr]


def test_key_confidence_is_the_correlation_with_the_profile() -> None:
    profile = (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0)
    track = Track(tuple(Note(0, 60 + i, int(10 * weight), 80) for i, weight in enumerate(profile)))
    key = metrics.estimate_key(track)
    assert key is not None and key.name == "C major"
    assert key.confidence == pytest.approx(1.0)


def test_no_key_without_pitch_or_without_a_difference() -> None:
    assert metrics.estimate_key(Score()) is None
    assert metrics.estimate_key(score(Track((Note(0, 36, Q, 80),), is_drum=True))) is None
    assert metrics.estimate_key(score(line(*range(60, 72)))) is None


def test_pitch_class_histogram_is_the_share_of_time() -> None:
    histogram = metrics.pitch_class_histogram(Track((Note(0, 60, 300, 80), Note(0, 67, 100, 80))))
    expected = np.zeros(12)
    expected[0], expected[7] = 0.75, 0.25
    np.testing.assert_allclose(histogram, expected)


def test_polyphony_by_hand() -> None:
    assert metrics.polyphony(line(60, 62, 64)) == 1.0
    # Three pitches for one quarter, one for the next; a rest does not count.
    chord = Track((Note(0, 60, Q, 80), Note(0, 64, Q, 80), Note(0, 67, 2 * Q, 80), Note(4 * Q, 60, 2 * Q, 80)))
    assert metrics.polyphony(chord) == pytest.approx((3 + 1 + 1 + 1) / 4)
    assert metrics.polyphony(score(line(60), line(60))) == 1.0  # a doubled pitch is one pitch
    assert metrics.polyphony(Score()) == 0.0


def test_pitch_range() -> None:
    drums = Track((Note(0, 5, Q, 80),), is_drum=True)
    assert metrics.pitch_range(score(line(60, 72, 55), drums)) == (55, 72)
    assert metrics.pitch_range(score(drums)) is None


def test_notes_per_bar() -> None:
    assert metrics.notes_per_bar(score(line(60, 60, 60, 60, 60, 60), metre=(3, 4))) == 3.0
    assert metrics.notes_per_bar(Score()) == 0.0


def test_repeated_pitch_rate() -> None:
    assert metrics.repeated_pitch_rate(line(60, 60, 62, 62, 62)) == 0.75
    assert metrics.repeated_pitch_rate(line(60, 62, 60)) == 0.0
    assert metrics.repeated_pitch_rate(line(60)) == 0.0


def test_empty_bars() -> None:
    # Bar 1 sounds, bar 2 is held into, bars 3 and 4 are empty, bar 5 sounds.
    track = Track((Note(0, 60, 5 * Q, 80), Note(16 * Q, 60, Q, 80)))
    assert metrics.empty_bars(score(track)) == 2
    assert metrics.empty_bars(Score()) == 0


def bars_of(*firsts: int) -> Score:
    """One whole note per bar."""
    return score(line(*firsts, duration=4 * Q))


@pytest.mark.parametrize(
    ("bars", "loop"),
    [
        ((60, 62, 64, 65), 0),
        ((60, 60, 62, 64), 2),
        ((60, 62, 62, 62, 64), 3),
        ((60, 62, 60, 62, 60, 65), 5),
        ((60, 62, 60, 65), 0),
        ((60, 62, 64, 65, 67, 60, 62, 64, 65, 67), 0),  # a pattern of five bars is form
        ((60,) * 8, 8),
    ],
)
def test_longest_loop(bars: tuple[int, ...], loop: int) -> None:
    assert metrics.longest_loop(bars_of(*bars)) == loop


def test_longest_loop_leaves_out_silence() -> None:
    track = Track((Note(0, 60, Q, 80), Note(40 * Q, 62, Q, 80)))
    assert metrics.longest_loop(score(track)) == 0
