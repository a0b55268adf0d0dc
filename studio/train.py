"""Training: one loop for all models. `python -m studio.train --model lstm --data DIR --out DIR --set lr=0.001`.

The loop knows steps, schedules, files and resuming; what a step learns is the model's own business. A run can be
killed at any moment: the same command goes on from the last saved state and sees the same batches as an unbroken run.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import platform
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from studio import checkpoints, models, plots, representations
from studio.data.windows import SHIFTS, Windows, sources
from studio.errors import DataError, SettingError, StudioError
from studio.evaluate import fit_ngram, model_scorer, nats, ngram_scorer
from studio.models import OptimizerSettings


@dataclass(frozen=True)
class Settings:
    """How a run goes; sizes of the network are the model's `Config`."""

    steps: int = 7500
    """Optimizer steps in all."""
    batch: int = 32
    """Windows a step."""
    context: int = 256
    """Ids a window."""
    optimizer: str = "adamw"
    """adamw, adam or rmsprop."""
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
    device: str = "auto"
    """cpu, cuda, mps, or auto."""
    threads: int = 0
    """CPU threads; 0 = torch's own choice."""
    eval_every: int = 300
    """Steps between looks at the validation split."""
    patience: int = 8
    """Looks without improvement before the run stops early."""
    seed: int = 0

    def learning_rate(self, step: int) -> float:
        """Of step 0, 1, ...: warm-up, plateau, linear fall."""
        fall = max(1, round(self.steps * self.decay))
        return self.lr * max(0.0, min(1.0, (step + 1) / max(1, self.warmup), (self.steps - step) / fall))


class Run:
    """One training run in one folder: model, optimizers, where it stands, and its files."""

    def __init__(self, model_name: str, data: Path, out: Path, settings: Settings, sizes: dict[str, Any], command: str):
        self.out, self.data, self.settings, self.command = out, data, settings, command
        self.train, self.valid = (Windows(data, split, settings.context) for split in ("train", "valid"))
        if not (self.train.tokens and self.valid.tokens):
            raise DataError(f"{data} holds no training or no validation pieces; prepare more data with studio.data.")
        self.sources = sources(data)  # once: a card is written at every improvement
        self.representation = representations.find(self.train.representation)(self.train.vocabulary)
        self.device = _device(settings.device)
        self.bf16 = settings.precision == "bf16" or (settings.precision == "auto" and _has_bf16(self.device))
        torch.manual_seed(settings.seed)
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.model_name, module = model_name, models.find(model_name)
        config = module.Config(self.representation.vocab_size, self.representation.start_id, **sizes)
        self.model = module.Model(config).to(self.device)
        self.optimizers: list[torch.optim.Optimizer] = self.model.configure_optimizers(
            OptimizerSettings(settings.optimizer, settings.lr, settings.weight_decay, settings.clip)
        )
        self.step, self.seconds, self.best, self.since_best = 0, 0.0, math.inf, 0
        self.rows: list[dict[str, float]] = []

    # --- files -----------------------------------------------------------------------------------------------------

    def _description(self) -> dict[str, Any]:
        """What must be the same for a run to be resumed; `steps` and the like may change."""
        free = {"steps", "threads", "device", "patience", "decay"}
        fixed = {k: v for k, v in asdict(self.settings).items() if k not in free}
        return {"model": self.model_name, "config": asdict(self.model.config), **fixed}

    def resume(self) -> bool:
        """Go on from the folder's state, if there is one; SettingError when it belongs to another run."""
        path = self.out / "state.safetensors"
        if not path.exists():
            return False
        tensors = load_file(path)
        meta = json.loads(bytes(tensors.pop("meta").tolist()))
        if meta["description"] != self._description():
            differing = [k for k, v in self._description().items() if meta["description"].get(k) != v]
            raise SettingError(
                f"{self.out} holds a run with other settings ({', '.join(differing)}); "
                "give the same ones to resume it, or another --out."
            )
        self.model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        for i, optimizer in enumerate(self.optimizers):
            state = optimizer.state_dict()
            state["state"] = _unflatten(tensors, f"optimizer{i}.")
            optimizer.load_state_dict(state)
        torch.set_rng_state(tensors["rng"])
        self.step, self.seconds, self.best = meta["step"], meta["seconds"], meta["best"]
        self.since_best, self.rows = meta["since_best"], meta["rows"]
        return True

    def save(self) -> None:
        """Write the state; it replaces the old one in one move."""
        tensors = {f"model.{k}": v.detach().cpu().contiguous() for k, v in self.model.state_dict().items()}
        for i, optimizer in enumerate(self.optimizers):
            tensors.update(_flatten(optimizer.state_dict()["state"], f"optimizer{i}."))
        tensors["rng"] = torch.get_rng_state()
        meta = {"description": self._description(), "step": self.step, "seconds": self.seconds, "best": self.best}
        meta |= {"since_best": self.since_best, "rows": self.rows}
        # As a tensor: the format's own metadata only holds text and is limited in size.
        tensors["meta"] = torch.tensor(list(json.dumps(meta).encode()), dtype=torch.uint8)
        scratch = self.out / "state.safetensors.part"
        save_file(tensors, scratch)
        os.replace(scratch, self.out / "state.safetensors")

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
        """Train until the steps are done or validation stops improving; Ctrl-C saves and raises KeyboardInterrupt."""
        settings, losses, saved = self.settings, [], time.monotonic()
        bar = tqdm(total=settings.steps, initial=self.step, unit="step", dynamic_ncols=True, mininterval=1)
        begun, tokens = time.monotonic(), 0
        try:
            while self.step < settings.steps and self.since_best < settings.patience:
                started = time.monotonic()
                losses.append(self._step())
                tokens += settings.batch * settings.context
                self.step += 1
                self.seconds += time.monotonic() - started
                bar.update()
                if self.step % settings.eval_every == 0 or self.step == settings.steps:
                    self._look(sum(losses) / len(losses))
                    losses = []
                    self.save()
                elif time.monotonic() - saved > 120:
                    self.save()
                    saved = time.monotonic()
                loss = losses[-1] if losses else self.rows[-1]["train_loss"]
                bar.set_postfix_str(f"loss {loss:.3f}, {tokens / (time.monotonic() - begun):,.0f} tokens/s")
        except KeyboardInterrupt:
            self.save()
            raise
        finally:
            bar.close()

    def _step(self) -> float:
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.settings.learning_rate(self.step)
        ids = self.train.batch(self.step, self.settings.seed, self.settings.batch)
        batch = torch.from_numpy(ids).to(self.device)
        self.model.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            logged = self.model.training_step(batch, self.optimizers, self.settings.clip)
        if not math.isfinite(logged["loss"]):
            raise SettingError(f"The loss became {logged['loss']} at step {self.step}; use a smaller lr.")
        return float(logged["loss"])

    def _look(self, train_loss: float) -> None:
        """Validate; keep the weights when they are the best so far."""
        valid = self.score(self.valid)["nats_per_token"]
        self.since_best = 0 if valid < self.best else self.since_best + 1
        self.log(
            step=self.step,
            seconds=round(self.seconds, 1),
            train_loss=round(train_loss, 5),
            valid_loss=round(valid, 5),
            lr=self.settings.learning_rate(self.step - 1),
        )
        if valid < self.best:
            self.best = valid
            checkpoints.save(self.out, self.model, self.model_name, self.representation, self.card({}))

    def score(self, windows: Windows) -> dict[str, float]:
        """Held-out likelihood of the model as it stands."""
        self.model.eval()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return nats(model_scorer(self.model, self.device), windows.evaluation(), self.representation.note_ids)

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
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {self.device.type}, torch {torch.__version__}",
            "config": asdict(self.model.config),
            "settings": asdict(self.settings),
            "figures": figures,
            "data": self.sources,
        }

    def finish(self) -> dict[str, Any]:
        """Score the best weights and the baseline on the test split, and complete the card."""
        self.model.load_state_dict(checkpoints.load(self.out)[0].state_dict())
        self.bf16 = False  # the figures are those of the weights as they will be used
        test = Windows(self.data, "test", self.settings.context)
        model = self.score(test)
        ngram = fit_ngram(self.train.evaluation(), self.representation, SHIFTS)
        baseline = nats(ngram_scorer(ngram), test.evaluation(), self.representation.note_ids)
        figures = {
            "test_nats_per_note": model["nats_per_note"],
            "test_nats_per_token": model["nats_per_token"],
            "ngram5_nats_per_note": baseline["nats_per_note"],
            "ngram5_nats_per_token": baseline["nats_per_token"],
            "below_ngram5": 1 - model["nats_per_note"] / baseline["nats_per_note"],
            "valid_nats_per_token": self.best,
            "test_notes": int(model["notes"]),
            "test_tokens_per_note": model["tokens"] / model["notes"],
        }
        checkpoints.save_card(self.out, self.model_name, self.card(figures))
        return figures


def _flatten(state: dict[int, dict[str, Any]], prefix: str) -> dict[str, torch.Tensor]:
    """An optimizer's state as named tensors."""
    return {
        f"{prefix}{index}.{name}": torch.as_tensor(value).detach().cpu().clone()
        for index, entries in state.items()
        for name, value in entries.items()
        if value is not None
    }


def _unflatten(tensors: dict[str, torch.Tensor], prefix: str) -> dict[int, dict[str, torch.Tensor]]:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(prefix):
            index, name = key[len(prefix) :].split(".", 1)
            state.setdefault(int(index), {})[name] = value
    return state


def _device(name: str) -> torch.device:
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _has_bf16(device: torch.device) -> bool:
    """Whether bf16 autocast pays on this device."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX512" and _cpu_flag("avx512_bf16")


def _cpu_flag(flag: str) -> bool:
    try:
        return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False


def _typed(default: Any, text: str) -> Any:
    """`text` as a value of the default's type; ValueError when it is none."""
    return type(default)(text)


def parse(pairs: Sequence[str], model_name: str) -> tuple[Settings, dict[str, Any]]:
    """`key=value` texts as (settings of the run, sizes of the network); SettingError for what neither knows."""
    known_sizes = {f.name: f for f in fields(models.find(model_name).Config)}
    known = {f.name: f for f in fields(Settings)}
    settings, sizes = Settings(), {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        try:
            if key in known:
                settings = replace(settings, **{key: _typed(getattr(settings, key), text)})
            elif key in known_sizes and key not in ("vocab_size", "start_id"):
                sizes[key] = _typed(known_sizes[key].default, text)
            else:
                names = sorted({*known, *known_sizes} - {"vocab_size", "start_id"})
                raise SettingError(f"--set {pair}: there is no '{key}'; there are {', '.join(names)}.")
        except ValueError as error:
            raise SettingError(f"--set {pair}: {error}.") from error
    if settings.optimizer not in models.OPTIMIZERS:
        raise SettingError(f"There is no optimizer '{settings.optimizer}'; there are {', '.join(models.OPTIMIZERS)}.")
    return settings, sizes


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m studio.train", description="Train a model on prepared data.")
    parser.add_argument("--model", required=True, help=f"one of {', '.join(models.names())}")
    parser.add_argument("--data", required=True, type=Path, help="folder written by python -m studio.data")
    parser.add_argument("--out", required=True, type=Path, help="folder for the checkpoint, the curves and the state")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="KEY=VALUE",
        help="sizes of the network and settings of the run, such as hidden=512 lr=0.001 steps=5000",
    )  # fmt: skip
    args = parser.parse_args(arguments)
    # The command as anyone can repeat it, without this machine's folders.
    command = f"python -m studio.train --model {args.model} --data {args.data.name} --out {args.out.name}"
    command += "".join(f" {shlex.quote(word)}" for word in (["--set", *args.set] if args.set else []))
    try:
        if args.model not in models.names():
            raise SettingError(f"There is no model '{args.model}'; there are {', '.join(models.names())}.")
        settings, sizes = parse(args.set, args.model)
        args.out.mkdir(parents=True, exist_ok=True)
        run = Run(args.model, args.data, args.out, settings, sizes, command)
        if run.resume():
            print(f"resuming at step {run.step} of {settings.steps}", file=sys.stderr)
        run.learn()
        print(json.dumps(run.finish(), indent=1))
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
