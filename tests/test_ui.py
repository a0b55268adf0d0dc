"""The page's handlers as plain functions, on real files and with a tiny model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import soundfile
from desk import FONT, WORDS, fields, last, new_tab, visitor

from studio import midi, pipeline
from studio.errors import SoundError
from studio.score import Note, Score, Track
from studio.ui import music_panel
from studio.ui.continue_tab import ContinueTab
from studio.ui.handlers import WRITERS

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


def notes_of(path: str | Path) -> list[tuple[Note, ...]]:
    return [track.notes for track in midi.load(path).score.tracks]


# --- the seed ---------------------------------------------------------------------------------------------------------


@sound
def test_a_file_is_told_first_then_drawn_then_heard(tab: ContinueTab, tune: Path) -> None:
    panel = tab.seed
    steps = list(panel.open_file(visitor(), str(tune), FONT))
    first = [
        next(i for i, step in enumerate(steps) if part in step) for part in (panel.notice, panel.facts, panel.player)
    ]
    assert first == sorted(first)
    assert steps[first[2]][panel.player]["audio"] is None
    shown = last(iter(steps))
    facts = shown[panel.facts]
    assert facts["title"] == "A tune"
    assert ["Metre", "4/4"] in facts["chips"] and ["Length", "4 bars"] in facts["chips"]
    assert [name for name, _ in facts["tracks"]] == ["Bass", "Melody"]
    assert shown[tab.track]["value"] == 1
    assert [index for _, index in shown[tab.track]["choices"]] == [0, 1]
    assert (shown[tab.first_bar], shown[tab.last_bar]) == (1, 4)
    assert shown[panel.notice] is None
    for part in ("light", "dark"):
        assert Path(shown[panel.player][part]["path"]).read_bytes().startswith(b"\x89PNG")
    samples, rate = soundfile.read(shown[panel.player]["audio"]["path"])
    assert len(samples) / rate > 8 and abs(samples).max() > 0.05


def test_a_file_that_cannot_be_used_gets_a_sentence_and_changes_nothing_else(
    tab: ContinueTab, tune: Path, tmp_path: Path
) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    before = tab.visits.of("someone").seed
    odd = tmp_path / "letter.mid"
    odd.write_text("Dear Clara, ...")
    shown = last(tab.seed.open_file(visitor(), str(odd), FONT))
    assert set(shown) == {tab.seed.notice, tab.seed.file} and shown[tab.seed.file] is None
    assert shown[tab.seed.notice]["kind"] == "error"
    assert "MIDI" in shown[tab.seed.notice]["text"]
    assert tab.visits.of("someone").seed is before


def test_every_example_is_offered_and_can_be_opened(tab: ContinueTab) -> None:
    assert [title for title, _ in pipeline.examples()] == [title for title, _ in tab.seed.example.choices]
    for key in tab.seed.examples:
        first = next(step for step in tab.seed.open_example(visitor(), key, FONT) if tab.seed.facts in step)
        assert first[tab.seed.facts]["title"]


def test_an_example_is_opened_by_its_key_alone(tab: ContinueTab, tune: Path) -> None:
    assert list(tab.seed.open_example(visitor(), str(tune), FONT)) == []


def test_whoever_comes_finds_the_first_example_and_whoever_stays_keeps_theirs(tab: ContinueTab, tune: Path) -> None:
    assert last(tab.seed.greet(visitor("new"), FONT))[tab.seed.example] == next(iter(tab.seed.examples))
    last(tab.seed.open_file(visitor("old"), str(tune), FONT))
    assert list(tab.seed.greet(visitor("old"), FONT)) == []


def test_of_a_long_seed_the_beginning_is_heard_and_that_is_said(
    tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(music_panel, "HEARD_S", 4.0)
    monkeypatch.setattr(pipeline, "save_wav", lambda score, path, font: path.write_bytes(b"%d" % score.bar_count))
    player = last(tab.seed.open_file(visitor(), str(tune), FONT))[tab.seed.player]
    assert Path(player["audio"]["path"]).read_bytes() == b"2"
    assert "beginning" in player["remark"] or "minutes" in player["remark"]


def test_the_sound_of_music_left_meanwhile_is_not_shown(tab: ContinueTab, tune: Path) -> None:
    slow = tab.seed.open_file(visitor(), str(tune), FONT)
    while tab.seed.player not in next(slow):
        pass
    last(tab.seed.open_example(visitor(), next(iter(tab.seed.examples)), FONT))
    assert tab.seed.player not in last(slow)


# --- the result -------------------------------------------------------------------------------------------------------


@sound
def test_a_continuation_can_be_heard_seen_and_taken_away(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    steps = list(tab.generate(visitor(), *fields(tab, bars=3)))
    told = [step[tab.result.notice] for step in steps if tab.result.notice in step]
    assert [(n["done"], n["total"]) for n in told if n["done"]] == [(1, 3), (2, 3), (3, 3)]
    assert told[-1]["kind"] == "done" and "3 bars" in told[-1]["text"]
    shown = last(iter(steps))
    midi_file, wav_file = Path(shown[tab.result.midi]["value"]), Path(shown[tab.result.wav]["value"])
    assert midi_file.stem == wav_file.stem and all(
        part in midi_file.stem for part in ("my-tune", "transformer", "3bars", "7")
    )
    seed, result = notes_of(tune), notes_of(midi_file)
    assert result[0] == seed[0]
    assert result[1][:16] == seed[1] and len(result[1]) > 16
    recipe = pipeline.read(midi_file).recipe
    assert recipe is not None and recipe["seed"] == 7
    player = shown[tab.result.player]
    assert player["mark"] == pytest.approx(8.0)
    samples, rate = soundfile.read(player["audio"]["path"])
    assert samples.ndim == 2 and len(samples) / rate > 8
    # The new bars sound, not only the seed.
    assert abs(samples[int(8.0 * rate) : int(13.9 * rate)]).max() > 0.01


def test_the_same_number_writes_the_same_notes_and_another_number_others(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    written = [
        notes_of(last(tab.generate(visitor(), *fields(tab, number=n)))[tab.result.midi]["value"]) for n in (5, 5, 6)
    ]
    assert written[0] == written[1] != written[2]


def test_stop_keeps_what_is_written(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    tab.result.begin(visitor())
    run, shown = tab.generate(visitor(), *fields(tab, bars=40)), {}
    for step in run:
        shown |= step
        if shown[tab.result.notice]["done"] == 2:
            assert tab.result.stop(visitor()) == {tab.result.stop_button: gr.update(interactive=False)}
    assert "Stopped after 2 bars of 40" in shown[tab.result.notice]["text"]
    assert len(notes_of(shown[tab.result.midi]["value"])[1]) > 16
    assert shown[tab.result.player]["light"] and shown[tab.result.reuse_button]["interactive"]
    result = tab.visits.of("someone").result
    assert result is not None and result.take.bars_new == 2


def test_stopped_while_it_waits_nothing_is_written(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    tab.result.begin(visitor())
    tab.result.stop(visitor())
    shown = last(tab.generate(visitor(), *fields(tab)))
    assert set(shown) == {tab.result.notice} and "before" in shown[tab.result.notice]["text"]
    # The next one is not stopped by the last one's Stop.
    tab.result.begin(visitor())
    assert tab.result.midi in last(tab.generate(visitor(), *fields(tab)))


def test_who_comes_third_waits_in_line_is_told_so_and_may_leave_it(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    with contextlib.ExitStack() as others:
        for _ in range(WRITERS):
            others.enter_context(tab.line.ticket())
        run = tab.generate(visitor(), *fields(tab))
        for _ in range(2):
            assert "1 before you" in next(run)[tab.result.notice]["text"]
        tab.result.stop(visitor())
        assert "before" in last(run)[tab.result.notice]["text"]
        tab.result.begin(visitor())
        run = tab.generate(visitor(), *fields(tab))
        next(run)
    assert tab.result.midi in last(run)


def test_whoever_leaves_stops_the_model(tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    closed = []
    original = pipeline.continue_

    def watched(seed: pipeline.Seed, request: pipeline.Request) -> Iterator[Any]:
        try:
            yield from original(seed, request)
        finally:
            closed.append(True)

    monkeypatch.setattr(pipeline, "continue_", watched)
    run = tab.generate(visitor(), *fields(tab, bars=40))
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
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    last(tab.generate(visitor(), *fields(tab)))
    before = tab.visits.of("someone").result
    shown = last(tab.generate(visitor(), *fields(tab, **asked)))
    assert set(shown) == {tab.result.notice}
    assert shown[tab.result.notice]["kind"] == "error" and sentence in shown[tab.result.notice]["text"]
    assert tab.visits.of("someone").result is before


def test_without_a_seed_or_a_result_the_page_says_what_to_do_first(tab: ContinueTab) -> None:
    assert last(tab.generate(visitor(), *fields(tab)))[tab.result.notice]["text"] == WORDS("error.no_seed")
    assert last(tab.seed.reuse(visitor(), FONT))[tab.seed.notice]["text"] == WORDS("error.no_take")


def test_what_nobody_foresaw_is_a_sentence_too(
    tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    monkeypatch.setattr(pipeline, "continue_", lambda *_: 1 / 0)
    assert last(tab.generate(visitor(), *fields(tab)))[tab.result.notice]["text"] == WORDS("error.unexpected")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_without_sound_the_rest_works_and_the_reason_is_shown(
    tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> None:
        raise SoundError("Install a synthesizer.")

    monkeypatch.setattr(pipeline, "save_wav", silent)
    seed = last(tab.seed.open_file(visitor(), str(tune), FONT))
    assert seed[tab.seed.player]["remark"] == "Install a synthesizer."
    assert seed[tab.seed.notice] is None
    shown = last(tab.generate(visitor(), *fields(tab)))
    assert shown[tab.result.player]["remark"] == "Install a synthesizer."
    assert shown[tab.result.player]["audio"] is None and shown[tab.result.player]["light"]
    assert shown[tab.result.midi]["interactive"] and not shown[tab.result.wav]["interactive"]


def test_a_result_can_be_the_next_seed(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor(), str(tune), FONT))
    result = last(tab.generate(visitor(), *fields(tab)))
    shown = last(tab.seed.reuse(visitor(), FONT))
    assert ["Length", "6 bars"] in shown[tab.seed.facts]["chips"]
    assert shown[tab.seed.notice]["kind"] == "done"
    assert shown[tab.seed.example] is None
    again = last(tab.generate(visitor(), *fields(tab)))
    assert len(notes_of(again[tab.result.midi]["value"])[1]) > len(notes_of(result[tab.result.midi]["value"])[1])


def test_another_soundfont_is_heard_in_seed_and_result(
    tab: ContinueTab, tune: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "soundfonts", lambda: {"Old": Path("old.sf2"), "New": Path("new.sf2")})
    monkeypatch.setattr(pipeline, "save_wav", lambda score, path, font: path.write_text(str(font)))
    last(tab.seed.open_file(visitor(), str(tune), "Old"))
    last(tab.generate(visitor(), *fields(tab, font="Old")))
    shown = last(tab.seed.choose_font(visitor(), "New")) | last(tab.result.choose_font(visitor(), "New"))
    for player in (shown[tab.seed.player], shown[tab.result.player]):
        assert Path(player["audio"]["path"]).read_text() == "new.sf2"
    assert tab.track not in shown  # what was chosen stays chosen


# --- visitors ---------------------------------------------------------------------------------------------------------


def test_two_visitors_share_nothing(tab: ContinueTab, tune: Path) -> None:
    last(tab.seed.open_file(visitor("ada"), str(tune), FONT))
    last(tab.seed.open_example(visitor("ben"), next(iter(tab.seed.examples)), FONT))
    ada, ben = tab.visits.of("ada"), tab.visits.of("ben")
    shown = last(tab.generate(visitor("ada"), *fields(tab)))
    assert ada.folder != ben.folder and ben.result is None
    assert ada.folder in Path(shown[tab.result.midi]["value"]).parents
    assert ada.seed is not None and ben.seed is not None and ada.seed.name != ben.seed.name
