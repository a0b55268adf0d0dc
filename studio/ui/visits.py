"""`Visit`: what a visitor has on the desk - a seed, a result - and `Visits`, which keeps them apart.

Where the visitor has a name of their own, a random cookie, their work is kept in a store: it is there again after a
reload, and when the server was stopped. Knows the pipeline's values by name only; nothing of components.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from studio.errors import MidiError, StoreError, StudioError
from studio.pipeline import Entry, Note, Score, Seed, Take
from studio.store import Desk, Piece, Store, edited_seed, edited_take, is_visitor, of_seed, of_takes
from studio.ui.hearing import Hearing

SEED = "seed"
"""Where on the desk the music lies that the tabs work with; a second piece that a tab wants has a place of its own."""
KEEP_S = 2 * 60 * 60.0  # a visit nobody used for this long is cleared away
MOST = 200  # visits kept at once; the longest unused go first
COOKIE = "studio-visitor"
"""32 hex digits that the page draws once: by them a visitor is known again."""
WORK = "work.sqlite3"
SHELVED = "shelved"
"""In the details of a piece that the visitor has judged without working with it."""


Marked = tuple[frozenset[Note], ...]
"""For each track some of its notes."""


def _name() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Result:
    """What was written last: the takes and which of them is `shown`.

    Of a comparison all `entries` are shown, and the takes are those of its entries that have one.
    `stopped`: how many bars each take was to have when the visitor had enough; None where all were written. `pieces`
    are the takes as they are kept, once `Visit.written` has been told of them. On the page it goes by its `name`;
    `revision` counts how often its notes were changed there, `locked` are those of the shown take that must stay.
    """

    takes: tuple[Take, ...]
    stopped: int | None = None
    shown: int = 0
    entries: tuple[Entry, ...] = ()
    pieces: tuple[Piece, ...] = ()
    name: str = field(default_factory=_name)
    revision: int = 0
    locked: Marked = ()

    @property
    def take(self) -> Take:
        return self.takes[self.shown]

    @property
    def place(self) -> str:
        """What `Hearing` knows the shown take by."""
        return f"take {self.shown}"


@dataclass(frozen=True)
class OnDesk:
    """A piece of music to work with; `name`, `revision` and `locked` as in `Result`."""

    seed: Seed
    name: str = field(default_factory=_name)
    revision: int = 0
    locked: Marked = ()


@dataclass
class Visit:
    """One visitor's `desk`, with the music that lies on it by its place, and the last `result`.

    `stop` is set to end the writing that is under way. `store` keeps the work of `visitor`; it is None where there is
    none or the visitor has no name. `trouble` says why something could not be kept, or "". `fields`: what the visitor
    last asked for, by the id of the page's field. `judged`: what `ranks` found of the result's takes.
    """

    desk: dict[str, OnDesk] = field(default_factory=dict)
    result: Result | None = None
    hearing: Hearing = field(default_factory=Hearing)
    stop: threading.Event = field(default_factory=threading.Event)
    used: float = 0.0
    store: Store | None = None
    visitor: str = ""
    trouble: str = ""
    places: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    judged: Any = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def music(self, place: str) -> Seed | None:
        """The music that lies there, if any does."""
        return self.desk[place].seed if place in self.desk else None

    @property
    def seed(self) -> Seed | None:
        """The music that the tabs work with."""
        return self.music(SEED)

    # --- work that is kept -------------------------------------------------------------------------------------------

    def put(self, place: str, music: OnDesk) -> None:
        """Lay music on the desk. What is kept already, by its file's sum, stays the piece that it is."""
        self.desk[place] = music
        self.places.pop(place, None)
        if self.store is None or not music.seed.score.note_count:
            return
        with self._keeping():
            piece = self.store.by_file(self.visitor, music.seed.sha256)
            if piece is None:
                piece = of_seed(music.seed)
                self.store.add(self.visitor, [piece])
            elif SHELVED in piece.details:
                details = {name: told for name, told in piece.details.items() if name != SHELVED}
                self.store.put(self.visitor, replace(piece, details=details))
            self.places[place] = piece.id
        self._keep_desk()

    def written(self, result: Result) -> None:
        """Make it the result, and keep its takes below the piece that they were made from."""
        parent, source = None, str(result.take.recipe.get("source", "")) if result.takes else ""
        with self._keeping():
            parent = self.store.by_file(self.visitor, source) if self.store is not None else None
        pieces = tuple(of_takes(result.takes, parent.id if parent else None))
        self.result = replace(result, pieces=pieces)
        with self._keeping():
            if self.store is not None:
                self.store.add(self.visitor, pieces)
        self._keep_desk()

    def choose(self, number: int) -> None:
        """Make another take of the result the one that is shown."""
        result = self.result
        if result is not None and number in range(len(result.takes)):
            self.result = replace(result, shown=number, revision=result.revision + 1, locked=())
            self._keep_desk()

    def change(self, place: str, score: Score, revision: int, locked: Marked) -> OnDesk:
        """Let the music at a place have other notes: from then on it is a piece of its own, below what it was."""
        music = self.desk[place]
        piece = None
        with self._keeping():
            before = self.store.get(self.visitor, self.places[place]) if self.store and place in self.places else None
            piece = edited_seed(replace(music.seed, score=score), before)
            if self.store is not None and score.note_count:
                self.store.put(self.visitor, piece)
                self.places[place] = piece.id
        recipe = {**music.seed.recipe, "edited": True} if music.seed.recipe else None
        seed = replace(music.seed, score=score, sha256=piece.sha256 if piece else "", recipe=recipe, origin="")
        self.desk[place] = OnDesk(seed, music.name, revision, locked)
        self._keep_desk()
        return self.desk[place]

    def change_take(self, take: Take, revision: int, locked: Marked) -> None:
        """Let the shown take have other notes."""
        result = self.result
        assert result is not None
        takes = tuple(take if i == result.shown else other for i, other in enumerate(result.takes))
        pieces = result.pieces
        if pieces:
            changed = edited_take(take, pieces[result.shown])
            pieces = tuple(changed if i == result.shown else other for i, other in enumerate(pieces))
        self.result = replace(result, takes=takes, pieces=pieces, revision=revision, locked=locked)
        with self._keeping():
            if self.store is not None and pieces:
                self.store.put(self.visitor, pieces[result.shown])

    def piece(self, id: str) -> Piece | None:
        """A take of the result, or any piece of this visitor's; None where they have none of that id."""
        found = [piece for piece in self.result.pieces if piece.id == id] if self.result else []
        if found or self.store is None:
            return found[0] if found else None
        return self.store.get(self.visitor, id)

    def recall(self, piece: Piece) -> None:
        """Make a take that was kept the result again, with those that were written with it. StoreError: it is none."""
        run = self.store.run(self.visitor, piece.run) if self.store is not None else []
        pieces = run if any(one.id == piece.id for one in run) else [piece]
        shown = [one.id for one in pieces].index(piece.id)
        takes = tuple(one.take() for one in pieces)
        self.hearing.forget("take ")
        self.result = Result(takes, shown=shown, pieces=tuple(pieces))
        self._keep_desk()

    def keep(self, id: str, kept: bool) -> None:
        """Mark a piece as one to keep, or no longer."""
        if self.store is None:
            return
        with self._keeping():
            self.store.keep(self.visitor, id, kept)
            if self.result is not None:
                pieces = (replace(piece, kept=kept) if piece.id == id else piece for piece in self.result.pieces)
                self.result = replace(self.result, pieces=tuple(pieces))

    def like(self, id: str, liked: int) -> None:
        """Say how a piece is liked: -1, 0 or 1."""
        if self.store is None:
            return
        with self._keeping():
            self.store.like(self.visitor, id, liked)
            if self.result is not None:
                pieces = (replace(piece, liked=liked) if piece.id == id else piece for piece in self.result.pieces)
                self.result = replace(self.result, pieces=tuple(pieces))

    def shelve(self, piece: Piece) -> str:
        """Keep music that was judged and never lay on the desk: its id. The history does not show it until it does."""
        assert self.store is not None
        known = self.store.by_file(self.visitor, piece.sha256)
        if known is not None:
            return known.id
        new = replace(piece, id=secrets.token_hex(8), details={**piece.details, SHELVED: True})
        self.store.add(self.visitor, [new])
        return new.id

    def remember(self, fields: Mapping[str, Any]) -> None:
        """Keep what is asked for, by the id of the page's field."""
        self.fields |= fields
        self._keep_desk()

    def clear(self) -> None:
        """Take everything off the desk; what is kept stays in the store."""
        self.result = None
        for of_place in (self.desk, self.places, self.fields):
            of_place.clear()

    def restore(self) -> None:
        """Lay on the desk what lay there when the visitor was last here. What is damaged or gone is left out."""
        if self.store is None:
            return
        with self._keeping():
            desk = self.store.desk(self.visitor)
            self.fields = dict(desk.fields)
            for place, id in desk.places.items():
                with contextlib.suppress(MidiError):
                    self._restore_place(place, self.store.get(self.visitor, id))
            found = (self.store.get(self.visitor, id) for id in desk.takes)
            pieces = tuple(piece for piece in found if piece is not None)
            if pieces:
                self.hearing.forget("take ")
                takes = tuple(piece.take() for piece in pieces)
                shown = min(desk.shown, len(takes) - 1)
                self.result = Result(takes, shown=shown, pieces=pieces)

    def _restore_place(self, place: str, piece: Piece | None) -> None:
        if piece is not None:
            self.desk[place] = OnDesk(piece.seed())
            self.places[place] = piece.id

    @contextlib.contextmanager
    def _keeping(self) -> Iterator[None]:
        """Music that cannot be kept can be seen and heard all the same: `trouble` says why it is not."""
        with self.lock:
            try:
                yield
            except StudioError as error:
                self.trouble = str(error)

    def _keep_desk(self) -> None:
        if self.store is None:
            return
        with self._keeping():
            result = self.result
            takes = tuple(piece.id for piece in result.pieces) if result else ()
            desk = Desk(self.places, takes, result.shown if result else 0, self.fields)
            self.store.set_desk(self.visitor, desk)


class Visits:
    """The visits of one server, by the random name Gradio gives each open page. Safe to use from many threads.

    `data`: the folder of the store that keeps the visitors' work; None where nothing is to be kept.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, data: Path | None = None) -> None:
        self._visits: dict[str, Visit] = {}
        self._lock = threading.Lock()
        self._clock = clock
        self._data = data
        self._store: Store | None = None
        self.trouble = ""
        """Why nothing can be kept, or what was found wrong with the store; "" where all is well."""

    def of(self, name: str | None) -> Visit:
        """The visit of this page, a new one the first time. `name` comes from outside: it is a key, never a path."""
        with self._lock:
            now = self._clock()
            # Callers without a name share nothing with each other.
            name = name or secrets.token_hex()
            if name not in self._visits:
                self._visits[name] = Visit()
            self._visits[name].used = now
            self._clear(now)
            return self._visits[name]

    def at(self, request: Any) -> Visit:
        """The visit of the page that asks, a `gr.Request`. A visitor who is known finds on it what they left."""
        visit, visitor = self.of(request.session_hash), _visitor(request)
        if not visitor or visitor == visit.visitor:
            return visit
        store = self._opened()
        with visit.lock:
            if visit.visitor and visit.visitor != visitor:
                visit.clear()
            if visit.visitor != visitor:
                visit.visitor, visit.store = visitor, store
                visit.restore()
        return visit

    def _opened(self) -> Store | None:
        """The store, opened for the first visitor who needs it."""
        with self._lock:
            if self._store is None and self._data is not None:
                try:
                    self._store = Store(self._data / WORK)
                    self.trouble = self._store.notice
                except StoreError as error:
                    self._data, self.trouble = None, str(error)
            return self._store

    def _clear(self, now: float) -> None:
        by_age = sorted(self._visits, key=lambda name: self._visits[name].used)
        surplus = max(0, len(by_age) - MOST)
        for i, name in enumerate(by_age):
            if i < surplus or now - self._visits[name].used > KEEP_S:
                self._visits.pop(name).hearing.forget("")


def _visitor(request: Any) -> str:
    """The visitor's name by their cookie; "" where there is none, or one that the page did not draw."""
    cookies = getattr(request, "cookies", {})
    name = cookies[COOKIE] if COOKIE in cookies else ""  # noqa: SIM401 - there may be a cookie called "get"
    return name if is_visitor(name) else ""
