"""What the GAN is made of: bars as planes, a reader and a writer of bars. Not a model.

Planes are one-hot: of each cell whether it rests, is held, or which pitch begins there; of each half bar its chord.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

FIRST, CELLS = 3, 5
"""Columns of a row of the piano roll: chords from FIRST, cells from CELLS; before them numerator and denominator."""
HELD = 2
"""Values of a cell before the first pitch: rest, sustain."""

Planes = tuple[torch.Tensor, torch.Tensor]
"""Cells (B, N, slots, HELD + pitches) and chords (B, N, 2, chords) of N bars."""


def lengths(rows: torch.Tensor, slots: int) -> torch.Tensor:
    """Cells of each bar (..., ) of rows (..., 21); 0 where there is no bar."""
    return slots * rows[..., 0] // rows[..., 1].clamp(min=1)


def inside(rows: torch.Tensor, slots: int) -> torch.Tensor:
    """Which cells lie inside their bar, (..., slots)."""
    return torch.arange(slots, device=rows.device) < lengths(rows, slots)[..., None]


def metre(rows: torch.Tensor, slots: int) -> torch.Tensor:
    """What is said of a bar (..., slots + 2): one-hot its length, 0 = no bar, and whether it has triple beats."""
    length = F.one_hot(lengths(rows, slots).clamp(max=slots), slots + 1)
    compound = (rows[..., 0] % 3 == 0) & (rows[..., 1] >= 8)
    return torch.cat([length, compound[..., None]], -1).float()


def classes(rows: torch.Tensor, low: int, pitches: int) -> torch.Tensor:
    """Values of the cells (..., slots): rest, sustain, or HELD + pitch - low, octaves away where there is no such."""
    cells = rows[..., CELLS:]
    pitch = cells - HELD - low
    pitch = torch.where(pitch < 0, pitch.remainder(12), pitch)
    pitch = torch.where(pitch >= pitches, pitches - 12 + (pitch - pitches).remainder(12), pitch)
    return torch.where(cells < HELD, cells, HELD + pitch)


def planes(rows: torch.Tensor, low: int, pitches: int, chords: int) -> Planes:
    """The planes of rows (B, N, 21)."""
    cells = F.one_hot(classes(rows, low, pitches), HELD + pitches).float()
    return cells, F.one_hot(rows[..., FIRST:CELLS], chords).float()


class Reader(nn.Module):
    """Bars to vectors (B, N, out), each bar by itself."""

    def __init__(self, slots: int, values: int, chords: int, cell: int, hidden: int, out: int) -> None:
        super().__init__()
        self.cell = nn.Linear(values, cell)
        self.chord = nn.Linear(chords, cell)
        self.near = nn.Conv1d(cell, cell, 3, padding=1)
        self.join = nn.Linear((slots + 2) * cell + slots + 2, hidden)
        self.think = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, out)
        self.slots = slots
        for table in (self.cell, self.chord):  # their inputs are one-hot
            nn.init.normal_(table.weight, std=0.5)

    def forward(self, seen: Planes, rows: torch.Tensor) -> torch.Tensor:
        """Of the planes of `rows` (B, N, 21)."""
        cells = self.cell(seen[0]) * inside(rows, self.slots)[..., None]
        cells = F.gelu(cells + self.near(cells.flatten(0, 1).mT).mT.unflatten(0, cells.shape[:2]))
        joined = torch.cat([cells.flatten(2), self.chord(seen[1]).flatten(2), metre(rows, self.slots)], -1)
        x = F.gelu(self.join(joined))
        out: torch.Tensor = self.out(x + F.gelu(self.think(x)))
        return out


class Writer(nn.Module):
    """Vectors (B, N, wide) and metres to the logits of planes, each bar by itself."""

    def __init__(self, slots: int, values: int, chords: int, cell: int, hidden: int, wide: int) -> None:
        super().__init__()
        self.join = nn.Linear(wide + slots + 2, hidden)
        self.think = nn.Linear(hidden, hidden)
        self.part = nn.Linear(hidden, slots * cell)
        self.place = nn.Parameter(0.02 * torch.randn(slots, cell))
        self.near = nn.Conv1d(cell, cell, 5, padding=2)
        self.value = nn.Linear(cell, values)
        self.chord = nn.Linear(hidden, 2 * chords)
        self.slots = slots

    def forward(self, bars: torch.Tensor, rows: torch.Tensor) -> Planes:
        """Of `rows` (B, N, 21) only the metre counts."""
        x = F.gelu(self.join(torch.cat([bars, metre(rows, self.slots)], -1)))
        x = x + F.gelu(self.think(x))
        cells = F.gelu(self.part(x).unflatten(-1, (self.slots, -1)) + self.place)
        cells = F.gelu(cells + self.near(cells.flatten(0, 1).mT).mT.unflatten(0, cells.shape[:2]))
        return self.value(cells), self.chord(x).unflatten(-1, (2, -1))
