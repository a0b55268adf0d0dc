"""`Tab`: what all tabs that let a model write share - its controls, the seed number, the takes, and the writing itself.

A tab is one verb of the pipeline. What is particular to it (which bars, which tracks) a subclass builds and asks for.
Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import gradio as gr

from studio import pipeline
from studio.errors import SettingError, StudioError
from studio.ui import controls, describe, widgets
from studio.ui.handlers import AT_ONCE, WRITING, Changes, guarded
from studio.ui.line import Line
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.visits import Result, Visit, Visits
from studio.ui.words import Words

MOST_TAKES = 4
MAIN_CONTROLS = ("style", "temperature", "density", "chords", "ending", "voice_leading")  # the others are for the few


class Tab:
    """Builds itself inside the current `gr.Blocks`; its public methods are the page's handlers."""

    verb: ClassVar[str]
    """What a model must know to be on offer here; with it the ids of the tab's fields begin."""
    track: gr.Dropdown
    first_bar: gr.Number
    last_bar: gr.Number

    def __init__(self, words: Words, visits: Visits, line: Line, seed: SeedPanel, result: ResultPanel) -> None:
        self.words, self.visits, self.line, self.seed, self.result = words, visits, line, seed, result
        self.models, self.no_model = self._find_models()
        self.controls: dict[str, gr.components.Component] = {}
        self.own: list[Any] = []
        if not self.models:
            widgets.remark(self.no_model)
            return
        with gr.Row(elem_classes=["fields"]):
            self.own = self._build_own()
        self._build_settings()
        seed.follow(self.own, self.follow)
        result.writers.append(self.generate_button)

    # --- what each tab does in its own way ---------------------------------------------------------------------------

    def _build_own(self) -> list[Any]:
        """Build the fields that only this tab has, and return them."""
        raise NotImplementedError

    def follow(self, seed: pipeline.Seed) -> Changes:
        """What a new seed brings to those fields: its melody leads, from its first bar to its last."""
        found = seed.facts()
        return {
            self.track: gr.update(
                choices=describe.track_choices(seed, self.words, drums=False), value=found.melody_track
            ),
            self.first_bar: 1,
            self.last_bar: max(1, found.bars),
        }

    def _run(self, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        """Let the pipeline write what is `asked` by all tabs, and by the tab's `own` fields."""
        raise NotImplementedError

    def _offered(self, model: pipeline.ModelInfo) -> dict[str, pipeline.Control]:
        """What may be set for a model here, by name."""
        return {control.name: control for control in model.controls_of(self.verb)}

    # --- what is on the page -----------------------------------------------------------------------------------------

    def _find_models(self) -> tuple[dict[str, pipeline.ModelInfo], str]:
        """The models by name, and a sentence for there being none; a damaged one does not keep the page closed."""
        try:
            return {model.name: model for model in pipeline.models(self.verb)}, self.words(f"{self.verb}.no_model")
        except StudioError as error:
            return {}, str(error)

    def _build_settings(self) -> None:
        t = self.words
        offered: dict[str, pipeline.Control] = {}
        for model in self.models.values():
            # The first model is chosen at first, so what it offers is shown in its way.
            offered = self._offered(model) | offered
        with gr.Row(elem_classes=["fields"]):
            self._build_model()
            self._build_controls(offered, [name for name in MAIN_CONTROLS if name in offered])
            self._build_takes()
            self._build_number()
        with (
            gr.Accordion(t("settings.advanced"), open=False, elem_id=f"{self.verb}-advanced"),
            gr.Row(elem_classes=["fields"]),
        ):
            self._build_controls(offered, [name for name in offered if name not in MAIN_CONTROLS])
        self.generate_button = gr.Button(
            t(f"{self.verb}.generate"), variant="primary", elem_id=f"{self.verb}-generate", elem_classes=["generate"]
        )

    def _build_model(self) -> None:
        first = next(iter(self.models.values()))
        self.model = gr.Dropdown(
            [(model.title, model.name) for model in self.models.values()],
            value=first.name,
            label=self.words("settings.model"),
            info=first.help,
            elem_id=f"{self.verb}-model",
        )

    def _build_controls(self, offered: Mapping[str, pipeline.Control], names: Sequence[str]) -> None:
        first = self._offered(next(iter(self.models.values())))
        for name in names:
            self.controls[name] = controls.component(offered[name], self.words, self.verb)
            self.controls[name].visible = name in first

    def _build_takes(self) -> None:
        self.takes = gr.Slider(
            1,
            MOST_TAKES,
            1,
            step=1,
            label=self.words("settings.takes"),
            info=self.words("settings.takes_help"),
            elem_id=f"{self.verb}-takes",
            buttons=[],
        )

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

    @staticmethod
    def _bars(first: float | None, last: float | None) -> dict[str, Any]:
        """What these fields amount to, as keywords of a request."""
        return {"first_bar": int(first or 1), "last_bar": int(last) if last else None}

    # --- what leads to what ------------------------------------------------------------------------------------------

    def connect(self, page: gr.Blocks) -> None:
        """Make the tab live, once all tabs are built: while one of them writes, the others wait."""
        if not self.models:
            return
        page.load(self.roll, None, [self.number], **AT_ONCE)
        self.dice.click(self.roll, None, [self.number], **AT_ONCE)
        self.model.input(self.choose_model, [self.model], [self.model, *self.controls.values()], **AT_ONCE)
        fields = [self.seed.font, self.model, self.number, self.takes, *self.own, *self.controls.values()]
        asked = self.generate_button.click(self.result.begin, None, self.result.busy, **AT_ONCE)
        written = asked.then(self.generate, fields, self.result.outputs, **WRITING)
        written.failure(self.result.refused, None, [self.result.notice], **AT_ONCE)
        written.then(self.result.finish, None, self.result.busy, **AT_ONCE)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def choose_model(self, name: str) -> Changes:
        """Offer the chosen model's controls, at its own ranges and defaults, and no others."""
        offered = self._offered(self.models[name])
        changes: Changes = {self.model: gr.update(info=self.models[name].help)}
        for key, component in self.controls.items():
            changes[component] = controls.update(offered.get(key), self.words)
        return changes

    def roll(self) -> int:
        """A new seed number, short enough to be remembered."""
        return random.randrange(10_000)

    def generate(self, request: gr.Request, *fields: Any) -> Iterator[Changes]:
        """Let the model write; what was on the page stays until there is something new to show."""
        visit = self.visits.of(request.session_hash)
        yield from guarded(self.result.notice, self.words, self._generate, visit, fields)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _asked(self, name: str, number: float | None, takes: float | None, shown: Sequence[Any]) -> dict[str, Any]:
        """What the fields that all tabs have amount to, as keywords of a request."""
        if name not in self.models:
            raise SettingError(self.no_model)
        by_name = dict(zip(self.controls, shown, strict=True))
        offered = self._offered(self.models[name])
        chosen = {key: controls.value(control, by_name[key]) for key, control in offered.items()}
        return {"model": name, "seed": int(number or 0), "takes": int(takes or 1), **chosen}

    def _generate(self, visit: Visit, fields: Sequence[Any]) -> Iterator[Changes]:
        t, seed, notice = self.words, visit.seed, self.result.notice
        if seed is None:
            yield {notice: widgets.error(t("error.no_seed"))}
            return
        font, model, number, takes, *rest = fields
        own, shown = rest[: len(self.own)], rest[len(self.own) :]
        run = self._run(seed, self._asked(model, number, takes, shown), own)
        with contextlib.closing(run), self.line.ticket() as ticket:
            while (before := self.line.before(ticket)) and not visit.stop.is_set():
                yield {notice: widgets.working(t("result.in_line", before=before))}
                time.sleep(0.3)
            yield {notice: widgets.working(t("result.starting"))}
            written, stopped = yield from self._write(visit, run)
        if not written:
            yield {notice: widgets.done(t("result.stopped_early"))}
            return
        visit.result = Result(written, visit.new_folder(), stopped)
        yield from self.result.show(visit, font)

    def _write(
        self, visit: Visit, run: pipeline.Run
    ) -> Generator[Changes, None, tuple[tuple[pipeline.Take, ...], int | None]]:
        """Run the model, tell each bar, and return the takes; where it was stopped, also how many bars were due."""
        progress: pipeline.Progress | None = None
        finished: list[pipeline.Take] = []
        # Asked each time before the model goes on: it may have been stopped while it waited for its place.
        while not visit.stop.is_set() or finished:
            step = next(run, None)
            if step is None:
                return tuple(finished), None
            if isinstance(step, pipeline.Take):
                finished.append(step)
                continue
            progress = step
            sentence = self.words("result.writing", done=step.bars_done, total=step.bars_total)
            yield {self.result.notice: widgets.working(sentence, step.bars_done, step.bars_total)}
        if progress is None:
            return (), None
        return progress.takes, progress.bars_total
