"""All of a visitor's work as one file: to save, and to open again.

Knows what is kept and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import StoreError
from studio.store import project
from studio.ui import widgets
from studio.ui.handlers import READING, Changes, guarded
from studio.ui.history_panel import HistoryPanel
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

NAME = "music-studio-project.zip"


class ProjectPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        with gr.Row(elem_classes=["take-away"]):
            self.save_button = gr.Button(t("project.save"), elem_id="project-save")
            self.open_button = gr.UploadButton(
                t("project.open"), file_types=[".zip"], file_count="single", elem_id="project-open"
            )
        gr.Markdown(t("project.help"), elem_classes=["aside"])
        self.notice = widgets.notice("project-notice")
        self.download = gr.HTML(
            None,
            html_template=widgets.source("download.html"),
            js_on_load=widgets.source("download.js"),
            apply_default_css=False,
            elem_id="project-download",
            elem_classes=["away"],
            name=NAME,
        )

    def connect(self, history: HistoryPanel, shown: Sequence[tuple[Callable[..., Any], list[Any]]]) -> None:
        """Let projects be saved and opened; then each of `shown` shows what lies on the desk."""
        self.save_button.click(self.save, None, [self.notice, self.download], **READING)
        step = self.open_button.upload(self.open, [self.open_button], [self.notice], **READING)
        for show, outputs in shown:
            step = step.then(show, None, outputs, **READING)
        step.then(history.refresh, None, history.outputs, **READING)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def save(self, request: gr.Request) -> Iterator[Changes]:
        """Hand over all that is kept."""
        yield from guarded(self.notice, self.words, self._save, self.visits.at(request))

    def open(self, request: gr.Request, path: str | None) -> Iterator[Changes]:
        """Add what a project file holds to the history, and lay on the desk what lay there."""
        if path is not None:
            yield from guarded(self.notice, self.words, self._open, self.visits.at(request), Path(path))

    # --- the work ----------------------------------------------------------------------------------------------------

    def _save(self, visit: Visit) -> Iterator[Changes]:
        store = self._store(visit)
        said = self.words("project.saved", count=len(store.tree(visit.visitor)))
        with tempfile.TemporaryDirectory(prefix="music-studio-") as folder:
            path = Path(folder, NAME)
            path.write_bytes(project.save(store, visit.visitor))
            # Gradio copies the file to where it is served from before this goes on.
            yield {self.download: widgets.served(path), self.notice: widgets.done(said)}

    def _open(self, visit: Visit, path: Path) -> Iterator[Changes]:
        store = self._store(visit)
        opened = project.open_(path.read_bytes())
        project.add(store, visit.visitor, opened)
        visit.restore()
        yield {self.notice: widgets.done(self.words("project.opened", count=len(opened.pieces)))}

    def _store(self, visit: Visit) -> Any:
        if visit.store is None:
            raise StoreError(self.words("history.no_cookie"))
        return visit.store
