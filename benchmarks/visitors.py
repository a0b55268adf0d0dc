"""Eight visitors who let the studio write at once: how long each waits and works, and what memory the server keeps.

python -m benchmarks.visitors [--rounds 4] [--port 7906]

The real app in a process of its own, the shipped models, every visitor with a client, a seed number and a model of
their own. Two of them write at a time; the others are told how many are before them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from gradio_client import Client, handle_file

from benchmarks.table import circumstances, markdown, number, told
from studio import pipeline

ROOT = Path(__file__).parent.parent
VISITORS = 8
PATIENCE_S = 300.0


@dataclass(frozen=True)
class Visit:
    """What one visitor met with: the last `answer`, whom they were told to be behind, seconds from the request on."""

    answer: Mapping[str, Any]
    before: tuple[int, ...]
    waited_s: float
    finished_s: float


def visitors(address: str, count: int = VISITORS) -> list[Client]:
    """So many clients, each a visitor of its own."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: Client(address, verbose=False, analytics_enabled=False), range(count)))


def visit(client: Client, music: str, asked: Mapping[str, Any]) -> Visit:
    """Let the studio continue the music, and note down what it answers."""
    begun = time.perf_counter()
    job = client.submit(handle_file(music), **asked, api_name="/continue")
    before: list[int] = []
    waited: float | None = None
    for answer in job:
        if answer["state"] == "waiting":
            before.append(answer["before"])
        elif waited is None:
            waited = time.perf_counter() - begun
    finished = time.perf_counter() - begun
    return Visit(job.result(timeout=PATIENCE_S), tuple(before), waited or finished, finished)


def at_once(clients: Sequence[Client], music: str, asked: Sequence[Mapping[str, Any]]) -> list[Visit]:
    """All of them together, each with their own request."""
    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(lambda pair: visit(pair[0], music, pair[1]), zip(clients, asked, strict=True)))


@contextmanager
def _app(port: int) -> Iterator[tuple[str, int]]:
    """The studio in a process of its own: its address and its process id."""
    env = os.environ | {"STUDIO_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        try:
            if "open at" not in app.stdout.readline():
                sys.exit(f"The studio did not start on port {port}.")
            yield f"http://127.0.0.1:{port}/", app.pid
        finally:
            app.terminate()


def memory_mib(process: int | str) -> float:
    """What a process holds of memory now, in MiB; Linux only."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.visitors", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="how often all of them come (%(default)s)")
    parser.add_argument("--bars", type=int, default=8, help="bars that each has written (%(default)s)")
    parser.add_argument("--port", type=int, default=7906, help="where the studio is started (%(default)s)")
    args = parser.parse_args()
    models = [model.name for model in pipeline.models("continue")]
    music = str(pipeline.examples()[0][1])
    rows = []
    with _app(args.port) as (address, process):
        clients, before = visitors(address), memory_mib(process)
        for turn in range(args.rounds):
            asked = [
                {"bars": args.bars, "seed": 100 * turn + i, "model": models[i % len(models)]} for i in range(VISITORS)
            ]
            found = at_once(clients, music, asked)
            waits, ends = [v.waited_s for v in found], [v.finished_s for v in found]
            most = max((b for v in found for b in v.before), default=0)
            figures = (median(waits), max(waits), median(ends), max(ends), most, memory_mib(process))
            rows.append([str(turn + 1), *map(number, figures)])
    about = circumstances(told("benchmarks.visitors", None))
    header = ["round", "waited, median (s)", "longest", "finished, median (s)", "last", "most before one", "RSS (MiB)"]
    print(f"{VISITORS} visitors at once, {args.bars} bars each by {', '.join(models)}; RSS before: {before:.0f} MiB\n")
    print(markdown(header, rows))
    print(f"\n{about['machine']}; {about['busy']}. `{about['command']}`")


if __name__ == "__main__":
    main()
