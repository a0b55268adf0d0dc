"""The processes that `torchrun` starts to train one model together; without it, one alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from studio.models import World

PATIENCE = timedelta(days=30)
"""How long a process waits for another. The first one may take hours to evaluate, and a dead one is torchrun's care."""


class _Method(nn.Module):
    """A method of a network as a network of its own: only those can be compiled and spread over processes."""

    def __init__(self, method: Any) -> None:
        super().__init__()
        self.network, self.function = method.__self__, method.__func__

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.function(self.network, *inputs)


class Processes(World):
    """Of all processes the one we are in. `rank` counts from 0; the `first` does what is done once, as writing files.

    Every process must come to `run`, `mean`, `any` and `share` the same number of times and in the same order.
    """

    def __init__(self, device: torch.device, compiled: bool) -> None:
        self.rank, self.size = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device, self.compiled = device, compiled
        self._networks: dict[Callable[..., Any], Callable[..., Any]] = {}
        if device.type == "cuda" and "LOCAL_RANK" in os.environ:
            self.device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(self.device)
        if self.size > 1:
            distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)

    @property
    def first(self) -> bool:
        """Whether this is the one that writes, evaluates and reports."""
        return self.rank == 0

    def run(self, method: Callable[..., Any], *inputs: torch.Tensor) -> Any:
        """See `World`. The first call gives all processes the weights that the first one has."""
        if method not in self._networks:
            self._networks[method] = self._wrapped(_Method(method))
        return self._networks[method](*inputs)

    def _wrapped(self, network: nn.Module) -> Callable[..., Any]:
        if self.size > 1:
            # Buffers are the same everywhere: no model changes them.
            network = DistributedDataParallel(network, forward_sync_buffers=False)
        compiled: Callable[..., Any] = torch.compile(network) if self.compiled else network
        return compiled

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """See `World`."""
        if self.size == 1:
            return value.detach()
        total = value.detach().to(self.device, torch.float32, copy=True)
        distributed.all_reduce(total)
        return total / self.size

    def any(self, here: bool) -> bool:
        """Whether it is so in any process."""
        return bool(self.mean(torch.tensor(float(here))) > 0)

    def share(self, thing: Any) -> Any:
        """What the first process has, for all of them; the others wait for it."""
        if self.size == 1:
            return thing
        box = [thing]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def rows(self, batch: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those rows of a batch (B, ...) that fall to this process: every `size`-th, or one of padding if none does."""
        own = batch[self.rank :: self.size]
        return own if len(own) else np.zeros_like(batch[:1])

    def close(self) -> None:
        """Part from the others."""
        if self.size > 1:
            distributed.destroy_process_group()
