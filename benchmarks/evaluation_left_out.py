"""Figures that others publish and the studio does not show: measured here, so that it can be seen why."""

from __future__ import annotations

import numpy as np

from studio.metrics import Figure
from studio.score import Score

_WU = "Wu and Yang (2020), The Jazz Transformer on the Front Line"


def groove_consistency(score: Score) -> float | None:
    """How alike neighbouring bars are in which of their sixteenths notes begin: 0-1; None for less than two bars."""
    bars = score.bars
    if len(bars) < 2:
        return None
    longest = max(bar.end - bar.start for bar in bars)
    struck = np.zeros((len(bars), -(-longest * 4 // score.resolution)), dtype=bool)
    starts = [bar.start for bar in bars]
    for track in score.tracks:
        for note in track.notes:
            bar = int(np.searchsorted(starts, note.onset, "right")) - 1
            struck[bar, (note.onset - starts[bar]) * 4 // score.resolution] = True
    return 1 - float((struck[1:] != struck[:-1]).mean())


LEFT_OUT = (Figure("groove_consistency", "share", 0, 1, _WU, groove_consistency),)
