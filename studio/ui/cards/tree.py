"""A visitor's seeds and takes as a tree. Knows pieces and words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

import gradio as gr

from studio.store import Piece
from studio.ui import describe, widgets
from studio.ui.words import Words


def component(words: Words, elem_id: str) -> gr.HTML:
    """A tree, empty at first. Its events `show_piece`, `from_here`, `keep` and `forget` tell in their data the `id`."""
    return widgets.component("cards/tree.html", ["cards/look.js", "cards/tree.js"], elem_id, words.group("history"))


def arranged(pieces: Sequence[Piece]) -> list[tuple[Piece, list[bool]]]:
    """The pieces in the order of a tree: what was begun last first, below each piece what was made from it.

    With each, for every level above it, whether another of that level follows: there a line goes on.
    """
    known = {piece.id for piece in pieces}
    below: dict[str | None, list[Piece]] = {}
    for piece in pieces:
        below.setdefault(piece.parent if piece.parent in known else None, []).append(piece)
    rows: list[tuple[Piece, list[bool]]] = []
    # Not recursive: somebody may continue a take a thousand times.
    waiting: list[tuple[Piece, list[bool]]] = [(piece, []) for piece in below.get(None, [])]
    while waiting:
        piece, lines = waiting.pop()
        rows.append((piece, lines))
        children = below.get(piece.id, [])
        waiting += [(child, [*lines, child is not children[-1]]) for child in reversed(children)]
    return rows


def value(
    pieces: Sequence[Piece],
    words: Words,
    models: Mapping[str, str],
    *,
    on_desk: Collection[str] = (),
    shown: Collection[str] = (),
) -> str:
    """What the tree shows of these pieces; the ids of those that lie on the desk, and that are shown, get a mark.

    `models`: what to call each model.
    """

    def row(piece: Piece, lines: list[bool]) -> dict[str, object]:
        mark = "on_desk" if piece.id in on_desk else "shown" if piece.id in shown else ""
        return {
            "id": piece.id,
            "lines": lines,
            "title": title(piece, words),
            "facts": " · ".join(_facts(piece, words, models)),
            "created": round(piece.created.timestamp()),
            "kept": piece.kept,
            "look": piece.look,
            "take": piece.kind == "take",
            "mark": mark,
        }

    return json.dumps({"pieces": [row(piece, lines) for piece, lines in arranged(pieces)]})


def title(piece: Piece, words: Words) -> str:
    """What to call a piece in the history."""
    if piece.kind == "take":
        return words("history.take", number=piece.number)
    return words("history.seed", name=piece.name.strip() or words("seed.unnamed"))


def _facts(piece: Piece, words: Words, models: Mapping[str, str]) -> Iterator[str]:
    """The verb in the words of its tab, the model, the length."""
    if piece.verb:
        yield words.get(f"{piece.verb}.tab", words.get("accompany.tab") if piece.verb == "restyle" else piece.verb)
    if piece.model:
        yield models.get(piece.model, piece.model)
    yield describe.bars(piece.bars, words)
    yield (describe.new_notes if piece.kind == "take" else describe.notes)(piece.notes, words)
