"""What music is like in numbers and words, what is learned from likes, what is suggested and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio import pipeline
from studio.errors import TasteError
from studio.score import Note, Score, Tempo, TimeSignature, Track
from studio.taste import Passages, Preference, Space, Tried, advise, features, in_common, recommend, suited
from studio.taste.preference import DISLIKE, NOISE
from studio.taste.recommending import MOST_WORDS

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)


def tune(
    steps: list[int], length: int = 480, tonic: int = 60, qpm: float = 120, metre: tuple[int, int] = (4, 4)
) -> Score:
    notes = tuple(Note(i * length, tonic + step, length, 80) for i, step in enumerate(steps))
    tempo = Tempo(0, round(60_000_000 / qpm))
    return Score(480, (Track(notes),), (tempo,), (TimeSignature(0, *metre),))


def walk(scale: tuple[int, ...], leap: int, count: int = 32) -> list[int]:
    """Up and down a scale, by so many of its degrees at a time, home at the end."""
    degrees = [abs((i * leap) % 14 - 7) for i in range(count - 1)]
    return [scale[d % 7] + 12 * (d // 7) for d in degrees] + [0]


CALM = tune(walk(MINOR, 1), 960, 57, 50)
LIVELY = tune(walk(MAJOR, 3), 120, 72, 190)


# --- features --------------------------------------------------------------------------------------------------------


def test_features_do_not_know_the_key_the_instrument_the_loudness_or_the_resolution() -> None:
    track = replace(
        LIVELY.tracks[0], program=40, name="Geige", notes=tuple(n._replace(velocity=33) for n in LIVELY.tracks[0].notes)
    )
    for other in (replace(LIVELY, tracks=(track,)), LIVELY.rescale(960)):
        assert features(other) == pytest.approx(features(LIVELY))
    moved, plain = features(LIVELY.transpose(-5)), features(LIVELY)
    assert {name for name in plain if moved[name] != pytest.approx(plain[name], abs=1e-9)} == {"figure.register"}


def test_histograms_add_up_to_one_and_say_what_is_there() -> None:
    found = features(tune([0, 2, 4, 5, 7, 5, 4, 2, 0, 12]))
    for block in ("class", "step", "gap", "length", "place"):
        assert sum(value for name, value in found.items() if name.startswith(f"{block}.")) == pytest.approx(1)
    assert found["step.24"] == pytest.approx(1 / 9)  # one octave up
    assert found["step.14"] == pytest.approx(3 / 9)  # C-D, D-E, F-G
    assert found["length.5"] == found["gap.5"] == found["place.0"] == 1.0  # quarters on the beat
    assert found["class.0"] == pytest.approx(3 / 10)


def test_what_the_figures_do_not_say() -> None:
    calm, lively = features(CALM), features(tune(walk(MAJOR, 3), 240, 60, 120, (6, 8)))
    assert calm["trait.minor"] > 0.65 and lively["trait.minor"] < -0.65
    assert lively["trait.pace"] == pytest.approx(4.0, rel=0.1) and calm["trait.pace"] == pytest.approx(
        50 / 120, rel=0.1
    )
    assert (calm["trait.three"], lively["trait.three"]) == (0, 1)


def test_of_long_music_the_middle_counts_and_of_hardly_any_nothing() -> None:
    middle = walk(MAJOR, 2, 64)
    assert features(tune([12] * 64 + middle + [0] * 64)) == features(tune(middle))
    assert features(tune([0, 2, 4])) == {}
    assert features(Score(480, (Track(tuple(Note(i * 240, 38, 60, 80) for i in range(64)), is_drum=True),))) == {}


# --- the space -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def space() -> Space:
    dice = np.random.default_rng(0)

    def passage(make: Callable[[], Score]) -> Passages:
        return Passages(kind, (features(make()), features(make())))

    pieces = []
    for _ in range(12):
        kind, qpm, tonic = "calm", float(dice.integers(55, 80)), int(dice.integers(50, 60))
        pieces.append(passage(lambda: tune(walk(MINOR, 1, int(dice.integers(24, 40))), 960, tonic, qpm)))  # noqa: B023
        kind, qpm, tonic = "lively", float(dice.integers(130, 180)), int(dice.integers(66, 76))
        leap = int(dice.integers(2, 5))
        pieces.append(passage(lambda: tune(walk(MAJOR, leap, int(dice.integers(24, 40))), 120, tonic, qpm)))  # noqa: B023
    return Space.of(pieces, {"pieces": len(pieces)})


def test_vectors_are_of_unit_length_and_like_music_lies_together(space: Space) -> None:
    calm, lively = space.vector(features(CALM)), space.vector(features(LIVELY))
    assert np.linalg.norm(calm) == pytest.approx(1) and np.linalg.norm(lively) == pytest.approx(1)
    other = space.vector(features(tune(walk(MINOR, 1, 30), 960, 55, 66)))
    assert other @ calm > 0.5 > other @ lively
    assert space.vector({"figure.gone": 3.0}).tolist() == [0.0] * len(calm)  # nothing is told of it: it is as usual


def test_words_are_said_where_they_are_true_and_only_there(space: Space) -> None:
    calm, lively = space.words(features(CALM)), space.words(features(LIVELY))
    assert {"slow", "minor", "long_notes"} <= set(calm)
    assert {"fast", "major", "short_notes"} <= set(lively)
    low, high = space.bounds["trait.pace"]
    told = features(CALM)
    assert "slow" in space.words(told | {"trait.pace": low}) and "fast" in space.words(told | {"trait.pace": high})
    assert not {"slow", "fast"} & set(space.words(told | {"trait.pace": (low + high) / 2}))
    for fit, word in ((0.66, "minor"), (0.64, None), (-0.64, None), (-0.66, "major")):
        assert {"minor", "major"} & set(space.words(told | {"trait.minor": fit})) == ({word} if word else set())


def test_a_space_comes_back_from_its_file_and_a_damaged_one_is_told(space: Space, tmp_path: Path) -> None:
    path = tmp_path / "taste.json"
    space.write(path)
    back = Space.read(path)
    assert back.names == space.names and back.styles.keys() == {"calm", "lively"} and back.about == {"pieces": 24}
    assert back.vector(features(CALM)) @ space.vector(features(CALM)) > 0.99
    assert back.words(features(CALM)) == space.words(features(CALM))
    for text in ("", "[]", path.read_text().replace('"format":1', '"format":2'), path.read_text()[:-9], '{"format":1}'):
        path.write_text(text)
        with pytest.raises(TasteError, match="is missing or damaged"):
            Space.read(path)


def test_styles_are_known_by_their_music(space: Space) -> None:
    vectors = {name: style.vector for name, style in space.styles.items()}
    liked = np.array([space.vector(features(CALM))])
    assert suited(vectors, liked, [1], 3) == ["calm"]
    assert "long_notes" in space.styles["calm"].words and "short_notes" in space.styles["lively"].words
    assert suited(vectors, liked, [-1], 3) == ["lively"]
    assert suited({}, liked, [1], 3) == []


# --- what is learned -------------------------------------------------------------------------------------------------


def unit(*numbers: float) -> NDArray[np.float64]:
    return np.array(numbers) / np.linalg.norm(numbers)


EAST, NORTH, BETWEEN = unit(1, 0), unit(0, 1), unit(1, 1)


def test_one_like_is_worked_out_by_hand() -> None:
    taste = Preference.of(np.array([EAST]), [1])
    assert taste.expected(np.array([EAST, BETWEEN, NORTH, -EAST])) == pytest.approx(
        np.array([1, 0.5**0.5, 0, -1]) / (1 + NOISE)
    )


def test_a_dislike_turns_away_and_says_less_than_a_like() -> None:
    taste = Preference.of(np.array([EAST, NORTH]), [1, -1])
    east, north = taste.expected(np.array([EAST, NORTH]))
    assert north == pytest.approx(DISLIKE * east) and north < 0


def test_draws_scatter_around_what_is_expected_as_far_as_it_is_unsure() -> None:
    taste, dice = Preference.of(np.array([EAST] * 8), [1] * 8), np.random.default_rng(1)
    draws = np.array([taste.drawn(np.array([EAST, NORTH]), dice) for _ in range(4000)])
    assert draws.mean(axis=0) == pytest.approx(taste.expected(np.array([EAST, NORTH])), abs=0.05)
    # Of eight judgements one direction is known to 1 / (1 + 8 / NOISE); of the other nothing is.
    assert draws.var(axis=0) == pytest.approx([1 / (1 + 8 / NOISE), 1], rel=0.1)


# --- what is suggested -----------------------------------------------------------------------------------------------

MANY = np.array([unit(np.cos(a), np.sin(a)) for a in np.linspace(0, np.pi, 13)])


def test_likes_bring_what_is_like_them_and_one_in_four_is_a_trial() -> None:
    found = recommend(MANY, np.array([EAST]), [1], 8, 5)
    assert [one.index for one in found if one.reason == "liked"] == [0, 1, 2, 3, 4, 5]
    trials = [one.index for one in found if one.reason == "trial"]
    assert len(trials) == 2 and len({one.index for one in found}) == 8
    assert recommend(MANY, np.array([EAST]), [1], 8, 5) == found
    assert len({tuple(one.index for one in recommend(MANY, np.array([EAST]), [1], 8, n)) for n in range(9)}) > 1


def test_without_likes_what_is_usual_comes_first_and_then_what_differs_most() -> None:
    found = recommend(MANY, np.zeros((0, 2)), [], 3, 0)
    assert [one.reason for one in found] == ["start"] * 3
    assert found[0].index == 6 and {one.index for one in found[1:]} == {0, 12}
    assert len(recommend(MANY, np.zeros((0, 2)), [], 99, 0)) == len(MANY)


def test_where_little_is_left_all_of_it_is_suggested_once() -> None:
    assert recommend(np.zeros((0, 2)), np.array([EAST]), [1], 8, 0) == []
    assert [one.index for one in recommend(MANY[:2], np.array([EAST]), [1], 8, 0)] == [0, 1]


def test_what_is_said_to_be_in_common_is() -> None:
    likes = [("slow", "minor", "leaps"), ("minor", "slow"), ("fast", "minor"), ("slow", "minor", "leaps", "high")]
    found = in_common(("leaps", "minor", "slow", "chords"), likes)
    assert found.words == ("minor", "slow", "leaps") and found.of == (0, 3)
    assert len(found.words) <= MOST_WORDS
    for i in found.of:
        assert set(found.words) <= set(likes[i])
    # Rather fewer words than fewer likes than half.
    assert in_common(("slow", "high"), likes).words == ("slow",) and in_common(("slow",), likes).of == (0, 1, 3)
    assert in_common(("chords",), likes).words == in_common((), likes).words == in_common(("slow",), []).words == ()
    assert in_common(("chords",), likes).of == ()


# --- settings --------------------------------------------------------------------------------------------------------


def tried(opinion: int, model: str = "a", **settings: object) -> Tried:
    return Tried("continue", model, settings, opinion)


ARMS = [("continue", "a"), ("continue", "b"), ("vary", "c")]


def test_settings_of_what_was_liked_are_advised_and_something_else_is_tried() -> None:
    judged = [
        tried(1, temperature=0.8, top_k=40, style="folk"),
        tried(1, temperature=1.0, top_k=20, style="folk"),
        tried(-1, temperature=1.4, top_k=0, style="pop"),
        tried(-1, "b", temperature=0.5),
    ]
    best, trial = advise(judged, ARMS, 3)
    assert (best.verb, best.model, best.liked, best.judged, best.trial) == ("continue", "a", 2, 3, False)
    assert best.settings == {"temperature": 0.9, "top_k": 30, "style": "folk"}
    assert trial.trial and (trial.verb, trial.model) in ARMS[1:] and trial.settings == {}
    assert advise(judged, ARMS, 3) == [best, trial]


def test_a_model_that_pleases_more_often_goes_first_and_one_that_was_never_liked_is_a_trial_at_most() -> None:
    judged = [tried(1), tried(1), tried(-1), tried(-1), tried(1, "b"), tried(1, "b")]
    assert advise(judged, ARMS, 0)[0].model == "b"
    (only,) = [one for one in advise([tried(-1)], ARMS, 0) if one.model == "a"] or [None]
    assert only is None or only.trial
    assert advise([], ARMS, 0) == [] and advise(judged, [], 0) == []


def test_choices_without_a_majority_and_settings_that_not_all_have_are_left_alone() -> None:
    judged = [tried(1, style="folk", density=3, ending=True), tried(1, style="pop", ending=True)]
    assert advise(judged, ARMS, 0)[0].settings == {"ending": True}


# --- what is shipped -------------------------------------------------------------------------------------------------


def test_the_shipped_space_calls_the_examples_what_they_are() -> None:
    words = {}
    for _, path in pipeline.examples():
        found = pipeline.tasted(pipeline.read(path).score)
        assert found is not None and np.linalg.norm(found.vector) == pytest.approx(1)
        words[path.stem] = set(found.words)
    assert {"minor", "in_three"} <= words["greensleeves"]
    assert "in_three" in words["minuet-in-g"] and "in_three" not in words["ode-to-joy"]
    assert {"major", "steps", "one_line"} <= words["ode-to-joy"]
    assert {"chords", "slow"} <= words["evening-window"] and "chords" not in words["twinkle-twinkle"]


def test_of_a_take_only_what_is_new_is_tasted() -> None:
    score = CALM.append(LIVELY, CALM.bars[-1].end)
    start = CALM.bars[-1].end
    take = pipeline.Take(score, "x", start, score.bars[-1].end, 4, (frozenset(),), 0, {})
    found, alone = pipeline.tasted(take), pipeline.tasted(LIVELY)
    assert found is not None and alone is not None
    assert "fast" in found.words and found.vector @ alone.vector > 0.95
