"""Which models there are, and the loaded ones. Lists them without torch; loads each once for all visitors."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio import checkpoints
from studio.errors import SettingError
from studio.models import Control
from studio.pipeline import aims

CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
MOST_LOADED = 4

VERBS = {
    "continue": (
        aims.KEY,
        aims.METRE,
        aims.TEMPO,
        Control("ending", False, help="Bring the music to a close in the last bar instead of leaving it open."),
    ),
    "infill": (),
    "accompany": (
        aims.TEMPO,
        Control(
            "harmonise",
            True,
            help="Find chords that suit the melody first, then follow them. Off: play by ear. Typed chords go first.",
        ),
        Control(
            "voice_leading",
            False,
            help="For chorales: voices stay in their ranges, do not cross, and make no parallel fifths and octaves.",
        ),
    ),
}
VERBS["restyle"] = VERBS["accompany"]
VERBS |= {"vary": (), "blend": (), "resemble": ()}
"""What a model can be asked to do, each with the controls that only this verb has."""


@dataclass(frozen=True)
class ModelInfo:
    """A model on offer: `controls` are what a request may set for it, `figures` its held-out measurements.

    `verbs` is what it can be asked to do; each of them may have controls of its own besides, see `controls_of`.
    """

    name: str
    title: str
    help: str
    controls: tuple[Control, ...]
    verbs: tuple[str, ...]
    figures: Mapping[str, Any]

    def controls_of(self, verb: str) -> tuple[Control, ...]:
        """The controls that a request of this verb may set."""
        return (*self.controls, *VERBS[verb])


def models(verb: str | None = None) -> list[ModelInfo]:
    """The models on offer, those that can do most first, then by name; with `verb` those that know it."""
    offered = sorted(map(_info, checkpoints.cards(CHECKPOINTS)), key=lambda model: (-len(model.verbs), model.name))
    return [model for model in offered if verb is None or verb in model.verbs]


def _info(card: checkpoints.Card) -> ModelInfo:
    figures = card.facts.get("figures")
    return ModelInfo(
        card.name,
        card.title,
        card.help,
        card.controls,
        tuple(verb for verb in card.verbs if verb in VERBS),
        figures if isinstance(figures, Mapping) else {},
    )


def find(name: str, verb: str) -> tuple[ModelInfo, checkpoints.Card]:
    """The model of that name; SettingError, which says what there is, where there is none for the verb."""
    cards = {card.name: card for card in checkpoints.cards(CHECKPOINTS)}
    if name not in cards:
        offered = f"choose one of: {', '.join(cards)}" if cards else "and no other either: train one first"
        raise SettingError(f"There is no model '{name}' in the checkpoints folder; {offered}.")
    info = _info(cards[name])
    if verb not in info.verbs:
        able = [model.name for model in models(verb)]
        offered = f"choose one of: {', '.join(able)}" if able else "no model here can"
        raise SettingError(f"The model '{name}' cannot {verb}; {offered}.")
    return info, cards[name]


_loaded: OrderedDict[tuple[Path, str], tuple[Any, Any]] = OrderedDict()
_loading = threading.Lock()


def _within_what_it_learned(model: Any, card: checkpoints.Card) -> Any:
    """Let a model look back no further than the windows that it learned from: beyond them it writes worse."""
    learned = card.facts.get("settings", {}).get("context")
    if learned and getattr(model.config, "context", 0) > learned:
        model.config = replace(model.config, context=learned)
    return model


def load(card: checkpoints.Card) -> tuple[Any, Any]:
    """(model, representation), loaded once and then shared: decoding only reads them.

    A checkpoint that was trained anew meanwhile is loaded anew. CheckpointError when it cannot be used.
    """
    key = (card.folder, card.sha256)
    with _loading:
        if key not in _loaded:
            model, representation = checkpoints.load(card.folder)
            _loaded[key] = _within_what_it_learned(model, card), representation
        _loaded.move_to_end(key)
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
        return _loaded[key]
