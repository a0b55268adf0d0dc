"""`Questions`: what listeners are being asked, each question behind a key that nobody can guess, and its sounds.

`GET listening/{key}/{place}?from=S` sends what stands at a place, counted from 0, from second S on: 16-bit
little-endian stereo at 44,100 Hz. Neither the key nor the length nor the loudness tells who wrote it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from studio import pipeline
from studio.errors import StudioError
from studio.listening import ListeningTest, Question

MOST = 500  # questions that are open at once; those nobody asked for the longest go first
FORM = "audio/L16; rate=44100; channels=2"
HEARD_S = 4.0
"""So much of what is new has to be heard before an answer counts."""
ENOUGH_S = 1.0
"""Whoever misses so much of a piece has heard it to the end."""
_FRAME = 4  # bytes
_DECODED = 12  # sounds, of about 4 MB each


@dataclass(frozen=True)
class Open:
    """A question as it was put to a listener: the `number`-th of theirs, from 0, at second `since` of the clock."""

    test: ListeningTest
    listener: str
    number: int
    question: Question
    since: float

    @property
    def lead_s(self) -> float:
        """So many seconds are the same in all that is heard."""
        return self.test.leads_s[self.question.passage]

    @property
    def length_s(self) -> float:
        """How long each piece of music is."""
        return self.test.lengths_s[self.question.passage]

    @property
    def least_s(self) -> float:
        """So much of each has to be heard before an answer counts."""
        return min(self.lead_s + HEARD_S, self.length_s - ENOUGH_S)

    @property
    def whole_s(self) -> float:
        """The same where all of it has to be heard."""
        return self.length_s - ENOUGH_S

    @property
    def tie(self) -> bool:
        """Whether "no difference" is an answer."""
        return self.question.asked == "prefer" and self.test.of == 2


class Questions:
    """The open questions of one server. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._open: OrderedDict[str, Open] = OrderedDict()
        self._lock = threading.Lock()
        self.clock = clock

    def put(self, test: ListeningTest, listener: str, number: int, question: Question) -> str:
        """Put a question; returns its key."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._open[key] = Open(test, listener, number, question, self.clock())
            while len(self._open) > MOST:
                self._open.popitem(last=False)
        return key

    def find(self, key: object) -> Open | None:
        """The question behind a key, if it is open."""
        with self._lock:
            found = self._open.get(key) if isinstance(key, str) else None
            if found is not None:
                self._open.move_to_end(str(key))
            return found

    def close(self, key: str) -> None:
        """It is answered."""
        with self._lock:
            self._open.pop(key, None)

    @property
    def routes(self) -> list[Route]:
        """The server's routes."""
        return [Route("/listening/{key}/{place:int}", self._sound)]

    async def _sound(self, request: Request) -> Response:
        found, place = self.find(request.path_params["key"]), request.path_params["place"]
        if found is None or place >= len(found.question.systems):
            return PlainTextResponse("This question is no longer open: load the page again.", 404)
        question = found.question
        try:
            sound = await anyio.to_thread.run_sync(_decoded, found.test, question.passage, question.systems[place])
        except StudioError as error:
            return PlainTextResponse(str(error), 503)
        headers = {"Cache-Control": "no-store"}
        return Response(sound[_start(request.query_params.get("from")) :], media_type=FORM, headers=headers)


QUESTIONS = Questions()
"""The questions of this process: the page puts them, and the server, which Gradio starts later, sends their sounds."""


@lru_cache(maxsize=_DECODED)
def _decoded(test: ListeningTest, passage: int, system: int) -> bytes:
    return test.sound(test.item(passage, system))


def _start(text: str | None) -> int:
    """The byte at which a second begins; the beginning where there is no such second."""
    try:
        second = float(text or 0)
    except ValueError:
        return 0
    frame = second * pipeline.SAMPLE_RATE
    return round(frame) * _FRAME if 0 <= frame < 1e9 else 0
