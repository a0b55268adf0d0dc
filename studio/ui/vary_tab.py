"""The tab that varies a melody: how far from it, in which bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio import pipeline
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import Visit


class VaryTab(VerbTab):
    """See `VerbTab`."""

    verb = "vary"

    def _build_own(self) -> list[Any]:
        self.amount = self._build_slider("amount", 0, 100, 30)
        self.track = self._build_track()
        self.first_bar, self.last_bar = self._build_bars()
        return [self.amount, self.track, self.first_bar, self.last_bar]

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        amount, track, first_bar, last_bar = own
        request = pipeline.VaryRequest(
            **asked, amount=(amount or 0) / 100, melody_track=track, **self._bars(first_bar, last_bar)
        )
        return pipeline.vary(seed, request)
