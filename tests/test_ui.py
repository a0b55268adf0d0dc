"""The page's handlers as plain functions, on real files and with a tiny model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from desk import WORDS, begun, last, new_tab, result_of, rolled, taken, visitor

from studio import midi, pipeline
from studio.errors import SoundError
from studio.pipeline import saving
from studio.score import Note, Score, Track
from studio.ui.continue_tab import ContinueTab
from studio.ui.handlers import WRITERS
from studio.ui.sounds import SOUNDS

sound = pytest.mark.skipif(pipeline.sound_problem() is not None, reason=f"no sound: {pipeline.sound_problem()}")


pytestmark = pytest.mark.usefixtures("tiny_checkpoints")


@pytest.fixture
def tab() -> ContinueTab:
    return new_tab()


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """A file with two tracks and four bars."""
    melody = tuple(Note(i * 480, 60 + i % 8, 480, 80) for i in range(16))
    bass = tuple(Note(i * 1920, 40, 1920, 70) for i in range(4))
    path = tmp_path / "my tune.mid"
    midi.save(Score(480, (Track(bass, 32, name="Bass"), Track(melody, 73, name="Melody")), title="A tune"), path)
    return path


def notes_of(path: Path | bytes) -> list[tuple[Note, ...]]:
    return [track.notes for track in midi.load(path).score.tracks]


def heard(address: str) -> bytes:
    """The PCM that the page hears at an address."""
    piece = SOUNDS._find(address.removeprefix("sound/"))
    assert piece is not None
    listener, blocks = pipeline.Listener(piece, 0.0, None), []
    while (block := listener.read()) is not None:
        blocks.append(block)
    return b"".join(blocks)


# --- the seed ---------------------------------------------------------------------------------------------------------


@sound
def test_a_file_is_told_drawn_and_can_be_heard(tab: ContinueTab, tune: Path) -> None:
    panel = tab.seed
    steps = list(panel.open_file(visitor(), str(tune)))
    assert steps[0][panel.notice]["kind"] == "working" and panel.facts not in steps[0]
    shown = last(iter(steps))
    facts = shown[panel.facts]
    assert facts["title"] == "A tune"
    assert ["Metre", "4/4"] in facts["chips"] and ["Length", "4 bars"] in facts["chips"]
    assert [name for name, _ in facts["tracks"]] == ["Bass", "Melody"]
    assert shown[tab.track]["value"] == 1
    assert [index for _, index in shown[tab.track]["choices"]] == [0, 1]
    assert (shown[tab.first_bar], shown[tab.last_bar]) == (1, 4)
    assert shown[panel.notice] is None
    roll = rolled(shown[panel.roll])
    assert roll["editable"] and roll["rewritable"] and not roll["growing"] and roll["play"] is None
    assert [(track["program"], len(track["notes"]) // 5) for track in roll["tracks"]] == [(32, 4), (73, 16)]
    samples = np.frombuffer(heard(roll["sound"]), "<i2")
    assert len(samples) / 2 / pipeline.SAMPLE_RATE > 8 and abs(samples).max() > 1000


def test_a_file_that_cannot_be_used_gets_a_sentence_and_changes_nothing_else(
    tab: ContinueTab, tune: Path, tmp_path: Path
) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    before = tab.visits.of("someone").seed
    odd = tmp_path / "letter.mid"
    odd.write_text("Dear Clara, ...")
    shown = last(tab.seed.open_file(visitor(), str(odd)))
    assert set(shown) == {tab.seed.notice, tab.seed.file} and shown[tab.seed.file] is None
    assert shown[tab.seed.notice]["kind"] == "error"
    assert "MIDI" in shown[tab.seed.notice]["text"]
    assert tab.visits.of("someone").seed is before


def test_every_example_is_offered_and_can_be_opened(tab: ContinueTab) -> None:
    assert [title for title, _ in pipeline.examples()] == [title for title, _ in tab.seed.example.choices]
    for key in tab.seed.examples:
        first = next(step for step in tab.seed.open_example(visitor(), key) if tab.seed.facts in step)
        assert first[tab.seed.facts]["title"]


def test_an_example_is_opened_by_its_key_alone(tab: ContinueTab, tune: Path) -> None:
    assert list(tab.seed.open_example(visitor(), str(tune))) == []


def test_whoever_comes_finds_the_first_example_and_whoever_stays_keeps_theirs(tab: ContinueTab, tune: Path) -> None:
    assert last(tab.seed.greet(visitor("new")))[tab.seed.example] == next(iter(tab.seed.examples))
    last(tab.seed.open_file(visitor("old"), str(tune)))
    old = last(tab.seed.greet(visitor("old")))
    assert old[tab.seed.facts]["title"] == "A tune" and tab.seed.example not in old


def test_music_left_meanwhile_can_no_longer_be_heard(tab: ContinueTab, tune: Path) -> None:
    first = rolled(last(tab.seed.open_file(visitor(), str(tune)))[tab.seed.roll])
    second = rolled(last(tab.seed.open_example(visitor(), next(iter(tab.seed.examples))))[tab.seed.roll])
    assert first["piece"] != second["piece"] and first["sound"] != second["sound"]
    assert SOUNDS._find(first["sound"].removeprefix("sound/")) is None


# --- the result -------------------------------------------------------------------------------------------------------


@sound
def test_a_continuation_can_be_heard_seen_and_taken_away(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    steps = list(begun(tab, bars=3))
    told = [step[tab.result.notice] for step in steps if tab.result.notice in step]
    assert [(n["done"], n["total"]) for n in told if n["done"]] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1]["kind"] == "done" and "3 bars" in told[-1]["text"]
    shown = last(iter(steps))
    take = result_of(tab).take
    assert all(part in pipeline.file_name(take, "mid") for part in ("my-tune", "transformer", "3bars", "7"))
    file = taken(tab)
    seed, result = notes_of(tune), notes_of(file)
    assert result[0] == seed[0]
    assert result[1][:16] == seed[1] and len(result[1]) > 16
    recipe = pipeline.read(file).recipe
    assert recipe is not None and recipe["seed"] == 7
    roll = rolled(shown[tab.result.roll])
    assert roll["region"] == [7680, take.end] and roll["editable"] and not roll["growing"]
    new = [number for track in roll["tracks"] for number in track["notes"][4::5]]
    assert sum(new) == take.notes_new > 0
    samples = np.frombuffer(heard(roll["sound"]), "<i2").reshape(-1, 2)
    # The new bars sound, not only the seed.
    assert abs(samples[int(8.0 * pipeline.SAMPLE_RATE) :]).max() > 300
    assert taken(tab, "wav").startswith(b"RIFF")


def test_the_same_number_writes_the_same_notes_and_another_number_others(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    written = []
    for number in (5, 5, 6):
        last(begun(tab, number=number))
        written.append(notes_of(taken(tab)))
    assert written[0] == written[1] != written[2]


def test_stop_keeps_what_is_written(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    run, shown = begun(tab, bars=40), {tab.result.notice: {"done": 0}}
    for step in run:
        shown |= step
        if shown[tab.result.notice]["done"] == 2:
            assert tab.result.stop(visitor()) == {tab.result.stop_button: gr.update(interactive=False)}
    assert "Stopped after 2 bars of 40" in shown[tab.result.notice]["text"]
    assert len(notes_of(taken(tab))[1]) > 16
    assert result_of(tab).take.bars_new == 2


def test_stopped_while_it_waits_nothing_is_written(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    run = begun(tab)
    tab.result.stop(visitor())
    shown = last(run)
    assert set(shown) == {tab.result.notice} and "before" in shown[tab.result.notice]["text"]
    # The next one is not stopped by the last one's Stop.
    assert tab.result.roll in last(begun(tab))


def test_who_comes_third_waits_in_line_is_told_so_and_may_leave_it(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    with contextlib.ExitStack() as others:
        for _ in range(WRITERS):
            others.enter_context(tab.line.ticket())
        run = begun(tab)
        for _ in range(2):
            assert "1 before you" in next(run)[tab.result.notice]["text"]
        tab.result.stop(visitor())
        assert "before" in last(run)[tab.result.notice]["text"]
        run = begun(tab)
        next(run)
    assert tab.result.roll in last(run)


def test_whoever_leaves_stops_the_model(tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    closed = []
    original = pipeline.continue_

    def watched(seed: pipeline.Seed, request: pipeline.Request) -> Iterator[Any]:
        try:
            yield from original(seed, request)
        finally:
            closed.append(True)

    monkeypatch.setattr(pipeline, "continue_", watched)
    run = begun(tab, bars=40)
    while next(run)[tab.result.notice]["done"] == 0:
        pass
    run.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"first_bar": 3, "last_bar": 2}, "bars"),
        ({"first_bar": 9}, "bar"),
        ({"track": 5}, "track"),
        ({"model": "no such model"}, "checkpoint"),
        ({"temperature": 7.0}, "temperature"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_the_result_and_the_last_result_stays(
    tab: ContinueTab, tune: Path, asked: dict[str, Any], sentence: str
) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    last(begun(tab))
    before = tab.visits.of("someone").result
    shown = last(begun(tab, **asked))
    assert set(shown) == {tab.result.notice}
    assert shown[tab.result.notice]["kind"] == "error" and sentence in shown[tab.result.notice]["text"]
    assert tab.visits.of("someone").result is before


def test_without_a_seed_or_a_result_the_page_says_what_to_do_first(tab: ContinueTab) -> None:
    assert last(begun(tab))[tab.result.notice]["text"] == WORDS("error.no_seed")
    assert list(tab.result.greet(visitor())) == []
    text = last(tab.result.take_away._clicked("midi")(visitor()))[tab.result.take_away.notice]["text"]
    assert text == WORDS("export.nothing")


def test_what_nobody_foresaw_is_a_sentence_too(
    tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    monkeypatch.setattr(pipeline, "continue_", lambda *_: 1 / 0)
    assert last(begun(tab))[tab.result.notice]["text"] == WORDS("error.unexpected")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_without_sound_the_rest_works_and_the_reason_is_shown(
    tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> None:
        raise SoundError("Install a synthesizer.")

    monkeypatch.setattr(saving, "render", silent)
    assert last(tab.seed.open_file(visitor(), str(tune)))[tab.seed.notice] is None
    shown = last(begun(tab))
    assert shown[tab.result.notice]["kind"] == "done"
    away = tab.result.take_away
    assert last(away._clicked("wav")(visitor()))[away.notice]["text"] == "Install a synthesizer."
    assert notes_of(taken(tab))


def test_a_result_can_be_the_next_seed(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune)))
    last(begun(tab))
    first = taken(tab)
    shown = last(tab.seed.start_from(tab.visits.of("someone"), result_of(tab).pieces[0]))
    assert ["Length", "6 bars"] in shown[tab.seed.facts]["chips"]
    assert shown[tab.seed.notice]["kind"] == "done"
    assert shown[tab.seed.example] is None
    last(begun(tab))
    assert len(notes_of(taken(tab))[1]) > len(notes_of(first)[1])


# --- visitors ---------------------------------------------------------------------------------------------------------


def test_two_visitors_share_nothing(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor("ada"), str(tune)))
    last(tab.seed.open_example(visitor("ben"), next(iter(tab.seed.examples))))
    ada, ben = tab.visits.of("ada"), tab.visits.of("ben")
    last(begun(tab, "ada"))
    assert ada.result is not None and ben.result is None
    assert not set(ada.hearing.keys.values()) & set(ben.hearing.keys.values())
    assert ada.seed is not None and ben.seed is not None and ada.seed.name != ben.seed.name
