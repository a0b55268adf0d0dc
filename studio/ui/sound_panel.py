"""How everything on the page sounds: SoundFont, reverb, loudness. Handlers yield what changes, keyed by component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import widgets
from studio.ui.handlers import READING, Changes, guarded
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

Heard = tuple[Callable[[Visit], Changes], list[Any]]
"""What shows music anew that is heard otherwise now, and the components in which it does."""


class SoundPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        fonts, usual = list(pipeline.soundfonts()), pipeline.Mix()
        with gr.Accordion(t("mix.heading"), open=False, elem_id="mix"):
            with gr.Row(elem_classes=["fields"]):
                self.font = gr.Dropdown(
                    fonts,
                    value=fonts[0] if fonts else None,
                    label=t("mix.soundfont"),
                    info=t("mix.soundfont_help"),
                    elem_id="soundfont",
                    visible=bool(fonts),
                )
                self.reverb = gr.Slider(
                    0, 100, round(usual.reverb * 100), step=1, label=t("mix.reverb"), info=t("mix.reverb_help"),
                    elem_id="reverb", buttons=[],
                )  # fmt: skip
                self.gain = gr.Slider(
                    *pipeline.GAIN_DB, usual.gain_db, step=1, label=t("mix.gain"), info=t("mix.gain_help"),
                    elem_id="gain", buttons=[],
                )  # fmt: skip
            self.notice = widgets.notice("mix-notice")

    def connect(self, heard: Sequence[Heard]) -> None:
        """Let each change be heard in everything that is `heard`."""
        self._again = [again for again, _ in heard]
        outputs = [part for _, parts in heard for part in parts]
        fields = [self.font, self.reverb, self.gain]
        for event in (self.font.input, self.reverb.release, self.reverb.input, self.gain.release, self.gain.input):
            event(self.change, fields, [self.notice, *outputs], **READING, trigger_mode="always_last")

    def change(
        self, request: gr.Request, font: str | None, reverb: float | None, gain: float | None
    ) -> Iterator[Changes]:
        """From now on all is heard so."""
        yield from guarded(self.notice, self.words, self._change, self.visits.at(request), font, reverb, gain)

    def _change(self, visit: Visit, font: str | None, reverb: float | None, gain: float | None) -> Iterator[Changes]:
        usual = pipeline.Mix()
        mix = pipeline.Mix(
            font,
            usual.gain_db if gain is None else gain,
            usual.reverb if reverb is None else reverb / 100,
        )
        if mix == visit.hearing.mix:
            return
        visit.hearing.mix = mix
        visit.hearing.forget("")
        changes: Changes = {self.notice: None}
        for show in self._again:
            changes |= show(visit)
        yield changes
