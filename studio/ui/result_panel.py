"""The card where music is written: how far it is and how it went; the takes, each to hear, see and take away.

Knows the pipeline's verbs and this page's components, and nothing of what was asked for. Handlers yield what changes on
the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, prepared, widgets
from studio.ui.handlers import AT_ONCE, READING, Changes, guarded
from studio.ui.seed_panel import SeedPanel
from studio.ui.visits import Result, Visit, Visits
from studio.ui.words import Words


class ResultPanel:
    """Builds itself inside the current `gr.Blocks`. `writers` are the buttons that begin a writing, one at a time."""

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        self.writers: list[gr.Button] = []
        with gr.Row(elem_classes=["status"]):
            self.notice = widgets.notice("result-notice", widgets.done(t("result.empty")))
            self.stop_button = gr.Button(t("result.stop"), variant="stop", elem_id="stop", interactive=False)
        # Takes of one model are seen one at a time; what several models wrote stands side by side.
        with gr.Column(elem_classes=["plain"]) as self.single:
            self.take = gr.Radio([], label=t("result.takes"), elem_id="takes", visible=False)
            self.player = widgets.player(t, t("result.player"), "result-player")
            with gr.Row(elem_classes=["take-away"]):
                self.midi = gr.DownloadButton(t("result.midi"), interactive=False, elem_id="download-midi")
                self.wav = gr.DownloadButton(t("result.wav"), interactive=False, elem_id="download-wav")
                self.reuse_button = gr.Button(
                    t("result.reuse"), interactive=False, elem_id="reuse", elem_classes=["reuse"]
                )
        self.several = gr.Column(elem_id="comparison", elem_classes=["plain", "away"])

    @property
    def outputs(self) -> list[Any]:
        """Everything that a new result changes."""
        shown = [self.take, self.player, self.midi, self.wav, self.reuse_button]
        return [self.notice, self.single, self.several, *shown]

    @property
    def busy(self) -> list[Any]:
        """What changes while something is being written."""
        return [*self.writers, self.stop_button, self.notice]

    def connect(self, seed: SeedPanel) -> None:
        """Let takes be chosen, heard with the seed's SoundFont, and become the seed."""
        self.take.input(self.choose_take, [self.take, seed.font], self.outputs, **READING)
        seed.font.input(self.choose_font, [seed.font], self.outputs, **READING)
        self.reuse_button.click(seed.reuse, [seed.font], seed.outputs, **READING)
        self.stop_button.click(self.stop, None, [self.stop_button], **AT_ONCE)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def begin(self, request: gr.Request) -> Changes:
        """Before the writing: what was asked to stop earlier no longer counts."""
        self.visits.of(request.session_hash).stop.clear()
        return {
            **{button: gr.update(interactive=False) for button in self.writers},
            self.stop_button: gr.update(interactive=True),
            self.notice: widgets.working(self.words("result.waiting")),
        }

    def finish(self) -> Changes:
        """After the writing, however it ended."""
        return {
            **{button: gr.update(interactive=True) for button in self.writers},
            self.stop_button: gr.update(interactive=False),
        }

    def refused(self) -> Changes:
        """Gradio did not even let the handler start: too many callers, or a field that holds what it cannot."""
        return {self.notice: widgets.error(self.words("error.refused"))}

    def stop(self, request: gr.Request) -> Changes:
        """Let the writing end after the bar it is at.

        Its handler looks for this itself: were it cancelled, it could not hand over what it has written.
        """
        self.visits.of(request.session_hash).stop.set()
        return {self.stop_button: gr.update(interactive=False)}

    def choose_take(self, request: gr.Request, number: int, font: str | None) -> Iterator[Changes]:
        """Show another of the takes."""
        visit = self.visits.of(request.session_hash)
        result = visit.result
        if result is not None and not result.entries and number in range(len(result.takes)):
            visit.result = replace(result, shown=number)
            yield from guarded(self.notice, self.words, self.show, visit, font)

    def choose_font(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Let the take that is shown be heard with another SoundFont."""
        visit = self.visits.of(request.session_hash)
        if visit.result is not None and not visit.result.entries:
            yield from guarded(self.notice, self.words, self.show, visit, font)

    # --- the work ----------------------------------------------------------------------------------------------------

    def show(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """Show the visitor's result: picture and MIDI file, then the sound; the last sentence says how it went."""
        t, result = self.words, visit.result
        assert result is not None
        take, folder = result.take, result.folder_of(result.shown)
        midi = folder / pipeline.file_name(take, "mid")
        pipeline.save_midi(take, midi)
        pictures = prepared.pictures(take, folder)
        look = prepared.new_part(take)
        yield {
            self.single: widgets.stand(here=True),
            self.several: widgets.stand(here=False),
            self.take: self._takes(result),
            self.player: widgets.player_value(pictures, t("result.roll"), **look),
            self.midi: gr.update(value=str(midi), interactive=True),
            self.wav: gr.update(value=None, interactive=False),
            self.reuse_button: gr.update(interactive=True),
            self.notice: widgets.working(t("result.sounding")),
        }
        sound, remark = prepared.sound(take.score, folder / pipeline.file_name(take, "wav"), font)
        if visit.result is not result:
            return
        yield {
            self.player: widgets.player_value(pictures, t("result.roll"), sound=sound, remark=t.told(remark), **look),
            self.wav: gr.update(value=str(sound) if sound else None, interactive=sound is not None),
            self.notice: widgets.done(describe.outcome(result, t)),
        }

    def _takes(self, result: Result) -> Any:
        """The choice of takes; hidden where there is none."""
        choices = [(self.words("result.take", number=i + 1), i) for i in range(len(result.takes))]
        return gr.update(choices=choices, value=result.shown, visible=len(choices) > 1)
