"""The tab that continues a seed: choose music, choose settings, hear, see and take away what the model wrote.

Knows the pipeline's verbs and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import SettingError, StudioError
from studio.ui import controls, describe, prepared, widgets
from studio.ui.line import Line
from studio.ui.seed_panel import Changes, SeedPanel, guarded
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

MAIN_CONTROLS = ("temperature", "style", "ending")  # the model's other controls go under Advanced
MOST_BARS = 64

# Two writers at once use both cores of a small machine. The tab keeps the line itself, since Gradio's own queue can
# neither say on the page who is before whom nor let anybody leave it: all that stand in line run as events.
WRITERS = 2
IN_LINE = 20
READERS = 4
# No endpoint of these handlers is offered to programs, and the components say themselves what goes on.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class ContinueTab:
    """Builds the tab inside the current `gr.Blocks`; its public methods are the page's handlers."""

    def __init__(self, words: Words, visits: Visits) -> None:
        self.words, self.visits = words, visits
        self.line = Line(WRITERS)
        self.models, self.no_model = self._find_models()
        for number, name, build in (
            (1, "seed", self._build_seed),
            (2, "settings", self._build_settings),
            (3, "result", self._build_result),
        ):
            with gr.Column(elem_classes=["card"], elem_id=name):
                widgets.step(number, words(f"{name}.heading"), words(f"{name}.intro"))
                build()
        self._connect()

    def _find_models(self) -> tuple[dict[str, pipeline.ModelInfo], str]:
        """The models by name, and a sentence for there being none; a damaged one does not keep the page closed."""
        try:
            return {model.name: model for model in pipeline.models()}, self.words("settings.no_model")
        except StudioError as error:
            return {}, str(error)

    # --- what is on the page -----------------------------------------------------------------------------------------

    def _build_seed(self) -> None:
        self.seed = SeedPanel(self.words, self.visits)

    def _build_settings(self) -> None:
        if not self.models:
            widgets.remark(self.no_model)
        offered = {control.name: control for model in self.models.values() for control in model.controls}
        self.controls: dict[str, gr.components.Component] = {}
        with gr.Row(elem_classes=["fields"]):
            self._build_model()
            self._build_controls(offered, MAIN_CONTROLS[:1])
        with gr.Row(elem_classes=["fields"]):
            self._build_controls(offered, MAIN_CONTROLS[1:])
            self._build_number()
        advanced = gr.Accordion(self.words("settings.advanced"), open=False, elem_id="advanced")
        with advanced, gr.Row(elem_classes=["fields"]):
            self._build_controls(offered, [name for name in offered if name not in MAIN_CONTROLS])
            self._build_font()
        with gr.Row(elem_classes=["go"]):
            self.generate_button = gr.Button(
                self.words("settings.generate"), variant="primary", elem_id="generate", interactive=bool(self.models)
            )
            self.stop_button = gr.Button(self.words("settings.stop"), variant="stop", elem_id="stop", interactive=False)

    def _build_model(self) -> None:
        t, first = self.words, next(iter(self.models.values()), None)
        self.model = gr.Dropdown(
            [(model.title, model.name) for model in self.models.values()],
            value=first.name if first else None,
            label=t("settings.model"),
            info=first.help if first else "",
            elem_id="model",
        )
        self.bars = gr.Slider(
            1, MOST_BARS, 8, step=1, label=t("settings.bars"), info=t("settings.bars_help"), elem_id="bars", buttons=[]
        )

    def _build_controls(self, offered: dict[str, pipeline.Control], names: Sequence[str]) -> None:
        for name in names:
            if name in offered:
                self.controls[name] = controls.component(offered[name], self.words)

    def _build_number(self) -> None:
        t = self.words
        with gr.Column(elem_id="number-group"):
            self.number = gr.Number(
                label=t("settings.number"),
                info=t("settings.number_help"),
                precision=0,
                elem_id="number",
            )
            self.dice = gr.Button(t("settings.dice"), size="sm", elem_id="dice")

    def _build_font(self) -> None:
        fonts = list(pipeline.soundfonts())
        self.font = gr.Dropdown(
            fonts,
            value=fonts[0] if fonts else None,
            label=self.words("settings.soundfont"),
            info=self.words("settings.soundfont_help"),
            elem_id="soundfont",
            visible=bool(fonts),
        )

    def _build_result(self) -> None:
        t = self.words
        self.notice = widgets.notice("result-notice", widgets.done(t("result.empty")))
        self.player = widgets.player(t, t("result.player"), "result-player")
        with gr.Row(elem_classes=["take-away"]):
            self.midi = gr.DownloadButton(t("result.midi"), interactive=False, elem_id="download-midi")
            self.wav = gr.DownloadButton(t("result.wav"), interactive=False, elem_id="download-wav")
            self.reuse_button = gr.Button(t("result.reuse"), interactive=False, elem_id="reuse")

    # --- what leads to what ------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        reading = QUIET | {"concurrency_id": "read", "concurrency_limit": READERS}
        writing = QUIET | {"concurrency_id": "write", "concurrency_limit": IN_LINE}
        at_once = QUIET | {"queue": False}
        self.seed.connect(self.font, reading)
        self.reuse_button.click(self.seed.reuse, [self.font], self.seed.outputs, **reading)
        self.model.input(self.choose_model, [self.model], [self.model, *self.controls.values()], **at_once)
        self.dice.click(self.roll, None, [self.number], **at_once)
        buttons = [self.generate_button, self.stop_button]
        fields = [
            self.model,
            self.bars,
            self.number,
            self.font,
            self.seed.track,
            self.seed.first_bar,
            self.seed.last_bar,
        ]
        result = [self.notice, self.player, self.midi, self.wav, self.reuse_button]
        self.font.input(self.choose_font, [self.font], [*self.seed.outputs, *result], **reading)
        asked = self.generate_button.click(self.begin, None, [*buttons, self.notice], **at_once)
        written = asked.then(self.generate, [*fields, *self.controls.values()], result, **writing)
        written.failure(self.refused, None, [self.notice], **at_once)
        written.then(self.finish, None, buttons, **at_once)
        self.stop_button.click(self.stop, None, [self.stop_button], **at_once)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def choose_model(self, name: str) -> Changes:
        """Offer the chosen model's controls, at its own ranges and defaults, and no others."""
        offered = {control.name: control for control in self.models[name].controls}
        changes: Changes = {self.model: gr.update(info=self.models[name].help)}
        for key, component in self.controls.items():
            changes[component] = controls.update(offered.get(key), self.words)
        return changes

    def roll(self) -> int:
        """A new seed number, short enough to be remembered."""
        return random.randrange(10_000)

    def choose_font(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Let the seed and the result be heard with another SoundFont."""
        visit = self.visits.of(request.session_hash)
        yield from guarded(self.seed.notice, self.words, self.seed.show_music, visit, font)
        if visit.take is not None:
            yield from guarded(self.notice, self.words, self._show, visit, font)

    def begin(self, request: gr.Request) -> Changes:
        """Before the writing: what was asked to stop earlier no longer counts."""
        self.visits.of(request.session_hash).stop.clear()
        return {
            self.generate_button: gr.update(interactive=False),
            self.stop_button: gr.update(interactive=True),
            self.notice: widgets.working(self.words("result.waiting")),
        }

    def finish(self) -> Changes:
        """After the writing, however it ended."""
        return {
            self.generate_button: gr.update(interactive=True),
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

    def generate(self, request: gr.Request, *fields: Any) -> Iterator[Changes]:
        """Continue the seed; what was on the page stays until there is something new to show."""
        visit = self.visits.of(request.session_hash)
        yield from guarded(self.notice, self.words, self._generate, visit, fields)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _request(self, fields: Sequence[Any]) -> pipeline.Request:
        """The request that the page's fields amount to."""
        model, bars, number, _font, track, first_bar, last_bar, *shown = fields
        if model not in self.models:
            raise SettingError(self.no_model)
        by_name = dict(zip(self.controls, shown, strict=True))
        chosen = {c.name: controls.value(c, by_name[c.name]) for c in self.models[model].controls}
        return pipeline.Request(
            model=model,
            bars=int(bars or 1),
            seed=int(number or 0),
            melody_track=track,
            first_bar=int(first_bar or 1),
            last_bar=int(last_bar) if last_bar else None,
            **chosen,
        )

    def _generate(self, visit: Visit, fields: Sequence[Any]) -> Iterator[Changes]:
        t, seed = self.words, visit.seed
        if seed is None:
            yield {self.notice: widgets.error(t("error.no_seed"))}
            return
        request = self._request(fields)
        with self.line.ticket() as ticket:
            while (before := self.line.before(ticket)) and not visit.stop.is_set():
                yield {self.notice: widgets.working(t("result.in_line", before=before))}
                time.sleep(0.3)
            yield {self.notice: widgets.working(t("result.starting"), 0, request.bars)}
            take = yield from self._write(visit, seed, request)
            if take is None:
                yield {self.notice: widgets.done(t("result.stopped_early"))}
                return
            visit.take, visit.take_folder = take, visit.new_folder()
            yield from self._show(visit, font=fields[3])

    def _write(
        self, visit: Visit, seed: pipeline.Seed, request: pipeline.Request
    ) -> Generator[Changes, None, pipeline.Take | None]:
        """Run the model, tell each bar, and return the take; None when it was stopped before anything was written."""
        take = None
        with contextlib.closing(pipeline.continue_(seed, request)) as run:
            # Asked each time before the model goes on: it may have been stopped while it waited for its place.
            while not visit.stop.is_set():
                step = next(run)
                if isinstance(step, pipeline.Take):
                    return step
                take = step.take
                sentence = self.words("result.writing", done=step.bars_done, total=step.bars_total)
                yield {self.notice: widgets.working(sentence, step.bars_done, step.bars_total)}
        return take

    def _show(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """First the picture and the MIDI file, then the sound; the last sentence says how it went."""
        t, take, folder = self.words, visit.take, visit.take_folder
        assert take is not None and folder is not None
        alt = t("result.roll")
        midi = folder / pipeline.file_name(take, "mid")
        pipeline.save_midi(take, midi)
        pictures = prepared.pictures(take, folder)
        mark, line = take.score.seconds_at(take.new_from), prepared.timeline(take.score)
        yield {
            self.player: widgets.player_value(pictures, alt, mark=mark, timeline=line),
            self.midi: gr.update(value=str(midi), interactive=True),
            self.wav: gr.update(value=None, interactive=False),
            self.reuse_button: gr.update(interactive=True),
            self.notice: widgets.working(t("result.sounding")),
        }
        sound, remark = prepared.sound(take.score, folder / pipeline.file_name(take, "wav"), font)
        if visit.take is not take:
            return
        yield {
            self.player: widgets.player_value(pictures, alt, sound=sound, remark=remark, mark=mark, timeline=line),
            self.wav: gr.update(value=str(sound) if sound else None, interactive=sound is not None),
            self.notice: widgets.done(describe.outcome(take, t)),
        }

    def warm(self) -> None:
        """Do once what the first visitor would wait for: show an example and let the first model write a bar."""
        self.seed.warm()
        for path in [path for _, path in pipeline.examples()][:1]:
            for model in list(self.models)[:1]:
                with contextlib.closing(
                    pipeline.continue_(pipeline.read(path), pipeline.Request(model, bars=1))
                ) as run:
                    next(run)
