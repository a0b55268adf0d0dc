"""The tab with the blind listening test: consent, questions, votes, results; and the making of a small test.

Knows listening tests and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from studio import listening, pipeline
from studio.errors import SettingError, StoreError
from studio.listening import ListeningTest, Votes
from studio.ui import widgets
from studio.ui.handlers import AT_ONCE, READING, WRITING, Changes, guarded
from studio.ui.line import Line
from studio.ui.listening import component
from studio.ui.listening.questions import QUESTIONS, Open
from studio.ui.visits import Visits
from studio.ui.words import Words

PASSAGES = 4
"""Example tunes that the models go on from in the test that the page makes."""
SAME_PLACE = 8
"""Whoever chooses one place so often in a row is asked to hear all of it once."""
PATIENCE = 0.9
"""The clocks of pages and server differ a little."""


class ListeningTab:
    """Builds itself inside the current `gr.Tabs`; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits, line: Line) -> None:
        t = self.words = words
        self.visits, self.line = visits, line
        self._votes: Votes | None = None
        self._stops: dict[str, threading.Event] = {}
        with gr.Tab(t("listening.tab"), id="listening"):
            gr.Markdown(t("listening.intro"), elem_classes=["aside"])
            with gr.Column(elem_classes=["plain", "away"]) as self.several:
                self.choice = gr.Dropdown([], label=t("listening.which"), elem_id="listening-choice")
            self.notice = widgets.notice("listening-notice")
            self.page = component.component(t, "listening-page")
            with gr.Column(elem_classes=["plain"], elem_id="listening-making") as self.making:
                gr.Markdown(t("listening.none"), elem_classes=["aside"])
                with gr.Row(elem_classes=["take-away", "close"]):
                    self.make_button = gr.Button(t("listening.make"), elem_id="listening-make")
                    self.stop_button = gr.Button(t("listening.stop"), interactive=False, elem_id="listening-stop")
            self.downloads = {what: self._download(what) for what in ("votes", "results")}

    def _download(self, what: str) -> gr.HTML:
        return gr.HTML(
            None,
            html_template=widgets.source("download.html"),
            js_on_load=widgets.source("download.js"),
            apply_default_css=False,
            elem_id=f"listening-{what}",
            elem_classes=["away"],
            name=f"listening-{what}.csv",
        )

    @property
    def outputs(self) -> list[Any]:
        """Everything that the tab's handlers change."""
        return [self.notice, self.page, self.several, self.choice, self.making]

    def connect(self, page: gr.Blocks) -> None:
        """Make the tab live."""
        page.load(self.greet, [self.choice], self.outputs, **READING)
        self.choice.input(self.greet, [self.choice], self.outputs, **READING)
        self.page.agree(self.agree, [self.choice], self.outputs, **READING)
        self.page.vote(self.vote, [self.choice], self.outputs, **READING)
        self.page.finish(self.finish, [self.choice], self.outputs, **READING)
        self.page.withdraw(self.withdraw, [self.choice], self.outputs, **READING)
        self.page.csv(self.csv, [self.choice], [self.notice, *self.downloads.values()], **READING)
        buttons = [self.make_button, self.stop_button]
        self.make_button.click(self.make, None, [*self.outputs, *buttons], **WRITING)
        self.stop_button.click(self.stop, None, [self.stop_button], **AT_ONCE)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def greet(self, request: gr.Request, chosen: str | None) -> Iterator[Changes]:
        """Show where the listener is."""
        yield from guarded(self.notice, self.words, self._show, self._listener(request), chosen)

    def agree(self, request: gr.Request, chosen: str | None) -> Iterator[Changes]:
        """The listener agrees that votes are kept: the first question."""
        yield from guarded(self.notice, self.words, self._agree, self._listener(request), chosen)

    def vote(self, request: gr.Request, chosen: str | None, event: gr.EventData) -> Iterator[Changes]:
        """Keep a vote, if all was heard, and ask the next question."""
        told = (event.key, event.choice, event.heard)
        yield from guarded(self.notice, self.words, self._vote, self._listener(request), chosen, *told)

    def finish(self, request: gr.Request, chosen: str | None) -> Iterator[Changes]:
        """Ask nothing more, and show the results."""
        yield from guarded(self.notice, self.words, self._finish, self._listener(request), chosen)

    def withdraw(self, request: gr.Request, chosen: str | None) -> Iterator[Changes]:
        """Delete all that is kept of the listener."""
        yield from guarded(self.notice, self.words, self._withdraw, self._listener(request), chosen)

    def csv(self, request: gr.Request, chosen: str | None, event: gr.EventData) -> Iterator[Changes]:
        """Hand over the votes, or the results, of all listeners."""
        yield from guarded(self.notice, self.words, self._csv, self._listener(request), chosen, event.what)

    def make(self, request: gr.Request) -> Iterator[Changes]:
        """Make a small test: the models go on from the example tunes."""
        page, stop = str(request.session_hash), threading.Event()
        self._stops[page] = stop
        try:
            yield {self.make_button: gr.update(interactive=False), self.stop_button: gr.update(interactive=True)}
            yield from guarded(self.notice, self.words, self._make, self._listener(request), stop)
            yield {self.make_button: gr.update(interactive=True), self.stop_button: gr.update(interactive=False)}
        finally:
            self._stops.pop(page, None)

    def stop(self, request: gr.Request) -> Changes:
        """Let the making end after the piece of music it is at."""
        if stop := self._stops.get(str(request.session_hash)):
            stop.set()
        return {self.stop_button: gr.update(interactive=False)}

    # --- the work ----------------------------------------------------------------------------------------------------

    def _listener(self, request: gr.Request) -> str:
        """The listener who asks; "" for one without a cookie."""
        visitor = self.visits.at(request).visitor
        return listening.listener_of(visitor) if visitor else ""

    def _store(self) -> Votes:
        if self._votes is None:
            self._votes = Votes(listening.votes_file())
        return self._votes

    def _test(self, chosen: str | None) -> ListeningTest:
        """The test of that name, else the newest. SettingError: there is none."""
        found = listening.tests(listening.place())
        if not found:
            raise SettingError(self.words("listening.gone"))
        return next((test for test in found if test.name == chosen), found[0])

    def _show(self, listener: str, chosen: str | None) -> Iterator[Changes]:
        found = listening.tests(listening.place())
        shown: Changes = {self.making: widgets.stand(here=not found), self.several: widgets.stand(here=len(found) > 1)}
        if not found:
            yield shown | {self.page: None, self.notice: None}
            return
        test = self._test(chosen)
        titles = [(self.words("listening.title_of", title=one.title), one.name) for one in found]
        shown |= {self.choice: gr.update(choices=titles, value=test.name)}
        if problem := pipeline.sound_problem():
            yield shown | {self.page: None, self.notice: widgets.error(self.words.told(problem))}
        elif not listener:
            yield shown | {self.page: None, self.notice: widgets.error(self.words("listening.no_cookie"))}
        else:
            yield shown | {self.page: self._value(test, listener), self.notice: None}

    def _value(self, test: ListeningTest, listener: str) -> str:
        """What the listener is shown now."""
        store = self._store()
        now = store.sitting(test, listener)
        if now is None:
            return component.welcome(test, self.words)
        if now.finished:
            found = listening.tally(test, store.of(test))
            return component.done(test, found, len(now.choices), self.words)
        number = len(now.choices)
        key = QUESTIONS.put(test, listener, number, now.turns[number].of(test.plan))
        question = QUESTIONS.find(key)
        assert question is not None
        return component.asking(key, question, len(now.turns))

    def _agree(self, listener: str, chosen: str | None) -> Iterator[Changes]:
        if not listener:
            raise SettingError(self.words("listening.no_cookie"))
        self._store().agree(self._test(chosen), listener)
        yield from self._show(listener, chosen)

    def _vote(self, listener: str, chosen: str | None, key: Any, choice: Any, heard: Any) -> Iterator[Changes]:
        question = QUESTIONS.find(key)
        if question is None or question.listener != listener:
            yield from self._show(listener, chosen)
            yield {self.notice: widgets.done(self.words("listening.asked_anew"))}
            return
        waited, places = QUESTIONS.clock() - question.since, range(question.test.of)
        if not _is_answer(question, choice, heard):
            raise StoreError(self.words("listening.asked_anew"))
        store = self._store()
        now = store.sitting(question.test, listener)
        before = now.choices[1 - SAME_PLACE :] if now is not None else ()
        whole = choice is not None and before == (choice,) * (SAME_PLACE - 1)
        least = question.whole_s if whole else question.least_s
        if min(heard) < least or waited < PATIENCE * least * len(places):
            yield from self._refused(question, key, len(now.turns) if now else 0, whole=whole)
            return
        seconds = tuple(round(float(one), 2) for one in heard)
        store.add(question.test, listener, question.number, choice, seconds, waited)
        QUESTIONS.close(key)
        yield from self._show(listener, chosen)

    def _refused(self, question: Open, key: str, total: int, *, whole: bool) -> Iterator[Changes]:
        """Not all was heard that has to be: the question stays open."""
        if whole:
            said = self.words("listening.one_sided", count=SAME_PLACE)
            yield {self.page: component.asking(key, question, total, whole=True), self.notice: widgets.done(said)}
        else:
            said = self.words("listening.too_soon", seconds=round(question.least_s))
            yield {self.notice: widgets.error(said)}

    def _finish(self, listener: str, chosen: str | None) -> Iterator[Changes]:
        self._store().finish(self._test(chosen), listener)
        yield from self._show(listener, chosen)

    def _withdraw(self, listener: str, chosen: str | None) -> Iterator[Changes]:
        gone = self._store().withdraw(listener)
        yield from self._show(listener, chosen)
        yield {self.notice: widgets.done(self.words("listening.withdrawn", count=gone))}

    def _csv(self, listener: str, chosen: str | None, what: Any) -> Iterator[Changes]:
        test, store = self._test(chosen), self._store()
        now = store.sitting(test, listener)
        if now is None or not now.finished or what not in self.downloads:
            raise SettingError(self.words("listening.first_vote"))
        votes = store.of(test)
        found = listening.tally(test, votes)
        text = listening.votes_csv(test, votes) if what == "votes" else listening.results_csv(test, found)
        with tempfile.TemporaryDirectory(prefix="music-studio-") as folder:
            path = Path(folder, f"listening-{what}.csv")
            path.write_text(text, encoding="utf-8")
            # Gradio copies the file to where it is served from before this goes on.
            yield {self.downloads[what]: widgets.served(path), self.notice: None}

    def _make(self, listener: str, stop: threading.Event) -> Iterator[Changes]:
        t = self.words
        yield {self.notice: widgets.working(t("listening.begins"))}
        systems = listening.systems(person=False)
        seed = secrets.randbelow(10_000)
        run = listening.make(listening.new_place(), systems, listening.of_examples(seed), items=PASSAGES, seed=seed)
        with contextlib.closing(run), self.line.ticket() as ticket:
            while (before := self.line.before(ticket)) and not stop.is_set():
                yield {self.notice: widgets.working(t("result.in_line", before=before))}
                time.sleep(0.3)
            while not stop.is_set() and (step := next(run, None)) is not None:
                if isinstance(step, listening.Making):
                    said = t("listening.making_it", done=step.done, total=step.total)
                    yield {self.notice: widgets.working(said, step.done, step.total)}
        yield from self._show(listener, None)
        yield {self.notice: widgets.done(t("listening.stopped" if stop.is_set() else "listening.made"))}


def _is_answer(question: Open, choice: Any, heard: Any) -> bool:
    """Whether what a page sent can be an answer; it may be anything."""
    of = question.test.of
    chosen = question.tie if choice is None else isinstance(choice, int) and choice in range(of)
    numbers = isinstance(heard, list) and len(heard) == of
    return chosen and numbers and all(isinstance(one, int | float) and 0 <= one <= 3600 for one in heard)
