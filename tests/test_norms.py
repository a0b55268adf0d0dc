"""What held-out music measures is read as it was written, and a value finds its place in it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from studio import metrics, pipeline
from studio.errors import CheckpointError
from studio.norms import Norms

EVEN = [i / 20 for i in range(21)]


@pytest.fixture
def norms(tmp_path: Path) -> Norms:
    half_empty = [0.0] * 11 + [float(i) for i in range(1, 11)]
    styles = {
        "all": {"pieces": 90, "figures": {"even": EVEN, "half": half_empty, "same": [3.0] * 21}},
        "melodies": {"pieces": 40, "figures": {"even": [v * 2 for v in EVEN]}},
        "pop": {"pieces": 20, "figures": {}},
    }
    file = tmp_path / "norms.json"
    short = {"all": {"pieces": 99, "figures": {"even": [v / 2 for v in EVEN]}}}
    file.write_text(json.dumps([{"bars": [8, 16], "styles": styles}, {"bars": [8, 8], "styles": short}]))
    return Norms.read(file, 20)


@pytest.mark.usefixtures("norms")
def test_music_is_held_against_excerpts_about_as_long(tmp_path: Path) -> None:
    read = {bars: Norms.read(tmp_path / "norms.json", bars) for bars in (3, 8, 15, 16, 40)}
    assert [one.bars[1] for one in read.values()] == [8, 8, 8, 16, 16]
    assert (read[8].pieces("all"), read[16].pieces("all")) == (99, 90)


def test_what_was_measured_is_told(norms: Norms) -> None:
    assert norms.styles == ("all", "melodies", "pop") and norms.bars == (8, 16)
    assert (norms.pieces("pop"), norms.pieces("polka")) == (20, 0)
    assert norms.band("melodies", "even") == pytest.approx((0.1, 0.5, 1.0, 1.5, 1.9))
    assert norms.band("pop", "even") is None and norms.band("polka", "even") is None


@pytest.mark.parametrize(("value", "place"), [(-1, 0), (0, 0), (0.123, 0.123), (0.5, 0.5), (1, 1), (7, 1)])
def test_a_value_has_so_many_pieces_below_it(norms: Norms, value: float, place: float) -> None:
    assert norms.place("all", "even", value) == pytest.approx(place)


def test_of_equal_pieces_half_are_below(norms: Norms) -> None:
    assert norms.place("all", "half", 0) == pytest.approx(0.25)
    assert norms.place("all", "half", -1) == 0
    assert norms.place("all", "half", 0.5) == pytest.approx(0.525)
    assert [norms.place("all", "same", value) for value in (2, 3, 4)] == [0, 0.5, 1]
    assert norms.place("pop", "half", 0) is None


def test_music_is_compared_with_its_like(norms: Norms) -> None:
    assert norms.beside("pop", 1) == "melodies"
    assert norms.beside("pop", 4) == "pop"
    assert norms.beside("polka", 4) == norms.beside(None, 4) == "all"


@pytest.mark.parametrize(
    "content", ["{", "[]", '[{"bars": [8], "styles": {}}]', '[{"bars": [8, 16], "styles": {"a": 1}}]', "[4]"]
)
def test_a_damaged_file_says_so(tmp_path: Path, content: str) -> None:
    file = tmp_path / "norms.json"
    file.write_text(content)
    with pytest.raises(CheckpointError, match=r"'norms\.json'.*make evaluate"):
        Norms.read(file, 8)


def test_where_nothing_was_measured_there_are_no_norms(tiny_checkpoints: Path) -> None:
    assert pipeline.norms(8) is None


@pytest.mark.parametrize("bars", [8, 16])
def test_the_shipped_norms_are_of_the_figures_there_are(root: Path, bars: int) -> None:
    norms = Norms.read(root / "checkpoints" / "norms.json", bars)
    assert norms.bars[1] == bars and norms.styles[:2] == ("all", "melodies")
    names = {figure.name: figure for figure in metrics.FIGURES}
    for style in norms.styles:
        assert norms.pieces(style) >= 15
        for name, quantiles in norms.quantiles[style].items():
            assert np.all(np.diff(quantiles) >= 0) and not any(map(math.isnan, quantiles))
            assert names[name].low - 1e-6 <= quantiles[0] and quantiles[-1] <= names[name].high + 1e-3
    missing = set(names) - set(norms.quantiles["all"])
    assert missing <= ({"repetition_8", "structure_long"} if bars == 8 else set())
