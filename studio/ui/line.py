"""`Line`: at most so many work at once; the others wait in the order they came, and know how many are before them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Line:
    """Safe to use from many threads. Nobody is held up here: who stands in line asks `before` until it is 0."""

    def __init__(self, places: int) -> None:
        """Let `places` work at once."""
        self._places = places
        self._tickets: list[object] = []
        self._lock = threading.Lock()

    @contextmanager
    def ticket(self) -> Iterator[object]:
        """Stand in line, then work; the place is free again at the end of the block, however that ends."""
        ticket = object()
        with self._lock:
            self._tickets.append(ticket)
        try:
            yield ticket
        finally:
            with self._lock:
                self._tickets.remove(ticket)

    def before(self, ticket: object) -> int:
        """How many must finish before this one may start; 0: it may work."""
        with self._lock:
            return max(0, self._tickets.index(ticket) - self._places + 1)
