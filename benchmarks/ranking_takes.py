"""Takes that hide what really followed: each case is a held-out seed, the bars after it, and takes of a model.

They cost more to write than to rank, so they are kept in a file of JSON and read from there the next time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation_pieces import MELODIES, Folder, Piece
from studio import pipeline
from studio.pipeline import passage, takes
from studio.score import Note, Score, Track

SEED, BARS = 8, 8
"""Bars of a piece that are the seed, and bars after it that are hidden among the takes."""
LEAST = 12
"""Notes that either part needs: of fewer there is nothing to judge."""
MOST_TRACKS, MOST_NOTES = 5, 160
"""Of pieces of several voices, so that a case takes seconds."""

Notes = list[list[tuple[int, int, int, int]]]
"""By track (onset after the seed's last bar line, pitch, duration, velocity), as JSON keeps it."""


@dataclass(frozen=True)
class Case:
    """A seed, and for each candidate the notes of its new bars, in ticks of `resolution`; the first are the real ones.

    `goes_on`: whether the piece has more bars than are shown.
    """

    piece: str
    style: str
    goes_on: bool
    seed: Score
    resolution: int
    candidates: tuple[Notes, ...]

    @cached_property
    def takes(self) -> tuple[pipeline.Take, ...]:
        """The candidates as the pipeline's own takes, made in one way: nothing but their notes tells them apart."""
        seed = pipeline.Seed(self.seed, self.piece)
        chosen = passage.choose(self.seed, None, 1, None)
        made = []
        for notes in self.candidates:
            tracks = tuple(Track(tuple(Note(*note) for note in track)) for track in notes)
            made.append(takes.following(seed, chosen, self.resolution, tracks, BARS))
        return tuple(made)


def cases(folder: Folder, split: str, model: str, takes_each: int, count: int, kept: Path) -> list[Case]:
    """Up to `count` cases of a split, from the file `kept` as far as it has them; others are written and kept there.

    For the LSTM lone melodies, for other models pieces of several voices; one of each family of versions.
    """
    found = [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept.exists() else []
    made = [_case(folder, row) for row in found[:count]]
    if len(made) < count:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("a", encoding="utf-8") as file:
            done = {row["row"] for row in found}
            for row in _written(folder, split, model, takes_each, done, count - len(made)):
                file.write(json.dumps(row) + "\n")
                file.flush()
                made.append(_case(folder, row))
                print(f"\r{model} {split} {len(made)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return made


def _case(folder: Folder, row: dict[str, Any]) -> Case:
    piece = folder.pieces[row["row"]]
    return Case(
        piece.name,
        piece.style,
        piece.bars > row["first"] + SEED + BARS,
        folder.score(piece, row["first"], row["first"] + SEED),
        row["resolution"],
        tuple([[tuple(note) for note in track] for track in notes] for notes in row["candidates"]),
    )


def _fit(folder: Folder, split: str, model: str) -> Iterator[Piece]:
    """Pieces that may be asked about, in a random order that is always the same."""
    pieces = folder.of(split)
    families = set()
    for i in np.random.default_rng(0).permutation(len(pieces)):
        piece = pieces[i]
        alone = piece.group == MELODIES
        wanted = alone if model == "lstm" else not alone and piece.style != "drums" and piece.tracks <= MOST_TRACKS
        if wanted and piece.bars >= SEED + BARS and piece.family not in families:
            families.add(piece.family)
            yield piece


def _written(
    folder: Folder, split: str, model: str, takes_each: int, done: set[int], count: int
) -> Iterator[dict[str, Any]]:
    for piece in _fit(folder, split, model):
        if count == 0:
            return
        row = None if piece.row in done else _row(folder, piece, model, takes_each)
        if row is not None:
            count -= 1
            yield row


def _row(folder: Folder, piece: Piece, model: str, takes_each: int) -> dict[str, Any] | None:
    """One case; None for a piece with rests or changes of metre that would give it away."""
    whole, seed = folder.score(piece, 0, SEED + BARS), folder.score(piece, 0, SEED)
    plain = len(whole.time_signatures) == 1 and whole.bar_count == SEED + BARS and seed.bar_count == SEED
    if not plain or any(track.is_drum and track.notes for track in whole.tracks):
        return None
    line = whole.bars[SEED].start
    real = whole.slice_ticks(line, whole.bars[-1].end)
    if seed.note_count < LEAST or real.note_count < LEAST or (model != "lstm" and whole.note_count > MOST_NOTES):
        return None
    request = pipeline.Request(model, seed=piece.row, takes=takes_each, bars=BARS)
    run = pipeline.continue_(pipeline.Seed(seed, piece.name), request)
    written = [step for step in run if isinstance(step, pipeline.Take)]
    resolution = written[0].score.resolution
    candidates = [_notes(real.rescale(resolution).tracks, 0), *(_notes(_new(take), take.new_from) for take in written)]
    return {"row": piece.row, "first": 0, "resolution": resolution, "candidates": candidates}


def _new(take: pipeline.Take) -> Sequence[Track]:
    return [Track(tuple(notes)) for notes in take.new]


def _notes(tracks: Sequence[Track], start: int) -> Notes:
    return [[(n.onset - start, n.pitch, n.duration, n.velocity) for n in track.notes] for track in tracks]
