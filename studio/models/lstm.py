"""The LSTM: a recurrent next-token model, small and quick; it knows ids, not music.

Hochreiter & Schmidhuber 1997; the output layer shares the input embedding (Press & Wolf 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from studio.models._likelihood import NEXT_TOKEN_CONTROLS, NextTokenModel
from studio.sampling import Mask, Settings, decode

TITLE = "LSTM: melodies"
HELP = "A small recurrent network that continues a single-voice melody. Quick, and happiest with folk tunes and songs."

State = tuple[torch.Tensor, torch.Tensor]

CONTROLS = NEXT_TOKEN_CONTROLS
EXAMPLES = "windows"
VERBS = ("continue",)


@dataclass(frozen=True)
class Config:
    """Sizes of the network."""

    vocab_size: int
    """Number of ids; 0 is padding."""
    start_id: int
    """The id that ends the header: only what follows it is learned."""
    embedding: int = 256
    """Width of embedding and output."""
    hidden: int = 384
    """Width of each LSTM layer."""
    layers: int = 2
    dropout: float = 0.1
    """Share of activations dropped on the embedding, between layers and before the output."""


class Model(NextTokenModel):
    """Embedding, LSTM layers, a projection back to the embedding's width, tied output."""

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.embedding)
        self.lstm = nn.LSTM(config.embedding, config.hidden, config.layers, batch_first=True, dropout=config.dropout)
        self.project = nn.Linear(config.hidden, config.embedding)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.drop = nn.Dropout(config.dropout)
        nn.init.normal_(self.embed.weight, std=config.embedding**-0.5)

    def forward(self, ids: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Logits (B, T, V) after each of ids (B, T), and the state to go on from."""
        out, state = self.lstm(self.drop(self.embed(ids)), state)
        return F.linear(self.project(self.drop(out)), self.embed.weight, self.bias), state

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self(ids)[0]
        return out

    @torch.inference_mode()
    def generate(
        self, prompt: torch.Tensor, masks: Sequence[Mask], settings: Settings, generators: Sequence[torch.Generator]
    ) -> Iterator[list[int | None]]:
        """See `studio.models.Model`. The prompt is read once, whatever its length; each step then costs the same."""
        logits, (hidden, cell) = self(prompt[None])
        takes = len(masks)
        state = [(h.expand(takes, -1), c.expand(takes, -1)) for h, c in zip(hidden, cell, strict=True)]

        def step(ids: torch.Tensor) -> torch.Tensor:
            return self.step(ids, state)

        yield from decode(logits[:, -1].expand(takes, -1), step, masks, settings, generators)

    def step(self, ids: torch.Tensor, state: list[State]) -> torch.Tensor:
        """Logits (B, V) after one more id a take (B,); `state`, (hidden, cell) of each layer, is moved on in place.

        Cell by cell, because the fused LSTM repacks all its weights at every call: many times the cost of one step.
        """
        x = self.embed(ids)
        for layer, weights in enumerate(self.lstm.all_weights):
            state[layer] = torch.lstm_cell(x, state[layer], *weights)
            x = state[layer][0]
        return F.linear(self.project(x), self.embed.weight, self.bias)
