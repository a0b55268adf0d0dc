"""What held-out music measures, for whoever shows a take beside it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from studio.norms import Norms
from studio.pipeline import catalogue

NORMS = "norms.json"


def norms() -> Norms | None:
    """What held-out music measures; None where the checkpoints folder has no such file.

    CheckpointError where the file is damaged.
    """
    file = catalogue.CHECKPOINTS / NORMS
    return _read(file, file.stat().st_mtime_ns) if file.is_file() else None


@lru_cache(maxsize=1)
def _read(file: Path, modified: int) -> Norms:
    return Norms.read(file)
