"""The card where the seed is chosen: the music that the tabs go on from, write into or set anew."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from studio import pipeline
from studio.ui import widgets
from studio.ui.handlers import Changes, guarded
from studio.ui.music_panel import MusicPanel
from studio.ui.visits import SEED, OnDesk, Visit, Visits
from studio.ui.words import Words


class SeedPanel(MusicPanel):
    """See `MusicPanel`. Here the SoundFont is chosen too, and a result can take the seed's place."""

    def __init__(self, words: Words, visits: Visits) -> None:
        super().__init__(words, visits, SEED)

    def _build_choice(self) -> None:
        super()._build_choice()
        t, fonts = self.words, list(pipeline.soundfonts())
        self.font = gr.Dropdown(
            fonts,
            value=fonts[0] if fonts else None,
            label=t("seed.soundfont"),
            info=t("seed.soundfont_help"),
            elem_id="soundfont",
            visible=bool(fonts),
        )

    def reuse(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Make the take that is shown the seed."""
        visit = self.visits.of(request.session_hash)
        for changes in guarded(self.notice, self.words, self._reuse, visit, font):
            yield changes | ({self.example: None} if self.facts in changes else {})

    def _reuse(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        if visit.result is None:
            yield {self.notice: widgets.error(self.words("error.no_take"))}
            return
        folder, take = visit.new_folder(), visit.result.take
        # By way of a file, as if it had been downloaded and uploaded again: the recipe then comes along.
        pipeline.save_midi(take, folder / "seed.mid")
        yield from self._put(visit, OnDesk(pipeline.read(folder / "seed.mid", take.name), folder), font)
        yield {self.notice: widgets.done(self.words("seed.reused"))}
