"""A page with nothing but what this is about: ways for music to come in, and to be taken away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.ui import offline  # isort: skip  # noqa: F401 - must come before gradio

import gradio as gr

from studio import pipeline
from studio.ui import describe, theme, widgets
from studio.ui.sounds import SOUNDS
from studio.ui.take_away import TakeAway
from studio.ui.visits import SEED, OnDesk, Visit, Visits
from studio.ui.ways_in import WaysIn
from studio.ui.words import Words


def build() -> gr.Blocks:
    words, visits = Words(), Visits()
    page: gr.Blocks
    with gr.Blocks(title="Files", analytics_enabled=False) as page:
        with gr.Column(elem_classes=["card"]):
            ways = WaysIn(words, visits)
            facts = widgets.facts("seed-facts")
        with gr.Column(elem_classes=["card"]):
            away = TakeAway(words, visits, "seed", lambda visit: visit.music(SEED))

        def came(visit: Visit, seed: pipeline.Seed, fields: Any) -> Iterator[dict[Any, Any]]:
            visit.desk[SEED] = OnDesk(seed)
            yield {facts: describe.facts(seed, words), **away.clear()}

        ways.connect(came, [facts, *away.outputs])
        away.connect()
    return page


def launch(page: gr.Blocks, port: int | None = None) -> str:
    styles = "\n".join(map(widgets.source, ("page.css", "parts.css")))
    _, address, _ = page.launch(
        server_name="127.0.0.1",
        server_port=port,
        quiet=True,
        prevent_thread_lock=True,
        theme=theme.theme(),
        head=f"<style>{styles}</style><script>{widgets.source('sound.js')}</script>",
        app_kwargs={"routes": SOUNDS.routes},
        footer_links=[],
    )
    return str(address)
