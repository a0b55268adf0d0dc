"""The baseline: an interpolated Kneser-Ney n-gram over the same tokens a network learns. Needs numpy only.

Kneser & Ney 1995; one discount an order, n1 / (n1 + 2 n2), as Ney, Essen & Kneser 1994.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class _Order:
    """Counts of one order: n-grams and their contexts as sorted packed keys."""

    grams: Ids
    counts: NDArray[np.float64]
    contexts: Ids
    totals: NDArray[np.float64]
    followers: NDArray[np.float64]  # different ids seen after each context
    discount: float


def _find(keys: Ids, wanted: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Where `wanted` stands in sorted `keys`, and whether it does."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return at, keys[at] == wanted


class Ngram:
    """P(id | the `order` - 1 ids before it), trained on sequences (T,) whose first `order` - 1 ids are context only."""

    def __init__(self, vocab_size: int, order: int = 5) -> None:
        self.vocab_size, self.order = vocab_size, order
        self.bits = int(vocab_size - 1).bit_length()
        if self.bits * order > 62:
            raise ValueError(f"{order}-grams over {vocab_size} ids do not fit into 62 bits")
        self.orders: list[_Order] = []

    def _packed(self, sequences: Sequence[Ids], n: int) -> Ids:
        """All n-grams that end where a full-order n-gram could, as single integers; oldest id in the highest bits."""
        parts = []
        for ids in sequences:
            key = np.zeros(max(0, len(ids) - self.order + 1), dtype=np.int64)
            for back in range(n - 1, -1, -1):
                key = (key << self.bits) | ids[self.order - 1 - back : len(ids) - back]
            parts.append(key)
        return np.concatenate(parts)

    def fit(self, sequences: Sequence[Ids]) -> Ngram:
        """Count; returns itself."""
        self.orders = []
        above: Ids | None = None  # the distinct n-grams one order up
        for n in range(self.order, 0, -1):
            if above is None:
                grams, counts = np.unique(self._packed(sequences, n), return_counts=True)
            else:
                # Below the highest order a count is the number of different ids seen before the n-gram.
                grams, counts = np.unique(above & ((1 << (self.bits * n)) - 1), return_counts=True)
            above = grams
            contexts, where, followers = np.unique(grams >> self.bits, return_inverse=True, return_counts=True)
            totals = np.bincount(where, weights=counts).astype(np.float64)
            once, twice = int((counts == 1).sum()), int((counts == 2).sum())
            discount = once / (once + 2 * twice) if once else 0.5
            self.orders.append(
                _Order(grams, counts.astype(np.float64), contexts, totals, followers.astype(np.float64), discount)
            )
        self.orders.reverse()
        return self

    def nll(self, ids: Ids) -> NDArray[np.float64]:
        """Nats of each of ids[order - 1:] given the ids before it."""
        p = np.full(max(0, len(ids) - self.order + 1), 1.0 / self.vocab_size)
        for n, order in enumerate(self.orders, start=1):
            keys = self._packed([ids], n)
            at, known = _find(order.grams, keys)
            context_at, seen = _find(order.contexts, keys >> self.bits)
            count = np.where(known, np.maximum(order.counts[at] - order.discount, 0), 0)
            total = order.totals[context_at]
            backed = (count + order.discount * order.followers[context_at] * p) / total
            p = np.where(seen, backed, p)
        nats: NDArray[np.float64] = -np.log(p)
        return nats

    def probabilities(self, context: Ids) -> NDArray[np.float64]:
        """P of every id (vocab_size,) after a context (T,), T >= `order` - 1, of which the last ids count."""
        p = np.full(self.vocab_size, 1.0 / self.vocab_size)
        for n, order in enumerate(self.orders, start=1):
            key = 0
            for token in context[len(context) - n + 1 :]:
                key = key << self.bits | int(token)
            at = int(np.searchsorted(order.contexts, key))
            if at == len(order.contexts) or order.contexts[at] != key:
                break  # what was never seen, was not seen with more before it either
            first, end = np.searchsorted(order.grams, [key << self.bits, (key + 1) << self.bits])
            p *= order.discount * order.followers[at] / order.totals[at]
            follows = order.grams[first:end] & ((1 << self.bits) - 1)
            p[follows] += np.maximum(order.counts[first:end] - order.discount, 0) / order.totals[at]
        return p
