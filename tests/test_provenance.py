"""Signed records of where files come from: in every format, whatever is done to file or record afterwards."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import shlex
import stat
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import soundfile

from studio import checkpoints, cli, export, midi, pipeline, provenance
from studio.cli import recipes
from studio.errors import ProvenanceError, StudioError
from studio.folder import data_folder
from studio.pipeline import origins
from studio.score import Note, Score, Track
from studio.store import Store, edited_seed, of_seed, of_takes, project
from studio.ui import describe
from studio.ui.words import Words

FORMATS = {offered.name: offered for offered in export.FORMATS}
SILENT = pipeline.sound_problem()
HEARD = pytest.mark.skipif(SILENT is not None, reason=str(SILENT))
EVERY = [pytest.param(f, id=f.name, marks=[HEARD] if f.sounds else []) for f in export.FORMATS]


def take(**told: Any) -> pipeline.Take:
    old, new = (tuple(Note(t + i * 480, 60 + i, 480, 80) for i in range(4)) for t in (0, 1920))
    score = Score(480, (Track(old + new, 73, name="Air"), Track((Note(0, 36, 3840, 70),), 32)), title="A tune & more")
    recipe = {
        "studio": "1", "verb": "continue", "model": "lstm", "seed": 7, "source": "5eed", "bars": 1, "first_bar": 1,
        "settings": {"temperature": 0.9, "key": "D major"}, **told,
    }  # fmt: skip
    return pipeline.Take(score, "my tune", 1920, 3840, 1, (frozenset(new), frozenset()), 0, recipe)


def saved(folder: Path, suffix: str, music: pipeline.Music | None = None) -> Path:
    """A file of that music, or of `take`, which is made once only: sound takes a while."""
    path = folder / f"a{suffix}"
    if music is not None:
        pipeline.save(music, path)
    else:
        path.write_bytes(_of_the_take(suffix))
    return path


@cache
def _of_the_take(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        pipeline.save(take(), path)
        return path.read_bytes()


def unsigned(path: Path, offered: export.Format, score: Score | None = None) -> Path:
    """A file of other sound, or of other notes, without a record."""
    piece = export.Piece(score or take().score, recipe=take(bars=2).recipe, sound=tone, stems=lambda: [tone()] * 2)
    offered.write(piece, path)
    return path


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], None]:
    """Lets what follows happen in another studio, with a data folder of its own."""
    return lambda: monkeypatch.setenv("STUDIO_DATA", str(tmp_path_factory.mktemp("another")))


# --- every format -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offered", EVERY)
def test_a_file_says_who_made_it_and_with_what(tmp_path: Path, offered: export.Format, elsewhere: Callable) -> None:
    path = saved(tmp_path, offered.suffix)
    found = pipeline.verify(path)
    assert (found.state, found.unchanged, found.key) == ("own", True, provenance.read(provenance.sign({})).key_id)
    assert found.recipe == take().recipe and found.record["kind"] == "take" and found.record["seed"] == "5eed"
    assert [model["name"] for model in found.models] == ["lstm"]
    elsewhere()
    assert pipeline.verify(path).state == "other" and found.key in pipeline.verify(path).sentence


@pytest.mark.parametrize("offered", EVERY)
def test_a_record_that_was_written_anew_is_forged_and_one_that_was_taken_out_is_missed(
    tmp_path: Path, offered: export.Format
) -> None:
    path, carrier = saved(tmp_path, offered.suffix), offered.carrier
    text = carrier.text(path)
    assert text is not None and text.isascii()
    plain = unsigned(tmp_path / f"plain{offered.suffix}", offered)
    assert pipeline.verify(plain).state == "unsigned" and pipeline.verify(plain).sentence == ""
    for wrong in (text.replace('"lstm"', '"human"'), '{"provenance":{}}', '{"provenance":[1],"signature":2}'):
        carrier.put(unsigned(plain, offered), wrong)
        assert pipeline.verify(plain).state == "forged"


@pytest.mark.parametrize("offered", EVERY)
def test_a_record_that_belongs_to_other_music_is_told(tmp_path: Path, offered: export.Format) -> None:
    text = offered.carrier.text(saved(tmp_path, offered.suffix))
    made = take()
    track = made.score.tracks[0]
    higher = tuple(note._replace(pitch=note.pitch + 1) if note.onset == 480 else note for note in track.notes)
    score = replace(made.score, tracks=(replace(track, notes=higher), made.score.tracks[1]))
    path = unsigned(tmp_path / f"b{offered.suffix}", offered, score)
    offered.carrier.put(path, str(text))
    assert pipeline.verify(path).state == "changed" and "Changed since" in pipeline.verify(path).sentence


@pytest.mark.parametrize("offered", EVERY)
def test_a_record_takes_the_place_of_the_one_before_and_changes_no_content(
    tmp_path: Path, offered: export.Format
) -> None:
    path, carrier = saved(tmp_path, offered.suffix), offered.carrier
    content, size = carrier.content(path), path.stat().st_size
    if offered.name == "stems":
        return  # an archive is written once
    for record in ({"a": '<&>--\\"é'}, {"b": "x" * 70_000}):
        text = json.dumps({"provenance": record}, separators=(",", ":"))
        carrier.put(path, text)
        assert json.loads(str(carrier.text(path))) == json.loads(text) and carrier.content(path) == content
    carrier.put(path, provenance.sign({"content": content}))
    assert pipeline.verify(path).state == "own" and path.stat().st_size < size


@pytest.mark.parametrize("offered", EVERY)
def test_a_damaged_file_is_told_in_words(tmp_path: Path, offered: export.Format) -> None:
    path = saved(tmp_path, offered.suffix)
    whole = path.read_bytes()
    for damaged in (b"", b"no such file at all", whole[: len(whole) // 3], whole[: len(whole) // 3] + bytes(200)):
        path.write_bytes(damaged)
        with contextlib.suppress(StudioError):
            assert not pipeline.verify(path).unchanged
    path.unlink()
    with pytest.raises(StudioError):
        pipeline.verify(path)


# --- formats, one by one ----------------------------------------------------------------------------------------------


def tone() -> np.ndarray:
    phase = np.arange(30_000) * 0.05
    return (0.5 * np.stack([np.sin(phase), np.cos(phase)], axis=1)).astype(np.float32)


def test_midi_is_the_same_music_for_others_and_for_us(tmp_path: Path) -> None:
    path = saved(tmp_path, ".mid")
    read = pipeline.read(path)
    assert (read.repairs, read.recipe, read.score.title) == ((), take().recipe, "A tune & more")
    assert [t.notes for t in read.score.tracks] == [t.notes for t in take().score.tracks]
    texts = [json.dumps(dict(take().recipe), separators=(",", ":"))]
    plain = midi.save(take().score, texts=texts)
    assert read.sha256 == pipeline.read(plain, "a").sha256  # known again by what it was before it was saved
    theirs = mido.MidiFile(path)
    assert [m.type for m in theirs.tracks[0]].count("text") == 2 and not any(m.type == "lyrics" for m in theirs)
    for track in theirs.tracks:  # other bytes, the same music
        track[:] = [
            mido.Message("note_on", channel=m.channel, note=m.note, velocity=0, time=m.time)
            if m.type == "note_off"
            else m
            for m in track
        ]
    theirs.save(tmp_path / "b.mid")
    assert (tmp_path / "b.mid").read_bytes() != path.read_bytes()
    assert pipeline.verify(tmp_path / "b.mid").state == "own"


@pytest.mark.parametrize("change", ["a note", "an instrument", "the tempo", "a name"])
def test_whatever_is_changed_in_a_midi_file_is_noticed(tmp_path: Path, change: str) -> None:
    path = saved(tmp_path, ".mid")
    file = mido.MidiFile(path)
    for track in file.tracks:
        for message in track:
            if change == "a note" and message.type == "note_on" and message.note == 61:
                message.velocity += 1
            elif change == "an instrument" and message.type == "program_change":
                message.program = 3
            elif change == "the tempo" and message.type == "set_tempo":
                message.tempo -= 1
            elif change == "a name" and message.type == "track_name" and message.name == "Air":
                message.name = "Aria"
    file.save(path)
    assert pipeline.verify(path).state == "changed"


@HEARD
def test_sound_files_play_as_they_did_and_tags_beside_the_record_are_nobodys_business(tmp_path: Path) -> None:
    for suffix, kind in ((".wav", "WAV"), (".flac", "FLAC"), (".ogg", "OGG"), (".mp3", "MP3")):
        plain, path = tmp_path / f"plain{suffix}", saved(tmp_path, suffix)
        FORMATS[kind.lower()].write(export.Piece(take().score, sound=lambda: pipeline.render(take().score)), plain)
        assert np.array_equal(soundfile.read(path)[0], soundfile.read(plain)[0])
        assert soundfile.info(path).format == kind
    wav, flac = (FORMATS[name].carrier.content(tmp_path / f"a.{name}") for name in ("wav", "flac"))
    assert wav == flac
    mp3 = tmp_path / "a.mp3"
    mp3.write_bytes(mp3.read_bytes() + b"TAG" + b"Mine".ljust(125, b"\0"))
    assert pipeline.verify(mp3).state == "own"
    old = b"TIT2" + (5).to_bytes(4, "big") + b"\0\0" + b"\0Mine"
    sound = FORMATS["mp3"].carrier.without(mp3.read_bytes())[0]  # type: ignore[attr-defined]
    mp3.write_bytes(b"ID3\x03\0\0\0\0\0" + bytes([len(old)]) + old + sound)
    FORMATS["mp3"].carrier.put(mp3, '{"provenance":{}}')
    assert FORMATS["mp3"].carrier.text(mp3) == '{"provenance":{}}' and b"Mine" in mp3.read_bytes()
    assert np.array_equal(soundfile.read(mp3)[0], soundfile.read(tmp_path / "plain.mp3")[0])


def test_one_other_sample_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    export.save(export.Piece(take().score, sound=tone, vouch=origins.voucher("take", take().recipe)), path)
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    assert pipeline.verify(path).state == "own"
    path.write_bytes(data)
    assert pipeline.verify(path).state == "changed"


def test_notation_survives_mails_and_editors_that_only_lay_it_out_anew(tmp_path: Path) -> None:
    path = saved(tmp_path, ".abc")
    text = path.read_text()
    path.write_bytes(text.replace("\n", "  \r\n").encode())
    assert pipeline.verify(path).state == "own" and pipeline.read(path).repairs == ()
    path.write_text(text.replace("T:A", "T:B", 1))
    assert pipeline.verify(path).state == "changed"
    path = saved(tmp_path, ".musicxml")
    text = path.read_text()
    path.write_text(re.sub(r"\n\s+<", "\n<", text))
    assert pipeline.verify(path).state == "own" and pipeline.read(path).repairs == ()
    path.write_text(text.replace("<step>C</step>", "<step>D</step>", 1))
    assert pipeline.verify(path).state == "changed"


@HEARD
def test_stems_carry_records_each_for_itself_and_together(tmp_path: Path) -> None:
    path = saved(tmp_path, ".zip")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        archive.extract(names[0], tmp_path)
    assert names == ["01-Air.wav", "02-track.wav", "provenance.json"]
    assert pipeline.verify(tmp_path / names[0]).state == "own"
    with zipfile.ZipFile(tmp_path / "fewer.zip", "w") as fewer, zipfile.ZipFile(path) as archive:
        for name in (names[0], names[2]):
            fewer.writestr(name, archive.read(name))
    assert pipeline.verify(tmp_path / "fewer.zip").state == "changed"


# --- what a record says -----------------------------------------------------------------------------------------------


def test_what_nobody_wrote_here_says_so_and_nothing_about_the_visitor(tmp_path: Path) -> None:
    read = pipeline.read(saved(tmp_path, ".mid", take().score), "Anna's secret tune")
    found = pipeline.verify(saved(tmp_path, ".mid", replace(read, sha256="5eed")))
    assert (found.models, found.recipe, found.record["kind"], found.record["seed"]) == ([], None, "seed", "5eed")
    assert found.sentence == "Signed by this studio and unchanged since: no model wrote it."
    bare = pipeline.verify(saved(tmp_path, ".abc", take().score))
    assert (bare.models, bare.record["models"], bare.record["kind"]) == ([], None, "score")
    assert bare.sentence == "Signed by this studio and unchanged since: what made it was not recorded."
    text = FORMATS["midi"].carrier.text(tmp_path / "a.mid")
    assert text is not None and "Anna" not in text and str(tmp_path) not in text
    allowed = {"record", "studio", "kind", "recipe", "models", "seed", "created", "content", "key"}
    assert json.loads(text)["provenance"].keys() == allowed


def test_the_page_says_it_in_words_of_its_language(tmp_path: Path) -> None:
    seed = pipeline.read(saved(tmp_path, ".mid", take(checkpoint="ab" * 32)))
    assert describe.facts(seed, Words("en"))["origin"] == seed.origin
    told = describe.facts(seed, Words("zh"))["origin"]
    assert "签名" in told and "lstm" in told and "abababababab" in told and "Signed" not in told
    assert describe.facts(replace(seed, origin=""), Words("zh"))["origin"] == ""
    kept = of_seed(seed)
    assert kept.seed().origin == seed.origin and edited_seed(seed, kept).seed().origin == ""
    assert edited_seed(seed, kept).recipe == {**dict(take(checkpoint="ab" * 32).recipe), "edited": True}
    assert pipeline.read(next(path for _, path in pipeline.examples())).origin == ""


def test_a_take_that_is_saved_as_a_seed_is_still_a_models(tmp_path: Path) -> None:
    seed = pipeline.read(saved(tmp_path, ".mid"))
    assert seed.origin == "Signed by this studio and unchanged since: made with the model lstm, weights ."
    found = pipeline.verify(saved(tmp_path, ".abc", seed))
    assert found.record["kind"] == "seed" and [m["name"] for m in found.models] == ["lstm"]


def test_weights_data_and_licences_are_those_of_the_card(tmp_path: Path, tiny_checkpoints: Path) -> None:
    folder = tiny_checkpoints / "lstm"
    sources = [{"collection": "Tunes", "licence": "CC0", "pieces": 3}, {"collection": "Tunes", "licence": "CC0"}]
    facts = checkpoints.read_card(folder).facts | {"data": sources, "manifest": "ab" * 32}
    checkpoints.save_card(folder, "lstm", {k: v for k, v in facts.items() if k not in ("model", "verbs", "controls")})
    sha256 = checkpoints.read_card(folder).sha256
    model = pipeline.verify(saved(tmp_path, ".mid", take_of(sha256))).models[0]
    assert model == {
        "name": "lstm", "sha256": sha256, "manifest": "ab" * 32, "data": [{"name": "Tunes", "licence": "CC0"}],
    }  # fmt: skip
    unknown = pipeline.verify(saved(tmp_path, ".mid", take_of("00" * 32))).models[0]
    assert (unknown["manifest"], unknown["data"]) == (None, None)  # weights that are no longer there


def take_of(sha256: str) -> pipeline.Take:
    return take(checkpoint=sha256)


def test_what_a_strangers_record_holds_can_do_nothing(tmp_path: Path) -> None:
    path = saved(tmp_path, ".mid")
    carrier = FORMATS["midi"].carrier
    content = carrier.content(path)
    for models in (None, 7, [3], [{"name": "\x1b[31m\n" + "x" * 500, "sha256": None, "data": [1, {"name": {}}]}]):
        carrier.put(path, provenance.sign({"models": models, "recipe": {"verb": []}, "content": content}))
        found = pipeline.verify(path)
        assert found.state == "own" and len(found.sentence) < 200 and found.sentence.isprintable()
        assert cli.main(["verify", str(path)]) == 0
    for text in ("[" * 100_000, '{"provenance":' * 5000, '{"provenance":{"key":"AA=="},"signature":"AA=="}', "\\ud800"):
        found_text = provenance.read(text)
        assert found_text is None or not found_text.genuine


# --- the key ----------------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_reads_it(elsewhere: Callable) -> None:
    elsewhere()
    first, second = provenance.read(provenance.sign({"a": 1})), provenance.read(provenance.sign({"a": 2}))
    assert first is not None and second is not None and first.key_id == second.key_id and first.own
    key = data_folder() / provenance.KEY
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [path.name for path in data_folder().iterdir()] == [provenance.KEY]
    key.write_text("no key")
    with pytest.raises(ProvenanceError, match="is damaged"):
        provenance.sign({})


def test_a_folder_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path / "file" / "folder"))
    with pytest.raises(ProvenanceError, match="STUDIO_DATA"):
        pipeline.save(take(), tmp_path / "a.mid")


def test_a_signature_holds_for_its_record_only() -> None:
    whole = json.loads(provenance.sign({"n": 1}))
    assert provenance.read(json.dumps(whole, indent=3)).genuine  # however it is laid out
    flipped = bytearray(base64.b64decode(whole["signature"]))
    flipped[5] ^= 1
    broken = {**whole, "signature": base64.b64encode(flipped).decode()}
    assert not provenance.read(json.dumps(broken)).genuine
    other = {**whole, "provenance": {**whole["provenance"], "n": 2}}
    assert not provenance.read(json.dumps(other)).genuine


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_all_of_it_in_words_and_in_json(
    tmp_path: Path, tiny_checkpoints: Path, capsys: pytest.CaptureFixture[str], elsewhere: Callable
) -> None:
    path = saved(tmp_path, ".mid", take_of(checkpoints.read_card(tiny_checkpoints / "vae").sha256))
    assert cli.main(["verify", str(path)]) == 0
    told = capsys.readouterr().out
    for words in (
        "signed by this studio",
        "unchanged",
        "model lstm",
        "not recorded",
        "sha256 5eed",
        "--temperature 0.9",
    ):
        assert words in told
    assert cli.main(["verify", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["state"] == "own" and answer["record"]["recipe"]["seed"] == 7
    assert answer["command"].startswith("studio continue IN.mid --bars 1 ") and "--key 'D major'" in answer["command"]
    midi.save(take().score, tmp_path / "plain.mid")
    assert cli.main(["verify", str(tmp_path / "plain.mid")]) == 1 and "not signed" in capsys.readouterr().out
    file = mido.MidiFile(path)
    file.tracks[1].pop(3)
    file.save(path)
    assert cli.main(["verify", str(path)]) == 1
    changed = capsys.readouterr().out
    assert "CHANGED" in changed and "do not rely" in changed
    for wrong in ("nowhere.mid", "a.exe"):
        assert cli.main(["verify", str(tmp_path / wrong)]) == 2
        assert capsys.readouterr().err.startswith("studio verify: ")


@pytest.mark.parametrize(
    "words",
    [
        "continue IN.mid --bars 2 --seed 5 --temperature 0.8 --first-bar 2",
        "infill IN.mid --bars 3-4 --keep 3:64 --model transformer --seed 2",
        "accompany IN.mid --bars 2-4 --with bass,drums --by-ear --seed 3",
        "vary IN.mid --amount 0.6 --bars 1-4 --seed 4",
        "blend IN.mid OTHER.mid --steps 3 --seed 1",
        "restyle IN.mid --like OTHER.mid --strength 0.4 --bars 1-4 --seed 1",
    ],
)
def test_the_command_of_a_file_writes_the_same_notes_again(tmp_path: Path, tiny_checkpoints: Path, words: str) -> None:
    tunes = {path.stem: str(path) for _, path in pipeline.examples()}
    places = {"IN.mid": tunes["ode-to-joy"], "OTHER.mid": tunes["minuet-in-g"]}

    def run(command: list[str], out: str) -> pipeline.Seed:
        assert cli.main([places.get(word, word) for word in command] + ["--out", str(tmp_path / out)]) == 0
        return pipeline.read(tmp_path / out)

    first = run(words.split(), "first.mid")
    assert first.recipe is not None
    again = shlex.split(str(recipes.command(first.recipe)))
    assert again[0] == "studio" and again[-2:] == ["--out", "OUT.mid"]
    assert run(again[1:-2], "again.mid").score == first.score


def test_a_recipe_that_says_too_little_gives_no_command() -> None:
    for recipe in ({}, {"verb": "continue"}, {"verb": "infill", "settings": {}}, {"verb": [], "settings": {}}):
        assert recipes.command(recipe) is None
    evil = take(model="x; rm -rf ~").recipe
    assert "--model 'x; rm -rf ~'" in str(recipes.command(evil))


# --- projects ---------------------------------------------------------------------------------------------------------


def test_a_project_carries_a_record_of_all_its_pieces(tmp_path: Path) -> None:
    store = Store(tmp_path / "work.sqlite3")
    visitor = "a" * 32
    store.add(visitor, of_takes([take(), take(model="gan")], None))
    data = project.save(store, visitor)
    assert data == project.save(store, visitor)
    path = tmp_path / "p.zip"
    path.write_bytes(data)
    found = pipeline.verify(path)
    assert found.state == "own" and found.record["kind"] == "project" and visitor not in json.dumps(dict(found.record))
    assert [model["name"] for model in found.models] == ["gan", "lstm"]
    assert len(project.open_(data).pieces) == 2
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"lstm"', b'"mine"'))
    assert pipeline.verify(path).state in ("changed", "forged")


def test_training_records_the_list_of_its_pieces(tmp_path: Path) -> None:
    from studio.data.windows import manifest_sum

    (tmp_path / "manifest.jsonl").write_text('{"id": 1}\n')
    first = manifest_sum(tmp_path)
    (tmp_path / "manifest.jsonl").write_text('{"id": 2}\n')
    assert len(first) == 64 and manifest_sum(tmp_path) != first
