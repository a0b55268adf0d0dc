"""The card where the seed is chosen: the music that the tabs go on from, write into or set anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from studio import pipeline
from studio.store import Piece
from studio.ui import describe, roll, widgets
from studio.ui.handlers import READING, Changes, guarded
from studio.ui.music_panel import MusicPanel
from studio.ui.take_away import TakeAway
from studio.ui.visits import SEED, OnDesk, Visit, Visits
from studio.ui.ways_in import WaysIn
from studio.ui.words import Words

METRES = ("4/4", "3/4", "2/4", "6/8", "9/8", "12/8", "5/4", "7/8", "2/2")


class SeedPanel(MusicPanel):
    """See `MusicPanel`. Here music can also be drawn, typed, hummed and played, and changed in its piano roll."""

    editable = True

    def __init__(self, words: Words, visits: Visits) -> None:
        super().__init__(words, visits, SEED)
        with gr.Accordion(words("seed.take_away"), open=False, elem_id="seed-away"):
            self.take_away = TakeAway(words, visits, SEED, lambda visit: visit.seed)

    def _build_choice(self) -> None:
        super()._build_choice()
        t = self.words
        with gr.Accordion(t("seed.ways"), open=False, elem_id="ways"):
            self.ways = WaysIn(t, self.visits)
            with self.ways.tabs, gr.Tab(t("draw.tab"), elem_id="way-draw"):
                gr.Markdown(t("draw.help"))
                with gr.Row(elem_classes=["pair"]):
                    self.metre = gr.Dropdown(list(METRES), value=METRES[0], label=t("draw.metre"), elem_id="draw-metre")
                    self.qpm = gr.Number(
                        100, label=t("draw.tempo"), minimum=20, maximum=320, precision=0, elem_id="draw-tempo"
                    )
                self.blank = gr.Button(t("draw.begin"), elem_id="draw-begin")

    @property
    def outputs(self) -> list[Any]:
        """Everything that new music changes."""
        return [*super().outputs, *self.take_away.outputs]

    def connect(self, came: Callable[..., Any]) -> Any:
        """See `MusicPanel`."""
        self.ways.connect(self._came, self.outputs)
        self.blank.click(self.draw, [self.metre, self.qpm], self.outputs, **READING)
        self.roll.edit(self.edit, [self.roll], self.outputs, **READING)
        self.take_away.connect()
        return super().connect(came)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def draw(self, request: gr.Request, metre: str, qpm: float | None) -> Iterator[Changes]:
        """Begin with empty bars."""
        numerator, denominator = map(int, (metre if metre in METRES else METRES[0]).split("/"))
        mpq = round(60_000_000 / min(320, max(20, qpm or 100)))
        score = pipeline.Score(
            tracks=(pipeline.Track(role="melody"),),
            tempos=(pipeline.Tempo(0, mpq),),
            time_signatures=(pipeline.TimeSignature(0, numerator, denominator),),
        )
        seed = pipeline.Seed(score, self.words("draw.name"))
        for changes in guarded(self.notice, self.words, self.put, self.visits.at(request), seed):
            yield changes | {self.example: None}

    def edit(self, request: gr.Request, text: str | None) -> Iterator[Changes]:
        """Take over what was changed in the piano roll."""
        yield from guarded(self.notice, self.words, self._edit, self.visits.at(request), text)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _came(self, visit: Visit, seed: pipeline.Seed, _: Any) -> Iterator[Changes]:
        for changes in self.put(visit, seed):
            yield changes | {self.example: None}

    def show(self, visit: Visit) -> Iterator[Changes]:
        """See `MusicPanel`."""
        for changes in super().show(visit):
            yield changes | self.take_away.clear()

    def _edit(self, visit: Visit, text: str | None) -> Iterator[Changes]:
        before = visit.desk.get(self.place)
        if before is None or roll.piece(text) not in ("", before.name):
            return
        edited = roll.read(text, before.seed.score)
        if edited.revision < before.revision:  # another change has overtaken it
            return
        music = visit.change(self.place, edited.score, edited.revision, edited.locked)
        shown: Changes = {self.roll: self.roll_value(visit, music), self.notice: None}
        shown |= {self.facts: describe.facts(music.seed, self.words)} | self.take_away.clear()
        # What was set for these bars and tracks stays, unless there are others now.
        if _shape(before) != _shape(music):
            for _, changes in self._followers:
                shown |= changes(music.seed)
        yield shown

    def start_from(self, visit: Visit, piece: Piece) -> Iterator[Changes]:
        """Make a piece that is kept, or a take of the result, the seed."""
        for changes in self.put(visit, piece.seed()):
            yield changes | {self.example: None}
        yield {self.notice: widgets.done(self.words("seed.reused"))}

    def start_from_take(self, visit: Visit) -> Iterator[Changes]:
        """Make the shown take the seed, with its tracks in their places."""
        result = visit.result
        assert result is not None
        take, sha256 = result.take, result.pieces[result.shown].sha256
        for changes in self.put(visit, pipeline.Seed(take.score, take.name, sha256=sha256, recipe=take.recipe)):
            yield changes | {self.example: None}


def _shape(music: OnDesk) -> tuple[int, list[bool]]:
    """How many bars there are, and which tracks play."""
    return music.seed.score.bar_count, [bool(track.notes) for track in music.seed.score.tracks]
