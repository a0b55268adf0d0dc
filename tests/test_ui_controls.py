"""The page's fields are the model's controls, and a new server makes itself ready."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import gradio as gr
import httpx
import pytest
from desk import FONT, WORDS, fields, last, new_tab, visitor

from studio import pipeline, ui
from studio.pipeline import catalogue
from studio.ui import controls
from studio.ui.continue_tab import ContinueTab
from studio.ui.visits import Visits

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")


@pytest.fixture
def tab() -> ContinueTab:
    return new_tab()


# --- the controls -----------------------------------------------------------------------------------------------------


def test_the_page_has_the_models_controls_and_no_others(tab: ContinueTab) -> None:
    model = next(iter(tab.models.values()))
    assert list(tab.controls) and set(tab.controls) == {control.name for control in model.controls}
    for control in model.controls:
        field = tab.controls[control.name]
        assert field.info and field.label
        if isinstance(field, gr.Slider):
            assert (field.minimum, field.maximum, field.step) == (control.minimum, control.maximum, control.step)


def test_untouched_controls_ask_for_the_models_defaults(tab: ContinueTab) -> None:
    model = next(iter(tab.models.values()))
    for control in model.controls:
        asked = controls.value(control, tab.controls[control.name].value)
        assert asked == control.default and type(asked) is type(control.default)


def test_another_model_brings_its_own_controls(monkeypatch: pytest.MonkeyPatch) -> None:
    lstm = pipeline.models()[0]
    shy = replace(lstm.controls[0], default=0.5, maximum=1.0)
    own = pipeline.Control("top_k", 3, 0, 9, 1, help="Own.")
    plain = replace(lstm, name="plain", help="Plain.", controls=(shy, own))
    monkeypatch.setattr(pipeline, "models", lambda: [lstm, plain])
    with gr.Blocks():
        tab = ContinueTab(WORDS, Visits())
    shown = tab.choose_model("plain")
    assert shown[tab.model]["info"] == "Plain."
    assert (shown[tab.controls["temperature"]]["value"], shown[tab.controls["temperature"]]["maximum"]) == (0.5, 1.0)
    assert shown[tab.controls["top_k"]]["maximum"] == 9
    assert not shown[tab.controls["top_p"]]["visible"]
    assert all(tab.choose_model("lstm")[field]["visible"] for field in tab.controls.values())
    request = tab._request(fields(tab, model="plain", temperature=0.5, top_k=3))
    assert (request.top_k, request.top_p) == (3, None)


def test_without_any_model_the_page_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    with gr.Blocks() as page:
        tab = ContinueTab(WORDS, Visits())
    assert not tab.generate_button.interactive
    assert WORDS("settings.no_model") in json.dumps(page.get_config_file(), ensure_ascii=False, default=str)


# --- the server -------------------------------------------------------------------------------------------------------


def test_a_new_server_warms_itself_and_offers_programs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed = threading.Event()
    monkeypatch.setattr(ContinueTab, "warm", lambda self: warmed.set())
    page = ui.build()
    address = ui.launch(page)
    try:
        assert warmed.wait(30)
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(address + ui.PING).text == "yes"
        offered = httpx.get(address + "gradio_api/info").json()
        assert offered == {"named_endpoints": {}, "unnamed_endpoints": {}}
    finally:
        page.close()


def test_warming_up_leaves_the_first_example_ready(tab: ContinueTab, monkeypatch: pytest.MonkeyPatch) -> None:
    tab.warm()
    monkeypatch.setattr(pipeline, "save_plot", lambda *_, **__: pytest.fail("drawn once more"))
    monkeypatch.setattr(pipeline, "save_wav", lambda *_, **__: pytest.fail("rendered once more"))
    assert last(tab.seed.greet(visitor(), FONT))[tab.seed.player]["light"]


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
