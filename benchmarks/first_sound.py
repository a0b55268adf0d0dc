"""`python -m benchmarks.first_sound`: from the click that asks for music to its sound, in a browser, on the real page.

Each click is timed inside the page until the audio clock has moved past the beginning of the first new bar and what
goes to the loudspeakers is not silent. Then 32 bars are written while they are heard, and stalls are counted.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import generation
from benchmarks.table import Row, circumstances, report, told, write
from studio import pipeline, ui

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
LOUD = 0.002
"""What is louder than this is sound."""
WRITTEN = 32
LISTENED_S = 20
"""Seconds of the new music that are heard when stalls are counted: the writing is over long before."""

FREE = "#continue-generate:not([disabled])"
"""The button when nothing is being written."""

EARS = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode && !(this instanceof AnalyserNode)) {
    window.ears = new AnalyserNode(this.context, { fftSize: 512 });
    connect.call(this, window.ears);
  }
  return connect.call(this, to, ...more);
};
window.stalls = 0;
document.addEventListener("studio-sound", ({ detail }) => { if (detail.stalled) window.stalls += 1; });
document.addEventListener("click", (event) => {
  if (!event.target.closest("#continue-generate")) return;
  const clicked = performance.now(), samples = new Float32Array(512), play = studioSound.play;
  studioSound.stop();
  window.took = window.moving = null;
  window.mark = Infinity;
  studioSound.play = (asked) => {
    if (asked.from !== undefined) window.mark = asked.from;
    studioSound.play = play;
    return play.call(studioSound, asked);
  };
  const look = setInterval(() => {
    const now = performance.now() - clicked;
    if (!window.ears || !studioSound.playing || studioSound.position() <= window.mark) return;
    if (window.moving === null) window.moving = now;
    window.ears.getFloatTimeDomainData(samples);
    if (!samples.some((sample) => Math.abs(sample) > LOUD)) return;
    clearInterval(look);
    window.took = now;
  }, 2);
}, { capture: true });
""".replace("LOUD", str(LOUD))


def clicks(browser: Any, address: str, model: str, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each click to an advancing clock, and to sound; the first of the page is not told."""
    tab = opened(browser, address)
    moving, heard = [], []
    for number in range(count + 1):
        ask(tab, model, 8, number)
        tab.wait_for_function("window.took !== null")
        if number:
            moving.append(tab.evaluate("moving"))
            heard.append(tab.evaluate("took"))
        tab.wait_for_selector(FREE, timeout=90_000)
    tab.context.close()
    return moving, heard


def stalls(browser: Any, address: str, model: str, number: int) -> int:
    """How often the player runs dry while WRITTEN bars are written."""
    tab = opened(browser, address)
    ask(tab, model, WRITTEN, number)
    heard = f"window.took !== null && studioSound.position() > window.mark + {LISTENED_S}"
    tab.wait_for_function(heard, timeout=90_000)
    count = int(tab.evaluate("stalls"))
    tab.context.close()
    return count


def opened(browser: Any, address: str) -> Any:
    """A page of a visitor of its own, with ears and the example as its seed."""
    tab = browser.new_context(locale="en-US").new_page()
    tab.add_init_script(EARS)
    tab.goto(address)
    tab.wait_for_selector("#seed-facts .title")
    title = generation.seed().score.title
    tab.click("#seed-example input")
    tab.click(f"[role=option]:has-text({title!r})")
    tab.wait_for_selector(f"#seed-facts .title:text-is({title!r})")
    tab.click("#continue-advanced button")
    return tab


def ask(tab: Any, model: str, bars: int, number: int) -> None:
    """Fill in and click."""
    title = next(info.title for info in pipeline.models("continue") if info.name == model)
    if tab.input_value("#continue-model input") != title:
        tab.click("#continue-model input")
        tab.click(f"[role=option]:text-is({title!r})")
    tab.fill("#continue-bars input[type=number]", str(bars))
    tab.fill("#continue-number input", str(number))
    tab.keyboard.press("Tab")
    tab.wait_for_timeout(500)  # the page has taken it in
    tab.click("#continue-generate")


def measure(browser: Any, address: str, models: list[str], count: int) -> list[Row]:
    """Three rows a model, and one for the stalls."""
    rows = []
    for model in models:
        moving, heard = clicks(browser, address, model, count)
        rows += [
            Row(f"{model}: click to an advancing audio clock, median of {count}", median(moving) / 1000, "s"),
            Row(f"{model}: the same, longest", max(moving) / 1000, "s"),
            Row(f"{model}: click to audible sound, median of {count}", median(heard) / 1000, "s"),
            Row(f"{model}: the same, longest", max(heard) / 1000, "s"),
            Row(f"{model}: stalls while {WRITTEN} bars are written", stalls(browser, address, model, 1), "stalls"),
        ]
    return rows


def main(argv: list[str] | None = None) -> None:
    """Measure, print and write."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_sound", description=__doc__)
    parser.add_argument("--models", nargs="+", default=[model.name for model in pipeline.models("continue")])
    parser.add_argument("--clicks", type=int, default=20, help="so many for each model (%(default)s)")
    parser.add_argument("--port", type=int, default=None, help="where the page is served")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the results go")
    args = parser.parse_args(argv)
    about = circumstances(told("benchmarks.first_sound", argv))
    for model in args.models:
        list(pipeline.continue_(generation.seed(), pipeline.Request(model, bars=1)))  # loads it, as the studio does
    blocks = ui.build("en")
    address = ui.launch(blocks, port=args.port)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        rows = measure(browser, address, args.models, args.clicks)
        about["browser"] = f"Chromium {browser.version}, headless"
        browser.close()
    blocks.close()
    table = report(rows, about)
    print(table)
    write(args.out / "first_sound.json", about, rows=rows)
    (args.out / "first_sound.md").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
