"""`make bench`: every figure in one table, printed and written to results.json and results.md."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from benchmarks import drawing, generation, memory, sound
from benchmarks.reference import reference_s
from benchmarks.table import Row, circumstances, report, write


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--model", default="lstm", help="a checkpoint's name (%(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="each figure is the median of so many (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where results.json and results.md go")
    args = parser.parse_args()
    about = circumstances(shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]))
    reference = reference_s(args.repeats)
    rows = [
        Row("reference work", reference, "s", 1.0),
        *generation.measure(args.model, args.repeats, reference),
        *sound.measure(args.repeats, reference),
        *drawing.measure(args.repeats, reference),
        *memory.measure(args.model, reference),
    ]
    table = report(rows, about)
    print(table)
    write(args.out / "results.json", about, repeats=args.repeats, rows=rows)
    (args.out / "results.md").write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
