"""The card with everything that a visitor started from and that was written: to show again, start from, keep, forget.

Knows what is kept and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import StoreError, StudioError
from studio.store import Piece
from studio.ui import widgets
from studio.ui.cards import tree
from studio.ui.handlers import AT_ONCE, READING, Changes, guarded
from studio.ui.visits import SHELVED, Visit, Visits
from studio.ui.words import Words

Start = Callable[[Visit, Piece], Iterator[Changes]]
"""Lays a piece on the desk as the seed and shows it there."""
Show = Callable[[Visit], Iterator[Changes]]
"""Shows the visitor's result."""


class HistoryPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        self.models: dict[str, str] = {}
        # A damaged checkpoint does not keep the page closed.
        with contextlib.suppress(StudioError):
            self.models = {model.name: words.told(model.title) for model in pipeline.models()}
        with gr.Column(elem_classes=["card"], elem_id="history") as self.column:
            heading, intro = t("history.heading"), t("history.intro")
            gr.Markdown(f"## {heading}\n{intro}", elem_classes=["step"])
            self.notice = widgets.notice("history-notice")
            self.tree = tree.component(t, "history-tree")

    @property
    def outputs(self) -> list[Any]:
        """Everything that a change of the history changes."""
        return [self.notice, self.tree]

    def connect(self, start: Start, seed_outputs: list[Any], show: Show, result_outputs: list[Any]) -> None:
        """Let pieces be shown again, started from, kept and forgotten. `start` and `show` change those outputs."""
        self._start, self._show = start, show
        self._seed_outputs = [*seed_outputs, *self.outputs]
        self.tree.show_piece(self.show_piece, None, [*result_outputs, *self.outputs], **READING)
        self.tree.forget(self.forget, None, self.outputs, **READING)
        self.attend(self.tree)

    def attend(self, component: gr.HTML) -> None:
        """Let this component's events `keep` and `from_here` be heard, those of the cards too."""
        component.keep(self.keep, None, [self.notice], trigger_mode="multiple", **AT_ONCE)
        component.from_here(self.from_here, None, self._seed_outputs, **READING)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def refresh(self, request: gr.Request) -> Changes:
        """What there is now; where nothing is kept, or something was not, why."""
        visit = self.visits.at(request)
        trouble = visit.trouble or self.visits.trouble
        if not visit.visitor:
            trouble = trouble or self.words("history.no_cookie")
        changes: Changes = {self.tree: self._value(visit)}
        # Not as an error, to which the page would scroll: nobody has asked for anything.
        return changes | ({self.notice: widgets.done(self.words.told(trouble))} if trouble else {})

    def show_piece(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Make a take the result again, with those that were written with it."""
        yield from guarded(self.notice, self.words, self._show_piece, self.visits.at(request), event.id)

    def from_here(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Make a piece the seed."""
        yield from guarded(self.notice, self.words, self._from_here, self.visits.at(request), event.id)

    def keep(self, request: gr.Request, event: gr.EventData) -> Changes:
        """Mark a piece as one to keep, or no longer. The page shows it already."""
        visit = self.visits.at(request)
        visit.keep(str(event.id), event.kept is True)
        return {self.notice: widgets.error(self.words.told(visit.trouble)) if visit.trouble else None}

    def forget(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Let a piece go."""
        yield from guarded(self.notice, self.words, self._forget, self.visits.at(request), event.id)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _show_piece(self, visit: Visit, id: str) -> Iterator[Changes]:
        piece = self._piece(visit, id)
        visit.recall(piece)
        said = self.words("history.recalled", name=tree.title(piece, self.words))
        yield {self.notice: widgets.done(said), self.tree: self._value(visit)}
        yield from self._show(visit)

    def _from_here(self, visit: Visit, id: str) -> Iterator[Changes]:
        piece = self._piece(visit, id)
        yield from self._start(visit, piece)
        said = self.words("history.started", name=tree.title(piece, self.words))
        yield {self.notice: widgets.done(said), self.tree: self._value(visit)}

    def _forget(self, visit: Visit, id: str) -> Iterator[Changes]:
        piece = self._piece(visit, id)
        if visit.store is not None:
            visit.store.forget(visit.visitor, piece.id)
        yield {self.notice: widgets.done(self.words("history.forgotten")), self.tree: self._value(visit)}

    def _piece(self, visit: Visit, id: object) -> Piece:
        piece = visit.piece(str(id))
        if piece is None:
            raise StoreError(self.words("history.gone"))
        return piece

    def _value(self, visit: Visit) -> str:
        kept = visit.store.tree(visit.visitor) if visit.store is not None else []
        pieces = [piece for piece in kept if SHELVED not in piece.details]
        result = visit.result
        shown = {result.pieces[result.shown].id} if result is not None and result.pieces else set()
        return tree.value(pieces, self.words, self.models, on_desk=set(visit.places.values()), shown=shown)
