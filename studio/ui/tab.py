"""`Tab`: what all tabs share - their place in line, the seed number, the bars, and how a writing begins and ends.

What is particular to a tab (which fields, what the pipeline is asked for, how it is shown) a subclass says. Handlers
yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, ClassVar

import gradio as gr

from studio import pipeline
from studio.errors import StudioError
from studio.ui import describe, widgets
from studio.ui.handlers import AT_ONCE, READING, WRITING, Changes, guarded
from studio.ui.history_panel import HistoryPanel
from studio.ui.line import Line
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words


class Tab:
    """Builds itself inside the current `gr.Blocks`; its public methods are the page's handlers."""

    verb: ClassVar[str]
    """What is done here; with it the ids of the tab's fields begin, and the keys of its words."""
    opened: gr.Tab
    """Where on the page it stands."""
    track: gr.Dropdown
    first_bar: gr.Number
    last_bar: gr.Number

    def __init__(
        self,
        words: Words,
        visits: Visits,
        line: Line,
        seed: SeedPanel,
        result: ResultPanel,
        history: HistoryPanel,
    ) -> None:
        self.words, self.visits, self.line = words, visits, line
        self.seed, self.result, self.history = seed, result, history
        self.models, self.no_model = self._find_models()
        self.own: list[Any] = []
        if not self.models:
            widgets.remark(self.no_model)
            return
        with gr.Row(elem_classes=["fields"]):
            self.own = self._build_own()
        self._build_settings()
        self.generate_button = gr.Button(
            words(f"{self.verb}.generate"),
            variant="primary",
            elem_id=f"{self.verb}-generate",
            elem_classes=["generate"],
        )
        self.again_button = gr.Button(words("settings.again"), size="sm", elem_id=f"{self.verb}-again")
        seed.follow(self.own, self.follow)
        result.writers += [self.generate_button, self.again_button]

    # --- what each tab does in its own way ---------------------------------------------------------------------------

    def _build_own(self) -> list[Any]:
        """Build the fields that only this tab has, and return them."""
        raise NotImplementedError

    def _build_settings(self) -> None:
        """Build what stands below them."""
        raise NotImplementedError

    def follow(self, seed: pipeline.Seed) -> Changes:
        """What a new seed brings to the tab's own fields: its melody leads, from its first bar to its last."""
        found = seed.facts()
        return {
            self.track: gr.update(
                choices=describe.track_choices(seed, self.words, drums=False), value=found.melody_track
            ),
            self.first_bar: 1,
            self.last_bar: max(1, found.bars),
        }

    def warm(self) -> None:
        """Do once what the first visitor would wait for."""

    @property
    def fields(self) -> list[Any]:
        """What the tab's button hands over to `generate`."""
        return [self.number, *self.own]

    @property
    def outputs(self) -> list[Any]:
        """Everything that `generate` changes."""
        return self.result.outputs

    @property
    def heard(self) -> list[tuple[Callable[[Visit], Changes], list[Any]]]:
        """Music of this tab's own, see `SoundPanel.connect`."""
        return []

    def _start(self, visit: Visit, seed: pipeline.Seed, fields: Sequence[Any]) -> Generator[Any, None, None]:
        """Ask the pipeline for what the fields say; what is wrong is raised at once."""
        raise NotImplementedError

    def _write(self, visit: Visit, run: Generator[Any, None, None]) -> Generator[Changes, None, bool]:
        """Let the model write, unless the visitor stops it, and put what it wrote on the desk; whether it did."""
        raise NotImplementedError

    def _show(self, visit: Visit) -> Iterator[Changes]:
        """Show what is on the desk now."""
        raise NotImplementedError

    # --- what is on the page -----------------------------------------------------------------------------------------

    def _able(self) -> list[pipeline.ModelInfo]:
        """The models on offer here."""
        return pipeline.models(self.verb)

    def _find_models(self) -> tuple[dict[str, pipeline.ModelInfo], str]:
        """The models by name, and a sentence for there being none; a damaged one does not keep the page closed."""
        try:
            return {model.name: model for model in self._able()}, self.words(f"{self.verb}.no_model")
        except StudioError as error:
            return {}, self.words.told(error)

    def _build_number(self) -> None:
        t = self.words
        with gr.Column(elem_classes=["number-group"]):
            self.number = gr.Number(
                label=t("settings.number"),
                info=t("settings.number_help"),
                precision=0,
                elem_id=f"{self.verb}-number",
            )
            self.dice = gr.Button(
                t("settings.dice"), size="sm", elem_id=f"{self.verb}-dice", elem_classes=["dice"], min_width=0
            )

    def _build_track(self) -> gr.Dropdown:
        """Which track leads."""
        label, info = self.words(f"{self.verb}.track"), self.words(f"{self.verb}.track_help")
        return gr.Dropdown([], label=label, info=info, elem_id=f"{self.verb}-track")

    def _build_bars(self) -> tuple[gr.Number, gr.Number]:
        """The first and the last bar. Without bounds: the pipeline has a sentence for them, Gradio a passing toast."""
        t, made = self.words, []
        with gr.Row(elem_classes=["pair"]):
            for end in ("first", "last"):
                label, info = t(f"{self.verb}.{end}_bar"), t(f"{self.verb}.{end}_bar_help")
                made.append(
                    gr.Number(label=label, info=info, precision=0, min_width=0, elem_id=f"{self.verb}-{end}-bar")
                )
        return made[0], made[1]

    def _build_slider(self, field: str, lowest: int, highest: int, value: int) -> gr.Slider:
        """A whole number to be set."""
        label, info = self.words(f"{self.verb}.{field}"), self.words(f"{self.verb}.{field}_help")
        elem_id = f"{self.verb}-{field}"
        return gr.Slider(lowest, highest, value, step=1, label=label, info=info, elem_id=elem_id, buttons=[])

    @staticmethod
    def _bars(first: float | None, last: float | None) -> dict[str, Any]:
        """What these fields amount to, as keywords of a request."""
        return {"first_bar": int(first or 1), "last_bar": int(last) if last else None}

    # --- what leads to what ------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Make the tab live, once all tabs are built: while one of them writes, the others wait."""
        if not self.models:
            return
        self.dice.click(self.roll, None, [self.number], **AT_ONCE)
        rolled = self.again_button.click(self.roll, None, [self.number], **AT_ONCE)
        self.write_on(self.generate_button.click)
        self.write_on(rolled.then)

    def write_on(self, asked: Callable[..., Any], write: Callable[..., Iterator[Changes]] | None = None) -> None:
        """Let the model write whenever this comes: what the fields say, or what `write` asks for."""
        # One event and not two: each costs the page a moment in which nothing sounds yet.
        changed = [*self.outputs, *(part for part in self.result.busy if part not in self.outputs)]
        written = asked(write or self.generate, None if write else self.fields, changed, **WRITING)
        written.failure(self.result.refused, None, [self.result.notice], **AT_ONCE)
        finished = written.then(self.result.finish, None, self.result.busy, **AT_ONCE)
        finished.then(self.history.refresh, None, self.history.outputs, **READING)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def recall(self, request: gr.Request) -> Changes:
        """Set the fields as the visitor had them when they asked last; until then there is a new seed number."""
        before = self.visits.at(request).fields
        changes: Changes = {self.number: gr.update(value=self.roll())}
        return changes | {f: gr.update(value=before[f.elem_id]) for f in self.fields if f.elem_id in before}

    def roll(self) -> int:
        """A new seed number, short enough to be remembered."""
        return random.randrange(10_000)

    def generate(self, request: gr.Request, *fields: Any) -> Iterator[Changes]:
        """Let the model write; what was on the page stays until there is something new to show."""
        visit = self.visits.at(request)
        yield self.result.begin(visit)
        visit.remember({field.elem_id: value for field, value in zip(self.fields, fields, strict=True)})
        yield from guarded(self.result.notice, self.words, self._generate, visit, fields)

    def _generate(self, visit: Visit, fields: Sequence[Any]) -> Iterator[Changes]:
        t, seed, notice = self.words, visit.seed, self.result.notice
        if seed is None:
            yield {notice: widgets.error(t("error.no_seed"))}
            return
        yield from self.write(visit, self._start(visit, seed, fields))

    def write(self, visit: Visit, run: Generator[Any, None, None]) -> Iterator[Changes]:
        """Let the model write when it is its turn, and show what it wrote."""
        t, notice = self.words, self.result.notice
        with contextlib.closing(run), self.line.ticket() as ticket:
            waited = False
            while (before := self.line.before(ticket)) and not visit.stop.is_set():
                waited = True
                yield {notice: widgets.working(t("result.in_line", before=before))}
                time.sleep(0.3)
            if waited:
                yield {notice: widgets.working(t("result.starting"))}
            written = yield from self._write(visit, run)
        if not written:
            yield {notice: widgets.done(t("result.stopped_early"))}
            return
        yield from self._show(visit)
