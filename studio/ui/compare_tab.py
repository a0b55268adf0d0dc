"""The tab that lets every model continue the same seed, side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import widgets
from studio.ui.comparison_panel import ComparisonPanel
from studio.ui.continue_tab import MOST_BARS
from studio.ui.handlers import Changes
from studio.ui.tab import Tab
from studio.ui.visits import Result, Visit


class CompareTab(Tab):
    """See `Tab`. All models that can continue, each at its own settings, under one seed number."""

    verb = "compare"

    def _able(self) -> list[pipeline.ModelInfo]:
        return pipeline.models("continue")

    def _build_own(self) -> list[Any]:
        self.bars = self._build_slider("bars", 1, MOST_BARS, 8)
        self.track = self._build_track()
        self.first_bar, self.last_bar = self._build_bars()
        self._build_number()
        return [self.bars, self.track, self.first_bar, self.last_bar]

    def _build_settings(self) -> None:
        names = ", ".join(self.words.told(model.title) for model in self.models.values())
        gr.Markdown(self.words("compare.models", names=names), elem_classes=["aside"])
        self.panel = ComparisonPanel(self.words, self.seed, self.result, list(self.models.values()))

    @property
    def outputs(self) -> list[Any]:
        """Everything that a comparison changes."""
        return self.panel.outputs

    @property
    def heard(self) -> list[tuple[Callable[[Visit], Changes], list[Any]]]:
        """See `Tab`: what stands side by side."""
        return [(self.panel.again, self.panel.rolls)] if self.models else []

    def connect(self) -> None:
        """Make the tab live, and what it shows."""
        super().connect()
        if self.models:
            self.panel.connect()

    def _start(self, visit: Visit, seed: pipeline.Seed, fields: Sequence[Any]) -> Generator[Any, None, None]:
        number, bars, track, first_bar, last_bar = fields
        request = pipeline.CompareRequest(
            int(bars or 1), int(number or 0), melody_track=track, **self._bars(first_bar, last_bar)
        )
        return pipeline.compare(seed, request)

    def _write(self, visit: Visit, run: Generator[Any, None, None]) -> Generator[Changes, None, bool]:
        """Tell each bar; where it is stopped, what the model at it has written is kept as well."""
        entries: list[pipeline.Entry] = []
        at: pipeline.Comparing | None = None
        total = 0
        while not (stopped := visit.stop.is_set()):
            step = next(run, None)
            if step is None:
                break
            if isinstance(step, pipeline.Entry):
                entries.append(step)
                at = None
            else:
                at = step
                total = step.progress.bars_total if step.progress else total
                yield {self.result.notice: self._told(step)}
        if stopped and at is not None and at.entry is not None:
            entries.append(at.entry)
        takes = tuple(entry.take for entry in entries if entry.take is not None)
        if not entries:
            return False
        visit.hearing.forget("take ")
        visit.written(Result(takes, total if stopped else None, entries=tuple(entries)))
        return True

    def _told(self, at: pipeline.Comparing) -> dict[str, Any]:
        """How far it is, as a notice."""
        values = {"model": self.words.told(at.model.title), "number": at.number, "models": at.models}
        if at.progress is None:
            return widgets.working(self.words("compare.loading", **values), at.number - 1, at.models)
        done, total = at.progress.bars_done, at.progress.bars_total
        sentence = self.words("compare.writing", **values, done=done, total=total)
        return widgets.working(sentence, (at.number - 1) * total + done, at.models * total)

    def _show(self, visit: Visit) -> Iterator[Changes]:
        yield from self.panel.show(visit)
