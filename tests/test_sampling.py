import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.sampling import LoopGuard, Settings, choose, decode, probabilities

LOGITS = torch.log(torch.tensor([0.4, 0.3, 0.2, 0.1]))
ALL = np.ones(4, dtype=bool)


def p(allowed=ALL, **settings):
    return probabilities(LOGITS, allowed, Settings(**settings)).numpy()


def test_temperature():
    assert p() == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=1e-6)
    assert list(p(temperature=0)) == [1, 0, 0, 0]
    squares = np.array([0.16, 0.09, 0.04, 0.01])
    assert p(temperature=0.5) == pytest.approx(squares / squares.sum(), abs=1e-6)
    assert p(temperature=1e-4) == pytest.approx([1, 0, 0, 0])


def test_top_k_top_p_and_min_p():
    assert p(top_k=2) == pytest.approx([4 / 7, 3 / 7, 0, 0], abs=1e-6)
    assert p(top_p=0.65) == pytest.approx([4 / 7, 3 / 7, 0, 0], abs=1e-6)
    assert p(top_p=0.05) == pytest.approx([1, 0, 0, 0])
    assert p(min_p=0.6) == pytest.approx([4 / 7, 3 / 7, 0, 0], abs=1e-6)


def test_top_p_counts_only_what_the_mask_leaves():
    """Without the first id the others hold 1/2, 1/3, 1/6: 0.5 is reached by the second id alone."""
    allowed = np.array([False, True, True, True])
    assert p(allowed, top_p=0.5) == pytest.approx([0, 1, 0, 0])
    assert p(allowed, top_p=0.51) == pytest.approx([0, 0.6, 0.4, 0], abs=1e-6)
    assert list(p(allowed, temperature=0)) == [0, 1, 0, 0]


@given(
    logits=st.lists(st.floats(-50, 50), min_size=3, max_size=8),
    temperature=st.floats(0, 2),
    top_k=st.integers(0, 9),
    top_p=st.floats(0, 1),
    min_p=st.floats(0, 1),
    data=st.data(),
)
def test_always_a_distribution_over_what_is_allowed(logits, temperature, top_k, top_p, min_p, data):
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)).filter(any)))
    got = probabilities(torch.tensor(logits), allowed, Settings(temperature, top_k, top_p, min_p)).numpy()
    assert got.sum() == pytest.approx(1, abs=1e-4)
    assert (got[~allowed] == 0).all() and (got >= 0).all()


def test_frequencies_follow_probabilities():
    generator = torch.Generator().manual_seed(0)
    drawn = [choose(LOGITS[None], [ALL], [LoopGuard(0)], Settings(), [generator])[0] for _ in range(4000)]
    assert np.bincount(drawn, minlength=4) / 4000 == pytest.approx([0.4, 0.3, 0.2, 0.1], abs=0.03)


def test_an_id_is_drawn_as_torch_draws_it_and_only_where_there_is_a_choice():
    """Seed numbers that people have noted down go on meaning the same notes."""
    none, one, three = (np.array([i in ids for i in range(4)]) for ids in ((), (2,), (0, 1, 3)))
    guards = [LoopGuard(0)] * 4
    for seed in range(50):
        ours, torchs = generators(seed, seed, seed, seed + 1), generators(seed, seed, seed, seed + 1)
        got = choose(LOGITS.expand(4, -1), [none, one, three, ALL], guards, Settings(), ours)
        wanted = [
            int(torch.multinomial(torch.from_numpy(p(allowed)), 1, generator=generator))
            for allowed, generator in zip((three, ALL), torchs[2:], strict=True)
        ]
        assert got == [None, 2, *wanted]
        assert all(a.get_state().equal(b.get_state()) for a, b in zip(ours, torchs, strict=True))


def test_the_guard_bars_the_next_copy_of_a_passage():
    guard = LoopGuard(2)
    for token in [9, 1, 2, 3, 4, 1, 2, 3]:
        guard.advance(token)
    assert guard.barred() == set()
    guard.advance(4)
    assert guard.barred() == {1}
    unlimited = LoopGuard(0)
    for token in [1, 2, 3, 4] * 5:
        unlimited.advance(token)
    assert unlimited.barred() == set()


class Count:
    """Allows everything for `steps` steps."""

    def __init__(self, steps):
        self.steps = steps

    def advance(self, token):
        self.steps -= 1

    def allowed(self):
        return np.full(4, self.steps > 0)


def generators(*seeds):
    return [torch.Generator().manual_seed(s) for s in seeds]


def test_takes_stop_on_their_own_and_do_not_hang_on_each_other():
    def step(ids):
        return LOGITS.expand(len(ids), -1)

    both = list(decode(step(torch.zeros(2)), step, [Count(3), Count(5)], Settings(), generators(1, 2)))
    assert [row[0] is None for row in both] == [False, False, False, True, True]
    alone = list(decode(step(torch.zeros(1)), step, [Count(5)], Settings(), generators(2)))
    assert [row[1] for row in both] == [row[0] for row in alone]


def test_greedy_decoding_is_broken_out_of_a_loop():
    """A model that always wants 0 1 2 3 0 1 2 3 ... has to write something else after three times."""

    def step(ids):
        return torch.nn.functional.one_hot((ids + 1) % 4, 4).float()

    settings = Settings(temperature=0, repetition=3)
    out = [row[0] for row in decode(step(torch.tensor([3])), step, [Count(40)], settings, generators(0))]
    copies = "".join(map(str, out))
    assert "0123" * 3 in copies and "0123" * 4 not in copies
