import numpy as np
import pytest

from studio.ngram import Ngram

RNG = np.random.default_rng(0)


def test_probabilities_sum_to_one_for_seen_and_unseen_contexts():
    model = Ngram(7, 3).fit([RNG.integers(0, 6, 50) for _ in range(20)])
    for context in [(1, 2), (3, 3), (6, 0), (6, 6)]:
        total = sum(np.exp(-model.nll(np.array([*context, word])))[0] for word in range(7))
        assert total == pytest.approx(1)


def test_a_bigram_worked_by_hand():
    """Of a a b, a b: bigrams aa 1, ab 2, discount 1 / (1 + 2) = 1/3 as n1 = n2 = 1.

    Unigram by continuation: a follows {a}, b follows {a}: one each, n2 = 0, so the discount is 1 and all mass backs off
    to 1/2. P(b | a) = (2 - 1/3 + 1/3 * 2 * 1/2) / 3 = 2/3.
    """
    model = Ngram(2, 2).fit([np.array([0, 0, 1]), np.array([0, 1])])
    assert np.exp(-model.nll(np.array([0, 1])))[0] == pytest.approx(2 / 3)


def test_it_learns_what_repeats():
    cycle = np.tile(np.arange(5), 40)
    model = Ngram(5, 5).fit([cycle])
    assert model.nll(cycle).mean() < 0.1
    assert model.nll(RNG.integers(0, 5, 200)).mean() > 1.5


def test_the_probabilities_of_all_ids_at_once_are_those_of_each():
    model = Ngram(7, 3).fit([RNG.integers(0, 6, 50) for _ in range(20)])
    for context in [(1, 2), (5, 3, 3), (6, 0), (6, 6)]:
        found = model.probabilities(np.array(context))
        each = [np.exp(-model.nll(np.array([*context[-2:], word])))[0] for word in range(7)]
        assert found == pytest.approx(each) and found.sum() == pytest.approx(1)


def test_too_large_a_vocabulary_is_refused():
    with pytest.raises(ValueError):
        Ngram(1 << 13, 5)
