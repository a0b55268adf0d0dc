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
    page.wait_for_selector("#seed-player img.on-light", state="attached")


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


def plays(page: Any, player: str) -> bool:
    """Press play; whether time then passes in the audio element, and it is not silent on the page."""
    page.click(f"{player} .play")
    clock = f"document.querySelector('{player} audio').currentTime"
    page.wait_for_function(f"{clock} > 0.4")
    page.click(f"{player} .play")
    return bool(page.evaluate(f"document.querySelector('{player} audio').paused"))


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


def choose_take(page: Any, number: int) -> None:
    page.click(f"#takes label:has-text('Take {number}')")
    page.wait_for_selector(f"#result-notice .notice[data-kind=done]:has-text('Take {number} has')")


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
