"""`Command`: one verb of the command line, and how it speaks to whoever typed it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One verb of the command line; `run` may return an exit code."""

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int | None]


def remark(*sentences: str) -> None:
    """Say something beside the results, on standard error."""
    for sentence in sentences:
        print(sentence, file=sys.stderr)
