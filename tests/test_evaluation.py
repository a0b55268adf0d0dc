"""The evaluation measures what it says: on a small prepared folder, with tiny models, and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from prepared import BARS, chorales
from tiny import save_gan

from benchmarks import (
    evaluation,
    evaluation_accompaniment,
    evaluation_baselines,
    evaluation_controls,
    evaluation_excerpts,
    evaluation_gan,
    evaluation_gaps,
    evaluation_likelihood,
    evaluation_loops,
    evaluation_pieces,
    evaluation_report,
)
from benchmarks.evaluation_pieces import MELODIES, Folder, groups, windows
from studio import checkpoints
from studio.data.windows import Windows
from studio.evaluate import fit_ngram, model_scorer, nats, ngram_scorer
from studio.representations.events import Events
from studio.score import Note, Score, Track

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return chorales(tmp_path_factory)


def chords(*pitches: tuple[int, ...], length: int = 96) -> Score:
    """Four voices, or however many, a chord after the other, on the grid."""
    lines = zip(*pitches, strict=True)
    notes = (tuple(Note(i * length, pitch, length, 80) for i, pitch in enumerate(line)) for line in lines)
    return Score(24, tuple(map(Track, notes)))


# --- pieces ----------------------------------------------------------------------------------------------------------


def test_lone_melodies_are_a_group_of_their_own(folder: Folder) -> None:
    found = groups(folder.of("test"))
    assert set(found) == {"chorale", MELODIES} and len(found["chorale"]) == len(found[MELODIES]) > 0
    piece, lone = found["chorale"][0], found[MELODIES][0]
    assert (piece.style, piece.tracks, lone.style, lone.tracks) == ("chorale", 4, "chorale", 1)
    assert folder.score(piece).note_count == piece.notes == BARS * (4 + 3 * 2)
    assert folder.score(lone).tracks[0].role == "melody"


def test_the_windows_of_a_piece_count_each_of_its_ids_once(folder: Folder) -> None:
    wanted = folder.of("test")[1:3]
    counted = dict.fromkeys((piece.row for piece in wanted), 0)
    for row, (ids, first) in windows(folder, "test", 128, wanted):
        counted[row] += len(ids) - first
    assert counted == {piece.row: piece.tokens for piece in wanted}


def test_about_as_many_ids_as_asked_for_are_drawn(folder: Folder) -> None:
    test = folder.of("test")
    assert evaluation_pieces.some(test, None) == test
    drawn = evaluation_pieces.some(test, test[0].tokens)
    assert drawn == evaluation_pieces.some(test, test[0].tokens) and 0 < len(drawn) < len(test)


def test_what_another_folder_learned_from_is_known_in_all_its_versions(folder: Folder, tmp_path: Path) -> None:
    rows = list(evaluation_pieces.manifest(folder.path))
    first = next(row for row in rows if row["split"] == "test")
    other = [{"sha256": first["sha256"], "split": "train"}, {"sha256": rows[-1]["sha256"], "split": "test"}]
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in other))
    found = evaluation_pieces.known(folder, tmp_path)
    assert found == {i for i, row in enumerate(rows) if row["group"] == first["group"]} and len(found) >= 2


# --- likelihood ------------------------------------------------------------------------------------------------------


def test_the_baselines_are_those_of_the_training_command(folder: Folder) -> None:
    found = evaluation_baselines.count(folder)
    train, test = (Windows(folder.path, split, evaluation_baselines.CONTEXT) for split in ("train", "test"))
    ngram = fit_ngram(train.evaluation(), folder.events, [0])
    whole = nats(ngram_scorer(ngram), test.evaluation(), folder.events.note_ids)
    assert sum(found.shared.values()) == pytest.approx(whole["nats_per_note"] * whole["notes"])
    assert found.shifts == {"chorale": 12, MELODIES: 12}
    assert sum(found.own.values()) < sum(found.unigram.values())


def test_a_large_group_is_transposed_less_and_drums_not_at_all(folder: Folder) -> None:
    chorales = groups(folder.of("train"))["chorale"]
    ids = sum(piece.tokens for piece in chorales)
    assert evaluation_baselines.count(folder, most=int(2.5 * ids)).shifts["chorale"] == 2
    drum, pitch = (folder.events.vocabulary.first(kind) + 40 for kind in ("DRUM", "PITCH"))
    moved = evaluation_baselines._transposed(folder, [np.array([drum, pitch]), np.array([drum, drum])], [0, -1, 1])
    assert [ids.tolist() for ids in moved] == [[drum, pitch], [drum, pitch - 1], [drum, pitch + 1], [drum, drum]]


def test_the_nats_of_pieces_add_up_to_those_of_the_split(folder: Folder, tiny_checkpoints: Path) -> None:
    model, events = checkpoints.load(tiny_checkpoints / "transformer")
    found = evaluation_likelihood.piece_nats(model, events, folder, folder.of("test"), 256)
    test = Windows(folder.path, "test", 256)
    whole = nats(model_scorer(model, CPU), test.evaluation(), events.note_ids)
    assert sum(found.values()) == pytest.approx(whole["nats_per_note"] * whole["notes"], rel=1e-5)
    assert set(found) == {piece.row for piece in folder.of("test")}


def test_ids_are_translated_by_name() -> None:
    events = Events()
    older = Events([name for name in events.vocab if not name.startswith(("CHORD", "DENSITY"))])
    ids = np.array([events.vocabulary.ids[name] for name in ("BAR", "POSITION_3", "PITCH_60", "DURATION_7")])
    said = evaluation_likelihood.translated(ids, events, older)
    assert said is not None and [older.vocab[i] for i in said] == [events.vocab[i] for i in ids]
    assert said[1] != ids[1]
    assert evaluation_likelihood.translated(np.array([events.vocabulary.ids["DENSITY_3"]]), events, older) is None


def test_the_table_takes_the_stronger_baseline_and_compares_the_lstm_on_what_it_was_asked(folder: Folder) -> None:
    pieces = [piece for members in groups(folder.of("test")).values() for piece in members]
    melodies = [piece for piece in pieces if piece.group == MELODIES]

    def of_each(nats_per_note: float) -> dict[int, float]:
        return {piece.row: nats_per_note * piece.notes for piece in pieces}

    own = of_each(4.0) | {piece.row: 6.0 * piece.notes for piece in melodies}
    counted = evaluation_baselines.Baselines(of_each(9.0), own, of_each(5.0), {"chorale": 3, MELODIES: 12})
    lstm = {melodies[0].row: 2.5 * melodies[0].notes}
    chorale, lone, fewer = evaluation_likelihood.table(pieces, counted, of_each(2.0), lstm)
    assert (chorale["5-gram"], chorale["counted on"]) == (4.0, "its own kind in 3 keys")
    assert (lone["5-gram"], lone["counted on"], lone["LSTM"]) == (5.0, "all", None)
    assert chorale["below the 5-gram, %"] == pytest.approx(50) and lone["notes"] == len(melodies) * BARS * 4
    assert (fewer["pieces"], fewer["LSTM"], fewer["below the LSTM, %"]) == (1, 2.5, pytest.approx(20))
    assert fewer["pieces of"] == f"melodies but {len(melodies) - 1} that the LSTM knows"


# --- gaps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["chorale", MELODIES])
def test_a_gap_is_the_same_notes_written_twice(folder: Folder, group: str) -> None:
    events, names = folder.events, folder.events.vocab
    piece = groups(folder.of("test"))[group][0]
    gap = evaluation_gaps.gap(folder, piece, 1024)
    assert gap is not None
    bars = evaluation_gaps.BARS[piece.row % 3]
    written = [[names[i] for i in ids[counts]] for ids, counts in (gap.continued, gap.filled)]
    pitches = [sorted(name for name in each if name.startswith("PITCH")) for each in written]
    assert pitches[0] == pitches[1] and len(pitches[0]) == gap.notes
    assert gap.notes == bars * (4 if group == MELODIES else 10)
    # What ends the gap counts, what is known to begin it does not.
    assert written[0].count("BAR") == bars and written[0][-1] == "BAR"
    assert written[1].count("FILL") == bars * piece.tracks - 1 and written[1][-1] == "EOS"
    assert not [name for name in written[1] if name.startswith("TRACK")]
    assert not [name for name in written[0] if name.startswith("LEFT")]
    whole = folder.score(piece)
    assert events.decode(gap.filled[0]) == whole.slice_bars(0, events.decode(gap.filled[0]).bar_count)
    middle = (BARS - bars) // 2
    assert events.decode(gap.continued[0]).note_count == whole.slice_bars(0, middle + bars).note_count


def test_a_gap_needs_bars_around_it_and_room(folder: Folder) -> None:
    piece = groups(folder.of("test"))["chorale"][0]
    assert evaluation_gaps.gap(folder, piece, 100) is None
    near = evaluation_gaps.gap(folder, piece, 330)
    far = evaluation_gaps.gap(folder, piece, 2048)
    assert near is not None and far is not None
    assert len(near.filled[0]) <= 330 < len(far.filled[0])


def test_only_what_counts_is_summed(folder: Folder, tiny_checkpoints: Path) -> None:
    model, _ = checkpoints.load(tiny_checkpoints / "transformer")
    gaps = evaluation_gaps.gaps(folder, folder.of("test"), 500, 2)
    *each, together = evaluation_gaps.measure(model, gaps)
    assert [(row["pieces of"], row["gaps"]) for row in each] == [("chorale", 2), (MELODIES, 2)]
    assert together["gaps"] == 4 and together["notes"] == sum(gap.notes for gap in gaps)
    ids, counts = gaps[0].filled
    first = np.flatnonzero(counts)[0]
    logits = model.logits(torch.from_numpy(ids[:first])[None])[0, -1].detach()
    alone = evaluation_gaps._nats(model, [(ids, np.arange(len(ids)) == first)])
    assert alone[0] == pytest.approx(float(-torch.log_softmax(logits, 0)[ids[first]]), rel=1e-4)


# --- what is written -------------------------------------------------------------------------------------------------


def test_the_real_accompaniment_is_as_good_as_itself() -> None:
    real = chords((72, 64, 60, 48), (74, 67, 59, 43), (72, 64, 60, 48), (76, 67, 60, 48))
    clash = chords((72, 61, 58, 54), (74, 63, 60, 56), (72, 61, 58, 54), (76, 63, 60, 56))
    row = evaluation_accompaniment.compared("chorale", "real", [(real, real)])
    assert (row["ratio"], row["distance ratio"], row["holds"]) == (1, 1, "yes")
    assert row["melody notes"] == 4 and row["real"] == 1
    assert evaluation_accompaniment.compared("chorale", "real", [(real, clash)])["holds"] == "no"


def test_broken_rules_are_counted_per_hundred_changes() -> None:
    # Soprano and bass move in octaves, alto and bass in fifths; the tenor stays.
    row = evaluation_accompaniment.broken("real", [chords((72, 67, 55, 48), (74, 69, 55, 50))] * 2)
    assert (row["pieces"], row["chord changes"]) == (2, 2)
    assert (row["parallel octaves"], row["parallel fifths"], row["crossings"]) == (100, 100, 0)
    assert row["all violations"] == 200


def test_four_parts_go_from_high_to_low() -> None:
    assert evaluation_accompaniment.four_part(chords((72, 67, 60, 48)))
    assert not evaluation_accompaniment.four_part(chords((60, 67, 55, 48)))
    assert not evaluation_accompaniment.four_part(chords((72, 67, 60)))


def test_an_excerpt_lasts_as_long_as_its_melody(folder: Folder) -> None:
    (one,) = evaluation_excerpts.excerpts(folder, groups(folder.of("test"))["chorale"], 1, 8)
    assert one.score.bar_count == 8 and one.score.tracks[0].role == "melody" and len(one.score.tracks) == 4
    melody, *others = chords(*[(60, 48)] * 12).tracks
    early = Score(24, (Track(melody.notes[:9], role="melody"), *others))
    stub = SimpleNamespace(score=lambda piece: early)
    (short,) = evaluation_excerpts.excerpts(stub, [folder.pieces[0]], 1, 16)
    assert short.score == early.slice_bars(0, 9)


def test_chords_are_typed_as_they_are_and_some_bars_later() -> None:
    score = chords((72, 64, 60, 48), (71, 67, 62, 43), (69, 65, 60, 53))
    assert evaluation_controls.typed(score, 0) == "C | G | F"
    assert evaluation_controls.typed(score, 2) == "F | C | G"
    assert evaluation_controls.typed(Score(24, (Track(),)), 0) == ""
    assert evaluation_controls.adherence(score, "C | G | F") == 1
    assert evaluation_controls.adherence(score, "Db | Db | Db") == pytest.approx(2 / 9)  # the two F of the last chord


def test_another_style_takes_the_place_of_the_one_that_is_told() -> None:
    events = Events()
    ids = np.array([events.vocabulary.ids[name] for name in ("BOS", "STYLE_pop", "METRE_4/4", "START", "BAR", "EOS")])
    said, first = evaluation_controls.restyled(events, (ids, 4), "folk")
    assert [events.vocab[i] for i in said[:3]] == ["BOS", "STYLE_folk", "METRE_4/4"] and first == 4
    said, first = evaluation_controls.restyled(events, (ids, 4), None)
    assert [events.vocab[i] for i in said] == ["BOS", "METRE_4/4", "START", "BAR", "EOS"] and first == 3


def test_loops_are_counted_per_piece() -> None:
    loop, tune = chords(*[(60,)] * 8), chords(*[(60 + i,) for i in range(8)])
    row = evaluation_loops.measured("melodies", "real", [loop, tune])
    assert (row["longest loop, bars, mean"], row["8 bars or more, % of pieces"], row["longest of all"]) == (4, 50, 8)
    assert row["notes per bar"] == 1


def test_continuations_are_measured_without_their_seed(
    folder: Folder, tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_loops, "SEED", 6)
    monkeypatch.setattr(evaluation_loops, "BARS", 3)
    real, *written = evaluation_loops.loops(folder, "transformer", 1)
    assert real["notes per bar"] == 4 and len(written) == 4
    assert all(0 < row["longest of all"] + 1 <= 4 for row in written)


# --- the GAN ---------------------------------------------------------------------------------------------------------


def test_what_follows_melodies_is_measured_beside_what_is_there(
    folder: Folder, tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_gan, "BARS", 2)
    save_gan(tiny_checkpoints / "gan")
    real, rival, *written = evaluation_gan.follow(folder, 2)
    assert (real["melodies"], real["pitch classes"], real["lengths"], real["notes per bar"]) == (2, 0, 0, 4)
    assert rival["pitch classes"] > 0 and rival["melody on chord tones"] is None
    assert len(written) == 2 and all(row["pitch classes"] > 0 and row["seconds"] > 0 for row in written)


def test_all_is_brought_to_c() -> None:
    scale = chords(*((pitch,) for pitch in (62, 64, 66, 67, 69, 71, 73, 74, 69, 66, 62)))
    assert evaluation_gan._tonic(scale) == 2
    assert [note.pitch for note in evaluation_gan._home([scale], [2])[0].tracks[0].notes][:3] == [60, 62, 64]


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_writes_all_parts_and_renews_one(
    folder: Folder, tiny_checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_accompaniment, "BARS", 8)
    monkeypatch.setattr(evaluation_controls, "BARS", 8)
    asked = ["--data", str(folder.path), "--checkpoints", str(tiny_checkpoints), "--out", str(tmp_path)]
    asked += ["--known", str(folder.path), "--count", "1", "--most", "100", "--kept", str(tmp_path)]
    save_gan(tiny_checkpoints / "gan")
    assert evaluation.main(asked) == 0
    written = json.loads((tmp_path / "evaluation.json").read_text())
    assert list(written) == list(evaluation.PARTS)
    empty = {name for name, part in written.items() if not part["rows"]}
    # There is no pop, little is long enough, and one piece is too few to tell anything apart.
    assert empty == {"figures", "sets", "separation", "density", "loops", "follow"}
    assert (tiny_checkpoints / "report.html").is_file() and (tiny_checkpoints / "report.json").is_file()
    assert [row["harmonisations"] for row in written["rules"]["rows"]] == ["real", "free", "masked"]
    assert written["rules"]["rows"][2]["all violations"] < written["rules"]["rows"][1]["all violations"]
    assert written["likelihood"]["rows"][0]["Transformer"] > 1
    assert str(folder.path.parent) not in (tmp_path / "evaluation.md").read_text()
    assert evaluation.main([*asked, "--parts", "gaps", "--count", "2"]) == 0
    again = json.loads((tmp_path / "evaluation.json").read_text())
    assert again["gaps"]["rows"][-1]["gaps"] == 4 and again["rules"] == written["rules"]
    text = (tmp_path / "evaluation.md").read_text()
    assert "Not measured" in text and all(part.title in text for part in evaluation.PARTS.values())


def test_a_folder_that_holds_no_checkpoint_is_told_about(
    folder: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation.catalogue, "CHECKPOINTS", tmp_path)  # put back afterwards
    assert evaluation.main(["--data", str(folder.path), "--checkpoints", str(tmp_path), "--parts", "gaps"]) == 1
    assert "no checkpoint" in capsys.readouterr().err


def test_columns_that_hold_nothing_are_left_out() -> None:
    rows = [{"a": 1, "b": None, "c": 0.12345}, {"a": 1200, "b": None, "c": None}]
    assert evaluation_report.table(rows) == "| a | c |\n| --- | --- |\n| 1 | 0.123 |\n| 1,200 |  |"
