"""Samples → sound files, by libsndfile. Knows nothing of how the samples came about."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from studio.errors import SoundError
from studio.export.piece import Samples

SAMPLE_RATE = 44_100

Bits = Literal[16, 24]

_CHUNK = 1 << 16  # libsndfile's Vorbis writer fails on long ones


def exact(samples: Samples, path: Path, kind: str, *, bits: Bits = 16, sample_rate: int = SAMPLE_RATE) -> None:
    """Write `samples`, (frames, channels) at full scale ±1, as whole numbers. SoundError: it cannot be written."""
    noise = np.random.default_rng(0)  # the same samples give the same file
    with _opened(path, samples, sample_rate, subtype=f"PCM_{bits}", format=kind) as file:
        for start in range(0, len(samples), _CHUNK):
            file.write(_whole_numbers(samples[start : start + _CHUNK], bits, noise))


def packed(samples: Samples, path: Path, kind: str, subtype: str, level: float) -> None:
    """Write `samples` with loss, `level` 0 for the best to 1 for the smallest file. SoundError as in `exact`."""
    if kind not in soundfile.available_formats():
        raise SoundError(f"This system's libsndfile cannot write {kind}: update it to 1.1 or later, or take FLAC.")
    with _opened(path, samples, SAMPLE_RATE, subtype=subtype, format=kind, compression_level=level) as file:
        for start in range(0, len(samples), _CHUNK):
            file.write(np.clip(samples[start : start + _CHUNK], -1, 1))


def numbers(data: bytes) -> bytes:
    """The samples of a WAV or FLAC file as they are heard, with their rate and channels: in both formats the same.

    ValueError: there are none in these bytes.
    """
    try:
        read, rate = soundfile.read(io.BytesIO(data), dtype="int32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise ValueError("no sound") from error
    found: bytes = b"%d %d " % (rate, read.shape[1]) + read.astype("<i4", copy=False).tobytes()
    return found


@contextmanager
def _opened(path: Path, samples: Samples, rate: int, **settings: Any) -> Iterator[soundfile.SoundFile]:
    """A sound file to be written; what goes wrong with it becomes a sentence."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    try:
        with soundfile.SoundFile(path, "w", rate, channels, **settings) as file:
            yield file
    except (soundfile.SoundFileError, OSError) as error:
        raise SoundError(f"'{path.name}' could not be written: see that its folder is there and has room.") from error


def _whole_numbers(samples: Samples, bits: Bits, noise: np.random.Generator) -> NDArray[np.int32]:
    """Round to `bits` in the upper part of 32, as soundfile takes them; what exceeds full scale is clipped."""
    top = 2 ** (bits - 1) - 1
    scaled = samples.astype(np.float64) * top
    if bits == 16:
        # Triangular dither (Lipshitz, Wannamaker and Vanderkooy 1992): rounding turns from distortion into faint hiss.
        scaled += noise.random(scaled.shape) - noise.random(scaled.shape)
    numbers: NDArray[np.int32] = np.clip(np.rint(scaled), -top, top).astype(np.int32) << (32 - bits)
    return numbers
