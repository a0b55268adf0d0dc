"""What counting alone predicts: unigram and 5-gram over the same tokens, for every held-out piece of a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_pieces import Folder, Piece, groups, windows
from studio.data.windows import SHIFTS
from studio.evaluate import Window
from studio.ngram import Ngram

ORDER = 5
MOST_IDS = 60_000_000
"""So many ids an n-gram may count: each training piece comes in as many transpositions as fit."""
CONTEXT = 4096


@dataclass(frozen=True)
class Baselines:
    """Nats of whole held-out pieces, by row of the folder.

    `own`: by a 5-gram trained on the piece's group, in `shifts` transpositions each; `shared`: by one trained on all
    groups at once, as they are. `unigram` counts what `own` counts.
    """

    unigram: dict[int, float]
    own: dict[int, float]
    shared: dict[int, float]
    shifts: dict[str, int]


def count(folder: Folder, split: str = "test", most: int = MOST_IDS) -> Baselines:
    """Train on the training split and score the other; groups without training pieces are left out. Takes minutes."""
    train, test = groups(folder.of("train")), groups(folder.of(split))
    found = Baselines({}, {}, {}, {})
    for group in sorted(train.keys() & test.keys()):
        original = _ids(folder, train[group])
        ids = _transposed(folder, original, sorted(SHIFTS, key=abs)[: _shifts(train[group], most)])
        found.shifts[group] = round(len(ids) / len(original))
        print(f"{group}: counting {sum(map(len, ids)):,} ids", file=sys.stderr, flush=True)
        _score(found.unigram, fit(folder, ids, 1), folder, split, test[group])
        _score(found.own, fit(folder, ids, ORDER), folder, split, test[group])
    scored = [piece for piece in folder.of(split) if piece.group in train]
    _score(found.shared, fit(folder, _ids(folder, folder.of("train")), ORDER), folder, split, scored)
    return found


def _shifts(pieces: Sequence[Piece], most: int) -> int:
    return min(len(SHIFTS), max(1, most // sum(piece.tokens for piece in pieces)))


def _ids(folder: Folder, pieces: Iterable[Piece]) -> list[NDArray[np.int64]]:
    """What is counted of training pieces, each with as many ids before it as are context of its first."""
    return [ids[first - ORDER + 1 :] for _, (ids, first) in windows(folder, "train", CONTEXT, pieces)]


def _transposed(
    folder: Folder, sequences: Iterable[NDArray[np.int64]], shifts: Sequence[int]
) -> list[NDArray[np.int64]]:
    """Each in all the shifts, 0 among them; drums, which stay as they are, once: copies are no evidence of anything."""
    moved = []
    for ids in sequences:
        each = [folder.events.transpose(ids, shift) for shift in shifts]
        moved += [other for other in each if other is each[0] or not np.array_equal(other, each[0])]
    return moved


def fit(folder: Folder, counted: Iterable[NDArray[np.int64]], order: int) -> Ngram:
    """An n-gram of that order; whatever its order, it counts the same ids: all but the first ORDER - 1 of each."""
    return Ngram(folder.events.vocab_size, order).fit([ids[ORDER - order :] for ids in counted])


def _score(nats: dict[int, float], ngram: Ngram, folder: Folder, split: str, pieces: Iterable[Piece]) -> None:
    """Put the nats of each of the pieces in its place."""
    for row, window in windows(folder, split, CONTEXT, pieces):
        nats[row] = nats.get(row, 0.0) + nll(ngram, window)


def nll(ngram: Ngram, window: Window) -> float:
    """Nats of all that counts in a window."""
    ids, first = window
    return float(ngram.nll(ids[first - ngram.order + 1 :]).sum())
