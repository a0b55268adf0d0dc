"""The Transformer: a decoder-only next-token model with a key-value cache; it knows ids, not music.

Vaswani et al. 2017, pre-norm with RMSNorm (Zhang & Sennrich 2019), rotary positions (Su et al. 2021), SwiGLU
(Shazeer 2020), input embedding shared with the output (Press & Wolf 2017).

Where the ids have bars, each place is told to attention in three ways at once: how many ids back, how many bars back,
and where in the bar. What fills a hole stands in its hole's bar, however late it is written; so a bar finds its own
accompaniment, its neighbours and the same place in other bars, wherever they stand in the sequence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from studio.models import Control
from studio.models._decoder import Decoder
from studio.models._likelihood import NEXT_TOKEN_CONTROLS, NextTokenModel
from studio.sampling import Mask, Settings, decode

TITLE = "Transformer"
HELP = "Attends to all that came before within its context, so it can take up a phrase again after many bars."
CONTROLS = (
    *(control for control in NEXT_TOKEN_CONTROLS if control.name != "style"),
    Control(
        "style", None,
        choices=(
            "folk", "song", "pop", "art_song", "chorale", "choral", "piano", "quartet", "organ", "guitar", "ensemble",
            "game", "drums",
        ),
        help="The kind of music it should be. Left free, it takes its cue from yours.",
    ),
    Control(
        "density", None, choices=("sparse", "medium", "busy", "crowded"),
        help="How many notes it should write. Left free, as the music around suggests.",
    ),
    Control("chords", "", help="Chords to follow, a bar each: C Am F G7. Two in a bar between bar lines: C Am | F G7."),
)  # fmt: skip
EXAMPLES = "windows"
VERBS = ("continue", "infill", "accompany", "restyle")
SIZES = {
    "small": {"width": 256, "layers": 6, "heads": 4},  # about 5 M parameters
    "base": {"width": 448, "layers": 8, "heads": 7},  # about 20 M
}


@dataclass(frozen=True)
class Config:
    """Sizes of the network; the defaults are about 5 M parameters. Ids that are -1 do not occur."""

    vocab_size: int
    start_id: int
    bar_id: int = -1
    """Begins a bar."""
    hole_id: int = -1
    """Says that something of the current bar will be written at the end."""
    fill_id: int = -1
    """Begins what belongs into the first hole, the second, ..."""
    track_id: int = -1
    tracks: int = 0
    """`track_id` and the ids after it, so many in all, begin another track of the bar."""
    position_id: int = -1
    positions: int = 0
    """`position_id` and the ids after it, so many in all, say how far into the bar the next notes are."""
    given_id: int = -1
    given: int = 0
    """`given_id` and the ids after it, so many in all, are said to the model and never learned."""
    width: int = 256
    layers: int = 6
    heads: int = 4
    context: int = 2048
    """Longest sequence seen at once, in ids."""
    dropout: float = 0.0


def places(ids: torch.Tensor, config: Config) -> torch.Tensor:
    """Where each of ids (B, T) stands, told from those before it: number, bar, position in the bar, (B, T, 3)."""
    index = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
    hole, fill, begins = ids == config.hole_id, ids == config.fill_id, ids == config.bar_id
    bars, filled = begins.cumsum(1), fill.cumsum(1)
    # The bar of each hole, from 1; what is no hole is put into the place of number 0, which nobody asks for.
    holes = torch.zeros(len(ids), ids.shape[1] + 1, dtype=torch.long, device=ids.device)
    holes.scatter_(1, hole.cumsum(1) * hole, bars)
    bars = torch.where(filled > 0, holes.gather(1, filled), bars)
    said, reset = latest(among(ids, config.position_id, config.positions)), latest(_begins(ids, config))
    positions = torch.where(said > reset, (ids - config.position_id).gather(1, said.clamp(min=0)), 0)
    return torch.stack([index, bars, positions], dim=-1)


def _begins(ids: torch.Tensor, config: Config) -> torch.Tensor:
    """Which ids begin a bar, a track of it, or what belongs into a hole."""
    return (ids == config.bar_id) | (ids == config.fill_id) | among(ids, config.track_id, config.tracks)


def latest(flags: torch.Tensor) -> torch.Tensor:
    """For each place of (B, T) the number of the latest place so far with a flag, -1 where there was none."""
    index = torch.arange(flags.shape[1], device=flags.device)
    return torch.where(flags, index, -1).cummax(1).values


def among(ids: torch.Tensor, first: int, count: int) -> torch.Tensor:
    """Which of ids are `first` or one of the `count` - 1 after it."""
    return (ids >= first) & (ids < first + count)


# Wave lengths of the rotations: in bars, and in ticks of a grid of 24 a quarter. Music's own periods, and a long one.
BARS = (4.0, 8.0, 16.0, 32.0, 128.0)
TICKS = (12.0, 24.0, 48.0, 96.0, 384.0)


class Rotary(nn.Module):
    """Angles by which the pairs of a head are turned; the first pairs by the number of ids, others by bar and tick."""

    speeds: torch.Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        pairs = config.width // config.heads // 2
        musical = (BARS, TICKS) if config.bar_id >= 0 else ((), ())
        plain = pairs - sum(map(len, musical))
        if plain < 1:
            raise ValueError(f"a head needs more than {2 * (pairs - plain)} places, but has {2 * pairs}")
        speeds = torch.zeros(3, pairs)
        speeds[0, :plain] = 10_000.0 ** (-torch.arange(plain) / plain)
        at = plain
        for row, waves in enumerate(musical, start=1):
            speeds[row, at : at + len(waves)] = 2 * math.pi / torch.tensor(waves)
            at += len(waves)
        self.register_buffer("speeds", speeds, persistent=False)

    def forward(self, places: torch.Tensor) -> torch.Tensor:
        """(cos, sin) of the angles at places (B, T, 3): (2, B, 1, T, pairs)."""
        # No matrix product: autocast would round the places to half precision.
        angles = (places.float()[..., None] * self.speeds).sum(-2)[:, None]
        return torch.stack([angles.cos(), angles.sin()])


def rotate(x: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
    """Turn the pairs of x (B, heads, T, d) by the angles whose (cos, sin) are `turn` (2, B, 1, T, d / 2)."""
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

    def forward(self, x: torch.Tensor, turn: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = rotate(qkv[0], turn), rotate(qkv[1], turn), qkv[2]
        # No dropout inside: it would rule out the fast kernels.
        attended = F.scaled_dot_product_attention(queries, keys, values, is_causal=True)
        x = x + self.drop(self.out(attended.transpose(1, 2).reshape(batch, length, width)))
        gate, up = self.up(self.norm2(x)).chunk(2, dim=-1)
        hidden: torch.Tensor = x + self.drop(self.down(F.silu(gate) * up))
        return hidden


class Model(NextTokenModel):
    """Embedding, blocks, a last norm, tied output."""

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)
        self.drop = nn.Dropout(config.dropout)
        self.rotary = Rotary(config)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                # What is added to the stream starts smaller, the more often it is added (Radford et al. 2019).
                deep = (2 * config.layers) ** -0.5 if name.endswith(("out.weight", "down.weight")) else 1.0
                nn.init.normal_(parameter, std=0.02 * deep)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, T, V) after each of ids (B, T), at most `context` of them."""
        return F.linear(self.through(self.embed(ids), places(ids, self.config)), self.embed.weight)

    def through(self, x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """What the blocks make of x (B, T, W) that stands at those places (B, T, 3), normalised."""
        turn, x = self.rotary(places), self.drop(x)
        for block in self.blocks:
            x = block(x, turn)
        normed: torch.Tensor = self.norm(x)
        return normed

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self(ids)
        return out

    def learned(self, ids: torch.Tensor) -> torch.Tensor:
        """As for all next-token models, but for what is said to the model: controls, holes and the notes kept there."""
        config, hole = self.config, ids == self.config.hole_id
        kept = latest(hole) > latest(_begins(ids, config))
        named = torch.cat([hole[:, 1:], torch.zeros_like(hole[:, :1])], 1)  # a track said only to open a hole in it
        said = kept | named | among(ids, config.given_id, config.given)
        return super().learned(ids) & ~said[:, 1:]

    @torch.inference_mode()
    def generate(
        self,
        prompt: torch.Tensor,
        masks: Sequence[Mask],
        settings: Settings,
        generators: Sequence[torch.Generator],
        plain: torch.Tensor | None = None,
    ) -> Iterator[list[int | None]]:
        """See `studio.models.Model`. When the context is full, the header and the latest half of it are read anew.

        `plain` (T,) is the prompt without what is asked of the music: with it, what makes the difference counts
        GUIDANCE times (classifier-free guidance, Ho & Salimans 2022; for language models Sanchez et al. 2023).
        """
        readers = [_Reader(self, ids.tolist(), len(masks)) for ids in (prompt, plain) if ids is not None]

        def step(ids: torch.Tensor) -> torch.Tensor:
            return _guided([reader.step(ids) for reader in readers])

        yield from decode(_guided([reader.start() for reader in readers]), step, masks, settings, generators)


GUIDANCE = 2.0


def _guided(logits: Sequence[torch.Tensor]) -> torch.Tensor:
    """Logits (B, V) from those with what is asked and, if they are there, those without."""
    asked, *plain = logits
    return asked + (GUIDANCE - 1) * (asked - plain[0]) if plain else asked


class _Reader:
    """The takes as the network reads them, within its context."""

    def __init__(self, model: Model, prompt: list[int], takes: int) -> None:
        self._context, self._decoder = model.config.context, Decoder(model, takes)
        start = model.config.start_id
        self._header = prompt.index(start) + 1 if start in prompt else 0
        first = self._fitted(prompt) if len(prompt) > self._context else prompt
        self._seen = [list(first) for _ in range(takes)]

    def start(self) -> torch.Tensor:
        """Logits (B, V) after the prompt, which is the same for all takes."""
        return self._decoder.start(torch.tensor(self._seen[:1]))

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) after one more id a take, (B,)."""
        for take, token in zip(self._seen, ids.tolist(), strict=True):
            take.append(token)
        if self._decoder.length < self._context:
            return self._decoder.step(ids)
        self._seen = [self._fitted(take) for take in self._seen]
        return self._decoder.start(torch.tensor(self._seen))

    def _fitted(self, ids: list[int]) -> list[int]:
        """The header and the latest of what follows it, half a context in all."""
        latest = max(0, self._context // 2 - self._header)
        return ids[: self._header] + ids[max(self._header, len(ids) - latest) :]
