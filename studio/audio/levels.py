"""How loud samples are, and the gain that brings them to one loudness without passing full scale."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm

from studio.audio.synth import SAMPLE_RATE, Samples

LUFS = -16.0
PEAK_DBFS = -1.0
SILENCE = 1e-7  # FluidSynth, at rest, puts out 4e-8 against denormal numbers
MEASURED_S = 120
"""The meter copies what it measures in double precision: the first two minutes tell enough and bound its memory."""


def loudness(samples: Samples, gain: float = 1.0) -> float:
    """Integrated loudness (ITU-R BS.1770-4) of `samples` times `gain` in LUFS, -inf for silence; see MEASURED_S."""
    measured = samples[: MEASURED_S * SAMPLE_RATE].astype(np.float64) * gain
    shortest = SAMPLE_RATE * 2 // 5  # one block of the meter
    if len(measured) < shortest:
        measured = np.pad(measured, ((0, shortest - len(measured)), (0, 0)))
    if not measured.any():
        return -math.inf
    return float(pyloudnorm.Meter(SAMPLE_RATE).integrated_loudness(measured))


def _ratio(decibels: float) -> float:
    return math.pow(10, decibels / 20)


def gain_for(samples: Samples, lufs: float = LUFS) -> float:
    """The factor that brings `samples` to `lufs`, or less where their peak would pass PEAK_DBFS; 1 for silence."""
    peak = max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
    if peak < SILENCE:
        return 1.0
    # Measured at full scale, so that the gate does not take quiet music for silence.
    full_scale = 1 / peak
    return full_scale * min(_ratio(lufs - loudness(samples, full_scale)), _ratio(PEAK_DBFS))


def limit(samples: Samples, knee: float = 0.8) -> Samples:
    """Bend what exceeds `knee` softly, in place, so that nothing passes ±1; what does not exceed it stays as it is."""
    over = np.abs(samples) > knee
    beyond = (np.abs(samples[over]) - knee) / (1 - knee)
    samples[over] = np.sign(samples[over]) * (knee + (1 - knee) * np.tanh(beyond))
    return samples
