"""Muon, for the matrices between embedding and output; see `NextTokenModel.configure_optimizers`. Not a model itself.

torch's own computes in bfloat16 whatever the processor, which takes thirty times as long on one that has none. Here the
products are as precise as those of the training step around them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

# Of the polynomial that brings singular values near 1 (Jordan et al. 2024).
A, B, C = 3.4445, -4.7750, 2.0315
ROUNDS = 5
MOMENTUM = 0.95
RMS = 0.2
"""Root mean square of AdamW's updates, about, to which those of a matrix are brought (Liu et al. 2025)."""


class Muon(torch.optim.Optimizer):
    """The momentum of each matrix, Nesterov's, turned into about the nearest orthogonal one; decoupled weight decay."""

    def __init__(self, matrices: Iterable[torch.Tensor], lr: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step from the gradients that are there; `closure` is not used."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._move(matrix, matrix.grad, group["lr"], group["weight_decay"])

    def _move(self, matrix: torch.Tensor, gradient: torch.Tensor, lr: float, decay: float) -> None:
        state = self.state[matrix]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
        matrix.mul_(1 - lr * decay)
        matrix.add_(orthogonal(gradient.lerp(momentum, MOMENTUM)), alpha=-lr * RMS * max(matrix.shape) ** 0.5)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """About U V' of a matrix U S V' (M, N): its singular values become 0.7 to 1.2, by Newton and Schulz's iteration."""
    wide: torch.Tensor = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=1e-7)
    for _ in range(ROUNDS):
        gram = wide @ wide.T
        wide = A * wide + (B * gram + C * gram @ gram) @ wide
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
