"""Checkpoints with tiny networks of random weights: quick, musical nonsense, and real ones in every other way."""

from pathlib import Path

import torch

from studio import checkpoints, models
from studio.representations.events import Events
from studio.representations.pianoroll import PianoRoll


def save_lstm(folder: Path, seed: int = 0) -> Path:
    """Write a checkpoint that continues melodies into `folder`, and return it."""
    torch.manual_seed(seed)
    events = Events()
    module = models.find("lstm")
    model = module.Model(module.Config(events.vocab_size, events.start_id, embedding=16, hidden=16, dropout=0.0))
    with torch.no_grad():
        # Short notes, so that there are some to look at: of durations and HOLD random weights would take any alike.
        model.bias[events.vocabulary.ids["HOLD"]] = -30
        long = events.vocabulary.types["DURATION"][36:]
        model.bias[long.start : long.stop] = -30
    card = {"title": "Tiny", "help": "Random weights.", "figures": {"test_nats_per_note": 9.5, "test_notes": 1000}}
    checkpoints.save(folder, model, "lstm", events, card)
    return folder


def save_transformer(folder: Path, seed: int = 0) -> Path:
    """The same for one that knows all verbs."""
    torch.manual_seed(seed)
    events = Events()
    module = models.find("transformer")
    config = module.Config(events.vocab_size, **events.marks, width=64, layers=2, heads=1, context=512)
    model = module.Model(config)
    checkpoints.save(folder, model, "transformer", events, {"title": "Tiny too", "help": "Random weights as well."})
    return folder


def save_vae(folder: Path, seed: int = 0) -> Path:
    """The same for one that varies and blends melodies."""
    torch.manual_seed(seed)
    events = Events()
    module = models.find("vae")
    sizes = {"embedding": 16, "reader": 16, "latent": 8, "conductor": 16, "hidden": 24}
    model = module.Model(module.Config(events.vocab_size, events.start_id, events.marks["bar_id"], **sizes))
    with torch.no_grad():
        model.bias[events.vocabulary.ids["HOLD"]] = -30
        model.directions.normal_()
        model.scales.copy_(torch.tensor([[1.5, 1.5], [69, 6.5], [2.0, 2.0], [0.05, 0.15], [0.4, 0.4]]))
    checkpoints.save(folder, model, "vae", events, {"title": "Tiny three", "help": "Random weights, too."})
    return folder


def save_gan(folder: Path, seed: int = 0) -> Path:
    """The same for one that writes whole bars."""
    torch.manual_seed(seed)
    module = models.find("gan")
    config = module.Config(width=16, cell=8, hidden=32, layers=1, latent=6, noise=4)
    checkpoints.save(folder, module.Model(config), "gan", PianoRoll(), {"title": "Tiny four", "help": "Random still."})
    return folder
