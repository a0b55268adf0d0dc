"""`Sounding`: music that can be heard from any second on, also while it is being written; `Listener` hears it.

Knows nothing of players and pages. Nothing is rendered before a listener asks for it, and nothing rendered is kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import numpy as np

from studio import audio
from studio.pipeline.mix import Mix
from studio.pipeline.takes import Heard
from studio.score import Note, Score, Track

BLOCK_S = 0.1
"""Seconds that a listener gets at a time, about."""
MEASURED_S = 12.0
"""Seconds of the music whose loudness says how loud all of it is played: more would keep a listener waiting."""
NOTE_S = 0.5
"""How long a single note is held."""
NOTE_GAIN = 1.5
"""FluidSynth plays single notes softly."""


def loudness_gain(score: Score, mix: Mix) -> float:
    """The factor that makes `score` about as loud as its finished file. SoundError as in `render`.

    Rests before the first note do not count.
    """
    arranged = mix.arranged(score)
    first = min((track.notes[0].onset for track in arranged.tracks if track.notes), default=0)
    heard = arranged.slice_ticks(first, max(first + 1, arranged.end))
    return audio.gain_of(heard, mix.font, seconds=MEASURED_S, reverb=mix.reverb)


@dataclass(frozen=True)
class _State:
    """The music as far as it is: what begins before tick `until` is final, and all of it where it is `done`."""

    score: Score
    until: int
    done: bool


class Sounding:
    """Music with its `mix`. Safe to use from many threads; as a context manager it is closed at the end of the block.

    `gain` says how loud it is to be, see `loudness_gain`; it is asked once, when somebody listens.
    """

    def __init__(self, mix: Mix, gain: Callable[[], float]) -> None:
        self.mix = mix
        self._gain = gain
        self._state = _State(Score(), 0, done=False)

    def put(self, heard: Heard) -> None:
        """Let what is written so far be heard."""
        self._state = _State(self.mix.arranged(heard.score), heard.until, done=False)

    def finish(self, score: Score) -> None:
        """All of it is written; what was put before has to be its beginning."""
        self._state = _State(self.mix.arranged(score), score.end, done=True)

    def close(self) -> None:
        """Nothing more will come; what was put stays and rings out. Does nothing where all was written."""
        if not self._state.done:
            self._state = replace(self._state, done=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def now(self) -> _State:
        """What is there to be heard at this moment."""
        return self._state

    @property
    def gain(self) -> float:
        """The factor that its samples are multiplied with."""
        return self._gain() * self.mix.volume


class Listener:
    """Hears a `Sounding` from a second on, all tracks or some. For one thread at a time; to be closed at the end.

    Listeners that begin at the same second get the same samples, however the music grew meanwhile.
    """

    def __init__(self, music: Sounding, from_s: float = 0.0, tracks: frozenset[int] | None = None) -> None:
        self._music, self._from_s, self._tracks = music, from_s, tracks
        self._renderer: audio.Renderer | None = None
        self._blocks: Iterator[audio.Samples] = iter(())
        self._start = self._fed = 0  # the tick at which it begins, and up to which all notes are handed over
        self._skip = 0  # frames between that tick and the second that was asked for
        self._gain = np.float32(1)
        self._last = False

    def read(self) -> bytes | None:
        """The next block as 16-bit little-endian stereo at 44,100 Hz; empty: not written yet; None: the music is over.

        SoundError: no sound can be made of it.
        """
        while True:
            for block in self._blocks:
                block, self._skip = block[self._skip :], max(0, self._skip - len(block))
                if len(block):
                    return pcm(block, self._gain)
            if self._last:
                self.close()
                return None
            if not self._go_on():
                return b""

    def close(self) -> None:
        """Free what it takes to listen; may be called again."""
        self._blocks, self._last = iter(()), True
        if self._renderer is not None:
            self._renderer.close()

    def _go_on(self) -> bool:
        """Take over what has been written since; whether there is any."""
        state = self._music.now
        if self._renderer is None:
            if not state.done and state.score.seconds_at(state.until) <= self._from_s:
                return False
            self._renderer = self._begin(state)
        if state.until <= self._fed and not state.done:
            return False
        self._feed(self._renderer, state)
        if state.done:
            self._last = True
            self._blocks = _all_of(self._renderer, max(0, min(state.until, state.score.end) - self._start))
        else:
            # A rest at the end is heard once something follows it: finished music ends with its last note.
            self._blocks = self._renderer.render_until(min(state.until, state.score.end) - self._start)
        return True

    def _begin(self, state: _State) -> audio.Renderer:
        self._gain = np.float32(self._music.gain)
        self._start = self._fed = _tick_at(state.score, self._from_s)
        self._skip = round((self._from_s - state.score.seconds_at(self._start)) * audio.SAMPLE_RATE)
        mix = self._music.mix
        renderer = audio.Renderer(state.score.resolution, mix.font, block_s=BLOCK_S, reverb=mix.reverb)
        renderer.feed(self._part(state.score, lambda n: n.onset < self._start < n.end, self._start))
        return renderer

    def _feed(self, renderer: audio.Renderer, state: _State) -> None:
        """Hand over the notes that begin from where it was fed to where the music is final."""
        fed, until = self._fed, state.until
        if fed < until:
            renderer.feed(self._part(state.score, lambda n: fed <= n.onset < until, fed), fed - self._start)
            self._fed = until

    def _part(self, score: Score, wanted: Callable[[Note], bool], at: int) -> Score:
        """The wanted notes of the tracks that are heard, from tick `at` on, and the tempos from there on."""
        tempos = replace(score, tracks=()).slice_ticks(at, max(at + 1, score.end)).tempos

        def part(index: int, track: Track) -> Track:
            if self._tracks is not None and index not in self._tracks:
                return replace(track, notes=())
            kept = (n for n in track.notes if wanted(n))
            moved = (n._replace(onset=max(0, n.onset - at), duration=n.end - max(at, n.onset)) for n in kept)
            return replace(track, notes=tuple(moved))

        return Score(score.resolution, tuple(part(i, track) for i, track in enumerate(score.tracks)), tempos)


def _all_of(renderer: audio.Renderer, until: int) -> Iterator[audio.Samples]:
    # Up to the end of the music first: it does not end earlier where only a few of its tracks are heard.
    yield from renderer.render_until(until)
    yield from renderer.finish()


def _tick_at(score: Score, second: float) -> int:
    """The last tick that sounds at or before a second."""
    starts = [score.seconds_at(tempo.onset) for tempo in score.tempos]
    i = max(0, bisect_right(starts, second) - 1)
    tempo = score.tempos[i]
    return tempo.onset + int((second - starts[i]) * 1_000_000 * score.resolution / tempo.mpq)


def pcm(samples: audio.Samples, gain: float | np.float32) -> bytes:
    """Samples times `gain`, softly kept within full scale, as 16-bit little-endian numbers."""
    scaled = audio.limit(samples * np.float32(gain))
    return np.rint(scaled * 32767).astype("<i2").tobytes()


def note(program: int, pitch: int, velocity: int, *, is_drum: bool = False, mix: Mix | None = None) -> bytes:
    """One short note in the form that `Listener.read` has, loud enough to be heard over music. SoundError: no sound."""
    mix = mix or Mix()
    length = round(NOTE_S * 1000)
    score = Score(500, (Track((Note(0, pitch, length, velocity),), program, is_drum),))
    with audio.Renderer(score.resolution, mix.font, reverb=mix.reverb) as renderer:
        renderer.feed(score)
        samples = np.concatenate(list(renderer.finish()))
    return pcm(samples, NOTE_GAIN * mix.volume)
