"""Writing anew, under other seed numbers, what holds a forbidden line: for models whose notes cannot be barred."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from studio.melody import monophonic
from studio.pipeline.requests import MAX_TAKES, Asked
from studio.pipeline.takes import Run, Take
from studio.score import Track

TRIES = 4
"""How often a take is written, at most."""
RUN = 6
"""Steps in a row that make a forbidden line heard again, or all of it where it is shorter: seven notes."""

Request = TypeVar("Request", bound=Asked)


def redrawn(write: Callable[[Request], Run], request: Request) -> Run:
    """The takes of a request, each written until it holds none of the forbidden lines, or TRIES times.

    A take's recipe has the seed number that it came under. Nothing is heard before it is certain to stay.
    """
    plain = replace(request, forbidden=())
    for i in range(request.takes):
        for attempt in range(TRIES):
            (take,) = _takes(write(replace(plain, takes=1, seed=request.seed + i + MAX_TAKES * attempt)))
            if not holds(take, request.forbidden):
                break
        else:
            told = f"A passage that is not to come again came again in each of {TRIES} tries: try another seed number."
            take = replace(take, notices=(*take.notices, told))
        yield replace(take, recipe={**take.recipe, "forbidden": request.forbidden})


def _takes(run: Run) -> list[Take]:
    return [step for step in run if isinstance(step, Take)]


def holds(take: Take, lines: Sequence[Sequence[int]]) -> bool:
    """Whether a forbidden line is heard in what is new in a take."""
    heard = []
    for notes in take.new:
        pitches = [note.pitch for note in monophonic(Track(tuple(notes))).notes]
        heard.append(tuple(b - a for a, b in pairwise(pitches)))
    for line in lines:
        length = max(1, min(RUN, len(line)))
        runs = {tuple(line[at : at + length]) for at in range(len(line) - length + 1)}
        if any(steps[at : at + length] in runs for steps in heard for at in range(len(steps) - length + 1)):
            return True
    return False
