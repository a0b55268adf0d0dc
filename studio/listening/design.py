"""What is asked in a listening test, and of whom: every pair (or three) of systems equally often, each as often left.

Knows numbers only: systems, and the passages that all of them went on from, are numbers from 0.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Literal, NamedTuple

Asked = Literal["prefer", "person"]
"""Which of these do you prefer; which was written by a person."""
ASKED: tuple[Asked, ...] = ("prefer", "person")
SITTING = 20
"""Questions that one listener is asked, at most."""


class Question(NamedTuple):
    """What is asked about what `systems` made of a passage, from left to right."""

    asked: Asked
    passage: int
    systems: tuple[int, ...]


class Turn(NamedTuple):
    """One question of a listener's: its number in the plan, and by how many places its systems are turned."""

    question: int
    turn: int

    def of(self, plan: Sequence[Question]) -> Question:
        """The question as the listener gets it."""
        question = plan[self.question]
        systems = question.systems
        return question._replace(systems=systems[self.turn :] + systems[: self.turn])


def plan(systems: int, passages: int, *, of: int = 2, person: int | None = None) -> list[Question]:
    """All questions of a test: for every passage each `of` (2 or 3) systems; of `person`, also who it was.

    `person`: the system that is one, or None. In pairs each system stands as often left as right, in every passage
    where their number is odd and else in every two; in threes it comes to every place in every three passages.
    """
    found = []
    for asked in ASKED:
        for passage in range(passages):
            for group in combinations(range(systems), of):
                if asked == "prefer" or person in group:
                    found.append(Question(asked, passage, _ordered(group, systems, passage)))
    return found


def _ordered(group: tuple[int, ...], systems: int, passage: int) -> tuple[int, ...]:
    if len(group) > 2:
        return group[passage % len(group) :] + group[: passage % len(group)]
    (i, j), even = group, passage % 2 == 0
    apart = 2 * (j - i)
    # As in a round robin: each stands left of those that follow it, half way around the circle.
    left = even if apart == systems else (apart < systems) == even
    return (i, j) if left else (j, i)


def sitting(questions: Sequence[Question], given: Sequence[int], seed: str, most: int = SITTING) -> list[Turn]:
    """What a new listener is asked, in order: what was asked least so far (`given`: how often each question was).

    Preferences come first: whoever has been asked who is a person listens otherwise. `seed` draws what is left open;
    a question that is asked again is turned, so that what stood left stands right.
    """
    draw = random.Random(seed)
    kinds = [[i for i, q in enumerate(questions) if q.asked == asked] for asked in ASKED]
    most = min(most, len(questions))
    share = round(most * len(kinds[1]) / max(1, len(questions)))
    order = []
    for kind, wanted in zip(kinds, (most - share, share), strict=True):
        chosen = _least_asked(questions, given, kind, wanted, draw)
        draw.shuffle(chosen)
        order += chosen
    return [Turn(i, given[i] % len(questions[i].systems)) for i in order]


def _least_asked(
    questions: Sequence[Question], given: Sequence[int], kind: list[int], wanted: int, draw: random.Random
) -> list[int]:
    """So many questions of a kind: the systems that met least often, then the question, then the passage."""
    met: Counter[frozenset[int]] = Counter()
    for i in kind:
        met[frozenset(questions[i].systems)] += given[i]
    heard: Counter[int] = Counter()
    left, chosen = {i: draw.random() for i in kind}, []
    for _ in range(min(wanted, len(kind))):
        best = min(
            left, key=lambda i: (met[frozenset(questions[i].systems)], given[i], heard[questions[i].passage], left[i])
        )
        del left[best]
        chosen.append(best)
        met[frozenset(questions[best].systems)] += 1
        heard[questions[best].passage] += 1
    return chosen
