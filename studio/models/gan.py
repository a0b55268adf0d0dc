"""The GAN: writes whole bars of melody and chords at once, from the bars before and a random z; it knows no scores.

An autoencoder learns first to put each bar into a few numbers, its latent, and to write the bar from them (Kingma &
Welling 2014). Then two players learn in turn (Goodfellow et al. 2014): the generator makes the latents of new bars from
those of the given ones and random z; the discriminator tells them from the latents of what really followed. So notes,
which cannot be changed by degrees, stay out of the game (Makhzani et al. 2016, "Adversarial Autoencoders"; Engel et al.
2018, "Latent Constraints"). They play by relativistic pairs with zero-centred gradient penalties on real and made
latents (Huang et al. 2024, "The GAN is dead; long live the GAN!"), which holds against mode collapse.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from studio.errors import SettingError
from studio.models import ALONE, Control, OptimizerSettings, World
from studio.models._bars import CELLS, FIRST, HELD, Reader, Writer, classes, inside, metre, planes

TITLE = "GAN"
HELP = (
    "A generative adversarial network: writes melody and chords, four bars in one go, in a moment. It hears your last "
    "four bars only and thinks in sixteenths, without triplets. It keeps register and pace, but its tunes wander: they "
    "leap more, and stray further from the usual pitches, than those of the other models."
)
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
    cell: int = 32
    """Width of the vector of a cell."""
    hidden: int = 256
    """Width of the autoencoder."""
    latent: int = 40
    """Numbers in the latent of a bar."""
    divergence: float = 0.1
    """Weight of the divergence of latents from normal ones, beside the nats of the bars written again."""
    alone: int = 1500
    """Steps in which the autoencoder learns; after them it stays as it is, and the players begin."""
    noise: int = 32
    """Random numbers for each new bar: z."""
    width: int = 512
    """Width of generator and discriminator."""
    layers: int = 2
    """Residual layers of each."""
    penalty: float = 1.0
    """Weight of the gradient penalties."""
    averaging: float = 0.998
    """Share of itself that the generator's running mean, which writes, keeps at each step."""
    dice: float = 0.5
    """How much of the autoencoder's doubt about a note is left to chance at temperature 1."""


class Player(nn.Module):
    """Latents of given bars and numbers for the new ones to `out` numbers for each new bar, all bars at once.

    No layer is normalised, as in Huang et al. (2024): residual ones that begin small do without.
    """

    def __init__(self, c: Config, told: int, out: int) -> None:
        super().__init__()
        self.new = c.new
        self.slots = c.slots
        self.join = nn.Linear(c.given * (c.latent + c.slots + 2) + c.new * (told + c.slots + 2), c.width)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.GELU(), nn.Linear(c.width, c.width), nn.GELU(), nn.Linear(c.width, c.width))
            for _ in range(c.layers)
        )
        self.out = nn.Linear(c.width, c.new * out)
        with torch.no_grad():
            for layer in self.layers:
                layer.get_parameter("3.weight").mul_(0.3)

    def forward(self, rows: torch.Tensor, given: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """`rows` (B, given + new, 21), of which the metre counts, `given` (B, given, latent), `new` (B, new, told)."""
        x = self.join(torch.cat([given.flatten(1), new.flatten(1), metre(rows, self.slots).flatten(1)], -1))
        for layer in self.layers:
            x = x + layer(x)
        out: torch.Tensor = self.out(F.gelu(x)).unflatten(-1, (self.new, -1))
        return out


class Model(nn.Module):
    """Autoencoder (`reader` and `writer`), generator, its running mean `mean`, and discriminator."""

    turns: torch.Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = c = config
        values = HELD + c.pitches
        self.reader = Reader(c.slots, values, c.chords, c.cell, c.hidden, 2 * c.latent)
        self.writer = Writer(c.slots, values, c.chords, c.cell, c.hidden, c.latent)
        nn.init.constant_(self.reader.out.bias[c.latent :], -3.0)  # so that latents tell something from the start
        self.generator = Player(c, c.noise, c.latent)
        self.mean = copy.deepcopy(self.generator).requires_grad_(False)
        self.discriminator = Player(c, c.latent, 1)
        self.register_buffer("turns", torch.zeros((), dtype=torch.long))

    def configure_optimizers(self, settings: OptimizerSettings) -> list[torch.optim.Optimizer]:
        """One each for the autoencoder, the discriminator and the generator."""
        autoencoder = [*self.reader.parameters(), *self.writer.parameters()]
        groups = [autoencoder, list(self.discriminator.parameters()), list(self.generator.parameters())]
        if settings.name == "rmsprop":
            return [torch.optim.RMSprop(group, lr=settings.lr) for group in groups]
        maker = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
        # Momentum makes players that learn in turn circle round each other.
        momenta = (0.5, 0.0, 0.0)
        return [
            maker(group, lr=settings.lr, betas=(momentum, 0.99), weight_decay=0.0)
            for group, momentum in zip(groups, momenta, strict=True)
        ]

    def training_step(
        self, batch: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float, world: World = ALONE
    ) -> dict[str, float]:
        """One step of the autoencoder, or one turn of each player, on rows (B, given + new, 21).

        SettingError with several processes, which would learn apart: gradients are not shared here.
        """
        if world.size > 1:
            raise SettingError(f"The GAN learns in one process, but there are {world.size}: start it without torchrun.")
        rows = batch.long()
        told = dict.fromkeys(("loss", "again", "divergence", "discriminator", "steepness", "generator"), 0.0)
        if self.turns < self.config.alone:
            told |= self._step_autoencoder(rows, optimizers[0], clip)
        else:
            told |= self._step_players(rows, optimizers[1:], clip)
        self.turns += 1
        return told

    # --- autoencoder -----------------------------------------------------------------------------------------------

    def latents(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log variance (B, N, latent) of the latents of bars (B, N, 21)."""
        c = self.config
        centre, spread = self.reader(planes(rows, c.low, c.pitches, c.chords), rows).float().chunk(2, -1)
        return centre, spread.clamp(-8, 4)

    def again(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """By bar (B, N): nats of its cells and chords written again from its latent, and the latent's divergence."""
        c = self.config
        centre, spread = self.latents(rows)
        cells, chords = self.writer(_drawn(centre, spread), rows)
        wanted = classes(rows, c.low, c.pitches)
        missed = F.cross_entropy(cells.float().movedim(-1, 1), wanted, reduction="none") * inside(rows, c.slots)
        harmony = F.cross_entropy(chords.float().movedim(-1, 1), rows[..., FIRST:CELLS], reduction="none")
        return missed.sum(-1) + harmony.sum(-1), 0.5 * (centre.square() + spread.exp() - 1 - spread).sum(-1)

    def _step_autoencoder(self, rows: torch.Tensor, optimizer: torch.optim.Optimizer, clip: float) -> dict[str, float]:
        missed, divergence = (value.mean() for value in self.again(rows))
        loss = missed + self.config.divergence * divergence
        _descend(loss / self.config.slots, optimizer, clip)
        told = {"loss": loss, "again": missed, "divergence": divergence}
        return {name: float(value.detach()) for name, value in told.items()}

    # --- the players -----------------------------------------------------------------------------------------------

    def _step_players(
        self, rows: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float
    ) -> dict[str, float]:
        c = self.config
        with torch.no_grad():
            centre, spread = self.latents(rows)
            given, real = centre[:, : c.given], _drawn(centre, spread)[:, c.given :]
        made = self.generator(rows, given, torch.randn(len(rows), c.new, c.noise, device=rows.device)).float()
        told = self._step_discriminator(rows, given, real, made.detach(), optimizers[0], clip)
        with torch.no_grad():
            true = self.discriminator(rows, given, real).float()
        loss = F.softplus(true - self.discriminator(rows, given, made).float()).mean()
        _descend(loss, optimizers[1], clip)
        with torch.no_grad():
            for mean, now in zip(self.mean.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(now, 1 - c.averaging)
        return told | {"loss": float(loss.detach()), "generator": float(loss.detach())}

    def _step_discriminator(
        self,
        rows: torch.Tensor,
        given: torch.Tensor,
        real: torch.Tensor,
        made: torch.Tensor,
        optimizer: torch.optim.Optimizer,
        clip: float,
    ) -> dict[str, float]:
        ahead = self.discriminator(rows, given, real).float() - self.discriminator(rows, given, made).float()
        loss = F.softplus(-ahead).mean()
        part = slice(0, max(1, len(rows) // 4))  # a quarter of the batch does, and costs a quarter
        slopes = [self._steepness(rows[part], given[part], new[part]) for new in (real, made)]
        penalty = torch.stack(slopes).sum()
        _descend(loss + self.config.penalty * penalty, optimizer, clip)
        return {"discriminator": float(loss.detach()), "steepness": float(penalty.detach())}

    def _steepness(self, rows: torch.Tensor, given: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        """Mean squared gradient of the discriminator where real or made latents lie."""
        at = new.detach().requires_grad_()
        total = self.discriminator(rows, given, at).float().mean((1, 2)).sum()
        (slope,) = torch.autograd.grad(total, at, create_graph=True)
        return slope.flatten(1).square().sum(1).mean()

    # --- writing ---------------------------------------------------------------------------------------------------

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
        made = self.mean(rows, self.latents(rows[:, : c.given])[0], z)
        cells, chords = self.writer(made, rows[:, c.given :])
        new = rows[:, c.given :].clone()
        new[..., FIRST:CELLS] = (chords.float() + c.dice * chord_dice).argmax(-1)
        values = (cells.float() + c.dice * cell_dice).argmax(-1)
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
    z = torch.randn(c.new, c.noise, generator=generator)
    shapes = (c.new, c.slots, HELD + c.pitches), (c.new, 2, c.chords)
    cells, chords = (_gumbel(torch.empty(shape).exponential_(generator=generator)) for shape in shapes)
    return z, cells, chords


def _gumbel(exponential: torch.Tensor) -> torch.Tensor:
    return -torch.log(exponential.clamp(min=1e-20))


def _drawn(centre: torch.Tensor, spread: torch.Tensor) -> torch.Tensor:
    """Latents drawn by their mean and log variance."""
    return centre + torch.exp(spread / 2) * torch.randn_like(centre)


def _descend(loss: torch.Tensor, optimizer: torch.optim.Optimizer, clip: float) -> None:
    """One step of an optimizer over its own parameters."""
    own = [p for group in optimizer.param_groups for p in group["params"]]
    optimizer.zero_grad(set_to_none=True)
    # Only of its own parameters: the generator's loss goes through the discriminator, which does not learn from it.
    for p, gradient in zip(own, torch.autograd.grad(loss, own), strict=True):
        p.grad = gradient
    nn.utils.clip_grad_norm_(own, clip)
    optimizer.step()
