"""One training run: the loop knows steps, schedules and files; what a step learns is the model's own business."""

from __future__ import annotations

import csv
import math
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from studio import checkpoints, models, plots, representations
from studio.data import examples
from studio.data.windows import manifest_sum, sources
from studio.errors import DataError, SettingError
from studio.models import OptimizerSettings
from studio.train import devices, judges, state
from studio.train.batches import Batches
from studio.train.processes import Processes
from studio.train.settings import Settings
from studio.train.stopping import stopping

SAVE_EVERY_S = 120
FREE = {"steps", "batch", "context", "threads", "device", "compile", "patience", "decay"}
"""Settings that may change when a run is resumed: it may go on elsewhere, for longer, with longer windows."""


class Run:
    """One training run in one folder: model, optimizers, where it stands, and its files."""

    def __init__(
        self,
        model_name: str,
        data: Path,
        out: Path,
        settings: Settings,
        sizes: dict[str, Any],
        command: str,
        start: Path | None = None,
    ) -> None:
        """`start` is a checkpoint to learn on from; it has to be of these sizes and this vocabulary."""
        self.out, self.data, self.settings, self.command = out, data, settings, command
        self.model_name, module = model_name, models.find(model_name)
        kind, exercised = module.EXAMPLES, "infill" in module.VERBS
        self.judge = judges.find(kind)
        self.train = examples.read(kind, data, "train", settings.context, exercised=exercised)
        self.valid = examples.read(kind, data, "valid", settings.context, exercised=False)
        if not (self.train.tokens and self.valid.tokens):
            raise DataError(f"{data} holds no training or no validation pieces; prepare more data with studio.data.")
        self.sources, self.manifest = sources(data), manifest_sum(data)  # once: a card is written at every improvement
        self.representation = representations.find(self.train.representation)(self.train.vocabulary)
        device = devices.device(settings.device)
        self.world = Processes(device, devices.compiles(settings.compile, device))
        self.device, self.bf16 = self.world.device, devices.bf16(settings.precision, device)
        self.batches = Batches(self.train, settings, self.world)
        torch.manual_seed(settings.seed)
        if settings.threads:
            torch.set_num_threads(settings.threads)
        model = _build(module, self.representation, sizes, settings.context)
        self.earlier = _begin(model, self.representation, start) if start else []
        self.model = model.to(self.device)
        self.optimizers: list[torch.optim.Optimizer] = self.model.configure_optimizers(
            OptimizerSettings(settings.optimizer, settings.lr, settings.weight_decay, settings.clip)
        )
        self.step, self.seconds, self.best, self.since_best, self.looked = 0, 0.0, math.inf, 0, 0
        self.losses: list[dict[str, float]] = []  # of the steps since the last look
        self.rows: list[dict[str, float]] = []

    # --- files -----------------------------------------------------------------------------------------------------

    def _description(self) -> dict[str, Any]:
        """What must be the same for a run to be resumed."""
        fixed = {k: v for k, v in asdict(self.settings).items() if k not in FREE}
        return {"model": self.model_name, "config": asdict(self.model.config), **fixed}

    def resume(self) -> bool:
        """Go on from the folder's state, if there is one; SettingError when it belongs to another run."""
        found = self.world.share(state.read(self.out) if self.world.first else None)
        if found is None:
            return False
        tensors, meta = found
        differing = [k for k, v in self._description().items() if meta["description"].get(k) != v]
        if differing:
            raise SettingError(
                f"{self.out} holds a run with other settings ({', '.join(differing)}); "
                "give the same ones to resume it, or another --out."
            )
        state.restore(tensors, self.model, self.optimizers)
        self.step, self.seconds, self.best = meta["step"], meta["seconds"], meta["best"]
        self.since_best, self.rows, self.losses = meta["since_best"], meta["rows"], meta["losses"]
        self.looked = int(self.rows[-1]["step"]) if self.rows else 0
        return True

    def save(self) -> None:
        """Write the state, which the first process does."""
        if not self.world.first:
            return
        meta = {"description": self._description(), "step": self.step, "seconds": self.seconds, "best": self.best}
        meta |= {"since_best": self.since_best, "rows": self.rows, "losses": self.losses}
        state.write(self.out, self.model, self.optimizers, meta)

    def log(self, **row: float) -> None:
        """Add a row to loss.csv and redraw loss.png."""
        self.rows.append(row)
        with (self.out / "loss.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(self.rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.rows)
        plots.save_figure(plots.loss_curve(self.rows), self.out / "loss.png")

    # --- the loop --------------------------------------------------------------------------------------------------

    def learn(self) -> None:
        """Train until the steps are done or validation stops improving.

        Ctrl-C and SIGTERM end it with KeyboardInterrupt, once the step or look it is at is done and saved; a second one
        at once. However it ended, `resume` goes on from the last state as if nothing had been.
        """
        settings, saved, begun, tokens = self.settings, time.monotonic(), time.monotonic(), 0
        with stopping() as asked, self._progress() as bar:
            while True:
                if self.step > self.looked and (self.step % settings.eval_every == 0 or self.step == settings.steps):
                    self._look()
                    self.save()
                if self.step >= settings.steps or self.since_best >= settings.patience:
                    break
                self._step()
                tokens += settings.batch * settings.context
                bar.update()
                bar.set_postfix_str(
                    f"loss {self.losses[-1]['loss']:.3f}, {tokens / (time.monotonic() - begun):,.0f} tokens/s"
                )
                if self.world.any(asked()):
                    self.save()
                    raise KeyboardInterrupt
                if time.monotonic() - saved > SAVE_EVERY_S:
                    self.save()
                    saved = time.monotonic()
        self.world.close()

    def _progress(self) -> Any:
        hidden = not self.world.first
        total = self.settings.steps
        return tqdm(total=total, initial=self.step, unit="step", dynamic_ncols=True, mininterval=1, disable=hidden)

    def _step(self) -> None:
        started = time.monotonic()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate(self.step)
        batch = self.batches(self.step)
        # What a step draws depends on nothing before it: so a resumed run draws the same, on any device.
        drawn = np.random.SeedSequence((self.settings.seed, self.step, self.world.rank)).generate_state(1, np.uint64)
        torch.manual_seed(int(drawn[0]))
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            logged = self.model.training_step(batch, self.optimizers, self.settings.clip, self.world)
        if not math.isfinite(logged["loss"]):
            raise SettingError(f"The loss became {logged['loss']} at step {self.step}; use a smaller lr.")
        self.losses.append(logged)
        self.step += 1
        self.seconds += time.monotonic() - started

    def _look(self) -> None:
        """Validate, which the first process does and the others wait for."""
        if self.world.first:
            means = {k: sum(row[k] for row in self.losses) / len(self.losses) for k in self.losses[0]}
            self._judge({f"train_{k}": round(v, 5) for k, v in means.items()})
        self.since_best = self.world.share(self.since_best)
        self.looked, self.losses = self.step, []

    def _judge(self, train: dict[str, float]) -> None:
        """Log held-out figures beside those of training; keep the weights when they are the best so far."""
        valid = self.score()
        loss = valid["loss"]
        self.since_best = 0 if loss < self.best else self.since_best + 1
        self.log(
            step=self.step,
            seconds=round(self.seconds, 1),
            **train,
            **{f"valid_{k}": round(v, 5) for k, v in valid.items()},
            lr=self.settings.learning_rate(self.step - 1),
        )
        if loss < self.best:
            self.best = loss
            checkpoints.save(self.out, self.model, self.model_name, self.representation, self.card({}))

    def score(self) -> dict[str, float]:
        """Held-out figures of the model as it stands."""
        self.model.eval()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            judged: dict[str, float] = self.judge.judge(self.model, self.valid, self.settings.eval_ids, self.device)
            return judged

    # --- the card --------------------------------------------------------------------------------------------------

    def card(self, figures: dict[str, Any]) -> dict[str, Any]:
        """What the checkpoint says of itself."""
        module = models.find(self.model_name)
        parameters = sum(p.numel() for p in self.model.parameters())
        return {
            "title": module.TITLE,
            "help": module.HELP,
            "command": self.command,
            "parameters": parameters,
            "steps": self.step,
            "training_hours": round(self.seconds / 3600, 2),
            "machine": devices.description(self.device, self.world.size),
            "config": asdict(self.model.config),
            "settings": asdict(self.settings),
            "figures": figures,
            **({"learned_before": self.earlier} if self.earlier else {}),
            "manifest": self.manifest,
            "data": self.sources,
        }

    def finish(self) -> dict[str, Any]:
        """Measure the best weights, as they will be used, on the test split, and complete the card."""
        self.model.load_state_dict(checkpoints.load(self.out)[0].state_dict())
        self.model.eval()
        figures: dict[str, Any] = self.judge.figures(self)
        checkpoints.save_card(self.out, self.model_name, self.card(figures))
        return figures


def _build(module: Any, representation: Any, sizes: dict[str, Any], context: int) -> Any:
    """The network of these sizes, told what it wants to know of the representation's ids; `context` must fit it."""
    known = {f.name for f in fields(module.Config)}
    marks = {name: mark for name, mark in representation.marks.items() if name in known}
    config = module.Config(vocab_size=representation.vocab_size, **marks, **sizes)
    if context > getattr(config, "context", context):
        raise SettingError(
            f"Windows of {context} ids are longer than the {config.context} that the network sees; "
            "set a smaller context."
        )
    try:
        return module.Model(config)
    except ValueError as error:
        raise SettingError(f"There is no network of these sizes: {error}.") from error


def _begin(model: Any, representation: Any, start: Path) -> list[dict[str, Any]]:
    """Give the model the weights of a checkpoint; what it learned before, first to last, for the card."""
    from_model, from_representation = checkpoints.load(start)
    # What is no whole number is no size but a way of learning, and may change.
    ours, theirs = (
        {k: v for k, v in asdict(m.config).items() if k != "context" and not isinstance(v, float)}
        for m in (model, from_model)
    )
    same = list(from_representation.vocab) == list(representation.vocab)
    if not (same and type(model) is type(from_model) and ours == theirs):
        raise SettingError(
            f"{start} cannot be learned on from: it is of another {'size' if same else 'vocabulary'}; "
            "start from a checkpoint of the same, or from none."
        )
    model.load_state_dict(from_model.state_dict())
    facts = checkpoints.read_card(start).facts
    last = {key: facts[key] for key in ("command", "steps", "training_hours", "machine")}
    last["collections"] = ", ".join(sorted({source["collection"] for source in facts["data"]}))
    return [*facts.get("learned_before", []), last]
