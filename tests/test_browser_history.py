"""Takes as cards, the history and projects, in a real browser on a page that has nothing else."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from browsing import MARKS, unnamed
from test_store import seed, take

from studio import pipeline
from studio.store import Piece
from studio.ui import theme, widgets
from studio.ui.cards import cards
from studio.ui.handlers import AT_ONCE, READING, Changes
from studio.ui.history_panel import HistoryPanel
from studio.ui.project_panel import ProjectPanel
from studio.ui.visits import COOKIE, SEED, OnDesk, Result, Visit, Visits
from studio.ui.words import Words

pytestmark = MARKS
STYLES = ("page.css", "parts.css", "cards/cards.css", "cards/tree.css")
NASTY = "${document.body.dataset.ran = 1}<img src=x onerror='document.body.dataset.ran = 1'>"
PLAYER = """
window.studioSound = {
  playing: false, owner: null, asked: [],
  say() { document.dispatchEvent(new CustomEvent("studio-sound", { detail: { owner: this.owner } })); },
  play({ url, from, owner }) { this.asked.push([url, from]); this.playing = true; this.owner = owner; this.say(); },
  pause() { this.playing = false; this.say(); },
  stop() { this.playing = false; this.owner = null; this.say(); },
  position() { return 1.5; },
};
"""


class Desk:
    """What a page with takes has at least: a seed, a result as cards, a history, projects."""

    def __init__(self, data: Path | None) -> None:
        self.words, self.visits = Words(), Visits(data=data)
        with gr.Blocks(analytics_enabled=False) as self.page:
            self.seed = gr.Textbox(label="Seed", elem_id="seed-name")
            self.shown = gr.Textbox(label="Shown", elem_id="shown-take")
            with gr.Row():
                put = gr.Button("Put", elem_id="put")
                write = gr.Button("Write", elem_id="write")
            with gr.Column(elem_classes=["card"]):
                self.cards = cards.component(self.words, "cards")
            self.history = HistoryPanel(self.words, self.visits)
            with self.history.column:
                self.project = ProjectPanel(self.words, self.visits)
            seeds, results = [self.seed], [self.shown, self.cards]
            self.history.connect(self.start, seeds, self.show, results)
            self.history.attend(self.cards)
            self.project.connect(self.history, [(self.greet, [*seeds, *results])])
            chosen = self.cards.choose(self.choose, None, results, **AT_ONCE)
            news = [
                chosen,
                put.click(self.put, None, seeds, **READING),
                write.click(self.write, None, results, **READING),
            ]
            for step in [*news, self.page.load(self.greet, None, [*seeds, *results], **READING)]:
                step.then(self.history.refresh, None, self.history.outputs, **READING)

    def put(self, request: gr.Request) -> Changes:
        visit = self.visits.at(request)
        music = seed()
        visit.put(SEED, OnDesk(pipeline.Seed(music.score, NASTY, sha256=music.sha256)))
        return {self.seed: visit.desk[SEED].seed.name}

    def write(self, request: gr.Request) -> Iterator[Changes]:
        visit = self.visits.at(request)
        source = visit.desk[SEED].seed.sha256
        takes = [take(n) for n in range(3)]
        takes = [pipeline.Take(**{**vars(t), "recipe": {**t.recipe, "source": source}}) for t in takes]
        visit.written(Result(tuple(takes)))
        yield from self.show(visit)

    def start(self, visit: Visit, piece: Piece) -> Iterator[Changes]:
        visit.put(SEED, OnDesk(piece.seed()))
        yield {self.seed: f"{piece.kind} {piece.number}"}

    def choose(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        visit = self.visits.at(request)
        assert visit.result is not None
        visit.choose([piece.id for piece in visit.result.pieces].index(event.id))
        yield from self.show(visit)

    def show(self, visit: Visit) -> Iterator[Changes]:
        result = visit.result
        assert result is not None
        sounds = [f"sound/{n}" for n in range(len(result.takes))]
        value = cards.value(result, self.words, keepable=visit.store is not None, sounds=sounds)
        yield {self.shown: f"{result.take.recipe['seed']}", self.cards: value}

    def greet(self, request: gr.Request) -> Iterator[Changes]:
        visit = self.visits.at(request)
        yield {self.seed: visit.seed.name if visit.seed else ""}
        if visit.result is not None:
            yield from self.show(visit)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    made = Desk(tmp_path_factory.mktemp("work"))
    yield opened(made)
    made.page.close()


def opened(desk: Desk, port: int | None = None) -> str:
    """The address of the page, served."""
    styles = "\n".join(map(widgets.source, STYLES))
    _, address, _ = desk.page.launch(
        server_name="127.0.0.1",
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        theme=theme.theme(),
        head=f"<style>{styles}</style><script>{PLAYER}</script>",
    )
    return str(address)


@pytest.fixture
def come(chromium: Any, desk: str) -> Iterator[Callable[..., Any]]:
    """Opens the page as a visitor of that name; afterwards no script failed and nothing of a visitor's was run."""
    contexts, failures, pages = [], [], []

    def opened(visitor: str | None, **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        if visitor:
            context.add_cookies([{"name": COOKIE, "value": visitor, "url": desk}])
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(desk)
        ready(page)
        pages.append(page)
        return page

    yield opened
    assert [page.evaluate("document.body.dataset.ran || ''") for page in pages] == [""] * len(pages)
    for context in contexts:
        context.close()
    assert failures == []


def ready(page: Any) -> None:
    for name in ("cards", "history-tree", "project-download"):
        page.wait_for_selector(f"#{name} [data-ready], #{name}[data-ready]", state="attached")


def written(page: Any, takes: int = 3) -> None:
    page.click("#put")
    page.wait_for_selector("#history-tree li")
    before = page.locator("#history-tree li").count()
    page.click("#write")
    page.wait_for_function(f"document.querySelectorAll('#history-tree li').length == {before + takes}")


def visitor() -> str:
    return secrets.token_hex(16)


def choose_file(page: Any, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#project-open")
    chooser.value.set_files(path)


def titles(page: Any) -> list[str]:
    return page.locator("#history-tree li").evaluate_all(
        "rows => rows.map((row) => row.getAttribute('aria-level') + ' ' + row.querySelector('.title').textContent)"
    )


def test_takes_are_chosen_heard_and_kept_as_cards(come: Callable[..., Any]) -> None:
    page = come(visitor())
    written(page)
    assert page.locator(".take-card .title").all_inner_texts() == ["Take 1", "Take 2", "Take 3"]
    assert page.input_value("#shown-take textarea, #shown-take input") == "7"
    assert page.locator(".take-card .look .new").first.get_attribute("d").startswith("M")
    page.click(".take-card >> nth=1 >> .face")
    page.wait_for_function("document.querySelector('#shown-take textarea, #shown-take input').value == '8'")
    assert page.locator(".take-card .face[aria-current=true] .title").all_inner_texts() == ["Take 2"]
    page.click(".take-card >> nth=2 >> .play")
    assert page.evaluate("studioSound.asked") == [["sound/2", 0]]
    assert page.locator(".take-card.playing .title").all_inner_texts() == ["Take 3"]
    assert page.locator(".take-card .play >> nth=2").get_attribute("aria-label") == "Pause: Take 3"
    page.click(".take-card >> nth=2 >> .play")
    assert page.locator(".take-card.playing").count() == 0
    page.click(".take-card >> nth=2 >> .play")
    assert page.evaluate("studioSound.asked") == [["sound/2", 0], ["sound/2", 1.5]]
    page.click(".take-card >> nth=0 >> .keep")
    assert page.locator(".take-card .keep[aria-pressed=true]").count() == 1
    # The history says so at once.
    page.wait_for_selector("#history-tree li:has-text('Take 2') .mark:text-is('shown now')")
    assert titles(page)[1:3] == ["2 Take 1 ★", "2 Take 2shown now"]
    assert unnamed(page) == []


def test_a_take_is_a_new_starting_point_and_takes_hang_below_it(come: Callable[..., Any]) -> None:
    page = come(visitor())
    written(page)
    page.click(".take-card >> nth=1 >> .from-here")
    page.wait_for_selector("#history-notice p:has-text('Started from Take 2')")
    assert page.input_value("#seed-name textarea, #seed-name input") == "take 2"
    assert [title for title in titles(page) if "the seed now" in title] == ["2 Take 2the seed now"]
    page.click("#write")
    page.wait_for_function("document.querySelectorAll('#history-tree li').length == 7")
    assert [title[:8] for title in titles(page)] == [
        "1 Seed: ", "2 Take 1", "2 Take 2", "3 Take 1", "3 Take 2", "3 Take 3", "2 Take 3",
    ]  # fmt: skip
    # An earlier take is shown again, with those that were written with it.
    page.click("#history-tree li >> nth=6")
    page.click("#history-tree .show")
    page.wait_for_selector("#history-notice p:has-text('Shown again: Take 3')")
    page.wait_for_function("document.querySelector('#shown-take textarea, #shown-take input').value == '9'")
    page.wait_for_selector(".take-card:nth-child(3).shown")
    assert page.locator(".take-card").count() == 3
    assert page.locator(".take-card .face[aria-current=true] .title").all_inner_texts() == ["Take 3"]


def test_a_reload_brings_all_of_it_back(come: Callable[..., Any]) -> None:
    page = come(visitor())
    written(page)
    page.click(".take-card >> nth=2 >> .face")
    page.wait_for_function("document.querySelector('#shown-take textarea, #shown-take input').value == '9'")
    page.wait_for_selector("#history-tree li:has-text('Take 3'):has(.mark)")
    page.click(".take-card >> nth=1 >> .keep")
    page.wait_for_selector("#history-tree li:has-text('Take 2'):has(.kept)")
    page.wait_for_timeout(300)  # until it is kept on the other side too
    before = titles(page)
    page.reload()
    ready(page)
    page.wait_for_selector(".take-card")
    page.wait_for_selector("#history-tree li")
    assert page.input_value("#seed-name textarea, #seed-name input") == NASTY
    assert page.input_value("#shown-take textarea, #shown-take input") == "9"
    assert page.locator(".take-card .face[aria-current=true] .title").all_inner_texts() == ["Take 3"]
    assert page.locator(".take-card:has(.keep[aria-pressed=true]) .title").all_inner_texts() == ["Take 2"]
    assert titles(page) == before
    assert any("★" in title for title in before)


def test_visitors_have_histories_of_their_own(come: Callable[..., Any]) -> None:
    name = visitor()
    written(come(name))
    other = come(visitor())
    other.wait_for_selector("#history-tree .nothing:visible")
    assert titles(other) == []
    again = come(name)
    again.wait_for_selector("#history-tree li")
    assert len(titles(again)) == 4


def test_without_a_cookie_takes_are_shown_but_not_kept(come: Callable[..., Any]) -> None:
    page = come(None)
    page.wait_for_selector("#history-notice p:has-text('cookies')")
    page.click("#put")
    page.wait_for_function("document.querySelector('#seed-name textarea, #seed-name input').value != ''")
    page.click("#write")
    page.wait_for_selector(".take-card")
    assert page.locator(".take-card .keep:visible").count() == 0
    page.click(".take-card >> nth=1 >> .from-here")
    page.wait_for_function("document.querySelector('#seed-name textarea, #seed-name input').value == 'take 2'")
    page.click("#project-save")
    page.wait_for_selector("#project-notice .notice[data-kind=error]:has-text('cookies')")


def test_the_history_is_used_by_keyboard_alone(come: Callable[..., Any]) -> None:
    page = come(visitor())
    written(page)
    page.focus("#history-tree li >> nth=0")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    chosen = "#history-tree li[aria-selected=true] .title"
    assert page.locator(chosen).inner_text() == "Take 2"
    assert page.locator("#history-tree li[tabindex='0']").count() == 1
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.getAttribute('aria-level')") == "1"
    page.keyboard.press("End")
    page.keyboard.press(" ")
    assert page.locator(chosen).inner_text() == "Take 3"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#history-notice p:has-text('Shown again: Take 3')")


def test_forgetting_is_asked_twice(come: Callable[..., Any]) -> None:
    page = come(visitor())
    written(page)
    page.click("#history-tree li >> nth=1")
    page.click("#history-tree .forget")
    assert page.inner_text("#history-tree .forget") == "Forget for good?"
    page.click("#history-tree li >> nth=2")
    assert page.inner_text("#history-tree .forget") == "Forget"
    for _ in range(2):
        page.click("#history-tree .forget")
    page.wait_for_selector("#history-notice p:has-text('Forgotten')")
    assert [title[:8] for title in titles(page)] == ["1 Seed: ", "2 Take 1", "2 Take 3"]
    assert page.locator("#history-tree .acts").is_hidden()


def test_a_project_is_saved_and_opened_elsewhere(come: Callable[..., Any], tmp_path: Path) -> None:
    page = come(visitor())
    written(page)
    page.click(".take-card >> nth=1 >> .keep")
    with page.expect_download() as info:
        page.click("#project-save")
    assert info.value.suggested_filename == "music-studio-project.zip"
    path = tmp_path / "project.zip"
    info.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 6  # the listing, four pieces, the record of their origin
    other = come(visitor())
    choose_file(other, path)
    other.wait_for_selector("#project-notice p:has-text('4 pieces')")
    other.wait_for_selector(".take-card")
    other.wait_for_selector("#history-tree li")
    assert [title[:10] for title in titles(other)] == [title[:10] for title in titles(page)]
    assert other.locator(".take-card:has(.keep[aria-pressed=true]) .title").all_inner_texts() == ["Take 2"]
    path.write_bytes(b"nonsense")
    choose_file(other, path)
    other.wait_for_selector("#project-notice .notice[data-kind=error]:has-text('no project file')")
    assert len(titles(other)) == 4


def test_a_long_history_draws_only_what_is_seen(come: Callable[..., Any]) -> None:
    page = come(visitor())
    page.click("#put")
    page.wait_for_selector("#history-tree li")
    for n in range(12):
        page.click("#write")
        page.wait_for_function(f"document.querySelectorAll('#history-tree li').length == {4 + 3 * n}")
    assert page.locator("#history-tree .look .new[d]").count() < 25
    page.focus("#history-tree li >> nth=0")
    page.keyboard.press("End")
    last = page.locator("#history-tree li").last
    last.locator(".look .new[d]").wait_for(state="attached")
    assert last.evaluate("row => row === document.activeElement")


def test_a_small_dark_page_has_room_for_it(come: Callable[..., Any]) -> None:
    page = come(visitor(), viewport={"width": 390, "height": 800}, color_scheme="dark")
    written(page)
    page.click("#history-tree li >> nth=1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = page.locator(".take-card .acts button:visible").evaluate_all(
        "nodes => nodes.map((node) => [node.getBoundingClientRect().left, node.getBoundingClientRect().right])"
    )
    assert all(left >= 0 and right <= 390 for left, right in boxes)
