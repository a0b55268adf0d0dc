"""Music in by every way and out in every format, in headless Chromium on a page of these parts alone."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from browsing import CHROMIUM, MARKS, download, playwright, unnamed
from files_page import build, launch
from test_transcription import TUNE, hummed

from studio import pipeline

pytestmark = MARKS


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    page = build()
    yield launch(page)
    page.close()


@pytest.fixture(scope="module")
def humming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser whose microphone hears somebody hum, and which has no dialogs."""
    path = tmp_path_factory.mktemp("microphone") / "hum.wav"
    soundfile.write(path, hummed(TUNE, 100), 44_100)
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with playwright.sync_playwright() as driver:
        args = ["--no-sandbox", *fake, f"--use-file-for-fake-audio-capture={path}"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=args)
        yield browser
        browser.close()


@pytest.fixture
def page(humming: Any, address: str) -> Iterator[Any]:
    context = humming.new_context(permissions=["microphone"])
    failures: list[str] = []
    found = context.new_page()
    found.on("pageerror", lambda error: failures.append(str(error)))
    found.goto(address)
    found.wait_for_selector("#abc-read")
    found.wait_for_selector("#seed-made [data-ready], #seed-made[data-ready]", state="attached")
    yield found
    context.close()
    assert failures == []


def way(page: Any, name: str) -> None:
    page.click(f"#ways-in [role=tab]:has-text({name!r})")


def facts(page: Any, title: str) -> str:
    page.wait_for_selector(f"#seed-facts .title:text-is({title!r})")
    return str(page.inner_text("#seed-facts"))


def test_a_typed_tune_leaves_in_every_format(page: Any, tmp_path: Path) -> None:
    page.click("#abc-read")
    assert "8 bars" in facts(page, "Speed the Plough")
    midi = pipeline.read(download(page, "#seed-midi", tmp_path))
    wanted = pipeline.read_abc(page.input_value("#abc-text textarea")).score.tracks[0].notes
    assert midi.score.tracks[0].notes == wanted
    assert page.inner_text("#seed-made a") == "Typed-tune.mid"
    page.click("#seed-formats button")
    for name in ("musicxml", "abc"):
        path = download(page, f"#seed-{name}", tmp_path)
        assert path.name == f"Typed-tune.{name}"
        assert [n[:3] for n in pipeline.read(path).score.tracks[0].notes] == [n[:3] for n in wanted]
    for name in ("wav", "flac", "mp3"):
        assert soundfile.info(download(page, f"#seed-{name}", tmp_path)).duration > 15
    with zipfile.ZipFile(download(page, "#seed-stems", tmp_path)) as archive:
        assert archive.namelist() == ["01-track.wav", "provenance.json"]
    assert download(page, "#seed-png", tmp_path).read_bytes().startswith(b"\x89PNG")
    page.click("#seed-recipe")
    page.wait_for_selector("#seed-export-notice .notice[data-kind=error]:has-text('no recipe')")


def test_a_slip_is_named_and_nothing_is_lost(page: Any) -> None:
    page.click("#seed-midi")
    page.wait_for_selector("#seed-export-notice .notice[data-kind=error]:has-text('nothing to take away')")
    page.fill("#abc-text textarea", "K:C\nCDE;\n")
    page.click("#abc-read")
    page.wait_for_selector("#ways-notice .notice[data-kind=error]:has-text('Line 2, character 4')")
    assert page.input_value("#abc-text textarea") == "K:C\nCDE;\n"
    page.fill("#abc-text textarea", "T:${alert(1)}<img src=x onerror=alert(1)>\nK:C\nCDE\n")
    page.click("#abc-read")
    facts(page, "${alert(1)}<img src=x onerror=alert(1)>")


def test_humming_into_the_microphone_becomes_notes(page: Any) -> None:
    way(page, "Hum")
    assert page.is_disabled("#listen-hear")
    page.click("#listen-audio button:has-text('Record')")
    page.wait_for_timeout(4000)
    page.click("#listen-audio button:has-text('Stop')")
    page.wait_for_selector(
        "#listen-audio .waveform-container, #listen-audio audio",
        state="attached",
    )
    page.click("#listen-hear")
    told = facts(page, "Hummed melody")
    assert "Flute" in told and "nearest 16ths" in told


def test_a_sound_file_is_heard(page: Any, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tune.ogg", hummed(TUNE, 100), 44_100)
    way(page, "Hum")
    page.click("#listen-audio button[aria-label*='pload']")
    page.set_input_files("#listen-audio input[type=file]", tmp_path / "tune.ogg")
    page.fill("#listen-tempo input", "100")
    page.click("#listen-hear")
    assert "12 notes" in facts(page, "Hummed melody")


def test_notes_are_entered_step_by_step_by_mouse_and_keys(page: Any, tmp_path: Path) -> None:
    way(page, "Play")
    page.wait_for_selector(".keyboard[data-ready]")
    assert unnamed(page) == [] and page.is_disabled(".keyboard .use")
    page.click(".keyboard .by-step")
    page.click(".keyboard [data-pitch='60']")
    page.select_option(".keyboard .length select", "0.5")
    page.focus(".keyboard .piano")
    for key in ("s", "w", "d"):
        page.keyboard.press(key)
    page.click(".keyboard .undo")
    page.click(".keyboard .rest")
    page.click(".keyboard .up")
    page.focus(".keyboard .piano")
    page.keyboard.down("a")
    page.keyboard.down("d")
    page.keyboard.up("a")
    page.keyboard.up("d")
    assert "5 notes" in page.inner_text(".keyboard .status")
    page.click(".keyboard .use")
    facts(page, "Played melody")
    notes = pipeline.read(download(page, "#seed-midi", tmp_path)).score.tracks[0].notes
    assert [n[:3] for n in notes] == [(0, 60, 480), (480, 62, 240), (720, 61, 240), (1200, 72, 240), (1200, 76, 240)]


def test_a_melody_is_recorded_in_time_after_a_bar_is_counted_in(page: Any) -> None:
    way(page, "Play")
    page.wait_for_selector(".keyboard[data-ready]")
    page.fill(".keyboard .tempo input", "240")
    page.click(".keyboard .record")
    page.wait_for_selector(".keyboard .status:has-text('bar 1')")
    page.keyboard.down("a")
    page.wait_for_timeout(300)
    page.keyboard.up("a")
    page.keyboard.press("j")
    page.wait_for_selector(".keyboard .status:has-text('bar 2')")
    page.click(".keyboard .record")
    assert page.inner_text(".keyboard .status") == "2 notes: … C4 B4"
    page.click(".keyboard .use")
    assert "2 notes" in facts(page, "Played melody")


MIDI_KEYBOARD = """
const input = {onmidimessage: null};
window.plugged = input;
Object.defineProperty(navigator, "requestMIDIAccess", {value: async () => ({inputs: new Map([["1", input]])})});
"""


@pytest.mark.parametrize("script", [MIDI_KEYBOARD, "delete Navigator.prototype.requestMIDIAccess;"])
def test_a_midi_keyboard_plays_where_the_browser_knows_of_one(humming: Any, address: str, script: str) -> None:
    context = humming.new_context()
    context.add_init_script(script)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#abc-read")
    way(page, "Play")
    page.wait_for_selector(".keyboard[data-ready]")
    if script is not MIDI_KEYBOARD:
        assert page.is_hidden(".keyboard .midi") and "does not know MIDI" in page.inner_text(".keyboard .help")
    else:
        page.click(".keyboard .midi")
        page.wait_for_selector(".keyboard .status:has-text('connected: 1')")
        page.click(".keyboard .by-step")
        for data in ([0x90, 64, 100], [0x80, 64, 0], [0x91, 67, 80], [0x91, 67, 0], [0xFE]):
            page.evaluate("(data) => window.plugged.onmidimessage({data})", data)
        assert page.inner_text(".keyboard .status") == "2 notes: … E4 G4"
    context.close()


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_nothing_is_cut_off(page: Any, dark: bool) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    way(page, "Play")
    page.wait_for_selector(".keyboard[data-ready]")
    page.click("#seed-formats button")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for key in page.query_selector_all(".keyboard .key"):
        box = key.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
