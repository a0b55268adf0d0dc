"""`Score` → sound, by FluidSynth and a SoundFont: whole (`render`), in blocks (`stream`), or while it is being written
(`Renderer`). Samples are float32, stereo, (frames, 2), at SAMPLE_RATE. Knows nothing of files, players and pages.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from studio.audio.levels import gain_for, limit, loudness
from studio.audio.renderer import MAX_MINUTES, TAIL_S, Renderer
from studio.audio.synth import REVERB, SAMPLE_RATE, Samples, available, default_soundfont, soundfonts
from studio.score import Score

__all__ = [
    "MAX_MINUTES",
    "REVERB",
    "SAMPLE_RATE",
    "TAIL_S",
    "Renderer",
    "Samples",
    "available",
    "default_soundfont",
    "gain_for",
    "gain_of",
    "limit",
    "loudness",
    "render",
    "soundfonts",
    "stream",
]


def render(
    score: Score, soundfont: Path | None = None, *, reverb: float = REVERB, gain: float | None = None
) -> Samples:
    """Return the sound of `score`, its tail kept, at -16 LUFS, or quieter where a peak would pass -1 dBFS.

    With a `gain` it is as loud as that makes it. The same score gives the same bits. SoundError: no synthesizer, no
    usable SoundFont, or more than MAX_MINUTES.
    """
    samples = _unscaled(score, soundfont, reverb)
    samples *= np.float32(gain_for(samples) if gain is None else gain)
    return samples


def gain_of(score: Score, soundfont: Path | None = None, *, seconds: float = 60.0, reverb: float = REVERB) -> float:
    """Return the gain that `render` would put on the first `seconds` of `score`, for a stream that goes on from it."""
    with Renderer(score.resolution, soundfont, block_s=seconds, reverb=reverb) as renderer:
        renderer.feed(score)
        return gain_for(next(renderer.finish()))


def _unscaled(score: Score, soundfont: Path | None, reverb: float) -> Samples:
    with Renderer(score.resolution, soundfont, reverb=reverb) as renderer:
        renderer.feed(score)
        samples = np.empty((renderer.frames_left, 2), np.float32)
        frames = 0
        for block in renderer.finish():
            samples[frames : frames + len(block)] = block
            frames += len(block)
    return samples[:frames]


def stream(
    score: Score, soundfont: Path | None = None, *, block_s: float = 0.5, gain: float = 1.0
) -> Iterator[Samples]:
    """Yield `score` in blocks of about `block_s` seconds as it is synthesized, times `gain`, softly kept within ±1.

    `gain_of` a seed makes its continuation as loud as the seed's `render`. SoundError as in `render`.
    """
    with Renderer(score.resolution, soundfont, block_s=block_s) as renderer:
        renderer.feed(score)
        for block in renderer.finish():
            block *= np.float32(gain)
            yield limit(block)
