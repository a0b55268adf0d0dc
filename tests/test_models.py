"""The contract that every model in the folder keeps, on tiny sizes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from scores import melody

from studio import models
from studio.models import Control, OptimizerSettings
from studio.representations.events import Events, Plan, Voice
from studio.sampling import Settings

EVENTS = Events()
TINY = {
    "lstm": {"embedding": 16, "hidden": 24, "layers": 2, "dropout": 0.1},
    "transformer": {"width": 16, "layers": 2, "heads": 2, "context": 64, "dropout": 0.1},
    "vae": {"embedding": 16, "reader": 16, "latent": 6, "conductor": 16, "hidden": 32, "phrase": 3, "beta": 0.01},
}
NAMES = models.names()
each = pytest.mark.parametrize("name", [name for name in NAMES if models.find(name).EXAMPLES != "rolls"])
"""Those that learn from ids; what the one of whole bars keeps is in test_gan.py."""


def build(name):
    torch.manual_seed(0)
    module = models.find(name)
    # The Transformer is to learn without being told where anything stands; the encoder-decoder needs the bars.
    marks = {mark: EVENTS.marks[mark] for mark in ("bar_id", "position_id", "positions")} if name == "vae" else {}
    return module.Model(module.Config(EVENTS.vocab_size, EVENTS.start_id, **marks, **TINY[name]))


def batch():
    ids = EVENTS.encode(melody([60, 62, 64, 65] * 4), ended=True)
    rows = np.zeros((2, 64), dtype=np.int64)
    for row, shift in zip(rows, (0, 5), strict=True):
        row[: min(64, len(ids))] = EVENTS.transpose(ids, shift)[:64]
    return torch.from_numpy(rows)


def lesson(name):
    """What a training step learns from: ids in rows, or in phrases, a row for the header and for each bar."""
    if models.find(name).EXAMPLES != "phrases":
        return batch()
    phrases = torch.zeros(2, 4, 16, dtype=torch.long)
    for phrase, ids in zip(phrases, batch(), strict=True):
        begins = (ids == EVENTS.marks["bar_id"]).nonzero().flatten().tolist()
        for row, (start, end) in zip(phrase, [(0, begins[0]), *pairwise(begins)], strict=False):
            part = ids[start : end + (start > 0)]  # a bar's last id is the one that ends it
            row[: len(part)] = part
    return phrases


def generate(model, settings, seeds, bars=3):
    prompt = EVENTS.encode(melody([60, 62, 64, 65, 67, 65, 64, 62]))
    masks = []
    for _ in seeds:
        grammar = EVENTS.grammar()
        for token in prompt:
            grammar.advance(int(token))
        grammar.steer(Plan(bars, (Voice(monophonic=True),)))
        masks.append(grammar)
    generators = [torch.Generator().manual_seed(s) for s in seeds]
    takes = [[] for _ in seeds]
    for row in model.eval().generate(torch.from_numpy(prompt), masks, settings, generators):
        for take, token in zip(takes, row, strict=True):
            if token is not None:
                take.append(token)
    return prompt, takes


def test_there_are_models():
    assert "lstm" in models.names()
    with pytest.raises(KeyError):
        models.find("nonsense")


@pytest.mark.parametrize("name", NAMES)
def test_controls_say_what_a_user_may_turn(name):
    module = models.find(name)
    assert module.TITLE and module.HELP
    for control in module.CONTROLS:
        assert isinstance(control, Control) and control.help
        if isinstance(control.default, str):
            assert control.choices or control.default == ""  # to be typed
        elif not control.choices:
            assert control.minimum <= control.default <= control.maximum and control.step > 0


@each
@pytest.mark.parametrize("optimizer", ["adamw", "adam", "rmsprop"])
def test_it_learns_a_batch_by_heart(name, optimizer):
    model = build(name)
    optimizers = model.configure_optimizers(OptimizerSettings(optimizer, lr=0.01))
    losses = [model.train().training_step(lesson(name), optimizers, 1.0)["loss"] for _ in range(150)]
    assert losses[-1] < losses[0] / 3


@each
def test_likelihood_looks_only_backwards(name):
    model, ids = build(name).eval(), batch()
    changed = ids.clone()
    changed[:, 40:] = 7
    before, after = model.nll(ids), model.nll(changed)
    assert before.shape == (2, 63)
    assert torch.allclose(before[:, :39], after[:, :39], atol=1e-5) and not torch.allclose(before, after)


@each
def test_likelihood_is_that_of_the_softmax(name):
    """Over all V next ids the probabilities sum to one."""
    model = build(name).eval()
    prefix = batch()[0, :20]
    rows = torch.cat([prefix.expand(EVENTS.vocab_size, -1), torch.arange(EVENTS.vocab_size)[:, None]], 1)
    with torch.inference_mode():
        assert float(torch.exp(-model.nll(rows)[:, -1]).sum()) == pytest.approx(1, abs=1e-4)


@each
def test_same_seed_same_notes_and_takes_differ(name):
    model = build(name)
    _, (first, second) = generate(model, Settings(), (1, 2))
    assert first != second
    assert generate(model, Settings(), (1,))[1] == [first]
    assert (
        generate(model, replace(Settings(), temperature=0), (1, 2))[1][0]
        == generate(model, replace(Settings(), temperature=0), (3,))[1][0]
    )


@each
def test_steps_agree_with_reading_it_all_at_once(name):
    """Greedy decoding picks, at every step, the likeliest allowed id of the full forward pass."""
    model = build(name)
    prompt, (take,) = generate(model, Settings(temperature=0, repetition=0), (0,))
    grammar = EVENTS.grammar()
    for token in prompt:
        grammar.advance(int(token))
    grammar.steer(Plan(3, (Voice(monophonic=True),)))
    with torch.inference_mode():
        logits = model.logits(torch.tensor([[*prompt, *take]]))[0]
    for i, token in enumerate(take):
        allowed = torch.from_numpy(grammar.allowed())
        row = logits[len(prompt) + i - 1].masked_fill(~allowed, -torch.inf)
        assert row[token] >= row.max() - 1e-4
        grammar.advance(token)


@each
def test_writing_goes_on_beyond_any_context(name):
    """Many times 64 ids, in two takes, in valid bars to the end."""
    _, takes = generate(build(name), Settings(), (1, 2), bars=60)
    for take in takes:
        text = [EVENTS.vocab[i] for i in take]
        assert len(text) > 200 and text.count("BAR") == 60 and text[-1] == "EOS"


def test_the_transformer_reads_its_header_and_its_latest_half_again_when_its_context_is_full():
    model = build("transformer")
    prompt, (take,) = generate(model, Settings(temperature=0, repetition=0), (0,), bars=30)
    header = list(prompt).index(EVENTS.start_id) + 1
    seen = [int(i) for i in [*prompt, *take[: 64 - len(prompt)]]]  # a full context
    again = [*seen[:header], *[*seen, take[64 - len(prompt)]][-(32 - header) :]]
    with torch.inference_mode():
        logits = model.logits(torch.tensor([again]))[0, -1]
    grammar = EVENTS.grammar()
    for token in prompt:
        grammar.advance(int(token))
    grammar.steer(Plan(30, (Voice(monophonic=True),)))
    for token in take[: 65 - len(prompt)]:
        grammar.advance(token)
    assert take[65 - len(prompt)] == int(logits.masked_fill(~torch.from_numpy(grammar.allowed()), -torch.inf).argmax())
