"""Ways in and out of the page, as handlers: what a browser hands over, and what is handed to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from files_page import build

from studio import pipeline
from studio.errors import NotationError
from studio.score import Note, Score, Track
from studio.ui import keyboard, take_away, ways_in
from studio.ui.visits import SEED, OnDesk, Visits
from studio.ui.words import Words

WORDS = Words()
UI = Path(take_away.__file__).parent


def played(**changed: object) -> str:
    value = {"qpm": 120, "metre": [3, 4], "program": 0, "notes": [[0, 60, 1, 90], [1.04, 64, 0.9, 80], [2, 67, 1, 70]]}
    return json.dumps(value | changed)


def test_what_was_played_becomes_a_seed_on_16ths() -> None:
    seed = pipeline.from_played(played(), "Played")
    assert [n[:3] for n in seed.score.tracks[0].notes] == [(0, 60, 480), (480, 64, 480), (960, 67, 480)]
    assert seed.facts().metre == "3/4" and seed.facts().qpm == 120 and seed.name == "Played"
    assert seed.repairs == ("Moved 1 of 3 notes to the nearest 16th.",)


def test_a_note_that_is_struck_again_ends_the_one_before() -> None:
    seed = pipeline.from_played(played(notes=[[0, 60, 2, 90], [1, 60, 1, 90], [1, 60, 1, 80], [0.1, 62, 0, 80]]))
    assert [n[:3] for n in seed.score.tracks[0].notes] == [(0, 60, 480), (0, 62, 120), (480, 60, 480)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        played(notes=[]),
        played(notes=5),
        played(notes=[[0, 60]]),
        played(notes=[[0, 60, 1, 200]]),
        played(notes=[[-1, 60, 1, 90]]),
        played(notes=[["x", 60, 1, 90]]),
        played(notes=[[1e300, 60, 1, 90]]),
        played(notes=[[float("nan"), 60, 1, 90]]),
        played(qpm=0),
        played(qpm=float("nan")),
        played(metre=[4, 3]),
        played(metre=[4]),
        played(metre="x"),
        played(program=128),
        played(notes=[[0, 60, 1, 90]] * 6000),
    ],
)
def test_what_no_keyboard_sends_is_told_in_words(text: str) -> None:
    with pytest.raises(NotationError):
        pipeline.from_played(text)


def test_the_tune_in_the_box_is_a_tune() -> None:
    seed = pipeline.read_abc(ways_in.TUNE)
    assert seed.repairs == () and seed.facts().bars == 8 and seed.score.title == "Speed the Plough"


def test_every_format_has_its_words() -> None:
    for offered in pipeline.FORMATS:
        assert WORDS(f"export.{offered.name}")


def test_scripts_of_the_keyboard_have_all_their_words_and_put_no_text_into_markup() -> None:
    for path in [*UI.glob("keyboard/*.js"), UI / "take_away.js"]:
        assert "innerHTML" not in path.read_text() and "outerHTML" not in path.read_text(), path.name
    for path in [*UI.glob("keyboard/*.html"), *UI.glob("keyboard/*.css"), UI / "take_away.html"]:
        assert not any(mark in path.read_text() for mark in ("${", "{{", "`")), path.name
    with gr.Blocks():
        part: Any = keyboard.component(WORDS, "keys")
    assert part.value == "" and "{left}" in part.props["labels"]["count_in"]


def test_a_file_is_made_when_it_is_asked_for_and_named_after_the_music() -> None:
    visits = Visits()
    with gr.Blocks():
        panel = take_away.TakeAway(WORDS, visits, "seed", lambda visit: visit.music(SEED))
    visit = visits.of("someone")
    with pytest.raises(Exception, match="nothing to take away"):
        list(panel.make(visit, "midi"))
    score = Score(480, (Track((Note(0, 60, 480, 80),)),))
    visit.desk[SEED] = OnDesk(pipeline.Seed(score, "../${alert(1)}<b>"))
    steps = panel.make(visit, "midi")
    assert "MIDI" in next(steps)[panel.notice]["text"]
    made = next(steps)[panel.made]
    assert made["orig_name"] == Path(made["path"]).name == "alert-1-b.mid"
    assert pipeline.read(made["path"]).score.note_count == 1
    assert list(steps) == [] and not Path(made["path"]).exists()


def test_the_page_of_these_parts_can_be_built() -> None:
    page = build()
    assert {"seed-midi", "seed-stems", "abc-read", "listen-hear", "keys"} <= {
        block.elem_id for block in page.blocks.values()
    }
