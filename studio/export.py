"""Samples → sound files, and names for files that tell what is in them. Knows nothing of how the samples came about."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
from numpy.typing import NDArray

from studio.errors import SoundError

Samples = NDArray[np.float32]
Bits = Literal[16, 24]

LONGEST_STEM = 60
LONGEST_NAME_BYTES = 200  # file systems take 255, and archives add folders

_CHUNK = 1 << 16


def wav(samples: Samples, path: str | Path, *, bits: Bits = 16, sample_rate: int = 44100) -> None:
    """Write `samples`, (frames, channels) at full scale ±1, as PCM. SoundError when the file cannot be written."""
    _write(samples, Path(path), "WAV", bits, sample_rate)


def flac(samples: Samples, path: str | Path, *, bits: Bits = 16, sample_rate: int = 44100) -> None:
    """Write the same numbers as `wav`, compressed without loss."""
    _write(samples, Path(path), "FLAC", bits, sample_rate)


def _write(samples: Samples, path: Path, kind: str, bits: Bits, sample_rate: int) -> None:
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    noise = np.random.default_rng(0)  # the same samples give the same file
    try:
        with soundfile.SoundFile(path, "w", sample_rate, channels, f"PCM_{bits}", format=kind) as file:
            for start in range(0, len(samples), _CHUNK):
                file.write(_whole_numbers(samples[start : start + _CHUNK], bits, noise))
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


def file_name(stem: str, model: str, bars: int, seed: int, suffix: str) -> str:
    """Name a result by its seed, model, length and seed number: "greensleeves_lstm_8bars_seed7.mid".

    `stem` may come from anybody: letters and digits of any script stay, the rest becomes hyphens, and the whole is
    safe as the name of one file on any system, at most LONGEST_NAME_BYTES long.
    """
    tail = f"_{_words(model)}_{bars}bars_seed{seed}.{suffix.lstrip('.')}"
    words = _words(stem)[:LONGEST_STEM]
    room = LONGEST_NAME_BYTES - len(tail.encode())
    # Decoding without the bytes of a letter that was cut in half keeps it whole or leaves it out.
    words = words.encode()[:room].decode(errors="ignore").strip("-") or "music"
    return words + tail


def _words(text: str) -> str:
    """Keep letters, marks and digits; anything between them becomes one hyphen."""
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in unicodedata.normalize("NFC", text))
    return "-".join("".join(kept).split())
