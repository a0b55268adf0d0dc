"""Where what several models wrote stands side by side: each to hear, see and take away, with its time and its figures.

Knows the pipeline's values and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, prepared, widgets
from studio.ui.handlers import READING, Changes, guarded
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.visits import Result, Visit
from studio.ui.words import Words


@dataclass(frozen=True)
class _Place:
    """Where one model's entry stands."""

    column: gr.Column
    facts: gr.HTML
    player: gr.HTML
    buttons: gr.Row
    midi: gr.DownloadButton
    wav: gr.DownloadButton
    reuse: gr.Button

    @property
    def parts(self) -> list[Any]:
        return [self.column, self.facts, self.player, self.buttons, self.midi, self.wav, self.reuse]


class ComparisonPanel:
    """Builds itself inside the result's card, with a place for each of the models."""

    def __init__(
        self, words: Words, seed: SeedPanel, result: ResultPanel, models: Sequence[pipeline.ModelInfo]
    ) -> None:
        self.words, self.visits, self.seed, self.result = words, result.visits, seed, result
        with result.several, gr.Row(elem_classes=["side-by-side"]):
            self.places = {model.name: self._build_place(model) for model in models}

    def _build_place(self, model: pipeline.ModelInfo) -> _Place:
        t, name = self.words, f"compared-{model.name}"
        with gr.Column(elem_id=name, elem_classes=["plain"], min_width=0) as column:
            facts = widgets.facts(f"{name}-facts")
            player = widgets.player(t, model.title, f"{name}-player")
            with gr.Row(elem_classes=["take-away", "close"]) as buttons:
                midi = gr.DownloadButton(t("compare.midi"), interactive=False, min_width=0, elem_id=f"{name}-midi")
                wav = gr.DownloadButton(t("compare.wav"), interactive=False, min_width=0, elem_id=f"{name}-wav")
                reuse = gr.Button(t("result.reuse"), min_width=0, elem_id=f"{name}-reuse", elem_classes=["reuse"])
        return _Place(column, facts, player, buttons, midi, wav, reuse)

    @property
    def outputs(self) -> list[Any]:
        """Everything that a comparison changes."""
        parts = [part for place in self.places.values() for part in place.parts]
        return [self.result.notice, self.result.single, self.result.several, *parts]

    def connect(self) -> None:
        """Let each entry be heard with the seed's SoundFont, and become the seed."""
        seed = self.seed
        seed.font.input(self.choose_font, [seed.font], self.outputs, **READING)
        for name, place in self.places.items():
            place.reuse.click(self.reuse, [gr.State(name), seed.font], seed.outputs, **READING)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def choose_font(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Let the entries be heard with another SoundFont."""
        visit = self.visits.of(request.session_hash)
        if visit.result is not None and visit.result.entries:
            yield from guarded(self.result.notice, self.words, self.show, visit, font)

    def reuse(self, request: gr.Request, name: str, font: str | None) -> Iterator[Changes]:
        """Make what the model of that name wrote the seed."""
        visit = self.visits.of(request.session_hash)
        for number, entry in enumerate(_written(visit.result)):
            if visit.result is not None and entry.model.name == name:
                visit.result = replace(visit.result, shown=number)
                yield from self.seed.reuse(request, font)

    # --- the work ----------------------------------------------------------------------------------------------------

    def show(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """Show the visitor's comparison: what all wrote at once, then the sounds, one after the other."""
        result = visit.result
        assert result is not None
        found = {entry.model.name: entry for entry in result.entries}
        shown: Changes = {self.result.single: widgets.stand(here=False), self.result.several: widgets.stand(here=True)}
        for name, place in self.places.items():
            shown |= self._empty(place, found.get(name))
        written = [(n, self.places[e.model.name], e.take) for n, e in enumerate(_written(result)) if e.take]
        for number, place, take in written:
            shown |= self._seen(result, number, place, take)
        yield shown | {self.result.notice: widgets.working(self.words("result.sounding"))}
        for number, place, take in written:
            heard = self._heard(result, number, place, take, font)
            if visit.result is None or visit.result.entries is not result.entries:
                return
            yield heard
        yield {self.result.notice: widgets.done(describe.compared(result, self.words))}

    def _empty(self, place: _Place, entry: pipeline.Entry | None) -> Changes:
        """What there is to say of an entry; a model that was not reached has no place."""
        return {
            place.column: widgets.stand(here=entry is not None),
            place.facts: describe.entry(entry, self.words) if entry else None,
            place.player: None,
            place.buttons: gr.update(visible=entry is not None and entry.take is not None),
        }

    def _seen(self, result: Result, number: int, place: _Place, take: pipeline.Take) -> Changes:
        folder = result.folder_of(number)
        midi = folder / pipeline.file_name(take, "mid")
        pipeline.save_midi(take, midi)
        pictures = prepared.pictures(take, folder)
        return {
            place.player: widgets.player_value(pictures, self.words("result.roll"), **prepared.new_part(take)),
            place.midi: gr.update(value=str(midi), interactive=True),
            place.wav: gr.update(value=None, interactive=False),
        }

    def _heard(self, result: Result, number: int, place: _Place, take: pipeline.Take, font: str | None) -> Changes:
        folder = result.folder_of(number)
        sound, remark = prepared.sound(take.score, folder / pipeline.file_name(take, "wav"), font)
        pictures, part = prepared.pictures(take, folder), prepared.new_part(take)
        value = widgets.player_value(
            pictures, self.words("result.roll"), sound=sound, remark=self.words.told(remark), **part
        )
        return {
            place.player: value,
            place.wav: gr.update(value=str(sound) if sound else None, interactive=sound is not None),
        }


def _written(result: Result | None) -> list[pipeline.Entry]:
    """The entries that have a take, in the order of the result's takes."""
    return [entry for entry in result.entries if entry.take] if result is not None else []
