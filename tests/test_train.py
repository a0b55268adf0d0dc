"""Training on a tiny folder: it learns, a killed run goes on as if nothing had been, and the card tells the truth."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch
from runs import command, prepared, rows
from safetensors.torch import load_file

from studio import checkpoints, data, models, train
from studio.errors import SettingError
from studio.models._muon import Muon
from studio.train import __main__ as command_line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("corpus"))


def test_it_learns_and_the_card_tells_how(folder, tmp_path, capsys):
    assert command_line.main(command(folder, tmp_path, "steps=40", "eval_every=20", "lr=0.02")) == 0
    first, last = rows(tmp_path)
    assert float(last["valid_loss"]) < float(first["valid_loss"]) and float(last["lr"]) > 0
    assert (tmp_path / "loss.png").stat().st_size > 1000
    card = checkpoints.read_card(tmp_path)
    figures = card.facts["figures"]
    assert figures == json.loads(capsys.readouterr().out)
    assert 0 < figures["test_nats_per_token"] < 7 and figures["ngram5_nats_per_note"] > 0 and figures["test_notes"] > 0
    assert card.facts["data"][0]["licence"] == "CC0" and "studio.train --model lstm" in card.facts["command"]
    assert str(tmp_path) not in (tmp_path / "card.json").read_text()
    # The figure on the card is that of the weights in the folder.
    model, representation = checkpoints.load(tmp_path)
    test = data.windows.Windows(folder, "test", 48)
    from studio.evaluate import model_scorer, nats

    again = nats(model_scorer(model, torch.device("cpu")), test.evaluation(), representation.note_ids)
    assert again["nats_per_note"] == pytest.approx(figures["test_nats_per_note"], rel=1e-3)


@pytest.mark.parametrize(
    ("number", "optimizer"), [(signal.SIGKILL, "adamw"), (signal.SIGINT, "muon"), (signal.SIGTERM, "adamw")]
)
def test_a_run_that_was_ended_goes_on_as_if_nothing_had_been(folder, tmp_path, number, optimizer):
    settings = ("steps=40", "eval_every=10", "lr=0.01", "dropout=0.2", f"optimizer={optimizer}")
    assert command_line.main(command(folder, tmp_path / "whole", *settings)) == 0
    arguments = command(folder, tmp_path / "cut", *settings)
    process = subprocess.Popen([sys.executable, "-m", "studio.train", *arguments], stderr=subprocess.DEVNULL)
    patience = time.monotonic() + 60
    while not (tmp_path / "cut" / "state.safetensors").exists() and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait() == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    assert command_line.main(arguments) == 0
    assert [{**row, "seconds": ""} for row in rows(tmp_path / "cut")] == [
        {**row, "seconds": ""} for row in rows(tmp_path / "whole")
    ]
    weights = (tmp_path / name / checkpoints.WEIGHTS for name in ("whole", "cut"))
    assert len({path.read_bytes() for path in weights}) == 1


@pytest.mark.parametrize("name", [name for name in models.names() if models.find(name).EXAMPLES == "windows"])
def test_muon_has_the_hidden_matrices_and_adamw_the_rest(name):
    module = models.find(name)
    model = module.Model(module.Config(40, 1))
    names = {id(p): name for name, p in model.named_parameters()}
    settings = models.OptimizerSettings("muon", lr=0.01, weight_decay=0.3)
    adamw, muon = model.configure_optimizers(settings)
    assert isinstance(adamw, torch.optim.AdamW) and isinstance(muon, Muon)
    groups = [*adamw.param_groups, *muon.param_groups]
    taken = [p for group in groups for p in group["params"]]
    assert sorted(names.values()) == sorted(names[id(p)] for p in taken)  # each once
    assert [names[id(p)] for p in adamw.param_groups[0]["params"]] == ["embed.weight"]
    assert {p.dim() for p in adamw.param_groups[1]["params"]} <= {1}
    assert [group["weight_decay"] for group in groups] == [0.3, 0, 0.3]


def test_a_step_of_muon_is_orthogonal_and_as_large_as_one_of_adamw():
    """The update is lr * 0.2 * sqrt(longer side) * O: O's singular values are about 1, the RMS is 0.2 * lr."""
    module = models.find("lstm")
    torch.manual_seed(0)
    model = module.Model(module.Config(40, 1, embedding=32, hidden=96, layers=1, dropout=0.0))
    optimizers = model.configure_optimizers(models.OptimizerSettings("muon", lr=0.01, weight_decay=0.0))
    before, embedding = model.project.weight.detach().clone(), model.embed.weight.detach().clone()
    ids = torch.randint(2, 40, (16, 60))
    ids[:, 0] = 1
    model.training_step(ids, optimizers, clip=1.0)
    update = (model.project.weight - before).detach()
    values = torch.linalg.svdvals(update) / (0.01 * 0.2 * 96**0.5)
    assert float(values.min()) > 0.5 and float(values.max()) < 1.3
    assert float(update.square().mean().sqrt()) == pytest.approx(0.01 * 0.2, rel=0.15)
    # AdamW's first step is of size lr.
    assert float((model.embed.weight.detach() - embedding).abs().max()) == pytest.approx(0.01, rel=0.01)


def test_a_resumed_run_may_take_longer_windows_and_other_batches(folder, tmp_path):
    assert command_line.main(command(folder, tmp_path, "steps=2", "eval_every=2")) == 0
    assert command_line.main(command(folder, tmp_path, "steps=4", "eval_every=2", "context=80", "batch=3")) == 0
    assert [int(row["step"]) for row in rows(tmp_path)] == [2, 4]
    settings = checkpoints.read_card(tmp_path).facts["settings"]
    assert (settings["context"], settings["batch"]) == (80, 3)


def test_windows_fit_what_the_network_sees(folder, tmp_path):
    settings = train.Settings(context=4096)
    with pytest.raises(SettingError, match="4096 ids are longer than the 2048"):
        train.Run("transformer", folder, tmp_path, settings, {"width": 64, "layers": 1, "heads": 1}, "")


@pytest.mark.skipif(not shutil.which("g++"), reason="needs a C++ compiler")
def test_a_compiled_step_learns_the_same_and_leaves_no_trace_in_the_weights(folder, tmp_path):
    for setting in ("off", "on"):
        assert (
            command_line.main(command(folder, tmp_path / setting, "steps=3", "eval_every=3", f"compile={setting}")) == 0
        )
    off, on = (load_file(tmp_path / setting / checkpoints.WEIGHTS) for setting in ("off", "on"))
    assert off.keys() == on.keys() and all(torch.allclose(off[k], on[k], atol=1e-3) for k in off)
    # And one can go on where the other stopped.
    assert command_line.main(command(folder, tmp_path / "on", "steps=4", "eval_every=3")) == 0


def test_compiling_without_a_compiler_gets_a_sentence(folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command_line.main(command(folder, tmp_path / "run", "compile=on")) == 2
    assert "which is not installed here" in capsys.readouterr().err


def test_it_learns_on_from_a_checkpoint_and_the_card_tells_both(folder, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    assert command_line.main(command(folder, first, "steps=30", "eval_every=30", "lr=0.02")) == 0
    start = ["--start", str(first)]
    assert command_line.main([*start, *command(folder, second, "steps=1", "eval_every=1", "lr=1e-9")]) == 0
    # A step that changes next to nothing: it stands where the first run ended, up to the file's half precision.
    assert float(rows(second)[-1]["valid_loss"]) == pytest.approx(float(rows(first)[-1]["valid_loss"]), abs=0.01)
    facts = checkpoints.read_card(second).facts
    (before,) = facts["learned_before"]
    assert before["steps"] == 30 and before["collections"] == "tunes" and facts["steps"] == 1
    assert str(tmp_path) not in json.dumps(facts) and "--start first" in facts["command"]


def test_it_learns_on_only_from_what_fits(folder, tmp_path, capsys):
    assert command_line.main(command(folder, tmp_path / "first", "steps=1", "eval_every=1")) == 0
    wider = command(folder, tmp_path / "second", "steps=1", "hidden=24")
    assert command_line.main(["--start", str(tmp_path / "first"), *wider]) == 2
    assert "is of another size" in capsys.readouterr().err
    assert command_line.main(["--start", str(tmp_path / "none"), *wider]) == 2
    assert "is no checkpoint" in capsys.readouterr().err


def test_it_stops_when_validation_no_longer_improves(folder, tmp_path):
    assert command_line.main(command(folder, tmp_path, "steps=200", "eval_every=2", "patience=2", "lr=0.5")) == 0
    looks = [float(r["valid_loss"]) for r in rows(tmp_path)]
    assert len(looks) < 100 and min(looks[-2:]) >= min(looks[:-2])


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "muon"])
def test_other_optimizers(folder, tmp_path, optimizer):
    assert command_line.main(command(folder, tmp_path, "steps=4", "eval_every=2", f"optimizer={optimizer}")) == 0
    # And their state can be read back.
    assert command_line.main(command(folder, tmp_path, "steps=6", "eval_every=2", f"optimizer={optimizer}")) == 0
    assert int(rows(tmp_path)[-1]["step"]) == 6


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("colour=red",), "there is no 'colour'"),
        (("steps=many",), "many"),
        (("optimizer=sgd",), "adamw, adam, rmsprop, muon"),
        (("precision=fp16",), "no precision 'fp16'; there are auto, bf16, fp32"),
        (("lr=0.5", "steps=4"), "other settings"),
    ],
)
def test_mistakes_get_a_sentence(folder, tmp_path, capsys, settings, said):
    if "lr=0.5" in settings:
        assert command_line.main(command(folder, tmp_path, "steps=2", "eval_every=2")) == 0
    assert command_line.main(command(folder, tmp_path, *settings)) == 2
    assert said in capsys.readouterr().err


def test_a_size_goes_by_its_name(folder, tmp_path, monkeypatch):
    sizes = {"tiny": {"embedding": 8, "hidden": 10}, "small": {"embedding": 12, "hidden": 16}}
    monkeypatch.setattr(models.find("lstm"), "SIZES", sizes, raising=False)
    settings, chosen = train.parse(["hidden=11", "steps=5"], "lstm", "tiny")
    assert settings.steps == 5 and chosen == {"embedding": 8, "hidden": 11}  # --set has the last word
    assert sizes["tiny"]["hidden"] == 10 and train.parse([], "lstm") == (train.Settings(), {})
    arguments = ["--model", "lstm", "--size", "tiny", "--data", str(folder), "--out", str(tmp_path), "--device", "cpu"]
    assert command_line.main([*arguments, "--set", "steps=2", "context=48", "batch=2"]) == 0
    facts = checkpoints.read_card(tmp_path).facts
    assert (
        facts["config"]["embedding"] == 8 and facts["config"]["hidden"] == 10 and facts["settings"]["device"] == "cpu"
    )
    told = "python -m studio.train --model lstm --size tiny --data prepared --out "
    assert facts["command"] == f"{told}{tmp_path.name} --set steps=2 context=48 batch=2"
    with pytest.raises(SettingError, match="no size 'huge'; there are tiny, small"):
        train.parse([], "lstm", "huge")
    monkeypatch.delattr(models.find("lstm"), "SIZES")
    with pytest.raises(SettingError, match="one size only"):
        train.parse([], "lstm", "tiny")


def test_the_network_is_told_what_it_must_know_of_the_ids(folder, tmp_path):
    run = train.Run("transformer", folder, tmp_path, train.Settings(), {"width": 64, "layers": 1, "heads": 2}, "")
    config, marks = run.model.config, run.representation.marks
    assert (config.start_id, config.bar_id, config.hole_id) == (marks["start_id"], marks["bar_id"], marks["hole_id"])
    assert config.tracks == marks["tracks"] > 1
    # Which nobody need say, nor can.
    with pytest.raises(SettingError, match=r"no 'bar_id'; there are batch, .* weight_decay, width\.$"):
        train.parse(["bar_id=3"], "transformer")
    with pytest.raises(SettingError, match="no network of these sizes: a head needs"):
        train.Run("transformer", folder, tmp_path, train.Settings(), {"width": 16, "heads": 4}, "")


def test_a_device_that_is_not_here_gets_a_sentence(folder, tmp_path, capsys):
    assert command_line.main([*command(folder, tmp_path), "--device", "abacus"]) == 2
    assert "no device 'abacus' on this machine; there is " in capsys.readouterr().err


def test_no_data_gets_a_sentence(tmp_path, capsys):
    assert command_line.main(command(tmp_path / "nothing", tmp_path / "out")) == 2
    assert "prepared data" in capsys.readouterr().err


def test_the_schedule():
    settings = train.Settings(steps=100, lr=1.0, warmup=10, decay=0.5)
    rates = [settings.learning_rate(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == rates[50] == 1 and rates[75] == pytest.approx(0.5)
    assert rates[99] == pytest.approx(0.02)
