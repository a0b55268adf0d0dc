"""The tabs in headless Chromium: what each writes from an example, and what it says when it cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from browsing import (
    MARKS,
    beats,
    choose_example,
    choose_take,
    download,
    open_tab,
    plays,
    slowed,
    write_takes,
    write_tune,
)

from studio import midi, pipeline, ui
from studio.score import Score

pytestmark = MARKS


def test_bars_of_an_example_are_written_anew_in_two_takes(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    seed = choose_example(page, "evening-window")
    open_tab(page, "Rewrite bars")
    page.click("#infill-tracks label:has-text('Melody')")
    page.fill("#infill-first-bar input", "2")
    page.fill("#infill-last-bar input", "3")
    write_takes(page, "infill", 2)
    results = []
    for number in (1, 2):
        choose_take(page, number)
        if pipeline.sound_problem() is None:
            assert plays(page, "#result-roll")
            assert soundfile.info(download(page, "#result-wav", tmp_path)).duration > 8
        results.append(midi.load(download(page, "#result-midi", tmp_path)).score)
    assert len(results[0].tracks) == len(seed.tracks)
    for result in results:
        assert beats(result, 0) == beats(seed, 0)
        # In 4/4 bars 2 and 3 are quarters 4 to 12.
        before, after = ([n for n in beats(score, 1) if not 4 <= n[0] < 12] for score in (seed, result))
        assert before == after and before
    chords = [beats(score, 1) for score in (seed, *results)]
    assert chords[0] != chords[1] != chords[2] != chords[0]
    page.click("#takes .take-card.shown .from-here")
    page.wait_for_selector("#history-notice .notice:has-text('Started from')")
    assert f"{seed.bar_count} bars" in page.inner_text("#seed-facts")


def test_notes_to_keep_that_are_none_are_answered_in_words(visit: Callable[..., Any]) -> None:
    page = visit()
    open_tab(page, "Rewrite bars")
    page.fill("#infill-keep input, #infill-keep textarea", "5:H4")
    page.click("#infill-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=error][role=alert]:has-text('write 5:C4')")
    page.wait_for_selector("#infill-generate:enabled")


@pytest.mark.parametrize(("lead", "program"), [("its own instrument", None), ("instrument of the style", 0)])
def test_the_melody_of_an_example_is_set_anew_in_two_takes(
    visit: Callable[..., Any], tmp_path: Path, lead: str, program: int | None
) -> None:
    page = visit(accept_downloads=True)
    seed = choose_example(page, "ode-to-joy")
    open_tab(page, "Accompany")
    page.click(f"#accompany-lead label:has-text({lead!r})")
    page.click("#accompany-style input")
    page.click("[role=option]:has-text('Chorale')")
    write_takes(page, "accompany", 2)
    choose_take(page, 2)
    if pipeline.sound_problem() is None:
        assert plays(page, "#result-roll")
    result = midi.load(download(page, "#result-midi", tmp_path)).score
    assert beats(result, 0) == beats(seed, 0)
    assert result.tracks[0].program == (seed.tracks[0].program if program is None else program)
    assert {"Alto", "Tenor", "Bass"} & {track.name for track in result.tracks[1:]}


def test_all_models_continue_one_seed_side_by_side_and_one_is_taken_onward(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    seed = choose_example(page, "ode-to-joy")
    open_tab(page, "Compare")
    page.fill("#compare-bars input[type=number]", "3")
    page.click("#compare-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('one after the other')")
    names = [model.name for model in pipeline.models("continue")]
    assert len(names) > 2
    assert page.is_hidden("#result-roll") and page.is_hidden("#result-midi")
    boxes = []
    for name in names:
        place = f"#compared-{name}"
        told = page.inner_text(f"{place}-facts")
        assert "3 bars" in told and "notes/s" in told
        # It is scrolled to the new music, which alone is of interest here, where not all is in sight.
        assert page.is_visible(f"{place}-roll canvas.notes")
        if pipeline.sound_problem() is None:
            assert plays(page, f"{place}-roll")
        boxes.append(page.locator(f"{place}-roll").bounding_box())
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
    # One is opened by itself; the takes of the comparison are cards then.
    page.click("#compared-lstm-open")
    page.wait_for_selector("#result-roll .play:visible")
    assert page.is_hidden("#compared-lstm-roll")
    assert page.locator("#takes .take-card").count() == len(names)
    for number, name in enumerate(names, start=1):
        choose_take(page, number)
        path = download(page, "#result-midi", tmp_path)
        assert name in path.name
        result = midi.load(path).score
        assert result.bar_count == seed.bar_count + 3 and beats(result, 0)[: len(beats(seed, 0))] == beats(seed, 0)
    page.click("#takes .take-card.shown .from-here")
    page.wait_for_selector("#history-notice .notice:has-text('Started from')")
    page.wait_for_selector(f"#seed-facts:has-text('{seed.bar_count + 3} bars')")
    # What is written next stands alone again.
    open_tab(page, "Continue")
    page.click("#continue-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Wrote')")
    assert page.is_visible("#result-roll canvas.notes") and page.is_hidden("#compared-lstm-roll")


def test_an_entry_of_a_comparison_becomes_the_seed(visit: Callable[..., Any]) -> None:
    page = visit()
    seed = choose_example(page, "ode-to-joy")
    open_tab(page, "Compare")
    page.fill("#compare-bars input[type=number]", "2")
    page.click("#compare-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('one after the other')")
    page.click("#compared-lstm-reuse")
    page.wait_for_selector("#seed-notice .notice:has-text('now the seed')")
    assert f"{seed.bar_count + 2} bars" in page.inner_text("#seed-facts")


def test_a_comparison_can_be_stopped(visit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit()
    slowed(monkeypatch, 0.1)
    open_tab(page, "Compare")
    page.fill("#compare-bars input[type=number]", "64")
    page.click("#compare-generate")
    page.wait_for_selector("#result-notice .notice:has-text('of 64 bars written')")
    page.click("#stop")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Stopped. What was written')")
    page.wait_for_selector("#compare-generate:enabled")
    assert page.is_visible("#compared-transformer-roll canvas.notes") and page.is_hidden("#compared-lstm-roll")


def test_a_melody_is_varied_in_two_takes(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    seed = choose_example(page, "ode-to-joy")
    open_tab(page, "Vary")
    page.fill("#vary-amount input[type=number]", "80")
    page.fill("#vary-first-bar input", "3")
    page.fill("#vary-last-bar input", "4")
    write_takes(page, "vary", 2)
    results = []
    for number in (1, 2):
        choose_take(page, number)
        results.append(midi.load(download(page, "#result-midi", tmp_path)).score)
    before = [n for n in beats(seed, 0) if not 8 <= n[0] < 16]
    assert all([n for n in beats(score, 0) if not 8 <= n[0] < 16] == before for score in results)
    assert beats(results[0], 0) != beats(results[1], 0)
    if pipeline.sound_problem() is None:
        assert plays(page, "#result-roll")


def choose_other(page: Any, verb: str, key: str) -> Score:
    """Put another example where the tab wants it; returns its score."""
    page.wait_for_selector(f"#{verb}-facts .title:visible")  # whoever opens the tab finds one there
    title, path = next((title, path) for title, path in pipeline.examples() if path.stem == key)
    page.click(f"#{verb}-example input")
    page.click(f"[role=option]:visible:has-text({title!r})")
    page.wait_for_selector(f"#{verb}-facts .title:text-is({title!r})")
    page.wait_for_selector(f"#{verb}-notice .notice", state="hidden")
    return midi.load(path).score


def test_one_melody_leads_to_another_in_steps(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    seed = choose_example(page, "ode-to-joy")
    open_tab(page, "Blend")
    other = choose_other(page, "blend", "twinkle-twinkle")
    if pipeline.sound_problem() is None:
        assert plays(page, "#blend-roll")
    page.fill("#blend-steps input[type=number]", "3")
    page.click("#blend-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Wrote')")
    result = midi.load(download(page, "#result-midi", tmp_path)).score
    bars = min(seed.bar_count, other.bar_count)
    assert result.bar_count == 3 * bars
    heard = beats(result, 0)
    assert [n[1] for n in heard if n[0] < 4 * bars] == [n[1] for n in beats(seed, 0) if n[0] < 4 * bars]
    assert [n[1] for n in heard if n[0] >= 8 * bars] == [n[1] for n in beats(other, 0) if n[0] < 4 * bars]


def test_a_melody_takes_on_the_style_of_an_uploaded_example(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    seed = choose_example(page, "ode-to-joy")
    open_tab(page, "Restyle by example")
    page.wait_for_selector("#resemble-facts .title:visible")
    page.set_input_files("#resemble-file input[type=file]", write_tune(tmp_path / "other.mid", title="Another"))
    page.wait_for_selector("#resemble-facts .title:text-is('Another')")
    assert page.inner_text("#seed-facts .title") != "Another"
    page.fill("#resemble-strength input[type=number]", "100")
    page.click("#resemble-generate")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Wrote')")
    result = midi.load(download(page, "#result-midi", tmp_path)).score
    assert result.bar_count == seed.bar_count and beats(result, 0) != beats(seed, 0)


def test_a_second_file_over_the_limit_is_refused_where_it_was_chosen(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit()
    open_tab(page, "Blend")
    with (tmp_path / "large.mid").open("wb") as file:
        file.truncate(ui.MAX_UPLOAD_MB * 2**20 + 1)
    page.set_input_files("#blend-file input[type=file]", tmp_path / "large.mid")
    page.wait_for_selector("#tabs .upload-problem:has-text('larger than 20 MB')")
    assert page.is_hidden("#seed .upload-problem")
