"""How the tables of the store look, and how older ones are brought up to date. Knows SQL only."""

from __future__ import annotations

import sqlite3

# Each entry leads from its index, as the file's user_version, to the next. Entries are only ever added.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
    CREATE TABLE piece (
        nth INTEGER PRIMARY KEY AUTOINCREMENT,
        visitor TEXT NOT NULL,
        id TEXT NOT NULL,
        parent TEXT,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        verb TEXT NOT NULL,
        model TEXT NOT NULL,
        created TEXT NOT NULL,
        kept INTEGER NOT NULL,
        liked INTEGER NOT NULL,
        run TEXT NOT NULL,
        number INTEGER NOT NULL,
        bars INTEGER NOT NULL,
        notes INTEGER NOT NULL,
        look TEXT NOT NULL,
        recipe TEXT NOT NULL,
        details TEXT NOT NULL,
        midi BLOB NOT NULL,
        UNIQUE (visitor, id)
    )
        """,
        "CREATE INDEX piece_by_file ON piece (visitor, sha256)",
        """
    CREATE TABLE desk (
        visitor TEXT PRIMARY KEY,
        places TEXT NOT NULL,
        takes TEXT NOT NULL,
        shown INTEGER NOT NULL,
        fields TEXT NOT NULL
    )
        """,
    ),
)


def version(database: sqlite3.Connection) -> int:
    """How far the file's tables are."""
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def migrate(database: sqlite3.Connection) -> None:
    """Bring the tables up to date, as a whole or not at all."""
    with database:
        # Another process may be about to do the same.
        database.execute("BEGIN IMMEDIATE")
        for step in range(version(database), len(MIGRATIONS)):
            for statement in MIGRATIONS[step]:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {step + 1}")
