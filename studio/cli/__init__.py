"""The command line: `studio continue`, `infill`, `accompany`, `restyle`, `vary`, `blend`, `compare`, `read`, `models`,
`check`, `verify`, `evaluate`, `listen`.

Knows the pipeline only. A command is one `Command`: its name, a line of help, a function that declares its arguments
and one that does the work; a module holds those of a kind. Results go to standard output, progress and remarks to
standard error. Exit codes: 0, 1 when what was to be checked is not as it should be, 2 when something was wrong with
what was asked (one sentence says what), 130 when interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from studio.cli import checking, comparing, evaluating, listening, showing, varying, verifying, writing
from studio.cli.command import Command
from studio.errors import StudioError

COMMANDS = (
    *writing.COMMANDS,
    *varying.COMMANDS,
    *comparing.COMMANDS,
    *showing.COMMANDS,
    *evaluating.COMMANDS,
    *checking.COMMANDS,
    *verifying.COMMANDS,
    *listening.COMMANDS,
)


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; '{self.prog} --help' tells more.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parser().parse_args(arguments)
    command: Command = args.command
    try:
        code = command.run(args)
        sys.stdout.flush()
        return code or 0
    except StudioError as error:
        print(f"studio {command.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="studio", description="Write music with a trained model: go on, rewrite, accompany, restyle.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.declare(sub)
        sub.set_defaults(command=command)
    return parser
