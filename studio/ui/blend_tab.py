"""The tab that leads from one melody to another, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe
from studio.ui.handlers import Changes
from studio.ui.pair_tab import PairTab


class BlendTab(PairTab):
    """See `PairTab`."""

    verb = "blend"

    def _build_own(self) -> list[Any]:
        self.other_track = self._build_other()
        self.steps = self._build_slider("steps", 3, 16, 5)
        self.track = self._build_track()
        return [self.steps, self.track, self.other_track]

    def follow(self, seed: pipeline.Seed) -> Changes:
        """What a new seed brings: the part that is probably its melody."""
        choices = describe.track_choices(seed, self.words, drums=False)
        return {self.track: gr.update(choices=choices, value=seed.facts().melody_track)}

    def _run_pair(
        self, seed: pipeline.Seed, other: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]
    ) -> pipeline.Run:
        steps, track, other_track = own
        request = pipeline.BlendRequest(**asked, steps=int(steps or 3), melody_track=track, other_track=other_track)
        return pipeline.blend(seed, other, request)
