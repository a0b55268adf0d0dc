"""`VerbTab`: a tab that lets one model write - which one, with which settings, in how many takes.

A tab is one verb of the pipeline. What is particular to it (which bars, which tracks) a subclass builds and asks for.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import SettingError
from studio.ui import controls, widgets
from studio.ui.handlers import AT_ONCE, Changes
from studio.ui.tab import Tab
from studio.ui.visits import Result, Visit

MOST_TAKES = 4
# What a musician would name comes first, in this order; the other controls are for the few.
MAIN_CONTROLS = (
    "style", "key", "metre", "tempo", "chords", "harmonise", "voice_leading", "density", "ending", "temperature",
)  # fmt: skip


class VerbTab(Tab):
    """See `Tab`."""

    # --- what each verb does in its own way --------------------------------------------------------------------------

    def _run(self, visit: Visit, seed: pipeline.Seed, asked: Mapping[str, Any], own: Sequence[Any]) -> pipeline.Run:
        """Let the pipeline write what is `asked` by all tabs, and by the tab's `own` fields."""
        raise NotImplementedError

    def _offered(self, model: pipeline.ModelInfo) -> dict[str, pipeline.Control]:
        """What may be set for a model here, by name."""
        return {control.name: control for control in model.controls_of(self.verb)}

    # --- what is on the page -----------------------------------------------------------------------------------------

    def _build_settings(self) -> None:
        self.controls: dict[str, gr.components.Component] = {}
        offered: dict[str, pipeline.Control] = {}
        for model in self.models.values():
            # The first model is chosen at first, so what it offers is shown in its way.
            offered = self._offered(model) | offered
        with gr.Row(elem_classes=["fields"]):
            self._build_model()
            self._build_controls(offered, [name for name in MAIN_CONTROLS if name in offered])
            self._build_takes()
        with (
            gr.Accordion(self.words("settings.advanced"), open=False, elem_id=f"{self.verb}-advanced"),
            gr.Row(elem_classes=["fields"]),
        ):
            self._build_controls(offered, [name for name in offered if name not in MAIN_CONTROLS])
            self._build_number()

    def _build_model(self) -> None:
        first = next(iter(self.models.values()))
        self.model = gr.Dropdown(
            [(self.words.told(model.title), model.name) for model in self.models.values()],
            value=first.name,
            label=self.words("settings.model"),
            info=self.words.told(first.help),
            elem_id=f"{self.verb}-model",
        )

    def _build_controls(self, offered: Mapping[str, pipeline.Control], names: Sequence[str]) -> None:
        first = self._offered(next(iter(self.models.values())))
        for name in names:
            self.controls[name] = controls.component(offered[name], self.words, self.verb)
            self.controls[name].visible = name in first

    def _build_takes(self) -> None:
        t, elem_id = self.words, f"{self.verb}-takes"
        label, info = t("settings.takes"), t("settings.takes_help")
        self.takes = gr.Slider(1, MOST_TAKES, 1, step=1, label=label, info=info, elem_id=elem_id, buttons=[])

    @property
    def fields(self) -> list[Any]:
        """What the tab's button hands over."""
        return [self.model, self.number, self.takes, *self.own, *self.controls.values()]

    def connect(self) -> None:
        """Make the tab live."""
        super().connect()
        if self.models:
            self.model.input(self.choose_model, [self.model], [self.model, *self.controls.values()], **AT_ONCE)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def generate(self, request: gr.Request, *fields: Any) -> Iterator[Changes]:
        """See `Tab`. What broke off halfway does not stand there as if it were still being written."""
        visit, begun = self.visits.at(request), False
        before = visit.result
        for changes in super().generate(request, *fields):
            begun = begun or self.result.roll in changes
            yield changes
        if begun and visit.result is before:
            yield self.result.again(visit) or {self.result.cards: None}

    def recall(self, request: gr.Request) -> Changes:
        """See `Tab`; what the model offers comes first."""
        changes = super().recall(request)
        name = changes.get(self.model, {}).get("value")
        if name not in self.models:
            return changes
        offered = self.choose_model(name)
        return {field: offered.get(field, {}) | changes.get(field, {}) for field in offered | changes}

    def choose_model(self, name: str) -> Changes:
        """Offer the chosen model's controls, at its own ranges and defaults, and no others."""
        offered = self._offered(self.models[name])
        changes: Changes = {self.model: gr.update(info=self.words.told(self.models[name].help))}
        for key, component in self.controls.items():
            changes[component] = controls.update(offered.get(key), self.words)
        return changes

    # --- the work ----------------------------------------------------------------------------------------------------

    def _start(self, visit: Visit, seed: pipeline.Seed, fields: Sequence[Any]) -> Generator[Any, None, None]:
        model, number, takes, *rest = fields
        own, shown = rest[: len(self.own)], rest[len(self.own) :]
        return self._run(visit, seed, self._asked(model, number, takes, shown), own)

    def _asked(self, name: str, number: float | None, takes: float | None, shown: Sequence[Any]) -> dict[str, Any]:
        """What the fields that all these tabs have amount to, as keywords of a request."""
        if name not in self.models:
            raise SettingError(self.no_model)
        by_name = dict(zip(self.controls, shown, strict=True))
        offered = self._offered(self.models[name])
        chosen = {key: controls.value(control, by_name[key]) for key, control in offered.items()}
        return {"model": name, "seed": int(number or 0), "takes": int(takes or 1), **chosen}

    def _write(self, visit: Visit, run: Generator[Any, None, None]) -> Generator[Changes, None, bool]:
        """Tell each bar, and let it be heard; a writing that was stopped leaves the takes as far as they are."""
        assert visit.seed is not None
        name, progress, whole = secrets.token_hex(8), None, False
        finished: list[pipeline.Take] = []
        try:
            with visit.hearing.growing("take 0", visit.seed.score) as music:
                # Asked each time before the model goes on: it may have been stopped while it waited for its place.
                while not visit.stop.is_set() or finished:
                    step = next(run, None)
                    if step is None:
                        whole = True
                        music.finish(finished[0].score)
                        break
                    if isinstance(step, pipeline.Take):
                        finished.append(step)
                        continue
                    progress = step
                    music.put(step.heard)
                    sentence = self.words("result.writing", done=step.bars_done, total=step.bars_total)
                    told = {self.result.notice: widgets.working(sentence, step.bars_done, step.bars_total)}
                    yield self.result.growing(name, step.heard, music) | told
        finally:
            # What rang on over the last bar line was heard, but is not part of a take that was not finished.
            visit.hearing.forget("take ", but=music.key if whole else "")
        if whole:
            visit.written(Result(tuple(finished), name=name))
        elif progress is not None:
            visit.written(Result(progress.takes, progress.bars_total, name=name))
        return whole or progress is not None

    def _show(self, visit: Visit) -> Iterator[Changes]:
        yield from self.result.show(visit)
