"""The words of the events representation: token names to ids and back. Knows nothing of scores.

A vocabulary is a list of names `TYPE` or `TYPE_value`, one type in one run, so a checkpoint that keeps the list keeps
all there is to know: the grid, the tempo and velocity bins, the metres and styles.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.harmony import QUALITIES

GRID = 24
"""Ticks per quarter note: holds 32nds (3), triplet eighths (8) and triplet 16ths (4) exactly."""

MAX_BAR = 8 * GRID
"""Longest bar in ticks: eight quarters (4/2, 8/4, 16/8)."""

LONGEST_DURATION = 4 * GRID
"""Longest single duration token; each HOLD before it adds as much again."""

MAX_HOLDS = 31
TRACKS = 16
LEFT = 4
"""The last four bars of a piece say how many are left, so that an ending can be asked for."""

STYLES = (
    "folk", "song", "chorale", "pop", "art_song", "piano", "quartet",
    "choral", "organ", "guitar", "ensemble", "game", "drums",
)  # fmt: skip
DENSITIES = (0, 0.5, 1, 1.5, 2, 3, 4, 6, 9)
"""Level k of a bar's density: at most DENSITIES[k] notes a quarter, all tracks together; one level more above all."""
TEMPOS = (
    20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 63, 66, 69, 72, 76, 80, 84, 88, 92, 96, 100, 104, 108, 112, 116, 120,
    126, 132, 138, 144, 152, 160, 168, 176, 184, 192, 200, 208, 224, 240, 264, 288, 320,
)  # fmt: skip
"""Quarter notes per minute: the marks of a metronome, extended at both ends."""
VELOCITIES = (16, 32, 48, 64, 80, 96, 112, 127)
METRES = tuple((n, d) for d, most in ((1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 16)) for n in range(1, most + 1))
"""Every metre whose bar fits; the short ones also name pickups and other cut bars."""


def default_names() -> tuple[str, ...]:
    """The full list of token names, in the order of their ids."""
    return (
        "PAD", "BOS", "START", "BAR", "FILL", "EOS", "HOLD",
        # What is said to a model and never asked of it stands in one run: see `Events.marks`.
        "HOLE",
        *(f"DENSITY_{k}" for k in range(len(DENSITIES) + 1)),
        *(f"CHORD_{root}_{quality}" for quality in QUALITIES for root in range(12)),
        *(f"STYLE_{s}" for s in STYLES),
        *(f"KEY_{tonic}_{mode}" for mode in ("major", "minor") for tonic in range(12)),
        *(f"METRE_{n}/{d}" for n, d in METRES),
        *(f"TEMPO_{q}" for q in TEMPOS),
        *(f"TRACK_{k}" for k in range(TRACKS)),
        *(f"ROLE_{r}" for r in ("melody", "accompaniment", "bass", "drums")),
        *(f"PROGRAM_{p}" for p in range(128)), "PROGRAM_drums",
        *(f"VELOCITY_{v}" for v in VELOCITIES),
        *(f"LEFT_{k}" for k in range(1, LEFT + 1)),
        *(f"POSITION_{p}" for p in range(MAX_BAR)),
        *(f"PITCH_{p}" for p in range(128)),
        *(f"DRUM_{p}" for p in range(128)),
        *(f"DURATION_{d}" for d in range(1, LONGEST_DURATION + 1)),
    )  # fmt: skip


class Vocabulary:
    """Names by id, ids by name, and the run of ids of each type."""

    def __init__(self, names: Sequence[str] | None = None) -> None:
        self.names = tuple(names) if names is not None else default_names()
        self.ids = {name: i for i, name in enumerate(self.names)}
        if len(self.ids) != len(self.names):
            raise ValueError("a vocabulary must not name a token twice")
        self.types: dict[str, range] = {}
        for i, name in enumerate(self.names):
            kind = name.split("_", 1)[0]
            run = self.types.get(kind, range(i, i))
            if run.stop != i:
                raise ValueError(f"the {kind} tokens must stand in one run")
            self.types[kind] = range(run.start, i + 1)

        self.kinds = tuple(name.split("_", 1)[0] for name in self.names)
        self.tempos = tuple(int(v) for v in self.values("TEMPO"))
        self.velocities = tuple(int(v) for v in self.values("VELOCITY"))
        self.roles = tuple(self.values("ROLE"))
        self.metres = tuple((int(n), int(d)) for n, d in (v.split("/") for v in self.values("METRE")))

    def __len__(self) -> int:
        return len(self.names)

    def first(self, kind: str) -> int:
        """The id of the first token of a type: numeric values are found by adding to it."""
        return self.types[kind].start

    def values(self, kind: str) -> list[str]:
        """What stands behind the underscore, for each token of a type."""
        return [self.names[i].split("_", 1)[1] for i in self.types[kind]]
