"""From a request to notes, to the first sound, to everything that the page shows and offers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.table import Row, rate, seconds
from studio import pipeline

EXAMPLE = "ode-to-joy"
BARS = (8, 32)


def seed() -> pipeline.Seed:
    """The shipped example that everything is measured with."""
    return pipeline.read(next(path for _, path in pipeline.examples() if path.stem == EXAMPLE))


def take(request: pipeline.Request) -> pipeline.Take:
    """The finished take of a request for the example."""
    *_, last = pipeline.continue_(seed(), request)
    assert isinstance(last, pipeline.Take)
    return last


def first_sound(made: pipeline.Take, folder: Path) -> None:
    """The first half second of the new bars, ready to play."""
    with_new = made.score.slice_ticks(made.new_from, made.end)
    next(pipeline.render_stream(with_new))


def wav(made: pipeline.Take, folder: Path) -> None:
    """The whole take as a WAV file."""
    pipeline.save(made, folder / "take.wav")


def measure(model: str, repeats: int, reference_s: float) -> list[Row]:
    """Medians over requests that differ only in their seed number; the model is loaded before."""
    take(pipeline.Request(model, bars=1))
    rows = []
    sound = pipeline.sound_problem() is None
    for bars in BARS:
        requests = [replace(pipeline.Request(model, bars=bars), seed=number) for number in range(repeats)]
        takes = [_timed(request) for request in requests]
        notes = sum(made.notes_new for _, made in takes) / sum(took for took, _ in takes)
        writing = median(took for took, _ in takes)
        rows.append(rate(f"notes written per second, {bars} bars", notes, "notes/s", reference_s))
        rows.append(seconds(f"request to notes, {bars} bars", writing, reference_s))
        if sound:
            made = [made for _, made in takes]
            rows += [
                seconds(f"request to first sound, {bars} bars", writing + _after(first_sound, made), reference_s),
                seconds(f"request to finished WAV, {bars} bars", writing + _after(wav, made), reference_s),
            ]
    return rows


def _timed(request: pipeline.Request) -> tuple[float, pipeline.Take]:
    start = time.perf_counter()
    made = take(request)
    return time.perf_counter() - start, made


def _after(work: Callable[[pipeline.Take, Path], None], takes: list[pipeline.Take]) -> float:
    """Median seconds of `work` on finished takes."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for made in takes:
            start = time.perf_counter()
            work(made, Path(folder))
            times.append(time.perf_counter() - start)
    return median(times)
