"""The part of a tab where music is chosen to start from: upload or example; what was read; picture and sound.

Knows the pipeline's verbs and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from studio import pipeline
from studio.errors import StudioError
from studio.ui import describe, prepared, widgets
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

Changes = dict[Any, Any]

HEARD_S = 120.0  # of a longer seed only the beginning is rendered: it is there to recognize the piece by


def guarded(notice: gr.HTML, words: Words, work: Callable[..., Iterator[Changes]], *args: Any) -> Iterator[Changes]:
    """Do the work; what goes wrong becomes one sentence in the notice beside it, and nothing else changes."""
    try:
        yield from work(*args)
    except StudioError as error:
        yield {notice: widgets.error(str(error))}
    except Exception:
        # The visitor gets a sentence whatever happens; whoever runs the studio gets the rest.
        traceback.print_exc()
        yield {notice: widgets.error(words("error.unexpected"))}


class SeedPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live once the SoundFont's field exists."""

    def __init__(self, words: Words, visits: Visits) -> None:
        self.words, self.visits = words, visits
        self.examples = {path.stem: (title, path) for title, path in pipeline.examples()}
        # Everybody sees the same examples: each is drawn and rendered once, by whoever is first.
        self._example_folders = {key: visits.new_folder() for key in self.examples}
        with gr.Row(elem_classes=["choose"]):
            with gr.Column():
                self._build_choice()
            with gr.Column():
                self.notice = widgets.notice("seed-notice")
                self.facts = widgets.facts("seed-facts")
        self.player = widgets.player(words, words("seed.player"), "seed-player")
        with gr.Row(elem_classes=["fields"]):
            self._build_fields()

    def _build_choice(self) -> None:
        t = self.words
        self.file = gr.File(label=t("seed.file"), elem_id="seed-file", height=150)
        widgets.upload_problem()
        choices = [(title, key) for key, (title, _) in self.examples.items()]
        self.example = gr.Dropdown(
            choices, value=None, label=t("seed.examples"), elem_id="seed-example", visible=bool(choices)
        )

    def _build_fields(self) -> None:
        t = self.words
        self.track = gr.Dropdown([], label=t("seed.track"), info=t("seed.track_help"), elem_id="seed-track")
        # Without bounds of their own: the pipeline has a sentence for bars that are not there, Gradio a passing toast.
        self.first_bar = gr.Number(
            1, label=t("seed.first_bar"), info=t("seed.first_bar_help"), precision=0, elem_id="first-bar"
        )
        self.last_bar = gr.Number(
            None, label=t("seed.last_bar"), info=t("seed.last_bar_help"), precision=0, elem_id="last-bar"
        )

    @property
    def outputs(self) -> list[Any]:
        """Everything that a new seed changes."""
        shown = [self.notice, self.facts, self.player, self.track, self.first_bar, self.last_bar]
        return [*shown, self.file, self.example]

    def connect(self, font: gr.Dropdown, events: dict[str, Any]) -> None:
        """Let the choices lead to a seed, heard with the SoundFont that `font` names; `events`: how events run."""
        self.file.upload(self.open_file, [self.file, font], self.outputs, **events)
        self.example.input(self.open_example, [self.example, font], self.outputs, **events)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def greet(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Put the first example on the desk of a visitor who has just come, so that all can be tried at once."""
        first = next(iter(self.examples), None)
        if first is not None and self.visits.of(request.session_hash).seed is None:
            for changes in self.open_example(request, first, font):
                yield changes | {self.example: first}

    def open_file(self, request: gr.Request, path: str | None, font: str | None) -> Iterator[Changes]:
        """Read an uploaded file and show it; one that cannot be used leaves the seed as it was."""
        if path is None:
            return
        visit = self.visits.of(request.session_hash)
        for changes in guarded(self.notice, self.words, self._open, visit, Path(path), visit.new_folder(), font):
            # The field is emptied at once, so that the next file can be dropped onto it.
            yield changes | {self.file: None} | ({self.example: None} if self.facts in changes else {})

    def open_example(self, request: gr.Request, key: str | None, font: str | None) -> Iterator[Changes]:
        """Read one of the shipped examples and show it."""
        if key not in self.examples:
            return
        visit, path = self.visits.of(request.session_hash), self.examples[key][1]
        yield from guarded(self.notice, self.words, self._open, visit, path, self._example_folders[key], font)

    def reuse(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Make the visitor's last take the seed."""
        visit = self.visits.of(request.session_hash)
        for changes in guarded(self.notice, self.words, self._reuse, visit, font):
            yield changes | ({self.example: None} if self.facts in changes else {})

    # --- the work ----------------------------------------------------------------------------------------------------

    def _open(self, visit: Visit, path: Path, folder: Path, font: str | None) -> Iterator[Changes]:
        yield {self.notice: widgets.working(self.words("seed.reading"))}
        visit.seed, visit.seed_folder = pipeline.read(path, path.stem), folder
        yield from self._show(visit, font)

    def _reuse(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        if visit.take is None:
            yield {self.notice: widgets.error(self.words("error.no_take"))}
            return
        folder = visit.new_folder()
        # By way of a file, as if it had been downloaded and uploaded again: the recipe then comes along.
        pipeline.save_midi(visit.take, folder / "seed.mid")
        visit.seed, visit.seed_folder = pipeline.read(folder / "seed.mid", visit.take.name), folder
        yield from self._show(visit, font)
        yield {self.notice: widgets.done(self.words("seed.reused"))}

    def _show(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """First what was read, at once; then the picture; then the sound."""
        assert visit.seed is not None
        t, seed, found = self.words, visit.seed, visit.seed.facts()
        yield {
            self.facts: describe.facts(seed, t),
            self.track: gr.update(choices=describe.track_choices(seed, t), value=found.melody_track),
            self.first_bar: 1,
            self.last_bar: max(1, found.bars),
            self.notice: widgets.working(t("seed.drawing")),
        }
        yield from self.show_music(visit, font)

    def show_music(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """The seed's picture, then its sound by that SoundFont."""
        t, seed, folder = self.words, visit.seed, visit.seed_folder
        if seed is None or folder is None:
            return
        alt = t("seed.roll", name=describe.name(seed, t))
        pictures = prepared.pictures(seed.score, folder)
        yield {
            self.player: widgets.player_value(pictures, alt),
            self.notice: widgets.working(t("seed.sounding")),
        }
        excerpt = pipeline.excerpt(seed.score, HEARD_S)
        sound, remark = prepared.sound(excerpt, folder / "seed.wav", font)
        if not remark and excerpt is not seed.score:
            remark = t("seed.excerpt", minutes=round(HEARD_S / 60))
        # Whoever has chosen other music meanwhile must not get this one's sound.
        if visit.seed is seed:
            yield {
                self.player: widgets.player_value(
                    pictures, alt, sound=sound, remark=remark, timeline=prepared.timeline(seed.score)
                ),
                self.notice: None,
            }

    def warm(self) -> None:
        """Draw and render the first example, so that the first visitor does not wait for it."""
        for key in list(self.examples)[:1]:
            seed = pipeline.read(self.examples[key][1])
            prepared.pictures(seed.score, self._example_folders[key])
            font = next(iter(pipeline.soundfonts()), None)
            prepared.sound(seed.score, self._example_folders[key] / "seed.wav", font)
