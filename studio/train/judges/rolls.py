"""Models of whole bars are judged by how what they write is distributed, beside held-out bars, and by how it varies.

There is no likelihood to judge them by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.data.rolls import GIVEN, Rolls
from studio.representations.pianoroll import CELLS, CHORDS, FIRST, ONSET, SLOTS, SUSTAIN

if TYPE_CHECKING:
    from studio.train.run import Run

MOST = 768
"""Windows that are looked at while training, at most; on the test split it is SAMPLES."""
SAMPLES = 1000
WIDEST = 13
"""Wider intervals, in semitones, count as this one."""

Rows = NDArray[np.uint8]


def judge(model: Any, examples: Rolls, most: int | None, device: torch.device) -> dict[str, float]:
    """`loss`: the mean distance of the distributions from real bars', and how much less than real bars takes vary."""
    windows = examples.evaluation(min(MOST, most or MOST))
    return compare(model, windows, device)


def compare(model: Any, windows: Rows, device: torch.device) -> dict[str, float]:
    """The figures of what a model writes after the given bars of windows (N, bars, 21), beside what really follows."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first, second = (written(model, windows, device) for _ in range(2))
    real = windows[:, GIVEN:]
    distances = distribution_distances(first, real)
    spread = difference(real, np.roll(real, 1, 0))
    variety = difference(first, np.roll(first, 1, 0)) / spread
    return {
        "loss": float(np.mean([*distances.values(), max(0.0, 1 - variety)])),
        **distances,
        "variety": variety,
        "takes_differ": difference(first, second) / spread,
        "duplicates": duplicates(first),
    }


def written(model: Any, windows: Rows, device: torch.device) -> Rows:
    """What the model writes after the given bars of windows, (N, new bars, 21)."""
    rows: Rows = model.write(torch.from_numpy(windows).to(device)).to(torch.uint8).cpu().numpy()
    return rows


def figures(run: Run) -> dict[str, Any]:
    """Of the best weights, on the test split; of its windows by themselves, as far as they have such figures."""
    windows = Rolls(run.data, "test").evaluation(SAMPLES)
    half = len(windows) // 2
    natural = distribution_distances(windows[:half, GIVEN:], windows[half:, GIVEN:])
    found = compare(run.model, windows, run.device)
    told: dict[str, Any] = {}
    for name, distance in natural.items():
        told |= {f"test_distance_{name}": found[name], f"test_distance_{name}_of_real_halves": distance}
    for name in ("variety", "takes_differ", "duplicates"):
        told[f"test_{name}"] = found[name]
    return told | {"test_windows": len(windows), "valid_loss": run.best}


# --- figures of bars (N, bars, 21) -------------------------------------------------------------------------------


def distribution_distances(ours: Rows, theirs: Rows) -> dict[str, float]:
    """Total variation, 0 (alike) to 1, of pitch classes, durations, intervals, places of onsets in bars, and chords."""
    one, other = _distributions(ours), _distributions(theirs)
    return {name: float(np.abs(one[name] - other[name]).sum() / 2) for name in one}


def _distributions(rows: Rows) -> dict[str, NDArray[np.float64]]:
    cells = rows[..., CELLS:].astype(np.int64)
    onsets = cells >= ONSET
    lines = [line[line >= 0] for line in np.where(_inside(rows), cells, -1).reshape(len(cells), -1)]
    durations, intervals = [], []
    for line in lines:
        starts = np.flatnonzero(line >= ONSET)
        breaks = np.append(np.flatnonzero(line != SUSTAIN), len(line))
        durations.append(breaks[np.searchsorted(breaks, starts, side="right")] - starts)
        intervals.append(np.clip(np.diff(line[starts]), -WIDEST, WIDEST) + WIDEST)
    return {
        "pitch_classes": _shares((cells[onsets] - ONSET) % 12, 12),
        "durations": _shares(np.minimum(np.concatenate(durations), 2 * SLOTS), 2 * SLOTS + 1),
        "intervals": _shares(np.concatenate(intervals), 2 * WIDEST + 1),
        "onsets": _shares(np.nonzero(onsets)[2], SLOTS),
        "chords": _shares(rows[..., FIRST:CELLS].ravel(), CHORDS),
    }


def _shares(values: NDArray[Any], count: int) -> NDArray[np.float64]:
    return np.bincount(values, minlength=count) / max(1, len(values))


def _inside(rows: Rows) -> NDArray[np.bool_]:
    """Which cells lie inside their bar, (N, bars, 16)."""
    lengths = SLOTS * rows[..., 0].astype(np.int64) // np.maximum(rows[..., 1], 1)
    return np.asarray(np.arange(SLOTS) < lengths[..., None])


def difference(ours: Rows, theirs: Rows) -> float:
    """Mean share of the cells that differ, 0-1, window by window, as far as both have them."""
    both = _inside(ours) & _inside(theirs)
    return float(((ours[..., CELLS:] != theirs[..., CELLS:]) & both).sum() / max(1, both.sum()))


def duplicates(rows: Rows) -> float:
    """Share of the windows that have the melody of an earlier one, bar for bar and note for note: 0-1."""
    melodies = {window[..., CELLS:].tobytes() for window in rows}
    return 1 - len(melodies) / max(1, len(rows))
