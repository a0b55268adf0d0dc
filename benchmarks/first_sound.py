"""`python -m benchmarks.first_sound`: from the click on Generate to sound, in a browser, with the shipped models.

The real server, queue and player, on a page that has nothing but the button: each click is timed inside the page until
the audio clock has moved past the beginning of the first new bar and what goes to the loudspeakers is not silent. Then
32 bars are written while they are heard, and stalls are counted.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import generation
from benchmarks.table import Row, circumstances, report, told, write
from studio import pipeline, ui
from studio.ui.sounds import SOUNDS

import gradio as gr  # isort: skip  # after studio.ui, which tells it not to look for a network

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
LOUD = 0.002
"""What is louder than this is sound."""
WRITTEN = 32
LISTENED_S = 20
"""Seconds of the new music that are heard when stalls are counted: the writing is over long before."""

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
  if (!event.target.closest("#write")) return;
  const clicked = performance.now(), samples = new Float32Array(512);
  studioSound.stop();
  window.took = null;
  window.moving = null;
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

PLAY = """
let playing = null; // one key comes again with every bar
watch("value", () => {
  const { key, from } = props.value;
  if (!key || key === playing) return;
  playing = key;
  window.mark = from;
  studioSound.play({ url: "sound/" + key, from, owner: element });
});
element.dataset.ready = "true";
"""


def page() -> gr.Blocks:
    """A button that lets a model write, and what plays it as soon as the first bar is there."""
    seed = generation.seed()

    def generate(model: str, bars: float, number: float) -> Iterator[dict[str, Any]]:
        run = pipeline.continue_(seed, pipeline.Request(model, bars=int(bars), seed=int(number)))
        take: pipeline.Take | None = None
        with SOUNDS.growing(seed.score) as growing:
            for step in run:
                if isinstance(step, pipeline.Take):
                    take = step
                    continue
                growing.put(step.heard)
                yield {"key": growing.key, "from": step.heard.new_from_s, "bars": step.bars_done}
            assert take is not None
            growing.finish(take.score)
        yield {"key": growing.key, "from": take.score.seconds_at(take.new_from), "bars": take.bars_new}

    with gr.Blocks() as blocks:
        model, bars, number = gr.Textbox(elem_id="model"), gr.Number(8, elem_id="bars"), gr.Number(0, elem_id="number")
        button = gr.Button("Generate", elem_id="write")
        sound = gr.HTML({}, html_template="<p>${value.bars}</p>", js_on_load=PLAY, elem_id="sound")
        button.click(generate, [model, bars, number], sound, show_progress="hidden", concurrency_limit=2)
    return blocks


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
        tab.wait_for_function("document.querySelector('#sound p').textContent === '8'")
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
    """A page of a visitor of its own, with ears."""
    tab = browser.new_context().new_page()
    tab.add_init_script(EARS)
    tab.goto(address)
    tab.wait_for_selector("[data-ready]", state="attached")
    return tab


def ask(tab: Any, model: str, bars: int, number: int) -> None:
    """Fill in and click."""
    tab.fill("#model textarea, #model input", model)
    tab.fill("#bars input", str(bars))
    tab.fill("#number input", str(number))
    tab.wait_for_timeout(300)  # who types leaves the field before the click
    tab.click("#write")


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
    blocks = page()
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
