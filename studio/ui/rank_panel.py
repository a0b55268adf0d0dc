"""The fold beside the takes that says what counts how much for their order.

Knows this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import ranks
from studio.ui.handlers import QUIET, READING, Changes
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words

Show = Callable[[Visit], Changes]
"""Shows the takes in their order."""
AS_LEARNED = 1.0


class RankPanel:
    """Builds itself inside the current `gr.Blocks`; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits, show: Show) -> None:
        t = self.words = words
        self.visits, self._show = visits, show
        with gr.Accordion(t("rank.heading"), open=False, elem_id="rank"):
            gr.Markdown(t("rank.intro"))
            with gr.Row(elem_classes=["fields"]):
                self.sliders = {term: self._slider(term) for term in ranks.TERMS}
            self.reset = gr.Button(t("rank.reset"), size="sm", elem_id="rank-reset")

    def _slider(self, term: str) -> gr.Slider:
        t = self.words
        return gr.Slider(
            0, pipeline.MOST_WEIGHT, AS_LEARNED, step=0.5, label=t(f"rank.{term}"), info=t(f"rank.{term}_help"),
            elem_id=ranks.FIELD.format(term), buttons=[],
        )  # fmt: skip

    def connect(self, outputs: list[Any], came: Callable[..., Any]) -> None:
        """Let each change put the takes in order anew, which changes those outputs; whoever comes back finds theirs."""
        sliders = list(self.sliders.values())
        moved = [event for slider in sliders for event in (slider.release, slider.input)]
        gr.on(moved, self.weigh, sliders, outputs, **READING, trigger_mode="always_last")
        self.reset.click(self.forget, None, [*sliders, *outputs], **READING)
        came(self.recall, None, sliders, **QUIET)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def weigh(self, request: gr.Request, *values: float | None) -> Changes:
        """From now on so much counts."""
        visit = self.visits.at(request)
        told = zip(self.sliders, values, strict=True)
        visit.remember({ranks.FIELD.format(term): AS_LEARNED if value is None else value for term, value in told})
        return self._show(visit)

    def forget(self, request: gr.Request) -> Changes:
        """Everything counts as it was learned again."""
        visit = self.visits.at(request)
        visit.remember({ranks.FIELD.format(term): AS_LEARNED for term in self.sliders})
        return dict.fromkeys(self.sliders.values(), AS_LEARNED) | self._show(visit)

    def recall(self, request: gr.Request) -> Changes:
        """Set the weights as the visitor had them."""
        set_ = ranks.weights(self.visits.at(request))
        return {slider: set_.get(term, AS_LEARNED) for term, slider in self.sliders.items()}
