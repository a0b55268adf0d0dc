"""Representations: each module here turns a `Score` into arrays a model can learn, and back.

A representation is one module with one class of the protocol below; nobody keeps a list of them (`find`).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from studio.score import Score


class Representation(Protocol):
    """`decode(encode(p)) == p` for any score `p` on the representation's grid; `decode` takes any ids at all."""

    name: str

    def quantize(self, score: Score) -> Score:
        """The nearest score on the grid; a fixed point for a score already there."""

    def encode(self, score: Score) -> NDArray[Any]:
        """The score as an array."""

    def decode(self, array: NDArray[Any]) -> Score:
        """A valid score for any array of the right type."""


class TokenRepresentation(Representation, Protocol):
    """A representation whose array is a sequence of ids (T,), 0 <= id < vocab_size."""

    vocab: tuple[str, ...]

    @property
    def vocab_size(self) -> int:
        """Number of different ids."""

    def allowed(self, prefix: Sequence[int]) -> NDArray[np.bool_]:
        """Which ids may follow `prefix` (vocab_size,): the grammar mask, so that a sampler cannot write nonsense."""


def find(name: str) -> Any:
    """The class of the representation in module `studio.representations.<name>`; KeyError when there is none."""
    if name not in names():
        raise KeyError(name)
    module = importlib.import_module(f"{__name__}.{name}")
    for _, item in inspect.getmembers(module, inspect.isclass):
        if getattr(item, "name", None) == name:
            return item
    raise KeyError(name)


def names() -> list[str]:
    """The representations in this folder."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__))
