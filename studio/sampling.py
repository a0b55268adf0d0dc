"""Sampling: logits to ids, and the decoding loop that all autoregressive models share. Knows no model and no score."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

COLDEST = 1e-6
"""Below this temperature the likeliest id is taken: dividing by less would leave the range of floats."""


class Mask(Protocol):
    """What may come next: a grammar."""

    def advance(self, token: int) -> None:
        """Take the id that was chosen."""

    def allowed(self) -> NDArray[np.bool_]:
        """Which ids may come next, (V,); none when the sequence is over."""


@dataclass(frozen=True)
class Settings:
    """How to choose among the allowed ids.

    `temperature` 0-2: 0 takes the likeliest, 1 follows the model, above 1 flattens it. `top_k`: only the k likeliest
    (0 = all). `top_p` 0-1: only the likeliest that together hold this much probability (nucleus sampling, Holtzman
    et al. 2020). `min_p` 0-1: only those at least this share as likely as the likeliest (Nguyen et al. 2024).
    `repetition`: how often in a row one passage may stand before a next copy is barred (0 = no guard).
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition: int = 3


def probabilities(logits: torch.Tensor, allowed: NDArray[np.bool_], settings: Settings) -> torch.Tensor:
    """Probabilities (..., V) after mask, temperature, min-p, top-k and top-p, each renormalised over what is left.

    `logits` (..., V), `allowed` (..., V) with at least one True in each row. At temperature 0 all of it is on the
    likeliest id.
    """
    masked = logits.float().masked_fill(torch.from_numpy(~allowed), float("-inf"))
    if settings.temperature < COLDEST:
        return torch.nn.functional.one_hot(masked.argmax(-1), masked.shape[-1]).float()
    # Subtracting the maximum first keeps small temperatures from overflowing.
    p = torch.softmax((masked - masked.amax(-1, keepdim=True)) / settings.temperature, dim=-1)
    if settings.min_p > 0:
        p = torch.where(p >= settings.min_p * p.amax(-1, keepdim=True), p, 0.0)
    if 0 < settings.top_k < p.shape[-1]:
        least = torch.topk(p, settings.top_k).values[..., -1:]
        p = torch.where(p >= least, p, 0.0)
    if settings.top_p < 1:
        p = p / p.sum(-1, keepdim=True)
        ranked, order = torch.sort(p, descending=True)
        # An id stays while those before it hold less than top_p; the first always stays.
        stays = torch.cumsum(ranked, -1) - ranked < settings.top_p
        stays[..., 0] = True
        p = torch.zeros_like(p).scatter(-1, order, torch.where(stays, ranked, 0.0))
    return p / p.sum(-1, keepdim=True)


class LoopGuard:
    """Bars the id that would begin one more copy of a passage that already stands `limit` times in a row.

    Passages are 4 to 160 ids long: about one note up to several bars. Shorter runs (held notes) are no loops.
    """

    shortest, longest = 4, 160

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.history: list[int] = []
        self.places: defaultdict[int, deque[int]] = defaultdict(lambda: deque(maxlen=64))

    def advance(self, token: int) -> None:
        self.places[token].append(len(self.history))
        self.history.append(token)

    def barred(self) -> set[int]:
        """The ids that would continue a loop."""
        if not self.limit or not self.history:
            return set()
        found = set()
        end = len(self.history)
        for place in self.places[self.history[-1]]:
            period = end - 1 - place
            if self.shortest <= period <= self.longest and self._stands(period):
                found.add(self.history[end - period])
        return found

    def _stands(self, period: int) -> bool:
        """Whether the last `period` ids stand `limit` times in a row."""
        length = period * self.limit
        if len(self.history) < length:
            return False
        passage = self.history[-length:]
        return passage[period:] == passage[:-period] if self.limit > 1 else True


def choose(
    logits: torch.Tensor,
    allowed: Sequence[NDArray[np.bool_]],
    guards: Sequence[LoopGuard],
    settings: Settings,
    generators: Sequence[torch.Generator],
) -> list[int | None]:
    """One id a take from logits (B, V), as `settings` say; None for takes that may not have any.

    `allowed` (V,), guard and generator are those of each take. The guard gives way where it would leave nothing, and
    where there is but one id no number is drawn.
    """
    open_, masks, chosen = [], [], []
    for take, (mask, guard) in enumerate(zip(allowed, guards, strict=True)):
        ids = mask.nonzero()[0]
        chosen.append(int(ids[0]) if len(ids) else None)
        if len(ids) > 1:
            open_.append(take)
            masks.append(_unbarred(mask, guard, len(ids)))
    if open_:
        p = probabilities(logits[open_], np.stack(masks), settings)
        # Of exponential variates at the rates p, the id p is the first with probability p.
        waits = torch.empty_like(p)
        for row, take in zip(waits, open_, strict=True):
            row.exponential_(generator=generators[take])
        for take, token in zip(open_, (p / waits).argmax(-1).tolist(), strict=True):
            chosen[take] = token
    return chosen


def _unbarred(allowed: NDArray[np.bool_], guard: LoopGuard, count: int) -> NDArray[np.bool_]:
    """What is allowed, `count` ids, less what the guard bars."""
    barred = [i for i in guard.barred() if allowed[i]]
    if barred and len(barred) < count:
        allowed = allowed.copy()
        allowed[barred] = False
    return allowed


def decode(
    logits: torch.Tensor,
    step: Callable[[torch.Tensor], torch.Tensor],
    masks: Sequence[Mask],
    settings: Settings,
    generators: Sequence[torch.Generator],
) -> Iterator[list[int | None]]:
    """Decode one take per mask, as one batch; yields an id a take at each step and None for takes at their end.

    `logits` (B, V) are those after the prompt, `step` turns the chosen ids (B,) into the next logits (B, V). Each take
    has its own generator, so what it becomes does not hang on the others.
    """
    guards = [LoopGuard(settings.repetition) for _ in masks]
    while True:
        chosen = choose(logits, [mask.allowed() for mask in masks], guards, settings, generators)
        if all(token is None for token in chosen):
            return
        for token, mask, guard in zip(chosen, masks, guards, strict=True):
            if token is not None:
                mask.advance(token)
                guard.advance(token)
        yield chosen
        logits = step(torch.tensor([token or 0 for token in chosen]))
