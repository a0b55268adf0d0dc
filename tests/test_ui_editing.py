"""Music that is heard while it is written, changed in its piano roll, and heard otherwise; what is there afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from desk import WORDS, begun, event, fields, last, new_tab, result_of, rolled, visitor

from studio import midi, pipeline
from studio.score import Note, Score, Track
from studio.ui import roll
from studio.ui.continue_tab import ContinueTab
from studio.ui.infill_tab import InfillTab
from studio.ui.sound_panel import SoundPanel
from studio.ui.sounds import SOUNDS, Growing
from studio.ui.verb_tab import VerbTab
from studio.ui.visits import COOKIE, SEED, OnDesk, Visits

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
BAR = 4 * 480
ANNA = "a" * 32


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """A bass and a flute, four bars."""
    bass = Track(tuple(Note(i * BAR, 40, BAR, 70) for i in range(4)), 32, name="Bass")
    flute = Track(tuple(Note(i * 480, 60 + i % 8, 480, 80) for i in range(16)), 73, name="Flute")
    midi.save(Score(480, (bass, flute), title="A tune"), tmp_path / "tune.mid")
    return tmp_path / "tune.mid"


def opened(kind: type[VerbTab], path: Path) -> Any:
    tab = new_tab(kind)
    last(tab.seed.open_file(visitor(), str(path)))
    return tab


def sounding(address: str | None) -> Growing:
    """The music that is heard at an address."""
    assert address is not None
    piece = SOUNDS._find(address.removeprefix("sound/"))
    assert piece is not None
    return piece


def changed(value: str, *, track: int = 0, notes: list[int] | None = None, revision: int = 1) -> str:
    """What the page sends once a track has these notes and no others; nothing changed without them."""
    data = rolled(value)
    if notes is not None:
        data["tracks"][track]["notes"] = notes
    return json.dumps(data | {"revision": revision})


# --- heard while it is written ----------------------------------------------------------------------------------------


def test_from_its_first_bar_on_music_is_heard_as_it_grows(tune: Path) -> None:
    tab = opened(ContinueTab, tune)
    grown = []
    for step in begun(tab, bars=3):
        if tab.result.roll in step and rolled(step[tab.result.roll])["growing"]:
            grown.append(rolled(step[tab.result.roll]))
            assert not sounding(grown[-1]["sound"]).now.done
            assert sounding(grown[-1]["sound"]).now.until == grown[-1]["region"][1]
        shown = step
    assert len(grown) == 3 and len({value["sound"] for value in grown}) == 1
    # It plays at once, from the first new bar: eight seconds of the seed come before.
    assert [value["play"]["from"] for value in grown] == pytest.approx([8.0] * 3)
    ends = [value["region"][1] for value in grown]
    assert ends == sorted(set(ends)) and not any(value["editable"] for value in grown)
    done = rolled(shown[tab.result.roll])
    assert (done["sound"], done["piece"]) == (grown[0]["sound"], grown[0]["piece"]) and done["play"] is None
    heard = sounding(done["sound"]).now
    assert heard.done and heard.score.note_count == result_of(tab).take.score.note_count


def test_stopped_what_is_written_is_kept_and_sounds_anew(tune: Path) -> None:
    tab = opened(ContinueTab, tune)
    grown: dict[str, Any] = {}
    for step in begun(tab, bars=40):
        if tab.result.roll in step and not grown:
            grown = rolled(step[tab.result.roll])
            piece = sounding(grown["sound"])
            tab.result.stop(visitor())
        shown = step
    done = rolled(shown[tab.result.roll])
    take = result_of(tab).take
    assert take.bars_new == 1 and done["sound"] != grown["sound"] and done["piece"] == grown["piece"]
    assert piece.now.done and SOUNDS._find(piece.key) is None
    assert sounding(done["sound"]).now.score.end == take.score.end


def test_a_writing_that_breaks_off_leaves_the_last_take_with_its_own_sound(
    tune: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = opened(ContinueTab, tune)
    last(begun(tab))
    take, original = result_of(tab).take, pipeline.continue_

    def broken(*asked: Any) -> Any:
        run = original(*asked)
        yield next(run)
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "continue_", broken)
    assert last(begun(tab, number=8))[tab.result.notice]["kind"] == "error"
    visit = tab.visits.of("someone")
    again = rolled(tab.result.again(visit)[tab.result.roll])
    assert result_of(tab).take is take and sounding(again["sound"]).now.score.tracks == take.score.tracks


# --- changed in the piano roll ----------------------------------------------------------------------------------------


def test_a_changed_seed_is_what_the_tabs_work_with(tune: Path) -> None:
    tab = new_tab()
    value = last(tab.seed.open_file(visitor(), str(tune)))[tab.seed.roll]
    before = rolled(value)
    shown = last(tab.seed.edit(visitor(), changed(value, notes=[0, 45, 960, 90, 2])))
    seed = tab.visits.of("someone").seed
    assert seed is not None and seed.score.tracks[0].notes == (Note(0, 45, 960, 90),)
    after = rolled(shown[tab.seed.roll])
    assert (after["piece"], after["revision"]) == (before["piece"], 1) and after["sound"] != before["sound"]
    # Locked stays locked, and what was set for these tracks and bars stays set.
    assert after["tracks"][0]["notes"] == [0, 45, 960, 90, 2] and tab.track not in shown
    assert sounding(after["sound"]).now.score.tracks == seed.score.tracks
    longer = changed(shown[tab.seed.roll], notes=[5 * BAR, 45, 960, 90, 0], revision=2)
    assert last(tab.seed.edit(visitor(), longer))[tab.last_bar] == 6


def test_a_change_that_was_overtaken_is_not_taken(tune: Path) -> None:
    tab = new_tab()
    value = last(tab.seed.open_file(visitor(), str(tune)))[tab.seed.roll]
    last(tab.seed.edit(visitor(), changed(value, notes=[0, 45, 960, 90, 0], revision=2)))
    assert list(tab.seed.edit(visitor(), changed(value, notes=[], revision=1))) == []
    seed = tab.visits.of("someone").seed
    assert seed is not None and len(seed.score.tracks[0].notes) == 1


@pytest.mark.parametrize("text", [None, "", "{}", '{"revision": 1, "tracks": []}'])
def test_what_is_no_music_changes_nothing(tune: Path, text: str | None) -> None:
    tab = opened(ContinueTab, tune)
    last(begun(tab))
    visit = tab.visits.of("someone")
    before = visit.seed, visit.result
    for panel in (tab.seed, tab.result):
        shown = last(panel.edit(visitor(), text))
        assert set(shown) == {panel.notice} and "piano roll" in shown[panel.notice]["text"]
    assert (visit.seed, visit.result) == before
    # Nothing lies there to be changed.
    assert list(tab.seed.edit(visitor("new"), text)) == list(tab.result.edit(visitor("new"), text)) == []


def test_a_changed_take_sounds_as_it_is_and_says_so_in_its_recipe(tune: Path) -> None:
    tab = opened(ContinueTab, tune)
    value = last(begun(tab, takes=2))[tab.result.roll]
    other = result_of(tab).takes[1]
    note = [4 * BAR, 72, 480, 100, 1]
    shown = last(tab.result.edit(visitor(), changed(value, track=1, notes=note)))
    result = result_of(tab)
    assert result.take.score.tracks[1].notes == (Note(4 * BAR, 72, 480, 100),)
    assert result.take.new[1] == {Note(4 * BAR, 72, 480, 100)} and result.take.recipe["edited"] is True
    assert result.takes[1] is other and result.revision == 1
    after = rolled(shown[tab.result.roll])
    assert after["sound"] != rolled(value)["sound"]
    assert sounding(after["sound"]).now.score.tracks == result.take.score.tracks
    assert list(last(tab.result.edit(visitor(), changed(value, track=1, notes=[], revision=1)))) != []
    assert result_of(tab).take is result.take  # it knows this revision already


# --- bars chosen in the piano roll ------------------------------------------------------------------------------------


def test_bars_of_the_seed_that_are_to_be_rewritten_reach_the_fields(tune: Path) -> None:
    tab = new_tab(InfillTab)
    value = last(tab.seed.open_file(visitor(), str(tune)))[tab.seed.roll]
    asked = event(first_bar=2, last_bar=3, tracks=[1], locked=[[1, BAR, 64], [1, 2 * BAR, 61]])
    shown = last(tab.rewrite_seed(visitor(), asked, changed(value, notes=[0, 45, 960, 90, 0])))
    assert shown[tab.opened.parent]["selected"] == "infill"
    assert (shown[tab.first_bar], shown[tab.last_bar], shown[tab.tracks]["value"]) == (2, 3, [1])
    assert shown[tab.keep] == "2:E4, 3:C#4"
    # What was changed just before is not lost.
    seed = tab.visits.of("someone").seed
    assert seed is not None and len(seed.score.tracks[0].notes) == 1
    last(begun(tab, first_bar=2, last_bar=3, tracks=[1], keep=shown[tab.keep]))
    notes = result_of(tab).take.score.tracks[1].notes
    assert Note(BAR, 64, 480, 80) in notes and Note(2 * BAR + 480, 61, 480, 80) in notes


def test_every_note_has_a_name_that_can_be_typed(tune: Path) -> None:
    tab = opened(InfillTab, tune)
    kept = tuple(pipeline.Kept(1, pitch) for pitch in range(128))
    assert pipeline.parse_kept(tab._asked_for(roll.Rewrite(1, 1, (0,), kept))[tab.keep]) == kept


def test_a_take_of_which_bars_are_to_be_rewritten_becomes_the_seed(tune: Path) -> None:
    tab = opened(InfillTab, tune)
    value = last(begun(tab, first_bar=1, last_bar=2, tracks=[1]))[tab.result.roll]
    text = changed(value, notes=[0, 45, 960, 90, 0])
    steps = last(tab.rewrite_result(visitor(), event(first_bar=1, last_bar=9, tracks=[0, 1], locked=[]), text))
    seed = tab.visits.of("someone").seed
    assert seed is not None and seed.score.tracks == result_of(tab).take.score.tracks
    assert seed.score.tracks[0].notes == (Note(0, 45, 960, 90),)
    assert (steps[tab.first_bar], steps[tab.last_bar]) == (1, seed.score.bar_count)
    assert steps[tab.tracks]["value"] == [0, 1] and steps[tab.seed.facts]["title"] == "A tune"


def test_bars_that_cannot_be_meant_are_told_at_once(tune: Path) -> None:
    tab = new_tab(InfillTab)
    value = last(tab.seed.open_file(visitor(), str(tune)))[tab.seed.roll]
    with pytest.raises(gr.Error, match="4 bars"):
        last(tab.rewrite_seed(visitor(), event(first_bar=9, last_bar=9, tracks=[0]), value))


# --- what is there afterwards -----------------------------------------------------------------------------------------


def asking(page: str = "page") -> Any:
    return SimpleNamespace(session_hash=page, cookies={COOKIE: ANNA})


def test_a_changed_seed_is_a_piece_of_its_own_and_stays_one(tmp_path: Path) -> None:
    visits = Visits(data=tmp_path)
    visit = visits.at(asking())
    score = Score(480, (Track((Note(0, 60, 480, 80),)),))
    visit.put(SEED, OnDesk(pipeline.Seed(score, "mine")))
    root = visit.places[SEED]
    for revision, pitch in ((1, 62), (2, 64)):
        changed_score = Score(480, (Track((Note(0, pitch, 480, 80),)),))
        visit.change(SEED, changed_score, revision, ())
    assert visit.store is not None
    tree = visit.store.tree(ANNA)
    assert [(piece.id, piece.parent) for piece in tree] == [(root, None), (visit.places[SEED], root)]
    again = Visits(data=tmp_path).at(asking("another page"))
    assert again.seed is not None and again.seed.score.tracks[0].notes == (Note(0, 64, 480, 80),)
    assert again.piece(root) == tree[0]


def test_a_changed_take_is_there_again_and_fields_are_set_as_they_were(tune: Path, tmp_path: Path) -> None:
    visits = Visits(data=tmp_path / "data")
    tab = new_tab(visits=visits)
    last(tab.seed.open_file(asking(), str(tune)))
    asked = fields(tab, number=5, model="lstm", temperature=0.8, last_bar=3)
    value = last(tab.generate(asking(), *asked))[tab.result.roll]
    last(tab.result.edit(asking(), changed(value, track=1, notes=[0, 72, 480, 100, 0])))
    later = Visits(data=tmp_path / "data")
    tab = new_tab(visits=later)
    shown = last(tab.result.greet(asking("another page")))
    back = rolled(shown[tab.result.roll])
    assert [track["notes"] for track in back["tracks"]][1] == [0, 72, 480, 100, 0]
    assert sounding(back["sound"]).now.score.tracks[1].notes == (Note(0, 72, 480, 100),)
    changes = tab.recall(asking("another page"))
    assert (changes[tab.number]["value"], changes[tab.model]["value"], changes[tab.last_bar]["value"]) == (5, "lstm", 3)
    assert changes[tab.controls["temperature"]]["value"] == 0.8
    # The model's own controls are there, and no others.
    offered = set(tab._offered(tab.models["lstm"]))
    assert {name for name, field in tab.controls.items() if changes[field]["visible"]} == offered
    assert last(tab.seed.greet(asking("another page")))[tab.seed.facts]["title"] == "A tune"


def test_a_take_shown_again_sounds_as_itself(tune: Path, tmp_path: Path) -> None:
    tab = new_tab(visits=Visits(data=tmp_path / "data"))
    last(tab.seed.open_file(asking(), str(tune)))
    takes = []
    for number in (5, 6):
        last(tab.generate(asking(), *fields(tab, number=number)))
        takes.append(result_of(tab, "page"))
    visit = tab.visits.at(asking())
    visit.recall(takes[0].pieces[0])
    shown = last(tab.result.show(visit))
    heard = sounding(rolled(shown[tab.result.roll])["sound"]).now.score
    assert [t.notes for t in heard.tracks] == [t.notes for t in takes[0].take.score.tracks]


# --- heard otherwise --------------------------------------------------------------------------------------------------


def test_what_is_set_for_sound_is_heard_everywhere(tune: Path) -> None:
    tab = opened(ContinueTab, tune)
    last(begun(tab))
    visit = tab.visits.of("someone")
    with gr.Blocks():
        panel = SoundPanel(WORDS, tab.visits)
        panel.connect([(tab.seed.again, [tab.seed.roll]), (tab.result.again, tab.result.outputs)])
    before = set(visit.hearing.keys.values())
    shown = last(panel.change(visitor(), None, 40, -6))
    assert visit.hearing.mix == pipeline.Mix(None, -6, 0.4)
    for part in (tab.seed.roll, tab.result.roll):
        piece = sounding(rolled(shown[part])["sound"])
        assert piece.mix == visit.hearing.mix and piece.key not in before
    assert not any(SOUNDS._find(key) for key in before)
    assert list(panel.change(visitor(), None, 40, -6)) == []  # as it was already
    # Whoever has nothing yet hears it so later.
    assert last(panel.change(visitor("new"), None, 0, None)) == {panel.notice: None}
    assert tab.visits.of("new").hearing.mix == pipeline.Mix(None, 0.0, 0.0)


def test_sound_that_cannot_be_is_told(tune: Path) -> None:
    tab = opened(ContinueTab, tune)
    with gr.Blocks():
        panel = SoundPanel(WORDS, tab.visits)
        panel.connect([(tab.seed.again, [tab.seed.roll])])
    before = tab.visits.of("someone").hearing.mix
    shown = last(panel.change(visitor(), None, 20, 99))
    assert shown[panel.notice]["kind"] == "error" and tab.visits.of("someone").hearing.mix is before


def test_a_change_of_music_that_is_gone_from_the_desk_is_dropped(tune: Path) -> None:
    tab = new_tab(ContinueTab)
    last(tab.seed.open_file(visitor(), str(tune)))
    late = json.loads(tab.seed.roll_value(tab.visits.at(visitor()), tab.visits.at(visitor()).desk[SEED]))
    late["tracks"][0]["notes"] = late["tracks"][0]["notes"][:5]
    late["revision"] = 9
    last(tab.seed.open_file(visitor(), str(tune)))
    before = tab.visits.at(visitor()).seed
    assert list(tab.seed.edit(visitor(), json.dumps(late))) == []
    assert tab.visits.at(visitor()).seed is before
