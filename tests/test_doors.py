"""The doors for programs: what comes through them, what does not, and what docs/api.md says about them."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from studio import midi, pipeline, ui
from studio.score import Note, Score, Track
from studio.ui import calls, tools
from studio.ui.doors import Doors
from studio.ui.line import Line

WRITERS = {"continue", "infill", "accompany", "restyle", "vary", "blend", "resemble", "compare"}
READERS = {"models", "styles", "soundfonts", "read", "render"}
PATIENCE = 120

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")


@pytest.fixture(scope="module")
def client(server: str) -> Client:
    return Client(server, verbose=False, analytics_enabled=False)


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> str:
    melody = tuple(Note(i * 480, 60 + i * 2 % 12, 480, 80) for i in range(16))
    bass = tuple(Note(i * 1920, 40, 1920, 70) for i in range(4))
    path = tmp_path_factory.mktemp("tunes") / "my tune.mid"
    midi.save(Score(480, (Track(melody, 73, name="Melody"), Track(bass, 32, name="Bass")), title="A tune"), path)
    return str(path)


# --- what there is ----------------------------------------------------------------------------------------------------


def test_only_the_doors_are_offered_and_each_says_what_it_is(client: Client) -> None:
    offered = client.view_api(return_format="dict", print_info=False)
    assert {name.strip("/") for name in offered["named_endpoints"]} == WRITERS | READERS
    assert offered["unnamed_endpoints"] == {}
    for name, door in offered["named_endpoints"].items():
        assert door["description"].endswith(".") and len(door["description"]) > 30, name
        assert len(door["returns"]) == 1


def test_every_argument_of_every_door_is_described() -> None:
    for name in (WRITERS | READERS) - {"continue"} | {"continue_"}:
        work = getattr(Doors, name)
        arguments = set(work.__signature__.parameters) - {"self"}
        assert {word for word in arguments if re.search(rf"^\s+{word}: \w", work.__doc__, re.MULTILINE)} == arguments


def test_models_tell_the_settings_of_each_verb(client: Client) -> None:
    models = client.predict(api_name="/models")
    assert [model["name"] for model in models] == [model.name for model in pipeline.models()]
    for told, model in zip(models, pipeline.models(), strict=True):
        for verb in model.verbs:
            names = [control["name"] for control in told["settings"][verb]]
            assert names == [control.name for control in model.controls_of(verb)]
    able = client.predict("infill", api_name="/models")
    assert [model["name"] for model in able] == ["transformer"]
    assert client.predict("juggle", api_name="/models") == []


def test_styles_and_soundfonts_are_those_of_the_page(client: Client) -> None:
    told = client.predict(api_name="/styles")
    assert (
        told["styles"].keys() == pipeline.ENSEMBLES.keys() and told["instruments"].keys() == pipeline.INSTRUMENTS.keys()
    )
    assert client.predict(api_name="/soundfonts") == list(pipeline.soundfonts())


def test_a_file_is_read_and_heard(client: Client, tune: str) -> None:
    facts = client.predict(handle_file(tune), api_name="/read")
    assert (facts["bars"], facts["metre"], facts["title"], facts["name"]) == (4, "4/4", "A tune", "my tune")
    assert [track["number"] for track in facts["tracks"]] == [1, 2] and facts["melody_track"] == 1
    if pipeline.sound_problem() is None:
        samples, rate = soundfile.read(client.predict(handle_file(tune), api_name="/render"))
        assert samples.shape[1] == 2 and len(samples) / rate > 8 and abs(samples).max() > 0.05


# --- what writes ------------------------------------------------------------------------------------------------------

ASKED: dict[str, dict[str, Any]] = {
    "continue": {"bars": 2, "model": "lstm"},
    "infill": {"first_bar": 2, "last_bar": 3, "tracks": [1], "keep": "2:Ab4"},
    "accompany": {"style": "pop", "instruments": ["bass", "drums"]},
    "restyle": {"style": "chorale"},
    "vary": {"amount": 0.6},
    "blend": {"steps": 3},
    "resemble": {"strength": 0.5},
}


@pytest.mark.parametrize("verb", ASKED)
def test_a_door_writes_what_the_verb_writes(client: Client, tune: str, verb: str) -> None:
    """The same takes with the same notes as the pipeline in this process, under the same seed numbers."""
    asked: dict[str, Any] = {"music": handle_file(tune), "seed": 5, "takes": 2, **ASKED[verb]}
    other = str(pipeline.examples()[0][1])
    if verb in ("blend", "resemble"):
        asked["other"] = handle_file(other)
    answer = client.submit(**asked, api_name=f"/{verb}").result(timeout=PATIENCE)
    assert answer["state"] == "done" and [take["seed"] for take in answer["takes"]] == [5, 6]
    wanted = dict(ASKED[verb], seed=5, takes=2)
    wanted.setdefault("model", pipeline.models(verb)[0].name)
    if verb == "infill":
        wanted |= {"tracks": (0,), "keep": pipeline.parse_kept(wanted["keep"])}
    if "instruments" in wanted:
        wanted["instruments"] = tuple(wanted["instruments"])
    kinds = {"continue": pipeline.Request, "infill": pipeline.InfillRequest, "vary": pipeline.VaryRequest}
    kinds |= {"blend": pipeline.BlendRequest, "resemble": pipeline.ResembleRequest}
    seeds = [pipeline.read(tune)] + ([pipeline.read(other)] if "other" in asked else [])
    request = kinds.get(verb, pipeline.AccompanyRequest)(**wanted)
    run = getattr(pipeline, "continue_" if verb == "continue" else verb)(*seeds, request)
    takes = [step for step in run if isinstance(step, pipeline.Take)]
    for told, take in zip(answer["takes"], takes, strict=True):
        # Through a file both: there one pitch of a track sounds once at a time.
        assert midi.load(told["midi"]).score == midi.load(midi.save(take.score)).score
        assert (told["bars"], told["notes"]) == (take.bars_new, take.notes_new)
        assert pipeline.read(told["midi"]).recipe == json.loads(json.dumps(take.recipe))


def test_settings_reach_the_model(client: Client, tune: str) -> None:
    settings = {"temperature": 0.5, "key": "D minor", "metre": "3/4", "tempo": 150, "ending": True}
    (take,) = client.predict(
        handle_file(tune), bars=2, model="lstm", settings=settings, last_bar=2, api_name="/continue"
    )["takes"]
    assert take["settings"].items() >= settings.items()
    score = midi.load(take["midi"]).score
    assert score.time_signature_at(2 * 1920)[1:] == (3, 4) and round(score.tempo_at(2 * 1920).qpm) == 150


def test_models_are_compared(client: Client, tune: str) -> None:
    answer = client.predict(handle_file(tune), bars=2, seed=3, api_name="/compare")
    assert [entry["model"] for entry in answer["entries"]] == [model.name for model in pipeline.models("continue")]
    for entry in answer["entries"]:
        assert not entry["problem"] and entry["take"]["seed"] == 3 and Path(entry["take"]["midi"]).exists()


def test_how_far_it_is_is_told_on_the_way(client: Client, tune: str) -> None:
    job = client.submit(handle_file(tune), bars=3, model="lstm", api_name="/continue")
    job.result(timeout=PATIENCE)
    *told, last = job.outputs()
    assert [(answer["bars_done"], answer["bars_total"]) for answer in told] == [(1, 3), (2, 3), (3, 3)]
    assert last["state"] == "done"


def test_a_folder_of_ones_own_is_gone_afterwards(tune: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(calls.tempfile, "tempdir", str(tmp_path))
    request = pipeline.Request("lstm", bars=1)
    for answer in calls.written(pipeline.continue_(pipeline.read(tune), request), Line(1)):
        if answer["state"] == "done":
            path = Path(answer["takes"][0]["midi"]["path"])
            assert path.is_relative_to(tmp_path) and path.exists()
    assert list(tmp_path.iterdir()) == []


def test_whoever_comes_later_waits_and_is_told_so() -> None:
    line = Line(1)

    def run() -> Iterator[Any]:
        yield pipeline.Progress(1, 1, tuple, list)  # type: ignore[arg-type]

    with line.ticket():
        waiting = calls.written(run(), line)  # type: ignore[arg-type]
        assert next(waiting) == {"state": "waiting", "before": 1}
        assert next(waiting) == {"state": "waiting", "before": 1}
    assert next(waiting)["state"] == "writing"
    with line.ticket() as next_one:
        assert line.before(next_one) == 1
        waiting.close()
        assert line.before(next_one) == 0


def test_who_leaves_stops_the_model(client: Client, tune: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    original = pipeline.continue_

    def slow(seed: pipeline.Seed, request: pipeline.Request) -> Iterator[Any]:
        try:
            for step in original(seed, request):
                time.sleep(0.2)
                yield step
        finally:
            stopped.set()

    monkeypatch.setattr(pipeline, "continue_", slow)
    job = client.submit(handle_file(tune), bars=100, model="lstm", api_name="/continue")
    next(iter(job))
    job.cancel()
    assert stopped.wait(PATIENCE)


# --- what does not come through ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"bars": 0}, "bars must be a whole number from 1 to 128"),
        ({"bars": "many"}, "bars: 'many' was given"),
        ({"takes": 9}, "takes must be a whole number from 1 to 8"),
        ({"seed": -1}, "seed"),
        ({"track": 7}, "track 7 was asked for"),
        ({"first_bar": 3, "last_bar": 2}, "bars 3 to 2"),
        ({"model": "mozart"}, "No model 'mozart' can continue; choose one of: transformer"),
        ({"settings": {"volume": 3}}, "has no setting 'volume'"),
        ({"settings": {"seed": 3}}, "has no setting 'seed'"),
        ({"settings": {"key": {"path": "/etc/passwd"}}}, "settings"),
        ({"settings": {"temperature": "hot"}}, "temperature"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(client: Client, tune: str, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(AppError, match=re.escape(words)) as raised:
        client.predict(handle_file(tune), api_name="/continue", **asked)
    assert "\n" not in str(raised.value) and str(raised.value).endswith(".")


def test_what_is_no_music_gets_the_readers_sentence(client: Client, tmp_path: Path) -> None:
    letter = tmp_path / "letter.mid"
    letter.write_text("Dear Clara, ...")
    with pytest.raises(AppError, match="MIDI"):
        client.predict(handle_file(str(letter)), api_name="/read")


def raw(server: str, door: str, *data: Any) -> str:
    """What a caller gets who writes the request by hand."""
    begun = httpx.post(f"{server}gradio_api/call/{door}", json={"data": list(data)})
    return httpx.get(f"{server}gradio_api/call/{door}/{begun.json()['event_id']}", timeout=PATIENCE).text


MARK = {"meta": {"_type": "gradio.FileData"}}


@pytest.mark.parametrize(
    "path",
    ["{secret}", "{cache}/../{name}", "{root}/app.py", "/etc/passwd", "http://127.0.0.1:9/x", "http://x/../../app.py"],
)
@pytest.mark.parametrize("form", ["text", "unmarked", "marked", "stream"])
def test_no_file_that_was_not_uploaded_is_read(
    server: str, tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, path: str, form: str
) -> None:
    secret = tmp_path / "secret.mid"
    secret.write_bytes(midi.save(Score(480, (Track((Note(0, 60, 480, 80),)),))))
    read: list[Any] = []
    monkeypatch.setattr(pipeline, "read", lambda *told: read.append(told))
    path = path.format(secret=secret, root=root, cache="/tmp/gradio", name=secret.relative_to("/"))
    forms = {"text": path, "unmarked": {"path": path}, "marked": {"path": path, **MARK}}
    forms["stream"] = {"path": path, "is_stream": True, **MARK}
    answer = raw(server, "read", forms[form])
    assert "event: error" in answer and read == []
    assert "secret" not in answer or form in ("text", "unmarked")


def test_the_pages_own_handlers_stay_its_own(server: str) -> None:
    config = httpx.get(f"{server}config").json()
    public = [d["api_name"] for d in config["dependencies"] if d["api_visibility"] == "public"]
    assert set(public) == WRITERS | READERS
    # Nobody gets past the line.
    answer = httpx.post(f"{server}gradio_api/run/continue", json={"data": []})
    assert answer.status_code == 404


# --- as tools ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tool_server(tiny_checkpoints: Path) -> Iterator[str]:
    pytest.importorskip("mcp", reason="the package mcp is not installed")
    blocks = ui.build()
    yield ui.launch(blocks, tools=True)
    blocks.close()


def with_tools(server: str, work: Any) -> Any:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def talk() -> Any:
        async with (
            streamable_http_client(f"{server}gradio_api/mcp/") as (reading, writing, *_),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(talk())


def data_of(path: str) -> str:
    return "data:audio/midi;base64," + base64.b64encode(Path(path).read_bytes()).decode()


def test_every_door_is_a_tool_and_says_what_it_is_for(tool_server: str) -> None:
    listed = with_tools(tool_server, lambda session: session.list_tools()).tools
    assert {tool.name.strip("_") for tool in listed} == WRITERS | READERS
    for tool in listed:
        assert len(tool.description) > 40
        assert all(field.get("description") for field in tool.inputSchema["properties"].values())


def test_a_tool_writes_music(tool_server: str, tune: str) -> None:
    asked = {"music": data_of(tune), "bars": 2, "model": "lstm", "seed": 4, "settings": {"key": "D major"}}
    answer = with_tools(tool_server, lambda session: session.call_tool("continue_", asked))
    assert not answer.isError
    address = re.search(r"'url': '(http://127\.0\.0\.1:\d+/gradio_api/file=[^']+\.mid)'", answer.content[0].text)
    assert address is not None
    made = pipeline.read(httpx.get(address[1]).content)
    assert made.recipe is not None and made.recipe["seed"] == 4 and made.recipe["settings"]["key"] == "D major"


def test_what_a_tool_cannot_do_is_one_sentence(tool_server: str, tune: str) -> None:
    asked = {"music": data_of(tune), "bars": 0}
    answer = with_tools(tool_server, lambda session: session.call_tool("continue_", asked))
    assert answer.isError and answer.content[0].text.startswith("bars must be a whole number")


def test_no_tool_hands_over_a_file_of_this_machine(tool_server: str, tune: str, tmp_path: Path) -> None:
    """What Gradio takes for a file in a tool's arguments it would read from here itself, wherever it stands."""
    secret = tmp_path / "a-secret-kept.txt"
    secret.write_text("secret")
    file = {"path": str(secret), **MARK}
    music = data_of(tune)
    tried: list[tuple[str, dict[str, Any]]] = [
        ("read", {"music": file}),
        ("read", {"music": str(secret)}),
        ("read", {"music": f"file://{secret}"}),
        ("continue_", {"music": music, "bars": file}),
        ("continue_", {"music": music, "settings": file}),
        ("continue_", {"music": music, "settings": {"key": file}}),
        ("continue_", {"music": music, "settings": {"key": [file]}}),
        ("infill", {"music": music, "first_bar": 1, "last_bar": 1, "tracks": [file]}),
        ("accompany", {"music": music, "instruments": [file]}),
        ("models", {"verb": file}),
    ]

    async def work(session: Any) -> list[Any]:
        return [await session.call_tool(name, asked) for name, asked in tried]

    assert all(answer.isError for answer in with_tools(tool_server, work))
    from gradio.utils import get_upload_folder

    assert list(Path(get_upload_folder()).rglob(secret.name)) == []


def test_a_missing_package_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tools.problem() is None or "mcp" in str(tools.problem())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install -c constraints.txt -e '.[mcp]'" in str(tools.problem())


# --- docs/api.md ------------------------------------------------------------------------------------------------------


PROLOGUE = "from pathlib import Path\nfrom studio.pipeline import catalogue\ncatalogue.CHECKPOINTS = Path({})\n"
EPILOGUE = "\nimport json\nprint(json.dumps([len(facts['tracks']), str(wav)]))\n"


def test_the_examples_of_the_page_about_the_doors_run(
    server: str, root: Path, tmp_path: Path, tiny_checkpoints: Path
) -> None:
    text = (root / "docs" / "api.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    shutil.copytree(root / "examples", tmp_path / "examples")
    code = "".join(blocks).replace("http://127.0.0.1:7860", server)
    code = PROLOGUE.format(repr(str(tiny_checkpoints))) + code + EPILOGUE
    env = os.environ | {"PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    tracks, wav = json.loads(done.stdout.splitlines()[-1])
    assert tracks and Path(wav).read_bytes()[:4] == b"RIFF"
    made = pipeline.read(tmp_path / "continued.mid").recipe
    assert made is not None and (made["seed"], made["settings"]["key"]) == (7, "D minor")
    assert all(f"`/{door}`" in text for door in WRITERS | READERS)
