"""Phrases: what an encoder-decoder learns from, what is told of bars, and a tiny run from folder to card."""

import numpy as np
import pytest
import torch
from runs import prepared
from scores import melody

from studio import checkpoints
from studio.data.phrases import ATTRIBUTES, BARS, Phrases, Sounded, attributes, notes
from studio.representations.events import Events
from studio.train import __main__ as command_line
from studio.train.judges import phrases as judge

EVENTS = Events()
BAR, EOS = EVENTS.marks["bar_id"], EVENTS.end_id


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("corpus"))


def test_phrases_are_headers_and_whole_bars_with_what_ends_them(folder):
    phrases = Phrases(folder, "train")
    batch = phrases.batch(3, 0, 5)
    assert batch.shape[:2] == (5, 1 + BARS) and np.array_equal(batch, Phrases(folder, "train").batch(3, 0, 5))
    assert not np.array_equal(batch, phrases.batch(4, 0, 5))
    for header, *bars in batch:
        assert EVENTS.start_id in header and BAR not in header
        there = [bar[bar != 0] for bar in bars if bar[0] != 0]
        assert len(there) >= 2 and all(bar[0] == BAR and bar[-1] in (BAR, EOS) for bar in there)
        assert all(not (bar[1:-1] == BAR).any() for bar in there)
        assert not any(bar.any() for bar in bars[len(there) :])  # none after a missing one


def test_held_out_phrases_cover_pieces_side_by_side(folder):
    phrases = Phrases(folder, "valid")
    found = [phrase for batch in phrases.held_out(4, None) for phrase in batch]
    again = [phrase for batch in phrases.held_out(2, None) for phrase in batch]
    assert len(again) == 2 * len(found) > 0  # these pieces have 4 or 8 bars
    ids = sum(int((phrase[1:] != 0).sum()) - 4 for phrase in found)  # what ends a bar begins the next, or the piece
    assert phrases.tokens - 2 * len(phrases._pieces) <= ids <= phrases.tokens


def test_notes_of_a_bar_come_back():
    _, (bar, _) = EVENTS.encode_bars(melody([60, 62, 67, 65, 64, 62], duration=24))
    assert notes(bar.tolist(), EVENTS.vocabulary) == [(0, 60, 24), (24, 62, 24), (48, 67, 24), (72, 65, 24)]
    long = EVENTS.encode_bars(melody([60], duration=24 * 8))[1][0]
    assert notes(long.tolist(), EVENTS.vocabulary)[0].duration == 24 * 8


def test_attributes_of_a_bar():
    even = [Sounded(24 * i, pitch, 24) for i, pitch in enumerate((60, 64, 60, 64))]
    assert attributes(even, 96) == (1.0, 62.0, 4.0, 0.0, 0.0)
    off = [Sounded(0, 60, 12), Sounded(12, 60, 24), Sounded(36, 60, 24)]
    density, register, leaps, syncopation, unevenness = attributes(off, 72)
    assert (density, register, leaps) == (1.0, 60.0, 0.0)
    assert syncopation == pytest.approx(2 / 3) and unevenness == pytest.approx(np.std([0, 1, 1]))
    assert attributes([], 96) is None and len(ATTRIBUTES) == 5


def test_a_run_from_folder_to_card(folder, tmp_path, capsys):
    sizes = ["embedding=12", "reader=12", "latent=4", "conductor=12", "hidden=16"]
    settings = ["batch=4", "threads=1", "precision=fp32", "warmup=2", "steps=30", "eval_every=15", "lr=0.02"]
    arguments = ["--model", "vae", "--data", str(folder), "--out", str(tmp_path), "--set", *sizes, *settings]
    assert command_line.main(arguments) == 0
    first, last = (line.split(",") for line in (tmp_path / "loss.csv").read_text().splitlines()[1:])
    columns = (tmp_path / "loss.csv").read_text().splitlines()[0].split(",")
    assert {"valid_loss", "valid_kl", "valid_again", "valid_answer", "train_kl"} <= set(columns)
    at = columns.index("valid_loss")
    assert float(last[at]) < float(first[at])
    figures = checkpoints.read_card(tmp_path).facts["figures"]
    assert 0 <= figures["notes_right_2_bars"] <= 1 and 0 < figures["test_nats_per_note"] < 30
    # How latents lie was worked out for the weights that are kept.
    model, _ = checkpoints.load(tmp_path)
    latents = torch.cat(
        [torch.cat(judge._read(model, b)) for b in Phrases(folder, "train").held_out(4, judge.MOST_IDS)]
    )
    assert torch.allclose(model.center, latents.mean(0), atol=0.02)
    assert torch.allclose(model.spread @ model.spread.T, torch.cov(latents.T), atol=0.02)
    assert model.directions.abs().sum() > 0 and model.scales[1, 0] == pytest.approx(70, abs=6)


def test_directions_move_what_they_are_named_after_and_nothing_else(folder):
    """With latents that are the attributes themselves, mixed, each direction is its column of the mixture."""

    class Mixer:
        def __init__(self):
            self.mixture = torch.randn(5, 7, generator=torch.Generator().manual_seed(1))
            self.center, self.spread = torch.zeros(7), torch.eye(7)
            self.directions, self.scales = torch.zeros(5, 7), torch.zeros(5, 2)

        def read(self, bars, lengths):
            told = [attributes(notes(bar.tolist(), EVENTS.vocabulary), 96) or (0,) * 5 for bar in bars]
            return torch.tensor(told) @ self.mixture, None

    model = Mixer()
    judge.settle(model, Phrases(folder, "train"))
    varied = model.scales[:, 1] > 0.01  # these tunes are even and never off the beat
    assert varied.tolist() == [True, True, True, False, False]
    wanted = model.mixture[varied] * model.scales[varied, 1:]
    assert torch.allclose(model.directions[varied], wanted, rtol=1e-2, atol=1e-2)
