"""How loud samples are, and the gain that brings them to one loudness without passing full scale."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from studio.audio.synth import SAMPLE_RATE, Samples

LUFS = -16.0
PEAK_DBFS = -1.0
SILENCE = 1e-7  # FluidSynth, at rest, puts out 4e-8 against denormal numbers

_HOP = SAMPLE_RATE // 10


@functools.cache
def _weighting() -> NDArray[np.float64]:
    """Power response of BS.1770's K-weighting at the frequencies of a real FFT over 100 ms: high shelf, then high-pass.

    The analogue filters whose bilinear transforms at 48 kHz are the recommendation's two tables of coefficients.
    """
    # The bilinear transform bends the frequency axis; its Nyquist end, infinite, is left out by stopping just short.
    axis = 1j * np.tan(np.pi * np.minimum(np.arange(_HOP // 2 + 1) / _HOP, 0.4999))
    s = axis / math.tan(math.pi * 1681.9745 / SAMPLE_RATE)
    top = 10 ** (3.99984385 / 20)
    shelf = (top * s**2 + top**0.49966677 / 0.7071752 * s + 1) / (s**2 + s / 0.7071752 + 1)
    s = axis / math.tan(math.pi * 38.135471 / SAMPLE_RATE)
    high_pass = s**2 / (s**2 + s / 0.5003270 + 1)
    response: NDArray[np.float64] = np.abs(shelf * high_pass) ** 2
    return response


def loudness(samples: Samples, gain: float = 1.0) -> float:
    """Integrated loudness of `samples` times `gain` in LUFS, -inf for silence.

    ITU-R BS.1770-4: K-weighting, 400 ms blocks, gates at -70 LUFS and -10 LU. The weighting is done by FFT over 100 ms
    at a time instead of by recursive filters, so that memory stays flat however long the sound.
    """
    hops = max(1, len(samples) // _HOP)
    energy = np.zeros(hops)
    for hop in range(hops):
        power = np.abs(np.fft.rfft(samples[hop * _HOP : (hop + 1) * _HOP], _HOP, axis=0)) ** 2
        energy[hop] = 2 * (_weighting() @ power).sum() / _HOP**2  # Parseval: mean square, summed over left and right
    energy *= gain**2
    blocks = np.convolve(energy, np.full(4, 0.25), "valid") if hops >= 4 else energy
    loud = blocks[blocks > _energy(-70)]
    if not len(loud):
        return -math.inf
    gated = loud[loud > loud.mean() / 10]
    return -0.691 + 10 * math.log10(float(gated.mean()))


def _energy(lufs: float) -> float:
    return math.pow(10, (lufs + 0.691) / 10)


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
