"""Original or copied: planted passages are found in any key, at any tempo, and changed; clichés are no theft."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from studio import midi, pipeline
from studio.cli import main
from studio.data.__main__ import main as data_main
from studio.errors import DataError
from studio.originality import index as indices
from studio.originality.__main__ import calibrated, names_in, nearest
from studio.originality.__main__ import main as index_main
from studio.originality.calibration import Calibration, calibrate
from studio.originality.corpus import Corpus, Entry
from studio.originality.index import Index, Source
from studio.originality.lines import codes, lines
from studio.originality.search import compare, search
from studio.pipeline import originality
from studio.score import Note, Score, Tempo, Track
from tests import tiny
from tests.corpora import stretched, tune, write

PIECES = 300
OWN = 40
"""The piece that passages are taken from."""
FIGURE = [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65]


def source(number: int, style: str = "folk") -> Source:
    return Source(f"tunes/{number}.mid", f"Tune {number}", "tunes", "CC0-1.0", "nobody", style, number)


def joined(*parts: Sequence[Note]) -> Score:
    """Passages one after another, each beginning a quarter after the last note of the one before."""
    notes: list[Note] = []
    for part in parts:
        at = notes[-1].onset + 480 - part[0].onset if notes else -part[0].onset
        notes += [note._replace(onset=note.onset + at) for note in part]
    return Score(480, (Track(tuple(notes), name="Voice", role="melody"),), (Tempo(0, 500_000),))


def figure(shift: int) -> list[Note]:
    return [Note(i * 240, pitch + shift, 240, 80) for i, pitch in enumerate(FIGURE)]


@pytest.fixture(scope="module")
def index() -> Index:
    """Random tunes, of which every tenth has one and the same figure in it; other random tunes are held out."""
    pieces = []
    for i in range(PIECES):
        music = tune(i, bars=16)
        if i % 10 == 5:
            notes = music.tracks[0].notes
            music = joined(notes[:30], figure(i % 7), notes[30:])
        pieces.append((source(i), lines(music)[0]))
    made = indices.build(pieces)
    held_out = [
        (Entry(i, {"title": f"Other {i}", "style": "folk"}, True), lines(tune(10_000 + i))[0]) for i in range(150)
    ]
    return replace(made, calibration=calibrated(made, held_out))


@pytest.fixture
def shipped(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same as the studio's own."""
    path = tmp_path / "checkpoints" / originality.FILE
    path.parent.mkdir()
    indices.write(index, path)
    monkeypatch.setattr(originality, "CHECKPOINTS", path.parent)
    monkeypatch.delenv(originality.CORPUS, raising=False)
    yield path
    originality._index.cache_clear()


def passage(count: int = 32) -> tuple[Note, ...]:
    """Notes of OWN from the first of its bar 5 on."""
    notes = tune(OWN, bars=16).tracks[0].notes
    first = next(i for i, note in enumerate(notes) if note.onset >= 4 * 1920)
    return notes[first : first + count]


def changed(notes: Sequence[Note], share: float, seed: int = 1) -> list[Note]:
    """Some notes with another pitch."""
    chance = random.Random(seed)
    wrong = set(chance.sample(range(len(notes)), round(share * len(notes))))
    return [
        n._replace(pitch=n.pitch + chance.choice((-3, -2, 2, 3, 4))) if i in wrong else n for i, n in enumerate(notes)
    ]


def planted(notes: Sequence[Note]) -> Score:
    """A passage between two of a tune that nobody knows."""
    around = tune(77_777, bars=16).tracks[0].notes
    return joined(around[:24], notes, around[24:48])


def bar_of_planted(score: Score) -> int:
    return score.tracks[0].notes[24].onset // 1920 + 1


# --- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("semitones", [0, 5, -7])
@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.usefixtures("shipped")
def test_a_planted_copy_is_found_in_any_key_and_at_any_tempo(semitones: int, factor: int) -> None:
    own = stretched(joined(passage()), factor).transpose(semitones).tracks[0].notes
    score = planted(own)
    report = pipeline.check(score)
    found = report.passages[0]
    assert report.verdict == "copied"
    assert report.false_alarms <= originality.COPIED
    assert found.source == source(OWN)
    assert 30 <= found.notes <= 36  # a neighbour may be alike by chance
    assert found.agreement == 1
    assert abs(found.bars[0] - bar_of_planted(score)) <= 1
    assert abs(found.source_bars[0] - 5) <= 1
    assert set(score.tracks[0].notes[25:55]) <= found.marked
    assert "Tune 40" in report.sentence


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.usefixtures("shipped")
def test_a_copy_with_fifteen_percent_of_its_notes_changed_is_found(seed: int) -> None:
    own = changed(joined(passage(40)).transpose(3).tracks[0].notes, 0.15, seed)
    score = planted(own)
    report = pipeline.check(score)
    assert report.verdict == "copied"
    found = report.passages[0]
    assert found.source == source(OWN)
    assert found.agreement < 1
    assert found.notes >= 15
    assert found.bars[0] >= bar_of_planted(score) - 1


@pytest.mark.usefixtures("shipped")
def test_notes_put_in_and_left_out_do_not_hide_a_copy() -> None:
    own = list(passage(36))
    del own[12]
    own.insert(24, own[24]._replace(pitch=own[24].pitch + 1, onset=own[24].onset - 60))
    report = pipeline.check(planted(own))
    assert (report.verdict, report.passages[0].source) == ("copied", source(OWN))
    assert report.passages[0].notes >= 28


@pytest.mark.usefixtures("shipped")
def test_a_figure_that_many_share_is_no_theft() -> None:
    report = pipeline.check(planted(figure(2)))
    assert report.passages[0].notes >= len(FIGURE) - 1
    assert report.verdict == "common"
    assert "belongs to nobody" in report.sentence
    assert report.forbidden == () or report.verdict != "copied"


@pytest.mark.usefixtures("shipped")
def test_tunes_that_nobody_knows_are_original() -> None:
    verdicts = [pipeline.check(tune(50_000 + i)).verdict for i in range(40)]
    assert verdicts.count("original") >= 30
    assert verdicts.count("copied") <= 1


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    "score", [Score(), Score(480, (Track((Note(0, 60, 480, 80),)),)), Score(480, (Track(is_drum=True),))]
)
def test_what_has_no_line_is_original(score: Score) -> None:
    report = pipeline.check(score, tune(1))
    assert (report.verdict, report.passages, report.forbidden) == ("original", (), ())


@pytest.mark.usefixtures("shipped")
def test_a_chord_or_a_second_track_does_not_hide_a_copy() -> None:
    score = planted(passage())
    thirds = tuple(n._replace(pitch=n.pitch - 4) for n in score.tracks[0].notes)
    bass = Track((Note(0, 36, 1920, 80),))
    report = pipeline.check(replace(score, tracks=(bass, Track((*score.tracks[0].notes, *thirds)))))
    assert (report.verdict, report.passages[0].track) == ("copied", 1)


# --- a take and its seed ---------------------------------------------------------------------------------------------


def take(seed: Score, new: Sequence[Note]) -> pipeline.Take:
    """A take that goes on after four bars of a seed."""
    at = 4 * 1920
    kept = [note for note in seed.tracks[0].notes if note.onset < at]
    moved = [note._replace(onset=note.onset - new[0].onset + at) for note in new]
    score = Score(480, (Track((*kept, *moved), role="melody"),))
    return pipeline.Take(score, "take", at, score.end, 4, (frozenset(moved),), 0, {})


@pytest.mark.usefixtures("shipped")
def test_what_a_take_shares_with_its_seed_is_told() -> None:
    seed = tune(60_000, bars=8)
    echo = joined(seed.tracks[0].notes[8:24]).transpose(2).tracks[0].notes
    report = pipeline.check(take(seed, echo), seed)
    assert report.verdict == "original"
    (found,) = [passage for passage in report.passages if passage.source is None]
    assert found.notes == 16
    assert (found.transposed, found.tempo) == (2, 1)
    assert found.source_bars[0] == seed.tracks[0].notes[8].onset // 1920 + 1
    assert found.bars[0] == 5
    assert found.theirs is not None
    assert len(found.theirs_marked) == 16
    assert found.theirs_marked <= set(found.theirs.tracks[0].notes)


@pytest.mark.usefixtures("shipped")
def test_only_what_is_new_in_a_take_counts() -> None:
    seed = joined(passage())
    fresh = tune(61_000).tracks[0].notes[:32]
    assert pipeline.check(take(seed, fresh), seed).verdict != "copied"
    copied = pipeline.check(take(tune(61_001), passage()))
    assert copied.verdict == "copied"
    assert copied.passages[0].bars[0] >= 5
    assert copied.forbidden


@pytest.mark.usefixtures("shipped")
def test_what_the_seed_has_itself_is_no_copying() -> None:
    seed = joined(tune(61_002).tracks[0].notes[:20], passage())
    echo = take(seed, passage())
    assert pipeline.check(echo).verdict == "copied"
    report = pipeline.check(echo, seed)
    assert report.verdict != "copied"
    assert {p.source for p in report.passages} >= {None, source(OWN)}
    assert report.forbidden == ()


# --- the index -------------------------------------------------------------------------------------------------------


def test_an_index_comes_back_as_it_was(index: Index, tmp_path: Path) -> None:
    indices.write(index, tmp_path / "x")
    again = indices.read(tmp_path / "x")
    assert again.sources == index.sources
    assert again.calibration == index.calibration
    assert np.array_equal(again.codes, index.codes) and np.array_equal(again.bars, index.bars)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_piece_that_is_only_numbered_is_told_with_its_collection() -> None:
    assert replace(source(1), title="040", corpus="pop909").name == "pop909 040"
    assert source(1).name == "Tune 1"


def test_codes_know_neither_key_nor_tempo_and_tell_rhythms_apart() -> None:
    onsets, pitches = np.array([0, 24, 36, 48, 96, 120]), np.array([60, 62, 64, 60, 67, 65])
    plain = codes(onsets, pitches)
    assert plain.shape == (4,)
    assert np.array_equal(codes(onsets * 3, pitches - 11), plain)
    assert not np.array_equal(codes(np.array([0, 48, 60, 72, 96, 120]), pitches), plain)


def test_a_code_stands_for_many_groups_of_notes() -> None:
    """What is shipped cannot be read as notes: of all groups with small steps each code has dozens."""
    found = [
        codes(np.array([0, 24, 24 + length]), np.array([60, 60 + a, 60 + a + b]))[0]
        for a in range(-12, 13)
        for b in range(-12, 13)
        for length in (6, 12, 24, 48, 96)
    ]
    assert np.bincount(found, minlength=64).min() >= 24


def test_the_score_of_an_alignment_is_as_worked_by_hand() -> None:
    """Five codes alike, worth 6 each, and one between them that is not: 5 * 6 - 2; one left out: 5 * 6 - 5."""
    worths = np.full(256, 6, np.int32)
    ours = np.array([1, 2, 3, 9, 4, 5], np.uint8)
    other = compare(ours, np.array([7, 1, 2, 3, 8, 4, 5, 7], np.uint8), worths)
    assert other is not None and other.score == 28
    assert other.pairs == ((0, 1), (1, 2), (2, 3), (4, 5), (5, 6))
    shorter = compare(ours, np.array([1, 2, 3, 4, 5], np.uint8), worths)
    assert shorter is not None and shorter.score == 25


def test_a_passage_never_leads_from_one_piece_into_the_next(index: Index) -> None:
    for number in (3, 120):
        first, last = index.firsts[number], index.firsts[number + 1]
        match = search(index, index.codes[last - 10 : last + 10].copy())[0]
        assert all(j < index.firsts[match.piece + 1] - index.firsts[match.piece] for _, j in match.pairs)
        assert len(match.pairs) <= max(10, last - first)


@pytest.mark.parametrize("content", [b"", b"no index", b"\xfd7zXZ\x00 half"])
def test_a_damaged_index_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        indices.read(tmp_path / "x")


def test_without_an_index_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(originality, "CHECKPOINTS", tmp_path)
    with pytest.raises(DataError, match="no index"):
        pipeline.check(tune(1))


# --- what a likeness is worth ----------------------------------------------------------------------------------------


def test_rates_are_counted_among_held_out_pieces() -> None:
    found = calibrate([("folk", float(i)) for i in range(199)] + [("pop", 500.0), ("song", 20.0)], 16)
    assert found.share("folk", 198.0) == pytest.approx(2 / 200)
    assert found.share("folk", 199.0) == pytest.approx(1 / 200)
    assert found.share("art_song", 30.0) == pytest.approx(2 / 3)  # what is sung is one kind
    assert (found.pieces("pop"), found.pieces("piano")) == (2, 0)
    assert Calibration().share("folk", 1e9) == 1


def test_a_piece_of_the_same_author_or_name_is_not_by_others(index: Index) -> None:
    """The very piece is the nearest of all, unless both titles have a rare name."""
    line, others = lines(tune(OWN, bars=16))[0], replace(index, sources=tuple(map(renamed, index.sources)))
    names = names_in(others)
    strange = Entry(0, {"title": "Walc", "style": "folk"}, True)
    same = Entry(0, {"title": "Lady Composer: another", "style": "folk"}, True)
    usual = Entry(0, {"title": "Anonymous Reel", "style": "folk"}, True)
    assert nearest(others, names, strange, line, 16).score > 200
    assert nearest(others, names, same, line, 16).score < 60
    assert nearest(others, names, usual, line, 16).share == 1


def test_a_version_of_a_training_piece_is_no_measure(index: Index) -> None:
    unknown = [(Entry(i, {"title": "", "style": "folk"}, True), lines(tune(20_000 + i))[0]) for i in range(5)]
    version = (Entry(9, {"title": "", "style": "folk"}, True), lines(tune(OWN, bars=16))[0])
    found = calibrated(index, [*unknown, version])
    assert (found.pieces("folk"), found.versions) == (5, 1)
    assert max(found.scores["folk"]) < 100


def renamed(found: Source) -> Source:
    """A title with a name that only this piece has."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{found.family:03}")
    return replace(found, title=f"Reel of composer{letters}" if found.family != OWN else "Reel: COMPOSER")


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("shipped")
def test_the_command_tells_it_to_people_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "in.mid"
    path.write_bytes(midi.save(planted(passage())))
    assert main(["check", str(path), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "copied"
    assert told["longest"]["source"]["title"] == "Tune 40"
    assert told["longest"]["notes"] >= 30
    assert told["false_alarms"] <= originality.COPIED
    assert main(["check", str(path)]) == 1
    words = capsys.readouterr().out
    assert words.startswith("copied: Bars ")
    assert "CC0-1.0" in words
    assert main(["check", str(path), "--seed", str(path)]) == 0
    assert "of the seed" in capsys.readouterr().out
    (tmp_path / "new.mid").write_bytes(midi.save(tune(50_000)))
    assert main(["check", str(tmp_path / "new.mid")]) == 0


# --- writing anew ----------------------------------------------------------------------------------------------------


@pytest.fixture
def copycat(index: Index, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[pipeline.Seed, pipeline.Request]:
    """A model that, asked so, writes a passage of a training piece note for note."""
    tiny.save_lstm(shipped.parent / "lstm")
    monkeypatch.setattr("studio.pipeline.catalogue.CHECKPOINTS", shipped.parent)
    seed, request = pipeline.Seed(tune(62_000, bars=8)), pipeline.Request("lstm", seed=5, bars=12)
    (copied,) = written(seed, request)
    theirs = indices.build([(source(999), lines(copied.score, copied.new)[0])])
    both = replace(
        index,
        sources=(*index.sources, *theirs.sources),
        codes=np.concatenate([index.codes, theirs.codes]),
        firsts=np.append(index.firsts, index.firsts[-1] + len(theirs.codes)),
        bars=np.concatenate([index.bars, theirs.bars]),
    )
    indices.write(both, shipped)
    return seed, request


def written(seed: pipeline.Seed, request: pipeline.Request, *, anew: bool = False) -> list[pipeline.Take]:
    run = pipeline.original(pipeline.continue_, seed, request) if anew else pipeline.continue_(seed, request)
    return [step for step in run if isinstance(step, pipeline.Take)]


def test_what_is_copied_is_written_anew_without_it(copycat: tuple[pipeline.Seed, pipeline.Request]) -> None:
    seed, request = copycat
    (plain,) = written(seed, request)
    report = pipeline.check(plain)
    assert (report.verdict, report.passages[0].source) == ("copied", source(999))
    (other,) = written(seed, request, anew=True)
    assert pipeline.check(other).verdict != "copied"
    assert other.recipe["forbidden"] == report.forbidden
    assert any("forbidden" in notice for notice in other.notices)
    (again,) = written(seed, replace(request, forbidden=report.forbidden))
    assert again.new == other.new
    kept = replace(request, seed=request.seed + 1)
    assert written(seed, kept, anew=True)[0].new == written(seed, kept)[0].new


def test_a_copy_comes_after_other_takes(copycat: tuple[pipeline.Seed, pipeline.Request]) -> None:
    seed, request = copycat
    (copied,), (other,) = written(seed, request), written(seed, request, anew=True)
    shares = [len(pipeline.check(take).copied) / take.notes_new for take in (copied, other)]
    assert shares[0] > 0.5 > shares[1] == 0
    only_that = dict.fromkeys(pipeline.RANK_TERMS, 0.0) | {"copying": 1.0}
    ranked = pipeline.rank([copied, other], seed, only_that)
    assert [one.take for one in ranked] == [1, 0]
    blame = f"{100 * shares[0]:.0f} % of its notes stand in a piece that the model learned from"
    assert blame in ranked[-1].faults and not any("learned from" in fault for fault in ranked[0].faults)


def test_the_command_writes_what_is_copied_anew(
    copycat: tuple[pipeline.Seed, pipeline.Request], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "seed.mid", tmp_path / "out.mid"
    path.write_bytes(midi.save(copycat[0].score))
    asked = ["continue", str(path), "--model", "lstm", "--seed", "5", "--bars", "12", "--out", str(out)]
    assert main(asked) == 0
    assert main(["check", str(out)]) == 1
    assert main([*asked, "--original"]) == 0
    assert "forbidden" in capsys.readouterr().err
    assert main(["check", str(out)]) == 0


def test_the_training_passage_is_shown_where_the_pieces_are(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prepare a small folder, index it by the command, and look at a copy of one of its pieces with and without it."""
    raw = write(tmp_path / "raw", {f"{i}.mid": tune(i, bars=16) for i in range(12)})
    said = ["--licence", "CC0-1.0", "--style", "folk", "--workers", "1"]
    assert data_main(["--voices", "melody", "--out", str(tmp_path / "data"), *said, str(raw)]) == 0
    assert index_main(["--data", str(tmp_path / "data"), "--out", str(shipped)]) == 0
    corpus = Corpus(tmp_path / "data")
    entry = corpus.of("train")[0]
    line = corpus.line(entry)
    assert line is not None
    score = joined([n._replace(onset=20 * n.onset, pitch=n.pitch + 3) for n in line.notes[10:40]])
    without = pipeline.check(score)
    assert without.passages[0].source is not None
    assert without.passages[0].source.id == entry.facts["id"]
    assert (without.passages[0].theirs, without.passages[0].transposed) == (None, None)
    assert "not on this machine" in without.missing
    monkeypatch.setenv(originality.CORPUS, str(tmp_path / "data"))
    report = pipeline.check(score)
    found = report.passages[0]
    assert report.missing == ""
    assert (found.transposed, found.tempo) == (3, 1)
    assert found.source_bars == without.passages[0].source_bars
    assert found.theirs is not None
    assert found.theirs.bar_count <= found.source_bars[1] - found.source_bars[0] + 1
    assert len(found.theirs_marked) == found.notes
    monkeypatch.setenv(originality.CORPUS, str(tmp_path / "nowhere"))
    assert "nowhere" in pipeline.check(score).missing
