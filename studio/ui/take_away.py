"""What can be taken away of a piece of music: a file of each format, made when it is asked for.

Knows the pipeline's formats and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from studio import pipeline
from studio.errors import SettingError
from studio.ui import widgets
from studio.ui.handlers import READING, Changes, guarded
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

FIRST = ("midi", "wav")
"""The formats that most people want; the others stand in a menu."""


class TakeAway:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live.

    `music` finds what is to be taken away on the visitor's desk, None where there is nothing yet. With `place` the ids
    of the fields begin: `result-midi`.
    """

    def __init__(
        self, words: Words, visits: Visits, place: str, music: Callable[[Visit], pipeline.Music | None]
    ) -> None:
        self.words, self.visits, self.music = words, visits, music
        with gr.Column(elem_classes=["plain", "take-away-panel"], elem_id=f"{place}-take-away"):
            offered = {f.name: f for f in pipeline.FORMATS}
            with gr.Row(elem_classes=["take-away", "close"]):
                self.buttons = {name: self._button(offered[name], place) for name in FIRST}
            with (
                gr.Accordion(words("export.more"), open=False, elem_id=f"{place}-formats"),
                gr.Row(elem_classes=["take-away"]),
            ):
                self.buttons |= {n: self._button(f, place) for n, f in offered.items() if n not in FIRST}
            gr.Markdown(words("provenance.carried"), elem_classes=["aside"])
            self.notice = widgets.notice(f"{place}-export-notice")
            # Not as a label: what changes while its fold is still closed has no labels any more once that is opened.
            template = widgets.source("take_away.html").replace("MADE", words("export.made"))
            self.made = gr.HTML(
                None,
                html_template=template,
                js_on_load=widgets.source("take_away.js"),
                apply_default_css=False,
                elem_id=f"{place}-made",
            )

    def _button(self, offered: pipeline.Format, place: str) -> gr.Button:
        size: Literal["md", "sm"] = "md" if offered.name in FIRST else "sm"
        return gr.Button(self.words(f"export.{offered.name}"), size=size, elem_id=f"{place}-{offered.name}")

    @property
    def outputs(self) -> list[Any]:
        """What making a file changes."""
        return [self.notice, self.made]

    def connect(self) -> None:
        """Let the buttons work; files sound as the visitor hears the music."""
        for name, button in self.buttons.items():
            button.click(self._clicked(name), None, self.outputs, **READING)

    def clear(self) -> Changes:
        """The changes that let what was made of other music disappear."""
        return {self.made: None, self.notice: None}

    def _clicked(self, name: str) -> Callable[..., Iterator[Changes]]:
        # Not a partial: Gradio would not see that it wants the request.
        def clicked(request: gr.Request) -> Iterator[Changes]:
            yield from guarded(self.notice, self.words, self.make, self.visits.at(request), name)

        return clicked

    def make(self, visit: Visit, name: str) -> Iterator[Changes]:
        """Make the file and hand it over."""
        t, music = self.words, self.music(visit)
        offered = next(f for f in pipeline.FORMATS if f.name == name)
        if music is None:
            raise SettingError(t("export.nothing"))
        yield {self.made: None, self.notice: widgets.working(t("export.making", format=t(f"export.{name}")))}
        with tempfile.TemporaryDirectory(prefix="music-studio-") as folder:
            path = Path(folder, pipeline.file_name(music, offered.suffix))
            pipeline.save(music, path, sound=visit.hearing.mix if offered.sounds else None)
            # Gradio copies the file to where it is served from before this goes on.
            yield {self.made: widgets.served(path) | {"orig_name": path.name}, self.notice: None}
