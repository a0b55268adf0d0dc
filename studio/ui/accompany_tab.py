"""The tab that sets a melody anew: accompanied as it is, or made over into another style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import Visit

USUAL_STYLE = "pop"


class AccompanyTab(VerbTab):
    """See `VerbTab`. Two verbs, which differ in who plays the melody: `accompany` and `restyle`."""

    verb = "accompany"

    def _build_own(self) -> list[Any]:
        t = self.words
        self.lead = gr.Radio(
            [(t("accompany.lead_own"), "accompany"), (t("accompany.lead_style"), "restyle")],
            value="accompany",
            label=t("accompany.lead"),
            info=t("accompany.lead_help"),
            elem_id="accompany-lead",
        )
        self.track = self._build_track()
        self.first_bar, self.last_bar = self._build_bars()
        self.instruments = gr.CheckboxGroup(
            [(t.told(instrument.title), name) for name, instrument in pipeline.INSTRUMENTS.items()],
            value=[],
            label=t("accompany.instruments"),
            info=t("accompany.instruments_help"),
            elem_id="accompany-instruments",
            elem_classes=["wide"],
        )
        return [self.lead, self.track, self.first_bar, self.last_bar, self.instruments]

    def _offered(self, model: pipeline.ModelInfo) -> dict[str, pipeline.Control]:
        """A style must be named here: what plays along depends on it, and some styles have nothing that does."""
        offered = super()._offered(model)
        if "style" in offered:
            able = tuple(style for style in offered["style"].choices if style in pipeline.ENSEMBLES)
            usual = USUAL_STYLE if USUAL_STYLE in able else able[0]
            offered["style"] = replace(
                offered["style"], choices=able, default=usual, help=self.words("accompany.style_help")
            )
        return offered

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        lead, track, first_bar, last_bar, instruments = own
        request = pipeline.AccompanyRequest(
            **asked,
            melody_track=track,
            **self._bars(first_bar, last_bar),
            instruments=tuple(instruments) or None,
        )
        return pipeline.restyle(seed, request) if lead == "restyle" else pipeline.accompany(seed, request)
