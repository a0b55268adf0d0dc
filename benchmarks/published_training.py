"""Training on one benchmark's own training split: a run in one folder that can be stopped and resumed."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from benchmarks.published_batches import Batches
from benchmarks.published_chorales import Choir, ChoirConfig
from benchmarks.published_ids import START, Writing
from benchmarks.published_pieces import Piece
from benchmarks.published_windows import frame_nats, mean_nats
from studio.models import OptimizerSettings
from studio.models.transformer import Config, Model
from studio.train import devices, state
from studio.train.settings import learning_rate

BEST = "best.safetensors"


@dataclass(frozen=True)
class Settings:
    """Sizes of the network and course of the run; every value was chosen on the validation split."""

    steps: int
    width: int = 128
    layers: int = 5
    heads: int = 2
    dropout: float = 0.1
    context: int = 2048
    tokens: int = 1024
    """Largest padded size of a batch; small, since on this little data many steps learn more than exact ones."""
    lr: float = 6e-3
    warmup: int = 100
    decay: float = 0.8
    """Share of the steps, at the end, over which the learning rate falls to 0."""
    weight_decay: float = 0.1
    clip: float = 1.0
    average: float = 0.99
    """Share of the averaged weights that stays at each step."""
    home: float = 0.5
    """Share of the pieces that are learned in their own key."""
    most: int = 6
    """Largest transposition of the others, in semitones either way, within the range that the training split has."""
    orders: int = 1
    """At the end pieces are read in the first so many orders, see `frame_nats`."""
    networks: int = 1
    """So many learn, with seeds from 0 up, and are asked together."""
    look_every: int = 300
    save_every: int = 5
    """Epochs between two savings of the state."""
    seed: int = 0

    def learning_rate(self, step: int) -> float:
        """Of step 0, 1, ...: warm-up, plateau, linear fall."""
        return learning_rate(step, self.steps, self.lr, self.warmup, self.decay)


def network(writing: Writing, settings: Settings) -> Model:
    """The Transformer, where there are voices told of them as well."""
    sizes: dict[str, Any] = {
        name: getattr(settings, name) for name in ("width", "layers", "heads", "context", "dropout")
    }
    sizes |= writing.places
    if not writing.voiced:
        return Model(Config(writing.vocab_size, START, **sizes))
    return Choir(ChoirConfig(writing.vocab_size, START, **sizes))


class Run:
    """The model, its average, and where the run stands."""

    def __init__(self, writing: Writing, splits: Mapping[str, Sequence[Piece]], settings: Settings, out: Path) -> None:
        self.writing, self.settings, self.out, self.valid = writing, settings, out, splits["valid"]
        torch.manual_seed(settings.seed)
        self.model, self.average = network(writing, settings), network(writing, settings)
        self.average.load_state_dict(self.model.state_dict())
        self.optimizers = self.model.configure_optimizers(
            OptimizerSettings("muon", settings.lr, settings.weight_decay, settings.clip)
        )
        self.batches = Batches(
            writing, splits["train"], settings.context, settings.tokens, settings.home, settings.most, settings.seed
        )
        self.bf16 = devices.bf16("auto", torch.device("cpu"))
        self.step, self.epoch, self.seconds, self.best = 0, 0, 0.0, math.inf
        self.rows: list[dict[str, float]] = []
        out.mkdir(parents=True, exist_ok=True)
        if found := state.read(out):
            self._resume(*found)

    def learn(self) -> None:
        """Train to the last step; the averaged weights that are best on the validation split are kept."""
        losses: list[float] = []
        while self.step < self.settings.steps:
            for batch in self.batches.epoch(self.epoch):
                began = time.monotonic()
                losses.append(self._step(batch))
                self.seconds += time.monotonic() - began
                if self.step % self.settings.look_every == 0 or self.step == self.settings.steps:
                    self._look(sum(losses) / len(losses))
                    losses = []
                if self.step >= self.settings.steps:
                    break
            self.epoch += 1
            if self.epoch % self.settings.save_every == 0:
                self._save()
        self._save()

    def best_model(self) -> Model:
        """The averaged weights of the best look at the validation split."""
        self.average.load_state_dict(load_file(self.out / BEST))
        return self.average

    def _step(self, batch: torch.Tensor) -> float:
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate(self.step)
        self.model.train()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            logged = self.model.training_step(batch, self.optimizers, self.settings.clip)
        self.step += 1
        share = min(self.settings.average, self.step / (self.step + 10))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.model.parameters(), strict=True):
                mean.lerp_(now, 1 - share)
        return logged["loss"]

    def _look(self, train_loss: float) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            frames = frame_nats([self.average], self.writing, self.valid, self.settings.context)
        valid = mean_nats(frames)
        row = {"step": self.step, "epoch": self.epoch, "seconds": round(self.seconds)}
        self.rows.append(row | {"train": round(train_loss, 4), "valid": round(valid, 4)})
        with (self.out / "loss.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        if valid < self.best:
            self.best = valid
            save_file(self.average.state_dict(), self.out / BEST)

    def _save(self) -> None:
        meta = {
            "at": (self.step, self.epoch, self.seconds, self.best, self.rows),
            "rng": torch.get_rng_state().tolist(),
        }
        state.write(self.out, self._both(), self.optimizers, meta)

    def _resume(self, tensors: state.Tensors, meta: dict[str, Any]) -> None:
        state.restore(tensors, self._both(), self.optimizers)
        torch.set_rng_state(torch.tensor(meta["rng"], dtype=torch.uint8))
        self.step, self.epoch, self.seconds, self.best, self.rows = meta["at"]

    def _both(self) -> nn.ModuleDict:
        return nn.ModuleDict({"model": self.model, "average": self.average})
