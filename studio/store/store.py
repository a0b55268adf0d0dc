"""`Store`: every visitor's pieces and desk in one SQLite file. Each change is on the disk when its method returns.

A visitor is 32 hex digits that only their browser knows; nobody sees or changes what is another's. Safe to use from
many threads. Knows no pages.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio.errors import StoreError
from studio.store import schema
from studio.store.piece import Piece

MOST_PIECES = 500
"""Pieces of one visitor. Beyond, the oldest that are not marked as kept go, those that nothing was made from first."""
MOST_BYTES = 50 * 2**20
"""Size of one visitor's pieces, in the same way."""
WAIT_S = 10.0  # for another process that writes into the same file
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_VISITOR = re.compile(r"[0-9a-f]{32}")
_COLUMNS = [f.name for f in fields(Piece)]
_SIZE = "length(midi) + length(details) + length(recipe) + length(look)"


def is_visitor(name: object) -> bool:
    """Whether it can be a visitor's name. It comes from a cookie, so it may be anything."""
    return isinstance(name, str) and _VISITOR.fullmatch(name) is not None


@dataclass(frozen=True)
class Desk:
    """What lies on a visitor's desk, as ids: the music by its place, the `takes` seen together and the one `shown`.

    `fields`: what was last asked for, by the id of the page's field; whatever JSON can hold.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    shown: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)


class Store:
    """The file at `path`, made if need be. `notice` is a sentence about what was found wrong with it, or "".

    StoreError: it cannot be opened or written, or a newer studio wrote it. A damaged file is set aside under another
    name, and a new one begun.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.notice = path, ""
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = self._opened()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"Your work cannot be kept, because {path} cannot be opened ({error}). "
                "Name another folder by the environment variable STUDIO_DATA, then start the studio again."
            ) from error

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connected()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) not in _DAMAGED:
                raise
        aside = f"{self.path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(self.path.with_name(aside + suffix))
        self.notice = f"The file with your earlier work was damaged. It was set aside as {aside}, and a new one begun."
        return self._connected()

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=WAIT_S, check_same_thread=False)
        try:
            if schema.version(database) > len(schema.MIGRATIONS):
                raise StoreError(f"{self.path} was written by a newer studio: use that one, or name another folder.")
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                damage = sqlite3.DatabaseError(found)
                damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise damage
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            schema.migrate(database)
        except BaseException:
            database.close()
            raise
        database.row_factory = sqlite3.Row
        return database

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """All that happens inside happens as a whole, or not at all."""
        with self._lock:
            try:
                with self._database:
                    self._database.execute("BEGIN IMMEDIATE")
                    yield self._database
            except sqlite3.Error as error:
                raise StoreError(f"Your work could not be kept ({error}): see that the disk has room.") from error

    def _rows(self, question: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return self._database.execute(question, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"Your earlier work could not be read ({error}): start the studio again.") from error

    # --- pieces ------------------------------------------------------------------------------------------------------

    def add(self, visitor: str, pieces: Sequence[Piece]) -> None:
        """Keep these pieces, all or none. Where that is more than a visitor may have, older ones go, see MOST_PIECES.

        StoreError: there is no room beside what is marked as kept.
        """
        _checked(visitor)
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        with self._change() as database:
            database.executemany(
                f"INSERT INTO piece (visitor, {', '.join(_COLUMNS)}) VALUES ({marks})",
                [(visitor, *_values(piece)) for piece in pieces],
            )
            self._make_room(visitor, {piece.id for piece in pieces})

    def put(self, visitor: str, piece: Piece) -> None:
        """Keep a piece in place of the one of this id, or as a new one."""
        _checked(visitor)
        names = ("midi", "sha256", "bars", "notes", "look", "recipe", "details")
        values = dict(zip(_COLUMNS, _values(piece), strict=True))
        with self._change() as database:
            told = [values[name] for name in names]
            question = f"UPDATE piece SET {', '.join(f'{name} = ?' for name in names)} WHERE visitor = ? AND id = ?"
            there = database.execute(question, (*told, visitor, piece.id)).rowcount
        if not there:
            self.add(visitor, [piece])

    def _make_room(self, visitor: str, staying: set[str]) -> None:
        desk = self.desk(visitor)
        staying = staying | set(desk.takes) | set(desk.places.values())
        question = f"SELECT id, parent, kept, {_SIZE} AS size FROM piece WHERE visitor = ? ORDER BY nth"
        rows = {row["id"]: row for row in self._rows(question, visitor)}
        parents = {row["parent"] for row in rows.values()}
        size = sum(row["size"] for row in rows.values())
        while len(rows) > MOST_PIECES or size > MOST_BYTES:
            free = [id for id, row in rows.items() if not row["kept"] and id not in staying]
            if not free:
                raise StoreError(
                    "There is no room for more: forget some of the takes that you keep, or save a project."
                )
            gone = next((id for id in free if id not in parents), free[0])
            self._remove(visitor, gone)
            size -= rows.pop(gone)["size"]
            parents = {row["parent"] for row in rows.values()}

    def get(self, visitor: str, id: str) -> Piece | None:
        """The piece of that id, if this visitor has it."""
        found = self._rows("SELECT * FROM piece WHERE visitor = ? AND id = ?", visitor, id)
        return _piece(found[0]) if found else None

    def by_file(self, visitor: str, sha256: str) -> Piece | None:
        """The first piece that has this file's sum."""
        question = "SELECT * FROM piece WHERE visitor = ? AND sha256 = ? ORDER BY nth LIMIT 1"
        found = self._rows(question, visitor, sha256)
        return _piece(found[0]) if found else None

    def children(self, visitor: str, id: str) -> list[Piece]:
        """What was made from it, in the order of making."""
        question = "SELECT * FROM piece WHERE visitor = ? AND parent = ? ORDER BY nth"
        return list(map(_piece, self._rows(question, visitor, id)))

    def run(self, visitor: str, run: str) -> list[Piece]:
        """The takes that were written together, as far as they are still there, by number."""
        question = "SELECT * FROM piece WHERE visitor = ? AND run = ? AND run != '' ORDER BY number, nth"
        return list(map(_piece, self._rows(question, visitor, run)))

    def tree(self, visitor: str) -> list[Piece]:
        """All of a visitor's pieces, in the order in which they came; `parent` says how they hang together."""
        return list(map(_piece, self._rows("SELECT * FROM piece WHERE visitor = ? ORDER BY nth", visitor)))

    def keep(self, visitor: str, id: str, kept: bool = True) -> None:
        """Mark a piece as one to keep, or no longer."""
        with self._change() as database:
            database.execute("UPDATE piece SET kept = ? WHERE visitor = ? AND id = ?", (kept, visitor, id))

    def like(self, visitor: str, id: str, liked: int) -> None:
        """Say how a piece is liked: -1, 0 or 1."""
        if liked not in (-1, 0, 1):
            raise StoreError(f"A piece is liked by -1, 0 or 1, but {liked!r} was given.")
        with self._change() as database:
            database.execute("UPDATE piece SET liked = ? WHERE visitor = ? AND id = ?", (liked, visitor, id))

    def forget(self, visitor: str, id: str) -> None:
        """Let a piece go. What was made from it stays, and moves up to what it was made from."""
        with self._change():
            self._remove(visitor, id)

    def _remove(self, visitor: str, id: str) -> None:
        above = "(SELECT parent FROM piece WHERE visitor = ?1 AND id = ?2)"
        question = f"UPDATE piece SET parent = {above} WHERE visitor = ?1 AND parent = ?2"
        self._database.execute(question, (visitor, id))
        self._database.execute("DELETE FROM piece WHERE visitor = ?1 AND id = ?2", (visitor, id))

    # --- the desk ----------------------------------------------------------------------------------------------------

    def desk(self, visitor: str) -> Desk:
        """What lay on the desk last; an empty one for a new visitor."""
        found = self._rows("SELECT * FROM desk WHERE visitor = ?", visitor)
        if not found:
            return Desk()
        row = found[0]
        places, takes, values = (json.loads(row[name]) for name in ("places", "takes", "fields"))
        return Desk(places, tuple(takes), row["shown"], values)

    def set_desk(self, visitor: str, desk: Desk) -> None:
        """Keep what lies on the desk now."""
        _checked(visitor)
        texts = (json.dumps(desk.places), json.dumps(desk.takes), desk.shown, json.dumps(desk.fields))
        with self._change() as database:
            database.execute(
                "REPLACE INTO desk (visitor, places, takes, shown, fields) VALUES (?, ?, ?, ?, ?)", (visitor, *texts)
            )


def _checked(visitor: str) -> None:
    if not is_visitor(visitor):
        raise StoreError("Nothing can be kept without a cookie: allow cookies for this page, then load it again.")


def _values(piece: Piece) -> Iterator[object]:
    for name in _COLUMNS:
        value = getattr(piece, name)
        if isinstance(value, datetime):
            yield value.isoformat()
        elif isinstance(value, Mapping):
            yield json.dumps(value, separators=(",", ":"))
        else:
            yield value


def _piece(row: sqlite3.Row) -> Piece:
    values = {name: row[name] for name in _COLUMNS}
    values["created"] = datetime.fromisoformat(row["created"])
    values["kept"] = bool(row["kept"])
    values |= {name: json.loads(row[name]) for name in ("recipe", "details")}
    return Piece(**values)
