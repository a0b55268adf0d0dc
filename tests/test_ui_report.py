"""The report tab: what stands in the report is shown as it stands, and a missing or damaged one is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from browsing import MARKS
from test_browser_access import violations

from studio import pipeline
from studio.errors import CheckpointError
from studio.pipeline import catalogue
from studio.ui.report_tab import ReportTab
from studio.ui.words import Words

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300"><rect width="9" height="9" fill="teal"/></svg>'
CELLS = [[f"figure {i}", *["0.5"] * 12] for i in range(40)]
EVIL = "<img src=x onerror=window.evil=1>${window.evil=1}"
REPORT = {
    "title": "How the models measure up",
    "made": "2026-01-02",
    "sections": [
        {"name": "about", "title": "About", "text": f"First.\n\nSee `make data`. {EVIL}", "table": None, "plots": []},
        {
            "name": "separation",
            "title": "What figures tell",
            "text": "Twenty figures.",
            "table": {
                "columns": ["figure", *"abcdefghijkl"],
                "rows": [[f"figure {i}", *["0.5"] * 12] for i in range(40)],
            },
            "plots": [{"title": "Areas", "alt": "A green field", "svg": SVG}],
            "measured": "by hand",
        },
    ],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoints folder with nothing in it."""
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    return tmp_path


def test_a_report_is_read_as_it_was_written(folder: Path) -> None:
    assert pipeline.report() is None
    (folder / "report.json").write_text(json.dumps(REPORT))
    found = pipeline.report()
    assert found is not None and (found.title, found.made) == (REPORT["title"], "2026-01-02")
    about, separation = found.sections
    assert (about.columns, about.rows, about.plots, about.measured) == ((), (), (), "")
    assert len(separation.rows) == 40 and separation.rows[0][:2] == ("figure 0", "0.5")
    assert separation.plots[0].svg == SVG and separation.measured == "by hand"


@pytest.mark.parametrize("text", ["", "[1]", '{"title": 1, "made": ""}', '{"title": "", "made": "", "sections": [[]]}'])
def test_a_damaged_report_is_said_to_be_one(folder: Path, text: str) -> None:
    (folder / "report.json").write_text(text)
    with pytest.raises(CheckpointError, match="make evaluate"):
        pipeline.report()


@pytest.fixture(scope="module")
def written(tiny_checkpoints: Path) -> Iterator[Path]:
    """A report beside the tiny checkpoints."""
    file = tiny_checkpoints / "report.json"
    file.write_text(json.dumps(REPORT))
    yield file
    file.unlink(missing_ok=True)


def opened(page: Any) -> Any:
    page.click("#more [role=tab]:has-text('Report')")
    page.wait_for_selector("#report .report[aria-busy=false]")
    return page.locator("#report")


class TestInTheBrowser:
    """What a visitor sees of it."""

    pytestmark = MARKS

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_chapters_unfold_and_a_wide_table_scrolls_by_itself(
        self, visit: Callable[..., Any], written: Path, scheme: str
    ) -> None:
        page = visit(viewport={"width": 390, "height": 844}, color_scheme=scheme)
        report = opened(page)
        assert "Made on 2026-01-02" in report.inner_text()
        assert "First." in report.inner_text() and EVIL in report.inner_text()  # the first chapter is open
        assert report.locator("code", has_text="make data").count() > 0
        report.locator("summary", has_text=Words("en")("report.section.separation")).click()
        assert report.locator("details[data-name=separation] tbody tr").count() == 40
        page.wait_for_function("document.querySelector('#report img').naturalWidth === 900")
        assert report.locator("img").get_attribute("alt") == "A green field"
        assert "Measured: by hand" in report.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        wide = (
            "(() => { const t = document.querySelector('#report .scroll'); return t.scrollWidth > t.clientWidth; })()"
        )
        assert page.evaluate(wide)
        assert violations(page, "#more-card") == []
        assert page.evaluate("window.evil") is None

    def test_without_a_report_the_tab_says_how_to_make_one(
        self, visit: Callable[..., Any], tiny_checkpoints: Path
    ) -> None:
        (tiny_checkpoints / "report.json").unlink(missing_ok=True)
        report = opened(visit())
        assert "not been made yet" in report.inner_text() and "make evaluate" in report.inner_text()
        assert report.locator("details").count() == 0

    def test_a_damaged_report_is_told_and_the_page_stands(
        self, visit: Callable[..., Any], tiny_checkpoints: Path
    ) -> None:
        (tiny_checkpoints / "report.json").write_text("no report")
        page = visit()
        page.click("#more [role=tab]:has-text('Report')")
        page.wait_for_selector("#report-notice .notice[data-kind=error]:has-text('cannot be read')")


def test_figures_are_called_what_the_page_calls_them(folder: Path) -> None:
    table = {"columns": ["figure", "mean"], "rows": [["stepwise", "stepwise motion"]]}
    told = {**REPORT, "sections": [{"name": "x", "title": "X", "text": "", "table": table}]}
    (folder / "report.json").write_text(json.dumps(told))
    for language in ("en", "zh"):
        name = Words(language)("figure.stepwise")
        assert shown_in(language)["sections"][0]["rows"] == [[name, "stepwise motion"]]


def test_every_figure_has_a_name_and_help() -> None:
    words = Words("zh")
    assert all(words(f"figure.{figure.name}{part}") for figure in pipeline.FIGURES for part in ("", "_help"))


def shown_in(language: str) -> dict[str, Any]:
    """What the tab hands to its script."""
    with gr.Blocks(), gr.Tabs():
        tab = ReportTab(Words(language))
    *_, shown = tab.show()
    told: dict[str, Any] = json.loads(shown[tab.report])
    return told


def test_a_chapter_in_another_language_says_that_its_text_is_english(folder: Path) -> None:
    (folder / "report.json").write_text(json.dumps(REPORT))
    told = shown_in("zh")
    assert Words("zh")("report.english") in told["about"]
    about, separation = told["sections"]
    assert about["paragraphs"][0] == "First." and about["title"] == "About"
    assert separation["title"] == Words("zh")("report.section.separation")
