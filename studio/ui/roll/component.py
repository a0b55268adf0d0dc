"""The component itself: its template, its style and its script, put together from the files beside this one."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from studio import pipeline
from studio.ui.roll.value import MOST_NOTES
from studio.ui.words import Words

HERE = Path(__file__).parent
SCRIPTS = (
    "music.js",
    "view.js",
    "edit.js",
    "colours.js",
    "draw.js",
    "overlay.js",
    "pointer.js",
    "speech.js",
    "keys.js",
    "transport.js",
    "tracks.js",
    "bars.js",
    "tools.js",
    "roll.js",
)
"""One script in the end: each file may use what those before it define, and roll.js runs."""


def component(words: Words, name: str, elem_id: str) -> gr.HTML:
    """An empty piano roll, hidden until it gets a value made by `value`.

    `name` is what screen readers call it. Its events are `edit`, after which its value is to be read by `read`, and
    `rewrite`, whose `gr.EventData._data` is for `read_rewrite`.
    """
    drums = {str(pitch): drum for pitch, drum in pipeline.DRUM_NAMES.items()}
    labels = {"words": words.group("roll") | {"name": name}, "drums": drums, "most_notes": MOST_NOTES}
    return gr.HTML(
        html_template=_source("roll.html"),
        css_template=_source("roll.css"),
        js_on_load="\n".join(map(_source, SCRIPTS)),
        apply_default_css=False,
        labels=labels,
        elem_id=elem_id,
        elem_classes=["roll-component"],
    )


def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
