"""`Preference`: how much a listener is expected to like something, and how sure that is. Knows vectors only.

Bayesian linear regression of opinions on directions of unit length, in closed form; a draw from what is still possible
is what Thompson sampling chooses by (Thompson 1933; with linear payoffs: Agrawal & Goyal 2013, "Thompson Sampling for
Contextual Bandits with Linear Payoffs", ICML).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOISE = 1.0
"""Variance of an opinion beside that of the taste itself, which is 1 for everything of unit length."""
DISLIKE = -0.25
"""What a dislike says beside a like, which says 1: most music is not liked anyway, so it is less news. Both were chosen
on validation pieces, where a dislike of -1 made suggestions worse.
"""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Preference:
    """`opinions` (n,) of what lies at `vectors` (n, D), each of unit length. n may be 0."""

    vectors: Array
    opinions: Array

    @classmethod
    def of(cls, vectors: Array, judged: Sequence[int]) -> Preference:
        """From likes, which are 1, and dislikes, -1."""
        return cls(vectors, np.where(np.array(judged) > 0, 1.0, DISLIKE))

    def expected(self, others: Array) -> Array:
        """(m,): the opinion expected of each of `others` (m, D); 0 where nothing is known of anything like it."""
        return others @ self.vectors.T @ self._solved(self.opinions)

    def drawn(self, others: Array, dice: np.random.Generator) -> Array:
        """(m,): the opinions that one listener may have of `others` (m, D) who judged as this one did.

        A listener is drawn from the prior, and what they would have judged otherwise is put right (Matheron's rule).
        """
        taste = dice.standard_normal(others.shape[1])
        missed = self.opinions - self.vectors @ taste - np.sqrt(NOISE) * dice.standard_normal(len(self.opinions))
        return others @ (taste + self.vectors.T @ self._solved(missed))

    def _solved(self, right: Array) -> Array:
        return np.asarray(np.linalg.solve(self.vectors @ self.vectors.T + NOISE * np.eye(len(right)), right))
