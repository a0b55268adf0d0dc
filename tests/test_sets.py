"""Sets of pieces are compared as Yang & Lerch (2020) do it: by hand, and with sets drawn from what is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from studio import sets

RNG = np.random.default_rng(7)


def column(*values: float) -> sets.Floats:
    return np.array(values, dtype=float)[:, None]


def test_distances_are_euclidean_and_of_numbers_their_differences() -> None:
    assert sets.distances(column(1, 4), column(3, 4, 10)).tolist() == [[2, 3, 9], [1, 0, 6]]
    a, b = np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[0.0, 4.0]])
    assert sets.distances(a, b) == pytest.approx(np.array([[4.0], [5.0]]))


def test_the_spread_is_the_mean_distance_of_two_different_pieces() -> None:
    # Made: 1, 1 and 2 apart, mean 4/3. Real: 3, 3 and 6, mean 4.
    found = sets.compare(column(0, 1, 2), column(0, 3, 6))
    assert found.spread[0] == pytest.approx(1 / 3)


def test_a_piece_that_is_drawn_twice_is_not_compared_with_itself() -> None:
    inside, drawn = sets.distances(column(0, 3), column(0, 3)), np.array([[1.0, 1.0], [2.0, 1.0], [2.0, 0.0]])
    assert sets._mean(inside, drawn).tolist() == [3, 3, 0]
    counts = sets._counts(np.array([[0, 5], [5, 0]]), drawn, drawn, alone=True)
    assert counts[:, 5].tolist() == [2, 4, 0] and counts[:, 0].tolist() == [0, 0, 0]


def test_densities_are_those_of_a_gaussian_kernel_with_the_bandwidth_of_scott() -> None:
    a, b = RNG.normal(size=(30, 1)), RNG.normal(2, 1, size=(40, 1))
    found = sets.compare(a, b, rounds=2)
    inside, across = sets.distances(b, b)[~np.eye(40, dtype=bool)], sets.distances(a, b).ravel()
    at = np.linspace(-3, 9, 4000)
    p, q = (gaussian_kde(values)(at) for values in (inside, across))
    assert found.area[0] == pytest.approx(float(np.minimum(p, q).sum() * (at[1] - at[0])), abs=0.01)


@pytest.mark.parametrize("width", [1, 12])
def test_two_sets_of_one_kind_have_all_in_common(width: int) -> None:
    made, real = RNG.normal(size=(150, width)), RNG.normal(size=(150, width))
    found = sets.compare(made, real)
    assert found.area[0] > 0.9 and found.divergence[0] < 0.03 and found.spread[0] == pytest.approx(1, abs=0.15)
    area = sets.estimate(found.area, 0, 1)
    assert 0 < area.low < area.value < area.high <= 1


def test_sets_far_apart_have_nothing_in_common_and_a_finite_divergence() -> None:
    found = sets.compare(RNG.normal(50, 1, size=(40, 1)), RNG.normal(size=(40, 1)))
    assert found.area[0] < 0.001 and 5 < found.divergence[0] < 30


def test_the_further_apart_the_less_in_common() -> None:
    real = RNG.normal(size=(80, 1))
    areas = [sets.compare(RNG.normal(by, 1, size=(80, 1)), real, rounds=2).area[0] for by in (0, 2, 4, 8)]
    assert areas == sorted(areas, reverse=True) and areas[0] - areas[-1] > 0.5


def test_what_is_all_alike_is_given_away_by_its_spread() -> None:
    real = RNG.normal(size=(80, 1))
    found = sets.compare(np.zeros((80, 1)), real)
    assert found.area[0] > 0.6 and found.spread[0] == 0
    assert np.isnan(sets.compare(real, np.zeros((5, 1))).spread[0])


def test_pieces_of_which_nothing_is_said_are_left_out() -> None:
    made, real = RNG.normal(size=(20, 1)), RNG.normal(size=(20, 1))
    more = np.concatenate([made, column(np.nan, np.nan)])
    assert sets.compare(more, real, 2).area[0] == pytest.approx(sets.compare(made, real, 2).area[0])
    with pytest.raises(ValueError, match="1 and 20 pieces are too few"):
        sets.compare(column(1, np.nan), real)


def test_an_interval_is_as_wide_as_drawing_again_is_uncertain() -> None:
    values = RNG.normal(size=400)
    drawn = sets.weights(400, rounds=500)
    found = sets.estimate(drawn @ values / drawn.sum(1))
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(1.96 * values.std() / 20, rel=0.15)
    gaps = np.where(np.arange(501) % 50 == 1, np.nan, drawn @ values / drawn.sum(1))
    assert sets.estimate(gaps).high == pytest.approx(found.high, rel=0.1)
    assert sets.weights(5, 3).sum(1).tolist() == [5, 5, 5, 5]
