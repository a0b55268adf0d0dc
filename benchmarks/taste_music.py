"""The music that simulated listeners judge, and that the space of tastes is made from, in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation_pieces import Folder, Piece, manifest
from studio.errors import StudioError
from studio.pipeline import line
from studio.score import Score
from studio.taste import Passages, features
from studio.taste.features import BARS

EACH = 130  # pieces of a style that the space is made from, at most
FEWEST_BARS = 8
LATENT = "latent"

Features = dict[str, float]


@dataclass(frozen=True)
class Heard:
    """A held-out piece: its style and its collection, and the features of its middle bars."""

    style: str
    collection: str
    features: Features


class Music:
    """A prepared folder in numbers. One version of every piece; drums alone have no pitch and are left out.

    `loaded`: the encoder-decoder and its representation, whose mean latents are told as features too; None: none are.
    """

    def __init__(self, data: Path, loaded: tuple[Any, Any] | None) -> None:
        self.folder, self.loaded = Folder(data), loaded
        self.collections = [str(entry["corpus"]) for entry in manifest(data)]

    def held_out(self) -> list[Heard]:
        """The pieces of the test split."""
        found = []
        for piece in self._chosen("test", FEWEST_BARS):
            first = max(0, (piece.bars - BARS) // 2)
            told = self._features(self.folder.score(piece, first, min(piece.bars, first + BARS)))
            if told:
                found.append(Heard(piece.style, self.collections[piece.row], told))
        return found

    def passages(self) -> list[Passages]:
        """The first and the last bars of pieces of the training split, EACH of a style at most."""
        found: list[Passages] = []
        for piece in self._chosen("train", 2 * BARS):
            if sum(known.style == piece.style for known in found) >= EACH:
                continue
            first = self._features(self.folder.score(piece, 0, BARS))
            last = self._features(self.folder.score(piece, piece.bars - BARS, piece.bars))
            if first and last:
                found.append(Passages(piece.style, (first, last)))
        return found

    def _chosen(self, split: str, bars: int) -> Iterator[Piece]:
        pieces, seen = self.folder.of(split), set[str]()
        for i in np.random.default_rng(0).permutation(len(pieces)):
            piece = pieces[i]
            if piece.family not in seen and piece.style != "drums" and piece.bars >= bars:
                seen.add(piece.family)
                yield piece

    def _features(self, score: Score) -> Features:
        told = features(score)
        return told | _latent(self.loaded, score) if told and self.loaded else told


def _latent(loaded: tuple[Any, Any], score: Score) -> Features:
    """What the encoder-decoder makes of the melody, on average over its bars; {} where it finds none."""
    import torch

    model, events = loaded
    try:
        lead = line.read(events, score, None, None, None)
        bars = [torch.tensor(ids) for bar, ids in enumerate(lead.bars) if not lead.silent(bar)]
        with torch.inference_mode():
            mean = model.latents(bars).mean(dim=0)
    except StudioError:
        return {}
    return {f"{LATENT}.{i}": float(value) for i, value in enumerate(mean)}


def only(told: Mapping[str, float], blocks: frozenset[str], without: frozenset[str]) -> Features:
    """The features of these blocks, without some of them."""
    return {name: value for name, value in told.items() if name.partition(".")[0] in blocks and name not in without}
