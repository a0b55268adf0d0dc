"""`PairTab`: a tab that needs a second piece of music besides the seed, and says which part of it counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import SeedError
from studio.ui import describe
from studio.ui.handlers import Changes
from studio.ui.music_panel import MusicPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import Visit
from studio.ui.words import Words


class OtherPanel(MusicPanel):
    """See `MusicPanel`. Here it is also said which track of the music counts."""

    def __init__(self, words: Words, seed: SeedPanel, place: str) -> None:
        # The first example is the seed of whoever has just come.
        super().__init__(words, seed.visits, place, first=1)
        self.follow([self.track], self._melody)

    def _build_choice(self) -> None:
        super()._build_choice()
        label, info = self.words(f"{self.place}.other_track"), self.words(f"{self.place}.other_track_help")
        self.track = gr.Dropdown([], label=label, info=info, elem_id=f"{self.place}-other-track")

    def _melody(self, other: pipeline.Seed) -> Changes:
        choices = describe.track_choices(other, self.words, drums=False)
        return {self.track: gr.update(choices=choices, value=other.facts().melody_track)}


class PairTab(VerbTab):
    """See `VerbTab`. The other music lies on the visitor's desk under the name of the tab's verb."""

    def _build_other(self) -> gr.Dropdown:
        """Build where the other music is chosen; returns which of its tracks counts."""
        t = self.words
        with gr.Column(elem_classes=["wide", "plain", "other"]):
            gr.Markdown(f"### {t(f'{self.verb}.other')}\n{t(f'{self.verb}.other_help')}", elem_classes=["step"])
            self.other = OtherPanel(t, self.seed, self.verb)
        return self.other.track

    @property
    def heard(self) -> list[tuple[Callable[[Visit], Changes], list[Any]]]:
        """See `Tab`: the other music."""
        return [(self.other.again, [self.other.roll])] if self.models else []

    def connect(self) -> None:
        """Make the tab live, and where its other music is chosen: whoever opens the tab finds an example there."""
        super().connect()
        if self.models:
            # Not when the page is opened: what changes in a tab that was not opened yet does not get there whole.
            self.other.connect(self.opened.select)

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        other = visit.music(self.verb)
        if other is None:
            raise SeedError(self.words(f"{self.verb}.no_other"))
        return self._run_pair(seed, other, asked, own)

    def _run_pair(
        self, seed: pipeline.Seed, other: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]
    ) -> pipeline.Run:
        """Let the pipeline write from both what is `asked` by all tabs, and by the tab's `own` fields."""
        raise NotImplementedError
