"""The figures of the encoder-decoder's evaluation, by hand and on tiny models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from runs import prepared

from benchmarks import evaluation_vae
from benchmarks.evaluation_pieces import Folder
from studio import checkpoints
from studio.data.phrases import ATTRIBUTES
from studio.score import Note, Score, Track

TUNE = tuple(Note(i * 24, 60 + i, 24, 80) for i in range(8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(prepared(tmp_path_factory.mktemp("corpus")))


@pytest.fixture
def shorter(monkeypatch: pytest.MonkeyPatch, tiny_checkpoints: Path) -> Path:
    """Few steps, of tiny models."""
    monkeypatch.setattr(evaluation_vae, "AMOUNTS", (1.0,))
    monkeypatch.setattr(evaluation_vae, "MOVES", (-1.0, 1.0))
    monkeypatch.setattr(evaluation_vae, "STEPS", 3)
    return tiny_checkpoints


def test_notes_that_change_are_counted_by_onset_pitch_and_length() -> None:
    assert evaluation_vae.changed(TUNE, TUNE) == 0
    louder = [note._replace(velocity=20) for note in TUNE]
    assert evaluation_vae.changed(TUNE, louder) == 0
    assert evaluation_vae.changed(TUNE, [note._replace(duration=12) for note in TUNE]) == 1
    assert evaluation_vae.changed(TUNE, TUNE[:4]) == pytest.approx(1 - 8 / 12)
    assert evaluation_vae.changed([], []) == 1


def test_distances_of_distributions() -> None:
    up = Score(24, (Track(TUNE),))
    assert evaluation_vae.pitches([up])[:8].tolist() == [1 / 8] * 8
    double = Score(48, (Track(tuple(Note(2 * n.onset, n.pitch, 2 * n.duration, 80) for n in TUNE)),))
    assert evaluation_vae.distance(evaluation_vae.lengths([up]), evaluation_vae.lengths([double])) == 0
    half = Score(24, (Track(tuple(n._replace(duration=12) for n in TUNE[:4]) + TUNE[4:]),))
    assert evaluation_vae.distance(evaluation_vae.lengths([up]), evaluation_vae.lengths([half])) == 0.5


def test_rank_correlation_is_that_of_ranks() -> None:
    assert evaluation_vae.ranked((1, 2, 3), np.array([1.0, 10.0, 100.0])) == pytest.approx(1)
    assert evaluation_vae.ranked((1, 2, 3), np.array([3.0, 2.0, -9.0])) == pytest.approx(-1)
    assert evaluation_vae.ranked((1, 2, 3), np.array([5.0, 5.0, 5.0])) == 0
    assert evaluation_vae.ranked((1, 2, 3, 4), np.array([1.0, 2.0, 2.0, 3.0])) == pytest.approx(0.9487, abs=1e-4)


def test_the_fade_goes_from_one_melody_to_the_other_by_bars() -> None:
    other = [note._replace(pitch=note.pitch - 12) for note in TUNE]
    steps = evaluation_vae._faded(TUNE, other, 2, 96)
    assert steps[0] == list(TUNE) and steps[-1] == other and len(steps) == evaluation_vae.STEPS
    assert all(len(step) == 8 for step in steps)


def test_what_is_written_is_measured(folder: Folder, shorter: Path) -> None:
    loaded = checkpoints.load(shorter / "vae")
    real, varied = evaluation_vae.vary(folder, 2)
    assert real["notes that stay, %"] == 100 and real["pitch classes"] == 0
    assert varied["notes that stay, %"] < 50 and varied["lengths"] > 0.1  # random weights
    rows = evaluation_vae.attributes(loaded, folder, 1)
    assert [row["moved"] for row in rows] == list(ATTRIBUTES)
    assert all(-1 <= row["rank correlation"] <= 1 and f"{name}, sd" in row for row in rows for name in ATTRIBUTES)
    blended, faded = evaluation_vae.blend(folder, 1)
    assert blended["pairs"] == 1 and blended["notes changed, step 1, %"] > 50
    assert faded["largest, mean of pairs, %"] <= 100
    other, ours, normal = evaluation_vae.prior(loaded, folder, 1)
    assert other["phrases"] == 1 and ours["notes per bar"] > 0 and normal["pitch classes"] > 0
    again = evaluation_vae.again(loaded, folder.path)
    assert [row["bars"] for row in again] == [2, 4] and all(0 <= row["notes right, %"] < 50 for row in again)
