"""`Hearing`: how a visitor hears music, and the addresses at which the pieces on their desk can be heard now."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from studio.pipeline import Mix, Score
from studio.ui.sounds import SOUNDS, Growing


@dataclass
class Hearing:
    """One visitor's `mix`. Each place of their desk holds one address at a time: the one before is let go."""

    mix: Mix = field(default_factory=Mix)
    keys: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def offer(self, place: str, score: Score) -> str:
        """Let a score be heard; returns its address."""
        key = SOUNDS.offer(score, self.mix)
        self._take(place, key)
        return address(key)

    def growing(self, place: str, like: Score) -> Growing:
        """Let music be heard while it is being written, as loud as `like`; see `Sounds.growing`."""
        music = SOUNDS.growing(like, self.mix)
        self._take(place, music.key)
        return music

    def at(self, place: str) -> str | None:
        """The address that the place has now."""
        key = self.keys.get(place)
        return address(key) if key else None

    def forget(self, begin: str, but: str = "") -> None:
        """Let go of the addresses of all places whose names begin so, but for the one that has this key."""
        for place in [place for place, key in self.keys.items() if place.startswith(begin) and key != but]:
            SOUNDS.drop(self.keys.pop(place))

    def _take(self, place: str, key: str) -> None:
        with self.lock:
            before, self.keys[place] = self.keys.get(place), key
        if before:
            SOUNDS.drop(before)


def address(key: str) -> str:
    """Where the page fetches it, beside itself."""
    return f"sound/{key}"
