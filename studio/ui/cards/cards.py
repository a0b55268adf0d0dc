"""The takes of a run as cards. Knows results and words; the sounds' addresses are handed in."""

from __future__ import annotations

import json
from collections.abc import Sequence

import gradio as gr

from studio.ui import describe, widgets
from studio.ui.visits import Result
from studio.ui.words import Words


def component(words: Words, elem_id: str) -> gr.HTML:
    """Cards, none at first. Its events `choose`, `keep` and `from_here` say in their data which `id` is meant."""
    return gr.HTML(
        None,
        html_template=widgets.source("cards/cards.html"),
        js_on_load=widgets.source("cards/look.js") + widgets.source("cards/cards.js"),
        apply_default_css=False,
        elem_id=elem_id,
        labels=words.group("takes"),
    )


def pending(words: Words) -> str:
    """What the cards show while a take is being written: its place, so that nothing moves when it is there."""
    card = {"id": "", "title": words("takes.title", number=1), "facts": words("takes.pending"), "look": "", "sound": ""}
    return json.dumps({"cards": [card | {"kept": False}], "shown": "", "keepable": False})


def value(result: Result | None, words: Words, *, keepable: bool, sounds: Sequence[str] = ()) -> str | None:
    """What the cards show of a result: `sounds` are the addresses where each take's music is streamed from."""
    if result is None:
        return None
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
        }
        for i, piece in enumerate(result.pieces)
    ]
    shown = result.pieces[result.shown].id if result.pieces else ""
    return json.dumps({"cards": cards, "shown": shown, "keepable": keepable})
