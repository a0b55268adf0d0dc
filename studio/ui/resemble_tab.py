"""The tab that makes a melody resemble another in style: how much, in which bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio import pipeline
from studio.ui.pair_tab import PairTab


class ResembleTab(PairTab):
    """See `PairTab`."""

    verb = "resemble"

    def _build_own(self) -> list[Any]:
        self.other_track = self._build_other()
        self.strength = self._build_slider("strength", 0, 100, 70)
        self.track = self._build_track()
        self.first_bar, self.last_bar = self._build_bars()
        return [self.strength, self.track, self.other_track, self.first_bar, self.last_bar]

    def _run_pair(
        self, seed: pipeline.Seed, other: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]
    ) -> pipeline.Run:
        strength, track, other_track, first_bar, last_bar = own
        request = pipeline.ResembleRequest(
            **asked,
            strength=(strength or 0) / 100,
            melody_track=track,
            other_track=other_track,
            **self._bars(first_bar, last_bar),
        )
        return pipeline.resemble(seed, other, request)
