"""What music measures, and what held-out music does, for whoever shows the one beside the other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from statistics import fmean

from studio.metrics import figures
from studio.norms import Norms
from studio.pipeline import catalogue
from studio.score import Score

NORMS = "norms.json"


def norms(bars: int) -> Norms | None:
    """What held-out music of about so many bars measures; None where the checkpoints folder has no such file.

    CheckpointError where the file is damaged.
    """
    file = catalogue.CHECKPOINTS / NORMS
    return _read(file, bars, file.stat().st_mtime_ns) if file.is_file() else None


@lru_cache(maxsize=16)
def _read(file: Path, bars: int, modified: int) -> Norms:
    return Norms.read(file, bars)


def passages(score: Score, beside: Norms | None) -> list[Score]:
    """The score in passages as long as those of the held-out music; what is left over at the end does not count.

    A short score is its own passage, and so is any where there is nothing to hold it against.
    """
    if beside is None or score.bar_count <= beside.bars[1]:
        return [score]
    least, most = beside.bars
    firsts = range(0, score.bar_count - least + 1, most)
    return [score.slice_bars(first, first + most) for first in firsts]


def measured(parts: Sequence[Score]) -> dict[str, float]:
    """The mean of each figure over the passages of which it says something."""
    found = [figures(part) for part in parts]
    names = dict.fromkeys(name for each in found for name in each)
    return {name: fmean(each[name] for each in found if name in each) for name in names}
