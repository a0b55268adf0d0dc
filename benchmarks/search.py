"""A small search over settings: short runs of `studio.train` on one grid, recorded as CSV, best first.

python benchmarks/search.py --model lstm --data DIR --out DIR --set steps=1500 --grid lr=0.001,0.003 dropout=0.1,0.3
"""

from __future__ import annotations

import argparse
import csv
import itertools
from pathlib import Path

from studio.train import Run, parse


def main() -> None:
    """Run the grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path, help="folder for the runs (resumable) and search.csv")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="the same for all runs")
    parser.add_argument("--grid", nargs="+", required=True, metavar="KEY=V1,V2", help="every combination is run")
    args = parser.parse_args()

    axes = [[f"{key}={value}" for value in values.split(",")] for key, values in (a.split("=") for a in args.grid)]
    rows = []
    for choice in itertools.product(*axes):
        settings, sizes = parse([*args.set, *choice], args.model)
        folder = args.out / "_".join(choice)
        folder.mkdir(parents=True, exist_ok=True)
        run = Run(args.model, args.data, folder, settings, sizes, "a run of benchmarks/search.py")
        run.resume()
        run.learn()
        named = dict(pair.split("=") for pair in choice)
        rows.append({**named, "steps": run.step, "valid_nats_per_token": round(run.best, 4)})
        print(rows[-1], flush=True)
        with (args.out / "search.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted(rows, key=lambda row: float(row["valid_nats_per_token"])))


if __name__ == "__main__":
    main()
