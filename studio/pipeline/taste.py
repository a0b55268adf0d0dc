"""What a visitor will like: music in numbers and in words, by the space of tastes that comes with the studio."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.pipeline.catalogue import CHECKPOINTS
from studio.pipeline.takes import Take
from studio.score import Score
from studio.taste import Space, features

SPACE = CHECKPOINTS / "taste.json"


class Tasted(NamedTuple):
    """Music as tastes know it: a `vector` (K,) of unit length, and what it is called, such as "slow" and "minor"."""

    vector: NDArray[np.float64]
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def taste_space() -> Space:
    """The space that comes with the studio, read once. TasteError: it is missing or damaged."""
    return Space.read(SPACE)


def tasted(music: Score | Take) -> Tasted | None:
    """A score, or what is new of a take; None for music of too few notes to say. TasteError as `taste_space`."""
    score = music if isinstance(music, Score) else music.score.slice_ticks(music.new_from, music.end)
    space, found = taste_space(), features(score)
    return Tasted(space.vector(found), space.words(found)) if found else None
