"""A listening test from the music to the votes: blind, level, balanced, kept with consent, told with intervals."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from studio import audio, cli, listening, midi, pipeline
from studio.errors import DataError, SettingError, StoreError
from studio.listening import excerpts, folder, passages
from studio.listening.folder import Item, ListeningTest, Origin, System
from studio.representations.events import Events
from studio.score import Note, Score, Tempo, Track

MODELS = ["lstm", "transformer"]


def tune(first: int = 60, bars: int = 20, qpm: float = 150) -> Score:
    """A melody with four notes a bar, as loud as it gets higher."""
    notes = (Note(i * 480, first + (i * 5) % 12, 480, 50 + 4 * (i % 12)) for i in range(4 * bars))
    return Score(480, (Track(tuple(notes), 73, name="Secret name"),), (Tempo(0, round(60e6 / qpm)),), title="Secret")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of MIDI files that people wrote, as it were, and one that is none."""
    place = tmp_path_factory.mktemp("real")
    for number in range(3):
        midi.save(tune(55 + 3 * number), place / f"tune{number}.mid")
    (place / "broken.mid").write_bytes(b"RIFF")
    return place


def made(run: listening.Run) -> ListeningTest:
    *steps, test = run
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert isinstance(test, ListeningTest)
    return test


@pytest.fixture(scope="module")
def trial(tiny_checkpoints: Path, real: Path, tmp_path_factory: pytest.TempPathFactory) -> ListeningTest:
    chosen = listening.systems(MODELS, person=True)
    place = tmp_path_factory.mktemp("tests") / "one"
    return made(listening.make(place, chosen, listening.of_files(real, 7, melodies=True), items=2))


def content(test: ListeningTest, item: Item) -> Score:
    return midi.load(test.folder / f"{item.name}.mid").score


# --- making -----------------------------------------------------------------------------------------------------------


def test_every_system_goes_on_from_the_same_bars_and_the_person_as_written(trial: ListeningTest) -> None:
    assert [system.name for system in trial.systems] == ["person", *MODELS]
    assert all(system.checkpoint for system in trial.systems[1:])
    assert len(trial.items) == 2 * 3 and {origin.title for origin in trial.passages} < {"tune0", "tune1", "tune2"}
    for passage in range(2):
        scores = [content(trial, trial.item(passage, system)) for system in range(3)]
        lead = passages.HEARD * 4 * scores[0].resolution
        heard = [[n for n in score.tracks[0].notes if n.onset < lead] for score in scores]
        assert heard[0] == heard[1] == heard[2] and len(heard[0]) == 8
        new = [[n[:2] for n in score.tracks[0].notes if n.onset >= lead] for score in scores]
        assert new[0] != new[1] != new[2]
        # Eight bars of four notes that go on as the tune does.
        pitches = [pitch for _, pitch in [n[:2] for n in scores[0].tracks[0].notes]]
        assert len(new[0]) == 32 and {(b - a) % 12 for a, b in itertools.pairwise(pitches)} == {5}


def test_what_is_heard_is_as_long_and_as_loud_and_fades_alike(trial: ListeningTest) -> None:
    for passage in range(2):
        sounds = [soundfile.read(trial.folder / f"{trial.item(passage, s).name}.flac")[0] for s in range(3)]
        (length,) = {len(sound) for sound in sounds}
        assert length == pytest.approx(trial.lengths_s[passage] * audio.SAMPLE_RATE, abs=50)
        levels = [audio.loudness(sound.astype(np.float32)) for sound in sounds]
        assert max(levels) - min(levels) < 0.5
        assert levels == pytest.approx([trial.item(passage, s).lufs for s in range(3)], abs=0.05)
        assert max(np.abs(sound).max() for sound in sounds) <= 10 ** (-0.9 / 20)
        assert max(np.abs(sound[-200:]).max() for sound in sounds) < 0.01
        assert trial.leads_s[passage] == pytest.approx(2 * 4 * 60 / 150, rel=0.05)


def test_files_tell_nothing_of_who_wrote_them(trial: ListeningTest) -> None:
    names = {path.name for path in trial.folder.iterdir()}
    assert names == {folder.FILE} | {f"{i.name}.{s}" for i in trial.items for s in ("mid", "flac")}
    assert all(re.fullmatch("[0-9a-f]{16}", item.name) for item in trial.items)
    # In the order of their names systems and passages are mixed.
    order = [(item.passage, item.system) for item in sorted(trial.items, key=lambda item: item.name)]
    assert order != sorted(order) and order != sorted(order, key=lambda place: place[::-1])
    for item in trial.items:
        data = (trial.folder / f"{item.name}.mid").read_bytes().lower()
        sound = (trial.folder / f"{item.name}.flac").read_bytes()[:4000].lower()
        for word in (b"lstm", b"transformer", b"secret", b"studio", b"tune", b"tiny", b"recipe"):
            assert word not in data and word not in sound
        loaded = midi.load(trial.folder / f"{item.name}.mid")
        assert loaded.texts == () and loaded.score.title == "" and len(loaded.score.tempos) == 1
        # On one grid of time and loudness.
        assert Events().quantize(loaded.score).tracks == loaded.score.rescale(24).tracks


def test_the_same_number_gives_the_same_test_and_another_one_another(
    trial: ListeningTest, real: Path, tmp_path: Path
) -> None:
    def again(seed: int) -> list[bytes]:
        chosen = listening.systems(MODELS, person=True)
        run = listening.make(
            tmp_path / str(seed), chosen, listening.of_files(real, seed, melodies=True), items=2, seed=seed
        )
        return [(tmp_path / str(seed) / f"{i.name}.mid").read_bytes() for i in made(run).items]

    before = [(trial.folder / f"{item.name}.mid").read_bytes() for item in trial.items]
    assert again(7) == before and again(8) != before


def test_temperatures_and_threes(tiny_checkpoints: Path, tmp_path: Path) -> None:
    chosen = listening.systems(["lstm"], [0.5, 1.0, 1.5], person=False)
    assert [system.name for system in chosen] == ["lstm@0.5", "lstm@1", "lstm@1.5"]
    assert listening.of_one_voice(chosen) and not listening.of_one_voice(
        listening.systems(["transformer"], person=True)
    )
    test = made(listening.make(tmp_path / "new", chosen, listening.of_examples(1), items=1, of=3))
    assert test.of == 3 and len(test.plan) == 1 and test.plan[0].asked == "prefer"
    assert len({content(test, item) for item in test.items}) == 3
    assert listening.tests(tmp_path) == [test] and listening.read(tmp_path / "new") == test


def test_stopped_it_leaves_nothing_behind(tiny_checkpoints: Path, tmp_path: Path) -> None:
    run = listening.make(tmp_path / "in" / "test", listening.systems(MODELS, person=False), listening.of_examples(1))
    with closing(run):
        for _ in range(4):
            next(run)
    assert list((tmp_path / "in").iterdir()) == []


def test_a_passage_that_a_model_cannot_go_on_from_is_left_out(tiny_checkpoints: Path, tmp_path: Path) -> None:
    good = next(listening.of_examples(1))
    drums = replace(good, seed=replace(good.seed, tracks=tuple(replace(t, is_drum=True) for t in good.seed.tracks)))
    chosen = listening.systems(MODELS, person=False)
    test = made(listening.make(tmp_path / "new", chosen, iter([drums, good]), items=1))
    assert test.passages == (good.origin,)
    with pytest.raises(SettingError, match="None of the music"):
        list(listening.make(tmp_path / "none", chosen, iter([drums]), items=1))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"items": 0}, "1 to 40 passages, but 0"),
        ({"of": 4}, "2 or 3"),
        ({"of": 3}, "at least as many systems"),
    ],
)
def test_what_is_wrong_is_said_at_once(
    tiny_checkpoints: Path, tmp_path: Path, changes: dict[str, int], message: str
) -> None:
    chosen = listening.systems(MODELS, person=False)
    with pytest.raises(SettingError, match=message):
        listening.make(tmp_path / "new", chosen, iter(()), **changes)  # type: ignore[arg-type]
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").touch()
    with pytest.raises(SettingError, match="is there already"):
        listening.make(tmp_path / "used", chosen, iter(()))


def test_systems_that_make_no_test(tiny_checkpoints: Path) -> None:
    for names, heats, message in (
        (["nobody"], [], "There is no model 'nobody'"),
        (["lstm"], [], "2 to 8 systems, but 1"),
        (["lstm"], [3.0], "from 0 to 2"),
        (MODELS, [0.1 * i for i in range(9)], "but 18"),
    ):
        with pytest.raises(SettingError, match=message):
            listening.systems(names, heats, person=False)


# --- passages ---------------------------------------------------------------------------------------------------------


def test_passages_are_whole_bars_of_one_metre_and_last_neither_too_short_nor_too_long(tmp_path: Path) -> None:
    midi.save(tune(), tmp_path / "good.mid")
    midi.save(tune(bars=15), tmp_path / "short.mid")
    midi.save(tune(qpm=30), tmp_path / "slow.mid")
    two = replace(tune(), tracks=(*tune().tracks, Track(tune(48).tracks[0].notes, 32)))
    midi.save(two, tmp_path / "two.mid")
    empty = replace(tune(), tracks=(replace(tune().tracks[0], notes=tune().tracks[0].notes[::30]),))
    midi.save(empty, tmp_path / "empty.mid")
    for melodies, titles in ((True, {"good"}), (False, {"good", "two"})):
        found = list(listening.of_files(tmp_path, 1, melodies=melodies))
        assert {passage.origin.title for passage in found} == titles
        for passage in found:
            assert (passage.seed.bar_count, passage.whole.bar_count) == (8, 16)
            assert passage.whole.slice_bars(0, 8) == passage.seed
    with pytest.raises(DataError, match="no MIDI files"):
        next(listening.of_files(tmp_path / "nowhere", 1, melodies=True))


def test_held_out_pieces_of_a_prepared_folder(tmp_path: Path) -> None:
    events = Events()
    pieces = [tune(55), tune(60), replace(tune(65), tracks=(*tune().tracks, Track(tune(48).tracks[0].notes, 32)))]
    pieces.append(tune(70))  # a program's
    splits = ["train", "test", "test", "test"]
    tokens, headers, bars, rows = [], [], [], []
    for number, score in enumerate(pieces):
        heads, bodies = events.encode_bars(score)
        rows.append([len(bars), len(bodies), 0])
        for head, body in zip(heads, bodies, strict=True):
            bars.append([number, sum(map(len, tokens)), sum(map(len, headers))])
            tokens.append(body)
            headers.append(head)
    np.save(tmp_path / "tokens.npy", np.concatenate(tokens).astype(np.uint16))
    np.save(tmp_path / "headers.npy", np.concatenate(headers).astype(np.uint16))
    np.save(tmp_path / "bars.npy", np.array(bars))
    np.save(tmp_path / "pieces.npy", np.array(rows))
    (tmp_path / "config.json").write_text(json.dumps({"vocabulary": list(events.vocab)}))
    told = [
        {"title": f"T{i}", "corpus": "c", "source": "s", "licence": "l", "credit": "me", "split": split, "tracks": n}
        for i, (split, n) in enumerate(zip(splits, (1, 1, 2, 1), strict=True))
    ]
    told[3]["corpus"] = "js_fakes"
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, told)))
    found = {p.origin.title: p for p in listening.of_folder(tmp_path, 3, melodies=False)}
    assert set(found) == {"T1", "T2"} and found["T1"].origin == Origin("T1", "c: s", "l", "me")
    assert [p.origin.title for p in listening.of_folder(tmp_path, 3, melodies=True)] == ["T1"]
    pitches = {n.pitch for n in found["T1"].whole.tracks[0].notes}
    assert pitches == {n.pitch for n in tune(60).tracks[0].notes}
    with pytest.raises(DataError, match="no prepared folder"):
        next(listening.of_folder(tmp_path / "nowhere", 3, melodies=True))


def test_what_is_silent_cannot_be_levelled() -> None:
    with pytest.raises(ValueError, match="silent"):
        excerpts.levelled([np.zeros((44100, 2), np.float32)])


def test_sharp_attacks_make_all_of_a_passage_quieter() -> None:
    noise = np.random.default_rng(0).normal(0, 0.02, (2 * 44100, 2)).astype(np.float32)
    click = noise.copy()
    click[1000] = 1.0
    levelled, levels = excerpts.levelled([noise, click])
    assert abs(levels[0] - levels[1]) < 0.1 and levels[0] < excerpts.LUFS - 3
    assert np.abs(levelled[1]).max() == pytest.approx(10 ** (-1 / 20), rel=0.01)


# --- a test as a folder -----------------------------------------------------------------------------------------------


def test_a_damaged_test_is_told_and_not_offered(trial: ListeningTest, tmp_path: Path) -> None:
    shutil.copytree(trial.folder, tmp_path / "good")
    written = json.loads((trial.folder / folder.FILE).read_text())
    bad = {
        "newer": written | {"version": 99},
        "path": written | {"items": [written["items"][0] | {"name": "../../etc/x"}, *written["items"][1:]]},
        "lacking": written | {"items": written["items"][1:]},
        "asks": written | {"plan": [{"asked": "other", "passage": 0, "systems": [0, 1]}]},
        "alone": written | {"plan": [{"asked": "prefer", "passage": 0, "systems": [0]}]},
        "list": [],
    }
    for name, told in bad.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / folder.FILE).write_text(json.dumps(told))
        with pytest.raises(DataError, match="version" if name == "newer" else "damaged"):
            listening.read(tmp_path / name)
    assert [test.folder.name for test in listening.tests(tmp_path)] == ["good"]
    with pytest.raises(DataError, match="There is no listening test"):
        listening.read(tmp_path / "nowhere")
    copy = listening.read(tmp_path / "good")
    (tmp_path / "good" / f"{copy.items[0].name}.flac").unlink()
    with pytest.raises(DataError, match="is gone"):
        copy.sound(copy.items[0])
    assert len(trial.sound(trial.items[0])) / 4 == pytest.approx(
        trial.lengths_s[trial.items[0].passage] * 44100, abs=50
    )


# --- votes ------------------------------------------------------------------------------------------------------------

ANN, BOB = "a" * 32, "b" * 32


@pytest.fixture
def votes(tmp_path: Path) -> Iterator[listening.Votes]:
    store = listening.Votes(tmp_path / "votes.sqlite3")
    yield store
    store.close()


def test_nothing_is_kept_without_consent(trial: ListeningTest, votes: listening.Votes) -> None:
    assert votes.sitting(trial, ANN) is None
    with pytest.raises(StoreError, match="not open any more"):
        votes.add(trial, ANN, 0, 0, (5.0, 5.0), 12.0)
    assert votes.of(trial) == []


def test_a_listener_goes_on_where_they_were(trial: ListeningTest, votes: listening.Votes, tmp_path: Path) -> None:
    first = votes.agree(trial, ANN)
    votes.add(trial, ANN, 0, 1, (5.25, 6.0), 12.34)
    again = listening.Votes(tmp_path / "votes.sqlite3")
    now = again.agree(trial, ANN)  # agreeing twice changes nothing
    again.close()
    assert now.turns == first.turns and now.choices == (1,) and not now.finished
    with pytest.raises(StoreError):  # another window had the same question
        votes.add(trial, ANN, 0, 0, (5.0, 5.0), 12.0)
    (vote,) = votes.of(trial)
    assert (vote.listener, vote.question, vote.choice, vote.heard) == (1, first.turns[0].question, 1, (5.25, 6.0))
    for number in range(1, len(first.turns)):
        votes.add(trial, ANN, number, None, (5.0, 5.0), 12.0)
    assert votes.sitting(trial, ANN).finished  # type: ignore[union-attr]


def test_whoever_withdraws_leaves_no_trace(trial: ListeningTest, votes: listening.Votes, tmp_path: Path) -> None:
    for who in (ANN, BOB):
        votes.agree(trial, who)
        votes.add(trial, who, 0, 0, (5.0, 5.0), 12.0)
    votes.finish(trial, BOB)
    assert votes.withdraw(ANN) == 1 and votes.sitting(trial, ANN) is None
    assert len(votes.of(trial)) == 1 and votes.sitting(trial, BOB).finished  # type: ignore[union-attr]
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("votes.sqlite3*"))
    assert ANN.encode() not in kept and BOB.encode() in kept


def test_a_listener_is_not_the_visitor_whose_cookie_it_comes_from() -> None:
    cookies = [f"{number:032x}" for number in range(3)]
    found = [listening.listener_of(cookie) for cookie in cookies]
    assert len(set(found)) == 3 and all(re.fullmatch("[0-9a-f]{32}", one) for one in found)
    assert not set(found) & set(cookies)


def test_a_votes_file_of_a_newer_studio_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    with closing(sqlite3.connect(tmp_path / "votes.sqlite3")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer studio"):
        listening.Votes(tmp_path / "votes.sqlite3")
    with pytest.raises(StoreError, match="cannot be kept"):
        listening.Votes(tmp_path)


# --- results ----------------------------------------------------------------------------------------------------------


def plain(systems: int = 3, items: int = 10) -> ListeningTest:
    """A test without files: person, one, two."""
    from studio.listening import design

    names = [System(), System("one", "One"), System("two", "Two", 0.8)][:systems]
    origins = tuple(Origin(f"=T{i}") for i in range(items))
    plan = design.plan(systems, items, person=0)
    return ListeningTest(
        Path(), "0" * 16, "t", "", 7, "", tuple(names), origins, (1.0,) * items, (9.0,) * items, (), tuple(plan)
    )


def answered(test: ListeningTest, wins: dict[frozenset[int], int], listeners: int = 6) -> list[listening.Vote]:
    """Every listener answers all questions: of each two systems the one that `wins`, else no difference."""
    found, draw = [], random.Random(5)
    for listener in range(1, listeners + 1):
        for number, question in enumerate(test.plan):
            turn = listening.Turn(number, draw.randrange(2))
            systems = turn.of(test.plan).systems
            winner = wins.get(frozenset(systems))
            choice = systems.index(winner) if winner is not None else None
            if question.asked == "person" and choice is None:
                choice = draw.randrange(2)
            found.append(listening.Vote(listener, number, turn.turn, choice, (5.0, 6.5), 13.0, "2026-11-25"))
    return found


def test_results_count_shares_ties_and_who_found_the_person() -> None:
    test = plain()
    found = listening.tally(test, answered(test, {frozenset((0, 1)): 0, frozenset((1, 2)): 1}))
    assert (found.listeners, found.left_out) == (6, 0)
    prefer, person = found.parts
    assert [standing.system for standing in prefer.standings] == [0, 1, 2]
    first = prefer.standings[0]
    assert (first.chosen.count, first.chosen.of, first.ties) == (60, 60, 60)
    assert prefer.duels[0, 1].count == 60 and prefer.duels[1, 0].count == 0 and prefer.duels[0, 2].of == 0
    assert first.strength.low > 0.5 > prefer.standings[2].strength.high
    assert person.right is not None and person.right.of == 120 and person.chance == 0.5
    assert person.right.count == sum(
        vote.choice is not None and listening.Turn(vote.question, vote.turn).of(test.plan).systems[vote.choice] == 0
        for vote in answered(test, {frozenset((0, 1)): 0, frozenset((1, 2)): 1})
        if test.plan[vote.question].asked == "person"
    )


def test_who_answers_by_the_place_is_left_out() -> None:
    assert listening.one_sided([0] * 12, 2) and listening.one_sided([1] * 19 + [0], 2)
    assert not listening.one_sided([0] * 9, 2) and not listening.one_sided([0, 1] * 10, 2)
    assert not listening.one_sided([None] * 30, 2) and listening.one_sided([2] * 10, 3)
    test = plain()
    votes = answered(test, {}, listeners=2)
    votes = [replace(vote, choice=0) if vote.listener == 2 else vote for vote in votes]
    votes = [replace(vote, choice=vote.question % 2) if vote.listener == 1 else vote for vote in votes]
    found = listening.tally(test, votes)
    assert (found.listeners, found.left_out) == (1, 1) and sum(p.votes for p in found.parts) == len(test.plan)


def test_no_votes_show_nothing() -> None:
    found = listening.tally(plain(), [])
    assert [(part.votes, part.standings) for part in found.parts] == [(0, ()), (0, ())]
    assert listening.results_csv(plain(), found).count("\n") == 1


def test_votes_and_results_as_csv() -> None:
    test = plain(items=2)
    votes = answered(test, {frozenset((0, 1)): 0})
    rows = list(csv.DictReader(io.StringIO(listening.votes_csv(test, votes))))
    assert len(rows) == len(votes)
    assert {row["chosen"] for row in rows} <= {"person", "one", "two@0.8", "="}
    for row, vote in zip(rows, votes, strict=True):
        systems = listening.Turn(vote.question, vote.turn).of(test.plan).systems
        assert [row["place_1"], row["place_2"]] == [test.systems[system].name for system in systems]
        assert row["heard_2_s"] == "6.5" and row["day"] == "2026-11-25"
        assert row["passage"].startswith("'=T")  # no formula for a spreadsheet
    told = list(csv.DictReader(io.StringIO(listening.results_csv(test, listening.tally(test, votes)))))
    first = next(row for row in told if (row["asked"], row["system"]) == ("prefer", "person"))
    assert (first["chosen"], first["of"], first["share"], first["ties"]) == ("12", "12", "1.0000", "12")
    assert 0 < float(first["strength_low"]) < float(first["strength"]) < float(first["strength_high"]) <= 1


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_makes_a_test_and_tells_its_results(
    tiny_checkpoints: Path,
    real: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path))
    assert cli.main(["listen", "--results"]) == 2
    assert "make one with studio listen --make" in capsys.readouterr().err
    assert cli.main(["listen", "--make", "--real", str(real), "--items", "1", "--models", "lstm"]) == 0
    (test,) = listening.tests(listening.place())
    assert Path(capsys.readouterr().out.strip()) == test.folder
    store = listening.Votes(listening.votes_file())
    for who in (ANN, BOB):
        for number in range(len(store.agree(test, who).turns)):
            store.add(test, who, number, 0, (9.0, 9.0), 20.0)
    store.close()
    assert cli.main(["listen", "--results", "--csv", str(tmp_path / "v.csv")]) == 0
    told = capsys.readouterr().out
    assert "4 votes of 2 listeners" in told and "Which do you prefer? 2 votes" in told and "| lstm |" in told
    assert (tmp_path / "v.csv").read_text().count("\n") == 5
    assert (tmp_path / "v_results.csv").read_text().count("\n") == 5
    assert cli.main(["listen", "--results", "--csv", str(tmp_path / "no" / "v.csv")]) == 2


def test_the_command_without_real_music_says_so(
    tiny_checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "mine"
    assert (
        cli.main(["listen", "--make", str(place), "--items", "1", "--temperatures", "0.5", "1", "--models", "lstm"])
        == 0
    )
    told = capsys.readouterr()
    assert "No real music is in it" in told.err and "move it there" in told.err and told.out.strip() == str(place)
    assert cli.main(["listen", "--make", str(place)]) == 2 and "is there already" in capsys.readouterr().err
    assert cli.main(["listen", "--make", "--data", "a", "--real", "b"]) == 2
    with pytest.raises(SystemExit):
        cli.main(["listen"])


def test_page_and_command_take_what_the_pipeline_offers(tiny_checkpoints: Path) -> None:
    assert [system.model for system in listening.systems(person=False)] == [m.name for m in pipeline.models("continue")]
