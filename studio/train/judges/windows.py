"""Next-token models are judged by likelihood, beside the n-grams that they have to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from studio import representations
from studio.data.windows import SHIFTS, Windows
from studio.evaluate import fit_ngram, model_scorer, nats, ngram_scorer

if TYPE_CHECKING:
    from studio.train.run import Run

MOST_COUNTED = 60_000_000
"""Ids from which the baseline's n-grams are counted, at most, transpositions included."""


def judge(model: Any, examples: Windows, most: int | None, device: torch.device) -> dict[str, float]:
    """`loss` in nats per token."""
    return {"loss": _score(model, examples, most, device)["nats_per_token"]}


def _score(model: Any, windows: Windows, most: int | None, device: torch.device) -> dict[str, float]:
    representation = representations.find(windows.representation)(windows.vocabulary)
    return nats(model_scorer(model, device), windows.evaluation(most), representation.note_ids)


def figures(run: Run) -> dict[str, Any]:
    """Of the weights and of the baseline on the test split."""
    test = Windows(run.data, "test", run.settings.context)
    model = _score(run.model, test, None, run.device)
    # In as many keys as can be counted, the nearest first: the n-grams of a large collection fill the memory.
    keys = sorted(SHIFTS, key=abs)[: max(1, MOST_COUNTED // run.train.tokens)]
    ngram = fit_ngram(run.train.evaluation(), run.representation, keys)
    baseline = nats(ngram_scorer(ngram), test.evaluation(), run.representation.note_ids)
    return {
        "test_nats_per_note": model["nats_per_note"],
        "test_nats_per_token": model["nats_per_token"],
        "ngram5_nats_per_note": baseline["nats_per_note"],
        "ngram5_nats_per_token": baseline["nats_per_token"],
        "below_ngram5": 1 - model["nats_per_note"] / baseline["nats_per_note"],
        "valid_nats_per_token": run.best,
        "test_notes": int(model["notes"]),
        "test_tokens_per_note": model["tokens"] / model["notes"],
    }
