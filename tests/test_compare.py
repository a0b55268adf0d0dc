"""One seed, all models: what each writes is what it writes alone, and what one cannot spoils nothing."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from studio import cli, midi, pipeline
from studio.errors import SeedError, SettingError
from studio.pipeline import catalogue
from studio.score import Note, Score, Track

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
Q = 480
TUNE = Score(Q, (Track(tuple(Note(i * Q, 60 + i % 8, Q, 80) for i in range(16)), 73, name="Tune"),), title="A tune")
SEED = pipeline.Seed(TUNE, "tune")


def entries(run: pipeline.Comparison) -> list[pipeline.Entry]:
    return [step for step in run if isinstance(step, pipeline.Entry)]


@pytest.fixture
def with_a_damaged_one(tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among the good models one whose weights are none."""
    shutil.copytree(tiny_checkpoints, tmp_path / "models")
    shutil.copytree(tiny_checkpoints / "lstm", tmp_path / "models" / "broken")
    (tmp_path / "models" / "broken" / "model.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path / "models")


def test_every_model_writes_what_it_writes_alone() -> None:
    found = entries(pipeline.compare(SEED, pipeline.CompareRequest(bars=3, seed=7)))
    assert [entry.model for entry in found] == pipeline.models("continue")
    for entry in found:
        request = pipeline.Request(entry.model.name, seed=7, bars=3)
        (alone,) = [step for step in pipeline.continue_(SEED, request) if isinstance(step, pipeline.Take)]
        assert entry.take is not None and not entry.problem
        assert (entry.take.score, entry.take.recipe) == (alone.score, alone.recipe)
        assert entry.take.bars_new == 3
        assert entry.notes_per_s == pytest.approx(entry.take.notes_new / entry.take.seconds)
    assert found[0].take != found[1].take


def test_what_is_done_between_two_bars_is_not_the_models_time() -> None:
    run = pipeline.compare(SEED, pipeline.CompareRequest(bars=4))
    begun, waited = time.monotonic(), 0.0
    found = []
    for step in run:
        if isinstance(step, pipeline.Entry):
            found.append(step)
        else:
            time.sleep(0.1)
            waited += 0.1
    assert all(entry.take is not None for entry in found) and waited >= 0.9
    assert sum(entry.take.seconds for entry in found if entry.take) <= time.monotonic() - begun - waited


def test_it_tells_how_far_it_is_and_what_there_is_so_far_can_be_kept() -> None:
    told = []
    for step in pipeline.compare(SEED, pipeline.CompareRequest(bars=2)):
        if isinstance(step, pipeline.Comparing):
            bars = step.progress.bars_done if step.progress else 0
            told.append((step.model.name, step.number, step.models, bars))
            assert (step.entry is None) == (bars == 0)
            if step.entry:
                assert step.entry.take is not None and step.entry.take.bars_new == bars
    names = [model.name for model in pipeline.models("continue")]
    assert told == [(name, i, len(names), bars) for i, name in enumerate(names, start=1) for bars in range(3)]


def test_a_model_that_cannot_says_why_in_its_place(with_a_damaged_one: None) -> None:
    found = entries(pipeline.compare(SEED, pipeline.CompareRequest(bars=2)))
    (broken,) = [entry for entry in found if entry.take is None]
    assert broken.model.name == "broken" and "broken" in broken.problem and broken.notes_per_s == 0.0
    assert [entry.model for entry in found] == pipeline.models("continue") and len(found) > 3


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"bars": 0}, SettingError),
        ({"seed": -1}, SettingError),
        ({"melody_track": 4}, SettingError),
        ({"first_bar": 3, "last_bar": 2}, SettingError),
    ],
)
def test_what_is_wrong_for_all_is_said_at_once(asked: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        pipeline.compare(SEED, pipeline.CompareRequest(**asked))
    with pytest.raises(SeedError):
        pipeline.compare(pipeline.Seed(Score(Q)), pipeline.CompareRequest())


def test_without_models_there_is_nothing_to_compare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    with pytest.raises(SettingError, match="train one"):
        pipeline.compare(SEED, pipeline.CompareRequest())


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_command_writes_a_folder(
    with_a_damaged_one: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    midi.save(TUNE, tmp_path / "tune.mid")
    out = tmp_path / "new" / "out"
    words = ["compare", str(tmp_path / "tune.mid"), "--bars", "2", "--seed", "7", "--out", str(out)]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    report = (out / "comparison.md").read_text()
    for name in ("transformer", "lstm"):
        stem = f"tune_{name}_2bars_seed7"
        assert pipeline.read(out / f"{stem}.mid").score.bar_count == 6
        assert (out / f"{stem}.png").read_bytes().startswith(b"\x89PNG") and f"{stem}.png" in report
        assert (out / f"{stem}.wav").exists() == (pipeline.sound_problem() is None)
    assert "broken" in report and len(list(out.glob("*.mid"))) == len(pipeline.models("continue")) - 1
    assert "Tiny too" in printed and "test nats per note: 9.5" in printed
    assert printed.splitlines()[-1] == str(out / "comparison.md")


def test_a_file_is_no_folder_to_write_into(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    midi.save(TUNE, tmp_path / "tune.mid")
    assert cli.main(["compare", str(tmp_path / "tune.mid"), "--out", str(tmp_path / "tune.mid")]) == 2
    assert "is a file" in capsys.readouterr().err
