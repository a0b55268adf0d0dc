"""`Piece`: music with all that a file of it may need, and `Format`: one kind of file. What all formats share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.export.carrier import Carrier, unwritten
from studio.score import Note, Score

Samples = NDArray[np.float32]
"""(frames, channels) at full scale ±1."""


def _silence() -> Samples:
    return np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class Piece:
    """A `score` to be written.

    Of music that was written here, `new` has the new notes of each track, `region` the ticks between which they lie and
    `recipe` how it was made. `sound` makes its sound, and `stems` that of each track, one after the other.
    `vouch` makes the text of the record of a file's origin, given the hash of its content; without it there is none.
    """

    score: Score
    new: tuple[frozenset[Note], ...] | None = None
    region: tuple[int, int] | None = None
    recipe: Mapping[str, Any] | None = None
    sound: Callable[[], Samples] = _silence
    stems: Callable[[], Iterable[Samples]] = tuple
    vouch: Callable[[str], str] | None = None

    def seal(self, path: Path, carrier: Carrier) -> None:
        """Put the record into a file that was written. StudioError leaves: it cannot be made, or written."""
        if self.vouch is not None:
            carrier.put(path, self.vouch(carrier.content(path)))


@dataclass(frozen=True)
class Format:
    """One kind of file: its `name`, the suffixes it is known by (the usual one first), its media type and its writer.

    `carrier`: how it carries the record of its origin. `sounds`: it takes a synthesizer. `told`: it takes a recipe.
    """

    name: str
    suffixes: tuple[str, ...]
    mime: str
    write: Callable[[Piece, Path], None]
    carrier: Carrier
    sounds: bool = False
    told: bool = False

    @property
    def suffix(self) -> str:
        """The usual one, with its dot."""
        return self.suffixes[0]


def put(data: bytes, path: Path) -> None:
    """Write the file. StudioError: it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise unwritten(path) from error
