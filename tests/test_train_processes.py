"""Training by several processes: the same as by one, and whatever is written or printed, is so once."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from runs import command, prepared, rows
from safetensors.torch import load_file

from studio import checkpoints
from studio.data.windows import Windows
from studio.train import Settings
from studio.train import __main__ as command_line
from studio.train.batches import Batches
from studio.train.processes import Processes

# Windows long enough that some of each is padding, and five of them: the two processes never have the same to learn.
SETTINGS = ("context=160", "batch=5", "decay=0", "eval_every=4", "lr=0.01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("corpus"))


def torchrun(folder, out, *settings):
    two = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "studio.train"]
    return [sys.executable, *two, *command(folder, out, *SETTINGS, *settings)]


def test_two_processes_learn_what_one_learns_and_write_it_once(folder, tmp_path):
    assert command_line.main(command(folder, tmp_path / "one", *SETTINGS, "steps=8")) == 0
    for steps in (4, 8):  # the second time from the state of the first
        done = subprocess.run(torchrun(folder, tmp_path / "two", f"steps={steps}"), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        facts = checkpoints.read_card(tmp_path / "two").facts
        assert json.loads(done.stdout) == facts["figures"] and "2 processes, each on cpu" in facts["machine"]
    one, two = (load_file(tmp_path / name / "state.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    for name in one.keys() - {"meta"}:
        assert (one[name] - two[name]).abs().max() < 2e-5, name
    assert [(r["step"], float(r["valid_loss"])) for r in rows(tmp_path / "two")] == [
        (r["step"], pytest.approx(float(r["valid_loss"]), abs=1e-4)) for r in rows(tmp_path / "one")
    ]
    assert {p.name for p in (tmp_path / "two").iterdir()} == {p.name for p in (tmp_path / "one").iterdir()}
    assert done.stderr.count("resuming at step 4 of 8") == 1


def test_stopping_all_loses_nothing(folder, tmp_path):
    process = subprocess.Popen(torchrun(folder, tmp_path, "steps=5000"), stderr=subprocess.PIPE, text=True)
    patience = time.monotonic() + 60
    while not (tmp_path / "state.safetensors").exists() and time.monotonic() < patience:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode != 0 and "the same command goes on from here" in said
    # Where they stopped, one alone goes on.
    meta = json.loads(bytes(load_file(tmp_path / "state.safetensors")["meta"].tolist()))
    assert 4 <= meta["step"] < 5000 and len(meta["losses"]) == meta["step"] % 4
    assert command_line.main(command(folder, tmp_path, *SETTINGS, f"steps={meta['step'] + 1}")) == 0


def test_every_row_falls_to_one_process(monkeypatch):
    batch = np.arange(10).reshape(5, 2) + 1
    shares = []
    for rank in range(3):
        world = Processes.__new__(Processes)
        world.rank, world.size = rank, 3
        shares.append(world.rows(batch))
        assert len(world.rows(batch[:1])) == 1 and world.rows(batch[:1]).any() == (rank == 0)
    assert sorted(np.concatenate(shares).tolist()) == batch.tolist()


def test_a_batch_drawn_ahead_is_the_one_of_its_step(folder):
    windows = Windows(folder, "train", 48)
    batches = Batches(windows, Settings(batch=4, context=48, seed=3), Processes(torch.device("cpu"), False))
    for step in (0, 1, 2, 7, 8, 1):
        assert batches(step).tolist() == windows.batch(step, 3, 4).tolist()
