"""What models learn from: each kind is a class in a module of its own, both of one name (`windows.Windows`)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray


class Examples(Protocol):
    """The examples of one split of a prepared folder.

    `representation` by name and its `vocabulary`; how many `tokens` and `notes` there are, 0 where the split is empty.
    """

    representation: str
    vocabulary: list[str]
    tokens: int
    notes: int

    def batch(self, step: int, seed: int, size: int) -> NDArray[Any]:
        """What a step learns from, about `size` rows: the same for the same step and seed, whatever came before."""


def read(kind: str, folder: Path, split: str, context: int, *, exercised: bool) -> Any:
    """The examples of that kind; `context` and `exercised` are for those that know windows, see there."""
    found = getattr(importlib.import_module(f"studio.data.{kind}"), kind.capitalize())
    return found(folder, split, context, exercised=exercised) if kind == "windows" else found(folder, split)
