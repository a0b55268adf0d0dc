"""What is heard in a listening test: cut to one length, on one grid, faded in one way, brought to one loudness.

So nothing but the notes tells one from the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio import audio
from studio.audio import SAMPLE_RATE, Samples
from studio.representations.events import Events
from studio.score import Score, Tempo

LUFS = -20.0
"""The loudness of all that is heard; lower where a peak would pass PEAK_DBFS. It leaves room for sharp attacks."""
PEAK_DBFS = -1.0
RING_S = 0.6
"""Seconds that are heard of what rings on after the last bar; in FADE_S all becomes silent."""
FADE_S = 1.2


def on_grid(score: Score) -> Score:
    """The score as models see it: on their grid of time and loudness, without names."""
    return Events().quantize(score)


def excerpt(score: Score, start: int, end: int) -> Score:
    """What begins from tick `start` to `end`, at the one tempo that holds at `start`, on the grid."""
    part = score.slice_ticks(start, end)
    mpq = score.tempo_at(start).mpq
    return on_grid(replace(part, tempos=(Tempo(0, mpq),)))


def sound(score: Score, seconds: float, soundfont: Path | None = None) -> Samples:
    """The sound of `score`: `seconds` of it, faded at the end, at FluidSynth's own loudness."""
    frames, fade = round(seconds * SAMPLE_RATE), round(FADE_S * SAMPLE_RATE)
    samples = audio.render(score, soundfont, gain=1.0)[:frames]
    samples = np.pad(samples, ((0, frames - len(samples)), (0, 0)))
    samples[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32))[:, None] ** 2
    return samples


def levelled(sounds: Sequence[Samples]) -> tuple[list[Samples], list[float]]:
    """Sounds brought to one loudness, and what each has then in LUFS, as measured. ValueError: one is silent."""
    measured = []
    for samples in sounds:
        peak = float(np.abs(samples).max(initial=0.0))
        if peak == 0:
            raise ValueError("what is silent cannot be made louder")
        # Measured at full scale, so that the gate does not take quiet music for silence.
        loudness = audio.loudness(samples, 1 / peak) + 20 * math.log10(peak)
        if not math.isfinite(loudness):
            raise ValueError("what is silent cannot be made louder")
        measured.append((loudness, 20 * math.log10(peak)))
    target = min([LUFS, *(loudness + PEAK_DBFS - peak for loudness, peak in measured)])
    gains = [10 ** ((target - loudness) / 20) for loudness, _ in measured]
    level = [samples * np.float32(gain) for samples, gain in zip(sounds, gains, strict=True)]
    return level, [round(audio.loudness(samples), 2) for samples in level]
