"""Preparing: duplicates, split, the folder that is written, restarts, windows and the command."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpora import moved, stretched, tune, write

from studio import harmony, midi
from studio.data import __main__ as command
from studio.data import duplicates, exercises, prepare, windows
from studio.data.credits import credits_of
from studio.data.sources import collect
from studio.data.windows import PAD, SHIFTS, Windows
from studio.errors import DataError
from studio.representations.events import STYLES, Events, density_level
from studio.score import Note, Score, Tempo, Track

PIECES = 40
EVENTS = Events()


def corpus(folder: Path) -> Path:
    """40 tunes, one of them also transposed and one also in doubled values, and three files that are no use."""
    files: dict[str, Score | bytes] = {f"midi/{i:02}.mid": tune(i, bars=8 + i % 9) for i in range(PIECES)}
    files["midi/twin.mid"] = tune(7, bars=15).transpose(3)
    files["midi/slow.mid"] = replace(stretched(tune(9, bars=8), 2), tempos=(Tempo(0, 250_000),))
    files["midi/short.mid"] = tune(99, bars=2)
    files["midi/broken.mid"] = midi.save(tune(98))[:40]
    files["midi/text.mid"] = b"To be or not to be"
    return write(folder / "openewld_pd", files)


@pytest.fixture(autouse=True, scope="module")
def _larger_held_out_splits() -> Iterator[None]:
    """Of a few dozen pieces a twentieth may be none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepare, "HELD_OUT", 0.2)
        yield


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def folder(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared")
    arguments = ["--out", str(out), "--voices", "melody", "--workers", "1", str(source)]
    assert command.main(arguments) == 0
    return out


def manifest(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def row(folder: Path, name: str) -> dict[str, Any]:
    return next(r for r in manifest(folder) if r["source"] == f"midi/{name}.mid")


# --- duplicates ----------------------------------------------------------------------------------------------------


def same(a: Score, b: Score) -> bool:
    return bool(len(duplicates.similar([duplicates.grams(a), duplicates.grams(b)])))


def test_a_piece_is_known_in_another_key_value_and_tempo() -> None:
    score = tune(1, bars=24)
    assert same(score, score.transpose(-4))
    assert same(score, stretched(score, 2))
    assert same(score, replace(score, tempos=(Tempo(0, 1_000_000),)))
    assert same(score, moved(score, 480))
    assert same(score, score.slice_bars(8, 20))


def test_a_piece_is_known_with_other_notes_between_its_beats() -> None:
    score = tune(1, bars=24)
    chance = random.Random(0)
    notes = []
    for n in score.tracks[0].notes:
        if n.duration >= 480 and n.onset % 480 == 0 and chance.random() < 0.5:
            notes += [n._replace(duration=n.duration - 240), Note(n.end - 240, n.pitch + 2, 240, 80)]
        else:
            notes.append(n)
    assert len(notes) > len(score.tracks[0].notes) + 10
    assert same(score, replace(score, tracks=(replace(score.tracks[0], notes=tuple(notes)),)))


def test_different_pieces_are_told_apart() -> None:
    grams = [duplicates.grams(tune(i, bars=24)) for i in range(150)]
    assert len(duplicates.similar(grams)) == 0


def test_the_same_melody_over_another_accompaniment_is_the_same_piece() -> None:
    low = Track(tuple(Note(i * 240, 40 + i % 12, 240, 60) for i in range(190)))
    high = Track(tuple(Note(i * 240, 100 - i % 7, 240, 60) for i in range(190)))
    score = tune(1, bars=24)
    assert same(replace(score, tracks=(*score.tracks, low)), replace(score, tracks=(*score.tracks, high)))


def test_groups_join_what_is_alike_through_others() -> None:
    a, b, c = tune(1, bars=30), tune(2, bars=30), tune(3, bars=30)
    bridge = a.slice_bars(0, 20).append(b.slice_bars(0, 20), at=20 * 1920)
    grams = [duplicates.grams(s) for s in (c, b, bridge, a)]
    assert duplicates.groups(grams).tolist() == [0, 1, 1, 1]


def test_drum_parts_are_compared_by_their_hits() -> None:
    def beat(seed: int) -> Score:
        chance = random.Random(seed)
        steps = [i for i in range(200) if chance.random() < 0.6]
        hits = tuple(Note(i * 120, chance.choice((36, 38, 42, 46)), 60, 90) for i in steps)
        return Score(480, (Track(hits, is_drum=True),))

    late = replace(beat(1), tracks=(replace(beat(1).tracks[0], notes=moved(beat(1), 20).tracks[0].notes),))
    assert same(beat(1), late)
    assert not same(beat(1), beat(2))


def test_no_pieces_and_empty_pieces_have_no_duplicates() -> None:
    assert duplicates.groups([]).tolist() == []
    empty = duplicates.grams(Score(480, (Track(),)))
    assert duplicates.groups([empty, empty]).tolist() == [0, 1]


# --- the folder ----------------------------------------------------------------------------------------------------


def test_the_ids_of_a_piece_are_its_score(folder: Path, source: Path) -> None:
    tokens, bars = np.load(folder / "tokens.npy"), np.load(folder / "bars.npy")
    headers, pieces = np.load(folder / "headers.npy"), np.load(folder / "pieces.npy")
    assert (tokens.dtype, headers.dtype, bars.dtype, pieces.dtype) == (np.uint16, np.uint16, np.int64, np.int64)
    rows = manifest(folder)
    for i, piece in enumerate(rows):
        first, count, split, style, lowest, highest, tracks = pieces[i].tolist()
        end = bars[first + count, 1] if first + count < len(bars) else len(tokens)
        header = headers[bars[first, 2] : bars[first + 1, 2]]
        ids = np.concatenate([header, tokens[bars[first, 1] : end]])
        score = EVENTS.decode(ids)
        expected = EVENTS.quantize(midi.load((source / piece["source"]).read_bytes()).score)
        assert score.tracks[0].notes == expected.tracks[0].notes
        pitches = [n.pitch for n in score.tracks[0].notes]
        assert (lowest, highest, tracks) == (min(pitches), max(pitches), 1)
        for bar, row, chords in zip(score.bars, bars[first : first + count], harmony.estimate(score), strict=True):
            notes = sum(bar.start <= n.onset < bar.end for n in score.tracks[0].notes)
            assert row[3] == density_level(notes, bar.end - bar.start)
            names = ["" if c < 0 else EVENTS.vocab[c] for c in row[4:]]
            assert names == ["" if c is None else f"CHORD_{c.root}_{c.quality}" for c in chords]
        assert (prepare.SPLITS[split], STYLES[style]) == (piece["split"], "song")
        assert (bars[first : first + count, 0] == i).all()
        assert (piece["notes"], piece["bars"], piece["tokens"]) == (len(pitches), count, len(ids) - len(header))
        assert EVENTS.vocab[ids[-1]] == "EOS"
        assert "STYLE_song" in [EVENTS.vocab[t] for t in header]


def test_the_manifest_tells_where_every_piece_is_from(folder: Path, source: Path) -> None:
    rows = manifest(folder)
    assert len(rows) == PIECES + 2
    assert {r["corpus"] for r in rows} == {"openewld_pd"}
    assert all(r["licence"] == "MIT" and r["credit"] and r["title"] for r in rows)
    for r in rows:
        assert r["sha256"] == hashlib.sha256((source / r["source"]).read_bytes()).hexdigest()


def test_twins_are_on_one_side_of_the_split(folder: Path) -> None:
    for one, other in (("07", "twin"), ("09", "slow")):
        assert row(folder, one)["group"] == row(folder, other)["group"]
        assert row(folder, one)["split"] == row(folder, other)["split"]
    assert len({r["group"] for r in manifest(folder)}) == PIECES


def test_the_split_follows_from_the_group_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "HELD_OUT", 0.05)
    splits = [prepare.split_of(hashlib.sha256(bytes([i % 256, i // 256])).hexdigest()) for i in range(4000)]
    assert splits == [prepare.split_of(hashlib.sha256(bytes([i % 256, i // 256])).hexdigest()) for i in range(4000)]
    assert splits.count("train") / 4000 == pytest.approx(0.9, abs=0.02)
    assert splits.count("test") / 4000 == pytest.approx(0.05, abs=0.015)


def test_the_credits_name_collections_and_typesetters(folder: Path) -> None:
    assert "OpenEWLD" in (folder / "CREDITS.md").read_text(encoding="utf-8")
    mutopia = {"corpus": "mutopia", "title": "Abt: Lied", "credit": "The Mutopia Project, typeset by Ann"}
    theirs = {"corpus": "mine", "title": "Song", "credit": "me", "licence": "my own"}
    text = credits_of([{**mutopia, "licence": "CC-BY-3.0"}, {**mutopia, "licence": "public domain"}, theirs])
    assert "- Ann: Abt: Lied (CC-BY-3.0)\n" in text
    assert "licenses/by/3.0/) | 1 |" in text
    assert "| The Mutopia Project | public domain | 1 |" in text
    assert "| mine | me | my own | 1 |" in text


def test_the_summary_counts_pieces_and_reasons(folder: Path) -> None:
    text = (folder / "summary.txt").read_text(encoding="utf-8")
    last = next(line for line in text.splitlines() if line.startswith("all          all"))
    rows = manifest(folder)
    notes, tokens = sum(r["notes"] for r in rows), sum(r["tokens"] for r in rows)
    counts = [len(rows), len({r["group"] for r in rows}), sum(r["bars"] for r in rows), notes, tokens]
    assert last.split()[2:] == [*(f"{n:,}" for n in counts), f"{tokens / notes:.2f}"]
    assert "left out: 3" in text
    assert "fewer than 16 notes" in text


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_several_processes_write_the_same_bytes(folder: Path, source: Path, tmp_path: Path) -> None:
    assert command.main(["--out", str(tmp_path), "--voices", "melody", "--workers", "2", str(source)]) == 0
    assert content(tmp_path) == content(folder)


def test_a_killed_run_goes_on_where_it_was(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = collect(str(source))
    read: list[str] = []
    encode = prepare.encode

    def counted(piece: Any, voices: Any) -> Any:
        if len(read) == 20:
            raise KeyboardInterrupt
        read.append(piece.path)
        return encode(piece, voices)

    monkeypatch.setattr(prepare, "encode", counted)
    with pytest.raises(KeyboardInterrupt):
        prepare.prepare(found, tmp_path, ("melody",), workers=1, asked={})
    assert not (tmp_path / "config.json").exists()
    cut_short = sorted((tmp_path / "cache").rglob("*.npz"))[0]
    cut_short.write_bytes(cut_short.read_bytes()[:50])
    read.clear()
    monkeypatch.setattr(prepare, "encode", lambda piece, voices: read.append(piece.path) or encode(piece, voices))
    prepare.prepare(found, tmp_path, ("melody",), workers=1, asked={})
    assert len(read) == len(found) - 19
    assert len(manifest(tmp_path)) == PIECES + 2


def test_one_bad_piece_stops_nothing(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(piece: Any, voices: Any) -> Score:
        if piece.path.endswith("05.mid"):
            raise ZeroDivisionError("unheard of")
        return tune(int(piece.sha256[:6], 16))

    monkeypatch.setattr(prepare.pieces, "read", read)
    text = prepare.prepare(collect(str(source)), tmp_path, ("melody",), workers=1, asked={})
    assert "unexpected ZeroDivisionError: unheard of" in text
    assert "midi/05.mid" not in [r["source"] for r in manifest(tmp_path)]


def test_nothing_usable_is_said(tmp_path: Path) -> None:
    folder = write(tmp_path / "pop909", {"POP909/001/001.mid": tune(1)})  # no track is named MELODY
    with pytest.raises(DataError, match=r"None of the 1 files .* no melody track"):
        prepare.prepare(collect(str(folder)), tmp_path / "out", ("melody",), workers=1, asked={})


def test_a_mistake_is_answered_in_one_line(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ["--out", str(tmp_path / "out"), "--workers", "1"]
    assert command.main([*out, str(tmp_path / "nowhere")]) == 2
    assert command.main([*out, "--corpora", "mutopia", str(source)]) == 2
    assert command.main([*out, "--exclude", str(tmp_path / "missing.txt"), str(source)]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 3
    assert "nowhere" in errors[0]
    assert "--corpora" in errors[1]
    assert "missing.txt" in errors[2]


def test_pieces_can_be_excluded(source: Path, tmp_path: Path) -> None:
    unwanted = tmp_path / "unwanted.txt"
    unwanted.write_text("openewld_pd/midi/00.mid\nopenewld_pd/midi/01.mid\n", encoding="utf-8")
    assert command.main(["--out", str(tmp_path), "--workers", "1", "--exclude", str(unwanted), str(source)]) == 0
    names = {r["source"] for r in manifest(tmp_path)}
    assert len(names) == PIECES
    assert not names & {"midi/00.mid", "midi/01.mid"}


# --- windows -------------------------------------------------------------------------------------------------------


def kinds(ids: np.ndarray[Any, Any]) -> list[str]:
    return [EVENTS.vocab[i].split("_")[0] for i in ids]


def rows_of(train: Windows, steps: int, size: int = 16) -> Iterator[np.ndarray[Any, Any]]:
    for step in range(steps):
        yield from train.batch(step, seed=1, size=size)


def test_a_batch_follows_from_its_step_and_seed(folder: Path) -> None:
    first, second = Windows(folder, "train", 96), Windows(folder, "train", 96)
    batch = first.batch(5, seed=3, size=8)
    second.batch(4, seed=3, size=8)
    assert (second.batch(5, seed=3, size=8) == batch).all()
    assert (second.batch(6, seed=3, size=8) != batch).any()
    assert (second.batch(5, seed=4, size=8) != batch).any()
    assert (batch.shape, batch.dtype) == ((8, 97), np.int64)


def test_a_window_is_a_header_and_whole_music_from_a_bar_on(folder: Path) -> None:
    for row in rows_of(Windows(folder, "train", 96), 20):
        padding = np.flatnonzero(row == PAD)
        ids = row[: padding[0]] if len(padding) else row
        assert (row[len(ids) :] == PAD).all()
        names = kinds(ids)
        assert names[0] == "BOS"
        assert names[names.index("START") + 1] == "BAR"
        assert names[-1] == "EOS" or len(ids) == 97
        grammar = EVENTS.grammar()
        for i in ids.tolist():
            assert grammar.allowed()[i], EVENTS.vocab[i]
            grammar.advance(i)


def test_windows_are_transposed_and_sometimes_leave_style_and_key_open(folder: Path) -> None:
    rows = list(rows_of(Windows(folder, "train", 96), 100))
    styled = np.mean(["STYLE" in kinds(row) for row in rows])
    keyed = np.mean(["KEY" in kinds(row) for row in rows])
    assert styled == pytest.approx(1 - windows.DROPS["STYLE"], abs=0.05)
    assert keyed == pytest.approx(1 - windows.DROPS["KEY"], abs=0.05)
    pitches = EVENTS.vocabulary.types["PITCH"]
    ids = np.concatenate(rows)
    seen = ids[(ids >= pitches.start) & (ids < pitches.stop)] - pitches.start
    pieces = np.load(folder / "pieces.npy")
    pieces = pieces[pieces[:, 2] == 0]
    assert pieces[:, 4].min() + SHIFTS[0] <= seen.min() <= pieces[:, 4].min() - 3
    assert pieces[:, 5].max() + 3 <= seen.max() <= pieces[:, 5].max() + SHIFTS[-1]


@pytest.fixture(scope="module")
def duets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pieces of two and three tracks, prepared whole and as melodies alone."""
    root = tmp_path_factory.mktemp("duets")
    pieces = {}
    for i in range(30):
        parts = [
            replace(track, name="") for k in range(2 + i % 2) for track in tune(10 * i + k).transpose(-12 * k).tracks
        ]
        pieces[f"{i}.mid"] = replace(tune(10 * i), tracks=tuple(parts))
    folder = write(root / "mine", pieces)
    options = ["--licence", "CC0-1.0", "--style", "pop", "--workers", "1", "--voices", "both"]
    assert command.main(["--out", str(root / "out"), *options, str(folder)]) == 0
    return root / "out"


def test_a_piece_and_its_melody_alone_are_on_one_side(duets: Path) -> None:
    sides: dict[str, set[str]] = {}
    for row in manifest(duets):
        sides.setdefault(row["id"], set()).add(row["split"])
    assert all(len(side) == 1 for side in sides.values())
    assert sorted({row["tracks"] for row in manifest(duets)}) == [1, 2, 3]
    assert len(manifest(duets)) == 60


def test_exercises_leave_bars_open_and_ask_for_them_at_the_end(duets: Path) -> None:
    train = Windows(duets, "train", 256, exercised=True)
    asked = {"holes": 0, "kept": 0, "DENSITY": 0, "CHORD": 0, "rows": 0}
    for row in rows_of(train, 20):
        ids = row[: row.tolist().index(PAD)] if PAD in row else row
        names = kinds(ids)
        holes = names.count("HOLE")
        asked["rows"] += 1
        asked["holes"] += holes > 0
        asked["kept"] += any(a == "HOLE" and b == "POSITION" for a, b in itertools.pairwise(names))
        asked["DENSITY"] += "DENSITY" in names
        asked["CHORD"] += "CHORD" in names
        assert len(ids) <= 257
        if holes and len(ids) < 257:
            assert names.count("FILL") == holes and names[-1] == "EOS"
        grammar = EVENTS.grammar()
        for i in ids.tolist():
            assert grammar.allowed()[i], EVENTS.vocab[i]
            grammar.advance(i)
    assert asked["holes"] > asked["rows"] / 3
    assert min(asked.values()) > 20


def test_an_exercise_asks_for_what_its_kind_says() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        accompany = exercises.draw(rng, "accompany", 8, 3, 1)
        assert accompany.holes and all(track != 1 for _, track in accompany.holes)
        bars = sorted({bar for bar, _ in exercises.draw(rng, "bars", 12, 2, 0).holes})
        assert bars == list(range(bars[0], bars[-1] + 1)) and len(bars) <= exercises.LONGEST_BARS
        gaps = {bar for bar, _ in exercises.draw(rng, "gaps", 40, 2, 0).holes}
        runs = [len(list(run)) for open_, run in itertools.groupby(range(40), key=gaps.__contains__) if open_]
        assert len(runs) > 1 and max(runs) <= exercises.LONGEST_BARS
        assert not exercises.draw(rng, "continue", 8, 3, 0).holes
    assert exercises.kind(rng, 1) != "accompany"


def test_high_and_low_pieces_are_transposed_only_within_the_range(tmp_path: Path) -> None:
    tunes = {f"{i}.mid": tune(i).transpose(18 if i % 2 else -30) for i in range(30)}
    folder = write(tmp_path / "mine", tunes)
    options = ["--licence", "CC0-1.0", "--style", "folk", "--workers", "1"]
    assert command.main(["--out", str(tmp_path / "out"), *options, str(folder)]) == 0
    pieces, pitches = np.load(tmp_path / "out" / "pieces.npy"), EVENTS.vocabulary.types["PITCH"]
    low, high = min(pieces[:, 4].min(), windows.RANGE[0]), max(pieces[:, 5].max(), windows.RANGE[1])
    for row in rows_of(Windows(tmp_path / "out", "train", 96), 50):
        found = row[(row >= pitches.start) & (row < pitches.stop)] - pitches.start
        assert low <= found.min()
        assert found.max() <= high


def test_small_styles_are_drawn_more_often_than_their_size(tmp_path: Path) -> None:
    write(tmp_path / "mutopia", {f"midi/song/{i}.mid": tune(i) for i in range(40)})
    write(tmp_path / "mutopia", {f"midi/choral/{i}.mid": tune(100 + i) for i in range(4)})
    options = ["--out", str(tmp_path / "out"), "--voices", "melody", "--workers", "1"]
    assert command.main([*options, str(tmp_path / "mutopia")]) == 0
    train = Windows(tmp_path / "out", "train", 96)
    train_rows = [r for r in manifest(tmp_path / "out") if r["split"] == "train"]
    tokens = {s: sum(r["tokens"] for r in train_rows if r["style"] == s) for s in ("art_song", "choral")}
    drawn = [EVENTS.vocab[row[1]] for row in rows_of(train, 100)]
    share = drawn.count("STYLE_choral") / (drawn.count("STYLE_choral") + drawn.count("STYLE_art_song"))
    roots = {style: n**windows.TEMPERATURE for style, n in tokens.items()}
    assert share == pytest.approx(roots["choral"] / sum(roots.values()), abs=0.05)


@pytest.mark.parametrize("context", [12, 33, 96, 2000])
@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_evaluation_counts_every_id_once(folder: Path, split: str, context: int) -> None:
    held = Windows(folder, split, context)
    tokens, bars, pieces = (np.load(folder / f"{name}.npy") for name in ("tokens", "bars", "pieces"))
    starts = np.append(bars[:, 1], len(tokens))
    chosen = pieces[pieces[:, 2] == prepare.SPLITS.index(split)]
    expected = np.concatenate([tokens[starts[p[0]] : starts[p[0] + p[1]]] for p in chosen])
    counted = []
    for ids, first in held.evaluation():
        assert 0 < first < len(ids) <= context + 1
        counted.append(ids[first:])
    assert np.concatenate(counted).tolist() == expected.tolist()
    notes = EVENTS.note_ids
    assert (held.tokens, held.notes) == (len(expected), int(np.isin(expected, list(notes)).sum()))


def test_evaluation_gives_long_pieces_their_earlier_bars(folder: Path) -> None:
    for ids, first in Windows(folder, "train", 96).evaluation():
        names = kinds(ids)
        assert names[0] == "BOS"
        assert names[names.index("START") + 1] == "BAR"
        header = names.index("START") + 1
        assert first == header or first - header >= 24


def test_a_context_that_holds_no_header_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="up to 10 ids"):
        Windows(folder, "train", 10)


def test_the_card_names_every_collection(folder: Path) -> None:
    (entry,) = windows.sources(folder)
    assert (entry["collection"], entry["licence"], entry["pieces"]) == ("OpenEWLD", "MIT", PIECES + 2)
    assert entry["notes"] == sum(r["notes"] for r in manifest(folder))


def test_a_folder_that_is_none_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"python -m studio\.data"):
        Windows(tmp_path, "train", 96)
    for name in ("config.json", "tokens.npy", "headers.npy", "bars.npy"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(DataError, match="incomplete"):
        Windows(tmp_path, "train", 96)
