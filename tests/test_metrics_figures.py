"""Each figure against a value worked out by hand or by music21, and all of them against odd music."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from studio import metrics, pipeline
from studio.metrics.notes import MOST_BARS
from studio.score import Note, Score, TimeSignature, Track
from tests.scores import scores

Q = 480  # ticks of a quarter


def line(*pitches: int, duration: int = Q, drums: bool = False) -> Track:
    return Track(tuple(Note(i * duration, p, duration, 80) for i, p in enumerate(pitches)), is_drum=drums)


def at(*sixteenths: int, pitch: int = 60, drums: bool = False) -> Track:
    return Track(tuple(Note(i * 120, pitch, 60, 80) for i in sixteenths), is_drum=drums)


def score(*tracks: Track, metre: tuple[int, int] = (4, 4)) -> Score:
    return Score(480, tracks, time_signatures=(TimeSignature(0, *metre),))


# --- pitch -----------------------------------------------------------------------------------------------------------


def test_span_and_register() -> None:
    drums = line(5, drums=True)
    music = score(Track((Note(0, 60, 3 * Q, 80), Note(0, 72, Q, 80))), drums)
    assert metrics.pitch_span(music) == 12
    assert metrics.register(music) == (3 * 60 + 72) / 4
    assert metrics.pitch_span(score(drums)) is None and metrics.register(score(drums)) is None


def test_pitch_class_entropy_by_hand() -> None:
    assert metrics.pitch_class_entropy(line(60, 72, 48)) == 0
    assert metrics.pitch_class_entropy(line(*range(60, 72))) == pytest.approx(math.log2(12))
    # Half, a quarter, a quarter: 1/2 + 1/2 + 1/2.
    assert metrics.pitch_class_entropy(line(60, 60, 62, 64)) == 1.5


def test_scale_consistency_by_hand() -> None:
    assert metrics.scale_consistency(line(57, 59, 60, 62, 64, 65, 67)) == 1  # natural minor
    assert metrics.scale_consistency(line(60, 61, 62, 63, 64)) == 3 / 5
    assert metrics.scale_consistency(line(*range(12))) == 7 / 12
    assert metrics.scale_consistency(Score()) is None


def test_steps_are_those_of_the_highest_notes_of_each_track() -> None:
    chords = Track((Note(0, 60, Q, 80), Note(0, 64, Q, 80), Note(Q, 62, Q, 80), Note(Q, 50, Q, 80)))
    assert metrics.intervals(score(chords, line(40, 52), line(38, 42, drums=True))).tolist() == [-2, 12]


def test_interval_histogram_holds_wide_steps_with_the_octaves() -> None:
    histogram = metrics.interval_histogram(line(60, 60, 74, 60, 61))
    assert histogram.shape == (25,)
    assert {int(i) - 12: share for i, share in enumerate(histogram) if share} == {-12: 0.25, 0: 0.25, 1: 0.25, 12: 0.25}
    assert not metrics.interval_histogram(line(60)).any()


def test_transitions_by_hand() -> None:
    music = line(60, 62, 72, 62, 60, 64)
    matrix = metrics.pitch_class_transitions(music)
    assert (matrix[0, 2], matrix[2, 0], matrix[0, 4], matrix.sum()) == (0.4, 0.4, 0.2, pytest.approx(1))
    # After C, three times of five, comes D two times of three; after D always C.
    of_c = -(2 / 3 * math.log2(2 / 3) + 1 / 3 * math.log2(1 / 3))
    assert metrics.transition_entropy(music) == pytest.approx(3 / 5 * of_c)
    assert metrics.transition_entropy(line(60)) is None


def test_steps_as_music21_counts_them() -> None:
    jsymbolic = pytest.importorskip("music21.features.jSymbolic")
    music21 = pytest.importorskip("music21")
    pitches = [60, 62, 62, 64, 69, 67, 55, 56, 56, 68]
    part = music21.stream.Part([music21.note.Note(pitch, quarterLength=1) for pitch in pitches])

    def extracted(name: str) -> float:
        return float(getattr(jsymbolic, name)(part).extract().vector[0])

    music = line(*pitches)
    assert metrics.mean_interval(music) == pytest.approx(extracted("AverageMelodicIntervalFeature"))
    assert metrics.stepwise(music) == pytest.approx(extracted("StepwiseMotionFeature"))
    assert metrics.repeated_pitches(music) == pytest.approx(extracted("RepeatedNotesFeature"))
    assert metrics.pitch_span(music) == extracted("RangeFeature")


# --- rhythm ----------------------------------------------------------------------------------------------------------


def test_lengths_count_as_the_nearest() -> None:
    lengths = [Q, Q - 40, Q // 3, 2 * Q, 100 * Q]
    track = Track(tuple(Note(i * 100 * Q, 60, length, 80) for i, length in enumerate(lengths)))
    histogram = dict(zip(metrics.LENGTHS, metrics.note_length_histogram(score(track)).tolist(), strict=True))
    assert {length: share for length, share in histogram.items() if share} == {1 / 3: 0.2, 1: 0.4, 2: 0.2, 8: 0.2}
    assert metrics.note_length(score(track)) == pytest.approx(sum(lengths) / 5 / Q)
    # Shares of 1, 2, 1 and 1 fifths.
    assert metrics.length_entropy(score(track)) == pytest.approx(-3 * 0.2 * math.log2(0.2) - 0.4 * math.log2(0.4))


def test_onsets_are_counted_by_track_and_chords_once() -> None:
    chord = Track((Note(0, 60, Q, 80), Note(0, 64, Q, 80), Note(Q, 60, Q, 80)))
    music = score(chord, at(0, 2, 4, drums=True))
    assert metrics.onset_intervals(music).tolist() == [Q, 240, 240]
    assert metrics.onset_entropy(music) == pytest.approx(-(1 / 3) * math.log2(1 / 3) - (2 / 3) * math.log2(2 / 3))
    assert metrics.onset_entropy(score(line(60))) is None


def test_empty_beats() -> None:
    track = Track((Note(0, 60, Q, 80), Note(3 * Q + 100, 60, Q, 80)))  # the last rings into the fifth quarter
    assert metrics.empty_beats(score(track)) == 2 / 5
    assert metrics.empty_beats(score(track, at(5, drums=True))) == pytest.approx(1 / 5)
    assert metrics.empty_beats(Score()) is None


def test_syncopation_of_the_son_clave() -> None:
    """Its second and third strokes are held over beat 2 and over the half bar, each two levels above their own."""
    clave = [0, 3, 6, 10, 12]
    music = score(at(*clave, *(i + 16 for i in clave), 32, pitch=75, drums=True))
    assert metrics.syncopation(music) == 2 * (2 + 2) / 10


@pytest.mark.parametrize(
    ("sixteenths", "metre", "levels"),
    [
        ((0, 4, 8, 12), (4, 4), [0, 0, 0]),
        (range(16), (4, 4), [0] * 15),  # running 16ths
        ((0, 2, 6, 8), (4, 4), [0, 1, 0]),  # an eighth, a quarter off the beat, an eighth
        ((0, 14, 18), (4, 4), [0, 3]),  # an eighth held over the bar line
        ((0, 15, 17), (4, 4), [0, 4]),  # a 16th
        ((0, 2, 6, 8, 12), (6, 8), [0, 0, 0, 0]),  # dotted beats: a quarter on the second eighth is carried by none
        ((0, 4, 8, 10), (6, 8), [0, 1, 0]),  # held over the second beat
        ((0, 2, 6, 8), (3, 4), [0, 1, 0]),
        ((14, 64), (4, 4), []),  # after so long a rest it is a new beginning
    ],
)
def test_syncopation_by_hand(sixteenths: tuple[int, ...], metre: tuple[int, int], levels: list[int]) -> None:
    found = metrics.syncopation(score(at(*sixteenths), metre=metre))
    assert found == (pytest.approx(sum(levels) / len(levels)) if levels else None)


def test_an_upbeat_is_the_end_of_a_bar() -> None:
    # A quarter of upbeat: its two eighths are beat 4 and what follows it, not a bar line.
    music = Score(480, (at(0, 2, 4, 8, 12),), time_signatures=(TimeSignature(0, 4, 4), TimeSignature(Q, 4, 4)))
    assert metrics.on_beat(music) == 4 / 5
    assert metrics.syncopation(music) == 0
    held_over = replace(music, tracks=(at(2, 6),))
    assert metrics.syncopation(held_over) == 3


@pytest.mark.parametrize(
    ("metre", "share"), [((4, 4), 4 / 8), ((2, 2), 2 / 8), ((6, 8), 3 / 8), ((3, 8), 1), ((7, 8), 1)]
)
def test_on_beat(metre: tuple[int, int], share: float) -> None:
    assert metrics.on_beat(score(at(*range(0, 16, 2)), metre=metre)) == share


def test_what_was_played_by_hand_is_read_as_it_was_meant() -> None:
    played = Track(tuple(Note(max(0, i * Q + off), 60, 200, 80) for i, off in enumerate((0, 15, -12, 8, -15))))
    assert metrics.on_beat(score(played)) == 1
    assert metrics.syncopation(score(played)) == 0


def test_groove_consistency_by_hand() -> None:
    # Bars 1 and 2 differ in two of 16 places, and so do bars 2 and 3.
    assert metrics.groove_consistency(score(at(0, 4, 8, 16, 20, 26, 32))) == pytest.approx(1 - (2 / 16 + 2 / 16) / 2)
    # Drums strike too: bars 1 and 2 are alike, the third lacks one.
    assert metrics.groove_consistency(score(at(0, 4, 16, 20), at(0, 36, drums=True))) == 1 - (0 / 16 + 1 / 16) / 2
    assert metrics.groove_consistency(score(at(0, 3))) is None


def test_an_upbeat_is_no_neighbour() -> None:
    music = Score(480, (at(0, 4, 20),), time_signatures=(TimeSignature(0, 4, 4), TimeSignature(Q, 4, 4)))
    assert metrics.groove_consistency(music) == 1


# --- structure -------------------------------------------------------------------------------------------------------


def bars_of(*firsts: int) -> Score:
    """One whole note per bar."""
    return score(line(*firsts, duration=4 * Q))


def test_self_similarity_is_the_share_of_notes_in_common() -> None:
    first, second = (Note(0, 60, Q, 80), Note(Q, 64, Q, 80)), (Note(4 * Q, 60, 9, 9), Note(5 * Q, 64, 9, 9))
    music = score(Track((*first, *second, Note(6 * Q, 67, Q, 80), Note(12 * Q, 60, Q, 80))))
    matrix = metrics.self_similarity(music)
    assert matrix.shape == (4, 4)
    assert matrix[0, 1] == pytest.approx(2 / math.sqrt(2 * 3))
    assert matrix[0, 3] == pytest.approx(1 / math.sqrt(2))
    assert matrix[2].tolist() == [0, 0, 0, 0]  # nothing starts in it
    np.testing.assert_allclose(np.diagonal(matrix), [1, 1, 0, 1])


def test_a_drum_is_no_pitch() -> None:
    one, other = score(line(60)), score(line(60, drums=True))
    assert metrics.likeness(one, one).item() == 1 and metrics.likeness(one, other).item() == 0


def test_repetition_by_hand() -> None:
    music = bars_of(60, 62, 60, 62, 65, 62)
    assert metrics.repetition(1)(music) == 0
    assert metrics.repetition(2)(music) == 3 / 4
    assert metrics.repetition(4)(music) == 1 / 2
    assert metrics.repetition(8)(music) is None


def test_fitness_by_hand() -> None:
    def of(music: Score, length: int) -> list[float]:
        return metrics.fitness(metrics.self_similarity(music), length).tolist()

    # Four times the same: three of four bars are explained, three of four covered.
    assert of(bars_of(60, 60, 60, 60), 1) == pytest.approx([3 / 4] * 4)
    # Two bars, twice: half of it is explained, half covered; two and three are no passage that comes again.
    assert of(bars_of(60, 62, 60, 62), 2) == pytest.approx([1 / 2, 0, 1 / 2])
    # A quarter is explained where the repetition is half alike, and half is covered: 2 * 1/4 * 1/2 over 3/4.
    half = np.array([[1, 0, 0.5, 0], [0, 1, 0, 0.5], [0.5, 0, 1, 0], [0, 0.5, 0, 1]])
    assert metrics.fitness(half, 2)[0] == pytest.approx(1 / 3)
    # A B A C A: three times A covers all of two other bars, and is explained by them.
    assert of(bars_of(60, 62, 60, 64, 60), 1)[0] == pytest.approx(2 * (2 / 3) * (2 / 5) / (2 / 3 + 2 / 5))


def test_structureness_takes_the_best_passage() -> None:
    tune = (60, 62, 64, 65)
    assert metrics.structureness(4, 7)(bars_of(*tune, *tune)) == pytest.approx(1 / 2)
    # Three bars cover more than two; half of what they are is explained, three of eight bars are covered.
    assert metrics.structureness(2, 3)(bars_of(*tune, *tune)) == pytest.approx(2 * (1 / 2) * (3 / 8) / (7 / 8))
    assert metrics.structureness(2, 3)(bars_of(*range(60, 68))) == 0
    assert metrics.structureness(8, 16)(bars_of(*tune, *tune)) is None  # no room for a passage to come again


# --- tonality --------------------------------------------------------------------------------------------------------


def test_tonal_space_has_fifths_near_and_the_tritone_far() -> None:
    apart = [float(np.linalg.norm(metrics.TONAL_SPACE[0] - metrics.TONAL_SPACE[i])) for i in range(12)]
    # 30 degrees on the first circle, 90 on the second, 120 on the third of half the radius.
    by_hand = math.sqrt((2 * math.sin(math.pi / 12)) ** 2 + 2 + (2 * math.sin(math.pi / 3) / 2) ** 2)
    assert apart[7] == pytest.approx(by_hand) == pytest.approx(apart[5])
    assert min(apart[1:]) == pytest.approx(apart[7]) and max(apart) == pytest.approx(apart[6])


def test_tonal_motion_by_hand() -> None:
    fifth = float(np.linalg.norm(metrics.TONAL_SPACE[0] - metrics.TONAL_SPACE[7]))
    rest = Track((Note(0, 60, 4 * Q, 80), Note(8 * Q, 67, 4 * Q, 80), Note(12 * Q, 79, 4 * Q, 80)))
    assert metrics.tonal_motion(score(rest)) == pytest.approx(fifth / 2)  # the silent bar is passed over
    assert metrics.tonal_motion(bars_of(60)) is None
    held = metrics.bar_histograms(score(Track((Note(2 * Q, 60, 4 * Q, 80), Note(6 * Q, 62, 2 * Q, 80)))))
    assert held[:, 0].tolist() == [1, 0.5]  # a note that is held over counts in both bars


def test_key_clarity_is_the_confidence() -> None:
    key = metrics.estimate_key(line(60, 64, 67))
    assert key is not None and metrics.key_clarity(line(60, 64, 67)) == key.confidence
    assert metrics.key_clarity(Score()) is None


# --- two scores and more ---------------------------------------------------------------------------------------------


def test_coherence_by_hand() -> None:
    seed, new = score(line(60, 62, 64, 65)), score(line(72, 74, 72, 74, duration=240))
    found = metrics.coherence(seed, new)
    assert found["pitch_classes"] == pytest.approx(1 / 2)  # C and D, a quarter each in common
    assert found["intervals"] == pytest.approx(2 / 3)  # +2 twice of three, and of three
    assert found["lengths"] == 0 and found["onsets"] == 0
    assert found["register"] == pytest.approx(73 - 62.75)
    assert found["density"] == 1
    same = metrics.coherence(seed, seed)
    assert same == pytest.approx({**same, "pitch_classes": 1, "intervals": 1, "lengths": 1, "onsets": 1, "themes": 1})
    assert (same["tonal_distance"], same["register"], same["density"]) == (0, 0, 1)


def test_themes_come_back_wherever_they_stood() -> None:
    assert metrics.coherence(bars_of(60, 62), bars_of(62, 60, 64, 65))["themes"] == 1 / 2


def test_coherence_leaves_out_what_says_nothing() -> None:
    drums = score(line(38, 42, 38, drums=True))
    assert metrics.coherence(score(line(60, 62)), drums).keys() == {"onsets", "density", "themes"}
    assert metrics.coherence(Score(), Score()) == {}


def test_diversity_by_hand() -> None:
    one, other = score(line(60, 62, 64, 65, 67)), score(line(60, 62, 64, 65, 69))
    same, apart = metrics.diversity([one, one]), metrics.diversity([one, other])
    assert same == {"notes": 0, "rhythms": 0, "pitch_classes": 0, "intervals": 0, "distinct_phrases": 1 / 2}
    assert apart["notes"] == pytest.approx(1 / 5) and apart["rhythms"] == 0
    assert apart["pitch_classes"] == pytest.approx(1 / 5) and apart["intervals"] == pytest.approx(1 / 4)
    assert apart["distinct_phrases"] == 1
    assert metrics.diversity([one]) == {}


# --- all of them -----------------------------------------------------------------------------------------------------


def test_names_are_different_and_all_is_said() -> None:
    names = [figure.name for figure in metrics.FIGURES]
    assert len(set(names)) == len(names)
    assert all(figure.unit and figure.low < figure.high for figure in metrics.FIGURES)


@settings(max_examples=60, deadline=None)
@given(scores())
def test_every_figure_lies_in_its_range_whatever_the_music(music: Score) -> None:
    for figure in metrics.FIGURES:
        value = figure.of(music)
        assert value is None or figure.low - 1e-9 <= value <= figure.high + 1e-9, figure.name
    metrics.coherence(music, music)
    metrics.diversity([music, music])


def test_figures_are_plain_numbers_and_leave_out_what_says_nothing() -> None:
    assert metrics.figures(Score()) == {}
    drums = metrics.figures(score(at(*range(16), drums=True)))
    assert "key_clarity" not in drums and drums["on_beat"] == 1 / 4
    json.dumps(drums, allow_nan=False)


@pytest.mark.parametrize(("title", "path"), pipeline.examples(), ids=lambda value: str(getattr(value, "stem", "")))
def test_figures_do_not_depend_on_resolution_or_on_the_key(title: str, path: object) -> None:
    music = pipeline.read(path).score  # type: ignore[arg-type]
    found = metrics.figures(music)
    assert metrics.figures(music.rescale(music.resolution * 3)) == pytest.approx(found)
    higher = metrics.figures(music.transpose(3))
    assert higher.pop("register") == pytest.approx(found.pop("register") + 3)
    assert higher == pytest.approx(found)


def test_a_very_long_piece_is_judged_by_its_beginning() -> None:
    music = bars_of(*(60 + i % 5 for i in range(MOST_BARS + 50)))
    assert metrics.self_similarity(music).shape == (MOST_BARS, MOST_BARS)
    far = score(Track((Note(0, 60, Q, 80), Note(10_000_000 * Q, 60, Q, 80))))
    assert metrics.figures(far)["notes_per_bar"] > 0
