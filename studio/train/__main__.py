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
    """The exit code: 0 done, 2 when something given does not do, 130 when stopped by hand."""
    args = _parser().parse_args(arguments)
    try:
        if args.model not in models.names():
            raise SettingError(f"There is no model '{args.model}'; there are {', '.join(models.names())}.")
        device = [f"device={args.device}"] if args.device else []
        settings, sizes = parse([*args.set, *device], args.model, args.size)
        args.out.mkdir(parents=True, exist_ok=True)
        run = Run(args.model, args.data, args.out, settings, sizes, _repeatable(args), args.start)
        if run.resume() and run.world.first:
            print(f"resuming at step {run.step} of {settings.steps}", file=sys.stderr)
        run.learn()
        if run.world.first:
            print(json.dumps(run.finish(), indent=1))
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studio.train", description="Train a model on prepared data.")
    parser.add_argument("--model", required=True, help=f"one of {', '.join(models.names())}")
    parser.add_argument("--data", required=True, type=Path, help="folder written by python -m studio.data")
    parser.add_argument("--out", required=True, type=Path, help="folder for the checkpoint, the curves and the state")
    parser.add_argument("--start", type=Path, help="checkpoint to learn on from, such as checkpoints/transformer")
    parser.add_argument("--size", help="sizes of the network by name, such as small or base")
    parser.add_argument("--device", help="cpu, cuda or mps (the fastest there is)")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE",
        help="sizes of the network and settings of the run, such as hidden=512 lr=0.001 steps=5000",
    )  # fmt: skip
    return parser


def _repeatable(args: argparse.Namespace) -> str:
    """The command as anyone can repeat it, without this machine's folders and on any device."""
    words = ["--model", args.model, *(["--size", args.size] if args.size else [])]
    words += ["--start", args.start.name] if args.start else []
    words += ["--data", args.data.name, "--out", args.out.name, *(["--set", *args.set] if args.set else [])]
    return shlex.join(["python", "-m", "studio.train", *words])


if __name__ == "__main__":
    sys.exit(main())
