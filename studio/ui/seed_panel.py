"""The card where music is chosen to start from: upload or example; what was read; picture and sound.

Knows the pipeline's verbs and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, prepared, widgets
from studio.ui.handlers import QUIET, READING, Changes, guarded
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

HEARD_S = 120.0  # of a longer seed only the beginning is rendered: it is there to recognize the piece by


class SeedPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live once all that follow the seed exist."""

    def __init__(self, words: Words, visits: Visits) -> None:
        self.words, self.visits = words, visits
        self.examples = {path.stem: (title, path) for title, path in pipeline.examples()}
        # Everybody sees the same examples: each is drawn and rendered once, by whoever is first.
        self._example_folders = {key: visits.new_folder() for key in self.examples}
        self._followers: list[tuple[list[Any], Callable[[pipeline.Seed], Changes]]] = []
        with gr.Row(elem_classes=["choose"]):
            with gr.Column():
                self._build_choice()
            with gr.Column():
                self.notice = widgets.notice("seed-notice")
                self.facts = widgets.facts("seed-facts")
        self.player = widgets.player(words, words("seed.player"), "seed-player")

    def _build_choice(self) -> None:
        t, fonts = self.words, list(pipeline.soundfonts())
        self.file = gr.File(label=t("seed.file"), elem_id="seed-file", height=150)
        widgets.upload_problem()
        choices = [(title, key) for key, (title, _) in self.examples.items()]
        self.example = gr.Dropdown(
            choices, value=None, label=t("seed.examples"), elem_id="seed-example", visible=bool(choices)
        )
        self.font = gr.Dropdown(
            fonts,
            value=fonts[0] if fonts else None,
            label=t("seed.soundfont"),
            info=t("seed.soundfont_help"),
            elem_id="soundfont",
            visible=bool(fonts),
        )

    def follow(self, fields: Sequence[Any], changes: Callable[[pipeline.Seed], Changes]) -> None:
        """Let a new seed also bring those `changes` of `fields`."""
        self._followers.append((list(fields), changes))

    @property
    def outputs(self) -> list[Any]:
        """Everything that a new seed changes."""
        followers = [field for fields, _ in self._followers for field in fields]
        return [self.notice, self.facts, self.player, self.file, self.example, *followers]

    def connect(self, page: gr.Blocks) -> None:
        """Let the choices lead to a seed; whoever opens the page finds one."""
        self.file.upload(self.open_file, [self.file, self.font], self.outputs, **READING)
        self.example.input(self.open_example, [self.example, self.font], self.outputs, **READING)
        self.font.input(self.choose_font, [self.font], self.outputs, **READING)
        page.load(self.greet, [self.font], self.outputs, **QUIET)

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
        """Make the take that is shown the seed."""
        visit = self.visits.of(request.session_hash)
        for changes in guarded(self.notice, self.words, self._reuse, visit, font):
            yield changes | ({self.example: None} if self.facts in changes else {})

    def choose_font(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Let the seed be heard with another SoundFont."""
        visit = self.visits.of(request.session_hash)
        yield from guarded(self.notice, self.words, self._show_music, visit, font)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _open(self, visit: Visit, path: Path, folder: Path, font: str | None) -> Iterator[Changes]:
        yield {self.notice: widgets.working(self.words("seed.reading"))}
        visit.seed, visit.seed_folder = pipeline.read(path, path.stem), folder
        yield from self._show(visit, font)

    def _reuse(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        if visit.result is None:
            yield {self.notice: widgets.error(self.words("error.no_take"))}
            return
        folder, take = visit.new_folder(), visit.result.take
        # By way of a file, as if it had been downloaded and uploaded again: the recipe then comes along.
        pipeline.save_midi(take, folder / "seed.mid")
        visit.seed, visit.seed_folder = pipeline.read(folder / "seed.mid", take.name), folder
        yield from self._show(visit, font)
        yield {self.notice: widgets.done(self.words("seed.reused"))}

    def _show(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """First what was read, at once; then the picture; then the sound."""
        assert visit.seed is not None
        shown = {self.facts: describe.facts(visit.seed, self.words)}
        for _, changes in self._followers:
            shown |= changes(visit.seed)
        yield shown | {self.notice: widgets.working(self.words("seed.drawing"))}
        yield from self._show_music(visit, font)

    def _show_music(self, visit: Visit, font: str | None) -> Iterator[Changes]:
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
