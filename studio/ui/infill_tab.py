"""The tab that writes bars anew: which bars, which tracks, and which of their notes are to stay."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import StudioError
from studio.ui import describe, roll
from studio.ui.handlers import READING, Changes
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import SEED, Visit

NAMES = "C C# D Eb E F F# G Ab A Bb B".split()


class InfillTab(VerbTab):
    """See `VerbTab`. Bars can also be chosen in the piano rolls: what is asked there stands in the fields then."""

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

    def connect(self) -> None:
        """Make the tab live, and the piano rolls' wish for other bars."""
        super().connect()
        if not self.models:
            return
        fields = [self.opened.parent, *self.own]
        of_seed = self.seed.roll.rewrite(self.rewrite_seed, [self.seed.roll], fields, **READING)
        fields += [output for output in self.seed.outputs if output not in fields]
        of_result = self.result.roll.rewrite(self.rewrite_result, [self.result.roll], fields, **READING)
        for asked in (of_seed, of_result):
            self.write_on(asked.success)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def rewrite_seed(self, request: gr.Request, event: gr.EventData, text: str | None) -> Iterator[Changes]:
        """Take over which bars of the seed are to be rewritten."""
        visit = self.visits.at(request)
        with self._told():
            music = visit.desk[SEED]
            edited = roll.read(text, music.seed.score)
            if edited.revision > music.revision:
                visit.change(SEED, edited.score, edited.revision, edited.locked)
            yield self._asked_for(roll.read_rewrite(event._data, edited.score))

    def rewrite_result(self, request: gr.Request, event: gr.EventData, text: str | None) -> Iterator[Changes]:
        """Take over which bars of the shown take are to be rewritten: it becomes the seed."""
        visit = self.visits.at(request)
        with self._told():
            take = self.result.changed(visit, text)
            asked = roll.read_rewrite(event._data, take.score)
            yield from self.seed.start_from_take(visit)
            yield self._asked_for(asked)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _asked_for(self, asked: roll.Rewrite) -> Changes:
        return {
            self.opened.parent: gr.update(selected=self.verb),
            self.first_bar: asked.first_bar,
            self.last_bar: asked.last_bar,
            self.tracks: gr.update(value=list(asked.tracks)),
            self.keep: ", ".join(f"{kept.bar}:{NAMES[kept.pitch % 12]}{kept.pitch // 12 - 1}" for kept in asked.keep),
        }

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What is wrong is said at once, and nothing is written."""
        try:
            yield
        except StudioError as error:
            raise gr.Error(self.words.told(error), print_exception=False) from error

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        first_bar, last_bar, keep, tracks = own
        request = pipeline.InfillRequest(
            **asked,
            **self._bars(first_bar, last_bar),
            tracks=tuple(tracks or ()),
            keep=pipeline.parse_kept(keep or ""),
        )
        return pipeline.infill(seed, request)
