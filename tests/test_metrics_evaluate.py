"""`studio evaluate`: the figures of a file, beside those of held-out music."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio import cli, metrics, midi, pipeline
from studio.pipeline import catalogue
from studio.score import Note, Score, Track

EXAMPLES = {path.stem: path for _, path in pipeline.examples()}
MINUET = EXAMPLES["minuet-in-g"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoints folder with nothing in it."""
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    return tmp_path


def write_norms(folder: Path, bars: tuple[int, int] = (8, 16)) -> None:
    styles = {
        "all": {"pieces": 300, "figures": {"polyphony": [1.0, 2.0, 5.0]}},
        "melodies": {"pieces": 100, "figures": {"polyphony": [1.0, 1.0, 1.0]}},
        "folk": {"pieces": 50, "figures": {"notes_per_bar": [2.0, 4.0, 6.0], "polyphony": [1.0, 1.5, 2.0]}},
    }
    (folder / "norms.json").write_text(json.dumps([{"bars": bars, "styles": styles}]))


def evaluated(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = cli.main(["evaluate", *map(str, words)])
    return code, *capsys.readouterr()


def test_without_norms_the_figures_stand_alone_and_it_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, said = evaluated(capsys, MINUET)
    head, *rows = printed.splitlines()
    assert code == 0 and head.split() == ["figure", "value", "unit"]
    measured = metrics.figures(midi.load(MINUET).score)
    assert [row.split("  ")[0] for row in rows] == [name.replace("_", " ") for name in measured]
    assert "no checkpoints/norms.json" in said and "make evaluate" in said


def test_each_figure_stands_beside_its_range(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_norms(folder)
    code, printed, said = evaluated(capsys, MINUET)
    row = next(line for line in printed.splitlines() if line.startswith("polyphony"))
    # All of 300 pieces, as the minuet is in two parts: from 1.1 to 4.7.
    assert code == 0 and "1.1 to 4.7, median 2" in row and "of it" in row
    assert "300 passages of 8 to 16 bars (all)" in said and "of the whole piece" in said


@pytest.mark.parametrize(
    ("name", "words", "style"),
    [("ode-to-joy", (), "melodies"), ("minuet-in-g", (), "all"), ("minuet-in-g", ("--style", "folk"), "folk")],
)
def test_the_style_suits_the_file_or_is_the_one_that_was_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, words: tuple[str, ...], style: str
) -> None:
    write_norms(folder)
    _, printed, _ = evaluated(capsys, EXAMPLES[name], *words, "--json")
    assert json.loads(printed)["beside"]["style"] == style


def test_json_holds_value_range_and_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_norms(folder)
    _, printed, _ = evaluated(capsys, MINUET, "--style", "folk", "--json")
    told = json.loads(printed)
    by_name = {row["figure"]: row for row in told["figures"]}
    assert told["beside"] == {"style": "folk", "pieces": 50, "bars": [8, 16]} and told["passages"] == 1
    assert by_name["notes_per_bar"]["value"] == pytest.approx(6.125)
    assert by_name["notes_per_bar"]["place"] == 1 and by_name["notes_per_bar"]["held_out"]["p50"] == 4
    assert by_name["notes_per_bar"]["unit"] == "notes"
    assert by_name["register"]["held_out"] is None and by_name["register"]["place"] is None


def test_a_long_piece_is_measured_in_passages_as_long_as_the_held_out_ones(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Four bars of quarters, four of eighths, three that are left over.
    starts = [*range(0, 16 * 480, 480), *range(16 * 480, 32 * 480, 240), *range(32 * 480, 44 * 480, 60)]
    tune = Score(480, (Track(tuple(Note(start, 60, 60, 80) for start in starts)),))
    midi.save(tune, tmp_path / "long.mid")
    write_norms(folder, bars=(4, 4))
    _, printed, _ = evaluated(capsys, tmp_path / "long.mid", "--style", "folk", "--json")
    told = json.loads(printed)
    values = {row["figure"]: row["value"] for row in told["figures"]}
    assert (told["bars"], told["passages"], values["notes_per_bar"]) == (11, 2, (4 + 8) / 2)


def test_a_style_that_is_not_known_names_those_that_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_norms(folder)
    code, printed, said = evaluated(capsys, MINUET, "--style", "polka")
    assert (code, printed) == (2, "")
    assert "'polka'" in said and "all, melodies, folk" in said


def test_a_file_that_is_no_music_is_refused(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no.mid").write_text("not music")
    assert evaluated(capsys, tmp_path / "no.mid")[0] == 2
