"""The library in a real browser: likes that stay, suggestions that follow, music to hear and to use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, settled, unnamed, upload, write_tune

from studio import pipeline
from studio.ui.library import shelf

pytestmark = MARKS
NASTY = "${document.body.dataset.ran = 1}<img src=x onerror='document.body.dataset.ran = 1'>"
FOR_YOU = "#library [data-name=for_you]"
TUNES = "#library [data-name=examples]"


def opened(page: Any) -> Any:
    page.locator("#library").scroll_into_view_if_needed()
    page.wait_for_selector(f"{FOR_YOU} .take-card")
    return page


def card(page: Any, section: str, title: str) -> Any:
    return page.locator(f"{section} .take-card", has=page.get_by_text(title, exact=True))


def liked(page: Any) -> list[str]:
    """The example tunes that are liked."""
    found: list[str] = page.locator(f"{TUNES} .take-card:has(.like[aria-pressed=true]) .title").all_text_contents()
    return found


def test_likes_stay_after_a_reload_and_are_nobody_elses(visit: Callable[..., Any]) -> None:
    page = opened(visit())
    titles = page.locator(f"{FOR_YOU} .take-card .title").all_text_contents()
    assert set(titles) <= {title for title, _ in pipeline.examples()} and len(titles) == 8
    first, second = (card(page, FOR_YOU, title) for title in titles[:2])
    first.locator(".like").click()
    # By keyboard: the other opinion takes the place of the first, and the same one twice is none.
    second.locator(".like").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert [second.locator(f".{name}").get_attribute("aria-pressed") for name in ("like", "dislike")] == [
        "false",
        "true",
    ]
    page.keyboard.press("Space")
    assert second.locator(".dislike").get_attribute("aria-pressed") == "false"
    # However quickly they follow each other, all of them count.
    for title in titles[2:6]:
        card(page, FOR_YOU, title).locator(".dislike").click()
    assert liked(page) == [titles[0]]  # the same tune among the examples
    page.click(f"{FOR_YOU} .again")
    page.wait_for_selector(f"{FOR_YOU} .note:has-text('you liked (1) and did not (4)')")
    assert titles[0] not in page.locator(f"{FOR_YOU} .title").all_text_contents()
    assert page.locator("#library .next li").count() and unnamed(page) == []

    page.reload()
    settled(page)
    assert liked(opened(page)) == [titles[0]]
    assert liked(opened(visit())) == []


def test_music_of_the_library_is_heard_and_becomes_the_seed(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit()
    upload(page, write_tune(tmp_path / "a.mid", title=""), "a")
    opened(page)
    page.click("#library [data-name=own] summary")
    assert card(page, "#library [data-name=own]", "a").is_visible()
    page.click(f"{TUNES} summary")
    tune = card(page, TUNES, "Ode to Joy (Beethoven)")
    tune.locator(".play").click()
    page.wait_for_function("studioSound.playing && studioSound.position() > 0.2")
    assert "playing" in (tune.get_attribute("class") or "")
    tune.locator(".play").click()
    page.wait_for_function("!studioSound.playing")
    tune.locator(".reuse").click()
    page.wait_for_selector("#seed-facts .title:text-is('Ode to Joy (Beethoven)')")


def test_names_are_shown_and_never_run(visit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    page, tune = visit(), replace(shelf._examples()[-1], name=NASTY)
    monkeypatch.setattr(shelf, "_examples", lambda: (tune,))
    opened(page)
    assert page.locator(f"{FOR_YOU} .title").all_text_contents() == [NASTY]
    card(page, FOR_YOU, NASTY).locator(".like").click()
    page.click(f"{FOR_YOU} .again")
    page.wait_for_selector(f"{FOR_YOU} .note:has-text('You have judged all')")
    assert page.evaluate("document.body.dataset.ran") is None


def test_what_is_advised_is_set_on_its_tab(visit: Callable[..., Any]) -> None:
    page = opened(visit())
    card(page, FOR_YOU, "Ode to Joy (Beethoven)").locator(".like").click()
    page.click(f"{FOR_YOU} .again")
    row = page.locator("#library .next li").first
    row.wait_for()
    style = row.locator("b").text_content().removeprefix("Style: ")
    row.locator(".set").click()
    page.wait_for_selector("#library-notice .notice[data-kind=done]:has-text('Set on “Continue”')")
    assert page.input_value("#continue-style input") == style
