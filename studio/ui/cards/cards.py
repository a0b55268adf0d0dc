"""The takes of a run as cards. Knows results and words; the sounds' addresses are handed in."""

from __future__ import annotations

import json
from collections.abc import Sequence

import gradio as gr

from studio.pipeline import Ranked
from studio.ui import describe, widgets
from studio.ui.visits import Result
from studio.ui.words import Words


def component(words: Words, elem_id: str) -> gr.HTML:
    """Cards, none at first. Its events `choose`, `keep` and `from_here` say in their data which `id` is meant."""
    return widgets.component("cards/cards.html", ["cards/look.js", "cards/cards.js"], elem_id, words.group("takes"))


def pending(words: Words) -> str:
    """What the cards show while a take is being written: its place, so that nothing moves when it is there."""
    card = {"id": "", "title": words("takes.title", number=1), "facts": words("takes.pending"), "look": "", "sound": ""}
    unknown = {"kept": False, "place": "", "reasons": []}
    return json.dumps({"cards": [card | unknown], "shown": "", "keepable": False})


def value(
    result: Result | None,
    words: Words,
    *,
    keepable: bool,
    sounds: Sequence[str] = (),
    ranked: Sequence[Ranked] = (),
) -> str | None:
    """What the cards show of a result: `sounds` are the addresses where each take's music is streamed from.

    `ranked`: their order, the best first, with its reasons; without it they come as they were written.
    """
    if result is None:
        return None
    reasons = {one.take: [[words.told(said), said in one.faults] for said in one.reasons] for one in ranked}
    cards = [
        {
            "id": piece.id,
            "title": words("takes.title", number=piece.number),
            "facts": words(
                "takes.facts", bars=describe.bars(piece.bars, words), new_notes=describe.new_notes(piece.notes, words)
            ),
            "look": piece.look,
            "kept": piece.kept,
            "sound": sounds[i] if i < len(sounds) else "",
            "place": words("rank.best") if ranked and i == ranked[0].take else "",
            "reasons": reasons.get(i, []),
        }
        for i, piece in ((i, result.pieces[i]) for i in _order(result, ranked))
    ]
    shown = result.pieces[result.shown].id if result.pieces else ""
    return json.dumps({"cards": cards, "shown": shown, "keepable": keepable})


def _order(result: Result, ranked: Sequence[Ranked]) -> Sequence[int]:
    """Where in the result the takes stand that are shown one after the other."""
    if len(ranked) != len(result.pieces):
        return range(len(result.pieces))
    return [one.take for one in ranked]
