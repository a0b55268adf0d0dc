"""The tab with the report on how the shipped models measure up. Knows the pipeline and this page's components."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import widgets
from studio.ui.handlers import READING, Changes, guarded
from studio.ui.words import DEFAULT, Words

_FIGURES = frozenset(figure.name for figure in pipeline.FIGURES)


class ReportTab:
    """Builds itself inside the current `gr.Tabs`. What it shows is fetched when somebody looks at it."""

    def __init__(self, words: Words) -> None:
        self.words = words
        with gr.Tab(words("report.tab"), id="report"):
            self.notice = widgets.notice("report-notice")
            self.report = gr.HTML(
                None,
                html_template=widgets.source("report.html"),
                js_on_load=widgets.source("report.js"),
                apply_default_css=False,
                elem_id="report",
                elem_classes=["report-component"],
            )
        self.report.wanted(self.show, None, [self.notice, self.report], **READING)

    def show(self) -> Iterator[Changes]:
        """Fetch the report, or say that there is none."""
        yield from guarded(self.notice, self.words, self._show)

    def _show(self) -> Iterator[Changes]:
        found = pipeline.report()
        yield {self.notice: None, self.report: json.dumps(self._value(found))}

    def _value(self, found: pipeline.Report | None) -> dict[str, Any]:
        """What report.js shows."""
        t = self.words
        if found is None:
            return {"about": [t("report.missing")], "sections": []}
        about = [t("report.about", made=found.made), t("report.again")]
        if t.language != DEFAULT:
            about.append(t("report.english"))
        return {"about": about, "sections": [self._section(section) for section in found.sections]}

    def _section(self, section: pipeline.Section) -> dict[str, Any]:
        t = self.words
        return asdict(section) | {
            "title": t.get(f"report.section.{section.name}", section.title),
            "rows": [[self._cell(cell) for cell in row] for row in section.rows],
            "paragraphs": [paragraph for paragraph in section.text.split("\n\n") if paragraph.strip()],
            "plots": [{"title": p.title, "alt": p.alt, "source": _as_address(p.svg)} for p in section.plots],
            "measured": t("report.measured", how=section.measured) if section.measured else "",
        }

    def _cell(self, text: str) -> str:
        """A figure by what the page calls it; all else as it stands."""
        return self.words(f"figure.{text}") if text in _FIGURES else text


def _as_address(svg: str) -> str:
    """The address of a picture that is its own text: shown as a picture nothing in it can act."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
