"""What a listening test has shown so far: shares with intervals, a ranking, and both as CSV. Knows numbers only."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from studio.listening import needed, strengths
from studio.listening.design import ASKED, Asked, Question, Turn
from studio.listening.folder import ListeningTest
from studio.listening.strengths import Answer, Strength
from studio.listening.votes import Vote

UNLIKELY = 0.001
"""Whoever chooses one place so often that chance does so less often than this answers by the place, not the music."""
COLUMNS = (
    *("asked", "system", "chosen", "of", "share", "share_low", "share_high", "ties"),
    *("strength", "strength_low", "strength_high", "first"),
)
MANY = 10
"""Votes of a listener below which nothing is said of that."""


@dataclass(frozen=True)
class Share:
    """`count` out of `of`, with the 95 % interval of the share (Wilson), 0 to 1."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """0 to 1; None out of nothing."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True)
class Standing:
    """How a system (its number) did: how often it was chosen where one was, how often there was no difference, and its
    strength by Bradley and Terry.
    """

    system: int
    chosen: Share
    ties: int
    strength: Strength


@dataclass(frozen=True)
class Part:
    """The answers to one kind of question: `standings`, the strongest first.

    `duels`: by (one, other) how often one was chosen in front of the other where either was. `right`: how often the
    person was found, where one of the systems is one and that was asked; by chance it is `chance`.
    """

    asked: Asked
    votes: int
    standings: tuple[Standing, ...]
    duels: dict[tuple[int, int], Share]
    right: Share | None
    chance: float


@dataclass(frozen=True)
class Results:
    """The votes of so many `listeners`, by what was asked; `left_out`: so many more, who answer by the place."""

    listeners: int
    left_out: int
    parts: tuple[Part, ...]


def tally(test: ListeningTest, votes: Sequence[Vote]) -> Results:
    """What the votes of a test show."""
    by_listener: dict[int, list[Vote]] = {}
    for vote in votes:
        by_listener.setdefault(vote.listener, []).append(vote)
    out = {who for who, theirs in by_listener.items() if one_sided([vote.choice for vote in theirs], test.of)}
    counted = [vote for vote in votes if vote.listener not in out]
    parts = []
    for asked in ASKED:
        found = [vote for vote in counted if test.plan[vote.question].asked == asked]
        if any(question.asked == asked for question in test.plan):
            parts.append(_part(test, asked, [_answer(test, vote) for vote in found]))
    return Results(len(by_listener) - len(out), len(out), tuple(parts))


def one_sided(choices: Sequence[int | None], of: int) -> bool:
    """Whether somebody chooses one place, out of `of`, more often than chance would (see UNLIKELY)."""
    places = [choice for choice in choices if choice is not None]
    if len(places) < MANY:
        return False
    most = Counter(places).most_common(1)[0][1]
    return of * needed.tail(most, len(places), 1 / of) < UNLIKELY


def _asked(test: ListeningTest, vote: Vote) -> Question:
    return Turn(vote.question, vote.turn).of(test.plan)


def _answer(test: ListeningTest, vote: Vote) -> Answer:
    return Answer(_asked(test, vote).systems, vote.choice, vote.listener)


def _part(test: ListeningTest, asked: Asked, answers: Sequence[Answer]) -> Part:
    count = len(test.systems)
    ranked = strengths.rank(answers, count) if answers else []
    standings = [_standing(i, answers, ranked[i]) for i in range(count)] if answers else []
    person = next((i for i, system in enumerate(test.systems) if not system.model), None)
    right = None
    if asked == "person" and person is not None:
        right = _share(sum(_chosen(answer) == person for answer in answers), len(answers))
    return Part(
        asked,
        len(answers),
        tuple(sorted(standings, key=lambda standing: -standing.strength.share)),
        {(i, j): _duel(answers, i, j) for i in range(count) for j in range(count) if i != j},
        right,
        1 / test.of,
    )


def _standing(system: int, answers: Sequence[Answer], strength: Strength) -> Standing:
    met = [answer for answer in answers if system in answer.systems]
    ties = sum(answer.choice is None for answer in met)
    chosen = sum(_chosen(answer) == system for answer in met)
    return Standing(system, _share(chosen, len(met) - ties), ties, strength)


def _duel(answers: Sequence[Answer], one: int, other: int) -> Share:
    met = [_chosen(answer) for answer in answers if one in answer.systems and other in answer.systems]
    return _share(met.count(one), met.count(one) + met.count(other))


def _chosen(answer: Answer) -> int | None:
    return None if answer.choice is None else answer.systems[answer.choice]


def _share(count: int, of: int) -> Share:
    return Share(count, of, *needed.wilson(count, of))


# --- to take away ---------------------------------------------------------------------------------------------------


def votes_csv(test: ListeningTest, votes: Sequence[Vote]) -> str:
    """A row for each vote: who stood where, and which of them was chosen; `=` is no difference."""
    places = [f"place_{place}" for place in range(1, test.of + 1)]
    heard = [f"heard_{place}_s" for place in range(1, test.of + 1)]
    rows: list[list[object]] = [["listener", "day", "asked", "passage", *places, "chosen", *heard, "seconds"]]
    for vote in votes:
        question = _asked(test, vote)
        names = [test.systems[system].name for system in question.systems]
        chosen = "=" if vote.choice is None else names[vote.choice]
        title = test.passages[question.passage].title
        rows.append([vote.listener, vote.day, question.asked, title, *names, chosen, *vote.heard, vote.seconds])
    return _written(rows)


def results_csv(test: ListeningTest, found: Results) -> str:
    """A row for each system and kind of question; shares from 0 to 1."""
    rows: list[list[object]] = [list(COLUMNS)]
    for part in found.parts:
        for standing in part.standings:
            chosen, strength = standing.chosen, standing.strength
            numbers = (chosen.share, chosen.low, chosen.high, strength.share, strength.low, strength.high)
            share, low, high, *strong = ["" if number is None else f"{number:.4f}" for number in numbers]
            name = test.systems[standing.system].name
            counts = [chosen.count, chosen.of, share, low, high, standing.ties]
            rows.append([part.asked, name, *counts, *strong, f"{strength.first:.3f}"])
    return _written(rows)


def _written(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[_plain(cell) for cell in row] for row in rows])
    return text.getvalue()


def _plain(cell: object) -> object:
    """A title that begins like a formula would be worked out by a spreadsheet."""
    return f"'{cell}" if isinstance(cell, str) and len(cell) > 1 and cell[0] in "=+-@\t\r" else cell
