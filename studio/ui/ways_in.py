"""Other ways to a seed than a MIDI file: type it, hum it, play it. What comes in is handed on as a `Seed`.

Knows the pipeline's readers and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import StudioError
from studio.ui import keyboard, widgets
from studio.ui.handlers import AT_ONCE, READING, Changes, guarded
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

TUNE = """X:1
T:Speed the Plough
M:4/4
L:1/8
Q:1/4=120
K:G
GABc dedB | dedB dedB | c2ec B2dB | c2A2 A2BA |
GABc dedB | dedB dedB | c2ec B2dB | A2F2 G4 |]
"""
"""What stands in the text box: a tune in the public domain, to be changed."""

Came = Callable[[Visit, pipeline.Seed, Any], Iterator[Changes]]


class WaysIn:
    """Builds itself inside the current `gr.Blocks`: three tabs; `connect` makes them live.

    The tabs may be joined by others that are built inside `tabs`, such as one to draw in.
    """

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        with gr.Tabs(elem_id="ways-in") as self.tabs:
            with gr.Tab(t("abc.tab"), elem_id="way-abc"):
                self.text = gr.Textbox(
                    TUNE, label=t("abc.text"), info=t("abc.text_help"), lines=9, max_lines=18, elem_id="abc-text"
                )
                with gr.Accordion(t("abc.help"), open=False):
                    gr.Markdown(t("abc.how"), elem_id="abc-how")
                self.read_text = gr.Button(t("abc.read"), elem_id="abc-read")
            with gr.Tab(t("listen.tab"), elem_id="way-listen"):
                seconds = round(pipeline.LONGEST_RECORDING_S)
                self.audio = gr.Audio(
                    sources=["microphone", "upload"],
                    type="filepath",
                    label=t("listen.audio", seconds=seconds),
                    elem_id="listen-audio",
                )
                self.qpm = gr.Number(
                    0,
                    label=t("listen.tempo"),
                    info=t("listen.tempo_help"),
                    minimum=0,
                    maximum=240,
                    precision=0,
                    elem_id="listen-tempo",
                )
                self.hear = gr.Button(t("listen.hear"), interactive=False, elem_id="listen-hear")
            with gr.Tab(t("keys.tab"), elem_id="way-keys"):
                self.keys = keyboard.component(t, "keys")
        self.notice = widgets.notice("ways-notice")

    def connect(self, came: Came, outputs: Sequence[Any], fields: Sequence[Any] = ()) -> None:
        """Let each way lead to `came`, a generator of changes of `outputs`; it gets the values of `fields`, a tuple."""
        changed = [self.notice, *outputs]
        # A recording is on its way for a moment after it was stopped.
        self.audio.change(self._recorded, self.audio, self.hear, **AT_ONCE)
        events = (
            (self.read_text.click, self.text, self._typed),
            (self.hear.click, [self.audio, self.qpm], self._heard),
            (self.keys.submit, self.keys, self._played),
        )
        for event, given, read in events:
            inputs = [*(given if isinstance(given, list) else [given]), *fields]
            event(self._handler(read, came, len(inputs) - len(fields)), inputs, changed, **READING)

    def _handler(self, read: Callable[..., pipeline.Seed], came: Came, count: int) -> Callable[..., Iterator[Changes]]:
        def come(request: gr.Request, *values: Any) -> Iterator[Changes]:
            visit = self.visits.at(request)
            yield from guarded(self.notice, self.words, self._read, visit, read, came, values[:count], values[count:])

        return come

    def _read(
        self, visit: Visit, read: Callable[..., pipeline.Seed], came: Came, given: Sequence[Any], fields: Sequence[Any]
    ) -> Iterator[Changes]:
        yield {self.notice: widgets.working(self.words("seed.reading"))}
        seed = read(*given)
        yield {self.notice: None}
        yield from came(visit, seed, tuple(fields))

    # --- the ways ----------------------------------------------------------------------------------------------------

    def _recorded(self, path: str | None) -> Any:
        return gr.update(interactive=path is not None)

    def _typed(self, text: str | None) -> pipeline.Seed:
        return pipeline.read_abc(text or "", self.words("abc.name"))

    def _heard(self, path: str | None, qpm: float | None) -> pipeline.Seed:
        if path is None:
            raise StudioError(self.words("listen.nothing"))
        return pipeline.transcribe(path, qpm or None, self.words("listen.name"))

    def _played(self, played: str | None) -> pipeline.Seed:
        return pipeline.from_played(played or "", self.words("keys.name"))
