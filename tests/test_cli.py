"""The command line as a user meets it: files in, files out, one sentence when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio import cli, midi, pipeline
from studio.pipeline import catalogue
from studio.score import Note, Score, Tempo, TimeSignature, Track

EXAMPLES = {path.stem: path for _, path in pipeline.examples()}
ODE, MINUET = EXAMPLES["ode-to-joy"], EXAMPLES["minuet-in-g"]
SILENT = pipeline.sound_problem()

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tiny_checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; returns exit code, standard output and standard error."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as stop:  # argparse leaves this way
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return run


# --- continue --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(SILENT is not None, reason=str(SILENT))
def test_the_command_of_the_readme_writes_midi_sound_and_picture(run: Run, tmp_path: Path) -> None:
    out, wav, plot = (tmp_path / f"OUT.{suffix}" for suffix in ("mid", "wav", "png"))
    words = f"--model lstm --temperature 0.9 --bars 8 --seed 7 --out {out} --wav {wav} --plot {plot}".split()
    code, printed, _ = run("continue", ODE, *words)
    assert code == 0
    assert printed.split() == [str(out), str(plot), str(wav)]
    seed, made = pipeline.read(ODE), pipeline.read(out)
    bar_line = seed.score.bars[-1].end
    assert tuple(n for n in made.score.tracks[0].notes if n.onset < bar_line) == seed.score.tracks[0].notes
    assert made.score.bar_count > seed.score.bar_count
    assert made.recipe is not None
    assert made.recipe["settings"]["temperature"] == 0.9
    assert wav.read_bytes()[:4] == b"RIFF"
    assert plot.read_bytes()[:4] == b"\x89PNG"


def test_the_same_words_give_the_same_file(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / "a.mid", tmp_path / "b.mid", tmp_path / "c.mid"]
    for number, file in zip((7, 7, 8), files, strict=True):
        assert run("continue", ODE, "--model", "lstm", "--seed", str(number), "--out", file)[0] == 0
    a, b, c = (file.read_bytes() for file in files)
    assert a == b
    assert a != c


def test_every_option_reaches_the_request(run: Run, tmp_path: Path) -> None:
    tune = Track(tuple(Note(i * 480, 60 + i % 5, 480, 80) for i in range(16)))
    (tmp_path / "in.mid").write_bytes(midi.save(Score(480, (tune, tune))))
    which = "--bars 3 --seed 5 --track 2 --first-bar 2 --last-bar 3"
    how = "--temperature 1.2 --top-k 20 --top-p 0.9 --min-p 0.1 --repetition 2 --style folk --ending"
    words = [*f"--model lstm {which} {how}".split(), "--key", "D minor", "--metre", "6/8", "--tempo", "90"]
    code, _, complaint = run("continue", tmp_path / "in.mid", *words, "--out", tmp_path / "out.mid")
    assert code == 0, complaint
    recipe = pipeline.read(tmp_path / "out.mid").recipe
    assert recipe is not None
    assert {k: recipe[k] for k in ("bars", "seed", "melody_track", "first_bar", "last_bar")} == {
        "bars": 3,
        "seed": 5,
        "melody_track": 1,
        "first_bar": 2,
        "last_bar": 3,
    }
    assert recipe["settings"] == {
        "temperature": 1.2,
        "style": "folk",
        "top_k": 20,
        "top_p": 0.9,
        "min_p": 0.1,
        "repetition": 2,
        "key": "D minor",
        "metre": "6/8",
        "tempo": 90.0,
        "ending": True,
    }


def test_remarks_and_progress_go_to_standard_error(run: Run, tmp_path: Path) -> None:
    chords = Track(tuple(Note(i * 480, pitch, 480, 80) for i in range(8) for pitch in (48, 55, 64)))
    (tmp_path / "in.mid").write_bytes(midi.save(Score(480, (chords,))))
    out = tmp_path / "out.mid"
    code, printed, remarks = run("continue", tmp_path / "in.mid", "--model", "lstm", "--out", out)
    assert (code, printed) == (0, f"{out}\n")
    assert "highest" in remarks
    assert "writing" in remarks


# --- infill, accompany, restyle --------------------------------------------------------------------------------------


@pytest.fixture
def band(tmp_path: Path) -> Path:
    """Eight bars of a tune, chords and drums, none of them on a model's grid: played by a person."""
    tune = Track(tuple(Note(i * 480 + i % 7, 60 + i * 5 % 12, 450 + i % 3, 70 + i) for i in range(32)), 40, name="Tune")
    chords = Track(
        tuple(Note(bar * 1920 + 11, p, 1900, 51) for bar in range(8) for p in (48, 52, 55)), 24, name="Guitar"
    )
    kit = Track(tuple(Note(i * 480 + 1, 36 + i % 2 * 2, 60, 90) for i in range(32)), is_drum=True, name="Kit")
    file = tmp_path / "band.mid"
    midi.save(Score(480, (tune, chords, kit), (Tempo(0, 400_123),), (TimeSignature(0, 4, 4),), title="Band"), file)
    return file


def in_bars(track: Track, first: int, last: int) -> set[Note]:
    """The notes that begin in these bars of 4/4 at 480 ticks a quarter."""
    return {note for note in track.notes if first <= note.onset // 1920 + 1 <= last}


def test_infill_writes_some_bars_of_some_tracks_and_leaves_the_rest(run: Run, band: Path, tmp_path: Path) -> None:
    keep = "5:Ab4,5:B4,6:67"
    words = ("--bars", "5-6", "--tracks", "1,2", "--keep", keep, "--takes", 3, "--seed", 7, "--out", tmp_path / "o.mid")
    code, printed, complaint = run("infill", band, *map(str, words))
    assert code == 0, complaint
    files = [tmp_path / f"o-{i}.mid" for i in (1, 2, 3)]
    assert sorted(printed.split()) == [str(file) for file in files]  # the best take first
    assert not (tmp_path / "o.mid").exists()
    before = midi.load(band).score
    kept = {n for n in in_bars(before.tracks[0], 5, 6) if (n.onset // 1920 + 1, n.pitch) in {(5, 68), (5, 71), (6, 67)}}
    assert len(kept) == 3
    for file in files:
        after = midi.load(file).score
        assert (after.resolution, after.tempos, after.time_signatures) == (480, before.tempos, before.time_signatures)
        for old, new in zip(before.tracks[:2], after.tracks[:2], strict=True):
            assert (new.program, new.name) == (old.program, old.name)
            assert set(new.notes) - in_bars(new, 5, 6) == set(old.notes) - in_bars(old, 5, 6)
            assert in_bars(new, 5, 6) != in_bars(old, 5, 6)
        assert kept <= set(after.tracks[0].notes)
        assert after.tracks[2] == before.tracks[2]
        assert after.bar_count == before.bar_count
    assert len({file.read_bytes() for file in files}) == 3


def test_each_take_is_what_its_own_seed_writes_alone(run: Run, band: Path, tmp_path: Path) -> None:
    for verb, words in (
        ("infill", "--bars 3-4"),
        ("accompany", "--style quartet --bars 2-3"),
        ("restyle", "--style song"),
        ("continue", "--model lstm"),
        ("continue", "--model transformer --bars 2"),
    ):
        assert run(verb, band, *words.split(), "--takes", "2", "--seed", "20", "--out", tmp_path / "o.mid")[0] == 0
        assert (tmp_path / "o-1.mid").read_bytes() != (tmp_path / "o-2.mid").read_bytes()
        for i, seed in ((1, "20"), (2, "21")):
            assert run(verb, band, *words.split(), "--seed", seed, "--out", tmp_path / "alone.mid")[0] == 0
            assert (tmp_path / "alone.mid").read_bytes() == (tmp_path / f"o-{i}.mid").read_bytes()


@pytest.mark.parametrize("style", ["pop", "chorale", "game"])
def test_accompany_leaves_the_melody_as_it_was(run: Run, band: Path, tmp_path: Path, style: str) -> None:
    code, _, complaint = run("accompany", band, "--track", "1", "--style", style, "--out", tmp_path / "o.mid")
    assert code == 0, complaint
    before, after = midi.load(band).score, midi.load(tmp_path / "o.mid").score
    assert (after.tracks[0].notes, after.tracks[0].program) == (before.tracks[0].notes, 40)
    assert [track.name for track in after.tracks[1:]] == [i.title for i in pipeline.ENSEMBLES[style].instruments]
    assert any(track.notes for track in after.tracks[1:])
    assert (after.tempos, after.bar_count) == (before.tempos, before.bar_count)


def test_restyle_changes_the_instrument_of_the_melody_and_no_note_of_it(run: Run, band: Path, tmp_path: Path) -> None:
    words = "--track 1 --style choral --voice-leading --seed 3".split()
    code, _, complaint = run("restyle", band, *words, "--out", tmp_path / "o.mid")
    assert code == 0, complaint
    before, after = midi.load(band).score, midi.load(tmp_path / "o.mid").score
    assert after.tracks[0].notes == before.tracks[0].notes
    assert (before.tracks[0].program, after.tracks[0].program) == (40, 52)
    assert [track.name for track in after.tracks] == ["Tune", "Alto", "Tenor", "Bass"]


def test_instruments_can_be_named(run: Run, tmp_path: Path) -> None:
    assert run("accompany", ODE, "--with", "keys, bass,drums", "--out", tmp_path / "o.mid")[0] == 0
    after = midi.load(tmp_path / "o.mid").score
    assert [track.name for track in after.tracks] == ["Melody", "Piano", "Bass guitar", "Drums"]
    assert [track.is_drum for track in after.tracks] == [False, False, False, True]


@pytest.mark.parametrize(("bars", "first", "last"), [("5-8", 5, 8), ("5", 5, 5), ("5-", 5, None)])
def test_bars_are_one_or_a_range_or_the_rest(run: Run, tmp_path: Path, bars: str, first: int, last: int | None) -> None:
    assert run("infill", ODE, "--bars", bars, "--out", tmp_path / "o.mid")[0] == 0
    recipe = pipeline.read(tmp_path / "o.mid").recipe
    assert recipe is not None
    assert (recipe["first_bar"], recipe["last_bar"]) == (first, last)


def test_every_option_of_an_accompaniment_reaches_the_request(run: Run, tmp_path: Path) -> None:
    which = "--bars 2-5 --track 1 --with keys --seed 9 --model transformer"
    how = "--temperature 1.2 --top-k 20 --top-p 0.9 --min-p 0.1 --repetition 2 --style pop --density busy"
    words = [*f"{which} {how}".split(), "--chords", "D A | Bm", "--by-ear", "--tempo", "72.5"]
    code, _, complaint = run("accompany", ODE, *words, "--out", tmp_path / "o.mid")
    assert code == 0, complaint
    recipe = pipeline.read(tmp_path / "o.mid").recipe
    assert recipe is not None
    told = {k: recipe[k] for k in ("verb", "first_bar", "last_bar", "melody_track", "instruments", "seed", "model")}
    assert list(told.values()) == ["accompany", 2, 5, 0, ["keys"], 9, "transformer"]
    assert recipe["settings"] == {
        "temperature": 1.2,
        "top_k": 20,
        "top_p": 0.9,
        "min_p": 0.1,
        "repetition": 2,
        "style": "pop",
        "density": "busy",
        "chords": "D A | Bm",
        "tempo": 72.5,
        "harmonise": False,
        "voice_leading": False,
    }


@pytest.mark.skipif(SILENT is not None, reason=str(SILENT))
def test_sound_and_picture_of_every_take_have_its_number(run: Run, tmp_path: Path) -> None:
    wav, plot = tmp_path / "o.wav", tmp_path / "o.svg"
    code, printed, _ = run("infill", MINUET, "--bars", "5", "--takes", "2", "--wav", wav, "--plot", plot)
    assert code == 0
    assert sorted(printed.split()) == [str(tmp_path / name) for name in ("o-1.svg", "o-1.wav", "o-2.svg", "o-2.wav")]
    assert sorted(path.name for path in tmp_path.glob("o*")) == ["o-1.svg", "o-1.wav", "o-2.svg", "o-2.wav"]


@pytest.mark.parametrize("verb", ["continue", "infill", "accompany", "restyle"])
def test_the_first_model_that_can_is_taken(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    words = {"continue": "--bars 2", "infill": "--bars 2"}.get(verb, "--style song").split()
    assert run(verb, ODE, *words, "--out", tmp_path / "o.mid")[0] == 0
    recipe = pipeline.read(tmp_path / "o.mid").recipe
    assert recipe is not None
    assert recipe["model"] == "transformer"
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    code, _, complaint = run(verb, ODE, *words, "--out", tmp_path / "p.mid")
    assert code == 2
    assert f"can {verb}: train one with python -m studio.train" in complaint
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("continue {missing} --model lstm --out {tmp}/o.mid", "missing"),
        ("continue {text} --model lstm --out {tmp}/o.mid", "text"),
        ("continue {ode} --model nonsense --out {tmp}/o.mid", "lstm"),
        ("continue {ode} --model lstm --out {tmp}/nowhere/o.mid", "no folder"),
        ("continue {ode} --model lstm --out {tmp}", "is a folder"),
        ("continue {ode} --model lstm", "--out"),
        ("continue {ode} --model lstm --plot {tmp}/o.gif", ".svg"),
        ("continue {ode} --model lstm --bars 0 --out {tmp}/o.mid", "1 to 128"),
        ("continue {ode} --model lstm --bars many --out {tmp}/o.mid", "many"),
        ("continue {ode} --model lstm --temperature 3 --out {tmp}/o.mid", "0 to 2"),
        ("continue {ode} --model lstm --track 0 --out {tmp}/o.mid", "track 0"),
        ("continue {ode} --model lstm --first-bar 99 --out {tmp}/o.mid", "bars 1 to 8"),
        ("continue {ode} --model lstm --style polka --out {tmp}/o.mid", "polka"),
        ("continue {ode} --model lstm --takes 0 --out {tmp}/o.mid", "1 to 8"),
        ("continue {ode} --model lstm --takes 1000000000000 --out {tmp}/o.mid", "1 to 8"),
        ("continue {ode} --model lstm --density busy --out {tmp}/o.mid", "no setting 'density'"),
        ("continue {ode} --model transformer --density loud --out {tmp}/o.mid", "medium"),
        ("continue {ode} --model transformer --chords H7 --out {tmp}/o.mid", "'H7' is not understood"),
        ("infill {ode} --out {tmp}/o.mid", "--bars"),
        ("infill {ode} --bars 5-8", "--out"),
        ("infill {ode} --bars five --out {tmp}/o.mid", "'five' is no range of bars"),
        ("infill {ode} --bars 5-8-9 --out {tmp}/o.mid", "write 5-8"),
        ("infill {ode} --bars 7-9 --out {tmp}/o.mid", "bars 1 to 8"),
        ("infill {ode} --bars 8-5 --out {tmp}/o.mid", "bars 8 to 5"),
        ("infill {ode} --bars 5 --tracks 2 --out {tmp}/o.mid", "track 2 was asked for"),
        ("infill {ode} --bars 5 --tracks 1,x --out {tmp}/o.mid", "write 1 or 1,3"),
        ("infill {ode} --bars 5 --keep C4 --out {tmp}/o.mid", "'C4' is no bar and note"),
        ("infill {ode} --bars 5 --keep 5:H4 --out {tmp}/o.mid", "'5:H4' is no bar and note"),
        ("infill {ode} --bars 5 --keep 5:A9 --out {tmp}/o.mid", "'5:A9' is no note of MIDI's"),
        ("infill {ode} --bars 5 --keep 5:F5 --out {tmp}/o.mid", "No F5 (MIDI note 77) begins in bar 5"),
        ("infill {ode} --bars 5 --keep 4:F#4 --out {tmp}/o.mid", "No F#4 (MIDI note 66) begins in bar 4"),
        ("infill {ode} --bars 5 --model lstm --out {tmp}/o.mid", "choose one of: transformer"),
        ("accompany {ode} --style polka --out {tmp}/o.mid", "polka"),
        ("accompany {ode} --style folk --out {tmp}/o.mid", "name the instruments"),
        ("accompany {ode} --with keys,kazoo --out {tmp}/o.mid", "'kazoo'"),
        ("accompany {ode} --voice-leading --out {tmp}/o.mid", "chorale"),
        ("restyle {ode} --out {tmp}/o.mid", "Name the style"),
        ("read {text}", "text"),
        ("sing {ode}", "sing"),
        ("", "COMMAND"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, tmp_path: Path, words: str, says: str) -> None:
    (tmp_path / "text.txt").write_text("not a note in here")
    places = {"tmp": tmp_path, "ode": ODE, "missing": tmp_path / "missing.mid", "text": tmp_path / "text.txt"}
    code, printed, complaint = run(*(word.format(**places) for word in words.split()))
    assert (code, printed) == (2, "")
    assert says in complaint
    assert len(complaint.splitlines()) == 1
    assert not list(tmp_path.glob("o.*"))


@pytest.mark.skipif(SILENT is not None, reason=str(SILENT))
def test_an_unknown_soundfont_is_refused_before_the_work(run: Run, tmp_path: Path) -> None:
    words = ("--model", "lstm", "--wav", tmp_path / "o.wav", "--soundfont", "Stradivarius")
    code, _, complaint = run("continue", ODE, *words)
    assert code == 2
    assert "Stradivarius" in complaint
    assert "TimGM6mb" in complaint


def test_without_a_synthesizer_sound_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "sound_problem", lambda: "Install libfluidsynth3.")
    code, _, complaint = run("continue", ODE, "--model", "lstm", "--wav", tmp_path / "o.wav")
    assert (code, complaint) == (2, "studio continue: Install libfluidsynth3.\n")


INTERRUPTIBLE = """
import sys
from pathlib import Path
from studio import cli
from studio.pipeline import catalogue
catalogue.CHECKPOINTS = Path(sys.argv.pop(1))
sys.exit(cli.main())
"""


def test_ctrl_c_leaves_cleanly_and_writes_nothing(tiny_checkpoints: Path, tmp_path: Path, root: Path) -> None:
    out = tmp_path / "out.mid"
    words = ["continue", ODE, "--model", "lstm", "--bars", "128", "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, tiny_checkpoints, *map(str, words)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stderr is not None
    shown = b""
    while b"writing" not in shown:
        more = process.stderr.read1(100)
        assert more, shown
        shown += more
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    # A quick machine may have been done before the signal came.
    if process.returncode != 0:
        assert process.returncode == 130
        assert b"Stopped." in rest
        assert b"Traceback" not in rest
        assert not out.exists()


# --- read and models -------------------------------------------------------------------------------------------------


def test_read_says_what_a_file_holds(run: Run) -> None:
    code, printed, complaint = run("read", ODE)
    assert (code, complaint) == (0, "")
    for words in ("Ode to Joy", "D major (estimated)", "116 quarter notes a minute", "4/4", "8, 30 notes", "Violin"):
        assert words in printed
    assert "the melody, probably" in printed


def test_read_tells_changes_pickups_and_repairs(run: Run, tmp_path: Path) -> None:
    tune = Track(tuple(Note(i * 480, 60, 480, 80) for i in range(12)))
    drums = Track((Note(0, 36, 480, 80),), is_drum=True)
    metres = (TimeSignature(0, 1, 4), TimeSignature(480, 4, 4), TimeSignature(9 * 480, 3, 4))
    music = Score(480, (tune, drums), (Tempo(0, 500_000), Tempo(480, 600_000)), metres)
    (tmp_path / "in.mid").write_bytes(midi.save(music)[:-4])  # the last track's end mark is missing
    printed = run("read", tmp_path / "in.mid")[1]
    assert "4/4 with a pickup, 3/4 from bar 4" in printed
    assert "100 quarter notes a minute, between 100 and 120" in printed
    assert "Drums" in printed
    assert "repaired" in printed


def test_read_as_json(run: Run, tmp_path: Path) -> None:
    known = json.loads(run("read", ODE, "--json")[1])
    assert (known["key"], known["bars"], known["melody_track"]) == ("D major", 8, 0)
    assert known["tracks"][0]["instrument"] == "Violin"
    assert known["recipe"] is None
    run("continue", ODE, "--model", "lstm", "--seed", "3", "--out", tmp_path / "o.mid")
    assert json.loads(run("read", tmp_path / "o.mid", "--json")[1])["recipe"]["seed"] == 3


def test_models_are_listed_with_what_they_can_and_their_figures(run: Run) -> None:
    code, printed, _ = run("models")
    assert code == 0
    for words in ("lstm: Tiny", "Random weights.", "test nats per note: 9.5", "test notes: 1000"):
        assert words in printed
    assert [line.strip() for line in printed.splitlines() if "can:" in line] == [
        "can: continue, infill, accompany, restyle",
        "can: continue, vary, blend, resemble",
        "can: continue",
    ]
    known = {model["name"]: model for model in json.loads(run("models", "--json")[1])}
    assert list(known) == ["transformer", "vae", "lstm"]
    assert known["lstm"]["figures"] == {"test_nats_per_note": 9.5, "test_notes": 1000}
    assert known["transformer"]["verbs"] == ["continue", "infill", "accompany", "restyle"]


def test_without_models_the_list_says_how_to_get_one(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    code, printed, remark = run("models")
    assert (code, printed) == (0, "")
    assert "train" in remark


def test_help_names_every_command(run: Run) -> None:
    code, printed, _ = run("--help")
    assert code == 0
    for command in cli.COMMANDS:
        assert command.name in printed
        assert command.help in printed


def test_python_m_studio_is_the_command_line(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio", "read", ODE], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "Ode to Joy" in done.stdout
