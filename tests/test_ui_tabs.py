"""The tabs that write into a seed, as plain functions with a tiny model; and the takes of any of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desk import begun, event, last, new_tab, result_of, rolled, taken, visitor

from studio import midi, pipeline
from studio.score import Note, Score, Track
from studio.ui.accompany_tab import AccompanyTab
from studio.ui.continue_tab import ContinueTab
from studio.ui.infill_tab import InfillTab
from studio.ui.tab import Tab

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
BAR = 4 * 480


@pytest.fixture
def tune(tmp_path: Path) -> Path:
    """A file with a bass, a flute and drums, eight bars."""
    melody = tuple(Note(i * 480, 60 + i % 8, 480, 80) for i in range(32))
    bass = tuple(Note(i * BAR, 40, BAR, 70) for i in range(8))
    drums = tuple(Note(i * 960, 36, 240, 90) for i in range(16))
    tracks = (Track(bass, 32, name="Bass"), Track(melody, 73, name="Flute"), Track(drums, is_drum=True, name="Kit"))
    path = tmp_path / "my tune.mid"
    midi.save(Score(480, tracks, title="A tune"), path)
    return path


def opened(kind: type[Tab], path: Path) -> tuple[Any, dict[str, Any]]:
    """A tab with the file as the seed, and what its own fields hold then."""
    tab = new_tab(kind)
    shown = last(tab.seed.open_file(visitor(), str(path)))
    names = {name: field for name, field in vars(tab).items() if field in tab.own}
    held = {name: shown.get(field, field.value) for name, field in names.items()}
    return tab, {name: value["value"] if isinstance(value, dict) else value for name, value in held.items()}


def written(tab: Tab, **asked: Any) -> dict[Any, Any]:
    shown = last(begun(tab, **asked))
    assert shown[tab.result.notice]["kind"] == "done", shown[tab.result.notice]["text"]
    return shown


def refused(tab: Tab, **asked: Any) -> str:
    """The sentence for what cannot be asked; nothing else has changed."""
    shown = last(begun(tab, **asked))
    assert set(shown) == {tab.result.notice} and shown[tab.result.notice]["kind"] == "error"
    return str(shown[tab.result.notice]["text"])


def score_of(tab: Tab) -> Score:
    """The shown take as whoever takes it away has it."""
    return midi.load(taken(tab)).score


def choose(tab: Tab, number: int) -> dict[Any, Any]:
    return last(tab.result.choose_take(visitor(), event(id=result_of(tab).pieces[number].id)))


def notes(score: Score, track: int, bars: range) -> list[tuple[float, ...]]:
    """Notes that begin in those bars, in quarters."""
    q = score.resolution
    return [
        (n.onset / q, n.pitch, n.duration / q, n.velocity)
        for n in score.tracks[track].notes
        if n.onset // (4 * q) in bars
    ]


# --- rewrite bars -----------------------------------------------------------------------------------------------------


def test_bars_from_the_middle_and_all_tracks_are_offered(tune: Path) -> None:
    tab, own = opened(InfillTab, tune)
    assert own == {"first_bar": 5, "last_bar": 6, "keep": "", "tracks": [0, 1, 2]}
    assert list(tab.models) == ["transformer"]


@pytest.mark.parametrize(("bars", "offered"), [(1, (1, 1)), (2, (2, 2)), (3, (2, 3)), (4, (3, 4))])
def test_of_a_short_seed_the_bars_that_are_there_are_offered(tmp_path: Path, bars: int, offered: Any) -> None:
    midi.save(Score(480, (Track(tuple(Note(i * BAR, 60, BAR, 80) for i in range(bars))),)), tmp_path / "short.mid")
    _, own = opened(InfillTab, tmp_path / "short.mid")
    assert (own["first_bar"], own["last_bar"]) == offered


def test_only_the_chosen_bars_of_the_chosen_tracks_are_written_anew(tune: Path) -> None:
    tab, own = opened(InfillTab, tune)
    shown = written(tab, **own | {"first_bar": 2, "last_bar": 3, "tracks": [1]})
    before, after = midi.load(tune).score, score_of(tab)
    for track in (0, 2):
        assert notes(before, track, range(8)) == notes(after, track, range(8))
    outside = [bar for bar in range(8) if bar not in (1, 2)]
    for bar in outside:
        assert notes(before, 1, range(bar, bar + 1)) == notes(after, 1, range(bar, bar + 1))
    assert notes(before, 1, range(1, 3)) != notes(after, 1, range(1, 3))
    assert "2 bars" in shown[tab.result.notice]["text"]
    assert rolled(shown[tab.result.roll])["region"] == [BAR, 3 * BAR]


def test_notes_to_keep_are_kept(tune: Path) -> None:
    tab, own = opened(InfillTab, tune)
    written(tab, **own | {"first_bar": 2, "last_bar": 3, "keep": "2:E4, 3:61"})
    after = score_of(tab)
    assert (4.0, 64, 1.0, 80) in notes(after, 1, range(1, 2))
    assert (9.0, 61, 1.0, 80) in notes(after, 1, range(2, 3))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"keep": "5:H4"}, "'5:H4'"),
        ({"tracks": []}, "none was asked for"),
        ({"first_bar": 9, "last_bar": 9}, "bars 1 to 8"),
        ({"first_bar": 6, "last_bar": 5}, "bars 6 to 5"),
        ({"chords": "C Xyz"}, "Xyz"),
        ({"model": "lstm"}, "Transformer"),
    ],
)
def test_what_cannot_be_rewritten_is_said_in_a_sentence(tune: Path, asked: dict[str, Any], sentence: str) -> None:
    tab, own = opened(InfillTab, tune)
    assert sentence in refused(tab, **own | asked)


def test_stopped_between_two_bars_the_rest_is_as_it_was(tune: Path) -> None:
    tab, own = opened(InfillTab, tune)
    shown: dict[Any, Any] = {tab.result.notice: {"done": 0}}
    asked = own | {"first_bar": 1, "last_bar": 8, "tracks": [1]}
    for step in begun(tab, **asked):
        shown |= step
        if shown[tab.result.notice]["done"] == 2:
            tab.result.stop(visitor())
    assert "Stopped after 2 bars of 8" in shown[tab.result.notice]["text"]
    before, after = midi.load(tune).score, score_of(tab)
    assert notes(before, 1, range(3, 8)) == notes(after, 1, range(3, 8))
    assert notes(before, 1, range(2)) != notes(after, 1, range(2))


# --- accompany, change the style --------------------------------------------------------------------------------------


def test_the_melody_is_guessed_and_only_styles_with_companions_are_offered(tune: Path) -> None:
    tab, own = opened(AccompanyTab, tune)
    assert own == {"lead": "accompany", "track": 1, "first_bar": 1, "last_bar": 8, "instruments": []}
    offered = {style for _, style in tab.controls["style"].choices}
    assert offered == set(pipeline.ENSEMBLES) and not {"folk", "drums"} & offered
    assert tab.controls["style"].value == "pop"


@pytest.mark.parametrize(("lead", "program"), [("accompany", 73), ("restyle", 40)])
def test_the_melody_keeps_its_notes_and_if_wanted_its_instrument(tune: Path, lead: str, program: int) -> None:
    tab, own = opened(AccompanyTab, tune)
    shown = written(tab, **own | {"lead": lead, "style": "quartet", "last_bar": 4})
    before, after = midi.load(tune).score, score_of(tab)
    assert notes(after, 0, range(8)) == notes(before, 1, range(4))
    assert [track.program for track in after.tracks] == [program, 40, 41, 42]
    recipe = pipeline.read(taken(tab)).recipe
    assert recipe is not None and recipe["verb"] == lead
    assert rolled(shown[tab.result.roll])["region"] == [0, 4 * BAR]


def test_instruments_can_be_chosen(tune: Path) -> None:
    tab, own = opened(AccompanyTab, tune)
    written(tab, **own | {"instruments": ["bass", "drums"], "last_bar": 3})
    after = score_of(tab)
    assert {track.name for track in after.tracks} <= {"Flute", "Bass guitar", "Drums"} and len(after.tracks) > 1


def test_rules_for_four_voices_are_refused_to_others(tune: Path) -> None:
    tab, own = opened(AccompanyTab, tune)
    assert "four voices" in refused(tab, **own | {"style": "pop", "voice_leading": True})
    written(tab, **own | {"style": "chorale", "voice_leading": True, "last_bar": 2})
    assert score_of(tab).note_count


# --- takes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (ContinueTab, {"bars": 2, "model": "lstm"}),
        (ContinueTab, {"bars": 2, "model": "transformer"}),
        (InfillTab, {}),
        (AccompanyTab, {"last_bar": 2}),
    ],
)
def test_each_of_several_takes_can_be_seen_heard_and_taken_away(
    tune: Path, kind: type[Tab], asked: dict[str, Any]
) -> None:
    tab, own = opened(kind, tune)
    shown = written(tab, **own | asked | {"takes": 3})
    found = json.loads(shown[tab.result.cards])
    assert found["cards"][0]["place"] == "Best" and any(card["reasons"] for card in found["cards"])
    found["cards"].sort(key=lambda card: str(card["title"]))  # the best came first
    assert [card["title"] for card in found["cards"]] == ["Take 1", "Take 2", "Take 3"]
    assert found["shown"] == found["cards"][0]["id"]
    assert "3 takes" in shown[tab.result.notice]["text"] and "Take 1" in shown[tab.result.notice]["text"]
    scores = [score_of(tab)]
    seen = [shown]
    for number in (1, 2):
        seen.append(choose(tab, number))
        scores.append(score_of(tab))
    assert "Take 3" in seen[2][tab.result.notice]["text"]
    # Each is heard at an address of its own, which is that of its card.
    sounds = [rolled(each[tab.result.roll])["sound"] for each in seen]
    assert sounds == [card["sound"] for card in found["cards"]] and len(set(sounds)) == 3
    revisions = [rolled(each[tab.result.roll])["revision"] for each in seen]
    assert revisions == sorted(set(revisions))
    assert scores[0].tracks != scores[1].tracks != scores[2].tracks
    # The same as the second take alone, under the next seed number.
    alone = written(tab, **own | asked | {"number": 8})
    assert score_of(tab).tracks == scores[1].tracks
    assert len(json.loads(alone[tab.result.cards])["cards"]) == 1


def test_the_take_that_is_shown_becomes_the_seed(tune: Path) -> None:
    tab, own = opened(InfillTab, tune)
    written(tab, **own | {"takes": 2})
    choose(tab, 1)
    last(tab.seed.start_from(tab.visits.of("someone"), result_of(tab).pieces[1]))
    seed = tab.visits.of("someone").seed
    assert seed is not None and [t.notes for t in seed.score.tracks] == [t.notes for t in score_of(tab).tracks]


@pytest.mark.parametrize("id", ["", "0" * 16, None, 7, {"a": 1}])
def test_a_take_that_is_not_there_cannot_be_chosen(tune: Path, id: Any) -> None:
    tab, own = opened(InfillTab, tune)
    assert list(tab.result.choose_take(visitor(), event(id=id))) == []
    written(tab, **own | {"takes": 2})
    assert list(tab.result.choose_take(visitor(), event(id=id))) == []
    assert result_of(tab).shown == 0


def test_while_one_tab_writes_no_other_can_begin() -> None:
    tab = new_tab()
    others = [new_tab(kind, beside=tab) for kind in (InfillTab, AccompanyTab)]
    began, ended = tab.result.begin(tab.visits.of("someone")), tab.result.finish()
    for each in (tab, *others):
        assert not began[each.generate_button]["interactive"] and ended[each.generate_button]["interactive"]
