"""Models: each module here is one network, found by its file name. They see tensors, never scores.

A model module holds a frozen dataclass `Config`, a class `Model` of the protocol below, `VERBS`, what it can be asked
to do, `CONTROLS`, what a user may turn, and `EXAMPLES`, the kind that it learns from (see `studio.data.examples`);
`SIZES` if its sizes go by names. This file itself needs no torch, so that
pages can be drawn without it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
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


class World:
    """All the processes that train one model together, as a training step sees them: here just one, alone.

    A step calls what it differentiates by way of `run`, and gets its gradients averaged over the processes; so it must
    divide a sum by the `mean` of the processes' counts, which have rows of their own, and not by its own count.
    `size` is how many processes there are.
    """

    size: int = 1

    def run(self, method: Callable[..., Any], *inputs: torch.Tensor) -> Any:
        """`method(*inputs)`, of a network that all processes have: a bound method of a `torch.nn.Module`."""
        return method(*inputs)

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean of a number over the processes, without gradient."""
        return value.detach()


ALONE = World()


class Model(Protocol):
    """What training and decoding ask of a network. `torch.nn.Module`s all.

    One that learns from "rolls" has no likelihood: it has no `nll`, but `write`, and `generate` yields bars, see `gan`.
    """

    config: Any

    def configure_optimizers(self, settings: OptimizerSettings) -> list[torch.optim.Optimizer]:
        """One optimizer, or several that take turns."""

    def training_step(
        self, batch: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float, world: World = ALONE
    ) -> dict[str, float]:
        """Learn from ids (B, T + 1), stepping the optimizers itself; returns losses to log, `loss` among them.

        With several processes `batch` is this one's share, and what is returned is the mean over all.
        """

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
    """The module of the model `name`, with all that the above says it holds; KeyError when there is none."""
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"{__name__}.{name}")
