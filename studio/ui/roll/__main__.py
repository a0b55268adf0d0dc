"""A page with nothing but a piano roll: `python -m studio.ui.roll [PORT] [FILE.mid]`, on this machine alone.

What is changed there is heard, and kept nowhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

from studio.ui import offline  # isort: skip  # noqa: F401 - must come before gradio

import gradio as gr

from studio import pipeline
from studio.ui import roll, theme, widgets
from studio.ui.sounds import SOUNDS
from studio.ui.words import Words

PIECE = "piece"


def build(score: pipeline.Score) -> gr.Blocks:
    """A piano roll of `score` to edit, and a line that says what the page told of it."""
    page: gr.Blocks
    with gr.Blocks(title="Piano roll", analytics_enabled=False) as page:
        base = gr.State(score)
        shown = roll.component(Words(), score.title or "Piano roll", "roll")
        told = gr.Textbox(label="Told", elem_id="told")
        page.load(lambda base: _value(base, 0), base, shown)
        shown.edit(_edited, [shown, base], [shown, told])
        shown.rewrite(_rewrite, [shown, base], told)
    return page


def _value(score: pipeline.Score, revision: int, locked: roll.Marked = ()) -> str:
    sound = f"sound/{SOUNDS.offer(score)}" if pipeline.sound_problem() is None else None
    return roll.value(score, piece=PIECE, revision=revision, locked=locked, sound=sound, editable=True, rewritable=True)


def _edited(text: str, base: pipeline.Score) -> tuple[str, str]:
    edited = roll.read(text, base)
    sentence = f"revision {edited.revision}: {edited.score.note_count} notes, {sum(map(len, edited.locked))} locked"
    return _value(edited.score, edited.revision, edited.locked), sentence


def _rewrite(text: str, base: pipeline.Score, event: gr.EventData) -> str:
    return str(roll.read_rewrite(event._data, roll.read(text, base).score))


def main() -> None:
    """Serve it until it is stopped."""
    port = int(sys.argv[1]) if len(sys.argv) > 1 else None
    paths = [Path(sys.argv[2])] if len(sys.argv) > 2 else [path for _, path in pipeline.examples()[:1]]
    score = pipeline.read(paths[0]).score if paths else pipeline.Score()
    build(score).launch(
        server_name="127.0.0.1",
        server_port=port,
        theme=theme.theme(),
        head=f"<script>{widgets.source('sound.js')}</script>{roll.head([Words()])}",
        app_kwargs={"routes": SOUNDS.routes},
        footer_links=[],
    )


if __name__ == "__main__":
    main()
