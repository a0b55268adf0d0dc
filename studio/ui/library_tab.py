"""The tab with the visitor's library: what they may like, what they do like, and what to try next.

Knows what is kept and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import StoreError, StudioError
from studio.store import Piece
from studio.ui import widgets
from studio.ui.handlers import QUIET, READING, Changes, guarded
from studio.ui.library import component
from studio.ui.library.shelf import EXAMPLE, find, shelf
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

# One after the other, as they come: who asks for suggestions finds what they liked just before taken into account.
IN_ORDER = QUIET | {"concurrency_id": "library", "concurrency_limit": 1}
PLACE = "library"
"""Where the music is heard that is played here."""
Start = Callable[[Visit, Piece], Iterator[Changes]]
"""Lays a piece on the desk as the seed and shows it there."""


class LibraryTab:
    """Builds itself inside the current `gr.Tabs`; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        self.models: dict[str, pipeline.ModelInfo] = {}
        # A damaged checkpoint does not keep the page closed.
        with contextlib.suppress(StudioError):
            self.models = {model.name: model for model in pipeline.models()}
        with gr.Tab(t("library.tab"), id="library") as self.opened:
            gr.Markdown(t("library.intro"), elem_classes=["aside"])
            self.notice = widgets.notice("library-notice")
            self.library = component.component(t, "library")
            self.heard = gr.HTML(
                None,
                html_template=widgets.source("library/heard.html"),
                js_on_load=widgets.source("library/heard.js"),
                apply_default_css=False,
                elem_id="library-heard",
                elem_classes=["away"],
            )

    def connect(self, start: Start, seed_outputs: Sequence[Any], place: gr.Tabs, tabs: Sequence[Any]) -> None:
        """Let music be judged, heard and taken as the seed (`start` changes those outputs), and settings be tried.

        `tabs` are the verbs', which stand in `place`.
        """
        self._start, self.place = start, place
        self.tabs: dict[str, VerbTab] = {tab.verb: tab for tab in tabs if isinstance(tab, VerbTab) and tab.models}
        fields = [field for tab in self.tabs.values() for field in tab.fields]
        self.library.wanted(self.show, None, [self.notice, self.library], **IN_ORDER, trigger_mode="always_last")
        # Every one counts, however quickly they follow each other.
        self.library.like(self.like, None, [self.notice], **IN_ORDER, trigger_mode="multiple")
        self.library.hear(self.hear, None, [self.notice, self.heard], **READING, trigger_mode="multiple")
        self.library.from_here(self.from_here, None, [*seed_outputs, self.notice], **READING)
        self.library.set_up(self.set_up, None, [self.notice, place, *fields], **READING)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def show(self, request: gr.Request) -> Iterator[Changes]:
        """Show the library as it is now."""
        yield from guarded(self.notice, self.words, self._show, self.visits.at(request))

    def like(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Remember what is liked. The page shows it already, and suggests anew when it is asked to."""
        yield from guarded(self.notice, self.words, self._like, self.visits.at(request), event.id, event.liked)

    def hear(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Let a piece be heard."""
        yield from guarded(self.notice, self.words, self._hear, self.visits.at(request), event.id)

    def from_here(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Make a piece the seed."""
        yield from guarded(self.notice, self.words, self._from_here, self.visits.at(request), event.id)

    def set_up(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Set what was advised on the verb's own tab."""
        yield from guarded(self.notice, self.words, self._set_up, request, event.verb, event.fields)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _show(self, visit: Visit) -> Iterator[Changes]:
        notice = None if visit.store is not None else widgets.done(self.words("history.no_cookie"))
        yield {self.notice: notice, self.library: self._value(visit)}

    def _value(self, visit: Visit) -> str:
        return component.value(shelf(visit), self.words, self.models, likeable=visit.store is not None)

    def _like(self, visit: Visit, id: object, liked: object) -> Iterator[Changes]:
        if type(liked) is not int or liked not in (-1, 0, 1):
            return
        piece = self._piece(visit, id)
        if visit.store is not None:
            visit.like(visit.shelve(piece) if piece.id.startswith(EXAMPLE) else piece.id, liked)
        trouble = visit.trouble
        yield {self.notice: widgets.error(self.words.told(trouble)) if trouble else None}

    def _hear(self, visit: Visit, id: object) -> Iterator[Changes]:
        address = visit.hearing.offer(PLACE, self._piece(visit, id).seed().score)
        # Told with a number of its own: what is asked for twice is heard twice.
        yield {self.heard: json.dumps({"id": str(id), "url": address, "turn": secrets.token_hex(4)}), self.notice: None}

    def _from_here(self, visit: Visit, id: object) -> Iterator[Changes]:
        yield from self._start(visit, self._piece(visit, id))
        yield {self.notice: None}

    def _piece(self, visit: Visit, id: object) -> Piece:
        found = find(visit, str(id))
        if found is None:
            raise StoreError(self.words("history.gone"))
        return found

    def _set_up(self, request: gr.Request, verb: object, fields: object) -> Iterator[Changes]:
        tab = self.tabs.get(str(verb))
        if tab is None or not isinstance(fields, Mapping):
            return
        places = {"model": tab.model} | tab.controls
        asked = {str(places[name].elem_id): value for name, value in fields.items() if name in places}
        self.visits.at(request).remember({name: "" if value is None else value for name, value in asked.items()})
        said = self.words("library.set_done", verb=self.words(f"{tab.verb}.tab"))
        yield {**tab.recall(request), self.place: gr.update(selected=tab.verb), self.notice: widgets.done(said)}
