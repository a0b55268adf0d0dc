"""The component itself: its template, its style and its script, put together from the files beside this one."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from studio.ui.words import Words

HERE = Path(__file__).parent
SCRIPTS = ("takedown.js", "piano.js", "keyboard.js")
"""One script in the end: each file may use what those before it define, and keyboard.js runs."""


def component(words: Words, elem_id: str) -> gr.HTML:
    """A keyboard with nothing played yet. After its event `submit` its value is for `pipeline.from_played`."""
    return gr.HTML(
        "",
        html_template=_source("keyboard.html"),
        css_template=_source("keyboard.css"),
        js_on_load="\n".join(map(_source, SCRIPTS)),
        apply_default_css=False,
        labels=words.group("keys"),
        elem_id=elem_id,
        elem_classes=["keyboard-component"],
    )


def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
