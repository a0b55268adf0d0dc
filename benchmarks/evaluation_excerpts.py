"""Some bars of held-out pieces, as seeds for the verbs, and what the verbs make of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.evaluation_pieces import Folder, Piece
from studio import pipeline
from studio.score import Score

LEAST = 8
"""Bars that an excerpt needs."""


@dataclass(frozen=True)
class Excerpt:
    """Bars of a held-out piece, from tick 0; its first track is the melody."""

    piece: Piece
    score: Score


def excerpts(folder: Folder, pieces: Sequence[Piece], count: int, bars: int) -> list[Excerpt]:
    """Up to `count` of up to so many bars from where the melody comes in: drawn at random, but always the same.

    Where the melody ends before, so does the excerpt.
    """
    found: list[Excerpt] = []
    for i in np.random.default_rng(0).permutation(len(pieces)):
        if len(found) == count:
            break
        whole = folder.score(pieces[i])
        if whole.tracks[0].role != "melody" or not whole.tracks[0].notes:
            continue
        first = next(bar.index for bar in whole.bars if bar.end > whole.tracks[0].notes[0].onset)
        score = whole.slice_bars(first, first + bars)
        sung = replace(score, tracks=score.tracks[:1]).bar_count
        score = score.slice_bars(0, sung)
        if sung >= LEAST and all(track.notes for track in score.tracks[:2]):
            found.append(Excerpt(pieces[i], score))
    return found


def write(
    verb: Callable[..., pipeline.Run], chosen: Iterable[Excerpt], request: Callable[[int, Excerpt], object]
) -> Iterator[tuple[Excerpt, pipeline.Take]]:
    """Each excerpt with the take that a verb of the pipeline makes of it when it is asked what `request` says."""
    for i, excerpt in enumerate(chosen):
        *_, take = verb(pipeline.Seed(excerpt.score, excerpt.piece.name), request(i, excerpt))
        assert isinstance(take, pipeline.Take)
        print(f"\r{verb.__name__} {i + 1}", end="", file=sys.stderr, flush=True)
        yield excerpt, take
    print(file=sys.stderr)
