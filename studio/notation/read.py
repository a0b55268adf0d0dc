"""What a reader of notation gives back."""

from __future__ import annotations

from typing import NamedTuple

from studio.score import Score


class Read(NamedTuple):
    """The music, and in plain sentences what was left out or put right."""

    score: Score
    repairs: tuple[str, ...]
