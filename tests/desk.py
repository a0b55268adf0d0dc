"""A visitor at the page's tabs: what handlers are called with, and what the page shows after them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, TypeVar

import gradio as gr

from studio import pipeline
from studio.ui.continue_tab import ContinueTab
from studio.ui.handlers import WRITERS
from studio.ui.line import Line
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.tab import Tab
from studio.ui.visits import Visits
from studio.ui.words import Words

WORDS = Words()
FONT = next(iter(pipeline.soundfonts()), None)
Kind = TypeVar("Kind", bound=Tab)


def new_tab(kind: type[Kind] = ContinueTab) -> Kind:  # type: ignore[assignment]
    """A tab with a seed and a result that nobody else has."""
    visits = Visits()
    with gr.Blocks():
        return kind(WORDS, visits, Line(WRITERS), SeedPanel(WORDS, visits), ResultPanel(WORDS, visits))


def visitor(name: str = "someone") -> Any:
    return SimpleNamespace(session_hash=name)


def last(changes: Iterator[dict[Any, Any]]) -> dict[Any, Any]:
    """What the page shows once a handler is through."""
    shown: dict[Any, Any] = {}
    for step in changes:
        shown |= step
    return shown


def fields(tab: Tab, **asked: Any) -> list[Any]:
    """The tab's fields as its button hands them over: what stands in them at first, unless asked for otherwise."""
    names = {id(field): name for name, field in vars(tab).items() if isinstance(field, gr.components.Component)}
    own = {names[id(field)]: field.value for field in tab.own}
    values = {"font": FONT, "model": next(iter(tab.models)), "number": 7, "takes": 1, **own}
    if "bars" in own:
        values["bars"] = 2
    values |= {name: field.value for name, field in tab.controls.items()}
    assert asked.keys() <= values.keys()
    return list((values | asked).values())
