"""Vary, blend and restyle --like from the command line: files in, files out, a sentence when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from studio import cli, pipeline

EXAMPLES = {path.stem: path for _, path in pipeline.examples()}
ODE, MINUET = EXAMPLES["ode-to-joy"], EXAMPLES["minuet-in-g"]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tiny_checkpoints: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command; returns exit code, standard output and standard error."""

    def run(*words: str | Path) -> tuple[int, str, str]:
        code = cli.main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


def recipe(path: Path) -> dict[str, object]:
    found = pipeline.read(path).recipe
    assert found is not None
    return dict(found)


def test_vary_writes_the_chosen_bars_anew(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "o.mid"
    code, printed, complaint = run("vary", ODE, *"--amount 0.8 --bars 3-4 --seed 7 --out".split(), out)
    assert code == 0 and printed.split() == [str(out)], complaint
    told = recipe(out)
    assert [told[k] for k in ("verb", "model", "amount", "first_bar", "last_bar", "seed")] == [
        "vary",
        "vae",
        0.8,
        3,
        4,
        7,
    ]
    before, after = (pipeline.read(path).score.slice_bars(0, 2) for path in (ODE, out))
    assert before.tracks[0].notes == after.tracks[0].notes
    assert pipeline.read(out).score != pipeline.read(ODE).score


def test_blend_puts_all_steps_into_one_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "o.mid"
    code, _, complaint = run("blend", ODE, MINUET, *"--steps 3 --takes 2 --out".split(), out)
    assert code == 0 and "different metres" in complaint
    for number in (1, 2):
        told = recipe(tmp_path / f"o-{number}.mid")
        assert (told["verb"], told["steps"], told["seed"]) == ("blend", 3, number - 1)
        bars = min(pipeline.read(path).score.bar_count for path in (ODE, MINUET))
        assert pipeline.read(tmp_path / f"o-{number}.mid").score.bar_count == 3 * min(16, bars)


def test_restyle_like_another_file_is_the_verb_resemble(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "o.mid"
    code, _, complaint = run("restyle", ODE, "--like", MINUET, "--strength", "0.5", "--bars", "1-2", "--out", out)
    assert code == 0, complaint
    told = recipe(out)
    assert [told[k] for k in ("verb", "model", "strength", "last_bar")] == ["resemble", "vae", 0.5, 2]
    assert told["other"] == pipeline.read(MINUET).sha256


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("vary {ode} --amount 2 --out {tmp}/o.mid", "amount must be from 0 to 1, but 2.0 was given"),
        ("blend {ode} {minuet} --steps 17 --out {tmp}/o.mid", "steps must be a whole number from 3 to 16"),
        ("blend {ode} {tmp}/none.mid --out {tmp}/o.mid", "There is no file 'none.mid'"),
        ("restyle {ode} --like {minuet} --model lstm --out {tmp}/o.mid", "cannot resemble; choose one of: vae"),
        ("vary {ode}", "Nothing would be kept"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, tmp_path: Path, words: str, says: str) -> None:
    code, printed, complaint = run(*words.format(ode=ODE, minuet=MINUET, tmp=tmp_path).split())
    assert code == 2 and not printed and says in complaint and complaint.count("\n") == 1
    assert not (tmp_path / "o.mid").exists()
