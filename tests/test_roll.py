"""The piano roll's value and what comes back from it: exact for music, a sentence for anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import midi, pipeline
from studio.errors import StudioError
from studio.pipeline import Kept
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track
from studio.ui import roll
from studio.ui.roll import __main__ as alone
from studio.ui.roll.component import HERE, SCRIPTS
from studio.ui.words import Words

NOTES = st.builds(Note, st.integers(0, 20_000), st.integers(0, 127), st.integers(1, 5000), st.integers(1, 127))
TRACKS = st.builds(
    Track,
    notes=st.lists(NOTES, max_size=12).map(tuple),
    program=st.integers(0, 127),
    is_drum=st.booleans(),
    name=st.text(max_size=8),
)
SCORES = st.builds(
    Score,
    resolution=st.sampled_from([1, 96, 480, 32767]),
    tracks=st.lists(TRACKS, min_size=1, max_size=5).map(tuple),
    tempos=st.just((Tempo(0, 434_783), Tempo(700, 600_001))),
    time_signatures=st.just((TimeSignature(0, 3, 4), TimeSignature(1440, 7, 8))),
    key_signatures=st.just((KeySignature(0, -3, True),)),
    title=st.text(max_size=8),
)
HOSTILE = "<script>${hurt}</script>"
TUNE = Score(480, (Track((Note(0, 60, 480, 80), Note(480, 62, 480, 81)), 73, name="Melody"),))


def sent(score: Score = TUNE, **changes: Any) -> str:
    """The value of a score, as the page would send it back with these changes."""
    return json.dumps(json.loads(roll.value(score, editable=True)) | changes)


def with_notes(*numbers: Any) -> str:
    return sent(tracks=[{"program": 73, "notes": list(numbers)}])


@given(SCORES, st.data())
def test_a_score_comes_back_to_the_bit_with_what_is_locked_and_new(score: Score, data: st.DataObject) -> None:
    locked = [frozenset(n for n in t.notes if data.draw(st.booleans())) for t in score.tracks]
    new = [frozenset(n for n in t.notes if data.draw(st.booleans())) for t in score.tracks]
    marked = [frozenset(n for n in t.notes if data.draw(st.booleans())) for t in score.tracks]
    edited = roll.read(roll.value(score, revision=7, new=new, locked=locked, marked=marked), score)
    assert edited == (score, tuple(locked), tuple(new), 7)


@given(SCORES)
def test_one_note_more_changes_nothing_else(score: Score) -> None:
    data = json.loads(roll.value(score))
    data["tracks"][0]["notes"] += [5, 60, 7, 90, 0]
    data["tracks"][0]["name"] = data["tempos"] = data["resolution"] = "of no account"
    longer = replace(score.tracks[0], notes=(*score.tracks[0].notes, Note(5, 60, 7, 90)))
    assert roll.read(json.dumps(data), score).score == replace(score, tracks=(longer, *score.tracks[1:]))


def test_instruments_are_those_of_the_page_but_drums_stay_drums(tmp_path: Path) -> None:
    drums = Track((Note(0, 36, 120, 100),), 8, True, name="Kit", role="drums")
    score = replace(TUNE, tracks=(*TUNE.tracks, drums))
    data = json.loads(roll.value(score))
    data["tracks"][0] |= {"program": 40, "drum": True}
    data["tracks"][1] |= {"program": 12, "drum": False}
    tracks = roll.read(json.dumps(data), score).score.tracks
    assert tracks == (replace(TUNE.tracks[0], program=40), drums)
    midi.save(replace(score, tracks=tracks), tmp_path / "tune.mid")
    assert midi.load(tmp_path / "tune.mid").score.tracks[0].program == 40


def test_tracks_are_added_and_taken_away_behind_the_last() -> None:
    data = json.loads(roll.value(TUNE))
    data["tracks"] += [
        {"name": HOSTILE, "program": 32, "drum": False, "notes": [0, 40, 480, 70, 3]},
        {"name": "", "program": 0, "drum": True, "notes": []},
    ]
    longer = roll.read(json.dumps(data), TUNE)
    assert longer.score.tracks == (*TUNE.tracks, Track((Note(0, 40, 480, 70),), 32), Track(is_drum=True))
    assert longer.new == longer.locked == (frozenset(), frozenset({Note(0, 40, 480, 70)}), frozenset())
    assert roll.read(sent(), longer.score).score == TUNE


def test_an_empty_score_gets_a_track_to_draw_into() -> None:
    empty = Score()
    assert json.loads(roll.value(empty))["tracks"][0]["notes"] == []
    edited = roll.read(sent(empty, tracks=[{"program": 0, "notes": [0, 60, 480, 90, 0]}]), empty)
    assert edited.score.tracks == (Track((Note(0, 60, 480, 90),), role="melody"),)


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        " " * 2_000_001,
        sent(tracks=None),
        sent(tracks=[]),
        sent(tracks=[{"program": 0, "notes": []}] * (roll.MOST_TRACKS + 1)),
        sent(tracks=[None]),
        sent(tracks=[{"program": 73, "notes": "0"}]),
        sent(tracks=[{"notes": []}]),
        sent(tracks=[{"program": -1, "notes": []}]),
        sent(tracks=[{"program": 128, "notes": []}]),
        sent(tracks=[{"program": "73", "notes": []}]),
        sent(tracks=[{"program": True, "notes": []}]),
        sent(revision=None),
        sent(revision=-1),
        sent(revision=True),
        sent(revision=1.5),
        with_notes(0, 60, 480, 80),
        with_notes(0, 60, 480, 80, "0"),
        with_notes(0, 60.0, 480, 80, 0),
        with_notes(0, True, 480, 80, 0),
        with_notes(-1, 60, 480, 80, 0),
        with_notes(0, 128, 480, 80, 0),
        with_notes(0, 60, 0, 80, 0),
        with_notes(0, 60, 480, 0, 0),
        with_notes(0, 60, 480, 128, 0),
        with_notes(0, 60, 480, 80, 8),
        with_notes(8000 * 480, 60, 1, 80, 0),
        with_notes(10**30, 60, 1, 80, 0),
        with_notes(0, 60, float("nan"), 80, 0),
        with_notes(0, 60, float("inf"), 80, 0),
        with_notes(*[0, 60, 480, 80, 0] * (roll.MOST_NOTES + 1)),
    ],
    ids=lambda text: str(text)[-60:],
)
def test_anything_else_is_answered_with_a_sentence(text: object) -> None:
    with pytest.raises(StudioError, match=r"^[A-Z].*\.$"):
        roll.read(text, TUNE)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=8))
def test_no_json_at_all_raises_anything_but_a_studio_error(junk: object) -> None:
    for text in (
        json.dumps(junk),
        sent(tracks=junk),
        sent(tracks=[{"program": 0, "notes": junk}]),
        sent(tracks=[{"program": junk, "notes": []}]),
        sent(revision=junk),
    ):
        try:
            roll.read(text, TUNE)
        except StudioError:
            continue


def test_music_longer_than_what_may_be_drawn_keeps_its_notes() -> None:
    long = Score(480, (Track((Note(9000 * 480, 60, 480, 80),)),))
    assert roll.read(roll.value(long), long).score == long


def test_what_is_too_large_to_be_sent_back_is_shown_but_not_to_be_edited() -> None:
    many = Score(480, tuple(Track((Note(0, 60, 480, 80),)) for _ in range(roll.MOST_TRACKS + 1)))
    notes = Score(480, (Track(tuple(Note(i, 60, 1, 80) for i in range(roll.MOST_NOTES + 1))),))
    for score in (many, notes):
        assert json.loads(roll.value(score, editable=True))["editable"] is False
    assert json.loads(roll.value(TUNE, editable=True))["editable"] is True


def test_the_bars_to_rewrite_are_read_with_the_notes_to_keep() -> None:
    score = Score(480, (Track(tuple(Note(i * 480, 60 + i, 480, 80) for i in range(12))), Track()))
    asked = {"first_bar": 2, "last_bar": 9, "tracks": [1, 0, 1], "locked": [[0, 1920, 64], [0, 3840, 68]]}
    assert roll.read_rewrite(asked, score) == (2, 3, (0, 1), (Kept(2, 64), Kept(3, 68)))


@pytest.mark.parametrize(
    "changes",
    [
        {"first_bar": 0},
        {"first_bar": 4, "last_bar": 4},
        {"first_bar": 2},
        {"first_bar": "1"},
        {"tracks": []},
        {"tracks": [2]},
        {"tracks": None},
        {"locked": 7},
        {"locked": [[0, 0]]},
        {"locked": [[0, 0, 128]]},
        {"locked": [[5, 0, 60]]},
    ],
    ids=str,
)
def test_bars_that_cannot_be_meant_are_answered_with_a_sentence(changes: dict[str, Any]) -> None:
    score = Score(480, (Track(tuple(Note(i * 480, 60, 480, 80) for i in range(12))), Track()))
    asked = {"first_bar": 1, "last_bar": 1, "tracks": [0], "locked": []} | changes
    with pytest.raises(StudioError, match=r"^[A-Z].*\.$"):
        roll.read_rewrite(asked, score)
    with pytest.raises(StudioError):
        roll.read_rewrite(None, score)
    with pytest.raises(StudioError, match="draw some notes"):
        roll.read_rewrite(asked, Score())


def test_every_script_is_in_the_component_and_every_word_in_a_script() -> None:
    assert {path.name for path in HERE.glob("*.js")} == set(SCRIPTS)
    script = roll.head([Words()])
    unused = [
        key
        for key in Words().group("roll")
        if not any(use in script for use in (f"words.{key}", f'"{key}",', f'"{key}")', f'"{key}"]'))
        and not any(f'"{key.removeprefix(group)}"' in script for group in ("help_", "family_") if key.startswith(group))
    ]
    assert unused == []
    # What Gradio runs as a template must hold nothing but the studio's own text.
    component = roll.component(Words(), HOSTILE, "tune")
    assert "$" not in f"{component.html_template}{component.css_template}{component.js_on_load}"
    assert script.count("</script>") == 1


def test_its_own_page_takes_over_what_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "sound_problem", lambda: "no sound here")
    alone.build(TUNE)
    text = sent(revision=4, tracks=[{"program": 73, "notes": [0, 60, 480, 80, 2]}])
    shown, sentence = alone._edited(text, TUNE)
    assert sentence == "revision 4: 1 notes, 1 locked"
    assert roll.read(shown, TUNE).locked == (frozenset({Note(0, 60, 480, 80)}),)
    assert json.loads(shown)["sound"] is None
