"""Where music is put on the desk: upload or example; what was read; its piano roll and its sound.

Knows the pipeline's values and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, roll, widgets
from studio.ui.handlers import QUIET, READING, Changes, guarded
from studio.ui.visits import OnDesk, Visit, Visits
from studio.ui.words import Words


class MusicPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live once all that follow the music exist.

    `place` says where the music lies on the visitor's desk; with it the ids of the panel's fields begin. Whoever comes
    finds what they left there, or the `first`-th example, counted from 0.
    """

    editable = False

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
        self.roll = roll.component(words, words(f"{place}.player"), f"{place}-roll")

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
        return [self.notice, self.facts, self.roll, self.file, self.example, *followers]

    def connect(self, came: Callable[..., Any]) -> Any:
        """Let the choices lead to music; whoever has just come, by that event, finds some. Returns what comes then."""
        self.file.upload(self.open_file, [self.file], self.outputs, **READING)
        self.example.input(self.open_example, [self.example], self.outputs, **READING)
        return came(self.greet, None, self.outputs, **QUIET)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def greet(self, request: gr.Request) -> Iterator[Changes]:
        """Show what lies there; to whoever has just come an example, so that all can be tried at once."""
        visit = self.visits.at(request)
        if self.place in visit.desk:
            yield from guarded(self.notice, self.words, self.show, visit)
        elif self.first is not None:
            for changes in self.open_example(request, self.first):
                yield changes | {self.example: self.first}

    def open_file(self, request: gr.Request, path: str | None) -> Iterator[Changes]:
        """Read an uploaded file and show it; one that cannot be used leaves the music as it was."""
        if path is None:
            return
        for changes in guarded(self.notice, self.words, self._open, self.visits.at(request), Path(path)):
            # The field is emptied at once, so that the next file can be dropped onto it.
            yield changes | {self.file: None} | ({self.example: None} if self.facts in changes else {})

    def open_example(self, request: gr.Request, key: str | None) -> Iterator[Changes]:
        """Read one of the shipped examples and show it."""
        if key in self.examples:
            path = self.examples[key][1]
            yield from guarded(self.notice, self.words, self._open, self.visits.at(request), path)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _open(self, visit: Visit, path: Path) -> Iterator[Changes]:
        yield {self.notice: widgets.working(self.words("seed.reading"))}
        yield from self.put(visit, pipeline.read(path, path.stem))

    def put(self, visit: Visit, seed: pipeline.Seed) -> Iterator[Changes]:
        """Lay music on the desk and show it."""
        visit.put(self.place, OnDesk(seed))
        yield from self.show(visit)

    def show(self, visit: Visit) -> Iterator[Changes]:
        """Show the music that lies there: what was read, its roll, and what follows it elsewhere on the page."""
        music = visit.desk[self.place]
        shown: Changes = {self.facts: describe.facts(music.seed, self.words), self.notice: None}
        for _, changes in self._followers:
            shown |= changes(music.seed)
        yield shown | {self.roll: self.roll_value(visit, music)}

    def again(self, visit: Visit) -> Changes:
        """The same, to be heard otherwise."""
        return {self.roll: self.roll_value(visit, visit.desk[self.place])} if self.place in visit.desk else {}

    def roll_value(self, visit: Visit, music: OnDesk) -> str:
        """The music as value of the piano roll, with an address to be heard at."""
        score = music.seed.score
        return roll.value(
            score,
            piece=music.name,
            revision=music.revision,
            locked=music.locked,
            sound=visit.hearing.offer(self.place, score) if score.note_count else None,
            editable=self.editable,
            rewritable=self.editable,
        )
