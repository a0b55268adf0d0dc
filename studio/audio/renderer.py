"""`Renderer`: a score, or one that is still being written, into samples. Knows ticks and tempo; nothing of loudness."""

from __future__ import annotations

import bisect
import heapq
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np

from studio.audio.levels import SILENCE
from studio.audio.synth import CHANNELS, DRUMS, REVERB, SAMPLE_RATE, STEP, Samples, Synth, default_soundfont, keep
from studio.errors import SoundError
from studio.score import Score, Tempo

MAX_MINUTES = 30
TAIL_S = 3.0

_SHARED = -1  # stands for a track's index where several tracks share a channel
_FADED = 1e-4  # a tail is over 80 dB below the loudest sample
_GRID = 32  # steps: FluidSynth's bits depend on where it is asked to stop; it is on these lines and at events
_PIECE = round(0.1 * SAMPLE_RATE / STEP) * STEP  # the tail is cut where so many frames are silent


class Clock:
    """Ticks → FluidSynth's steps under a tempo map that may still grow, in whole numbers: nothing drifts."""

    def __init__(self, resolution: int) -> None:
        """Start with 120 quarters per minute, `resolution` ticks each."""
        self._per_step = resolution * 1_000_000 * STEP
        self._anchors = [(0, 0, 500_000)]  # tick, time there in microseconds × resolution, microseconds per quarter

    def put(self, tempos: tuple[Tempo, ...], at: int) -> None:
        """Let `tempos`, counted from tick `at`, hold from there on in place of what was said before."""
        for tempo in tempos:
            tick = tempo.onset + at
            time = self._time(tick)
            while self._anchors and self._anchors[-1][0] >= tick:
                self._anchors.pop()
            self._anchors.append((tick, time, tempo.mpq))

    def _time(self, tick: int) -> int:
        start, time, mpq = self._anchors[bisect.bisect(self._anchors, tick, key=lambda anchor: anchor[0]) - 1]
        return time + (tick - start) * mpq

    def step(self, tick: int) -> int:
        """The step nearest to `tick`: at most 32 frames, 0.73 ms, from the true time."""
        return (2 * self._time(tick) * SAMPLE_RATE + self._per_step) // (2 * self._per_step)


class _Event(NamedTuple):
    """A key going down or up. In this order: at one tick up before down, and of one key's strokes the loudest first."""

    tick: int
    down: bool
    track: int
    pitch: int
    softness: int  # minus the velocity
    preset: int


class Renderer:
    """Turns music into sound while it is being written: `feed` what is known, `render_until` there, then `finish`.

    Notes ring on from call to call, and however the music is fed and cut, the samples in a row are bit for bit those of
    one go. They are not scaled: dense music may exceed ±1. A context manager, for one thread at a time.
    """

    def __init__(
        self, resolution: int, soundfont: Path | None = None, *, block_s: float = 0.5, reverb: float = REVERB
    ) -> None:
        """Count ticks by `resolution` per quarter and yield blocks of about `block_s` seconds; `reverb` 0-1.

        SoundError: no sound.
        """
        self._resolution = resolution
        self._clock = Clock(resolution)
        lines = max(1, round(block_s * SAMPLE_RATE / (_GRID * STEP)))
        self._block = np.empty((lines * _GRID * STEP, 2), np.float32)
        self._filled = 0  # frames of the block
        self._synth = Synth(default_soundfont() if soundfont is None else soundfont, reverb=reverb)
        self._open = True
        self._events: list[_Event] = []  # a heap: those still to be played
        self._channels: dict[tuple[int, int], int] = {}  # (track, preset) -> channel
        self._held: Counter[tuple[int, int]] = Counter()  # (channel, pitch) -> how many notes hold it
        self._struck: dict[tuple[int, int], tuple[int, int]] = {}  # (channel, pitch) -> step, softness of last stroke
        self._end = 0  # ticks fed
        self._tick = 0  # ticks rendered
        self._step = 0  # steps rendered
        self._peak = 0.0  # loudest sample rendered

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Free the synthesizer; may be called again."""
        if not self._open:
            return
        self._open = False
        try:
            if self._synth.path.suffix.lower() == ".sf3":
                keep(self._synth.path, {preset for _, preset in self._channels})
        finally:
            self._synth.close()

    def feed(self, part: Score, at: int = 0) -> None:
        """Add `part`, its tick 0 at the renderer's tick `at`, its tempos from there on; tracks are told by their index.

        ValueError: a note starts before what is rendered already. SoundError: more than MAX_MINUTES.
        """
        part = part.rescale(self._resolution)
        first = min((track.notes[0].onset for track in part.tracks if track.notes), default=None)
        if first is not None and at + first < self._tick:
            raise ValueError(f"a note at tick {at + first} comes too late: the sound is rendered up to {self._tick}")
        self._clock.put(part.tempos, at)
        self._end = max(self._end, at + part.end)
        minutes = self._clock.step(self._end) * STEP / SAMPLE_RATE / 60
        if minutes > MAX_MINUTES:
            raise SoundError(
                f"The music lasts {minutes:.0f} minutes, and at most {MAX_MINUTES} can be rendered: choose fewer bars."
            )
        for index, track in enumerate(part.tracks):
            preset = DRUMS if track.is_drum else track.program
            for onset, pitch, duration, velocity in track.notes:
                heapq.heappush(self._events, _Event(at + onset, True, index, pitch, -velocity, preset))
                heapq.heappush(self._events, _Event(at + onset + duration, False, index, pitch, 0, preset))

    @property
    def frames_left(self) -> int:
        """`finish` will yield at most so many frames."""
        return max(0, self._clock.step(self._end) - self._step) * STEP + round(TAIL_S * SAMPLE_RATE)

    def render_until(self, tick: int) -> Iterator[Samples]:
        """Yield the sound up to `tick`, or at most 46 ms less; whatever starts before it must have been fed."""
        self._tick = max(self._tick, tick)
        yield from self._play(self._clock.step(tick) // _GRID * _GRID)

    def finish(self) -> Iterator[Samples]:
        """Yield all that is left and the release of the last notes, up to TAIL_S seconds, fading out into silence."""
        yield from self._play(None)
        tail = self._tail()
        for start in range(0, len(tail), len(self._block)):
            yield tail[start : start + len(self._block)]

    def _play(self, until: int | None) -> Iterator[Samples]:
        """Play the events before step `until`, or all; yield the sound up to there, the last block cut short."""
        while self._events:
            step = self._clock.step(self._events[0].tick)
            if until is not None and step >= until:
                break
            yield from self._advance(step)
            self._touch(heapq.heappop(self._events))
        if until is not None:
            yield from self._advance(until)
        if self._filled:
            yield self._take()

    def _advance(self, step: int) -> Iterator[Samples]:
        """Render up to `step` into the current block; yield each that is full."""
        while self._step < step:
            count = min(step - self._step, _GRID - self._step % _GRID)
            space = self._block[self._filled : self._filled + count * STEP]
            self._synth.write(space)
            self._peak = max(self._peak, float(space.max()), -float(space.min()))
            self._filled += len(space)
            self._step += count
            if self._filled == len(self._block):
                yield self._take()

    def _take(self) -> Samples:
        taken = self._block[: self._filled]
        self._block, self._filled = np.empty_like(self._block), 0
        return taken

    def _touch(self, event: _Event) -> None:
        """Move a key. One that another note of the same pitch still holds down stays down."""
        key = (self._channel(event.track, event.preset), event.pitch)
        if not event.down:
            self._held[key] -= 1
            if self._held[key] == 0:
                self._synth.note_off(*key)
            return
        self._held[key] += 1
        step, softness = self._struck.get(key, (-1, 0))
        # Two strokes of one key at one time would sound as two attacks: only the loudest is struck.
        if step < self._step or event.softness < softness:
            self._struck[key] = (self._step, event.softness)
            self._synth.note_on(*key, -event.softness)

    def _channel(self, track: int, preset: int) -> int:
        """The channel of a track: its own while that leaves one for each preset, then one that its preset shares."""
        channel = self._channels.get((track, preset), self._channels.get((_SHARED, preset)))
        if channel is None:
            channel = len(self._channels)
            owner = track if channel < CHANNELS - (DRUMS + 1) else _SHARED
            self._channels[owner, preset] = channel
            self._synth.select(channel, preset)
        return channel

    def _tail(self) -> Samples:
        tail = np.empty((int(TAIL_S * SAMPLE_RATE) // _PIECE * _PIECE, 2), np.float32)
        fade = SAMPLE_RATE
        for start in range(0, len(tail), _PIECE):
            piece = tail[start : start + _PIECE]
            self._synth.write(piece)
            if np.abs(piece).max() < max(SILENCE, _FADED * self._peak):
                tail, fade = tail[: start + _PIECE], _PIECE
                break
        tail[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None] ** 2
        return tail
