import json
import subprocess
import sys

import pytest
import torch

from studio import checkpoints
from studio.errors import CheckpointError
from studio.models import lstm
from studio.representations.events import Events

EVENTS = Events()


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(1)
    model = lstm.Model(lstm.Config(EVENTS.vocab_size, EVENTS.start_id, embedding=8, hidden=8))
    path = tmp_path / "tiny"
    checkpoints.save(path, model, "lstm", EVENTS, {"title": "Tiny", "help": "For tests.", "figures": {"loss": 1.5}})
    return path


def test_weights_and_vocabulary_come_back(folder):
    model, representation = checkpoints.load(folder)
    again, _ = checkpoints.load(folder)
    assert representation.vocab == EVENTS.vocab and not model.training
    weights = model.state_dict()
    assert all(torch.equal(weights[k], v) for k, v in again.state_dict().items())
    assert weights["embed.weight"].dtype == torch.float32


def test_cards_are_listed_without_torch(folder):
    (card,) = checkpoints.cards(folder.parent)
    assert (card.name, card.title, card.facts["figures"]["loss"]) == ("tiny", "Tiny", 1.5)
    assert card.controls[0].name == "temperature" and len(card.sha256) == 64
    assert "loss: 1.5" in (folder / "README.md").read_text()
    code = f"import sys, pathlib; from studio.checkpoints import cards; cards(pathlib.Path({str(folder.parent)!r}))"
    code += "; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["config.json", "card.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_damaged_checkpoint_is_refused_in_words(folder, name, damage):
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    read = checkpoints.read_card if name == "card.json" else checkpoints.load
    with pytest.raises(CheckpointError, match="tiny"):
        read(folder)


def test_weights_that_do_not_fit_the_config_are_refused(folder):
    config = json.loads((folder / "config.json").read_text())
    config["config"]["hidden"] = 16
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="does not fit"):
        checkpoints.load(folder)


def test_shipped_cards_tell_the_controls_of_the_code(root):
    from studio import models

    for card in checkpoints.cards(root / "checkpoints"):
        assert card.controls == models.find(card.model).CONTROLS, f"run save_card on {card.name}"
