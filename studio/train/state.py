"""Where a run stands, as one file: weights, optimizers and whatever else is needed to go on as if nothing had been."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

NAME = "state.safetensors"
Tensors = dict[str, torch.Tensor]


def write(folder: Path, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer], meta: Any) -> None:
    """Write the state; it replaces the old one in one move. `meta` is anything that JSON can hold."""
    tensors = {f"model.{k}": v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    for i, optimizer in enumerate(optimizers):
        tensors.update(_flatten(optimizer.state_dict()["state"], f"optimizer{i}."))
    # As a tensor: the format's own metadata only holds text and is limited in size.
    tensors["meta"] = torch.tensor(list(json.dumps(meta).encode()), dtype=torch.uint8)
    scratch = folder / f"{NAME}.part"
    save_file(tensors, scratch)
    os.replace(scratch, folder / NAME)


def read(folder: Path) -> tuple[Tensors, Any] | None:
    """(tensors, meta) as they were written; None when the folder holds no state yet."""
    if not (folder / NAME).exists():
        return None
    tensors = load_file(folder / NAME)
    meta = json.loads(bytes(tensors.pop("meta").tolist()))
    return tensors, meta


def restore(tensors: Tensors, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]) -> None:
    """Give model and optimizers the state that was read."""
    model.load_state_dict({k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
    for i, optimizer in enumerate(optimizers):
        state = optimizer.state_dict()
        state["state"] = _unflatten(tensors, f"optimizer{i}.")
        optimizer.load_state_dict(state)


def _flatten(state: dict[int, dict[str, Any]], prefix: str) -> Tensors:
    """An optimizer's state as named tensors."""
    return {
        f"{prefix}{index}.{name}": torch.as_tensor(value).detach().cpu().clone()
        for index, entries in state.items()
        for name, value in entries.items()
        if value is not None
    }


def _unflatten(tensors: Tensors, prefix: str) -> dict[int, dict[str, torch.Tensor]]:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith(prefix):
            index, name = key[len(prefix) :].split(".", 1)
            state.setdefault(int(index), {})[name] = value
    return state
