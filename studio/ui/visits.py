"""`Visit`: what a visitor has on the desk - a seed, a result, a private folder - and `Visits`, which keeps them apart.

Knows the pipeline's values by name only; nothing of components.
"""

from __future__ import annotations

import itertools
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from studio.pipeline import Entry, Seed, Take

SEED = "seed"
"""Where on the desk the music lies that the tabs work with; a second piece that a tab wants has a place of its own."""
KEEP_S = 2 * 60 * 60.0  # a visit nobody used for this long is cleared away
MOST_FOLDERS = 8  # of one visit; what is on the page was copied when it was shown
MOST = 200  # visits kept at once; the longest unused go first


@dataclass(frozen=True)
class Result:
    """What was written last: the takes and which of them is `shown`; its files lie in a folder of its own in `folder`.

    Of a comparison all `entries` are shown, and the takes are those of its entries that have one.
    `stopped`: how many bars each take was to have when the visitor had enough; None where all were written.
    """

    takes: tuple[Take, ...]
    folder: Path
    stopped: int | None = None
    shown: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def take(self) -> Take:
        return self.takes[self.shown]

    def folder_of(self, number: int) -> Path:
        """Where the files of a take lie, which is made if need be."""
        folder = self.folder / f"take-{number + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@dataclass(frozen=True)
class OnDesk:
    """A piece of music that was read, and the folder where its picture and its sound lie."""

    seed: Seed
    folder: Path


@dataclass
class Visit:
    """One visitor's `desk`, with the music that lies on it by its place, and the last `result`.

    `folder` is nobody else's; `stop` is set to end the writing that is under way.
    """

    folder: Path
    desk: dict[str, OnDesk] = field(default_factory=dict)
    result: Result | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    used: float = 0.0
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def music(self, place: str) -> Seed | None:
        """The music that lies there, if any does."""
        return self.desk[place].seed if place in self.desk else None

    @property
    def seed(self) -> Seed | None:
        """The music that the tabs work with."""
        return self.music(SEED)

    def new_folder(self) -> Path:
        """An empty folder for the files of one seed or result; the oldest ones go."""
        old = sorted(self.folder.iterdir())
        for folder in old[: max(0, len(old) - MOST_FOLDERS + 1)]:
            shutil.rmtree(folder, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f"{next(self.numbers):06}-", dir=self.folder))


class Visits:
    """The visits of one server, by the random name Gradio gives each open page. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = tempfile.TemporaryDirectory(prefix="music-studio-", ignore_cleanup_errors=True)
        self._visits: dict[str, Visit] = {}
        self._for_all: dict[str, Path] = {}
        self._lock = threading.Lock()
        self._clock = clock

    def folder_for_all(self, key: str) -> Path:
        """A folder that belongs to no visit and stays as long as the server: for what is the same for all."""
        with self._lock:
            if key not in self._for_all:
                self._for_all[key] = self._new_folder()
            return self._for_all[key]

    def _new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._root.name))

    def of(self, name: str | None) -> Visit:
        """The visit of this page, a new one the first time. `name` comes from outside: it is a key, never a path."""
        with self._lock:
            now = self._clock()
            # Callers without a name share nothing with each other.
            name = name or secrets.token_hex()
            if name not in self._visits:
                self._visits[name] = Visit(self._new_folder())
            self._visits[name].used = now
            self._clear(now)
            return self._visits[name]

    def _clear(self, now: float) -> None:
        by_age = sorted(self._visits, key=lambda name: self._visits[name].used)
        surplus = max(0, len(by_age) - MOST)
        for i, name in enumerate(by_age):
            if i < surplus or now - self._visits[name].used > KEEP_S:
                shutil.rmtree(self._visits.pop(name).folder, ignore_errors=True)
