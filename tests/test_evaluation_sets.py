"""What models write is measured beside held-out music and beside what is no music, and told in one report."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from prepared import chorales

from benchmarks import (
    evaluation_cards,
    evaluation_fakes,
    evaluation_left_out,
    evaluation_norms,
    evaluation_passages,
    evaluation_report,
    evaluation_separation,
    evaluation_sets,
    evaluation_takes,
    report,
    report_weak,
)
from benchmarks.evaluation_pieces import MELODIES, Folder, groups
from benchmarks.evaluation_sets import MEAN
from benchmarks.evaluation_takes import FOLLOWS, HELD_OUT, MANY, TRAINING
from studio import checkpoints
from studio.metrics import FIGURES
from studio.norms import Norms
from studio.score import Note, Score, Track

NAMES = [figure.name for figure in FIGURES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return chorales(tmp_path_factory)


def line(*pitches: int, length: int = 24) -> Score:
    return Score(24, (Track(tuple(Note(i * length, pitch, length, 80) for i, pitch in enumerate(pitches))),))


# --- passages and fakes ----------------------------------------------------------------------------------------------


def test_a_passage_is_a_part_of_a_piece_and_the_same_every_time(folder: Folder) -> None:
    pieces = folder.of("train")
    found = evaluation_passages.passages(folder, pieces, 5, bars=8)
    assert found == evaluation_passages.passages(folder, pieces, 5, bars=8) and len(found) == 5
    for passage in found:
        assert passage.bars == passage.score.bar_count == 8
        assert passage.score == folder.score(passage.piece).slice_bars(passage.first, passage.end)
    assert len({passage.first for passage in found}) > 1
    assert evaluation_passages.passages(folder, pieces, 1)[0].bars == 10  # whole, where it is shorter


def test_of_versions_of_a_piece_one_counts(folder: Folder) -> None:
    twice = folder.of("test") * 2
    assert evaluation_passages.apart(twice) == folder.of("test")


def test_shuffled_notes_are_the_same_notes_in_another_order() -> None:
    score = Score(24, (Track((Note(0, 60, 24, 80), Note(24, 62, 12, 80), Note(36, 64, 60, 80), Note(48, 71, 48, 80))),))
    for seed in range(5):
        notes = evaluation_fakes.shuffled(score, np.random.default_rng(seed)).tracks[0].notes
        assert sorted(n.pitch for n in notes) == [60, 62, 64, 71]
        assert sorted(n.duration for n in notes) == [12, 24, 48, 60] or notes[-1].end == 96  # what rings on is cut
        assert min(n.onset for n in notes) == 0 and max(n.onset for n in notes) < 96
    orders = {evaluation_fakes.shuffled(score, np.random.default_rng(seed)).tracks[0].notes for seed in range(5)}
    assert len(orders) > 3


def test_a_walk_stays_in_the_range_and_goes_in_small_steps() -> None:
    score = line(*(60 + i % 12 for i in range(32)))
    notes = evaluation_fakes.walk(score, np.random.default_rng(0)).tracks[0].notes
    pitches = [note.pitch for note in notes]
    assert min(pitches) >= 60 and max(pitches) <= 71 and len(notes) > 20
    by_onset = {note.onset: note.pitch for note in notes}
    assert all(onset % 6 == 0 for onset in by_onset) and max(onset for onset in by_onset) < 32 * 24


def test_counting_alone_writes_as_many_bars_of_ids_that_were_counted(folder: Folder) -> None:
    training = groups(folder.of("train"))
    counted = evaluation_fakes.Counted(folder, training, 20_000)
    for group in ("chorale", MELODIES):
        (passage,) = evaluation_passages.passages(folder, training[group], 1)
        made = counted.written(passage, np.random.default_rng(1))
        assert made.note_count > 0 and made.bar_count <= passage.bars
        assert len(made.tracks) == len(passage.score.tracks)
        assert counted.ngram(group) is counted.ngram(group)
    first, again = (counted.written(passage, np.random.default_rng(2)) for _ in range(2))
    assert first == again


# --- separation ------------------------------------------------------------------------------------------------------


def test_the_area_under_the_curve_is_how_often_real_music_measures_more() -> None:
    real, made = [np.array([3.0, 1.0])], [np.array([2.0, 1.0])]
    # 3 > 2, 3 > 1, 1 < 2, 1 = 1.
    assert evaluation_separation.auc(real, made).value == pytest.approx(2.5 / 4)
    sure = evaluation_separation.auc([np.arange(10.0) + 20], [np.arange(10.0)])
    assert (sure.value, sure.low, sure.high) == (1, 1, 1)
    two = evaluation_separation.auc([np.full(3, 2.0), np.zeros(1)], [np.ones(3), np.ones(1)])
    assert two.value == pytest.approx(3 / 4)  # groups count by their pieces
    known = evaluation_separation.auc([np.array([5.0, np.nan])], [np.array([1.0, np.nan])])
    assert known.value == 1


def test_a_figure_that_tells_nothing_is_named_so() -> None:
    figure = FIGURES[0]
    rng = np.random.default_rng(0)
    real, same, other = rng.normal(size=(60, 1)), rng.normal(size=(60, 1)), rng.normal(3, 1, size=(60, 1))
    said = evaluation_separation.row(figure, 0, [real], {"shuffled": [same], "5-gram": [same]})
    assert said["tells real music from"] == "nothing" and said["pieces"] == 60 and said["shown"] == "yes"
    said = evaluation_separation.row(figure, 0, [real], {"shuffled": [same], "5-gram": [other]})
    assert said["tells real music from"] == "5-gram" and said["5-gram"] < 0.1


def test_every_figure_is_tried_on_all_that_is_no_music(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation_separation, "FEWEST", 3)
    rows = evaluation_separation.separation(folder, 4)
    assert [row["figure"] for row in rows] == [*NAMES, "empty_bars", "longest_loop"]
    assert rows[-1]["shown"] == "no"
    for row in rows:
        assert all(
            0 <= row[f"{fake}{end}"] <= 1 for fake in evaluation_separation.FAKES for end in ("", ", low", ", high")
        )
    by_name = {row["figure"]: row for row in rows}
    assert by_name["note_length"]["shuffled"] == pytest.approx(0.5, abs=0.1)


def test_bars_without_a_sound_are_counted_as_a_share() -> None:
    score = Score(24, (Track((Note(0, 60, 24, 80), Note(288, 62, 24, 80))),))
    assert evaluation_left_out.empty_share(score) == pytest.approx(2 / 4)


# --- norms -----------------------------------------------------------------------------------------------------------


def test_norms_are_the_quantiles_of_held_out_passages(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_norms, "FEWEST", 3)
    rows = evaluation_norms.norms(folder, tmp_path / "norms.json")
    norms = Norms.read(tmp_path / "norms.json", 16)
    assert norms.styles == ("all", MELODIES, "chorale") and norms.bars == (8, 16)
    held_out = evaluation_passages.apart(evaluation_passages.held_out(folder))
    assert norms.pieces("all") == len(held_out) == norms.pieces(MELODIES) + norms.pieces("chorale")
    values = [FIGURES[0].of(folder.score(piece)) for piece in held_out]
    band = norms.band("all", FIGURES[0].name)
    assert band is not None and band.p50 == pytest.approx(np.median(values), rel=1e-3)
    assert norms.place("all", FIGURES[0].name, max(values) + 1) == 1
    row = next(row for row in rows if row["style"] == "all" and row["figure"] == FIGURES[0].name)
    assert row["p50"] == band.p50 and row["pieces"] == len(held_out)


# --- sets ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(folder: Folder, tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> list:
    """What tiny models write after some bars, and what stands beside it, measured."""
    kept = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation_takes, "SEED", 6)
        patch.setattr(evaluation_takes, "BARS", 3)
        patch.setattr(evaluation_takes, "TEMPERATURES", (1.0,))
        patch.setattr(evaluation_takes, "STYLES", ("chorale",))
        cards = checkpoints.cards(tiny_checkpoints)
        written = evaluation_takes.written(folder, cards, 2, kept)
        files = {file: file.stat().st_mtime_ns for file in kept.rglob("*.mid")}
        again = evaluation_takes.written(folder, cards, 2, kept)
    assert len(files) == 2 * (3 + 1) and again == written
    assert files == {file: file.stat().st_mtime_ns for file in kept.rglob("*.mid")}
    return [evaluation_sets.featured(each) for each in written]


def test_every_model_goes_on_from_melodies_and_some_from_many_voices(found: list) -> None:
    by = {(each.music, each.by): each for each in found}
    beside = {FOLLOWS, HELD_OUT, TRAINING, "5-gram", "shuffled", "random walk"}
    assert {by for music, by in by if music == MELODIES} == beside | {"lstm", "transformer", "vae"}
    assert {by for music, by in by if music == MANY} == beside | {"transformer"}
    assert all(each.pieces == 2 for (_, name), each in by.items() if name not in (HELD_OUT, TRAINING))
    assert by[MELODIES, TRAINING].pieces == 4
    polyphony = by[MELODIES, "lstm"].features["polyphony"]
    assert np.nanmax(polyphony) == 1
    assert by[MANY, HELD_OUT].features["polyphony"].min() > 2


def test_means_and_overlaps_are_told_for_each_set(found: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation_sets, "FEWEST", 2)
    monkeypatch.setattr(evaluation_sets, "ROUNDS", 5)
    rows = evaluation_sets.figures(found)
    row = next(r for r in rows if (r["music"], r["by"], r["feature"]) == (MELODIES, FOLLOWS, "notes_per_bar"))
    assert row["mean"] == pytest.approx(4) and row["pieces"] == 2 and row["held-out p50"] == 4
    overlaps = evaluation_sets.overlaps(found)
    means = [r for r in overlaps if r["feature"] == MEAN]
    assert len(means) == len(found) - 2  # held-out music is what all others are compared with
    assert all(0 <= r["overlap with held-out"] <= 1 for r in overlaps)
    of_training = next(r for r in means if r["by"] == TRAINING)
    assert of_training["overlap with training"] is None and of_training["divergence from held-out, nats"] >= 0


# --- the report ------------------------------------------------------------------------------------------------------


def test_intervals_stand_behind_what_they_belong_to() -> None:
    rows = [
        {"a": 0.5, "a, low": 0.25, "a, high": 0.75, "b": None},
        {"a": 1, "a, low": None, "a, high": None, "b": None},
    ]
    assert evaluation_report.cells(rows) == (["a"], [["0.500 (0.250 to 0.750)"], ["1"]])


def test_the_report_holds_what_was_measured_and_says_what_was_not(
    found: list, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_sets, "FEWEST", 2)
    monkeypatch.setattr(evaluation_sets, "ROUNDS", 5)
    monkeypatch.setattr(evaluation_separation, "FEWEST", 3)
    about = {"about": "How to read it.", "command": "python -m x", "model": "", "machine": "one"}
    parts = {
        "figures": {"title": "Figures", "rows": evaluation_sets.figures(found), **about},
        "sets": {"title": "Sets", "rows": evaluation_sets.overlaps(found), **about},
        "separation": {"title": "Tells <b>", "rows": evaluation_separation.separation(folder, 3), **about},
        "gaps": {"title": "Gaps", "rows": [{"pieces of": "all", "lower, %": 0.3}], **about},
        "density": {"title": "Density", "rows": [], **about},
    }
    (tmp_path / "evaluation.json").write_text(json.dumps(parts))
    ranking = {"title": "Order", "columns": ["a"], "rows": [[0.25]], "weak": "It guesses.", **about}
    (tmp_path / "ranking.json").write_text(json.dumps(ranking))
    report.write(tmp_path, tmp_path)
    told = json.loads((tmp_path / "report.json").read_text())
    sections = {section["name"]: section for section in told["sections"]}
    assert {"weak", "figures", "figures_lstm_melodies", "sets", "separation", "ranking", "gaps"} <= set(sections)
    assert sections["ranking"]["table"] == {"columns": ["a"], "rows": [["0.250"]]}
    assert "Not measured" in sections["density"]["text"]
    weak = sections["weak"]["text"]
    assert "Order: It guesses." in weak and "lowers the nats per note by 0.300 % only" in weak
    assert "Not measured: copying, recommendations, norms." in weak and "lstm, melodies: at temperature 1" in weak
    plots = [plot for section in told["sections"] for plot in section["plots"]]
    assert len(plots) == 7 and all(plot["svg"].startswith("<svg") and plot["alt"] for plot in plots)
    page = (tmp_path / "report.html").read_text()
    assert "Tells &lt;b&gt;" in page and "Tells <b>" not in page
    assert not [word for word in ("<script", "<link", "src=", "@import", "url(http") if word in page]
    assert all(plot["svg"] in page for plot in plots)


def test_cards_quote_what_was_measured_with_their_weights(
    found: list, tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_sets, "FEWEST", 2)
    monkeypatch.setattr(evaluation_sets, "ROUNDS", 5)
    cards = {card.name: card for card in checkpoints.cards(tiny_checkpoints)}
    weights = "; ".join(cards[name].sha256[:12] for name in ("transformer", "vae"))
    figures, sets = evaluation_sets.figures(found), evaluation_sets.overlaps(found)
    evaluation_cards.quote({"figures": {"rows": figures}, "sets": {"rows": sets, "model": weights}}, tiny_checkpoints)
    quoted = {card.name: card.facts.get(evaluation_cards.KEY) for card in checkpoints.cards(tiny_checkpoints)}
    assert quoted["lstm"] is None and [row["music"] for row in quoted["vae"]] == [MELODIES]
    assert [row["music"] for row in quoted["transformer"]] == [MELODIES, MANY]
    overlap = next(r for r in sets if (r["by"], r["music"], r["feature"]) == ("vae", MELODIES, MEAN))
    assert quoted["vae"][0]["overlap with held-out music, 0-1"] == pytest.approx(
        overlap["overlap with held-out"], abs=1e-3
    )
    assert "## Beside held out music" in (tiny_checkpoints / "vae" / "README.md").read_text()
    assert checkpoints.read_card(tiny_checkpoints / "vae").sha256 == cards["vae"].sha256


def test_ranks_are_told_like_the_rest(tmp_path: Path) -> None:
    ranks = [{"model": "lstm", "mean rank": 1.8, "95 %": [1.5, 2.1]}]
    (tmp_path / "ranking.json").write_text(json.dumps({"ranks": ranks, "command": "python -m x"}))
    report.write(tmp_path, tmp_path)
    sections = {section["name"]: section for section in json.loads((tmp_path / "report.json").read_text())["sections"]}
    columns = ["model", "mean rank", "95 %"]
    assert sections["ranking"]["table"] == {"columns": columns, "rows": [["lstm", "1.800", "1.500 to 2.100"]]}
    assert "not whether listeners agree" in sections["weak"]["text"]


def test_what_hardly_obeys_is_called_weak() -> None:
    notes = {"sparse": 16.8, "busy": 16.9}
    rows = [{"density": name, "notes per bar, accompaniment": value} for name, value in notes.items()]
    (said,) = report_weak.sentences({"density": {"rows": rows}})
    assert said == "Density is hardly heeded: sparse accompaniments have 16.8 notes a bar, busy ones 16.9."
    heeded = [rows[0], {**rows[1], "notes per bar, accompaniment": 30.0}]
    assert report_weak.sentences({"density": {"rows": heeded}}) == []


def test_parts_of_earlier_weights_are_told_of() -> None:
    model = "Transformer of 1600 steps, weights {}"
    parts = {
        "likelihood": {"title": "Nats", "model": model.format("a" * 12), "rows": []},
        "loops": {"title": "Loops", "model": model.format("b" * 12), "rows": []},
        "gaps": {"title": "Gaps", "model": model.format("a" * 12), "rows": []},
    }
    assert report_weak.sentences(parts) == ["Measured with earlier weights than the shipped ones: Loops."]
