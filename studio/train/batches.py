"""The batches of a run, each drawn in a thread of its own while the device still works on the one before."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import torch

from studio.data.windows import Windows
from studio.train.processes import Processes
from studio.train.settings import Settings


class Batches:
    """For each step those rows of its batch that fall to this process; they depend on the step alone."""

    def __init__(self, windows: Windows, settings: Settings, world: Processes) -> None:
        self._windows, self._settings, self._world = windows, settings, world
        self._thread = ThreadPoolExecutor(1)
        self._ahead: dict[int, Future[torch.Tensor]] = {}

    def __call__(self, step: int) -> torch.Tensor:
        """Ids (B, T + 1) on the device."""
        drawn = self._ahead.pop(step) if step in self._ahead else self._thread.submit(self._draw, step)
        self._ahead = {step + 1: self._thread.submit(self._draw, step + 1)}
        return drawn.result().to(self._world.device, non_blocking=True)

    def _draw(self, step: int) -> torch.Tensor:
        ids = self._world.rows(self._windows.batch(step, self._settings.seed, self._settings.batch))
        batch = torch.from_numpy(ids)
        if self._world.device.type != "cuda":
            return batch
        # From pinned memory the copy need not be waited for. The thread's own device would be the first of the machine.
        with torch.cuda.device(self._world.device):
            return batch.pin_memory()
