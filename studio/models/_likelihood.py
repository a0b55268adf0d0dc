"""What next-token models share: loss, optimizer and training step. Not a model itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from studio.models import ALONE, Control, OptimizerSettings, World
from studio.models._muon import Muon

PAD = 0
_OPTIMIZERS: dict[str, Any] = {
    "adamw": torch.optim.AdamW,
    "adam": torch.optim.Adam,
    "rmsprop": torch.optim.RMSprop,
    "muon": torch.optim.AdamW,  # for what Muon leaves out
}

NEXT_TOKEN_CONTROLS = (
    Control(
        "temperature", 1.0, 0.0, 2.0, 0.05,
        help="How daring: 0 plays safe and repeats itself, 1 writes as it learned, 2 is wild.",
    ),
    Control(
        "style", None, choices=("folk", "song", "pop", "art_song", "chorale"),
        help="The kind of tune it should lean to. Left free, it takes its cue from your melody.",
    ),
    Control("top_k", 0, 0, 100, 1, help="Choose only among this many likeliest next steps (0 = all)."),
    Control("top_p", 1.0, 0.05, 1.0, 0.01, help="0.9 keeps the likeliest steps that together make up 90 %."),
    Control("min_p", 0.02, 0.0, 0.5, 0.01, help="Leave out steps far less likely than the best; higher is safer."),
    Control(
        "repetition", 3, 0, 8, 1,
        help="How often in a row the same passage may come before something new must follow (0 = no limit).",
    ),
)  # fmt: skip


class NextTokenModel(nn.Module):
    """A network that predicts each id from those before it. Subclasses give `config` and `logits`."""

    config: Any

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, T, V) for what follows each of ids (B, T)."""
        raise NotImplementedError

    def nll(self, ids: torch.Tensor) -> torch.Tensor:
        """Negative log-likelihood in nats of ids[:, 1:] (B, T)."""
        logits = self.logits(ids[:, :-1])
        nats = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        return nats.view(ids.shape[0], -1)

    def learned(self, ids: torch.Tensor) -> torch.Tensor:
        """Which of ids[:, 1:] are learned (B, T): what follows the header and is no padding."""
        after_start = (ids == self.config.start_id).cumsum(1)[:, :-1] > 0
        learned: torch.Tensor = after_start & (ids[:, 1:] != PAD)
        return learned

    def configure_optimizers(self, settings: OptimizerSettings) -> list[torch.optim.Optimizer]:
        """One optimizer over all parameters, or for `muon` two: Muon for the hidden matrices, AdamW for the others.

        Muon (Jordan et al. 2024) replaces a matrix's momentum by the nearest orthogonal matrix. Scaled to the size that
        AdamW's updates have (Liu et al. 2025), both take the same learning rate and weight decay. Embeddings, and with
        them the output tied to them, are tables of rows and not maps between spaces, so they stay with AdamW.

        Weight decay is decoupled, and on matrices only: in Adam and RMSprop it would be an L2 loss, another thing.
        """
        parameters, hidden = list(self.parameters()), self._hidden() if settings.name == "muon" else []
        taken = {id(p) for p in hidden}
        decay = settings.weight_decay if settings.name in ("adamw", "muon") else 0.0
        groups = [
            {"params": [p for p in parameters if p.dim() > 1 and id(p) not in taken], "weight_decay": decay},
            {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
        ]
        optimizers = [_OPTIMIZERS[settings.name](groups, lr=settings.lr)]
        if hidden:
            optimizers.append(Muon(hidden, settings.lr, decay))
        return optimizers

    def _hidden(self) -> list[nn.Parameter]:
        """The matrices between embedding and output."""
        tables = {id(module.weight) for module in self.modules() if isinstance(module, nn.Embedding)}
        return [p for p in self.parameters() if p.dim() == 2 and id(p) not in tables]

    def training_step(
        self, batch: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float, world: World = ALONE
    ) -> dict[str, float]:
        """One step on ids (B, T + 1); returns `loss` in nats per token and `gradient`, its norm before clipping."""
        learned = self.learned(batch)
        loss = (world.run(self.nll, batch) * learned).sum() / world.mean(learned.sum()).clamp(min=1)
        return {"loss": float(world.mean(loss)), "gradient": self.descend(loss, optimizers, clip)}

    def descend(self, loss: torch.Tensor, optimizers: Sequence[torch.optim.Optimizer], clip: float) -> float:
        """One step of all optimizers down the gradient of a loss; the gradient's norm before clipping."""
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.parameters(), clip)
        for optimizer in optimizers:
            optimizer.step()
        return float(norm)
