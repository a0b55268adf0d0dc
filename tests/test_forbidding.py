"""Lines that are not to come again, while notes are written: the mask, and every verb that honours it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio import pipeline
from studio.errors import SettingError
from studio.pipeline import redrawing
from studio.representations.events import Events, Plan, Voice
from studio.representations.events.forbidding import Forbidding
from tests import tiny
from tests.scores import melody

PITCHES = [60, 62, 64, 65, 67, 69, 67, 65, 64, 62] * 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints")
    tiny.save_lstm(path / "lstm")
    tiny.save_transformer(path / "transformer")
    tiny.save_vae(path / "vae")
    tiny.save_gan(path / "gan")
    return path


@pytest.fixture
def models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.pipeline.catalogue.CHECKPOINTS", folder)


def steps(pitches: Sequence[int]) -> tuple[int, ...]:
    return tuple(b - a for a, b in pairwise(pitches))


def line(take: pipeline.Take, track: int = 0) -> list[int]:
    """The pitches of all notes of a take's track, in order."""
    return [note.pitch for note in take.score.tracks[track].notes]


def runs(line: Sequence[int], length: int = 3) -> set[tuple[int, ...]]:
    found = steps(line)
    return {found[at : at + length] for at in range(len(found) - length + 1)}


def written(verb: Any, seed: pipeline.Seed, request: Any) -> list[pipeline.Take]:
    return [step for step in verb(seed, request) if isinstance(step, pipeline.Take)]


# --- the mask --------------------------------------------------------------------------------------------------------


def test_the_fourth_note_of_a_forbidden_line_is_barred_in_any_key() -> None:
    events = Events()
    names = events.vocabulary.ids
    prompt = events.encode(melody([50, 52, 54], duration=24))
    grammar = events.grammar(prompt)
    grammar.steer(Plan(2, (Voice(monophonic=True),)))
    mask = Forbidding(grammar, grammar, [steps([60, 62, 64, 65, 67])])
    for token in ("BAR", "POSITION_0"):
        mask.advance(names[token])
    allowed = mask.allowed()
    assert not allowed[names["PITCH_55"]]
    assert allowed[names["PITCH_56"]]
    assert grammar.allowed()[names["PITCH_55"]]


def test_a_mask_never_leaves_nothing() -> None:
    events = Events()
    names = events.vocabulary.ids
    grammar = events.grammar(events.encode(melody([60, 60, 60], duration=24)))
    grammar.steer(Plan(2, (Voice(60, 60, monophonic=True, max_same_pitch=99),)))
    mask = Forbidding(grammar, grammar, [(0, 0, 0)])
    mask.advance(names["BAR"])
    mask.advance(names["POSITION_0"])
    mask.advance(names["VELOCITY_80"])  # from here on only a pitch may come
    assert np.array_equal(mask.allowed().nonzero()[0], [names["PITCH_60"]])


# --- the verbs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["lstm", "transformer"])
@pytest.mark.usefixtures("models")
def test_a_continuation_does_not_repeat_what_is_forbidden(model: str) -> None:
    seed = pipeline.Seed(melody(PITCHES, duration=12))
    request = pipeline.Request(model, seed=3, bars=16)
    (plain,) = written(pipeline.continue_, seed, request)
    new = [note.pitch for note in sorted(plain.new[0])]
    assert len(new) > 8
    asked = replace(request, forbidden=(steps(new),))
    (other,) = written(pipeline.continue_, seed, asked)
    pitches = [note.pitch for note in sorted(other.new[0])]
    assert not runs(pitches) & runs(new)
    assert other.recipe["forbidden"] == asked.forbidden


@pytest.mark.usefixtures("models")
def test_the_recipe_makes_it_again() -> None:
    seed = pipeline.Seed(melody(PITCHES, duration=12))
    request = pipeline.Request("lstm", seed=3, bars=4, takes=2, forbidden=((2, 2, 1), (1, 2, 2, -2)))
    *_, second = written(pipeline.continue_, seed, request)
    recipe = second.recipe
    again = replace(request, seed=recipe["seed"], takes=recipe["takes"], forbidden=recipe["forbidden"])
    (same,) = written(pipeline.continue_, seed, again)
    assert same.new == second.new
    assert "forbidden" not in written(pipeline.continue_, seed, replace(request, forbidden=()))[0].recipe


@pytest.mark.usefixtures("models")
def test_bars_are_filled_without_what_is_forbidden() -> None:
    seed = pipeline.Seed(melody(PITCHES, duration=12))
    request = pipeline.InfillRequest("transformer", seed=1, first_bar=2, last_bar=4)
    (plain,) = written(pipeline.infill, seed, request)
    new = [note.pitch for note in sorted(plain.new[0])]
    (other,) = written(pipeline.infill, seed, replace(request, forbidden=(steps(new),)))
    pitches = [note.pitch for note in sorted(other.new[0])]
    assert len(new) > 4
    assert pitches != new
    assert not runs(pitches) & runs(new)


@pytest.mark.parametrize("model", ["vae", "gan"])
@pytest.mark.usefixtures("models")
def test_models_whose_notes_cannot_be_barred_draw_again(model: str) -> None:
    seed = pipeline.Seed(melody(PITCHES, duration=12))
    verb: Any = pipeline.vary if model == "vae" else pipeline.continue_
    request: Any = pipeline.VaryRequest(model, amount=1.0) if model == "vae" else pipeline.Request(model, bars=4)
    (plain,) = written(verb, seed, request)
    track = max(range(len(plain.new)), key=lambda i: len(plain.new[i]))
    new = [note.pitch for note in sorted(plain.new[track])]
    asked = replace(request, forbidden=(steps(new[:12]),))
    assert redrawing.holds(plain, asked.forbidden)
    (other,) = written(verb, seed, asked)
    told = any("came again" in notice for notice in other.notices)
    assert redrawing.holds(other, asked.forbidden) == told
    assert other.recipe["seed"] != plain.recipe["seed"]
    (same,) = written(verb, seed, replace(asked, seed=other.recipe["seed"]))
    assert told or same.new == other.new


@pytest.mark.parametrize("wrong", [((1, "2"),), (5,), "abc", ((1, 999),), tuple((1, 2, 3) for _ in range(65))])
@pytest.mark.usefixtures("models")
def test_what_is_no_line_is_refused(wrong: Any) -> None:
    with pytest.raises(SettingError, match="forbidden"):
        pipeline.continue_(pipeline.Seed(melody(PITCHES)), pipeline.Request("lstm", forbidden=wrong))
