"""The GAN: writes whole bars of melody and chords at once, from the bars before and a random z; it knows no scores.

A generator and a discriminator learn in turn (Goodfellow et al. 2014). The discriminator tells real bars from written
ones after the same given bars, by relativistic pairs with zero-centred gradient penalties on both (Huang et al. 2024,
"The GAN is dead; long live the GAN!"). Planes are made binary by straight-through Gumbel-softmax (Jang et al. 2017), so
that the discriminator sees nothing that real music could not be. Against mode collapse an encoder tells which z real
bars come from, and the generator must write them again from it (Larsen et al. 2016; Zhu et al. 2017, BicycleGAN): so no
real music may be out of its reach.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from studio.models import ALONE, Control, OptimizerSettings, World
from studio.models._bars import CELLS, FIRST, HELD, Bars, Planes, Reader, Writer, classes, inside, metre, planes

TITLE = "GAN"
HELP = "A generative adversarial network: writes melody and chords four bars at a time in one go, very fast."
EXAMPLES = "rolls"
VERBS = ("continue",)
CONTROLS = (
    Control(
        "temperature", 1.0, 0.0, 2.0, 0.05,
        help="How far it strays: scales the random numbers that a take is made from, and the dice that decide on each "
        "note. At 0 all takes are one, at 1 it writes as it learned, above it grows restless.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """Sizes of the networks."""

    vocab_size: int = 130
    """Number of values that a cell can have."""
    slots: int = 16
    """Cells of a bar, sixteenths."""
    chords: int = 121
    """Number of chords, 0 being none."""
    given: int = 4
    """Bars that are given; there may be fewer."""
    new: int = 4
    """Bars that are written at once."""
    low: int = 48
    """The lowest pitch it writes."""
    pitches: int = 48
    """Number of pitches it writes."""
    width: int = 128
    """Width of the vector of a bar."""
    cell: int = 32
    """Width of the vector of a cell."""
    layers: int = 2
    heads: int = 4
    latent: int = 24
    """Random numbers for each bar."""
    penalty: float = 0.1
    """Weight of the gradient penalties."""
    alone: int = 1000
    """Steps in which generator and encoder learn alone: noise would teach the discriminator nothing."""
    again: float = 2.0
    """Weight of writing real bars again from their z."""
    divergence: float = 0.1
    """Weight, beside that, of the divergence of that z from random numbers."""
    averaging: float = 0.995
    """Share of itself that the generator's running mean, which writes, keeps at each step."""


class Generator(nn.Module):
    """Given bars and z to the logits of new bars."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.config = c
        self.reader = Reader(c.slots, HELD + c.pitches, c.chords, c.cell, c.width)
        self.latent = nn.Linear(c.latent + c.slots + 2, c.width)
        self.bars = Bars(c.given + c.new, c.width, c.layers, c.heads)
        self.writer = Writer(c.slots, HELD + c.pitches, c.chords, c.cell, c.width)

    def forward(self, rows: torch.Tensor, z: torch.Tensor) -> Planes:
        """`rows` (B, given + new, 21), of the new ones only the metre counts; `z` (B, new, latent)."""
        c = self.config
        given, new = rows[:, : c.given], rows[:, c.given :]
        seen = self.reader(planes(given, c.low, c.pitches, c.chords), given)
        asked = self.latent(torch.cat([z, metre(new, c.slots)], -1))
        out: Planes = self.writer(self.bars(torch.cat([seen, asked], 1))[:, c.given :])
        return out


class Judge(nn.Module):
    """Given and new bars to `out` numbers for each new bar, (B, new, out): discriminator and encoder."""

    def __init__(self, c: Config, out: int) -> None:
        super().__init__()
        self.config = c
        self.reader = Reader(c.slots, HELD + c.pitches, c.chords, c.cell, c.width)
        self.bars = Bars(c.given + c.new, c.width, c.layers, c.heads)
        self.out = nn.Linear(c.width, out)

    def forward(self, rows: torch.Tensor, new: Planes) -> torch.Tensor:
        c = self.config
        given = planes(rows[:, : c.given], c.low, c.pitches, c.chords)
        both = torch.cat([given[0], new[0]], 1), torch.cat([given[1], new[1]], 1)
        out: torch.Tensor = self.out(self.bars(self.reader(both, rows))[:, c.given :])
        return out


def binary(logits: torch.Tensor) -> torch.Tensor:
    """One-hot planes, drawn as the logits say (Gumbel), with the gradient of soft ones."""
    dice = _gumbel(torch.empty_like(logits, dtype=torch.float32).exponential_())
    soft = torch.softmax(logits.float() + dice, -1)
    hard = F.one_hot(soft.argmax(-1), soft.shape[-1]).float()
    return hard + soft - soft.detach()


class Model(nn.Module):
    """Generator, its running mean, discriminator and encoder."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.generator = Generator(config)
        self.mean = copy.deepcopy(self.generator).requires_grad_(False)
        self.discriminator = Judge(config, 1)
        self.encoder = Judge(config, 2 * config.latent)
        self.turns: torch.Tensor
        self.register_buffer("turns", torch.zeros((), dtype=torch.long))
        nn.init.constant_(self.encoder.out.bias[config.latent :], -3.0)  # so that z tells something from the start

    def _real(self, rows: torch.Tensor) -> Planes:
        c = self.config
        cells, chords = planes(rows[:, c.given :], c.low, c.pitches, c.chords)
        return cells * inside(rows[:, c.given :], c.slots)[..., None], chords

    def _written(self, rows: torch.Tensor, logits: Planes) -> Planes:
        within = inside(rows[:, self.config.given :], self.config.slots)[..., None]
        return binary(logits[0]) * within, binary(logits[1])

    def configure_optimizers(self, settings: OptimizerSettings) -> list[torch.optim.Optimizer]:
        """One for the discriminator, one for generator and encoder."""
        makers = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "muon": torch.optim.AdamW}
        groups = [self.discriminator.parameters(), [*self.generator.parameters(), *self.encoder.parameters()]]
        if settings.name == "rmsprop":
            return [torch.optim.RMSprop(group, lr=settings.lr) for group in groups]
        # Momentum makes players that learn in turn circle round each other.
        return [makers[settings.name](group, lr=settings.lr, betas=(0.0, 0.99), weight_decay=0.0) for group in groups]

    def training_step(
        self, batch: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float, world: World = ALONE
    ) -> dict[str, float]:
        """One turn each on rows (B, given + new, 21)."""
        rows = batch.long()
        real, told = self._real(rows), {"discriminator": 0.0, "steepness": 0.0}
        fake: Planes | None = None
        if self.turns >= self.config.alone:
            z = torch.randn(len(rows), self.config.new, self.config.latent, device=rows.device)
            fake = self._written(rows, self.generator(rows, z))
            told = self._step_discriminator(rows, real, (fake[0].detach(), fake[1].detach()), optimizers[0], clip)
        told |= self._step_generator(rows, real, fake, optimizers[1], clip)
        self.turns += 1
        with torch.no_grad():
            for mean, now in zip(self.mean.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(now, 1 - self.config.averaging)
        return told

    def _step_discriminator(
        self, rows: torch.Tensor, real: Planes, fake: Planes, optimizer: torch.optim.Optimizer, clip: float
    ) -> dict[str, float]:
        ahead = self.discriminator(rows, real).float() - self.discriminator(rows, fake).float()
        loss = F.softplus(-ahead).mean()
        part = slice(0, max(1, len(rows) // 4))  # a quarter of the batch does, and costs a quarter
        slopes = [self._steepness(rows[part], (p[0][part], p[1][part])) for p in (real, fake)]
        penalty = torch.stack(slopes).sum()
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss + self.config.penalty * penalty)
        nn.utils.clip_grad_norm_(self.discriminator.parameters(), clip)
        optimizer.step()
        return {"discriminator": float(loss.detach()), "steepness": float(penalty.detach())}

    def _steepness(self, rows: torch.Tensor, new: Planes) -> torch.Tensor:
        """Mean squared gradient of the discriminator where real or written bars stand."""
        inputs = [plane.detach().requires_grad_() for plane in new]
        total = self.discriminator(rows, (inputs[0], inputs[1])).float().mean(1).sum()
        slopes = torch.autograd.grad(total, inputs, create_graph=True)
        return torch.stack([slope.flatten(1).square().sum(1) for slope in slopes]).sum(0).mean()

    def _step_generator(
        self, rows: torch.Tensor, real: Planes, fake: Planes | None, optimizer: torch.optim.Optimizer, clip: float
    ) -> dict[str, float]:
        missed, divergence = self._again(rows, real)
        again = (missed + self.config.divergence * divergence) / (self.config.new * self.config.slots)
        fooled = self._fooled(rows, real, fake) if fake else missed.new_zeros(())
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(fooled + self.config.again * again)
        nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], clip)
        optimizer.step()
        told = {"loss": again, "generator": fooled, "again": missed, "divergence": divergence}
        return {name: float(value.detach()) for name, value in told.items()}

    def _fooled(self, rows: torch.Tensor, real: Planes, fake: Planes) -> torch.Tensor:
        """The generator's loss: how much truer than what it wrote the discriminator finds real bars."""
        for parameter in self.discriminator.parameters():
            parameter.requires_grad_(False)
        with torch.no_grad():
            true = self.discriminator(rows, real).float()
        loss = F.softplus(true - self.discriminator(rows, fake).float()).mean()
        for parameter in self.discriminator.parameters():
            parameter.requires_grad_(True)
        return loss

    def _again(self, rows: torch.Tensor, real: Planes) -> tuple[torch.Tensor, torch.Tensor]:
        """Nats of real bars written again from the z that they are told to come from, and the z's divergence."""
        c = self.config
        centre, spread = self.encoder(rows, real).float().chunk(2, -1)
        spread = spread.clamp(-8, 4)
        z = centre + torch.exp(spread / 2) * torch.randn_like(centre)
        cells, chords = self.generator(rows, z)
        new = rows[:, c.given :]
        missed = F.cross_entropy(
            cells.flatten(0, 2).float(), classes(new, c.low, c.pitches).flatten(), reduction="none"
        )
        missed = (missed.view(len(rows), -1) * inside(new, c.slots).flatten(1)).sum(1)
        harmony = F.cross_entropy(chords.flatten(0, 2).float(), new[..., FIRST:CELLS].flatten(), reduction="none")
        divergence = 0.5 * (centre.square() + spread.exp() - 1 - spread).flatten(1).sum(1)
        return (missed + harmony.view(len(rows), -1).sum(1)).mean(), divergence.mean()

    @torch.inference_mode()
    def write(
        self, rows: torch.Tensor, temperature: float = 1.0, generators: Sequence[torch.Generator] = ()
    ) -> torch.Tensor:
        """New bars (B, new, 21) after rows (B, given + new, 21), whose new ones say their metre.

        Each row has a generator of its own, or all have torch's. `temperature` 0-2.
        """
        c = self.config
        rows = rows.long()
        draws = [_draw(c, generator) for generator in generators] or [_draw(c, None) for _ in rows]
        z, cell_dice, chord_dice = (
            temperature * torch.stack(draw).to(rows.device) for draw in zip(*draws, strict=True)
        )
        cells, chords = self.mean(rows, z)
        new = rows[:, c.given :].clone()
        new[..., FIRST:CELLS] = (chords.float() + chord_dice).argmax(-1)
        values = (cells.float() + cell_dice).argmax(-1)
        new[..., CELLS:] = torch.where(values < HELD, values, values + c.low) * inside(new, c.slots)
        return new

    def generate(
        self,
        given: torch.Tensor,
        wanted: torch.Tensor,
        temperature: float,
        generators: Sequence[torch.Generator],
    ) -> Iterator[torch.Tensor]:
        """After bars `given` (G, 21) as many takes as there are generators, `new` bars in one go (takes, new, 21).

        `wanted` (N, 21) says the metres of all bars that are to be written. What is written is read back for what
        follows it; the last of them may be fewer.
        """
        c, takes = self.config, len(generators)
        seen = F.pad(given.long(), (0, 0, c.given, 0))[-c.given :].expand(takes, -1, -1)
        for asked in torch.split(wanted.long(), c.new):
            metres = torch.cat([asked, asked[-1:].expand(c.new - len(asked), -1)]).expand(takes, -1, -1)
            rows = self.write(torch.cat([seen, metres], 1), temperature, generators)
            yield rows[:, : len(asked)]
            seen = torch.cat([seen, rows], 1)[:, -c.given :]


def _draw(c: Config, generator: torch.Generator | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The random numbers of one take: z, and the dice (Gumbel) for cells and chords."""
    z = torch.randn(c.new, c.latent, generator=generator)
    shapes = (c.new, c.slots, HELD + c.pitches), (c.new, 2, c.chords)
    cells, chords = (_gumbel(torch.empty(shape).exponential_(generator=generator)) for shape in shapes)
    return z, cells, chords


def _gumbel(exponential: torch.Tensor) -> torch.Tensor:
    return -torch.log(exponential.clamp(min=1e-20))
