"""Models: each module here is one network, found by its file name. They see tensors, never scores.

A model module holds a frozen dataclass `Config`, a class `Model` of the protocol below, `VERBS`, what it can be asked to
do, and `CONTROLS`, what a user may turn. This file itself needs no torch, so that pages can be drawn without it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

    from studio.sampling import Mask, Settings


@dataclass(frozen=True)
class Control:
    """Something a user may set: a number between `minimum` and `maximum` in steps of `step`, or one of `choices`.

    `default` None means "left free". `help` is for a musician.
    """

    name: str
    default: float | str | None
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    help: str = ""


OPTIMIZERS = ("adamw", "adam", "rmsprop", "muon")


@dataclass(frozen=True)
class OptimizerSettings:
    """`name` is one of OPTIMIZERS; `lr` the peak learning rate; `clip` the largest gradient norm."""

    name: str = "adamw"
    lr: float = 4e-3
    weight_decay: float = 0.01
    clip: float = 1.0


class Model(Protocol):
    """What training and decoding ask of a network. `torch.nn.Module`s all."""

    config: Any

    def configure_optimizers(self, settings: OptimizerSettings) -> list[torch.optim.Optimizer]:
        """One optimizer, or several that take turns."""

    def training_step(
        self, batch: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float
    ) -> dict[str, float]:
        """Learn from ids (B, T + 1), stepping the optimizers itself; returns losses to log, `loss` among them."""

    def nll(self, ids: torch.Tensor) -> torch.Tensor:
        """Negative log-likelihood in nats of ids[:, 1:] given what precedes, (B, T)."""

    def generate(
        self, prompt: torch.Tensor, masks: Sequence[Mask], settings: Settings, generators: Sequence[torch.Generator]
    ) -> Iterator[list[int | None]]:
        """Continue `prompt` (T,) in as many takes as there are masks; yields an id a take, None for one at its end."""


def names() -> list[str]:
    """The models in this folder."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def find(name: str) -> Any:
    """The module of the model `name` with its `Config`, `Model`, `VERBS` and `CONTROLS`; KeyError when there is none."""
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"{__name__}.{name}")
