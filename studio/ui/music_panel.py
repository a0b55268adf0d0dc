"""Where music is put on the desk: upload or example; what was read; picture and sound.

Knows the pipeline's values and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, prepared, widgets
from studio.ui.handlers import QUIET, READING, Changes, guarded
from studio.ui.visits import OnDesk, Visit, Visits
from studio.ui.words import Words

HEARD_S = 120.0  # of a longer piece only the beginning is rendered: it is there to recognize it by


class MusicPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live once all that follow the music exist.

    `place` says where the music lies on the visitor's desk; with it the ids of the panel's fields begin. Whoever comes
    finds the `first`-th example there, counted from 0.
    """

    font: gr.Dropdown
    """The SoundFont that the music is heard with."""

    def __init__(self, words: Words, visits: Visits, place: str, first: int = 0) -> None:
        self.words, self.visits, self.place = words, visits, place
        self.examples = {path.stem: (title, path) for title, path in pipeline.examples()}
        self.first = next(iter(list(self.examples)[first:]), None)
        self._followers: list[tuple[list[Any], Callable[[pipeline.Seed], Changes]]] = []
        with gr.Row(elem_classes=["choose"]):
            with gr.Column():
                self._build_choice()
            with gr.Column():
                self.notice = widgets.notice(f"{place}-notice")
                self.facts = widgets.facts(f"{place}-facts")
        self.player = widgets.player(words, words(f"{place}.player"), f"{place}-player")

    def _build_choice(self) -> None:
        t, place = self.words, self.place
        self.file = gr.File(label=t(f"{place}.file"), elem_id=f"{place}-file", elem_classes=["music-file"], height=150)
        widgets.upload_problem()
        choices = [(title, key) for key, (title, _) in self.examples.items()]
        label = t(f"{place}.examples")
        self.example = gr.Dropdown(choices, value=None, label=label, elem_id=f"{place}-example", visible=bool(choices))

    def follow(self, fields: Sequence[Any], changes: Callable[[pipeline.Seed], Changes]) -> None:
        """Let new music also bring those `changes` of `fields`."""
        self._followers.append((list(fields), changes))

    @property
    def outputs(self) -> list[Any]:
        """Everything that new music changes."""
        followers = [field for fields, _ in self._followers for field in fields]
        return [self.notice, self.facts, self.player, self.file, self.example, *followers]

    def connect(self, came: Callable[..., Any]) -> None:
        """Let the choices lead to music; whoever has just come, by that event, finds some."""
        self.file.upload(self.open_file, [self.file, self.font], self.outputs, **READING)
        self.example.input(self.open_example, [self.example, self.font], self.outputs, **READING)
        self.font.input(self.choose_font, [self.font], self.outputs, **READING)
        came(self.greet, [self.font], self.outputs, **QUIET)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def greet(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Put an example on the desk of a visitor who has just come, so that all can be tried at once."""
        if self.first is not None and self.place not in self.visits.of(request.session_hash).desk:
            for changes in self.open_example(request, self.first, font):
                yield changes | {self.example: self.first}

    def open_file(self, request: gr.Request, path: str | None, font: str | None) -> Iterator[Changes]:
        """Read an uploaded file and show it; one that cannot be used leaves the music as it was."""
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
        yield from guarded(self.notice, self.words, self._open, visit, path, self.visits.folder_for_all(key), font)

    def choose_font(self, request: gr.Request, font: str | None) -> Iterator[Changes]:
        """Let the music be heard with another SoundFont."""
        visit = self.visits.of(request.session_hash)
        yield from guarded(self.notice, self.words, self._show_music, visit, font)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _open(self, visit: Visit, path: Path, folder: Path, font: str | None) -> Iterator[Changes]:
        yield {self.notice: widgets.working(self.words("seed.reading"))}
        yield from self._put(visit, OnDesk(pipeline.read(path, path.stem), folder), font)

    def _put(self, visit: Visit, music: OnDesk, font: str | None) -> Iterator[Changes]:
        """First what was read, at once; then the picture; then the sound."""
        visit.desk[self.place] = music
        shown = {self.facts: describe.facts(music.seed, self.words)}
        for _, changes in self._followers:
            shown |= changes(music.seed)
        yield shown | {self.notice: widgets.working(self.words("seed.drawing"))}
        yield from self._show_music(visit, font)

    def _show_music(self, visit: Visit, font: str | None) -> Iterator[Changes]:
        """The music's picture, then its sound by that SoundFont."""
        t, music = self.words, visit.desk.get(self.place)
        if music is None:
            return
        score = music.seed.score
        alt = t(f"{self.place}.roll", name=describe.name(music.seed, t))
        pictures = prepared.pictures(score, music.folder)
        yield {
            self.player: widgets.player_value(pictures, alt),
            self.notice: widgets.working(t("seed.sounding")),
        }
        excerpt = pipeline.excerpt(score, HEARD_S)
        sound, remark = prepared.sound(excerpt, music.folder / "seed.wav", font)
        if not remark and excerpt is not score:
            remark = t("seed.excerpt", minutes=round(HEARD_S / 60))
        # Whoever has chosen other music meanwhile must not get this one's sound.
        if visit.desk.get(self.place) is music:
            line = prepared.timeline(score)
            value = widgets.player_value(pictures, alt, sound=sound, remark=t.told(remark), timeline=line)
            yield {self.player: value, self.notice: None}

    def warm(self) -> None:
        """Draw and render what the first visitor finds, so that they do not wait for it."""
        if self.first is None:
            return
        seed, folder = pipeline.read(self.examples[self.first][1]), self.visits.folder_for_all(self.first)
        prepared.pictures(seed.score, folder)
        prepared.sound(seed.score, folder / "seed.wav", next(iter(pipeline.soundfonts()), None))
