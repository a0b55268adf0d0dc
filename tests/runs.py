"""Training runs for the tests: a prepared folder of little melodies, a tiny network, and what a run writes."""

import csv
import random

from scores import melody

from studio import midi
from studio.data import __main__ as prepare

TINY = ["embedding=12", "hidden=16", "dropout=0", "batch=4", "context=48", "threads=1", "precision=fp32", "warmup=2"]


def prepared(root):
    """A folder of 80 little melodies, as the command prepares it."""
    rng = random.Random(5)
    (root / "tunes").mkdir()
    for i in range(80):
        steps = [rng.choice([-2, -1, 1, 2, 3]) for _ in range(31)]
        pitches = [60 + sum(steps[:k]) % 24 for k in range(32)]
        midi.save(melody(pitches, duration=rng.choice([12, 24])), root / "tunes" / f"{i}.mid")
    out = root / "prepared"
    options = ["--voices", "melody", "--licence", "CC0", "--style", "folk"]
    assert prepare.main(["--out", str(out), *options, str(root / "tunes")]) == 0
    return out


def command(folder, out, *settings):
    """The arguments of `python -m studio.train`."""
    return ["--model", "lstm", "--data", str(folder), "--out", str(out), "--set", *TINY, *settings]


def rows(out):
    """Of the loss curve."""
    with (out / "loss.csv").open() as file:
        return list(csv.DictReader(file))
