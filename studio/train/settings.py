"""Settings of a run and sizes of a network, read from the `key=value` texts of a command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from studio import models, representations
from studio.errors import SettingError


@dataclass(frozen=True)
class Settings:
    """How a run goes; sizes of the network are the model's `Config`."""

    steps: int = 7500
    """Optimizer steps in all."""
    batch: int = 32
    """Windows a step."""
    context: int = 256
    """Ids a window; at most what the network sees at once."""
    optimizer: str = "adamw"
    """adamw, adam, rmsprop or muon."""
    lr: float = 4e-3
    """Peak learning rate."""
    warmup: int = 200
    """Steps over which the learning rate rises from 0."""
    decay: float = 0.4
    """Share of the steps, at the end, over which it falls to 0; constant before, so `steps` may change on the way."""
    weight_decay: float = 0.01
    clip: float = 1.0
    """Largest gradient norm."""
    precision: str = "auto"
    """bf16, fp32, or auto: bf16 where the processor has it."""
    compile: str = "auto"
    """on, off, or auto: on for CUDA. On a CPU it takes a minute first, and pays in a long run."""
    device: str = "auto"
    """cpu, cuda, mps, or auto."""
    threads: int = 0
    """CPU threads; 0 = torch's own choice."""
    eval_every: int = 300
    """Steps between looks at the validation split."""
    eval_ids: int = 250_000
    """About how many ids of it are looked at."""
    patience: int = 8
    """Looks without improvement before the run stops early."""
    seed: int = 0

    def learning_rate(self, step: int) -> float:
        """Of step 0, 1, ...: see `learning_rate`."""
        return learning_rate(step, self.steps, self.lr, self.warmup, self.decay)


def learning_rate(step: int, steps: int, peak: float, warmup: int, decay: float) -> float:
    """Of step 0, 1, ...: rises over `warmup` steps, stays at its peak, falls to 0 over the last share `decay`."""
    fall = max(1, round(steps * decay))
    return peak * max(0.0, min(1.0, (step + 1) / max(1, warmup), (steps - step) / fall))


CHOICES = {"optimizer": models.OPTIMIZERS, "precision": ("auto", "bf16", "fp32"), "compile": ("auto", "on", "off")}


def _typed(default: Any, text: str) -> Any:
    """`text` as a value of the default's type; ValueError when it is none."""
    return type(default)(text)


def parse(pairs: Sequence[str], model_name: str, size: str | None = None) -> tuple[Settings, dict[str, Any]]:
    """`key=value` texts as (settings of the run, sizes of the network); SettingError for what neither knows.

    The network's sizes are those that its module names `size`, and what the texts say otherwise.
    """
    known_sizes = _sizes(model_name)
    known = {f.name: f for f in fields(Settings)}
    settings, sizes = Settings(), _named(size, model_name)
    for pair in pairs:
        key, _, text = pair.partition("=")
        try:
            if key in known:
                settings = replace(settings, **{key: _typed(getattr(settings, key), text)})
            elif key in known_sizes:
                sizes[key] = _typed(known_sizes[key], text)
            else:
                names = sorted({*known, *known_sizes})
                raise SettingError(f"--set {pair}: there is no '{key}'; there are {', '.join(names)}.")
        except ValueError as error:
            raise SettingError(f"--set {pair}: {error}.") from error
    for name, choices in CHOICES.items():
        if getattr(settings, name) not in choices:
            raise SettingError(f"There is no {name} '{getattr(settings, name)}'; there are {', '.join(choices)}.")
    return settings, sizes


def _sizes(model_name: str) -> dict[str, Any]:
    """The fields of the network's Config and their defaults, less those that the data's representation fills in."""
    marks = {mark for name in representations.names() for mark in representations.find(name)().marks}
    found = fields(models.find(model_name).Config)
    return {f.name: f.default for f in found if f.name not in marks | {"vocab_size"}}


def _named(size: str | None, model_name: str) -> dict[str, Any]:
    """The sizes that go by that name; those of the Config's defaults need none."""
    named: dict[str, dict[str, int]] = getattr(models.find(model_name), "SIZES", {})
    if size is None:
        return {}
    if size not in named:
        there = f"there are {', '.join(named)}" if named else "it has one size only; leave --size out"
        raise SettingError(f"The model '{model_name}' has no size '{size}'; {there}.")
    return dict(named[size])
