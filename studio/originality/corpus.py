"""`Corpus`: a prepared folder (see `studio.data`), read for the leading line of each piece, and for passages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.data.windows import load
from studio.melody import guess_track
from studio.originality.lines import Line, of_track
from studio.representations.events import Events
from studio.representations.events.reader import Reader
from studio.score import Score


@dataclass(frozen=True)
class Entry:
    """A piece of the folder: its row there, what its manifest says of it, and whether it is a melody alone."""

    row: int
    facts: dict[str, Any]
    lone: bool


class Corpus:
    """The pieces of a prepared folder; DataError when it is none."""

    def __init__(self, folder: Path) -> None:
        config, (self._tokens, self._headers, bars, self._pieces) = load(folder)
        self.events = Events(config["vocabulary"])
        self._starts = np.append(bars[:, 1], len(self._tokens))
        self._header_starts = np.append(bars[:, 2], len(self._headers))
        with (folder / "manifest.jsonl").open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        self.entries = [Entry(i, facts, self._is_lone(i)) for i, facts in enumerate(rows)]

    def of(self, *splits: str) -> list[Entry]:
        """The pieces of some splits, each once: of a piece and its melody alone the melody."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.facts["split"] in splits and (entry.lone or entry.facts["id"] not in found):
                found[entry.facts["id"]] = entry
        return list(found.values())

    def score(self, entry: Entry, first: int = 0, end: int | None = None) -> Score:
        """A piece on the grid, or its bars `first` to `end` (exclusive, from 0)."""
        start, count = self._pieces[entry.row, :2].tolist()
        end = count if end is None else min(end, count)
        body = self._tokens[self._starts[start + first] : self._starts[start + end]]
        return self._read(start + first, body)

    def line(self, entry: Entry) -> Line | None:
        """The leading line of a piece; None where nothing is pitched.

        The melody where one is told; else the track that is most likely to be it.
        """
        leads = self._leads(self._header(int(self._pieces[entry.row, 0])))
        score = self._melody(entry) if leads else self.score(entry)
        track = 0 if leads else guess_track(score)
        return None if track is None or not score.tracks else of_track(score, track)

    def lines(self, *splits: str) -> Iterator[tuple[Entry, Line]]:
        """(piece, its leading line) for the pieces of some splits that have one."""
        for entry in self.of(*splits):
            line = self.line(entry)
            if line is not None:
                yield entry, line

    @cached_property
    def learned(self) -> dict[str, Entry]:
        """The training pieces by their ids."""
        return {entry.facts["id"]: entry for entry in self.of("train")}

    def _header(self, bar: int) -> NDArray[np.uint16]:
        return np.asarray(self._headers[self._header_starts[bar] : self._header_starts[bar + 1]])

    def _leads(self, header: NDArray[np.uint16]) -> bool:
        """Whether the first track is told to be the melody."""
        return self.events.vocabulary.ids["ROLE_melody"] in header

    def _is_lone(self, row: int) -> bool:
        start, tracks = int(self._pieces[row, 0]), int(self._pieces[row, -1])
        return tracks == 1 and self._leads(self._header(start))

    def _melody(self, entry: Entry) -> Score:
        """The piece with the notes of its first track only, which is quicker to read."""
        start, count = self._pieces[entry.row, :2].tolist()
        body = np.asarray(self._tokens[self._starts[start] : self._starts[start + count]])
        types = self.events.vocabulary.types
        named = (body >= types["TRACK"].start) & (body < types["TRACK"].stop)
        begins = named | (body == self.events.marks["bar_id"])
        track = np.where(named, body - types["TRACK"].start, 0)
        latest = np.maximum.accumulate(np.where(begins, np.arange(len(body)), 0))
        return self._read(start, body[track[latest] == 0])

    def _read(self, bar: int, body: NDArray[np.uint16]) -> Score:
        """What ids say that follow the header of a bar: they are on the grid, so nothing is to be rounded."""
        reader = Reader(self.events.vocabulary)
        for token in np.concatenate([self._header(bar), body]).tolist():
            if not reader.read(token):
                break
        return reader.score()
