"""The Transformer's quick decoder computes what its network does."""

import numpy as np
import pytest
import torch
from scores import melody

from studio.models import _decoder, transformer
from studio.models._decoder import Clock, Decoder, product
from studio.representations.events import Events
from studio.sampling import Settings

EVENTS = Events()


def ids():
    """Two bars of four with holes, what is kept in one of them, and what fills them."""
    score = EVENTS.quantize(melody([60, 62, 64, 65] * 4))
    kept = score.tracks[0].notes[5:6]
    return torch.from_numpy(EVENTS.encode(score, holes={(1, 0): kept, (3, 0): ()}))


def build():
    torch.manual_seed(0)
    config = transformer.Config(EVENTS.vocab_size, **EVENTS.marks, width=64, layers=2, heads=2, context=256)
    model = transformer.Model(config).eval()
    with torch.no_grad():
        for block in model.blocks:  # what training does to them
            for norm in (block.norm1, block.norm2, model.norm):
                norm.weight.uniform_(0.5, 1.5)
        model.embed.weight.mul_(20)
    return model


def test_the_clock_tells_what_places_tell():
    config, row = build().config, ids()
    clock = Clock(config)
    told = [clock.read(token) for token in row.tolist()]
    assert told == [tuple(place) for place in transformer.places(row[None], config)[0].tolist()]
    first, second = (row == config.fill_id).nonzero().flatten()
    assert [told[first][1], told[second][1], told[-1][1]] == [2, 4, 4]
    assert max(position for _, _, position in told) == 3 * 24


@pytest.mark.parametrize(("takes", "together"), [(1, True), (3, True), (3, False)])
@torch.inference_mode()
def test_logits_are_those_of_the_network(takes, together):
    """Takes that begin alike, or each in its own way, and go on each in its own way."""
    model, row = build(), ids()
    rows = torch.stack([moved(row, take) for take in range(takes)])
    split = len(row) // 3
    if together:
        rows[:, :split] = row[:split]
    decoder, wanted = Decoder(model, takes), model.logits(rows)
    for _ in range(2):  # it forgets what it had read
        got = [decoder.start(rows[:1, :split] if together else rows[:, :split])]
        got += [decoder.step(rows[:, at]) for at in range(split, len(row))]
        assert torch.allclose(torch.stack(got, 1), wanted[:, split - 1 :], atol=1e-4)
    assert decoder.length == len(row)


def test_a_rounded_product_is_near_the_exact_one():
    """Each weight is off by half a 127th of its row's largest at most, and activations by one part in 256."""
    generator = torch.Generator().manual_seed(0)
    weight, x = torch.randn(10, 48, generator=generator), torch.randn(5, 48, generator=generator)
    weight[3] = 0
    exact, rounded = (product(weight, rounded=rounded)(x).float() for rounded in (False, True))
    assert torch.equal(exact, x @ weight.T)
    most = (x.abs() @ (weight.abs().amax(1, keepdim=True) / 254).expand_as(weight).T) + exact.abs() / 64 + 0.1
    assert ((rounded - exact).abs() <= most).all() and not torch.equal(rounded, exact)
    assert (rounded[:, 3] == 0).all()


@pytest.mark.parametrize("takes", [1, 3])
@torch.inference_mode()
def test_large_networks_are_rounded_and_say_nearly_the_same(takes, monkeypatch):
    monkeypatch.setattr(_decoder, "SMALL", 1000)
    model, row = build(), ids()
    decoder = Decoder(model, takes)
    assert decoder.rounded
    rows = torch.stack([moved(row, take) for take in range(takes)])
    got = [decoder.start(rows[:, :20]), *(decoder.step(rows[:, at]) for at in range(20, len(row)))]
    exact, got = model.logits(rows)[:, 19:], torch.stack(got, 1)
    assert 0 < float((got - exact).std()) < 0.001 * float(exact.std())


def moved(row, semitones):
    return torch.from_numpy(EVENTS.transpose(row.numpy(), semitones))


class Another:
    """A mask that allows every id but those before, so many times: random weights would say the same one for ever."""

    def __init__(self, count):
        self.left, self.free = count, np.full(EVENTS.vocab_size, True)

    def advance(self, token):
        self.left -= 1
        self.free[token] = False

    def allowed(self):
        return self.free & (self.left > 0)


def written(model, prompt, plain, count=12, takes=2):
    """What the takes get at temperature 0."""
    settings = Settings(temperature=0, repetition=0)
    generators = [torch.Generator().manual_seed(take) for take in range(takes)]
    masks = [Another(count) for _ in range(takes)]
    return list(model.generate(prompt, masks, settings, generators, plain))


@torch.inference_mode()
def test_what_is_asked_counts_by_its_difference():
    """The likeliest id by the network's own logits, with the prompt and without what is asked in it."""
    model, row = build(), ids()
    model.embed.weight.div_(20)  # what was said last is not all that counts
    prompt, plain = row[:20], row[25:32]
    got = written(model, prompt, plain)
    begun, chosen = [prompt.tolist(), plain.tolist()], []
    for first, second in got:
        asked, without = (model.logits(torch.tensor([ids + chosen]))[0, -1] for ids in begun)
        guided = 2 * asked - without
        guided[chosen] = -torch.inf
        assert first == second == int(guided.argmax())
        chosen.append(first)
    assert written(model, prompt, prompt) == written(model, prompt, None) != got
