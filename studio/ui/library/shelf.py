"""`Shelf`: all music that a visitor may judge - takes, uploads, example tunes - and what to suggest of it.

Knows what is kept and the pipeline's tastes; nothing of words or components.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from studio import pipeline
from studio.errors import MidiError, StoreError
from studio.pipeline import InCommon, Suggestion, Tasted
from studio.store import Piece, of_seed
from studio.ui.visits import Visit

NEWEST = 100
"""Pieces of a visitor's own that are looked at, besides those they have judged: older ones are found in the history."""
SUGGESTED = 8
EXAMPLE = "example:"
"""What the id of an example tune begins with, whether or not the visitor has it among their pieces."""
_CACHED = 4000

Place = Literal["own", "example"]


@dataclass(frozen=True)
class Item:
    """A piece by an `id` that stays; `tasted` is None for music of too few notes to say what it is like."""

    id: str
    piece: Piece
    place: Place
    tasted: Tasted | None


@dataclass(frozen=True)
class Suggested:
    """An item, why it is `suggested`, and what it has in common with `alike`, items that are liked."""

    item: Item
    why: Suggestion
    common: InCommon
    alike: tuple[Item, ...]


@dataclass(frozen=True)
class Shelf:
    """The items: the visitor's own, newest first, then the example tunes. `at_hand`: ids of pieces that are in use."""

    items: tuple[Item, ...]
    at_hand: frozenset[str] = frozenset()

    @property
    def judged(self) -> list[Item]:
        return [item for item in self.items if item.piece.liked and item.tasted]

    @property
    def likes(self) -> list[Item]:
        return [item for item in self.judged if item.piece.liked > 0]

    def suggestions(self) -> list[Suggested]:
        """What to hear next of all that is not judged yet and not at hand; the same until something more is judged."""
        free = [i for i in self.items if not i.piece.liked and i.tasted and i.piece.id not in self.at_hand]
        judged, likes = self.judged, self.likes
        opinions = [item.piece.liked for item in judged]
        chosen = pipeline.recommend(_vectors(free), _vectors(judged), opinions, SUGGESTED, number=len(judged))
        return [self._explained(free[one.index], one, likes) for one in chosen]

    @staticmethod
    def _explained(item: Item, why: Suggestion, likes: Sequence[Item]) -> Suggested:
        assert item.tasted is not None
        found = pipeline.in_common(item.tasted.words, [one.tasted.words for one in likes if one.tasted])
        return Suggested(item, why, found, tuple(likes[i] for i in found.of))

    def styles(self, most: int = 3) -> list[tuple[str, tuple[str, ...]]]:
        """The styles that should be liked best, with what most of their music is called; none without likes."""
        judged = self.judged
        if not self.likes:
            return []
        styles = pipeline.taste_space().styles
        vectors = {name: style.vector for name, style in styles.items()}
        best = pipeline.suited(vectors, _vectors(judged), [item.piece.liked for item in judged], most)
        return [(name, styles[name].words) for name in best]

    def advice(self) -> list[pipeline.Advice]:
        """Which model to ask for what next, by the takes that were judged."""
        judged = [item.piece for item in self.items if item.piece.liked and item.piece.kind == "take"]
        tried = [pipeline.Tried(piece.verb, piece.model, piece.settings, piece.liked) for piece in judged]
        offered = [(verb, model.name) for model in pipeline.models() for verb in model.verbs]
        return pipeline.advise(tried, offered, number=len(tried))


def find(visit: Visit, id: str) -> Piece | None:
    """The piece of an item's id; one whose id begins with EXAMPLE is not kept among the visitor's."""
    tune = next((tune for tune in _examples() if tune.id == id), None)
    if tune is None:
        return visit.piece(id)
    known = visit.store.by_file(visit.visitor, tune.sha256) if visit.store is not None else None
    return known or tune


def _vectors(items: Sequence[Item]) -> NDArray[np.float64]:
    return np.array([item.tasted.vector for item in items if item.tasted])


def shelf(visit: Visit) -> Shelf:
    """All that this visitor may judge. TasteError: what music is like cannot be told."""
    kept = visit.store.tree(visit.visitor) if visit.store is not None else []
    examples = {piece.sha256: piece for piece in _examples()}
    own = [piece for piece in reversed(kept) if piece.sha256 not in examples and piece.notes]
    judged = [piece for piece in own[NEWEST:] if piece.liked]
    known = {piece.sha256: piece for piece in kept if piece.sha256 in examples}
    mine = [Item(piece.id, piece, "own", _tasted(piece)) for piece in [*own[:NEWEST], *judged]]
    tunes = [
        Item(tune.id, replace(known.get(tune.sha256, tune), name=tune.name), "example", _tasted(tune))
        for tune in examples.values()
    ]
    return Shelf((*mine, *tunes), frozenset(visit.places.values()))


@lru_cache(maxsize=1)
def _examples() -> tuple[Piece, ...]:
    found = []
    for title, path in pipeline.examples():
        piece = of_seed(pipeline.read(path, title))
        found.append(replace(piece, id=EXAMPLE + path.stem))
    return tuple(found)


_known: OrderedDict[str, Tasted | None] = OrderedDict()
_lock = Lock()


def _tasted(piece: Piece) -> Tasted | None:
    """By the music itself: a piece whose notes were changed is another."""
    key = hashlib.sha256(piece.midi).hexdigest()
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    try:
        music: pipeline.Take | pipeline.Score = piece.take() if piece.kind == "take" else piece.seed().score
    except (MidiError, StoreError):  # what was kept is damaged: it can be seen, and no more
        return None
    found = pipeline.tasted(music)
    with _lock:
        _known[key] = found
        while len(_known) > _CACHED:
            _known.popitem(last=False)
    return found
