"""The tab that lets all models continue one seed, as plain functions with tiny models."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from desk import WORDS, begun, last, new_tab, result_of, rolled, visitor

from studio import midi, pipeline
from studio.pipeline import catalogue
from studio.score import Note, Score, Track
from studio.ui import describe
from studio.ui.compare_tab import CompareTab
from studio.ui.continue_tab import ContinueTab
from studio.ui.sounds import SOUNDS

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
ASKED = {"number": 7, "bars": 2, "track": None, "first_bar": 1, "last_bar": 4}


def opened(folder: Path) -> CompareTab:
    """The tab with a tune of four bars as the seed."""
    melody = tuple(Note(i * 480, 60 + i % 8, 480, 80) for i in range(16))
    midi.save(Score(480, (Track(melody, 73, name="Flute"),), title="A tune"), folder / "tune.mid")
    tab = new_tab(CompareTab)
    shown = last(tab.seed.open_file(visitor(), str(folder / "tune.mid")))
    assert (shown[tab.first_bar], shown[tab.last_bar], shown[tab.track]["value"]) == (1, 4, 0)
    return tab


def compared(tab: CompareTab, **asked: Any) -> dict[Any, Any]:
    return last(begun(tab, **ASKED | asked))


def score_of(tab: CompareTab, name: str) -> Score:
    """What a model wrote."""
    [take] = [entry.take for entry in result_of(tab).entries if entry.model.name == name]
    assert take is not None
    return take.score


def click(tab: CompareTab, name: str, what: str = "_reuse") -> list[dict[Any, Any]]:
    """The button at a model's entry."""
    return list(tab.panel._chosen(name, getattr(tab.panel, what))(visitor()))


def here(update: dict[str, Any]) -> bool:
    return "away" not in update["elem_classes"]


def test_all_models_stand_side_by_side_with_what_they_wrote(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    shown = compared(tab)
    assert list(tab.panel.places) == [model.name for model in pipeline.models("continue")]
    assert not here(shown[tab.result.single]) and here(shown[tab.result.several])
    for name, place in tab.panel.places.items():
        assert here(shown[place.column]) and shown[place.buttons]["visible"]
        [take] = [entry.take for entry in result_of(tab).entries if entry.model.name == name]
        assert take is not None and take.score.bar_count == 6
        assert (take.recipe["model"], take.recipe["seed"]) == (name, 7)
        roll = rolled(shown[place.roll])
        assert roll["sound"] and roll["region"] == [4 * 1920, take.end] and not roll["editable"]
        chips = dict(shown[place.facts]["chips"])
        assert chips["Time taken"].endswith(" s") and chips["Length"] == "2 bars" and chips["Speed"].endswith("notes/s")
        assert int(chips["New notes"]) > 0
    figures = shown[tab.panel.places["lstm"].facts]["tracks"]
    assert figures == [["", "Surprise at notes it had never seen: 9.50 nats each"]]


def test_figures_without_words_are_told_by_their_names() -> None:
    model = pipeline.ModelInfo("x", "X", "", (), ("continue",), {"valid_wonder_per_bar": 0.123456, "kept": "best"})
    assert describe.figures(model, WORDS) == ["valid wonder per bar: 0.1235"]


def test_what_one_model_cannot_stands_in_its_place(
    tmp_path: Path, tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_checkpoints, tmp_path / "models")
    shutil.copytree(tiny_checkpoints / "lstm", tmp_path / "models" / "broken")
    (tmp_path / "models" / "broken" / "model.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path / "models")
    tab = opened(tmp_path)
    shown = compared(tab)
    broken, lstm = tab.panel.places["broken"], tab.panel.places["lstm"]
    assert "broken" in shown[broken.facts]["repairs"][0] and shown[broken.facts]["chips"] == []
    assert shown[broken.roll] is None and not shown[broken.buttons]["visible"]
    assert rolled(shown[lstm.roll])["sound"]
    assert "says why" in shown[tab.result.notice]["text"]
    # The takes are counted without it: it is the last model's music that is taken onward.
    click(tab, "lstm")
    seed = tab.visits.of("someone").seed
    assert seed is not None and seed.recipe is not None and seed.recipe["model"] == "lstm"
    assert click(tab, "broken") == []


@pytest.mark.parametrize("name", ["transformer", "lstm"])
def test_one_click_takes_any_of_them_onward(tmp_path: Path, name: str) -> None:
    tab = opened(tmp_path)
    compared(tab)
    written = score_of(tab, name)
    shown = last(iter(click(tab, name)))
    assert ["Length", "6 bars"] in shown[tab.seed.facts]["chips"] and shown[tab.last_bar] == 6
    seed = tab.visits.of("someone").seed
    assert seed is not None and seed.score.tracks[0].notes == written.tracks[0].notes


def test_stopped_what_is_written_is_kept(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    shown: dict[Any, Any] = {tab.result.notice: {"text": ""}}
    for step in begun(tab, **ASKED | {"bars": 8}):
        shown |= step
        if ": 3 of 8 bars written" in shown[tab.result.notice]["text"]:
            tab.result.stop(visitor())
    transformer, *others = tab.panel.places.values()
    assert dict(shown[transformer.facts]["chips"])["Length"] == "3 bars"
    assert result_of(tab).take.score.bar_count == 7
    assert others and not any(here(shown[place.column]) for place in others)
    assert "Stopped" in shown[tab.result.notice]["text"]


def test_stopped_before_the_first_bar_the_last_result_stays(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    run = begun(tab, **ASKED)
    tab.result.stop(visitor())
    shown = last(run)
    assert set(shown) == {tab.result.notice} and "before" in shown[tab.result.notice]["text"]


@pytest.mark.parametrize(("asked", "sentence"), [({"first_bar": 9}, "bars 1 to 4"), ({"track": 5}, "track 6")])
def test_what_no_model_could_do_is_said_in_a_sentence(tmp_path: Path, asked: dict[str, Any], sentence: str) -> None:
    tab = opened(tmp_path)
    shown = compared(tab, **asked)
    assert set(shown) == {tab.result.notice} and sentence in shown[tab.result.notice]["text"]


def test_changed_sound_is_heard_in_all_of_them(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    shown = compared(tab)
    before = {rolled(shown[place.roll])["sound"] for place in tab.panel.places.values()}
    visit = tab.visits.of("someone")
    visit.hearing.mix = pipeline.Mix(gain_db=-6.0)
    assert tab.result.again(visit) == {}  # there is no single result to be heard
    [(again, outputs)] = tab.heard
    found = again(visit)
    assert list(found) == outputs
    sounds = [rolled(value)["sound"] for value in found.values()]
    assert not before & set(sounds)
    for address in sounds:
        piece = SOUNDS._find(address.removeprefix("sound/"))
        assert piece is not None and piece.mix.gain_db == -6.0


def test_one_of_them_can_be_opened_as_a_take_to_work_on(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    compared(tab)
    shown = last(iter(click(tab, "lstm", "_open")))
    assert here(shown[tab.result.single]) and not here(shown[tab.result.several])
    assert rolled(shown[tab.result.roll])["editable"] and result_of(tab).take.recipe["model"] == "lstm"
    assert tab.panel.again(tab.visits.of("someone")) == {}


def test_what_is_written_next_alone_stands_alone(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    compared(tab)
    shown = last(begun(new_tab(ContinueTab, beside=tab)))
    assert here(shown[tab.result.single]) and not here(shown[tab.result.several])
    assert tab.panel.again(tab.visits.of("someone")) == {}
