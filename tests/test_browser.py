"""The page in headless Chromium: what a visitor does, sees, hears and takes home; nothing goes out or runs unasked."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from browsing import (
    CONTRAST,
    DONE,
    MARKS,
    download,
    open_tab,
    picture,
    plays,
    settled,
    slowed,
    sounds,
    unnamed,
    upload,
    write,
    write_tune,
)

from studio import midi, pipeline, ui
from studio.pipeline import catalogue
from studio.score import Score

pytestmark = MARKS
TABS = ("Rewrite bars", "Accompany", "Vary", "Blend", "Restyle by example", "Compare")
SHIPPED = catalogue.CHECKPOINTS
sound = pytest.mark.skipif(pipeline.sound_problem() is not None, reason=f"no sound: {pipeline.sound_problem()}")


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    return write_tune(tmp_path / "my tune.mid")


def continues_an_upload(page: Any, tune: Path, folder: Path) -> Score:
    """The main job from end to end; returns the downloaded score."""
    upload(page, tune)
    write(page)
    if pipeline.sound_problem() is None:
        assert plays(page, "#seed-roll")
        assert plays(page, "#result-roll")
        wav = download(page, "#result-wav", folder)
        samples, rate = soundfile.read(wav)
        assert samples.ndim == 2 and len(samples) / rate > 4 + 8
        assert wav.stem.startswith("my-tune_transformer_4bars")
    path = download(page, "#result-midi", folder)
    assert path.stem.startswith("my-tune_transformer_4bars")
    result, seed = midi.load(path).score, midi.load(tune).score
    assert result.tracks[0].notes[:16] == seed.tracks[0].notes
    assert len(result.tracks[0].notes) > 16
    return result


# --- the main job -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["tiny", "shipped"] if (SHIPPED / "lstm" / "card.json").exists() else ["tiny"])
def test_upload_generate_listen_download(
    visit: Callable[..., Any], tune: Path, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if model == "shipped":
        monkeypatch.setattr(catalogue, "CHECKPOINTS", SHIPPED)
    page = visit(accept_downloads=True)
    continues_an_upload(page, tune, tmp_path)
    facts = page.inner_text("#seed-facts")
    assert "4/4" in facts and "2 bars" in facts and "Melody" in facts and "Flute" in facts


@sound
def test_the_new_bars_are_heard_at_once_and_one_music_sounds_at_a_time(visit: Callable[..., Any], tune: Path) -> None:
    page = visit()
    upload(page, tune)
    write(page)
    # Two bars of seed take 4 seconds: who has asked for music hears what is new.
    sounds(page, "#result-roll", 4.1)
    page.click("#seed-roll .play")
    sounds(page, "#seed-roll", 0.2)
    assert page.get_attribute("#result-roll .play", "title") == "Play"
    page.click("#result-roll .jump")
    sounds(page, "#result-roll", 4.1)
    assert page.get_attribute("#seed-roll .play", "title") == "Play"
    # The playhead stands in the new bars: right of the first third, for two bars of seed and four new ones.
    assert float(page.input_value("#result-roll .seek")) >= 4
    assert float(page.get_attribute("#result-roll .seek", "max")) > 8


@sound
def test_the_dice_are_rolled_and_another_take_is_heard(visit: Callable[..., Any], tune: Path) -> None:
    page = visit()
    upload(page, tune)
    page.click("#continue-advanced button")
    page.fill("#continue-number input", "10001")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/sound/" in request.url else None)
    write(page, bars=16)
    sounds(page, "#result-roll", 4.1)
    first = asked[-1].split("?")[0]
    with page.expect_request(lambda request: "/sound/" in request.url and not request.url.startswith(first)):
        page.click("#continue-again")
    sounds(page, "#result-roll", 4.1)
    page.wait_for_selector(DONE)
    assert int(page.input_value("#continue-number input")) < 10_000


def test_a_result_becomes_the_next_seed(visit: Callable[..., Any], tune: Path) -> None:
    page = visit()
    upload(page, tune)
    write(page)
    page.click("#takes .from-here")
    page.wait_for_selector("#history-notice .notice:has-text('Started from')")
    page.wait_for_selector("#seed-facts:has-text('6 bars')")


def test_an_odd_file_gets_its_sentence_and_the_seed_stays(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit()
    upload(page, tune)
    write(page)
    odd = tmp_path / "letter.mid"
    odd.write_text("Dear Clara, ...")
    page.set_input_files("#seed-file input[type=file]", odd)
    page.wait_for_selector("#seed-notice .notice[data-kind=error][role=alert]:has-text('MIDI')")
    assert "A tune" in page.inner_text("#seed-facts")
    assert page.is_enabled("#result-midi") and page.is_visible("#result-roll canvas.notes")


def test_a_file_over_the_limit_is_refused_in_words_without_being_sent(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    page = visit()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "upload" in request.url else None)
    large = tmp_path / "large.mid"
    with large.open("wb") as file:
        file.truncate(ui.MAX_UPLOAD_MB * 2**20 + 1)
    page.set_input_files("#seed-file input[type=file]", large)
    page.wait_for_selector(".upload-problem:has-text('larger than 20 MB')")
    page.wait_for_timeout(300)
    assert sent == []


def test_bars_that_are_not_there_are_answered_in_words_beside_the_result(visit: Callable[..., Any]) -> None:
    page = visit()
    page.fill("#continue-first-bar input", "99")
    page.click("#continue-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=error][role=alert]:has-text('bars')")
    page.wait_for_selector("#continue-generate:enabled")
    assert page.locator("[data-testid=toast-body]").count() == 0


def test_stop_keeps_what_is_written(
    visit: Callable[..., Any], tune: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    slowed(monkeypatch, 0.3)
    page.fill("#continue-bars input[type=number]", "60")
    assert page.is_disabled("#stop")
    page.click("#continue-generate")
    page.wait_for_selector("#result-notice .notice:has-text('of 60 bars written')")
    assert page.is_disabled("#continue-generate")
    page.click("#stop")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Stopped after')")
    page.wait_for_selector("#continue-generate:enabled")
    assert page.is_disabled("#stop")
    kept = midi.load(download(page, "#result-midi", tmp_path)).score
    assert len(kept.tracks[0].notes) > 16 and kept.bar_count < 2 + 60
    if pipeline.sound_problem() is None:
        assert plays(page, "#result-roll")


def test_two_visitors_at_once_each_get_their_own(
    visit: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ben").mkdir()
    pages = {name: visit(accept_downloads=True) for name in ("ada", "ben")}
    slowed(monkeypatch, 0.1)
    tunes = {}
    for i, (name, page) in enumerate(pages.items()):
        tunes[name] = write_tune(tmp_path / name / f"{name}.mid", title=name, first=55 + 12 * i)
        upload(page, tunes[name], title=name)
    for page in pages.values():
        page.click("#continue-generate")
    for name, page in pages.items():
        page.wait_for_selector(DONE)
        path = download(page, "#result-midi", tmp_path / name)
        assert path.name.startswith(name)
        assert midi.load(path).score.tracks[0].notes[:16] == midi.load(tunes[name]).score.tracks[0].notes
        assert page.inner_text("#seed-facts .title") == name


# --- strangers --------------------------------------------------------------------------------------------------------

HOSTILE = "${window.hacked=1}{{#if 1}}<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>`"


def test_a_visitors_text_is_shown_and_never_run(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit()
    path = write_tune(tmp_path / "${window.hacked=1}<img src=x onerror=window.hacked=1>.mid", HOSTILE, HOSTILE)
    page.set_input_files("#seed-file input[type=file]", path)
    page.wait_for_function("title => document.querySelector('#seed-facts .title').textContent === title", arg=HOSTILE)
    settled(page)
    assert page.inner_text("#seed-facts .tracks strong") == HOSTILE
    write(page)
    page.click("#continue-track input")
    assert page.evaluate("window.hacked") is None
    assert page.locator("#seed-facts img, #seed-facts script").count() == 0


def test_no_call_can_make_the_server_read_its_own_files(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    original = pipeline.read
    monkeypatch.setattr(pipeline, "read", lambda *asked: read.append(asked) or original(*asked))
    config = httpx.get(server + "config").json()
    upload_event = next(d for d in config["dependencies"] if d["targets"][0][1] == "upload")
    secret = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}, "orig_name": "a.mid"}
    data = [secret, *[None] * (len(upload_event["inputs"]) - 1)]
    call = {"data": data, "fn_index": upload_event["id"], "session_hash": "stranger"}
    answer = httpx.post(server + "gradio_api/queue/join", json=call)
    if answer.status_code == 200:
        told = httpx.get(server + "gradio_api/queue/data", params={"session_hash": "stranger"}, timeout=20).text
        assert '"success":false' in told.replace(" ", "") and "root:" not in told
    assert [asked for asked in read if "passwd" in str(asked)] == []
    # Nor are the visitors' own folders served, only what was put on a page.
    (tmp_path / "seed.mid").write_bytes(b"MThd")
    for path in ("/etc/passwd", tmp_path / "seed.mid"):
        assert httpx.get(f"{server}gradio_api/file={path}").status_code in (403, 404)


BRIGHTNESS = """(roll) => {
  const canvas = document.querySelector(roll + " canvas.notes");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, part) => sum + part, 0) / data.length;
}"""


def brightness(page: Any, roll: str) -> float:
    """How bright a piano roll is that has been painted: 0 to 255, on average."""
    page.wait_for_function(f"document.querySelector('{roll} canvas.notes').width > 300")
    page.evaluate("new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)))")
    return float(page.evaluate(BRIGHTNESS, roll))


# --- how it looks and how it can be used ------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_it_fits_and_can_be_read(
    visit: Callable[..., Any], tune: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 900})
    upload(page, tune)
    write(page)
    page.click("#continue-advanced button")
    page.click("#mix button")
    page.wait_for_selector("#soundfont:visible")
    assert (brightness(page, "#result-roll") > 128) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    picture(page, f"{scheme}-{width}", tmp_path)
    page.wait_for_function(f"() => ({CONTRAST})().length === 0")  # colours fade for a moment
    for tab in TABS:
        open_tab(page, tab)
        page.wait_for_timeout(400)
        picture(page, f"{scheme}-{width}-{tab.split()[0].lower()}", tmp_path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.wait_for_function(f"() => ({CONTRAST})().length === 0")  # colours fade for a moment


def test_the_visitor_may_choose_light_or_dark_and_it_is_kept(visit: Callable[..., Any]) -> None:
    page = visit(color_scheme="light")
    assert brightness(page, "#seed-roll") > 128
    page.click("#theme-button")
    page.wait_for_function(f"({BRIGHTNESS})('#seed-roll') < 128")
    page.reload()
    settled(page)
    assert brightness(page, "#seed-roll") < 128


def test_every_control_has_a_name_and_the_page_one_heading(visit: Callable[..., Any]) -> None:
    page = visit()
    page.click("#continue-advanced button")
    assert unnamed(page) == []
    for tab in TABS:
        open_tab(page, tab)
        page.wait_for_timeout(300)
        assert unnamed(page) == []
    assert page.locator("h1").all_inner_texts() == ["Music Studio"]
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.evaluate("[...document.images].filter((i) => i.checkVisibility() && !i.alt).length") == 0


def test_all_can_be_done_with_the_keyboard(visit: Callable[..., Any]) -> None:
    page = visit()
    reached: set[str] = set()
    ids = "() => { const all = []; for (let n = document.activeElement; n; n = n.parentElement) all.push(n.id); "
    ids += "return all; }"
    for _ in range(80):
        page.keyboard.press("Tab")
        # No faster than a quick hand: Gradio's lists stumble when they are left while they still open.
        page.wait_for_timeout(250)
        reached.update(page.evaluate(ids))
        if page.evaluate("document.activeElement.id") == "continue-generate":
            break
    assert {
        "theme-button",
        "seed-example",
        "ways",
        "mix",
        "continue-track",
        "continue-model",
        "continue-advanced",
        "continue-generate",
    } <= reached
    page.keyboard.press("Enter")
    page.wait_for_selector(DONE)


def test_a_server_that_is_gone_is_told(visit: Callable[..., Any]) -> None:
    # Not the first port that is free: another server on this machine would take it over at once.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    blocks = ui.build()
    page = visit(ui.launch(blocks, port=port))
    assert page.is_hidden("#gone")
    blocks.close()
    page.wait_for_selector("#gone:has-text('stopped answering')")
