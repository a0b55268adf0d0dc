"""Which models there are, and the loaded ones. Lists them without torch; loads each once for all visitors."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import checkpoints
from studio.errors import SettingError
from studio.models import Control

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
MOST_LOADED = 4

ENDING = Control("ending", False, help="Bring the music to a close in the last bar instead of leaving it open.")


@dataclass(frozen=True)
class ModelInfo:
    """A model on offer: `controls` are what a request may set for it, `figures` its held-out measurements."""

    name: str
    title: str
    help: str
    controls: tuple[Control, ...]
    figures: Mapping[str, Any]


def models() -> list[ModelInfo]:
    """The models on offer, by name."""
    return [_info(card) for card in checkpoints.cards(CHECKPOINTS)]


def _info(card: checkpoints.Card) -> ModelInfo:
    figures = card.facts.get("figures")
    return ModelInfo(
        card.name, card.title, card.help, (*card.controls, ENDING), figures if isinstance(figures, Mapping) else {}
    )


def find(name: str) -> tuple[ModelInfo, checkpoints.Card]:
    """The model of that name; SettingError, which says what there is, when there is none."""
    cards = {card.name: card for card in checkpoints.cards(CHECKPOINTS)}
    if name not in cards:
        offered = f"choose one of: {', '.join(cards)}" if cards else "and no other either: train one first"
        raise SettingError(f"There is no model '{name}' in the checkpoints folder; {offered}.")
    return _info(cards[name]), cards[name]


_loaded: OrderedDict[tuple[Path, str], tuple[Any, Any]] = OrderedDict()
_loading = threading.Lock()


def load(card: checkpoints.Card) -> tuple[Any, Any]:
    """(model, representation), loaded once and then shared: decoding only reads them.

    A checkpoint that was trained anew meanwhile is loaded anew. CheckpointError when it cannot be used.
    """
    key = (card.folder, card.sha256)
    with _loading:
        if key not in _loaded:
            _loaded[key] = checkpoints.load(card.folder)
        _loaded.move_to_end(key)
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
        return _loaded[key]
