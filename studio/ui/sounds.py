"""`Sounds`: the music that pages can hear, each piece behind a key that nobody can guess, sent as it is rendered.

`GET sound/{key}?from=S&tracks=0,2` sends 16-bit little-endian stereo at 44,100 Hz from second S on, of these tracks
only; of music that is still being written it goes on as that grows. `GET sound/note?program=&drum=&pitch=&velocity=`
sends one short note. Knows no pages; what cannot be played is answered with a sentence.
"""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from functools import lru_cache, partial

import anyio
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from studio import pipeline
from studio.errors import SettingError, SoundError, StudioError

MOST = 200  # pieces, and as many loudnesses, kept at once; those nobody asked for the longest go first
KEEP_S = 2 * 60 * 60.0  # one that nobody asked for so long is forgotten
STREAMS = 16  # sent at once
THREADS = 4  # that render at once
LEAD_S = 10.0  # seconds that a stream is ahead of who listens, at most
WAIT_S = 0.02  # between looks whether more is written
FORM = "audio/L16; rate=44100; channels=2"


class Growing(pipeline.Sounding):
    """Music that is being written; pages hear it by its `key`. A context manager: at its end nothing more comes."""

    def __init__(self, key: str, mix: pipeline.Mix, gain: Callable[[], float]) -> None:
        super().__init__(mix, gain)
        self.key = key


class Sounds:
    """The music of one server. Safe to use from many threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pieces: OrderedDict[str, tuple[float, Growing]] = OrderedDict()
        self._gains: OrderedDict[object, _Once] = OrderedDict()
        self._lock = threading.Lock()
        self._clock = clock
        self._limiter = anyio.CapacityLimiter(THREADS)
        self._streams = 0

    # --- what can be heard -------------------------------------------------------------------------------------------

    def offer(self, score: pipeline.Score, mix: pipeline.Mix | None = None) -> str:
        """Let a finished score be heard; returns its key."""
        piece = self._new(score, mix or pipeline.Mix())
        piece.finish(score)
        return piece.key

    def growing(self, like: pipeline.Score, mix: pipeline.Mix | None = None) -> Growing:
        """Let music be heard while it is being written: `put`, `finish` and `close` what this returns.

        It is as loud as `like`, the music that it goes on from, which is measured meanwhile.
        """
        piece = self._new(like, mix or pipeline.Mix())
        threading.Thread(target=_quietly, args=(piece,), daemon=True).start()
        return piece

    def drop(self, key: str) -> None:
        """Forget a piece; who listens hears it to its end."""
        with self._lock:
            self._pieces.pop(key, None)

    def _new(self, score: pipeline.Score, mix: pipeline.Mix) -> Growing:
        piece = Growing(secrets.token_urlsafe(24), mix, self._gain(score, mix))
        with self._lock:
            self._pieces[piece.key] = self._clock(), piece
            while len(self._pieces) > MOST:
                self._pieces.popitem(last=False)
        return piece

    def _find(self, key: str) -> Growing | None:
        with self._lock:
            now = self._clock()
            while self._pieces and now - next(iter(self._pieces.values()))[0] > KEEP_S:
                self._pieces.popitem(last=False)
            if key not in self._pieces:
                return None
            piece = self._pieces[key][1]
            self._pieces[key] = now, piece
            self._pieces.move_to_end(key)
            return piece

    def _gain(self, score: pipeline.Score, mix: pipeline.Mix) -> Callable[[], float]:
        """How loud a score is played, measured when it is asked for the first time; the score itself is not kept."""
        key = hash(score), mix, tuple(sorted(mix.programs.items()))
        with self._lock:
            once = self._gains.setdefault(key, _Once(partial(pipeline.loudness_gain, score, mix)))
            self._gains.move_to_end(key)
            while len(self._gains) > MOST:
                self._gains.popitem(last=False)
        return once

    # --- what is sent ------------------------------------------------------------------------------------------------

    @property
    def routes(self) -> list[Route]:
        """The server's routes."""
        return [Route("/sound/note", self._note), Route("/sound/{key}", self._sound)]

    async def _sound(self, request: Request) -> Response:
        piece = self._find(request.path_params["key"])
        if piece is None:
            return _refusal(404, "This music is no longer here: let it be played anew from its card.")
        try:
            listener = pipeline.Listener(piece, _second(request), _tracks(request))
        except SettingError as error:
            return _refusal(400, str(error))
        if self._streams >= STREAMS:
            return _refusal(503, f"{STREAMS} pieces are being played already: try again in a moment.")
        self._streams += 1
        try:
            first = await self._read(listener)
        except BaseException as error:
            self._over(listener)
            if isinstance(error, StudioError):
                return _refusal(503, str(error))
            raise
        return _Stream(self._blocks(listener, first), partial(self._over, listener))

    def _over(self, listener: pipeline.Listener) -> None:
        self._streams -= 1
        listener.close()

    async def _read(self, listener: pipeline.Listener) -> bytes | None:
        return await anyio.to_thread.run_sync(listener.read, limiter=self._limiter)

    async def _blocks(self, listener: pipeline.Listener, block: bytes | None) -> AsyncIterator[bytes]:
        """The blocks, no faster than LEAD_S ahead of the time in which they are played."""
        begun, sent_s = time.monotonic(), 0.0
        while block is not None:
            if block:
                yield block
                sent_s += len(block) / (4 * pipeline.SAMPLE_RATE)
            ahead_s = sent_s - (time.monotonic() - begun) - LEAD_S
            if not block or ahead_s > 0:
                await anyio.sleep(max(WAIT_S, min(ahead_s, 1.0)))
            try:
                block = await self._read(listener)
            except SoundError:  # it has grown longer than what can be rendered
                return

    async def _note(self, request: Request) -> Response:
        try:
            program = _number(request, "program", 0, 127, 0)
            drum = _number(request, "drum", 0, 1, 0)
            pitch, velocity = _number(request, "pitch", 0, 127, 60), _number(request, "velocity", 1, 127, 90)
        except SettingError as error:
            return _refusal(400, str(error))
        work = partial(_one_note, program, bool(drum), pitch, velocity)
        try:
            samples = await anyio.to_thread.run_sync(work, limiter=self._limiter)
        except SoundError as error:
            return _refusal(503, str(error))
        return Response(samples, media_type=FORM, headers={"Cache-Control": "private, max-age=3600"})


SOUNDS = Sounds()
"""The music of this process: the page offers it, and the server, which Gradio starts later, sends it."""


class _Once:
    """A value that is worked out when it is first asked for, by one thread while the others wait."""

    def __init__(self, work: Callable[[], float]) -> None:
        self._work: Callable[[], float] | None = work
        self._value = 1.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            if self._work is not None:
                self._value = self._work()
                self._work = None  # and with it the score
            return self._value


class _Stream(StreamingResponse):
    """A stream that is over when it ends, and when who listens goes away."""

    def __init__(self, blocks: AsyncIterator[bytes], over: Callable[[], None]) -> None:
        super().__init__(blocks, media_type=FORM, headers={"Cache-Control": "no-store"})
        self._over = over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._over()


@lru_cache(maxsize=64)
def _one_note(program: int, drum: bool, pitch: int, velocity: int) -> bytes:
    return pipeline.note(program, pitch, velocity, is_drum=drum)


def _quietly(piece: Growing) -> None:
    """Measure how loud a piece is to be, before somebody waits for it; what goes wrong is told to who listens."""
    try:
        piece.gain  # noqa: B018
    except StudioError:
        return


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status)


def _second(request: Request) -> float:
    """`from`: seconds from the beginning of the music."""
    text = request.query_params.get("from", "0")
    longest = 60 * pipeline.MAX_MINUTES
    try:
        second = float(text)
    except ValueError:
        second = math.nan
    if not 0 <= second <= longest:
        raise SettingError(f"'from' is a number of seconds from 0 to {longest}, but {text[:40]!r} came.")
    return second


def _tracks(request: Request) -> frozenset[int] | None:
    """`tracks`: their numbers from 0, parted by commas; all where nothing is said."""
    text = request.query_params.get("tracks")
    if text is None:
        return None
    words = text.split(",") if text else []
    if len(text) > 2000 or not all(word.isascii() and word.isdigit() and len(word) < 5 for word in words):
        raise SettingError(f"'tracks' are numbers from 0 parted by commas, such as 0,2, but {text[:40]!r} came.")
    return frozenset(map(int, words))


def _number(request: Request, name: str, least: int, most: int, usual: int) -> int:
    text = request.query_params.get(name, str(usual))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and least <= int(text) <= most):
        raise SettingError(f"{name!r} is a number from {least} to {most}, but {text[:40]!r} came.")
    return int(text)
