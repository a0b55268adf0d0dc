"""Held-out likelihood: nats per token and per note of a model and of the n-gram baseline, on the same tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from studio.ngram import Ngram

Window = tuple[NDArray[np.int64], int]
"""Ids (T,) and the index of the first that counts; those before it are context."""

BATCH = 1 << 14
"""Ids that are scored at once, padding included: logits over a vocabulary of 1,000 take 64 MB then."""

Scorer = Callable[[Sequence[NDArray[np.int64]]], list[NDArray[np.float64]]]
"""Ids (T,) each to the nats of ids[1:] each."""


def model_scorer(model: Any, device: torch.device) -> Scorer:
    """Scores with a next-token model, several windows as one padded batch."""

    @torch.inference_mode()
    def score(windows: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float64]]:
        longest = max(len(ids) for ids in windows)
        batch = np.zeros((len(windows), longest), dtype=np.int64)
        for row, ids in zip(batch, windows, strict=True):
            row[: len(ids)] = ids
        nll = model.nll(torch.from_numpy(batch).to(device)).float().cpu().numpy()
        return [row[: len(ids) - 1].astype(np.float64) for row, ids in zip(nll, windows, strict=True)]

    return score


def ngram_scorer(ngram: Ngram) -> Scorer:
    """Scores with the baseline; ids too early to have a full context score 0 (they are header)."""

    def score(windows: Sequence[NDArray[np.int64]]) -> list[NDArray[np.float64]]:
        lead = np.zeros(ngram.order - 2)
        return [np.concatenate([lead, ngram.nll(ids)])[: len(ids) - 1] for ids in windows]

    return score


def scored(scorer: Scorer, windows: Iterable[Window]) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """(index of a window, nats of all its ids that count), for each window; the shortest come first."""
    for group in _batches(list(windows)):
        for (i, (_, first)), nll in zip(group, scorer([ids for _, (ids, _) in group]), strict=True):
            yield i, nll[first - 1 :]


def nats(scorer: Scorer, windows: Iterable[Window], note_ids: range) -> dict[str, float]:
    """`nats_per_token`, `nats_per_note`, `tokens` and `notes` over all scored ids; each note has one of `note_ids`."""
    windows = list(windows)
    total = sum(float(nll.sum()) for _, nll in scored(scorer, windows))
    tokens = sum(len(ids) - first for ids, first in windows)
    notes = sum(int(((ids[first:] >= note_ids.start) & (ids[first:] < note_ids.stop)).sum()) for ids, first in windows)
    if not tokens or not notes:
        raise ValueError("nothing to score: the split holds no notes")
    return {"nats_per_token": total / tokens, "nats_per_note": total / notes, "tokens": tokens, "notes": notes}


def _batches(windows: Sequence[Window]) -> Iterator[list[tuple[int, Window]]]:
    """The windows with their numbers, in batches of like length, so that little is padding, of at most BATCH ids."""
    batch: list[tuple[int, Window]] = []
    for item in sorted(enumerate(windows), key=lambda item: len(item[1][0])):
        if batch and (len(batch) + 1) * len(item[1][0]) > BATCH:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def fit_ngram(windows: Iterable[Window], representation: Any, shifts: Sequence[int], order: int = 5) -> Ngram:
    """The baseline trained on the same pieces, each also transposed by `shifts` semitones, as the networks see them."""
    pieces = [ids[max(0, first - order + 1) :] for ids, first in windows]
    return Ngram(representation.vocab_size, order).fit(
        [representation.transpose(ids, shift) for shift in shifts for ids in pieces]
    )
