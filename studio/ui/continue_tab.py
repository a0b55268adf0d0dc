"""The tab that continues a seed: how many bars, after which bar, led by which part."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui.tab import Tab

MOST_BARS = 64


class ContinueTab(Tab):
    """See `Tab`."""

    verb = "continue"

    def _build_own(self) -> list[Any]:
        t = self.words
        self.bars = gr.Slider(
            1,
            MOST_BARS,
            8,
            step=1,
            label=t("continue.bars"),
            info=t("continue.bars_help"),
            elem_id="continue-bars",
            buttons=[],
        )
        self.track = gr.Dropdown([], label=t("continue.track"), info=t("continue.track_help"), elem_id="continue-track")
        self.first_bar, self.last_bar = self._build_bars()
        return [self.bars, self.track, self.first_bar, self.last_bar]

    def _run(self, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        bars, track, first_bar, last_bar = own
        request = pipeline.Request(
            **asked,
            bars=int(bars or 1),
            melody_track=track,
            **self._bars(first_bar, last_bar),
        )
        return pipeline.continue_(seed, request)

    def warm(self) -> None:
        """Do once what the first visitor would wait for: show an example and let the first model write a bar."""
        self.seed.warm()
        for path in [path for _, path in pipeline.examples()][:1]:
            for model in list(self.models)[:1]:
                with contextlib.closing(
                    pipeline.continue_(pipeline.read(path), pipeline.Request(model, bars=1))
                ) as run:
                    next(run)
