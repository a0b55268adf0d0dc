"""How fluid the piano roll is: `python -m benchmarks.roll`, in headless Chromium, without a graphics card.

All notes are in sight while the view scrolls and zooms at each frame and the playhead moves. `work` is the time that
the page's scripts take of a frame, `frame` the time from one frame to the next, at best 16.7 ms: 60 frames a second.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.music import band
from benchmarks.table import Row, circumstances, number, report, told, write

from studio.ui import offline  # isort: skip  # noqa: F401 - must come before gradio

import gradio as gr
from playwright.sync_api import sync_playwright

from studio import pipeline
from studio.ui import roll, theme
from studio.ui.words import Words

NOTES = (50, 5000)
SIZE = {"width": 1120, "height": 900}

# A player whose clock runs, without sound.
PLAYER = """
window.studioSound = {
  owner: null, playing: false, begun: 0,
  position() { return (performance.now() - this.begun) / 1000; },
  play({ owner }) {
    Object.assign(this, { owner, playing: true, begun: performance.now() });
    document.dispatchEvent(new CustomEvent("studio-sound", { detail: { owner, playing: true } }));
  },
  pause() {}, stop() {}, audition() {},
};
// What the scripts take of each frame: everything that is asked for by requestAnimationFrame.
window.work = 0;
const ask = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (act) => ask((time) => {
  const begun = performance.now();
  act(time);
  window.work += performance.now() - begun;
});
"""
FRAMES = """
async (frames) => {
  const canvas = document.querySelector("#roll .over"), box = canvas.getBoundingClientRect();
  const wheel = (changes) => canvas.dispatchEvent(new WheelEvent("wheel", {
    bubbles: true, cancelable: true, clientX: box.left + box.width / 2, clientY: box.top + 120, ...changes,
  }));
  const times = [], works = [];
  let last = 0;
  document.querySelector("#roll .play").click();
  for (let i = 0; i < frames; i++) {
    const begun = performance.now();
    wheel({ deltaX: i % 20 < 10 ? 12 : -12 });
    wheel({ deltaY: i % 12 < 6 ? 6 : -6, ctrlKey: true });
    const asked = performance.now() - begun;
    window.work = 0;
    const time = await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (last) times.push(time - last);
    works.push(window.work + asked);
    last = time;
  }
  return [times, works];
}
"""


def music(notes: int) -> pipeline.Score:
    """Five tracks of so many notes in all."""
    return band(notes / (5 * 4 * 60))


@contextmanager
def served() -> Iterator[tuple[str, dict[str, str]]]:
    """A page with a piano roll that shows `held["value"]`; yields its address and `held`."""
    held = {"value": ""}
    page: gr.Blocks
    with gr.Blocks(analytics_enabled=False) as page:
        shown = roll.component(Words(), "Music", "roll")
        page.load(lambda: held["value"], None, shown)
    _, address, _ = page.launch(
        server_name="127.0.0.1",
        prevent_thread_lock=True,
        quiet=True,
        theme=theme.theme(),
        head=roll.head([Words()]),
        ssr_mode=False,
    )
    try:
        yield str(address), held
    finally:
        page.close()


def measured(browser: Any, address: str, frames: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each frame, and of the scripts in it."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.add_init_script(PLAYER)
    page.goto(address)
    page.wait_for_selector("#roll .piano-roll:visible")
    page.click("#roll .fit")
    page.evaluate(FRAMES, 30)
    times, works = page.evaluate(FRAMES, frames)
    page.context.close()
    return times, works


def rows_of(notes: int, times: list[float], works: list[float]) -> list[Row]:
    """Median and 95th percentile."""
    rows = []
    for what, values in (("work", works), ("frame", times)):
        rows.append(Row(f"{notes} notes, {what}, median", statistics.median(values), "ms"))
        rows.append(Row(f"{notes} notes, {what}, 95th percentile", statistics.quantiles(values, n=20)[-1], "ms"))
    return rows


def main(argv: list[str] | None = None) -> None:
    """Measure and print; with --out also write roll.json and roll.md there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roll", description=__doc__)
    parser.add_argument("--frames", type=int, default=300, help="frames to measure (%(default)s)")
    parser.add_argument("--out", type=Path, help="folder for roll.json and roll.md")
    args = parser.parse_args(argv)
    about = circumstances(told("benchmarks.roll", argv))
    rows: list[Row] = []
    with served() as (address, held), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium") or "/usr/bin/chromium")
        for notes in NOTES:
            score = music(notes)
            held["value"] = roll.value(score, editable=True, sound="sound/none")
            rows += rows_of(score.note_count, *measured(browser, address, args.frames))
        browser.close()
    few, many = rows[0].value, rows[4].value
    rows.append(Row(f"work with {NOTES[1]} notes to that with {NOTES[0]}, medians", many / few, "times"))
    table = report(rows, about)
    print(table)
    print(f"With {NOTES[1]} notes a frame takes the scripts {number(many)} ms, with {NOTES[0]} {number(few)} ms.")
    if args.out:
        write(args.out / "roll.json", about, rows=rows)
        (args.out / "roll.md").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
