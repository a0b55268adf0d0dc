"""The tabs that vary, blend and restyle melodies, as plain functions with a tiny encoder-decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from desk import begun, last, new_tab, rolled, taken, visitor

from studio import midi, pipeline
from studio.score import Note, Score, Track
from studio.ui.blend_tab import BlendTab
from studio.ui.pair_tab import PairTab
from studio.ui.resemble_tab import ResembleTab
from studio.ui.sounds import SOUNDS
from studio.ui.vary_tab import VaryTab
from studio.ui.verb_tab import VerbTab

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
BAR = 4 * 480


def tune(path: Path, step: int = 1, first: int = 60) -> Path:
    """A file with a bass and a melody of four bars."""
    melody = Track(tuple(Note(i * 480, first + i * step % 8, 480, 80) for i in range(16)), 73, name="Flute")
    bass = Track(tuple(Note(i * BAR, 40, BAR, 70) for i in range(4)), 32, name="Bass")
    midi.save(Score(480, (bass, melody), title=path.stem), path)
    return path


def opened(kind: type[VerbTab], folder: Path) -> Any:
    """A tab with one tune as the seed and, where a second is wanted, another one."""
    tab = new_tab(kind)
    shown = last(tab.seed.open_file(visitor(), str(tune(folder / "mine.mid"))))
    assert shown[tab.track]["value"] == 1
    if isinstance(tab, PairTab):
        shown = last(tab.other.open_file(visitor(), str(tune(folder / "other.mid", 3, 67))))
        assert shown[tab.other_track]["value"] == 1 and shown[tab.other.facts]["title"] == "other"
    return tab


def written(tab: VerbTab, **asked: Any) -> tuple[Score, dict[str, Any]]:
    """The score and the recipe of the result."""
    asked = {name: 1 for name in ("track", "other_track") if hasattr(tab, name)} | asked
    if hasattr(tab, "last_bar"):
        asked = {"first_bar": 1, "last_bar": 4} | asked
    shown = last(begun(tab, **asked))
    assert shown[tab.result.notice]["kind"] == "done", shown[tab.result.notice]["text"]
    seed = pipeline.read(taken(tab))
    assert seed.recipe is not None
    return seed.score, dict(seed.recipe)


def pitches(score: Score, track: int, bars: range = range(99)) -> list[int]:
    return [note.pitch for note in score.tracks[track].notes if note.onset // (4 * score.resolution) in bars]


def test_at_no_distance_the_melody_stays_and_far_from_it_it_does_not(tmp_path: Path) -> None:
    tab = opened(VaryTab, tmp_path)
    before = midi.load(tmp_path / "mine.mid").score
    near, recipe = written(tab, amount=0)
    assert recipe["verb"] == "vary" and recipe["amount"] == 0.0
    assert pitches(near, 1) == pitches(before, 1)
    far, recipe = written(tab, amount=100, first_bar=2, last_bar=3)
    assert recipe["amount"] == 1.0
    assert pitches(far, 1, range(1, 3)) != pitches(before, 1, range(1, 3))
    assert pitches(far, 1, range(1)) == pitches(before, 1, range(1))
    assert pitches(far, 1, range(3, 4)) == pitches(before, 1, range(3, 4))
    assert pitches(far, 0) == pitches(before, 0)


def test_the_steps_lead_from_the_seed_to_the_other_melody(tmp_path: Path) -> None:
    tab = opened(BlendTab, tmp_path)
    found, recipe = written(tab, steps=4)
    assert recipe["verb"] == "blend" and recipe["steps"] == 4
    assert found.bar_count == 4 * 4
    mine, other = (midi.load(tmp_path / f"{name}.mid").score for name in ("mine", "other"))
    assert pitches(found, 0, range(4)) == pitches(mine, 1)
    assert pitches(found, 0, range(12, 16)) == pitches(other, 1)


def test_a_melody_takes_on_another_ones_way_as_far_as_is_asked(tmp_path: Path) -> None:
    tab = opened(ResembleTab, tmp_path)
    before = midi.load(tmp_path / "mine.mid").score
    same, recipe = written(tab, strength=0)
    assert recipe["verb"] == "resemble" and recipe["strength"] == 0.0 and recipe["other_track"] == 1
    assert pitches(same, 1) == pitches(before, 1)
    changed, recipe = written(tab, strength=100)
    assert recipe["strength"] == 1.0 and pitches(changed, 1) != pitches(before, 1)
    assert pitches(changed, 0) == pitches(before, 0)


@pytest.mark.parametrize("kind", [BlendTab, ResembleTab])
def test_whoever_opens_the_tab_finds_another_melody_and_whoever_has_one_keeps_it(
    tmp_path: Path, kind: type[PairTab]
) -> None:
    tab = new_tab(kind)
    shown = last(tab.other.greet(visitor("new")))
    examples = list(tab.other.examples)
    assert shown[tab.other.example] == examples[1] and tab.seed.first == examples[0]
    tab = opened(kind, tmp_path)
    assert last(tab.other.greet(visitor()))[tab.other.facts]["title"] == "other"
    visit = tab.visits.of("someone")
    assert visit.seed.score.title == "mine" and visit.music(tab.verb).score.title == "other"


@pytest.mark.parametrize("kind", [BlendTab, ResembleTab])
def test_without_a_second_melody_the_tab_says_where_to_find_one(tmp_path: Path, kind: type[PairTab]) -> None:
    tab = new_tab(kind)
    last(tab.seed.open_file(visitor(), str(tune(tmp_path / "mine.mid"))))
    shown = last(begun(tab))
    assert set(shown) == {tab.result.notice} and "on this tab" in shown[tab.result.notice]["text"]


def test_an_odd_second_file_gets_its_sentence_beside_it(tmp_path: Path) -> None:
    tab = opened(BlendTab, tmp_path)
    odd = tmp_path / "letter.mid"
    odd.write_text("Dear Clara, ...")
    shown = last(tab.other.open_file(visitor(), str(odd)))
    assert shown[tab.other.notice]["kind"] == "error" and "MIDI" in shown[tab.other.notice]["text"]
    assert tab.visits.of("someone").music("blend").score.title == "other"


def test_the_second_melody_is_heard_as_the_seed_is(tmp_path: Path) -> None:
    tab = opened(BlendTab, tmp_path)
    visit = tab.visits.of("someone")
    before = visit.hearing.at(tab.verb)
    visit.hearing.mix = pipeline.Mix(reverb=0.5)
    [(again, outputs)] = tab.heard
    shown = again(visit)
    assert list(shown) == outputs == [tab.other.roll]
    address = rolled(shown[tab.other.roll])["sound"]
    assert address != before
    piece = SOUNDS._find(address.removeprefix("sound/"))
    assert piece is not None and piece.mix.reverb == 0.5
