"""The numbers of a listening test: strengths, intervals, votes needed, and a plan that favours nobody."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from studio.cli.listening import needed_table
from studio.listening import design, needed, strengths
from studio.listening.strengths import Answer


def answers(i: int, j: int, first: int, second: int, ties: int = 0, listener: int = 0) -> list[Answer]:
    """So many answers to one pair: for the first, for the second, for neither."""
    choices = [0] * first + [1] * second + [None] * ties
    return [Answer((i, j), choice, listener) for choice in choices]


# --- strengths --------------------------------------------------------------------------------------------------------


def test_two_systems_have_the_odds_of_their_wins() -> None:
    found, tie = strengths.fit(answers(0, 1, 9, 4), 2)
    assert found[0] / found[1] == pytest.approx(9 / 4, rel=1e-4) and tie == 0
    assert math.prod(found) == pytest.approx(1)


def test_three_systems_as_worked_out_by_hand() -> None:
    # Wins in just the shares that strengths 4 : 2 : 1 give; then they are the likeliest, whatever the counts.
    votes = answers(0, 1, 4, 2) + answers(1, 2, 8, 4) + answers(0, 2, 4, 1)
    found, _ = strengths.fit(votes, 3)
    assert found == pytest.approx([2, 1, 0.5], rel=1e-4)


def test_a_circle_of_three_is_a_draw_and_who_stood_left_does_not_matter() -> None:
    circle = answers(0, 1, 3, 1) + answers(1, 2, 3, 1) + answers(2, 0, 3, 1)
    assert strengths.fit(circle, 3)[0] == pytest.approx([1, 1, 1], rel=1e-4)
    one, other = answers(0, 1, 5, 2) + answers(1, 2, 3, 3), answers(1, 0, 2, 5) + answers(2, 1, 3, 3)
    assert strengths.fit(one, 3)[0] == pytest.approx(strengths.fit(other, 3)[0], rel=1e-4)


def test_ties_as_davidson_has_them() -> None:
    # Strengths 4 : 1 and factor 1 give 4, 1 and the root of 4 out of 7: win, loss, tie.
    found, tie = strengths.fit(answers(0, 1, 40, 10, 20), 2)
    assert (found[0] / found[1], tie) == pytest.approx((4, 1), rel=1e-3)


def test_of_three_at_once_as_luce_has_it() -> None:
    votes = [Answer((0, 1, 2), choice, 0) for choice, times in enumerate((4, 2, 1)) for _ in range(times)]
    assert strengths.fit(votes, 3)[0] == pytest.approx([2, 1, 0.5], rel=1e-4)


def test_one_that_never_won_has_a_strength_by_the_prior() -> None:
    # Half a vote for either is added: 3.5 to 0.5.
    found, _ = strengths.fit(answers(0, 1, 3, 0), 2, prior=strengths.PRIOR)
    assert found[0] / found[1] == pytest.approx(7, rel=1e-4)


def drawn(true: list[float], listeners: int, each: int, random: np.random.Generator) -> list[Answer]:
    """Answers that come about as the model has it."""
    found = []
    for listener in range(listeners):
        for _ in range(each):
            i, j = map(int, random.choice(len(true), 2, replace=False))
            found.append(Answer((i, j), int(random.random() > true[i] / (true[i] + true[j])), listener))
    return found


def test_a_simulated_test_gives_back_the_order_and_intervals_that_cover() -> None:
    true, random = [2.0, 1.0, 0.5], np.random.default_rng(3)
    covered, ordered, tests = 0, 0, 40
    for number in range(tests):
        found = strengths.rank(drawn(true, 20, 15, random), 3, seed=number, draws=200)
        ordered += found[0].share > found[1].share > found[2].share
        covered += sum(one.low <= t / (t + 1) <= one.high for one, t in zip(found, true, strict=True))
        assert all(one.low < one.share < one.high for one in found)
    assert ordered >= 0.9 * tests
    assert 0.85 <= covered / (3 * tests) <= 1


def test_few_votes_say_little() -> None:
    nothing, one = strengths.rank([], 3), strengths.rank(answers(0, 1, 1, 0), 3)
    assert all(found.share == pytest.approx(0.5) and found.high - found.low > 0.7 for found in nothing)
    assert one[0].share > 0.5 and one[0].low < 0.5 < one[0].high
    assert sum(found.first for found in one) == pytest.approx(1)
    assert strengths.rank(answers(0, 1, 5, 3), 2, seed=4) == strengths.rank(answers(0, 1, 5, 3), 2, seed=4)


def test_listeners_who_agree_with_themselves_only_widen_the_interval() -> None:
    same = [vote for who in range(10) for vote in answers(0, 1, 10 * (who % 2), 10 * (1 - who % 2), listener=who)]
    mixed = [vote for who in range(10) for vote in answers(0, 1, 5, 5, listener=who)]
    widths = [(found := strengths.rank(votes, 2)[0]).high - found.low for votes in (same, mixed)]
    assert widths[0] > 2 * widths[1]


# --- intervals and votes needed ---------------------------------------------------------------------------------------


def test_wilsons_interval() -> None:
    assert needed.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)  # Newcombe 1998, example (a)
    assert needed.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)  # his example (b)
    assert needed.wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)  # his example (c)
    assert needed.wilson(0, 0) == (0, 1)


def test_chances_and_power_by_hand() -> None:
    assert needed.tail(5, 6, 0.5) == pytest.approx(7 / 64)
    # Of 6 votes only 0 and 6 are rarer than 2.5 % either side: 2 / 64 in all.
    assert needed.power(6, 0.5) == pytest.approx(2 / 64)
    assert needed.power(6, 0.9) == pytest.approx(0.9**6 + 0.1**6)
    assert needed.power(5, 0.9) == 0


@pytest.mark.parametrize(("share", "chance"), [(0.6, 0.5), (0.75, 0.5), (0.5, 1 / 3)])
def test_so_many_votes_are_enough_and_one_fewer_may_not_be(share: float, chance: float) -> None:
    found = needed.votes_to_tell(share, chance)
    assert needed.power(found - 1, share, chance) < needed.POWER
    assert all(needed.power(n, share, chance) >= needed.POWER for n in range(found, found + 40))
    # About what the normal approximation says.
    spread = 1.96 * math.sqrt(chance * (1 - chance)) + 0.84 * math.sqrt(share * (1 - share))
    assert found == pytest.approx((spread / (share - chance)) ** 2, rel=0.25)


def test_a_ranking_of_two_needs_about_what_a_pair_does() -> None:
    assert needed.votes_to_rank(2, 0.65) == pytest.approx(needed.votes_to_tell(0.65), rel=0.2)
    assert needed.votes_to_rank(3, 0.75) > needed.votes_to_rank(2, 0.75)


def test_the_guides_table_is_what_the_command_prints(root: Path) -> None:
    guide = (root / "docs" / "listening.md").read_text(encoding="utf-8").splitlines()
    table = needed_table()
    # The first rows; ranking more systems takes a simulation longer than a test should.
    rows = [next(table) for _ in range(3)]
    assert [row for row in rows if row not in guide] == []


# --- the plan ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("systems", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("of", [2, 3])
def test_every_group_meets_over_every_passage_and_stands_everywhere_as_often(systems: int, of: int) -> None:
    if of > systems:
        return
    passages = 2 * of
    plan = [question for question in design.plan(systems, passages, of=of, person=0) if question.asked == "prefer"]
    met = Counter((question.passage, frozenset(question.systems)) for question in plan)
    assert set(met.values()) == {1} and len(met) == passages * math.comb(systems, of)
    places = Counter((system, place) for question in plan for place, system in enumerate(question.systems))
    assert len(set(places.values())) == 1 and len(places) == systems * of


def test_who_is_a_person_is_asked_only_where_one_is() -> None:
    plan = design.plan(4, 3, person=2)
    asked = [question for question in plan if question.asked == "person"]
    assert len(asked) == 3 * 3 and all(2 in question.systems for question in asked)
    assert all(question.asked == "prefer" for question in design.plan(4, 3, person=None))


def test_listeners_are_asked_what_was_asked_least_and_sides_change() -> None:
    plan = design.plan(5, 8, person=0)
    given, seen, sides = [0] * len(plan), Counter[frozenset[int]](), Counter[tuple[int, int]]()
    for listener in range(24):
        turns = design.sitting(plan, given, f"listener {listener}")
        assert len(turns) == len({turn.question for turn in turns}) == design.SITTING
        kinds = [plan[turn.question].asked for turn in turns]
        assert kinds == sorted(kinds, reverse=True) and set(kinds) == {"prefer", "person"}
        for turn in turns:
            given[turn.question] += 1
            question = turn.of(plan)
            assert sorted(question.systems) == sorted(plan[turn.question].systems)
            if question.asked == "prefer":
                seen[frozenset(question.systems)] += 1
                sides.update((system, place) for place, system in enumerate(question.systems))
    assert len(seen) == math.comb(5, 2) and max(seen.values()) - min(seen.values()) <= 2
    assert max(given) - min(given) <= 2
    for system in range(5):
        left, right = sides[system, 0], sides[system, 1]
        assert abs(left - right) <= 0.1 * (left + right)


def test_the_same_question_asked_twice_is_turned_around() -> None:
    plan = design.plan(2, 1)
    first, second = (design.sitting(plan, [times], "somebody")[0].of(plan).systems for times in (0, 1))
    assert first == second[::-1]
    three = design.plan(3, 1, of=3)
    turned = {design.sitting(three, [times], "x")[0].of(three).systems for times in range(3)}
    assert {systems[0] for systems in turned} == {0, 1, 2}


def test_different_listeners_get_different_orders_and_one_always_the_same() -> None:
    plan = design.plan(4, 6)
    orders = [tuple(design.sitting(plan, [0] * len(plan), who)) for who in ("a", "b", "a")]
    assert orders[0] == orders[2] != orders[1]
    assert all(len(list(combinations(order, 2))) for order in orders)
