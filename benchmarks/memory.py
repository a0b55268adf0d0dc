"""Peak memory of a fresh process that does the whole journey, and how long its first request takes.

python -m benchmarks.memory --model lstm --bars 32 [--page]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import Row, seconds

BARS = 32


def peak_mib() -> float:
    """The most memory this process has held so far, in MiB."""
    try:
        # getrusage() would start from the peak of the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # bytes on macOS


def measure(model: str, reference_s: float) -> list[Row]:
    """Two fresh processes: one that does what the command line does, and one that holds the page as well."""
    line, page = (_journey(model, *flags) for flags in ((), ("--page",)))
    return [
        seconds(f"a fresh process to notes, {BARS} bars", line["notes_s"], reference_s),
        Row(f"peak memory, {BARS} bars, command line", line["peak_mib"], "MiB"),
        Row(f"peak memory, {BARS} bars, with the page", page["peak_mib"], "MiB"),
    ]


def _journey(model: str, *flags: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory", "--model", model, "--bars", str(BARS), *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Do the journey and print what it took as JSON."""
    start = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--bars", type=int, required=True)
    parser.add_argument("--page", action="store_true")
    args = parser.parse_args()
    if args.page:
        from studio import ui

        ui.build()
    from benchmarks import generation
    from studio import pipeline

    made = generation.take(pipeline.Request(args.model, bars=args.bars))
    notes_s = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        if pipeline.sound_problem() is None:
            generation.page(made, Path(folder))
    print(json.dumps({"notes_s": notes_s, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
