"""What a visitor does at the page in headless Chromium."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import midi, pipeline
from studio.pipeline import comparison
from studio.score import Note, Score, Track

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium here: apt install chromium"),
]
DONE = "#result-notice .notice[data-kind=done]:has-text('Wrote')"
CONTRAST = Path(__file__).with_name("contrast.js").read_text()


def write_tune(path: Path, title: str = "A tune", name: str = "Melody", first: int = 60) -> Path:
    notes = tuple(Note(i * 240, first + (i * 2) % 12, 240, 80) for i in range(16))
    midi.save(Score(480, (Track(notes, 73, name=name),), title=title), path)
    return path


def settled(page: Any) -> None:
    """Wait until the seed on the desk is there with all it has."""
    page.wait_for_selector("#seed-notice .notice", state="hidden")
    page.wait_for_selector("#seed-roll .play:enabled")


def upload(page: Any, path: Path, title: str = "A tune") -> None:
    page.set_input_files("#seed-file input[type=file]", path)
    page.wait_for_selector(f"#seed-facts .title:text-is({title!r})")
    settled(page)


def write(page: Any, bars: int = 4) -> None:
    page.fill("#continue-bars input[type=number]", str(bars))
    page.click("#continue-generate")
    page.wait_for_selector(DONE)


def download(page: Any, button: str, folder: Path) -> Path:
    with page.expect_download() as info:
        page.click(button)
    path = folder / info.value.suggested_filename
    info.value.save_as(path)
    return path


def sounds(page: Any, roll: str, second: float = 0.0) -> None:
    """Wait until the music of that piano roll is heard, past a second of it."""
    mine = f"studioSound.playing && document.querySelector({roll!r}).contains(studioSound.owner)"
    page.wait_for_function(f"{mine} && studioSound.position() > {second}")


def plays(page: Any, roll: str) -> bool:
    """Press play; whether time then passes for who listens, and it is silent again when pressed once more."""
    page.evaluate("studioSound.stop()")
    page.click(f"{roll} .play")
    sounds(page, roll, 0.4)
    page.click(f"{roll} .play")
    return not page.evaluate("studioSound.playing")


def listen(page: Any) -> None:
    """Write down from now on what the player tells, for `told`, and what it asks the server for, for `asked`."""
    page.evaluate("""() => {
      window.told = [];
      document.addEventListener("studio-sound", ({ detail }) => {
        const { playing, stalled, ended, error } = detail;
        told.push({ playing, stalled, ended, error });
      });
    }""")


def told(page: Any, name: str) -> list[Any]:
    """What the player told of itself, in order, since `listen`."""
    return [state[name] for state in page.evaluate("told")]


def bar_at(page: Any, roll: str, bar: float, bars: int) -> tuple[float, float]:
    """Where in the ruler a bar lies, counted from 0, when all of so many equal bars are in sight."""
    page.click(f"{roll} .fit")
    box = page.locator(f"{roll} .over").bounding_box()
    with_drums = page.locator(f"{roll} .piano-roll.with-drums").count()
    keys = (70 if box["width"] < 520 else 84) if with_drums else 46
    # view.js: a little room is left at the right, and a quarter has 92 pixels at most.
    width = min((box["width"] - keys) * 0.985 / bars, 4 * 92)
    return box["x"] + keys + width * bar, box["y"] + 10


def choose_bars(page: Any, roll: str, first: int, last: int, bars: int) -> None:
    """Drag over bars in the ruler, counted from 1; the music has so many bars of four quarters."""
    page.locator(f"{roll} .over").scroll_into_view_if_needed()
    left, y = bar_at(page, roll, first - 0.7, bars)
    right, _ = bar_at(page, roll, last - 0.3, bars)
    page.mouse.move(left, y)
    page.mouse.down()
    page.mouse.move((left + right) / 2, y)
    page.mouse.move(right, y)
    page.mouse.up()
    named = f"Bar {first}" if first == last else f"Bars {first}–{last}"
    page.wait_for_selector(f"{roll} .which:has-text({named!r})")


def picked(page: Any, roll: str, note: int, track: int = 0) -> None:
    """Select a note by keyboard: the track's `note`-th, counted from 0."""
    page.focus(f"{roll} .over")
    page.click(f"{roll} .tracks li >> nth={track} >> .name")
    page.focus(f"{roll} .over")
    for key in ("Escape", "Home", *["n"] * (note + 1)):
        page.keyboard.press(key)


def slowed(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let each bar that continues a seed take that long."""
    original = pipeline.continue_

    def slow(seed: pipeline.Seed, request: pipeline.Request) -> Iterator[Any]:
        for step in original(seed, request):
            time.sleep(seconds)
            yield step

    monkeypatch.setattr(pipeline, "continue_", slow)
    monkeypatch.setattr(comparison, "continue_", slow)


def choose_example(page: Any, key: str) -> Score:
    """Put one of the shipped examples on the desk; returns its score."""
    title, path = next((title, path) for title, path in pipeline.examples() if path.stem == key)
    page.click("#seed-example input")
    page.click(f"[role=option]:has-text({title!r})")
    page.wait_for_selector(f"#seed-facts .title:text-is({title!r})")
    settled(page)
    return midi.load(path).score


def open_tab(page: Any, name: str) -> None:
    """Open a tab, by way of the menu where there is no room for its name."""
    if page.is_visible(f"[role=tab]:has-text({name!r})"):
        page.click(f"[role=tab]:has-text({name!r})")
    else:
        page.click(".overflow-menu button")
        page.click(f".overflow-dropdown button:has-text({name!r})")


def write_takes(page: Any, verb: str, takes: int) -> None:
    page.fill(f"#{verb}-takes input[type=number]", str(takes))
    page.click(f"#{verb}-generate")
    page.wait_for_selector(f"#result-notice .notice[data-kind=done]:has-text('Wrote {takes} takes')")


def card(number: int) -> str:
    """The card of a take, in whatever language and order they stand."""
    return f"#takes .take-card:has(.title:has-text('{number}'))"


def choose_take(page: Any, number: int) -> None:
    page.click(f"{card(number)} >> .face")
    page.wait_for_selector(f"#result-notice .notice[data-kind=done]:has-text('Take {number} has')")
    page.wait_for_selector(f"#takes .take-card.shown .title:text-is('Take {number}')")


def beats(score: Score, track: int) -> list[tuple[float, ...]]:
    """A track's notes in quarters."""
    q = score.resolution
    return [(n.onset / q, n.pitch, n.duration / q, n.velocity) for n in score.tracks[track].notes]


def picture(page: Any, name: str, tmp_path: Path) -> None:
    """A screenshot of the whole page, in the folder STUDIO_SCREENSHOTS if that is set."""
    folder = Path(os.environ.get("STUDIO_SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / f"{name}.png", full_page=True)


def unnamed(page: Any) -> Any:
    """What can be used on the page and has no name."""
    return page.evaluate("""
    () => [...document.querySelectorAll("button, input, select, textarea, [role=slider], audio[controls]")]
      .filter((node) => node.checkVisibility() && !node.closest("[aria-hidden=true]"))
      .filter((node) => !(node.ariaLabel || node.innerText || node.title || [...(node.labels || [])]
        .map((label) => label.innerText).join("").trim()
        || (node.getAttribute("aria-labelledby") && document.getElementById(node.getAttribute("aria-labelledby")))))
      .map((node) => node.outerHTML.slice(0, 160))
    """)
