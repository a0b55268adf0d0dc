"""Everyone can use the page: by axe-core's rules, by keyboard alone, on a narrow screen, in each language and light."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, settled

axe = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
AXE = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
pytestmark = MARKS
PAGES = {"en": "", "zh": "zh"}
WIDTHS = (1280, 390)
NARROW = {"viewport": {"width": 390, "height": 844}}


def violations(page: Any, within: str = "html") -> list[str]:
    """What axe-core finds serious or critical within a part of the page, once what moves has come to rest."""
    page.wait_for_function("() => document.getAnimations().every((a) => a.playState !== 'running')")
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE)
    found = page.evaluate("(within) => axe.run(within, { resultTypes: ['violations'] })", within)["violations"]
    return [
        f"{rule['id']}: {node['html'][:150]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def tabs(page: Any) -> list[Any]:
    return list(page.query_selector_all("#tabs > .tab-wrapper [role=tab]"))


def open_page(visit: Callable[..., Any], server: str, language: str, **options: Any) -> Any:
    return visit(server + PAGES[language], **options)


def test_what_looks_for_faults_finds_them(visit: Callable[..., Any]) -> None:
    page = visit()
    page.evaluate("() => { document.querySelector('#theme-button').textContent = ''; }")
    assert any("button-name" in found for found in violations(page))


@pytest.mark.parametrize("language", PAGES)
def test_no_tab_has_serious_faults_or_is_wider_than_the_screen(
    visit: Callable[..., Any], server: str, language: str
) -> None:
    page = open_page(visit, server, language, viewport={"width": WIDTHS[0], "height": 900}, color_scheme="dark")
    assert page.evaluate("document.body.classList.contains('dark')")
    assert len(tabs(page)) == 7
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for _ in ("dark", "light"):
            assert violations(page) == []
            page.evaluate("document.body.classList.toggle('dark')")
        assert all(tab.is_visible() for tab in tabs(page))
        for tab in tabs(page):
            tab.click()
            assert tab.get_attribute("aria-selected") == "true"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, tab.inner_text()
            # Colours do not change with the width.
            for _ in ("dark", "light") if width == WIDTHS[0] else ("dark",):
                assert violations(page, "#settings") == [], tab.inner_text()
                page.evaluate("document.body.classList.toggle('dark')")


@pytest.mark.parametrize("language", PAGES)
def test_a_written_result_has_no_serious_faults(visit: Callable[..., Any], server: str, language: str) -> None:
    page = open_page(visit, server, language, **NARROW)
    page.click("#continue-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=done]")
    page.wait_for_selector("#continue-generate:not([disabled])")
    assert violations(page) == []
    page.evaluate("document.body.classList.toggle('dark')")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


FOCUS = """
() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { html: node.outerHTML.slice(0, 120), ring, wide: box.width, top: Math.round(box.top + scrollY), id: node.id };
}
"""


def test_everything_is_reached_by_keyboard_and_shows_where_one_is(visit: Callable[..., Any]) -> None:
    page = visit()
    page.evaluate("() => document.activeElement.blur()")
    reached: list[dict[str, Any]] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at is None:  # once around
            break
        reached.append(at)
        page.evaluate("() => { document.activeElement.dataset.reached = 'true'; }")
    assert "skip" in reached[0]["html"] and "data-language" in reached[1]["html"]
    assert [at["html"] for at in reached if not at["ring"]] == []
    left = page.evaluate("""
    () => [...document.querySelectorAll("a[href], button, input, select, textarea, audio[controls]")]
      .filter((node) => node.checkVisibility({ visibilityProperty: true }) && !node.disabled && node.tabIndex >= 0)
      .filter((node) => !node.dataset.reached && !(node.type === "radio" && !node.checked))
      .filter((node) => !node.closest("[aria-hidden=true]"))
      .map((node) => node.outerHTML.slice(0, 120))
    """)
    assert left == []


def test_the_first_link_leads_past_the_header(visit: Callable[..., Any], server: str) -> None:
    page = open_page(visit, server, "zh")
    page.keyboard.press("Tab")
    assert page.is_visible(".skip:focus")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "seed" and page.url == server + "zh"


def test_tabs_are_opened_by_keyboard(visit: Callable[..., Any]) -> None:
    page = visit()
    tabs(page)[1].focus()
    page.keyboard.press("Enter")
    assert page.is_visible("#infill-generate")


# --- languages --------------------------------------------------------------------------------------------------------


def arrive(chromium: Any, server: str, locale: str) -> Any:
    page = chromium.new_context(locale=locale).new_page()
    page.goto(server)
    page.wait_for_selector("#seed-facts .title:visible")
    return page


def test_a_visitor_gets_the_language_of_the_browser_and_keeps_the_one_they_choose(chromium: Any, server: str) -> None:
    page = arrive(chromium, server, "zh-CN")
    assert (page.url, page.title(), page.evaluate("document.documentElement.lang")) == (
        server + "zh",
        "音乐工作室",
        "zh-CN",
    )
    page.click("[data-language=en]")
    page.wait_for_selector("h1:text-is('Music Studio')")
    settled(page)
    # Gradio's own words too.
    assert page.evaluate("document.documentElement.lang") == "en" and "Drop File Here" in page.inner_text("#seed-file")
    page.goto(server)
    page.wait_for_selector("h1:text-is('Music Studio')")
    page.click("[data-language=zh]")
    page.wait_for_selector("h1:text-is('音乐工作室')")
    assert page.url == server + "zh" and "点击上传" in page.inner_text("#seed-file")
    page.context.close()


def test_what_goes_wrong_below_the_page_is_told_too(visit: Callable[..., Any], server: str, tmp_path: Path) -> None:
    page = open_page(visit, server, "zh")
    (tmp_path / "tune.mid").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    page.set_input_files("#seed-file input[type=file]", tmp_path / "tune.mid")
    page.wait_for_selector("#seed-notice .notice[data-kind=error]")
    assert "WAV 声音文件" in page.inner_text("#seed-notice") and "expected" not in page.inner_text("#seed-notice")
    page.fill("#continue-last-bar input", "999")
    page.click("#continue-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=error]:has-text('小节')")


def test_names_for_screen_readers_hold_no_english(visit: Callable[..., Any], server: str) -> None:
    page = open_page(visit, server, "zh")
    names = page.evaluate("""
    () => [...document.querySelectorAll("[aria-label], [title]")].filter((node) => node.checkVisibility())
      .flatMap((node) => [node.ariaLabel, node.title]).filter(Boolean)
    """)
    told = [name for name in names if not any("\u4e00" <= letter <= "\u9fff" for letter in name)]
    assert len(names) > 10 and told == []
