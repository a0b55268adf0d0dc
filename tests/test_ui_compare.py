"""The tab that lets all models continue one seed, as plain functions with tiny models."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from desk import FONT, WORDS, fields, last, new_tab, visitor

from studio import midi, pipeline
from studio.pipeline import catalogue
from studio.score import Note, Score, Track
from studio.ui import describe
from studio.ui.compare_tab import CompareTab
from studio.ui.continue_tab import ContinueTab

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
ASKED = {"number": 7, "bars": 2, "track": None, "first_bar": 1, "last_bar": 4}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is heard and seen has tests of its own."""
    monkeypatch.setattr(pipeline, "save_wav", lambda score, path, font: path.write_text(str(font)))
    monkeypatch.setattr(pipeline, "save_plot", lambda music, path, dark=False: path.write_bytes(b""))


def opened(folder: Path) -> CompareTab:
    """The tab with a tune of four bars as the seed."""
    melody = tuple(Note(i * 480, 60 + i % 8, 480, 80) for i in range(16))
    midi.save(Score(480, (Track(melody, 73, name="Flute"),), title="A tune"), folder / "tune.mid")
    tab = new_tab(CompareTab)
    shown = last(tab.seed.open_file(visitor(), str(folder / "tune.mid"), FONT))
    assert (shown[tab.first_bar], shown[tab.last_bar], shown[tab.track]["value"]) == (1, 4, 0)
    return tab


def compared(tab: CompareTab, **asked: Any) -> dict[Any, Any]:
    return last(tab.generate(visitor(), FONT, *(ASKED | asked).values()))


def here(update: dict[str, Any]) -> bool:
    return "away" not in update["elem_classes"]


def test_all_models_stand_side_by_side_with_what_they_wrote(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    shown = compared(tab)
    assert list(tab.panel.places) == [model.name for model in pipeline.models("continue")]
    assert not here(shown[tab.result.single]) and here(shown[tab.result.several])
    for name, place in tab.panel.places.items():
        assert here(shown[place.column]) and shown[place.buttons]["visible"]
        result = midi.load(shown[place.midi]["value"]).score
        assert result.bar_count == 6 and name in Path(shown[place.midi]["value"]).name
        recipe = pipeline.read(shown[place.midi]["value"]).recipe
        assert recipe is not None and (recipe["model"], recipe["seed"]) == (name, 7)
        assert shown[place.player]["light"] and shown[place.player]["audio"] and shown[place.player]["mark"] == 8.0
        assert Path(shown[place.wav]["value"]).exists()
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
    assert shown[broken.player] is None and not shown[broken.buttons]["visible"]
    assert shown[lstm.player]["light"]
    assert "says why" in shown[tab.result.notice]["text"]
    # The takes are counted without it: it is the last model's music that is taken onward.
    last(tab.panel.reuse(visitor(), "lstm", FONT))
    seed = tab.visits.of("someone").seed
    assert seed is not None and seed.recipe is not None and seed.recipe["model"] == "lstm"
    assert list(tab.panel.reuse(visitor(), "broken", FONT)) == []


@pytest.mark.parametrize("name", ["transformer", "lstm"])
def test_one_click_takes_any_of_them_onward(tmp_path: Path, name: str) -> None:
    tab = opened(tmp_path)
    shown = compared(tab)
    written = midi.load(shown[tab.panel.places[name].midi]["value"]).score
    shown = last(tab.panel.reuse(visitor(), name, FONT))
    assert ["Length", "6 bars"] in shown[tab.seed.facts]["chips"] and shown[tab.last_bar] == 6
    seed = tab.visits.of("someone").seed
    assert seed is not None and seed.score.tracks[0].notes == written.tracks[0].notes


def test_stopped_what_is_written_is_kept(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    tab.result.begin(visitor())
    shown: dict[Any, Any] = {}
    for step in tab.generate(visitor(), FONT, *(ASKED | {"bars": 8}).values()):
        shown |= step
        if ": 3 of 8 bars written" in shown[tab.result.notice]["text"]:
            tab.result.stop(visitor())
    transformer, *others = tab.panel.places.values()
    assert dict(shown[transformer.facts]["chips"])["Length"] == "3 bars"
    assert midi.load(shown[transformer.midi]["value"]).score.bar_count == 7
    assert others and not any(here(shown[place.column]) for place in others)
    assert "Stopped" in shown[tab.result.notice]["text"]


def test_stopped_before_the_first_bar_the_last_result_stays(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    tab.result.begin(visitor())
    tab.result.stop(visitor())
    shown = compared(tab)
    assert set(shown) == {tab.result.notice} and "before" in shown[tab.result.notice]["text"]


@pytest.mark.parametrize(("asked", "sentence"), [({"first_bar": 9}, "bars 1 to 4"), ({"track": 5}, "track 6")])
def test_what_no_model_could_do_is_said_in_a_sentence(tmp_path: Path, asked: dict[str, Any], sentence: str) -> None:
    tab = opened(tmp_path)
    shown = compared(tab, **asked)
    assert set(shown) == {tab.result.notice} and sentence in shown[tab.result.notice]["text"]


def test_another_soundfont_is_heard_in_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "soundfonts", lambda: {"Old": Path("old.sf2"), "New": Path("new.sf2")})
    tab = opened(tmp_path)
    compared(tab)
    assert list(tab.result.choose_font(visitor(), "New")) == []  # there is no single result to be heard
    shown = last(tab.panel.choose_font(visitor(), "New"))
    for place in tab.panel.places.values():
        assert Path(shown[place.player]["audio"]["path"]).read_text() == "new.sf2"


def test_what_is_written_next_alone_stands_alone(tmp_path: Path) -> None:
    tab = opened(tmp_path)
    compared(tab)
    with gr.Blocks():
        other = ContinueTab(tab.words, tab.visits, tab.line, tab.seed, tab.result)
    shown = last(other.generate(visitor(), *fields(other)))
    assert here(shown[tab.result.single]) and not here(shown[tab.result.several])
    assert list(tab.panel.choose_font(visitor(), FONT)) == []
