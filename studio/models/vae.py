"""The encoder-decoder: a recurrent variational autoencoder of melodies, bar by bar; it knows ids, not music.

A bidirectional LSTM reads a bar into a latent z, a conductor follows the latents of a phrase, and an LSTM writes each
bar from its z and what the conductor says: MusicVAE's hierarchy (Roberts et al. 2018) with one latent a bar, so that
phrases of any length keep their detail. z has a part for each stretch of the bar, read from the ids there, and the
decoder looks at the parts around the place it writes at: so what is where need not be learned, only what it is.

z is normal in the prior (Kingma & Welling 2014); it is kept in use by free nats (Kingma et al. 2016), by a small weight
on the others (Higgins et al. 2017) and by ids that the decoder is not shown (Bowman et al. 2016). The same decoder also
learns to answer: to write a bar whose z it is not given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from studio.models import ALONE, World
from studio.models._hand import CERTAIN, Conductor, Hand
from studio.models._likelihood import NEXT_TOKEN_CONTROLS, PAD, NextTokenModel
from studio.sampling import Mask, Settings, decode

TITLE = "Encoder-decoder"
HELP = (
    "Reads a melody into a few numbers a bar and writes it from them: varies it as closely as you like, blends two "
    "melodies or takes over the manner of another one. It can go on from a melody too; the LSTM and the "
    "Transformer do that better."
)

CONTROLS = NEXT_TOKEN_CONTROLS
VERBS = ("continue", "vary", "blend", "resemble")
EXAMPLES = "phrases"

State = tuple[torch.Tensor, torch.Tensor]
BEFORE, AFTER = 1, 4
"""Parts of z before and after its place that the decoder looks at."""


@dataclass(frozen=True)
class Config:
    """Sizes of the network, and how it learns."""

    vocab_size: int
    """Number of ids; 0 is padding."""
    start_id: int
    """The id that ends the header: only what follows it is learned."""
    bar_id: int = -1
    """The id that begins a bar."""
    position_id: int = -1
    """The id of the first position in a bar."""
    positions: int = 192
    """Number of positions."""
    stretch: int = 12
    """Positions that share a part of z."""
    embedding: int = 128
    """Width of embedding and output."""
    reader: int = 128
    """Width of the encoder in each direction."""
    latent: int = 12
    """Numbers in each part of z."""
    conductor: int = 128
    """Width of the LSTM over the latents."""
    hidden: int = 256
    """Width of the decoder."""
    phrase: int = 8
    """Bars that the conductor follows, this one included; what lies further back it does not know."""
    attributes: int = 5
    """Ways in which a bar can be moved, see `studio.data.phrases`."""
    beta: float = 0.1
    """Weight of the nats of z beyond the free ones."""
    free: float = 16.0
    """Nats of z that cost nothing, for each bar."""
    hidden_ids: float = 0.25
    """Share of ids that the decoder is not shown while it learns to write a bar again."""
    answers: float = 0.25
    """Share of bars that are learned as answers, without their z."""

    @property
    def parts(self) -> int:
        """Parts of z."""
        return -(-self.positions // self.stretch)


class Model(NextTokenModel):
    """Encoder, conductor and decoder.

    `center` (L,) and `spread` (L, L), a lower triangle, are mean and covariance of the latents of training bars;
    `directions` (A, L) how they move with each attribute by one standard deviation, the others staying; `scales`
    (A, 2) mean and standard deviation of the attributes. All are worked out once training is over.
    """

    config: Config
    center: torch.Tensor
    spread: torch.Tensor
    directions: torch.Tensor
    scales: torch.Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        width, size = config.embedding, config.parts * config.latent
        told = size + config.conductor
        self.embed = nn.Embedding(config.vocab_size, width)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        self.reader = nn.LSTM(width, config.reader, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * config.reader, 2 * config.latent)
        self.heading = nn.Linear(width, 2 * config.conductor)
        self.conductor = nn.LSTM(size, config.conductor, batch_first=True)
        self.answer = nn.Sequential(nn.Linear(config.conductor, 256), nn.GELU(), nn.Linear(256, size))
        self.answering = nn.Parameter(torch.zeros(width))
        self.begin = nn.Linear(told, 2 * config.hidden)
        self.tell = nn.Linear(told, width)
        self.writer = nn.LSTM(width, config.hidden, batch_first=True)
        self.look = nn.Linear(told, config.hidden)
        self.near = nn.Linear((BEFORE + 1 + AFTER) * config.latent, width + config.hidden)
        self.turn = nn.Linear(config.hidden, config.hidden)
        self.project = nn.Linear(config.hidden, width)
        nn.init.normal_(self.embed.weight, std=width**-0.5)
        nn.init.constant_(self.to_latent.bias[config.latent :], -2.0)  # certain at first: noise would hide what is in z
        self.register_buffer("center", torch.zeros(size))
        self.register_buffer("spread", torch.eye(size))
        self.register_buffer("directions", torch.zeros(config.attributes, size))
        self.register_buffer("scales", torch.tensor([[0.0, 1.0]] * config.attributes))

    # --- what is computed ------------------------------------------------------------------------------------------

    def read(self, bars: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and log variance (N, L) of the latents of bars (N, T), of each the first `lengths` ids (N,)."""
        packed = _packed(lengths, bars.shape[1])
        places = packed.data
        out, _ = self.reader(packed._replace(data=self.embed(bars.flatten()[places])))
        parts = self.config.parts
        pooled = out.data.new_zeros(len(bars) * parts, out.data.shape[1], dtype=torch.float)
        index = places // bars.shape[1] * parts + self._part(bars).flatten()[places]
        pooled = pooled.index_add(0, index, out.data.float())
        mean, log_variance = self.to_latent(pooled.view(len(bars), parts, -1)).float().chunk(2, 2)
        return mean.flatten(1), log_variance.flatten(1).clamp(-12, 4)

    def _part(self, bars: torch.Tensor) -> torch.Tensor:
        """The part of the bar that each of ids (N, T) stands in: that of the last position up to there, at first 0."""
        position = bars - self.config.position_id
        told = (position >= 0) & (position < self.config.positions)
        last = torch.where(told, torch.arange(bars.shape[1], device=bars.device), 0).cummax(1).values
        return torch.where(told, position, 0).gather(1, last) // self.config.stretch

    def conduct(self, header: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """What the conductor says of each bar, (B, S, C), from headers (B, T) and the latents (B, S, L) before it."""
        hidden, cell = self.opening(header)
        bars, most = latents.shape[1], self.config.phrase
        if bars == 1:
            return hidden[:, None]
        said, _ = self.conductor(latents[:, : min(bars, most) - 1], (hidden[None], cell[None]))
        said = torch.cat([hidden[:, None].to(said.dtype), said], 1)
        if bars <= most:
            return said
        # Further on, each bar is the last of a phrase of its own.
        before = latents[:, 1:-1].unfold(1, most - 1, 1).transpose(2, 3)
        count = before.shape[1]
        states = tuple(part.repeat_interleave(count, 0)[None] for part in (hidden, cell))
        later, _ = self.conductor(before.flatten(0, 1), states)
        return torch.cat([said, later[:, -1].view(len(latents), count, -1)], 1)

    def opening(self, header: torch.Tensor) -> State:
        """The conductor's state (B, C) before the first bar."""
        there = (header != PAD)[..., None]
        mean = (self.embed(header) * there).sum(1) / there.sum(1).clamp(min=1)
        hidden, cell = torch.tanh(self.heading(mean).float()).chunk(2, -1)
        return hidden.contiguous(), cell.contiguous()

    def told(self, latents: torch.Tensor, said: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """What the decoder is told of each bar (..., L + C): its latent, or where it `answers` (...) one that fits."""
        chosen = torch.where(answers[..., None], self.answer(said).float(), latents)
        return torch.cat([chosen, said.float()], -1)

    def write(
        self, bars: torch.Tensor, lengths: torch.Tensor, told: torch.Tensor, answers: torch.Tensor, shown: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(logits (M, V), place in `bars` (N, T) (M,)) after each of the first `lengths` ids of the bars.

        `told` (N, L + C), `answers` (N,); ids that are not `shown` (N, T) are not fed in.
        """
        packed = _packed(lengths, bars.shape[1])
        places = packed.data
        row, part = places // bars.shape[1], self._part(bars).flatten()[places]
        near, look = self.around(told)
        at = row * self.config.parts + part
        fed = self.embed(bars.flatten()[places]) * shown.flatten()[places][:, None]
        fed = fed + self.telling(told, answers).index_select(0, row) + near.flatten(0, 1).index_select(0, at)
        hidden, cell = self.start(told)
        out, _ = self.writer(packed._replace(data=fed), (hidden[None], cell[None]))
        seen = self.look(told).index_select(0, row) + look.flatten(0, 1).index_select(0, at)
        return self.out(out.data, seen), places

    def around(self, told: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What is told at each part of a bar of those around it: (N, parts, E) to feed, (N, parts, H) to see."""
        latents = told[:, : self.config.parts * self.config.latent].view(len(told), self.config.parts, -1)
        beside = F.pad(latents, (0, 0, BEFORE, AFTER)).unfold(1, BEFORE + 1 + AFTER, 1)
        near = self.near(beside.flatten(2))
        return near[..., : self.config.embedding], near[..., self.config.embedding :]

    def telling(self, told: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
        """What is fed to the decoder (N, E) with every id of a bar, of what is told (N, L + C)."""
        said: torch.Tensor = self.tell(told) + answers[..., None] * self.answering
        return said

    def start(self, told: torch.Tensor) -> State:
        """The decoder's state (N, H) before a bar."""
        hidden, cell = torch.tanh(self.begin(told).float()).chunk(2, -1)
        return hidden.contiguous(), cell.contiguous()

    def out(self, out: torch.Tensor, look: torch.Tensor) -> torch.Tensor:
        """Logits (N, V) from the decoder's output (N, H) and what it sees of its bar (N, H)."""
        return F.linear(self.project(F.gelu(self.turn(out) + look)), self.embed.weight, self.bias)

    # --- learning --------------------------------------------------------------------------------------------------

    def nats(self, batch: torch.Tensor) -> torch.Tensor:
        """Sums over phrases (B, 1 + S, T), a header and bars each: see `PARTS`."""
        header, bars = batch[:, 0], batch[:, 1:]
        there = bars[..., 0] != PAD
        flat = bars[there]
        lengths = (flat != PAD).sum(1).cpu() - 1
        mean, log_variance = self.read(flat, lengths)
        z = mean + self.training * torch.randn_like(mean) * (0.5 * log_variance).exp()
        latents = z.new_zeros(*there.shape, z.shape[-1])
        latents[there] = z
        said = self.conduct(header, latents)[there]
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1)
        over = F.relu(kl - self.config.free).sum()
        if self.training:
            answers = torch.rand(len(flat), device=flat.device) < self.config.answers
            again = self._learned(flat, lengths, self.told(z, said, answers), answers)
            return torch.stack([*again, over, kl.sum(), kl.new_tensor(len(kl))])
        nothing = torch.zeros(len(flat), dtype=torch.bool, device=flat.device)
        again = self._learned(flat, lengths, self.told(z, said, nothing), nothing)[:2]
        answer = self._learned(flat, lengths, self.told(z, said, ~nothing), ~nothing)[2:]
        return torch.stack([*again, *answer, over, kl.sum(), kl.new_tensor(len(kl))])

    def _learned(
        self, bars: torch.Tensor, lengths: torch.Tensor, told: torch.Tensor, answers: torch.Tensor
    ) -> list[torch.Tensor]:
        """Nats and number of the ids of bars that are written again, and of those that answer."""
        shown = torch.ones_like(bars, dtype=torch.bool)
        if self.training:
            hidden = torch.rand(bars.shape, device=bars.device) < self.config.hidden_ids
            shown = ~hidden | answers[:, None] | (bars == self.config.bar_id)
        logits, places = self.write(bars, lengths, told, answers, shown)
        nats = F.cross_entropy(logits.float(), bars.flatten()[places + 1], reduction="none")
        mine = answers[places // bars.shape[1]]
        return [(nats * ~mine).sum(), (~mine).sum().float(), (nats * mine).sum(), mine.sum().float()]

    def training_step(
        self, batch: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float, world: World = ALONE
    ) -> dict[str, float]:
        """One step on phrases (B, 1 + S, T).

        Returns `loss` in nats per id, z's share in it included; `kl`, nats of z for each bar; `gradient`.
        """
        again, again_ids, answer, answer_ids, over, kl, bars = world.run(self.nats, batch)
        loss = (again + answer + self.config.beta * over) / world.mean(again_ids + answer_ids).clamp(min=1)
        gradient = self.descend(loss, optimizers, clip)
        per_bar = world.mean(kl / bars.clamp(min=1))
        return {"loss": float(world.mean(loss)), "kl": float(per_bar), "gradient": gradient}

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, T, V) after each of ids (B, T), every bar being an answer to those before it."""
        batch, row, bar, place = self._parted(ids)
        header, bars = batch[:, 0], batch[:, 1:]
        there = bars[..., 0] != PAD
        flat, lengths = bars[there], (bars[there] != PAD).sum(1).cpu()
        latents = self.embed.weight.new_zeros(*there.shape, len(self.center))
        latents[there] = self.read(flat, lengths)[0]
        answers = torch.ones(len(flat), dtype=torch.bool, device=ids.device)
        said = self.conduct(header, latents)[there]
        told = self.told(latents[there], said, answers)
        found, places = self.write(flat, lengths, told, answers, torch.ones_like(flat, dtype=torch.bool))
        by_bar = found.new_zeros(flat.numel(), found.shape[1])
        by_bar[places] = found
        out = found.new_zeros(*ids.shape, found.shape[1])
        out[..., self.config.bar_id] = CERTAIN  # after the header
        number = there.flatten().cumsum(0).view(there.shape) - 1
        inside = bar > 0
        index = number[row[inside], bar[inside] - 1] * flat.shape[1] + place[inside]
        out[inside] = by_bar[index]
        return out

    def _parted(self, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """(phrases (B, 1 + S, T'), and of each id the row, the bar (0 = header) and the place in it), as ids (B, T)."""
        music = (ids == self.config.start_id).cumsum(1) - (ids == self.config.start_id).int() > 0
        bar = ((ids == self.config.bar_id) & music).cumsum(1)
        row = torch.arange(len(ids), device=ids.device)[:, None].expand_as(ids)
        counted = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        first = torch.where(F.pad(bar, (1, 0))[:, :-1] != bar, counted, 0).cummax(1).values
        place = counted - first
        parts = ids.new_full((len(ids), 1 + max(1, int(bar.max())), int(place.max()) + 1), PAD)
        parts[row, bar, place] = ids
        return parts, row, bar, place

    # --- writing ---------------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def latents(self, bars: Sequence[torch.Tensor]) -> torch.Tensor:
        """The most likely latents (S, L) of bars, the ids of each from BAR to its last."""
        return torch.cat([self.read(bar[None], torch.tensor([len(bar)]))[0] for bar in bars])

    @torch.inference_mode()
    def rewrite(
        self,
        header: torch.Tensor,
        heads: Sequence[torch.Tensor],
        latents: torch.Tensor,
        masks: Sequence[Mask],
        settings: Settings,
        generators: Sequence[torch.Generator],
    ) -> Iterator[list[int | None]]:
        """Write phrases (N, S, L) of latents, all their bars side by side; yields an id a bar, None for one at its end.

        `header` (T,) is that of all; `heads` are the ids that each of the S bars begins with. Masks and generators:
        N * S, bar by bar within a phrase.
        """
        takes, count, _ = latents.shape
        said = self.conduct(header.expand(takes, -1), latents)
        answers = torch.zeros(takes * count, dtype=torch.bool)
        hand = Hand(self, self.told(latents.flatten(0, 1), said.flatten(0, 1), answers), answers)
        yield from decode(hand.begin(list(heads) * takes), hand.step, masks, settings, generators)

    @torch.inference_mode()
    def generate(
        self, prompt: torch.Tensor, masks: Sequence[Mask], settings: Settings, generators: Sequence[torch.Generator]
    ) -> Iterator[list[int | None]]:
        """See `studio.models.Model`: each new bar is an answer to all before it, the new ones among them."""
        begins = ((prompt == self.config.bar_id).nonzero().flatten()).tolist()
        header = prompt[: begins[0]] if begins else prompt
        bars = [prompt[a:b] for a, b in zip(begins, [*begins[1:], len(prompt)], strict=True)]
        conductor = Conductor(self, header, bars, len(masks))
        yield from decode(conductor.logits, conductor.step, masks, settings, generators)


PARTS = ("again", "again_ids", "answer", "answer_ids", "over", "kl", "bars")
"""What `Model.nats` sums: nats and number of the ids written again, of those that answer, nats of z that are not free,
all nats of z, and the bars."""


def _packed(lengths: torch.Tensor, longest: int) -> PackedSequence:
    """Of rows (N, longest) the places of their first `lengths` ids, as they are read side by side."""
    places = torch.arange(len(lengths) * longest).view(len(lengths), longest)
    return pack_padded_sequence(places, lengths, batch_first=True, enforce_sorted=False)
