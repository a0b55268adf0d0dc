"""The yardstick: fixed work. A time divided by its own says more of the code and less of the machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

import numpy as np

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """(seconds, result) of one call."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def median_s(work: Callable[[], object], repeats: int) -> float:
    """Seconds that `work` takes: the median of `repeats` calls."""
    return median(timed(work)[0] for _ in range(repeats))


def _work() -> float:
    """What the studio does most: many small matrix products, and plain Python between them."""
    matrix = np.full((256, 256), 1 / 256, np.float32)
    row = np.ones((1, 256), np.float32)
    total = 0.0
    for step in range(20_000):
        row = np.tanh(row @ matrix)
        total += sum((step * k) % 7 for k in range(50))
    return total + float(row.sum())


def reference_s(repeats: int) -> float:
    """Seconds of the reference work on this machine now."""
    _work()
    return median_s(_work, repeats)
