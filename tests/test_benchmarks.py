"""The measured continuations measure what they say, on a small prepared folder and a tiny model."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import tiny

from benchmarks import continuations
from benchmarks.continuations import Line, Outcome
from studio import midi
from studio.data.__main__ import main as prepare
from studio.pipeline import catalogue
from studio.score import Note, Score, Track

BARS = 4


def line(pitches: list[int], bars: int = BARS) -> Line:
    track = Track(tuple(Note(480 * i, pitch, 480, 80) for i, pitch in enumerate(pitches)))
    return continuations.measure(Score(480, (track,)), 0, bars)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `python -m studio.data` wrote of 150 tunes of sixteen bars."""
    tunes, out = tmp_path_factory.mktemp("tunes"), tmp_path_factory.mktemp("data")
    dice = random.Random(5)
    for number in range(150):
        notes = tuple(Note(480 * i, dice.randint(60, 79), 480, 80) for i in range(64))
        midi.save(Score(480, (Track(notes, name="Melody"),)), tunes / f"{number}.mid")
    about = ["--voices", "melody", "--licence", "CC0", "--style", "folk", "--workers", "1"]
    assert prepare([str(tunes), "--out", str(out), *about]) == 0
    return out


def test_a_case_is_the_beginning_of_a_piece_and_what_follows_it(prepared: Path) -> None:
    found = continuations.cases(prepared, "test", 3, 8, BARS)
    assert found
    for case in found:
        assert case.seed.bar_count == 8
        assert case.real.bar_count == BARS
        assert len(case.seed.tracks[case.track].notes) == 32
        assert len(case.real.tracks[case.track].notes) == 16
        assert case.seed.tracks[case.track].notes[:16] != case.real.tracks[case.track].notes


def test_the_run_goes_through_the_pipeline_and_writes_its_figures(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.save_lstm(tmp_path / "lstm")
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    asked = ["--data", str(prepared), "--count", "2", "--bars", str(BARS), "--out", str(tmp_path)]
    assert continuations.main(asked) in (0, 1)
    written = json.loads((tmp_path / "continuations.json").read_text())
    assert written["figures"]["continuations"] == 2
    assert written["figures"]["exceptions"] == 0, written["failed"]
    assert "notes per bar" in (tmp_path / "continuations.md").read_text()


def test_an_error_is_counted_and_not_raised(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    asked = ["--data", str(prepared), "--count", "2", "--bars", str(BARS), "--out", str(tmp_path)]
    assert continuations.main(asked) == 1
    written = json.loads((tmp_path / "continuations.json").read_text())
    assert written["figures"]["exceptions"] == 2
    assert not written["passes"]


def test_what_repeats_is_counted_per_step() -> None:
    assert (line([60, 60, 60, 62]).steps, line([60, 60, 60, 62]).repeated) == (3, 2)
    assert line([60, 62, 64, 65] * 4).loop == 4
    assert line([]).notes == 0


@pytest.mark.parametrize(
    ("outcome", "passes"),
    [
        (Outcome("a", 0.1, line([60, 62, 64, 64])), True),
        (Outcome("a", 0.1, line([60, 62, 64, 64]), late=True), False),
        (Outcome("a", 0.1, line([60, 60, 64, 64])), False),  # repeats twice as often as the held-out music
        (Outcome("a", 0.1, line([60, 62, 64, 90])), False),
        (Outcome("a", 0.1, line([])), False),
        (Outcome("a", 0.1, error="SeedError: no melody", expected=True), False),
    ],
)
def test_one_fault_is_enough_not_to_pass(outcome: Outcome, passes: bool) -> None:
    held_out = [line([59, 62, 62, 72])]
    assert continuations.passes(continuations.summary([outcome], held_out, (59, 72))) == passes
