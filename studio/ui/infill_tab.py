"""The tab that writes bars anew: which bars, which tracks, and which of their notes are to stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe
from studio.ui.handlers import Changes
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import Visit


class InfillTab(VerbTab):
    """See `VerbTab`."""

    verb = "infill"

    def _build_own(self) -> list[Any]:
        t = self.words
        self.first_bar, self.last_bar = self._build_bars()
        self.keep = gr.Textbox(
            label=t("infill.keep"),
            info=t("infill.keep_help"),
            elem_id="infill-keep",
            elem_classes=["double"],
            max_lines=1,
        )
        self.tracks = gr.CheckboxGroup(
            [], label=t("infill.tracks"), info=t("infill.tracks_help"), elem_id="infill-tracks", elem_classes=["wide"]
        )
        return [self.first_bar, self.last_bar, self.keep, self.tracks]

    def follow(self, seed: pipeline.Seed) -> Changes:
        """Two bars from the middle, in all tracks: there is music before and after to fit them to."""
        bars = max(1, seed.facts().bars)
        choices = describe.track_choices(seed, self.words, drums=True)
        first = min(bars, bars // 2 + 1)
        return {
            self.first_bar: first,
            self.last_bar: min(bars, first + 1),
            self.keep: "",
            self.tracks: gr.update(choices=choices, value=[index for _, index in choices]),
        }

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        first_bar, last_bar, keep, tracks = own
        request = pipeline.InfillRequest(
            **asked,
            **self._bars(first_bar, last_bar),
            tracks=tuple(tracks or ()),
            keep=pipeline.parse_kept(keep or ""),
        )
        return pipeline.infill(seed, request)
