"""Where what several models wrote stands side by side: each to hear, see and take away, with its time and its figures.

Knows the pipeline's values and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, roll, widgets
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
    roll: gr.HTML
    buttons: gr.Row
    open: gr.Button
    reuse: gr.Button

    @property
    def parts(self) -> list[Any]:
        return [self.column, self.facts, self.roll, self.buttons]


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
            shown = roll.component(t, t.told(model.title), f"{name}-roll")
            with gr.Row(elem_classes=["take-away", "close"]) as buttons:
                alone = gr.Button(t("compare.open"), min_width=0, elem_id=f"{name}-open")
                reuse = gr.Button(t("result.reuse"), min_width=0, elem_id=f"{name}-reuse", elem_classes=["reuse"])
        return _Place(column, facts, shown, buttons, alone, reuse)

    @property
    def outputs(self) -> list[Any]:
        """Everything that a comparison changes."""
        parts = [part for place in self.places.values() for part in place.parts]
        return [self.result.notice, self.result.single, self.result.several, *parts]

    @property
    def rolls(self) -> list[Any]:
        """The piano rolls of all places."""
        return [place.roll for place in self.places.values()]

    def connect(self) -> None:
        """Let each entry become the seed, or be opened by itself."""
        for name, place in self.places.items():
            place.reuse.click(self._chosen(name, self._reuse), None, self.seed.outputs, **READING)
            place.open.click(self._chosen(name, self._open), None, self.result.outputs, **READING)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def _chosen(self, name: str, then: Callable[[Visit], Iterator[Changes]]) -> Callable[..., Iterator[Changes]]:
        # Not a partial: Gradio would not see that it wants the request.
        def chosen(request: gr.Request) -> Iterator[Changes]:
            visit = self.visits.at(request)
            for number, entry in enumerate(_written(visit.result)):
                if entry.model.name == name:
                    visit.choose(number)
                    yield from guarded(self.result.notice, self.words, then, visit)

        return chosen

    def _open(self, visit: Visit) -> Iterator[Changes]:
        """Show it as a take like any other: the models no longer stand side by side."""
        assert visit.result is not None
        visit.result = replace(visit.result, entries=())
        yield from self.result.show(visit)

    def _reuse(self, visit: Visit) -> Iterator[Changes]:
        assert visit.result is not None
        yield from self.seed.start_from(visit, visit.result.pieces[visit.result.shown])

    # --- the work ----------------------------------------------------------------------------------------------------

    def show(self, visit: Visit) -> Iterator[Changes]:
        """Show the visitor's comparison."""
        result = visit.result
        assert result is not None
        found = {entry.model.name: entry for entry in result.entries}
        shown: Changes = {self.result.single: widgets.stand(here=False), self.result.several: widgets.stand(here=True)}
        for name, place in self.places.items():
            shown |= self._empty(place, found.get(name))
        yield shown | self.again(visit) | {self.result.notice: widgets.done(describe.compared(result, self.words))}

    def again(self, visit: Visit) -> Changes:
        """The music of a comparison, to be heard as the visitor hears it now."""
        return {
            self.places[entry.model.name].roll: self._roll(visit, number, entry.take)
            for number, entry in enumerate(_written(visit.result))
            if entry.take is not None
        }

    def _empty(self, place: _Place, entry: pipeline.Entry | None) -> Changes:
        """What there is to say of an entry; a model that was not reached has no place."""
        return {
            place.column: widgets.stand(here=entry is not None),
            place.facts: describe.entry(entry, self.words) if entry else None,
            place.roll: None,
            place.buttons: gr.update(visible=entry is not None and entry.take is not None),
        }

    def _roll(self, visit: Visit, number: int, take: pipeline.Take) -> str:
        return roll.value(
            take.score,
            piece=f"{visit.result.name if visit.result else ''} {number}",
            new=take.new,
            region=(take.new_from, take.end),
            sound=visit.hearing.offer(f"take {number}", take.score),
        )


def _written(result: Result | None) -> list[pipeline.Entry]:
    """The entries that have a take, in the order of the result's takes."""
    return [entry for entry in result.entries if entry.take] if result is not None else []
