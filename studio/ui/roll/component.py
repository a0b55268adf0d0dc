"""The component itself, and what all of them on a page share: their scripts, their style, their words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui.roll.value import MOST_NOTES, MOST_TRACKS
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
"""One script in the end: each file may use what those before it define."""
# Gradio knows the events by their names in here.
ON_LOAD = """window.studioRoll({
  element, props, watch, edit: () => trigger("edit"), rewrite: (bars) => trigger("rewrite", bars),
});"""
PROGRAMS = 128


def head(languages: Iterable[Words]) -> str:
    """What a page with piano rolls needs once in its head: the style, the scripts, the words of each language."""
    shared = {
        "template": _source("roll.html"),
        "mostNotes": MOST_NOTES,
        "mostTracks": MOST_TRACKS,
        "languages": {words.language: _texts(words) for words in languages},
    }
    # Inside a script nothing may look like its end.
    facts = json.dumps(shared).replace("</", "<\\/")
    scripts = "\n".join(map(_source, SCRIPTS))
    script = f"(() => {{\nconst SHARED = {facts};\n{scripts}\nwindow.studioRoll = createRoll;\n}})();"
    return f"<style>{_source('roll.css')}</style><script>{script}</script>"


def component(words: Words, name: str, elem_id: str) -> gr.HTML:
    """An empty piano roll, hidden until it gets a value made by `value`, on a page whose head has `head`.

    `name` is what screen readers call it. Its events are `edit`, after which its value is to be read by `read`, and
    `rewrite`, whose `gr.EventData._data` is for `read_rewrite`.
    """
    return gr.HTML(
        html_template='<div class="piano-roll" hidden></div>',
        js_on_load=ON_LOAD,
        apply_default_css=False,
        labels={"language": words.language, "name": name},
        elem_id=elem_id,
        elem_classes=["roll-component"],
    )


def _texts(words: Words) -> dict[str, Any]:
    """The words of one language, the names of the drums by pitch and of the instruments by program."""
    instruments = [pipeline.instrument_name(pipeline.Track(program=program)) for program in range(PROGRAMS)]
    return {
        "words": words.group("roll"),
        "drums": {str(pitch): words.told(drum) for pitch, drum in pipeline.DRUM_NAMES.items()},
        "instruments": list(map(words.told, instruments)),
        "kit": words.told(pipeline.instrument_name(pipeline.Track(is_drum=True))),
    }


def _source(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
