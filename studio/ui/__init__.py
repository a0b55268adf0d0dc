"""The page: `build` puts it together, `launch` serves it. Knows the pipeline and Gradio; nothing below knows Gradio."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from studio.ui import offline  # isort: skip  # noqa: F401 - must come before gradio

import gradio as gr
from gradio.events import api
from gradio_client import Client  # type: ignore[import-untyped]
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from studio.store import data_folder
from studio.ui import roll, theme, widgets
from studio.ui.accompany_tab import AccompanyTab
from studio.ui.arrival import CHOSEN, Arrival
from studio.ui.blend_tab import BlendTab
from studio.ui.compare_tab import CompareTab
from studio.ui.continue_tab import ContinueTab
from studio.ui.doors import open_doors
from studio.ui.handlers import AT_ONCE, READING, WRITERS, Changes
from studio.ui.history_panel import HistoryPanel
from studio.ui.infill_tab import InfillTab
from studio.ui.library_tab import LibraryTab
from studio.ui.line import Line
from studio.ui.listening.questions import QUESTIONS
from studio.ui.listening_tab import ListeningTab
from studio.ui.project_panel import ProjectPanel
from studio.ui.report_tab import ReportTab
from studio.ui.resemble_tab import ResembleTab
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.sound_panel import SoundPanel
from studio.ui.sounds import SOUNDS
from studio.ui.tab import Tab
from studio.ui.vary_tab import VaryTab
from studio.ui.visits import Visits
from studio.ui.words import DEFAULT, Words, languages

MAX_UPLOAD_MB = 20
QUEUE = 40  # callers waiting at once; the next one is turned away
CACHE_S = (3600, 86400)  # every hour, files served a day ago are deleted
PING = "studio-is-alive"
WARM = "warm"
TABS: tuple[type[Tab], ...] = (
    ContinueTab,
    InfillTab,
    AccompanyTab,
    VaryTab,
    BlendTab,
    ResembleTab,
    CompareTab,
)
STYLES = (
    "page.css",
    "parts.css",
    "cards/cards.css",
    "cards/tree.css",
    "library/library.css",
    "judgement/judgement.css",
    "report.css",
    "listening/listening.css",
)


def build(language: str | None = None) -> gr.Blocks:
    """The studio as Gradio blocks: one page for each language of studio/ui/strings, the root in `language`.

    The root is in English where none is named, or one that there is no file for.
    """
    first, *others = map(Words, _languages(language))
    visits, line = Visits(data=data_folder()), Line(WRITERS)
    studio: gr.Blocks
    with gr.Blocks(title=first("app.title"), analytics_enabled=False, delete_cache=CACHE_S) as studio:
        tabs = _page(studio, first, visits, line)
        api(partial(_warm_all, tabs), api_name=WARM, api_visibility="undocumented", concurrency_limit=1)
        open_doors(line)
    for words in others:
        # Pages cannot share components, but visitors and their place in line they do.
        with studio.route(words("app.language"), words.language):
            _page(studio, words, visits, line)
    studio.queue(max_size=QUEUE, default_concurrency_limit=4, api_open=False)
    return studio


def _languages(language: str | None) -> list[str]:
    """The codes of all languages, the root's first."""
    root = Words(language or DEFAULT).language
    return [root, *(code for code in languages() if code != root)]


def _page(studio: gr.Blocks, words: Words, visits: Visits, line: Line) -> list[Tab]:
    """Build the page in one language; returns its tabs."""
    widgets.header(words)
    with widgets.card(1, "seed", words):
        seed = SeedPanel(words, visits)
        sound = SoundPanel(words, visits)
    with widgets.card(2, "settings", words):
        place = gr.Tabs(elem_id="tabs", overflow_behavior="wrap")
    with widgets.card(3, "result", words):
        result = ResultPanel(words, visits)
    history = HistoryPanel(words, visits)
    with history.column:
        project = ProjectPanel(words, visits)
    library = _more(studio, words, visits, line)
    with place:
        tabs = _tabs(words, visits, line, seed, result, history)
    for part in tabs:
        part.connect()
    own = [heard for tab in tabs for heard in tab.heard]
    sound.connect([(seed.again, [seed.roll]), (result.again, result.outputs), *own])
    result.judgement.connect_tabs(tabs)
    history.connect(seed.start_from, seed.outputs, result.show, result.outputs)
    history.attend(result.cards)
    library.connect(seed.start_from, seed.outputs, place, tabs)
    project.connect(history, [(seed.greet, seed.outputs), (result.greet, result.outputs)])
    # One after the other: what the fields were set to comes after what the music suggests.
    came = result.connect(seed.connect(studio.load).then)
    able = [tab for tab in tabs if tab.models]

    def recall(request: gr.Request) -> Changes:
        return {field: value for tab in able for field, value in tab.recall(request).items()}

    if able:
        # Each tab with an event of its own would cost a page that opens as many round trips.
        came = came.then(recall, None, [field for tab in able for field in tab.fields], **AT_ONCE)
    for event in (came.then, result.chosen.then, seed.facts.change):
        event(history.refresh, None, history.outputs, **READING)
    return tabs


def _tabs(
    words: Words, visits: Visits, line: Line, seed: SeedPanel, result: ResultPanel, history: HistoryPanel
) -> list[Tab]:
    """The tabs, each a verb of the pipeline. They write into the same result, and stand in one line."""
    made: list[Tab] = []
    for kind in TABS:
        with gr.Tab(words(f"{kind.verb}.tab"), id=kind.verb) as opened:
            tab = kind(words, visits, line, seed, result, history)
        tab.opened = opened
        made.append(tab)
    return made


def _more(studio: gr.Blocks, words: Words, visits: Visits, line: Line) -> LibraryTab:
    """What lies beside making music, in tabs of its own. The library is yet to be connected with the others."""
    with gr.Column(elem_classes=["card"], elem_id="more-card"):
        heading, intro = words("more.heading"), words("more.intro")
        gr.Markdown(f"## {heading}\n{intro}", elem_classes=["step"])
        with gr.Tabs(elem_id="more", overflow_behavior="wrap"):
            library = LibraryTab(words, visits)
            ListeningTab(words, visits, line).connect(studio)
            ReportTab(words)
    return library


def _warm_all(tabs: Sequence[Tab]) -> None:
    for tab in tabs:
        tab.warm()
    for tab in tabs[:1]:
        tab.result.judgement.warm()


def _head(language: str | None) -> str:
    """The style sheets and the data of page.js; all of it is the studio's own."""
    everything = [Words(code) for code in _languages(language)]
    facts = {
        "language": everything[0].language,
        "limit": MAX_UPLOAD_MB * 2**20,
        "ping": PING,
        "chosen": CHOSEN,
        "words": {words.language: _script_words(words) for words in everything},
    }
    # Not launch(css=...): that one confines every rule to the container and so loses those about body.dark.
    styles = "\n".join(map(widgets.source, STYLES))
    scripts = f"window.studio = {json.dumps(facts)};\n{widgets.source('sound.js')}"
    return f"<style>{styles}</style><script>{scripts}</script>{roll.head(everything)}"


def _script_words(words: Words) -> dict[str, Any]:
    return {
        "title": words("app.title"),
        "upload": words("app.upload"),
        "too_large": words("seed.too_large", limit=MAX_UPLOAD_MB),
        "sound": words.group("sound"),
    }


def _arrival(language: str | None) -> Middleware:
    """What leads visitors to the page in their language; one that was named goes before what browsers ask for."""
    locales = {code: Words(code)("app.locale") for code in _languages(language)}
    return Middleware(Arrival, locales=locales, negotiate=language is None)


async def _alive(request: Request) -> PlainTextResponse:
    return PlainTextResponse("yes")


def launch(
    page: gr.Blocks,
    host: str = "127.0.0.1",
    port: int | None = None,
    language: str | None = None,
    *,
    tools: bool = False,
) -> str:
    """Serve the page, to this machine alone unless `host` says otherwise, and return its address at once.

    Without `port` the first free one from 7860 up is taken. OSError where the port is not to be had. `language` is what
    the page was built with; without it visitors get what their browsers ask for. `tools`: offer the doors for
    programs to language models too (MCP), see `tools.problem`.
    """
    routes = [Route(f"/{PING}", _alive), *SOUNDS.routes, *QUESTIONS.routes]
    _, address, _ = page.launch(
        server_name=host,
        server_port=port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        run_history=False,
        mcp_server=tools,
        enable_monitoring=False,
        footer_links=[],
        max_file_size=MAX_UPLOAD_MB * 2**20,
        app_kwargs={"routes": routes, "middleware": [_arrival(language)]},
        theme=theme.theme(),
        head=_head(language),
        js=widgets.source("page.js"),
    )
    threading.Thread(target=_warm, args=(str(address),), daemon=True).start()
    return str(address)


def _warm(address: str) -> None:
    """The first event of a server's life is slow: it had better not be a visitor's."""
    # Whatever goes wrong here, the first visitor just waits a little longer.
    with contextlib.suppress(Exception):
        Client(address, verbose=False, analytics_enabled=False).predict(api_name=f"/{WARM}")
