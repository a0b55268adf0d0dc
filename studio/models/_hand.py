"""The encoder-decoder at work, id by id: a hand for bars side by side, and a conductor for takes that answer.

`vae.Model` says what is computed; tests hold the two together. Not a model itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from studio.models._likelihood import PAD

if TYPE_CHECKING:
    from studio.models.vae import Model

CERTAIN = 30.0
"""The logit of what must come."""


class Hand:
    """The decoder at work on N bars, id by id."""

    def __init__(self, model: Model, told: torch.Tensor, answers: torch.Tensor) -> None:
        self.model = model
        self.weights = model.writer.all_weights[0]
        self.set(told, answers)

    def set(self, told: torch.Tensor, answers: torch.Tensor) -> None:
        """Begin bars, of which that is told (N, L + C)."""
        near, look = self.model.around(told)
        self.near, self.look = near + self.model.telling(told, answers)[:, None], look + self.model.look(told)[:, None]
        self.state, self.part = self.model.start(told), torch.zeros(len(told), dtype=torch.long)
        self.rows = torch.arange(len(told))

    def replace(self, row: int, told: torch.Tensor) -> None:
        """Begin another bar, an answer, in one row; told (1, L + C)."""
        fresh = Hand(self.model, told, torch.ones(1, dtype=torch.bool))
        theirs = (fresh.near, fresh.look, fresh.part, *fresh.state)
        for ours, its in zip((self.near, self.look, self.part, *self.state), theirs, strict=True):
            ours[row] = its[0]

    def begin(self, heads: Sequence[torch.Tensor]) -> torch.Tensor:
        """Logits (N, V) after what each bar begins with."""
        longest = max(map(len, heads))
        logits = torch.empty(0)
        # Shorter ones wait until the longest has as many ids to go.
        for place in range(longest):
            before = [part.clone() for part in self.state]
            at = [place - (longest - len(head)) for head in heads]
            logits = self.step(torch.tensor([int(h[i]) if i >= 0 else PAD for h, i in zip(heads, at, strict=True)]))
            waiting = torch.tensor([i < 0 for i in at])[:, None]
            self.state = (
                torch.where(waiting, before[0], self.state[0]),
                torch.where(waiting, before[1], self.state[1]),
            )
        return logits

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (N, V) after one more id a bar (N,)."""
        config = self.model.config
        position = ids - config.position_id
        told = (position >= 0) & (position < config.positions)
        self.part = torch.where(told, position // config.stretch, self.part)
        fed = self.model.embed(ids) + self.near[self.rows, self.part]
        self.state = torch.lstm_cell(fed, self.state, *self.weights)
        return self.model.out(self.state[0], self.look[self.rows, self.part])


class Conductor:
    """Takes that answer: each at its own bar, with the latents of those before it and the bar's ids so far."""

    def __init__(self, model: Model, header: torch.Tensor, bars: Sequence[torch.Tensor], takes: int) -> None:
        self.model, self.weights = model, model.conductor.all_weights[0]
        self.opening = model.opening(header[None])
        known = [model.latents([bar]) for bar in bars[:-1]]
        self.latents = [list(known) for _ in range(takes)]
        self.bars = [bars[-1].tolist() if bars else [] for _ in range(takes)]
        answers = torch.ones(takes, dtype=torch.bool)
        self.hand = Hand(model, self._told(known).expand(takes, -1), answers)
        empty = torch.zeros(takes, model.config.vocab_size)
        empty[:, model.config.bar_id] = CERTAIN
        self.logits = self.hand.begin([torch.tensor(bar) for bar in self.bars]) if bars else empty

    def _told(self, latents: Sequence[torch.Tensor]) -> torch.Tensor:
        """What is told of a bar after those of these latents (1, L), of the last of a phrase at most."""
        state, most = self.opening, self.model.config.phrase - 1
        for latent in latents[-most:]:
            state = torch.lstm_cell(latent, state, *self.weights)
        nothing = state[0].new_zeros(1, len(self.model.center))
        return self.model.told(nothing, state[0], torch.ones(1, dtype=torch.bool))

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (N, V) after one more id a take (N,); BAR ends the bar that it follows."""
        for take, token in enumerate(ids.tolist()):
            if token == self.model.config.bar_id:
                if self.bars[take]:
                    self.latents[take].append(self.model.latents([torch.tensor(self.bars[take])]))
                self.hand.replace(take, self._told(self.latents[take]))
                self.bars[take] = []
            self.bars[take].append(token)
        return self.hand.step(ids)
