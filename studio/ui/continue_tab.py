"""The tab that continues a seed: how many bars, after which bar, led by which part."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from studio import pipeline
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import Visit

MOST_BARS = 64


class ContinueTab(VerbTab):
    """See `VerbTab`."""

    verb = "continue"

    def _build_own(self) -> list[Any]:
        self.bars = self._build_slider("bars", 1, MOST_BARS, 8)
        self.track = self._build_track()
        self.first_bar, self.last_bar = self._build_bars()
        return [self.bars, self.track, self.first_bar, self.last_bar]

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        bars, track, first_bar, last_bar = own
        request = pipeline.Request(
            **asked,
            bars=int(bars or 1),
            melody_track=track,
            **self._bars(first_bar, last_bar),
        )
        return pipeline.continue_(seed, request)

    def warm(self) -> None:
        """Let the first model write a bar, and a synthesizer play it."""
        for path in [path for _, path in pipeline.examples()][:1]:
            for model in list(self.models)[:1]:
                with contextlib.closing(
                    pipeline.continue_(pipeline.read(path), pipeline.Request(model, bars=1))
                ) as run:
                    heard = next(run)
                if isinstance(heard, pipeline.Progress):
                    next(pipeline.render_stream(heard.heard.score), None)
