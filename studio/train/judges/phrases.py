"""Encoder-decoders are judged by what comes back of a phrase, and by their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from studio import checkpoints, representations
from studio.data.phrases import Phrases, attributes, notes
from studio.evaluate import model_scorer, nats
from studio.sampling import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studio.train.run import Run

PHRASES = (2, 4)
"""Bars of the phrases that are written again."""
MOST_IDS = 600_000
"""Of training bars from which it is worked out how the latents lie, about."""


def judge(model: Any, examples: Phrases, most: int | None, device: torch.device) -> dict[str, float]:
    """`loss` in nats per id, z's share in it included: the mean of phrases written again and of answers to them.

    `again` and `answer`, nats per id of each; `kl`, nats of z for each bar.
    """
    total = torch.zeros(7)
    with torch.inference_mode():
        for batch in examples.held_out(8, most):
            total += model.nats(torch.from_numpy(batch).to(device)).cpu()
    again, again_ids, answer, answer_ids, over, kl, bars = total.tolist()
    share = model.config.answers
    loss = (1 - share) * again / again_ids + share * answer / answer_ids + model.config.beta * over / again_ids
    return {"loss": loss, "again": again / again_ids, "answer": answer / answer_ids, "kl": kl / bars}


def figures(run: Run) -> dict[str, Any]:
    """Of the weights on the test split: what comes back of phrases, and how likely answers make the music.

    How the latents of training bars lie is worked out first, and kept with the weights.
    """
    settle(run.model, run.train)
    checkpoints.save(run.out, run.model, run.model_name, run.representation, run.card({}))
    test = Phrases(run.data, "test")
    told = judge(run.model, test, None, run.device)
    found: dict[str, Any] = {f"notes_right_{bars}_bars": right(run.model, test, bars) for bars in PHRASES}
    answers = nats(model_scorer(run.model, run.device), test.evaluation(), run.representation.note_ids)
    return {
        **found,
        "test_nats_per_note": answers["nats_per_note"],
        "test_nats_per_token": answers["nats_per_token"],
        "test_again_nats_per_token": told["again"],
        "test_kl_per_bar": told["kl"],
        "valid_loss": run.best,
        "test_notes": int(answers["notes"]),
    }


def settle(model: Any, examples: Phrases) -> None:
    """Work out how the latents of training bars lie, and which way each attribute leads: the model's buffers.

    Attributes are told from latents by linear regression; a direction is the least change, as latents lie, by which one
    of them is told a standard deviation higher and the others as before.
    """
    vocabulary = representations.find(examples.representation)(examples.vocabulary).vocabulary
    found, told = [], []
    for batch in examples.held_out(4, MOST_IDS):
        for phrase, bars in zip(batch, _read(model, batch), strict=True):
            for bar, latent in zip(phrase[1:], bars, strict=False):
                said = attributes(notes(bar.tolist(), vocabulary), examples.length(phrase[0], bar))
                if said is not None:
                    found.append(latent)
                    told.append(said)
    latents, values = torch.stack(found), torch.tensor(told)
    mean, scale = values.mean(0), values.std(0).clamp(min=1e-3)
    center = latents.mean(0)
    covariance = torch.cov(latents.T) + 1e-3 * torch.eye(latents.shape[1])
    told_by = torch.linalg.solve(covariance, (latents - center).T @ ((values - mean) / scale) / len(values)).T
    moved = told_by @ covariance
    # Those that no bar of the collection differs in cannot be told, and are not moved.
    directions = torch.linalg.pinv(moved @ told_by.T, rtol=1e-4) @ moved
    model.center.copy_(center)
    model.spread.copy_(torch.linalg.cholesky(covariance))
    model.directions.copy_(directions)
    model.scales.copy_(torch.stack([mean, scale], 1))


@torch.inference_mode()
def _read(model: Any, batch: NDArray[np.int64]) -> list[torch.Tensor]:
    """The latents (bars, L) of each phrase of a batch (B, 1 + S, T)."""
    ids = torch.from_numpy(batch[:, 1:])
    there = ids[..., 0] != 0
    flat = ids[there]
    latents = model.read(flat, (flat != 0).sum(1) - 1)[0]
    return list(latents.split(there.sum(1).tolist()))


class _Bar:
    """A mask that ends a bar with what ends bars, or after so many ids."""

    def __init__(self, size: int, ends: frozenset[int], most: int) -> None:
        self.free, self.ends, self.left = np.ones(size, dtype=bool), ends, most
        self.free[0] = False

    def advance(self, token: int) -> None:
        self.left = 0 if token in self.ends else self.left - 1

    def allowed(self) -> NDArray[np.bool_]:
        return self.free if self.left else np.zeros_like(self.free)


def right(model: Any, examples: Phrases, bars: int, most: int = 20_000) -> float:
    """Share of notes that come back in pitch, onset and length when phrases of so many bars are written again.

    The likeliest ids, without the grammar's help; of phrases of about `most` ids. A note that is written and was not
    there counts against it: it is 2 * right / (there + written).
    """
    encoding = representations.find(examples.representation)(examples.vocabulary)
    vocabulary, ends = encoding.vocabulary, frozenset((encoding.marks["bar_id"], encoding.end_id))
    settings, hits, count = Settings(temperature=0, repetition=0), 0, 0
    for batch in examples.held_out(bars, most):
        for phrase, latents in zip(batch, _read(model, batch), strict=True):
            rows = [row[row != 0].tolist() for row in phrase]
            heads = [torch.tensor(row[: _head(row, vocabulary)]) for row in rows[1:]]
            written = [head.tolist() for head in heads]
            masks = [_Bar(len(vocabulary), ends, phrase.shape[1]) for _ in heads]
            generators = [torch.Generator() for _ in heads]
            for step in model.rewrite(torch.tensor(rows[0]), heads, latents[None], masks, settings, generators):
                for ids, token in zip(written, step, strict=True):
                    if token is not None:
                        ids.append(token)
            for ids, row in zip(written, rows[1:], strict=True):
                ours, theirs = notes(ids, vocabulary), notes(row, vocabulary)
                hits += 2 * len(set(ours) & set(theirs))
                count += len(ours) + len(theirs)
    return hits / max(1, count)


def _head(row: list[int], vocabulary: Any) -> int:
    """How many ids of a bar say how it is, before its first note."""
    for at, token in enumerate(row):
        if vocabulary.kinds[token] in ("POSITION", "VELOCITY", "EOS") or (at and vocabulary.kinds[token] == "BAR"):
            return max(1, at)
    return len(row)
