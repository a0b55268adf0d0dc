"""A visitor at the page's tabs: what handlers are called with, and what the page shows after them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import gradio as gr

from studio.ui.continue_tab import ContinueTab
from studio.ui.handlers import WRITERS
from studio.ui.history_panel import HistoryPanel
from studio.ui.line import Line
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.tab import Tab
from studio.ui.visits import Result, Visits
from studio.ui.words import Words

WORDS = Words()
Kind = TypeVar("Kind", bound=Tab)


def new_tab(kind: type[Kind] = ContinueTab, beside: Tab | None = None, visits: Visits | None = None) -> Kind:  # type: ignore[assignment]
    """A tab with a seed and a result that nobody else has; or `beside` another, over the same seed and result."""
    visits = beside.visits if beside else visits or Visits()
    with gr.Blocks():
        line = beside.line if beside else Line(WRITERS)
        seed = beside.seed if beside else SeedPanel(WORDS, visits)
        result = beside.result if beside else ResultPanel(WORDS, visits)
        history = HistoryPanel(WORDS, visits)
        with gr.Tabs(), gr.Tab(kind.verb, id=kind.verb) as place:
            tab = kind(WORDS, visits, line, seed, result, history)
        tab.opened = place
    return tab


def visitor(name: str = "someone") -> Any:
    return SimpleNamespace(session_hash=name)


def event(**data: Any) -> gr.EventData:
    """What a component tells with an event of its own."""
    return gr.EventData(None, data)


def last(changes: Iterator[dict[Any, Any]]) -> dict[Any, Any]:
    """What the page shows once a handler is through."""
    shown: dict[Any, Any] = {}
    for step in changes:
        shown |= step
    return shown


def fields(tab: Tab, **asked: Any) -> list[Any]:
    """The tab's fields as its button hands them over: what stands in them at first, unless asked for otherwise."""
    names = {id(field): name for name, field in vars(tab).items() if isinstance(field, gr.components.Component)}
    names |= {id(field): name for name, field in getattr(tab, "controls", {}).items()}
    values = {names[id(field)]: field.value for field in tab.fields} | {"number": 7}
    if "bars" in values:
        values["bars"] = 2
    assert asked.keys() <= values.keys()
    return list((values | asked).values())


def begun(tab: Tab, name: str = "someone", **asked: Any) -> Iterator[dict[Any, Any]]:
    """A writing that was just asked for, with the page's buttons set already."""
    run = tab.generate(visitor(name), *fields(tab, **asked))
    began = next(run)
    assert not began[tab.generate_button]["interactive"] and began[tab.result.stop_button]["interactive"]
    return run


def result_of(tab: Tab, name: str = "someone") -> Result:
    """What the visitor has as the result."""
    found = tab.visits.of(name).result
    assert found is not None
    return found


def taken(tab: Tab, form: str = "midi", name: str = "someone") -> bytes:
    """The file that the visitor gets who takes the result away."""
    found = b""
    for step in tab.result.take_away.make(tab.visits.of(name), form):
        if step.get(tab.result.take_away.made):
            found = Path(step[tab.result.take_away.made]["path"]).read_bytes()
    assert found
    return found


def rolled(value: str) -> dict[str, Any]:
    """What a piano roll is given to show."""
    found: dict[str, Any] = json.loads(value)
    return found
