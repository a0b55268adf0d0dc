"""The command line of training."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from studio import models
from studio.errors import SettingError, StudioError
from studio.train.run import Run
from studio.train.settings import parse


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m studio.train", description="Train a model on prepared data.")
    parser.add_argument("--model", required=True, help=f"one of {', '.join(models.names())}")
    parser.add_argument("--data", required=True, type=Path, help="folder written by python -m studio.data")
    parser.add_argument("--out", required=True, type=Path, help="folder for the checkpoint, the curves and the state")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE",
        help="sizes of the network and settings of the run, such as hidden=512 lr=0.001 steps=5000",
    )  # fmt: skip
    args = parser.parse_args(arguments)
    # The command as anyone can repeat it, without this machine's folders.
    command = f"python -m studio.train --model {args.model} --data {args.data.name} --out {args.out.name}"
    command += "".join(f" {shlex.quote(word)}" for word in (["--set", *args.set] if args.set else []))
    try:
        if args.model not in models.names():
            raise SettingError(f"There is no model '{args.model}'; there are {', '.join(models.names())}.")
        settings, sizes = parse(args.set, args.model)
        args.out.mkdir(parents=True, exist_ok=True)
        run = Run(args.model, args.data, args.out, settings, sizes, command)
        if run.resume():
            print(f"resuming at step {run.step} of {settings.steps}", file=sys.stderr)
        run.learn()
        print(json.dumps(run.finish(), indent=1))
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
