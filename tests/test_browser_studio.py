"""The whole studio in headless Chromium: heard while written, edited, rewritten, kept, found again, taken away."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from browsing import (
    DONE,
    MARKS,
    beats,
    card,
    choose_bars,
    choose_example,
    choose_take,
    download,
    listen,
    open_tab,
    picked,
    picture,
    plays,
    settled,
    slowed,
    sounds,
    told,
    upload,
    write,
    write_takes,
    write_tune,
)

from studio import midi, pipeline
from studio.score import Score

pytestmark = MARKS
sound = pytest.mark.skipif(pipeline.sound_problem() is not None, reason=f"no sound: {pipeline.sound_problem()}")


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """Two bars of eighths, 60 to 70."""
    return write_tune(tmp_path / "my tune.mid")


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def taken(page: Any, place: str, folder: Path) -> Score:
    """The music that lies there, by its MIDI file."""
    if place == "seed" and not page.is_visible("#seed-midi"):
        page.click("#seed-away > button")
    return midi.load(download(page, f"#{place}-midi", folder)).score


def history(page: Any) -> list[tuple[int, str]]:
    """The rows of the history: their level and what they say."""
    rows = page.locator("#history-tree li")
    return list(
        zip(
            (int(level) for level in rows.evaluate_all("rows => rows.map((row) => row.ariaLevel)")),
            rows.all_text_contents(),
            strict=True,
        )
    )


def listed(page: Any, count: int) -> None:
    page.wait_for_function(f"document.querySelectorAll('#history-tree li').length === {count}")


def open_way(page: Any, name: str) -> None:
    page.click("#ways > button")
    page.click(f"#ways-in [role=tab]:has-text({name!r})")


# --- heard ------------------------------------------------------------------------------------------------------------


@sound
def test_the_first_bars_sound_while_the_others_are_being_written(
    visit: Callable[..., Any], tune: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    upload(page, tune)
    slowed(monkeypatch, 0.5)
    listen(page)
    page.fill("#continue-bars input[type=number]", "24")
    page.click("#continue-generate")
    # The seed takes 4 seconds: what is heard is new.
    sounds(page, "#result-roll", 4.2)
    assert page.locator(DONE).count() == 0
    page.wait_for_selector(DONE)
    heard = page.evaluate("studioSound.position()")
    sounds(page, "#result-roll", heard + 0.5)
    assert not any(told(page, "stalled")) and not any(told(page, "error"))
    # It never began anew: one stream goes on from the first bar over the end of the writing.
    assert told(page, "playing") == [True]
    page.wait_for_selector("#result-roll .edit-tools:visible")


@sound
def test_tracks_are_silenced_and_heard_alone(visit: Callable[..., Any]) -> None:
    page = visit()
    seed = choose_example(page, "evening-window")
    assert len(seed.tracks) > 1
    page.click("#seed-roll .play")
    sounds(page, "#seed-roll", 0.2)
    others = ",".join(str(i) for i in range(1, len(seed.tracks)))
    with page.expect_request(
        lambda asked: "/sound/" in asked.url and f"tracks={others}" in asked.url.replace("%2C", ",")
    ):
        page.click("#seed-roll .tracks li >> nth=0 >> [aria-label^=Mute]")
    sounds(page, "#seed-roll", 0.3)
    with page.expect_request(lambda asked: asked.url.endswith("tracks=0") or "tracks=0&" in asked.url):
        page.click("#seed-roll .tracks li >> nth=0 >> [aria-label^='Hear alone']")
    sounds(page, "#seed-roll", 0.4)
    assert page.get_attribute("#seed-roll .tracks li >> nth=0 >> [aria-label^=Mute]", "aria-pressed") == "true"


@sound
def test_all_music_is_heard_and_taken_away_as_the_sound_is_set(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    page.click("#seed-away > button")
    usual, _ = soundfile.read(download(page, "#seed-wav", tmp_path))
    page.click("#seed-roll .play")
    sounds(page, "#seed-roll", 0.1)
    page.click("#mix > button")
    with page.expect_request(lambda asked: "/sound/" in asked.url):
        page.fill("#gain input[type=number]", "-12")
        press(page, "Tab")
    sounds(page, "#seed-roll")
    quiet, _ = soundfile.read(download(page, "#seed-wav", tmp_path))
    assert quiet.shape == usual.shape
    assert np.allclose(quiet, usual * 10 ** (-12 / 20), atol=1e-3)


@sound
def test_the_file_sounds_as_the_same_music_rendered_offline(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    write(page)
    samples, rate = soundfile.read(download(page, "#result-wav", tmp_path), dtype="float32")
    offline = pipeline.render(pipeline.read(download(page, "#result-midi", tmp_path)).score)
    assert rate == pipeline.SAMPLE_RATE and samples.shape == offline.shape
    assert np.abs(samples).max() > 0.05
    assert np.allclose(samples, offline, atol=2 / 32768)


# --- changed ----------------------------------------------------------------------------------------------------------


def test_what_is_changed_in_the_seeds_roll_is_in_its_facts_and_its_file(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    before = midi.load(tune).score.tracks[0].notes
    picked(page, "#seed-roll", 1)
    press(page, "Delete")
    page.wait_for_selector("#seed-facts:has-text('15 notes')")
    picked(page, "#seed-roll", 0)
    press(page, "Shift+ArrowUp", ".")
    picked(page, "#seed-roll", 1)
    press(page, "Delete")
    # What was changed before is told with it, or was before.
    page.wait_for_selector("#seed-facts:has-text('14 notes')")
    first = before[0]._replace(pitch=72, velocity=88)
    assert taken(page, "seed", tmp_path).tracks[0].notes == (first, *before[3:])
    while page.is_enabled("#seed-roll .undo"):
        page.click("#seed-roll .undo")
    page.wait_for_selector("#seed-facts:has-text('16 notes')")
    assert taken(page, "seed", tmp_path).tracks[0].notes == before


def test_bars_chosen_in_the_results_roll_are_rewritten_and_locked_notes_stay(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    write(page)
    before = taken(page, "result", tmp_path)
    open_tab(page, "Rewrite bars")
    page.fill("#infill-takes input[type=number]", "2")
    # The fourth eighth of bar 2 is to stay.
    locked = before.tracks[0].notes[11]
    picked(page, "#result-roll", 11)
    press(page, "l")
    page.wait_for_selector("#result-roll .status-line:has-text('locked')")
    choose_bars(page, "#result-roll", 2, 3, before.bar_count)
    picture(page, "bars-chosen", tmp_path)
    page.click("#result-roll .bar-actions .primary")
    page.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Wrote 2 takes')")
    assert page.input_value("#infill-first-bar input") == "2" and page.input_value("#infill-last-bar input") == "3"
    assert page.input_value("#infill-keep input, #infill-keep textarea").startswith("2:")
    page.wait_for_function("document.querySelectorAll('#takes .take-card').length === 2")
    takes = []
    for number in (1, 2):
        choose_take(page, number)
        takes.append(taken(page, "result", tmp_path))
    for score in takes:
        outside = [[n for n in beats(one, 0) if not 4 <= n[0] < 12] for one in (before, score)]
        assert outside[0] == outside[1] and outside[0]
        assert (locked.onset / before.resolution, locked.pitch) in [n[:2] for n in beats(score, 0)]
    assert len({str(beats(score, 0)) for score in (before, *takes)}) == 3
    if pipeline.sound_problem() is None:
        assert plays(page, "#result-roll")


def test_takes_are_chosen_kept_and_continued_from_their_cards(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    write_takes(page, "continue", 2)
    results = []
    for number in (1, 2):
        choose_take(page, number)
        results.append(taken(page, "result", tmp_path))
    assert beats(results[0], 0) != beats(results[1], 0)
    if pipeline.sound_problem() is None:
        page.click(card(1) + " >> .play")
        page.wait_for_selector(card(1) + ".playing")
        page.wait_for_function("studioSound.position() > 0.3")
        page.click(card(1) + " >> .play")
        page.wait_for_selector("#takes .take-card.playing", state="detached")
    page.click(card(2) + " >> .keep")
    page.wait_for_selector(card(2) + " >> .keep[aria-pressed=true]")
    page.wait_for_selector("#history-tree li:has-text('★')", state="attached")
    page.click(card(2) + " >> .from-here")
    page.wait_for_selector("#history-notice .notice:has-text('Take 2')")
    page.wait_for_selector("#seed-facts:has-text('10 bars')")
    assert beats(taken(page, "seed", tmp_path), 0) == beats(results[1], 0)
    before = page.locator("#history-tree li").count()
    write_takes(page, "continue", 3)
    listed(page, before + 3)
    # What was written from the second take stands below it.
    rows = history(page)
    at = next(i for i, (_, said) in enumerate(rows) if "★" in said)
    assert "Take 2" in rows[at][1]
    assert [level for level, _ in rows[at : at + 4]] == [rows[at][0], *[rows[at][0] + 1] * 3]
    picture(page, "history", tmp_path)


# --- found again ------------------------------------------------------------------------------------------------------


def work(page: Any, tune: Path) -> None:
    """A seed with a note less, two takes of which the second is shown, and other settings."""
    upload(page, tune)
    picked(page, "#seed-roll", 1)
    press(page, "Delete")
    page.wait_for_selector("#seed-facts:has-text('15 notes')")
    page.fill("#continue-bars input[type=number]", "3")
    write_takes(page, "continue", 2)
    choose_take(page, 2)
    page.wait_for_selector("#history-tree li:has-text('Take 2'):has-text('shown now')", state="attached")


def found(page: Any) -> None:
    """Nothing of that is missing, in whatever language."""
    page.wait_for_selector("#seed-facts .title:text-is('A tune')")
    settled(page)
    page.wait_for_selector(card(2) + " >> css=.face[aria-current=true]")
    page.wait_for_selector("#result-roll .play:enabled")
    assert "15" in page.inner_text("#seed-facts .tracks")
    page.wait_for_function("document.querySelector('#continue-bars input[type=number]').value === '3'")
    page.wait_for_function("document.querySelector('#continue-takes input[type=number]').value === '2'")
    page.wait_for_function("document.querySelectorAll('#history-tree li').length >= 3")


def test_work_is_there_after_a_reload_and_in_the_other_language(
    visit: Callable[..., Any], tune: Path, tmp_path: Path
) -> None:
    page = visit(accept_downloads=True)
    work(page, tune)
    written, seed = (taken(page, place, tmp_path) for place in ("result", "seed"))
    page.reload()
    found(page)
    page.click("[data-language=zh]")
    page.wait_for_selector("h1:text-is('音乐工作室')")
    found(page)
    assert beats(taken(page, "result", tmp_path), 0) == beats(written, 0)
    assert beats(taken(page, "seed", tmp_path), 0) == beats(seed, 0)
    if pipeline.sound_problem() is None:
        assert plays(page, "#seed-roll") and plays(page, "#result-roll")
    # It is no one else's.
    other = visit()
    assert other.inner_text("#seed-facts .title") != "A tune" and other.locator("#takes .take-card").count() == 0


def test_a_project_brings_all_of_it_to_another_browser(visit: Callable[..., Any], tune: Path, tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    work(page, tune)
    written = taken(page, "result", tmp_path)
    page.click(card(1) + " >> .keep")
    page.wait_for_selector("#history-tree li:has-text('★')", state="attached")
    path = download(page, "#project-save", tmp_path)
    rows = [said.rsplit(" · ", 1)[0] for _, said in history(page)]
    other = visit(accept_downloads=True)
    with other.expect_file_chooser() as chooser:
        other.click("#project-open")
    chooser.value.set_files(path)
    other.wait_for_selector("#project-notice .notice[data-kind=done]:has-text('Opened')")
    other.wait_for_selector("#seed-facts .title:text-is('A tune')")
    other.wait_for_selector(card(2) + " >> css=.face[aria-current=true]")
    assert "15" in other.inner_text("#seed-facts .tracks")
    assert other.get_attribute(card(1) + " >> .keep", "aria-pressed") == "true"
    assert beats(taken(other, "result", tmp_path), 0) == beats(written, 0)
    other.wait_for_function("document.querySelectorAll('#history-tree li').length >= 3")
    there = [said.rsplit(" · ", 1)[0] for _, said in history(other)]
    assert [row for row in rows if row not in there] == []


# --- other ways in and out --------------------------------------------------------------------------------------------


def test_a_seed_is_drawn_from_nothing_and_continued(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    open_way(page, "Draw")
    page.click("#draw-begin")
    page.wait_for_selector("#seed-facts .title:text-is('My tune')")
    page.focus("#seed-roll .over")
    press(page, "Home", "]")  # quarters
    for _ in range(4):
        press(page, "Enter", "ArrowUp", "ArrowUp")
    page.wait_for_selector("#seed-facts:has-text('4 notes')")
    settled(page)
    picture(page, "drawn", tmp_path)
    write(page, bars=2)
    drawn, result = taken(page, "seed", tmp_path), taken(page, "result", tmp_path)
    assert [n[:3] for n in beats(drawn, 0)] == [(i, 60 + 2 * i, 1) for i in range(4)]
    assert beats(result, 0)[:4] == beats(drawn, 0) and len(beats(result, 0)) > 4
    assert result.bar_count == 3


def test_a_seed_is_typed_and_continued(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    open_way(page, "Type")
    page.fill("#abc-text textarea", "X:1\nT:Two bars\nM:3/4\nL:1/4\nK:D\nDFA|d2A|\n")
    page.click("#abc-read")
    page.wait_for_selector("#seed-facts .title:text-is('Two bars')")
    settled(page)
    assert "3/4" in page.inner_text("#seed-facts") and "2 bars" in page.inner_text("#seed-facts")
    write(page, bars=2)
    assert [n[1] for n in beats(taken(page, "result", tmp_path), 0)][:5] == [62, 66, 69, 74, 69]


BEGINS = {
    "midi": b"MThd",
    "wav": b"RIFF",
    "flac": b"fLaC",
    "stems": b"PK",
    "musicxml": b"<?xml",
    "png": b"\x89PNG",
}


@sound
def test_a_result_is_taken_away_in_every_format(visit: Callable[..., Any], tune: Path, tmp_path: Path) -> None:
    page = visit(accept_downloads=True)
    upload(page, tune)
    write(page, bars=2)
    page.click("#result-formats > button")
    for offered in pipeline.FORMATS:
        path = download(page, f"#result-{offered.name}", tmp_path)
        content = path.read_bytes()
        assert path.name.startswith("my-tune_transformer_2bars") and path.name.endswith(offered.suffix)
        assert content.startswith(BEGINS.get(offered.name, b"")) and len(content) > 100
        if offered.name in ("musicxml", "abc"):
            assert pipeline.read(path).score.note_count >= 16
        if offered.name == "stems":
            with zipfile.ZipFile(path) as archive:
                assert len(archive.namelist()) == 2  # a track, the record of its origin
        assert pipeline.verify(path).state == "own"
    assert page.locator("#result-export-notice .notice[data-kind=error]:visible").count() == 0
    assert page.is_hidden("#seed-facts .origin")
    page.set_input_files("#seed-file input[type=file]", next(tmp_path.glob("my-tune_*.mid")))
    said = "Signed by this studio and unchanged since: made with the model transformer"
    page.wait_for_selector(f"#seed-facts .origin:has-text({said!r})")
