"""A take is judged below it: what is said, folded and unfolded, shown in both rolls, heard, liked, written again."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import DONE, MARKS, picture, sounds, unnamed, write
from test_browser_access import violations

from studio import pipeline
from studio.norms import Norms
from studio.originality.index import Source
from studio.pipeline import Originality, Shared

pytestmark = MARKS
HOSTILE = "<img src=x onerror=alert(1)> ${document.title = 'run'}"
BAND = {"notes_per_bar": (0, 4, 5, 6, 10), "pitch_span": (5, 10, 12, 14, 30), "stepwise": (0, 0.3, 0.5, 0.7, 1)}
JUDGED = "#judgement .judgement:not(.busy)"


def check(take: pipeline.Take, seed: pipeline.Score | None = None) -> Originality:
    """Says that the first notes of a take stand in a training piece, and in its seed."""
    track = next(i for i, notes in enumerate(take.new) if notes)
    line = sorted(take.new[track])[:4]
    steps = tuple(b.pitch - a.pitch for a, b in pairwise(line))
    source = Source("1", HOSTILE, "tunes", "CC0", "somebody", "folk", 1)
    training = Shared(source, 4, 1.0, (5, 6), (9, 10), track, frozenset(line), steps, 0.001)
    theirs = seed.slice_bars(0, 2) if seed else None
    marked = frozenset(theirs.tracks[0].notes[:4]) if theirs else frozenset()
    own = Shared(None, 4, 1.0, (5, 6), (1, 2), track, frozenset(line), steps, 1.0, 2, 1.0, theirs, marked)
    return Originality(
        "copied",
        0.001,
        (training, own),
        f"A copy among {take.score.note_count} notes.",
        1234,
        "The pieces are not here.",
    )


@pytest.fixture(autouse=True)
def _norms(monkeypatch: pytest.MonkeyPatch) -> None:
    norms = Norms((8, 16), {"all": 800, "melodies": 300}, {"all": BAND, "melodies": BAND})
    monkeypatch.setattr(pipeline, "norms", lambda bars: norms)
    monkeypatch.setattr(pipeline, "check", check)


def judged(page: Any, bars: int = 2) -> Any:
    """Write a take and wait until it is judged."""
    write(page, bars)
    page.wait_for_selector(JUDGED)
    page.evaluate("studioSound.stop()")
    return page


def test_a_take_is_judged_below_it(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = judged(visit())
    assert page.inner_text("#judgement .summary").startswith("Copied · ")
    rows = page.locator("#judgement .strips li")
    assert rows.count() >= 2
    for i in range(rows.count()):  # each is told in words, whatever is drawn
        assert len(rows.nth(i).inner_text().split("\n")) == 3 and rows.nth(i).locator(".strip .dot").count() == 1
    assert HOSTILE in page.inner_text("#judgement .passages") and page.title() == "Music Studio"
    assert page.locator("#judgement img").count() == 0
    assert "300" in page.inner_text("#judgement .about")
    assert unnamed(page) == [] and violations(page, "#result") == []
    page.evaluate("document.body.classList.toggle('dark')")
    assert violations(page, "#result") == []
    picture(page, "judgement", tmp_path)


def test_a_passage_is_shown_in_both_rolls_and_both_sides_are_heard(visit: Callable[..., Any]) -> None:
    page = judged(visit())
    page.click("#judgement .show >> nth=1")
    page.wait_for_selector("#source-roll .piano-roll:visible")
    assert "Your seed" in page.inner_text("#source-notice")
    assert page.get_attribute("#judgement .show >> nth=1", "aria-pressed") == "true"
    page.focus("#result-roll .over")
    for key in ("Escape", "Home", "n"):
        page.keyboard.press(key)
    # Its first new note is one of those that are pointed at, and says so.
    while "new" not in page.inner_text("#result-roll .status-line"):
        page.keyboard.press("n")
    assert "in the passage shown" in page.inner_text("#result-roll .status-line")

    page.click("#judgement .show >> nth=0")
    page.wait_for_selector("#source-notice :text('The pieces are not here.')")
    assert page.is_hidden("#source-roll .piano-roll")
    page.click("#judgement .show >> nth=0")
    page.wait_for_selector("#source", state="hidden")

    assert page.locator("#judgement .hear").count() == 3  # the training piece is not here
    for i in (0, 2):
        page.click(f"#judgement .hear >> nth={i}")
        page.wait_for_selector("#judgement .hear.playing >> nth=0")
        sounds(page, "#judgement", 0.1)
    page.click("#judgement .hear >> nth=2")
    page.wait_for_function("!studioSound.playing")


def test_what_was_copied_is_written_again_without_it(visit: Callable[..., Any]) -> None:
    page = judged(visit())
    page.wait_for_selector("#history-tree li:nth-child(2)")
    assert page.locator("#history-tree li").count() == 2  # the seed and the take
    page.click("#judgement .write-again")
    page.wait_for_selector("#history-tree li:nth-child(3)")
    page.wait_for_selector(DONE)
    page.wait_for_selector("#continue-generate:not([disabled])")
    page.wait_for_selector(JUDGED)
    assert page.locator("#takes .take-card").count() == 1


def test_likes_are_there_again_and_only_for_their_visitor(visit: Callable[..., Any]) -> None:
    page = judged(visit())
    like, dislike = "#judgement .like", "#judgement .dislike"

    def pressed() -> tuple[bool, bool]:
        return tuple(page.get_attribute(button, "aria-pressed") == "true" for button in (like, dislike))  # type: ignore[return-value]

    def press(button: str) -> tuple[bool, bool]:
        with page.expect_response(lambda answer: "/run/" in answer.url):  # it is kept then
            page.press(button, "Enter")
        return pressed()

    assert pressed() == (False, False)
    assert press(like) == (True, False)
    assert press(dislike) == (False, True)
    assert press(dislike) == (False, False)
    assert press(like) == (True, False)
    page.reload()
    page.wait_for_selector(JUDGED)
    assert pressed() == (True, False)
    other = judged(visit())
    assert other.get_attribute(like, "aria-pressed") == "false"


def test_on_a_phone_one_line_stands_for_all_until_it_is_opened(visit: Callable[..., Any]) -> None:
    page = judged(visit(viewport={"width": 390, "height": 844}))
    assert page.is_hidden("#judgement .body") and page.inner_text("#judgement .summary")
    assert page.locator("#judgement").bounding_box()["height"] < 130
    page.focus("#judgement .fold")
    page.keyboard.press("Enter")
    assert page.is_visible("#judgement .strips") and page.get_attribute("#judgement .fold", "aria-expanded") == "true"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_changed_take_is_judged_again(visit: Callable[..., Any]) -> None:
    page = judged(visit())
    page.focus("#result-roll .over")
    before = int(page.inner_text("#judgement .verdict").split()[3])
    for key in ("Home", "n", "Delete"):
        page.keyboard.press(key)
    page.wait_for_selector(f"#judgement .verdict:text-is('A copy among {before - 1} notes.')")
