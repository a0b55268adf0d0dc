"""Checkpoints: a folder that describes itself, to (model, representation) and back. Never pickle.

    config.json        the model's name and config, the representation's name and its vocabulary
    model.safetensors  the weights, half precision
    card.json          what it was trained on, how, with which figures; README.md is the same for reading

Reading cards needs no torch, so a page can list what there is at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from studio import models, representations
from studio.errors import CheckpointError

WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Card:
    """A checkpoint as told by its card; `facts` is the whole of card.json."""

    folder: Path
    name: str
    model: str
    title: str
    help: str
    controls: tuple[models.Control, ...]
    verbs: tuple[str, ...]
    facts: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Of the weights file: what a recipe names it by."""
        path = self.folder / WEIGHTS
        return _sha256(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, modified: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_card(folder: Path) -> Card:
    """The card of one checkpoint; CheckpointError when the folder is none."""
    facts = _read_json(folder / "card.json")
    try:
        controls = tuple(models.Control(**{**c, "choices": tuple(c["choices"])}) for c in facts["controls"])
        return Card(
            folder, folder.name, facts["model"], facts["title"], facts["help"], controls, tuple(facts["verbs"]), facts
        )
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"The card of checkpoint '{folder.name}' is incomplete ({error}); save it anew."
        ) from error


def cards(folder: Path) -> list[Card]:
    """The cards of all checkpoints in a folder, by name; a damaged one is left out with a warning."""
    found = []
    for path in sorted(folder.glob("*/card.json")):
        try:
            found.append(read_card(path.parent))
        except CheckpointError as error:
            logging.getLogger(__name__).warning("%s", error)
    return found


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(
            f"'{path.parent}' is no checkpoint: {path.name} cannot be read ({error.strerror})."
        ) from error
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: it should hold JSON, but {error}.") from error


def save(folder: Path, model: Any, model_name: str, representation: Any, card: Mapping[str, Any]) -> None:
    """Write a checkpoint; each file appears whole or not at all. `card` needs title and help; the rest is free."""
    import torch
    from safetensors.torch import save as to_bytes

    folder.mkdir(parents=True, exist_ok=True)
    # Half precision halves the file; contiguous clones because safetensors refuses shared memory.
    weights = {k: v.detach().to("cpu", torch.float16).clone().contiguous() for k, v in model.state_dict().items()}
    config = {
        "model": model_name,
        "config": asdict(model.config),
        "representation": representation.name,
        "vocabulary": list(representation.vocab),
    }
    _write(folder / WEIGHTS, to_bytes(weights))
    _write(folder / "config.json", (json.dumps(config) + "\n").encode())
    save_card(folder, model_name, card)


def save_card(folder: Path, model_name: str, card: Mapping[str, Any]) -> None:
    """Write card.json and README.md of a checkpoint whose weights are there already."""
    module = models.find(model_name)
    facts = {"model": model_name, **card, "verbs": list(module.VERBS)}
    facts["controls"] = [asdict(c) for c in module.CONTROLS]
    _write(folder / "card.json", (json.dumps(facts, indent=1, ensure_ascii=False) + "\n").encode())
    _write(folder / "README.md", _as_markdown(facts).encode())


def _write(path: Path, content: bytes) -> None:
    scratch = path.with_name(path.name + ".part")
    scratch.write_bytes(content)
    os.replace(scratch, path)


def load(folder: Path) -> tuple[Any, Any]:
    """(model, representation): single precision on the CPU, ready to use; CheckpointError when anything is amiss."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    description = _read_json(folder / "config.json")
    try:
        module = models.find(description["model"])
        representation = representations.find(description["representation"])(description["vocabulary"])
        config = {k: tuple(v) if isinstance(v, list) else v for k, v in description["config"].items()}
        model = module.Model(module.Config(**config))
        weights = load_file(folder / WEIGHTS)
        model.load_state_dict({k: v.to(torch.float32) for k, v in weights.items()}, strict=True)
    except (KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError) as error:
        raise CheckpointError(
            f"Checkpoint '{folder.name}' does not fit its own description or this version of the studio: {error}. "
            "Fetch the repository's checkpoints folder again, or train it anew."
        ) from error
    return model.eval(), representation


def _as_markdown(facts: Mapping[str, Any]) -> str:
    """The card for reading: plain facts as lines, tables for lists of records."""
    lines = [f"# {facts['title']}", "", str(facts["help"]), ""]
    for key, value in facts.items():
        if key in ("title", "help", "controls"):
            continue
        lines += _section(key.replace("_", " "), value)
    return "\n".join(lines).rstrip() + "\n"


def _section(title: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        items = [f"- {k.replace('_', ' ')}: {_plain(v)}" for k, v in value.items()]
        return [f"## {title.capitalize()}", "", *items, ""]
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        columns = list(value[0])
        rows = ["| " + " | ".join(_plain(row.get(c, "")) for c in columns) + " |" for row in value]
        head = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
        return [f"## {title.capitalize()}", "", *head, *rows, ""]
    return [f"**{title.capitalize()}:** {_plain(value)}", ""]


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "/")
