"""The Transformer: a decoder-only next-token model with a key-value cache; it knows ids, not music.

Vaswani et al. 2017, pre-norm with RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), SwiGLU
(Shazeer 2020), input embedding shared with the output (Press & Wolf 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from studio.models._likelihood import NEXT_TOKEN_CONTROLS, NextTokenModel
from studio.sampling import Mask, Settings, decode

TITLE = "Transformer"
HELP = "Attends to all that came before within its context, so it can take up a phrase again after many bars."
CONTROLS = NEXT_TOKEN_CONTROLS


@dataclass(frozen=True)
class Config:
    """Sizes of the network; the defaults are about 5 M parameters."""

    vocab_size: int
    start_id: int
    width: int = 256
    layers: int = 6
    heads: int = 8
    context: int = 2048
    """Longest sequence seen at once, in ids."""
    dropout: float = 0.1


class Cache:
    """Keys and values of what was read so far, (layers, B, heads, context, width / heads) each; memory is flat."""

    def __init__(self, config: Config, takes: int) -> None:
        shape = (config.layers, takes, config.heads, config.context, config.width // config.heads)
        self.keys, self.values = torch.zeros(shape), torch.zeros(shape)
        self.length = 0

    def append(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store (B, heads, T, d) behind what is there; returns all of the layer so far."""
        end = self.length + keys.shape[2]
        self.keys[layer, :, :, self.length : end] = keys
        self.values[layer, :, :, self.length : end] = values
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]


def rotate(x: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Turn the pairs of x (B, heads, T, d) by the angles whose (cos, sin) are `turn` (2, T, d / 2)."""
    a, b = x.chunk(2, dim=-1)
    cos, sin = turn[0].to(x.dtype), turn[1].to(x.dtype)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class Block(nn.Module):
    """Attention, then a gated feed-forward, each on the normalised stream."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        width, hidden = config.width, (config.width * 8 // 3 + 31) // 32 * 32
        self.heads = config.heads
        self.norm1, self.norm2 = nn.RMSNorm(width), nn.RMSNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: torch.Tensor, turn: torch.Tensor, cache: Cache | None, layer: int) -> torch.Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = rotate(qkv[0], turn), rotate(qkv[1], turn), qkv[2]
        if cache is not None:
            keys, values = cache.append(layer, keys, values)
        # A single query may see all that is there. No dropout inside: it would rule out the fast kernels.
        attended = F.scaled_dot_product_attention(queries, keys, values, is_causal=length > 1)
        x = x + self.drop(self.out(attended.transpose(1, 2).reshape(batch, length, width)))
        gate, up = self.up(self.norm2(x)).chunk(2, dim=-1)
        hidden: torch.Tensor = x + self.drop(self.down(F.silu(gate) * up))
        return hidden


class Model(NextTokenModel):
    """Embedding, blocks, a last norm, tied output."""

    config: Config
    turns: torch.Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)
        self.drop = nn.Dropout(config.dropout)
        half = config.width // config.heads // 2
        angles = torch.outer(torch.arange(config.context), 10_000.0 ** (-torch.arange(half) / half))
        self.register_buffer("turns", torch.stack([angles.cos(), angles.sin()]), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                # What is added to the stream starts smaller, the more often it is added (Radford et al. 2019).
                deep = (2 * config.layers) ** -0.5 if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(parameter, std=0.02 * deep)

    def forward(self, ids: torch.Tensor, cache: Cache | None = None) -> torch.Tensor:
        """Logits (B, T, V) after each of ids (B, T), which follow what the cache holds; T + that at most `context`."""
        start = cache.length if cache is not None else 0
        turn = self.turns[:, start : start + ids.shape[1]]
        x = self.drop(self.embed(ids))
        for layer, block in enumerate(self.blocks):
            x = block(x, turn, cache, layer)
        if cache is not None:
            cache.length += ids.shape[1]
        return F.linear(self.norm(x), self.embed.weight)

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self(ids)
        return out

    @torch.inference_mode()
    def generate(
        self, prompt: torch.Tensor, masks: Sequence[Mask], settings: Settings, generators: Sequence[torch.Generator]
    ) -> Iterator[list[int | None]]:
        """See `studio.models.Model`. When the context is full, the header and the latest half of it are read anew."""
        seen = prompt[None].expand(len(masks), -1)
        header = int((prompt == self.config.start_id).nonzero()[0]) + 1 if self.config.start_id in prompt else 0
        cache = Cache(self.config, len(masks))

        def read(ids: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self(ids, cache)[:, -1]
            return out

        def fitted(ids: torch.Tensor) -> torch.Tensor:
            latest = max(0, self.config.context // 2 - header)
            return torch.cat([ids[:, :header], ids[:, max(header, ids.shape[1] - latest) :]], 1)

        def step(ids: torch.Tensor) -> torch.Tensor:
            nonlocal seen
            seen = torch.cat([seen, ids[:, None]], 1)
            if cache.length < self.config.context:
                return read(ids[:, None])
            seen, cache.length = fitted(seen), 0
            return read(seen)

        if seen.shape[1] > self.config.context:
            seen = fitted(seen)
        yield from decode(read(seen), step, masks, settings, generators)
