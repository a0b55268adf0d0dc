"""A visitor at the desk of the continue tab: what handlers are called with, and what the page shows after them."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui.continue_tab import ContinueTab
from studio.ui.visits import Visits
from studio.ui.words import Words

WORDS = Words()
FONT = next(iter(pipeline.soundfonts()), None)


def new_tab() -> ContinueTab:
    with gr.Blocks():
        return ContinueTab(WORDS, Visits())


def visitor(name: str = "someone") -> Any:
    return SimpleNamespace(session_hash=name)


def last(changes: Iterator[dict[Any, Any]]) -> dict[Any, Any]:
    """What the page shows once a handler is through."""
    shown: dict[Any, Any] = {}
    for step in changes:
        shown |= step
    return shown


def fields(tab: ContinueTab, **asked: Any) -> list[Any]:
    """The page's fields as Generate gets them, with the model's own values unless asked for others."""
    model = next(iter(tab.models.values()))
    values = {
        "model": model.name,
        "bars": 2,
        "number": 7,
        "font": FONT,
        "track": None,
        "first_bar": 1,
        "last_bar": None,
    }
    own = {control.name: "" if control.choices else control.default for control in model.controls}
    return list((values | {k: v for k, v in asked.items() if k in values}).values()) + [
        asked.get(name, own.get(name)) for name in tab.controls
    ]
