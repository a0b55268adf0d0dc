"""The Transformer's `Decoder`: the same network as in training, laid out for writing id by id.

`transformer.Model` says what is computed; here it is computed quickly, and tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from torch import nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from studio.models.transformer import Block, Config, Model


class Clock:
    """Tells the places of one take's ids, as `places` does, id by id."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.count, self.bar, self.position, self.filled = -1, 0, 0, 0
        self.holes: list[int] = []

    def read(self, token: int) -> tuple[int, int, int]:
        """Number, bar and position in the bar of the next id."""
        config = self.config
        self.count += 1
        if 0 <= token - config.position_id < config.positions:
            self.position = token - config.position_id
        elif token == config.hole_id:
            self.holes.append(self.bar)
        elif token in (config.bar_id, config.fill_id) or 0 <= token - config.track_id < config.tracks:
            self.position = 0
            self.bar += token == config.bar_id
            self.filled += token == config.fill_id
        if not self.filled:
            return self.count, self.bar, self.position
        return self.count, self.holes[self.filled - 1] if self.filled <= len(self.holes) else 0, self.position


Product = Callable[[torch.Tensor], torch.Tensor]
"""Of rows (B, in) with a weight matrix (out, in): (B, out)."""

SMALL = 1 << 20
"""Networks of no more parameters stay in a processor's cache and are computed in full precision."""
STRIDE = 16
"""What the products in 8 bits take at a time; they read past the end of rows that are no multiple of it."""


def product(weight: torch.Tensor, *, rounded: bool) -> Product:
    """The product with a matrix (out, in) of float32, or with it `rounded` to 8 bits and a scale for each row.

    Writing id by id means reading every weight from memory for every id, so a quarter of the bytes is several times the
    speed. On held-out pieces the ids' distribution moved by less than 1e-4 nats (Kullback-Leibler), measured with the
    small network.
    """
    if not rounded:
        return lambda x: F.linear(x, weight)
    scales = (weight.abs().amax(1) / 127).clamp(min=1e-30).bfloat16()
    rows = (weight / scales.float()[:, None]).round_().to(torch.int8)
    return lambda x: torch._weight_int8pack_mm(x.bfloat16(), rows, scales)


class _Products(NamedTuple):
    """Those of one block."""

    qkv: Product
    out: Product
    up: Product
    down: Product


class Decoder:
    """The network laid out for reading one id a take, quickly; it keeps keys and values, and its memory is flat.

    At this size the number of operations counts as much as their work. So what the norms multiply by is multiplied
    into the weights behind them, and the two halves of a rotated pair lie side by side: rotating is then one product of
    complex numbers. Values go with queries and keys, turned by nothing. What the takes have in common, the prompt, is
    read and kept once (as in Hydragen, Juravsky et al. 2024).
    """

    def __init__(self, model: Model, takes: int) -> None:
        config = self.config = model.config
        self.takes, self.embed = takes, model.embed.weight
        self.rounded = sum(p.numel() for p in model.parameters()) > SMALL and config.width % STRIDE == 0
        self.blocks = [self._products(cast("Block", block)) for block in model.blocks]
        self.out = product(_scaled(model.embed.weight, model.norm), rounded=False)  # rounded logits would be too coarse
        self.least = torch.tensor((config.width * torch.finfo(self.embed.dtype).eps) ** 0.5)
        speeds = model.rotary.speeds
        self.speeds = torch.cat([speeds, speeds, torch.zeros_like(speeds)], 1)
        shape = (2, config.heads, takes, config.context, config.width // config.heads)
        # Not set to zero: memory that is never reached is never taken.
        self.own = [torch.empty(shape) for _ in self.blocks]
        self.shared: list[torch.Tensor] = []

    def _products(self, block: Block) -> _Products:
        qkv = _scaled(block.qkv.weight, block.norm1)
        parts = qkv.view(3, self.config.heads, 2, -1, self.config.width)
        qkv = torch.cat([parts[:2].transpose(2, 3).flatten(0, 3), parts[2].flatten(0, 2)])
        weights = (qkv, block.out.weight, _scaled(block.up.weight, block.norm2), block.down.weight)
        return _Products(*(product(weight, rounded=self.rounded) for weight in weights))

    def start(self, ids: torch.Tensor) -> torch.Tensor:
        """Forget all; logits (B, V) after the last of ids (B, T), or of (1, T) that are the same for all takes."""
        self.clocks = [Clock(self.config) for _ in range(self.takes)]
        self.length, together = ids.shape[1], len(ids) < self.takes
        self.own_length, self.shared = 0 if together else self.length, []

        def attend(layer: int, qkv: torch.Tensor) -> torch.Tensor:
            queries, keys, values = qkv
            if together:
                self.shared.append(qkv[1:, :, 0].contiguous())
            else:
                self.own[layer][..., : self.length, :] = qkv[1:]
            return F.scaled_dot_product_attention(queries, keys, values, is_causal=True)

        return self._run(ids, attend).expand(self.takes, -1)

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) after one more id a take, (B,)."""
        self.length += 1
        self.own_length += 1

        def attend(layer: int, qkv: torch.Tensor) -> torch.Tensor:
            own = self.own[layer][..., : self.own_length, :]
            own[..., -1:, :] = qkv[1:]
            if self.shared:
                return _attend(qkv[0], self.shared[layer], own)
            return F.scaled_dot_product_attention(qkv[0], own[0], own[1])

        return self._run(ids[:, None], attend)

    def _run(self, ids: torch.Tensor, attend: Callable[[int, torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """Logits after the last of ids (B, T); `attend` makes (heads, B, T, d) of queries, keys and values of these."""
        turn, x = self._turn(ids), F.embedding(ids.flatten(), self.embed)
        for layer, block in enumerate(self.blocks):
            qkv = block.qkv(self._normed(x)).float().view(*ids.shape, 3, self.config.heads, -1, 2)
            qkv = torch.view_as_real(torch.view_as_complex(qkv) * turn).flatten(-2)
            attended = attend(layer, qkv.permute(2, 3, 0, 1, 4))
            x = x + block.out(attended.permute(1, 2, 0, 3).reshape(x.shape))
            gate, up = block.up(self._normed(x)).chunk(2, dim=-1)
            x = x + block.down(F.silu(gate) * up)
        return self.out(self._normed(x.view(*ids.shape, -1)[:, -1]))

    def _turn(self, ids: torch.Tensor) -> torch.Tensor:
        """What queries, keys and values of ids (B, T) are multiplied by, (B, T, 3, 1, pairs)."""
        rows = ids.expand(self.takes, -1).tolist()
        told = [[clock.read(token) for token in row] for clock, row in zip(self.clocks, rows, strict=True)]
        angles = torch.tensor(told[: len(ids)], dtype=torch.float) @ self.speeds
        return torch.polar(torch.ones_like(angles), angles).view(*ids.shape, 3, 1, -1)

    def _normed(self, x: torch.Tensor) -> torch.Tensor:
        """RMSNorm less its factors, which are in the weights."""
        lengths: torch.Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x / lengths.hypot(self.least)


def _scaled(weight: torch.Tensor, norm: nn.RMSNorm) -> torch.Tensor:
    """The weight of a linear map with the factors of the norm before it."""
    factors: torch.Tensor = norm.weight * len(norm.weight) ** 0.5
    return weight * factors


def _attend(queries: torch.Tensor, shared: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Attention of one query a take (heads, B, 1, d) to what all share (2, heads, S, d) and own (2, heads, B, T, d).

    One softmax over both; the keys and values that are shared are gone through once for all takes.
    """
    heads, takes, _, width = queries.shape
    one_by_one, together = queries.reshape(heads * takes, 1, width) * width**-0.5, (heads, takes, -1)
    keys, values = own.flatten(1, 2)
    to_own = torch.bmm(one_by_one, keys.transpose(1, 2)).view(together)
    to_shared = torch.bmm(one_by_one.view(together), shared[0].transpose(1, 2))
    weights = torch.cat([to_shared, to_own], 2).softmax(2)
    to_shared, to_own = weights[..., : shared.shape[2]], weights[..., shared.shape[2] :]
    attended = torch.bmm(to_own.reshape(heads * takes, 1, -1), values).view(together)
    return torch.baddbmm(attended, to_shared, shared[1])[:, :, None]
