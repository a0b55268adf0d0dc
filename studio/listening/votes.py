"""`Votes`: what listeners answered, in one SQLite file. Nothing is kept of who did not agree, or who withdrew.

A listener is 32 hex digits that nothing else is known by, made of the cookie of their browser; no name, no address.
Safe to use from many threads.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studio.errors import StoreError
from studio.listening.design import Turn, sitting
from studio.listening.folder import ListeningTest

FILE = "listening.sqlite3"
WAIT_S = 10.0  # for another process that writes into the same file
VERSION = 1
_TABLES = (
    """
CREATE TABLE sitting (
    nth INTEGER PRIMARY KEY AUTOINCREMENT,
    test TEXT NOT NULL,
    listener TEXT NOT NULL,
    agreed TEXT NOT NULL,
    turns TEXT NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0,
    UNIQUE (test, listener)
)
    """,
    """
CREATE TABLE vote (
    nth INTEGER PRIMARY KEY AUTOINCREMENT,
    test TEXT NOT NULL,
    listener TEXT NOT NULL,
    question INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    choice INTEGER,
    heard TEXT NOT NULL,
    seconds REAL NOT NULL,
    day TEXT NOT NULL,
    UNIQUE (test, listener, question)
)
    """,
)


@dataclass(frozen=True)
class Vote:
    """An answer to the plan's `question`, turned by `turn` places: the place that was chosen, None: no difference.

    `listener`: a number from 1, in the order in which they agreed. `heard`: seconds of each place; `seconds`: from the
    question to the answer. `day`: as 2026-11-25.
    """

    listener: int
    question: int
    turn: int
    choice: int | None
    heard: tuple[float, ...]
    seconds: float
    day: str


@dataclass(frozen=True)
class Sitting:
    """A listener who agreed: what they are asked, the places they chose so far, and whether they are through."""

    turns: tuple[Turn, ...]
    choices: tuple[int | None, ...]
    finished: bool


def listener_of(visitor: str) -> str:
    """The listener that a visitor's cookie makes: nobody finds the visitor by it who does not know the cookie."""
    return hashlib.sha256(f"listening:{visitor}".encode()).hexdigest()[:32]


class Votes:
    """The file at `path`, made if need be. StoreError: it cannot be opened or written, or a newer studio wrote it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = _opened(path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"Votes cannot be kept, because {path} cannot be opened ({error}).") from error

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
                raise StoreError(f"Your vote could not be kept ({error}): see that the disk has room.") from error

    def _rows(self, question: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return self._database.execute(question, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"The votes could not be read ({error}): start the studio again.") from error

    # --- a listener --------------------------------------------------------------------------------------------------

    def agree(self, test: ListeningTest, listener: str) -> Sitting:
        """A listener agrees that votes are kept, and gets questions, those that were given out least; again: the same.

        Nothing of a listener is kept before.
        """
        with self._change() as database:
            given = [0] * len(test.plan)
            for row in self._rows("SELECT turns FROM sitting WHERE test = ?", test.name):
                for question, _ in json.loads(row["turns"]):
                    given[question] += 1
            turns = sitting(test.plan, given, f"{test.name} {listener}")
            database.execute(
                "INSERT OR IGNORE INTO sitting (test, listener, agreed, turns) VALUES (?, ?, ?, ?)",
                (test.name, listener, _today(), json.dumps(turns)),
            )
        found = self.sitting(test, listener)
        assert found is not None
        return found

    def sitting(self, test: ListeningTest, listener: str) -> Sitting | None:
        """How far a listener is; None where they have not agreed."""
        found = self._rows("SELECT turns, finished FROM sitting WHERE test = ? AND listener = ?", test.name, listener)
        if not found:
            return None
        turns = tuple(Turn(*turn) for turn in json.loads(found[0]["turns"]))
        rows = self._rows("SELECT choice FROM vote WHERE test = ? AND listener = ? ORDER BY nth", test.name, listener)
        choices = tuple(row["choice"] for row in rows)
        return Sitting(turns, choices, bool(found[0]["finished"]) or len(choices) >= len(turns))

    def add(
        self,
        test: ListeningTest,
        listener: str,
        number: int,
        choice: int | None,
        heard: tuple[float, ...],
        seconds: float,
    ) -> None:
        """Keep the answer to a listener's question of this number, from 0. StoreError: another one is open."""
        with self._change() as database:
            now = self.sitting(test, listener)
            if now is None or now.finished or number != len(now.choices):
                raise StoreError("This question is not open any more: load the page again.")
            database.execute(
                "INSERT INTO vote (test, listener, question, turn, choice, heard, seconds, day)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (test.name, listener, *now.turns[number], choice, json.dumps(heard), round(seconds, 1), _today()),
            )

    def finish(self, test: ListeningTest, listener: str) -> None:
        """The listener wants no further questions: from then on they may see the results."""
        with self._change() as database:
            database.execute("UPDATE sitting SET finished = 1 WHERE test = ? AND listener = ?", (test.name, listener))

    def withdraw(self, listener: str) -> int:
        """Delete all that is kept of a listener, of every test; returns how many votes there were."""
        with self._change() as database:
            gone = database.execute("DELETE FROM vote WHERE listener = ?", (listener,)).rowcount
            database.execute("DELETE FROM sitting WHERE listener = ?", (listener,))
        with self._lock:
            # What is deleted still stands in the log of changes until that is written over.
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone

    # --- all of them -------------------------------------------------------------------------------------------------

    def of(self, test: ListeningTest) -> list[Vote]:
        """All votes of a test, in the order in which they came."""
        listeners = self._rows("SELECT listener FROM sitting WHERE test = ? ORDER BY nth", test.name)
        number = {row["listener"]: i for i, row in enumerate(listeners, start=1)}
        rows = self._rows("SELECT * FROM vote WHERE test = ? ORDER BY nth", test.name)
        return [
            Vote(
                number[row["listener"]],
                row["question"],
                row["turn"],
                row["choice"],
                tuple(json.loads(row["heard"])),
                row["seconds"],
                row["day"],
            )
            for row in rows
        ]


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=WAIT_S, check_same_thread=False)
    try:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA secure_delete = ON")
        with database:
            database.execute("BEGIN IMMEDIATE")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise StoreError(f"{path} was written by a newer studio: use that one, or name another folder.")
            if version < VERSION:
                for table in _TABLES:
                    database.execute(table)
                database.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        database.close()
        raise
    return database


def _today() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d}"
