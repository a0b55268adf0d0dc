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

ODE = next(path for _, path in pipeline.examples() if path.stem == "ode-to-joy")
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
    words = f"--model lstm {which} {how}".split()
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
        ("continue {ode} --out {tmp}/o.mid", "--model"),
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


def test_models_are_listed_with_their_figures(run: Run) -> None:
    code, printed, _ = run("models")
    assert code == 0
    for words in ("lstm: Tiny", "Random weights.", "test nats per note: 9.5", "test notes: 1000"):
        assert words in printed
    (model,) = json.loads(run("models", "--json")[1])
    assert model["figures"] == {"test_nats_per_note": 9.5, "test_notes": 1000}


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
