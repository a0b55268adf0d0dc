"""The pieces of a prepared folder by group: lone melodies, and the others by style; as ids, and as scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.data.prepare import SPLITS
from studio.data.windows import Windows
from studio.evaluate import Window
from studio.representations.events import Events, Key
from studio.score import Score

MELODIES = "melodies"


@dataclass(frozen=True)
class Piece:
    """A row of the folder. `family`: the hash that pieces share which are versions of one another."""

    row: int
    name: str
    style: str
    group: str
    family: str
    sha256: str
    split: str
    tracks: int
    notes: int
    tokens: int
    bars: int


class Folder:
    """A prepared folder: its pieces in order, and what they sound like."""

    def __init__(self, path: Path) -> None:
        self.path = path
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        self.events = Events(config["vocabulary"])
        self._tokens, self._headers = (np.load(path / name, mmap_mode="r") for name in ("tokens.npy", "headers.npy"))
        bars, self._pieces = np.load(path / "bars.npy"), np.load(path / "pieces.npy")
        self._starts = np.append(bars[:, 1], len(self._tokens))
        self._header_starts = np.append(bars[:, 2], len(self._headers))
        self.pieces = [self._piece(row, entry) for row, entry in enumerate(manifest(path))]

    def _piece(self, row: int, entry: dict[str, Any]) -> Piece:
        first, bars, split, *_, tracks = self._pieces[row].tolist()
        lone = tracks == 1 and self.events.vocabulary.ids["ROLE_melody"] in self.header(first)
        return Piece(
            row=row,
            name=f"{entry['corpus']}: {entry['source']}",
            style=entry["style"],
            group=MELODIES if lone else entry["style"],
            family=entry["group"],
            sha256=entry["sha256"],
            split=SPLITS[split],
            tracks=tracks,
            notes=entry["notes"],
            tokens=int(self._starts[first + bars] - self._starts[first]),
            bars=bars,
        )

    def of(self, split: str) -> list[Piece]:
        """The pieces of a split, in order."""
        return [piece for piece in self.pieces if piece.split == split]

    def header(self, bar: int) -> NDArray[np.uint16]:
        """The header that a window beginning at a bar of the folder has."""
        return self._headers[self._header_starts[bar] : self._header_starts[bar + 1]]

    def passage(self, piece: Piece, first: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(header, ids) of the piece's bars `first` to `end` (exclusive, from 0)."""
        bar = int(self._pieces[piece.row, 0])
        body = self._tokens[self._starts[bar + first] : self._starts[bar + end]]
        return self.header(bar + first).astype(np.int64), body.astype(np.int64)

    def lengths(self, piece: Piece) -> NDArray[np.int64]:
        """Ids in each bar of the piece, (bars,)."""
        bar = int(self._pieces[piece.row, 0])
        return np.diff(self._starts[bar : bar + piece.bars + 1])

    def score(self, piece: Piece, first: int = 0, end: int | None = None) -> Score:
        """The piece on the grid, or its bars `first` to `end` (exclusive, from 0)."""
        return self.events.decode(np.concatenate(self.passage(piece, first, piece.bars if end is None else end)))

    def key(self, piece: Piece) -> Key | None:
        """The key that the piece's header says."""
        run = self.events.vocabulary.types["KEY"]
        said = [int(i) - run.start for i in self.header(int(self._pieces[piece.row, 0])) if i in run]
        return (said[0] % 12, said[0] >= 12) if said else None


def manifest(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of a prepared folder's manifest, in the order of its pieces."""
    with (folder / "manifest.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def windows(folder: Folder, split: str, context: int, wanted: Iterable[Piece]) -> Iterator[tuple[int, Window]]:
    """(row of the piece, window) for the held-out windows of the wanted pieces of a split, see `Windows.evaluation`."""
    rows = {piece.row for piece in wanted}
    stream = Windows(folder.path, split, context).evaluation()
    for piece in folder.of(split):
        left = piece.tokens
        while left:
            ids, first = next(stream)
            left -= len(ids) - first
            if piece.row in rows:
                yield piece.row, (ids, first)


def groups(pieces: Iterable[Piece]) -> dict[str, list[Piece]]:
    """The pieces by group, the groups by name."""
    found: dict[str, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.group, []).append(piece)
    return dict(sorted(found.items()))


def some(pieces: Sequence[Piece], most: int | None) -> list[Piece]:
    """Pieces of about `most` ids in all, drawn without regard to their length; always the same ones. None: all."""
    if most is None:
        return list(pieces)
    drawn = [pieces[i] for i in np.random.default_rng(0).permutation(len(pieces))]
    enough = int(np.searchsorted(np.cumsum([piece.tokens for piece in drawn]), most))
    return drawn[: enough + 1]


def known(folder: Folder, other: Path) -> set[int]:
    """The rows of pieces of which the training pieces of another prepared folder hold any version."""
    theirs = {entry["sha256"] for entry in manifest(other) if entry["split"] == "train"}
    families = {piece.family for piece in folder.pieces if piece.sha256 in theirs}
    return {piece.row for piece in folder.pieces if piece.family in families}
