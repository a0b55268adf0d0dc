"""The order of takes in a browser: the best is marked, each says why, and what counts can be weighed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import MARKS, choose_example, picture, write_takes

pytestmark = MARKS


def test_takes_stand_best_first_and_follow_what_counts(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit()
    choose_example(page, "ode-to-joy")
    write_takes(page, "continue", 3)
    cards = page.locator("#takes .take-card")
    assert cards.count() == 3 and page.locator("#takes .place:visible").all_inner_texts() == ["Best"]
    assert cards.nth(0).locator(".place").inner_text() == "Best"
    assert cards.nth(0).locator(".reason").count() >= 1
    # The first take is the one that is shown and played, wherever it stands.
    assert page.locator("#takes .take-card.shown .title").inner_text() == "Take 1"
    page.click("#rank button >> nth=0")
    fields = page.locator("#rank input[type=number]")
    fields.first.wait_for()
    for i in range(fields.count()):
        fields.nth(i).fill("0")
        fields.nth(i).press("Tab")
    # Where nothing counts they stand as they were written, and nothing speaks for any.
    page.wait_for_function(
        "() => [...document.querySelectorAll('#takes .take-card .title')].map((t) => t.textContent).join()"
        " === 'Take 1,Take 2,Take 3' && !document.querySelector('#takes .reason')"
    )
    picture(page, "weights", tmp_path)
    page.click("#rank-reset")
    page.wait_for_selector("#takes .take-card .reason")
    page.wait_for_function("document.querySelector('#rank-theme input[type=number]').value === '1'")
