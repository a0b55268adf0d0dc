"""The studio's Transformer, told besides what the voices of a chorale sound: the network of the protocol at 16ths.

All that it is told stands in the ids it has read, so a likelihood stays what it is. But 229 pieces are few to learn
from what an interval is, or a scale, or how long a note has been held; here that is said, the same in every key.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from studio.models.transformer import Config, Model, among, latest, places

CLOCK, LONGEST = 6, 16
"""Ticks of a step in which time since a note's beginning is told, and the most of them."""
PITCH_CLASSES = 12
RECENT, RECENT_OWN = (24, 96, 300), (64, 2048)
"""Among so many ids it is told how often a pitch class was sung by anybody, and a pitch by its voice."""
LEVELS = (0.5, 1.5, 2.5, 4.5, 8.5, 16.5)
"""Between these lie the counts that are told apart."""


@dataclass(frozen=True)
class ChoirConfig(Config):
    """Sizes of the network, and where it finds the voices among the ids: for each its rest, then its pitches."""

    voice_id: int = -1
    """The first of the first voice's ids; the other voices' follow."""
    voice_ids: int = 0
    """Ids of a voice."""
    voices: int = 0
    blank: float = 0.3
    """Share of what is told besides that is left out in training, and twice the share of ids; or it learns by heart."""


@dataclass(frozen=True)
class Heard:
    """What an id has before it, its own note included."""

    pitch: torch.Tensor
    """What each voice sounds, (B, T, V): 0 nothing yet, 1 a rest, then its pitches."""
    before: torch.Tensor
    """What it sounded before that, alike."""
    since: torch.Tensor
    """Steps since it began, (B, T, V), up to LONGEST."""
    often: torch.Tensor
    """Level of the counts of each sung id, (B, T, counts, V, ids of a voice)."""


class Choir(Model):
    """As the Transformer; states and intervals are added to what goes in, and intervals and counts weighed at the end.

    An id's score is the Transformer's own, plus one for the interval that its pitch makes with what each voice sounds,
    plus one for how often the pitch and its class were sung of late.
    """

    config: ChoirConfig

    def __init__(self, config: ChoirConfig) -> None:
        super().__init__(config)
        voices, n, width = config.voices, config.voice_ids, config.width
        counts, levels = len(RECENT) + len(RECENT_OWN), len(LEVELS) + 1
        self.pitch = nn.Embedding(voices * (n + 1), width)
        self.since = nn.Embedding(voices * (LONGEST + 1), width)
        self.chord = nn.Embedding(voices * voices * 2 * n, width)
        self.interval = nn.Linear(width, voices * voices * 2 * n, bias=False)
        self.often = nn.Linear(width, voices * counts * levels, bias=False)
        for part in (self.pitch, self.since, self.chord, self.interval, self.often):
            nn.init.normal_(part.weight, std=0.02)
        classes = (torch.arange(n - 1)[:, None] % PITCH_CLASSES == torch.arange(PITCH_CLASSES)).float()
        self.register_buffer("classes", F.pad(classes, (0, 0, 1, 0)).repeat(voices, 1), persistent=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, T, V) after each of ids (B, T)."""
        where = places(ids, self.config)
        heard = self.heard(ids, where)
        x = self.through(self._kept(ids[..., None], self.config.blank / 2) * self.embed(ids) + self.told(heard), where)
        first, sung = self.config.voice_id, self.config.voices * self.config.voice_ids
        others = self.config.vocab_size - first - sung
        return F.linear(x, self.embed.weight) + F.pad(self.weighed(x, heard), (first, others))

    def heard(self, ids: torch.Tensor, where: torch.Tensor) -> Heard:
        """What ids (B, T) at those places (B, T, 3) say about the voices."""
        config, n = self.config, self.config.voice_ids
        tick = where[..., 1] * config.positions + where[..., 2]
        pitch, before, since = [], [], []
        for first in range(config.voice_id, config.voice_id + config.voices * n, n):
            said = latest(among(ids, first, n))
            at = said.clamp(min=0)
            now = torch.where(said >= 0, ids.gather(1, at) - first + 1, 0)
            pitch.append(now)
            before.append(torch.where(at > 0, now.gather(1, (at - 1).clamp(min=0)), 0))
            since.append(((tick - tick.gather(1, at)) // CLOCK).clamp(0, LONGEST))
        return Heard(*(torch.stack(rows, -1) for rows in (pitch, before, since)), self._often(ids))

    def told(self, heard: Heard) -> torch.Tensor:
        """What is added to the embedding, (B, T, W)."""
        voices, n = self.config.voices, self.config.voice_ids
        between = self._steps(heard.pitch[..., :, None], heard.pitch[..., None, :])
        own = self._steps(heard.pitch, heard.before)
        between = torch.where(torch.eye(voices, dtype=torch.bool, device=own.device), own[..., None], between)
        rows = (
            (self.pitch, heard.pitch, n + 1),
            (self.since, heard.since, LONGEST + 1),
            (self.chord, between.flatten(-2), 2 * n),
        )
        parts = []
        for table, told, size in rows:
            kept = told * self._kept(told, self.config.blank)
            parts.append(table(kept + torch.arange(told.shape[-1], device=told.device) * size).sum(-2))
        return torch.stack(parts).sum(0)

    def weighed(self, x: torch.Tensor, heard: Heard) -> torch.Tensor:
        """What is added to the scores of the sung ids, (B, T, all of them)."""
        voices, n = self.config.voices, self.config.voice_ids
        index = self._steps(torch.arange(1, n + 1, device=x.device), heard.pitch[..., None])[..., None, :, :]
        steps = self.interval(x).unflatten(-1, (voices, voices, 2 * n))
        often = self.often(x).unflatten(-1, (voices, -1, len(LEVELS) + 1))
        weighed = steps.gather(-1, index.expand(*steps.shape[:-1], n)).sum(-2)
        weighed = weighed + often.gather(-1, heard.often.transpose(2, 3)).sum(-2)
        flat: torch.Tensor = weighed.flatten(-2)
        return flat

    def _steps(self, upper: torch.Tensor, lower: torch.Tensor) -> torch.Tensor:
        """The interval from `lower` to `upper` as a number from 1; 0 where one of them is silent."""
        return torch.where((upper > 1) & (lower > 1), upper - lower + self.config.voice_ids, 0)

    def _often(self, ids: torch.Tensor) -> torch.Tensor:
        config = self.config
        sung = torch.arange(config.voices * config.voice_ids, device=ids.device) + config.voice_id
        own = (ids[..., None] == sung).float()
        of_class = own @ self.classes
        counts = [_among_last(of_class, many) @ self.classes.T for many in RECENT]
        counts += [_among_last(own, many) for many in RECENT_OWN]
        levels = torch.bucketize(torch.stack(counts, 2), torch.tensor(LEVELS, device=ids.device))
        return levels.unflatten(-1, (config.voices, config.voice_ids))

    def _kept(self, like: torch.Tensor, share: float) -> torch.Tensor:
        """1, or in training 0 for about that share."""
        return (
            torch.ones_like(like) if not self.training else (torch.rand(like.shape, device=like.device) >= share).long()
        )


def _among_last(said: torch.Tensor, many: int) -> torch.Tensor:
    """Sums of said (B, T, ...) over the last `many` places."""
    total = said.cumsum(1)
    return total - F.pad(total, (0, 0, many, 0))[:, : total.shape[1]]
