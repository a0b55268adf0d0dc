"""The page's fields are the model's controls, and a new server makes itself ready."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from desk import WORDS, fields, new_tab

from studio import pipeline, ui
from studio.pipeline import catalogue
from studio.ui import controls
from studio.ui.accompany_tab import AccompanyTab
from studio.ui.blend_tab import BlendTab
from studio.ui.continue_tab import ContinueTab
from studio.ui.infill_tab import InfillTab
from studio.ui.resemble_tab import ResembleTab
from studio.ui.vary_tab import VaryTab
from studio.ui.verb_tab import VerbTab

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")


@pytest.fixture
def tab() -> ContinueTab:
    return new_tab()


# --- the controls -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ContinueTab, InfillTab, AccompanyTab, VaryTab, BlendTab, ResembleTab])
def test_a_tab_has_the_controls_of_its_models_and_shows_those_of_the_first(kind: type[VerbTab]) -> None:
    tab = new_tab(kind)
    models = list(tab.models.values())
    offered = {control.name: control for model in models for control in model.controls_of(tab.verb)}
    assert offered and set(tab.controls) == set(offered)
    first = {control.name for control in models[0].controls_of(tab.verb)}
    if kind is ContinueTab:
        # What can do most comes first.
        assert [len(m.verbs) for m in models] == sorted((len(m.verbs) for m in models), reverse=True)
        assert tab.model.value == models[0].name == "transformer" and models[-1].verbs == ("continue",)
        style = next(control for control in models[0].controls if control.name == "style")
        assert [name for _, name in tab.controls["style"].choices] == ["", *style.choices]
    for name, field in tab.controls.items():
        assert field.info and field.label and field.visible == (name in first)
        if isinstance(field, gr.Slider):
            control = offered[name]
            assert (field.minimum, field.maximum, field.step) == (control.minimum, control.maximum, control.step)


@pytest.mark.parametrize("kind", [ContinueTab, InfillTab, AccompanyTab, VaryTab, BlendTab, ResembleTab])
def test_untouched_controls_ask_for_the_models_defaults(kind: type[VerbTab]) -> None:
    tab = new_tab(kind)
    for model in tab.models.values():
        for control in tab._offered(model).values():
            asked = controls.value(control, tab.controls[control.name].value)
            assert asked == control.default and type(asked) is type(control.default)


def test_another_model_brings_its_own_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    lstm = pipeline.models()[-1]
    shy = replace(lstm.controls[0], default=0.5, maximum=1.0)
    own = pipeline.Control("top_k", 3, 0, 9, 1, help="Own.")
    typed = pipeline.Control("chords", "", help="Typed.")
    plain = replace(lstm, name="plain", help="Plain.", controls=(shy, own, typed))
    monkeypatch.setattr(pipeline, "models", lambda verb=None: [lstm, plain])
    tab = new_tab()
    assert not tab.controls["chords"].visible
    shown = tab.choose_model("plain")
    assert shown[tab.model]["info"] == "Plain."
    assert (shown[tab.controls["temperature"]]["value"], shown[tab.controls["temperature"]]["maximum"]) == (0.5, 1.0)
    assert shown[tab.controls["top_k"]]["maximum"] == 9
    assert shown[tab.controls["chords"]]["visible"] and not shown[tab.controls["top_p"]]["visible"]
    back = tab.choose_model("lstm")
    assert {name for name, field in tab.controls.items() if not back[field]["visible"]} == {"chords"}
    own_ones = {"temperature": 0.5, "top_k": 3, "chords": " C Am ", "key": "D minor", "metre": "", "tempo": " 90,5 "}
    shown = fields(tab, **own_ones)[-len(tab.controls) :]
    asked = tab._asked("plain", 7, 2, shown)
    assert asked == {"model": "plain", "seed": 7, "takes": 2, "ending": False} | own_ones | {
        "metre": None,
        "tempo": 90.5,
    }


def folded(field: Any) -> bool:
    """Whether a field stands in a part of the page that is closed at first."""
    while field is not None and not isinstance(field, gr.Accordion):
        field = field.parent
    return field is not None


@pytest.mark.parametrize("kind", [ContinueTab, InfillTab, AccompanyTab, VaryTab, BlendTab, ResembleTab])
def test_what_a_musician_would_name_comes_first(kind: type[VerbTab]) -> None:
    tab = new_tab(kind)
    order = list(tab.controls)
    technical = [name for name in order if name in ("top_k", "top_p", "min_p", "repetition")]
    assert technical == order[-len(technical) :]
    assert order[-len(technical) - 1] == "temperature"
    if kind is ContinueTab:
        assert order[:4] == ["style", "key", "metre", "tempo"]
        assert [folded(field) for field in (tab.controls["top_k"], tab.number, tab.controls["key"])] == [
            True,
            True,
            False,
        ]


def test_a_tempo_may_be_left_out_and_a_key_has_a_name_in_words(tab: ContinueTab) -> None:
    tempo, key = tab.controls["tempo"], tab.controls["key"]
    assert tempo.value == "" and tempo.placeholder == WORDS("control.tempo.free")
    offered = {control.name: control for control in pipeline.models("continue")[0].controls_of("continue")}
    assert [controls.value(offered["tempo"], typed) for typed in ("", " ", "fast", "0")] == [None, None, "fast", 0.0]
    assert key.choices[0] == (WORDS("control.key.free"), "") and len(key.choices) == 25


def said(page: gr.Blocks) -> str:
    return json.dumps(page.get_config_file(), ensure_ascii=False, default=str)


def test_without_any_model_every_tab_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    page = ui.build()
    for verb in (tab.verb for tab in ui.TABS):
        assert WORDS(f"{verb}.no_model") in said(page) and f"{verb}-generate" not in said(page)


def test_where_models_only_continue_the_other_tabs_say_what_they_take(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_checkpoints: Path
) -> None:
    shutil.copytree(tiny_checkpoints / "lstm", tmp_path / "lstm")
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    page = ui.build()
    assert WORDS("continue.no_model") not in said(page) and "continue-generate" in said(page)
    takes = {"Transformer": ("infill", "accompany"), "encoder-decoder": ("vary", "blend", "resemble")}
    for model, verbs in takes.items():
        for verb in verbs:
            assert WORDS(f"{verb}.no_model") in said(page) and f"{verb}-generate" not in said(page)
            assert model in WORDS(f"{verb}.no_model")


# --- the server -------------------------------------------------------------------------------------------------------


def test_a_new_server_warms_itself_and_offers_programs_the_doors_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed = threading.Event()
    monkeypatch.setattr(ContinueTab, "warm", lambda self: warmed.set())
    page = ui.build()
    address = ui.launch(page)
    try:
        assert warmed.wait(30)
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(address + ui.PING).text == "yes"
        offered = httpx.get(address + "gradio_api/info").json()
        assert "/continue" in offered["named_endpoints"] and offered["unnamed_endpoints"] == {}
        assert not [name for name in offered["named_endpoints"] if "warm" in name or "generate" in name]
    finally:
        page.close()


def test_warming_up_writes_a_bar_and_plays_it(tab: ContinueTab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    original, stream = pipeline.continue_, pipeline.render_stream
    monkeypatch.setattr(pipeline, "continue_", lambda *a: asked.append("continue") or original(*a))
    monkeypatch.setattr(pipeline, "render_stream", lambda *a: asked.append("render") or stream(*a))
    tab.warm()
    assert asked == ["continue", "render"]


def start(port: str) -> subprocess.CompletedProcess[str]:
    app = Path(ui.__file__).parents[2] / "app.py"
    env = os.environ | {"STUDIO_PORT": port}
    return subprocess.run([sys.executable, app], env=env, capture_output=True, text=True, timeout=120, check=False)


def test_a_port_that_is_none_or_taken_is_a_sentence() -> None:
    answer = start("seven")
    assert answer.returncode == 1 and answer.stderr.startswith("STUDIO_PORT is 'seven'")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = start(port)
    assert answer.returncode == 1 and f"Port {port} of 127.0.0.1 is taken" in answer.stderr
    assert "Traceback" not in answer.stderr
