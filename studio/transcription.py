"""A recording of one voice → `Score`: its pitch by YIN, notes by where pitch or loudness changes, on a grid of 16ths.

Humming, whistling, singing, or an instrument that plays one note at a time. YIN is by de Cheveigné and Kawahara (2002);
it is written out here, a few lines of FFT, since libraries that have it bring compilers of hundreds of megabytes and
take minutes before they first answer. Knows no models and makes no sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from studio.errors import ListeningError
from studio.score import Note, Score, Tempo, Track

LONGEST_S = 60.0
QPM = (40.0, 240.0)

_HOP_S = 0.01
_LOW, _HIGH = 65.4, 2200.0  # Hz, C2 to a high whistle
_APERIODIC = 0.2  # YIN's measure, 0-1: what exceeds it has no pitch
_SILENT_DB = -50.0  # a whole recording below this holds nothing
_QUIET_DB = 35.0  # below the loudest moment: nobody sings
_LOUDNESS_S = 0.02
_SHORTEST_S = 0.08
_NEW_NOTE = 0.7  # semitones away from the note so far
_DIP_DB = 6.0  # in loudness, between two notes of one pitch
_DIP_S = 0.1
_RESOLUTION = 480
_STEP = _RESOLUTION // 4

Floats = NDArray[np.float64]


class Heard(NamedTuple):
    """The melody, and in plain sentences how it was taken down."""

    score: Score
    remarks: tuple[str, ...]


class _Sung(NamedTuple):
    start: float  # seconds
    end: float
    pitch: float  # fractional, 60 = C4
    level: float  # decibels below full scale


def transcribe(path: str | Path, qpm: float | None = None) -> Heard:
    """The melody of a sound file, by its tempo in quarters a minute or, without, by the best guess at it.

    ListeningError: the file cannot be read or is too long, or there is no melody in it.
    """
    if qpm is not None and not QPM[0] <= qpm <= QPM[1]:
        raise ListeningError(f"A tempo of {qpm:g} was given; {QPM[0]:g} to {QPM[1]:g} quarters a minute can be used.")
    sung = _in_tune(_notes(*_samples(Path(path))))
    said = f"{qpm:g}" if qpm else "a guessed tempo of {:.0f}"
    qpm = qpm or _tempo([note.start for note in sung])
    notes = _on_grid(sung, qpm)
    remarks = (
        f"Heard {len(notes)} notes." if len(notes) != 1 else "Heard one note.",
        f"They were moved to the nearest 16ths at {said.format(qpm)} quarters a minute.",
    )
    track = Track(tuple(notes), 73, name="Melody", role="melody")
    return Heard(Score(_RESOLUTION, (track,), (Tempo(0, round(60e6 / qpm)),)), remarks)


def _samples(path: Path) -> tuple[Floats, int]:
    """Mono samples and their rate."""
    try:
        with soundfile.SoundFile(path) as file:
            length, rate = file.frames / file.samplerate, file.samplerate
            if length > LONGEST_S + 1:
                raise ListeningError(
                    f"The recording lasts {length:.0f} seconds, and {LONGEST_S:.0f} are the most: cut out the melody."
                )
            samples = file.read(dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise ListeningError(f"'{path.name}' could not be read as sound: take WAV, FLAC, OGG or MP3.") from error
    if length < _SHORTEST_S or not 8000 <= rate <= 192_000:
        raise ListeningError("The recording is empty or of an odd kind: record a melody of a few notes.")
    mono: Floats = np.nan_to_num(samples.mean(axis=1))
    mono -= mono.mean()
    if 10 * np.log10(np.mean(mono**2) + 1e-12) < _SILENT_DB:
        raise ListeningError("The recording is almost silent: come closer to the microphone, or choose another one.")
    return mono, rate


def _notes(samples: Floats, rate: int) -> list[_Sung]:
    levels = _levels(samples, rate)
    pitches = _pitches(samples, rate)[: len(levels)]
    sounding = ~np.isnan(pitches) & (levels > levels.max() - _QUIET_DB)
    found = [part for start, end in _runs(sounding) for part in _parted(pitches, levels, start, end)]
    notes = [
        _Sung(a * _HOP_S, b * _HOP_S, float(np.median(pitches[a:b])), float(np.max(levels[a:b])))
        for a, b in found
        if (b - a) * _HOP_S >= _SHORTEST_S
    ]
    # Noise has a pitch for moments only; a melody has one most of the time that it sounds.
    told = sum(note.end - note.start for note in notes)
    loud = float(np.count_nonzero(levels > levels.max() - _QUIET_DB / 2)) * _HOP_S
    if not notes or told < 0.35 * loud:
        raise ListeningError("No melody could be heard: hum or play one note at a time, near the microphone.")
    return notes


def _windows(samples: Floats, rate: int, size: int) -> Floats:
    """(frames, size): the samples around each hop."""
    padded = np.pad(samples, (size // 2, size))
    starts = (np.arange(int(len(samples) / rate / _HOP_S)) * _HOP_S * rate).astype(int)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, size)[starts])


def _levels(samples: Floats, rate: int) -> Floats:
    """Loudness of each frame in decibels below full scale."""
    frames = _windows(samples, rate, round(_LOUDNESS_S * rate))
    return np.asarray(10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))


def _pitches(samples: Floats, rate: int) -> Floats:
    """Pitch of each frame, fractional, 60 = C4; NaN where there is none. In pieces, to be sparing with memory."""
    longest = int(rate / _LOW) + 2
    size = 3 * longest
    frames = _windows(samples, rate, size)
    found = [_yin(frames[i : i + 500], rate, longest) for i in range(0, len(frames), 500)]
    return np.concatenate(found) if found else np.zeros(0)


def _yin(frames: Floats, rate: int, longest: int) -> Floats:
    """Equations 7 and 8 of the paper: the first lag at which a frame is like itself, among lags up to `longest`."""
    window = frames.shape[1] - longest
    transform = 2 ** int(np.ceil(np.log2(frames.shape[1] + window)))
    spectrum = np.fft.rfft(frames, transform)
    head = np.fft.rfft(frames[:, :window], transform)
    alike = np.fft.irfft(spectrum * np.conj(head), transform)[:, : longest + 1]
    energy = np.concatenate([np.zeros((len(frames), 1)), np.cumsum(frames**2, axis=1)], axis=1)
    energies = energy[:, window : window + longest + 1] - energy[:, : longest + 1]
    difference = np.maximum(energies[:, :1] + energies - 2 * alike, 0)
    sums = np.cumsum(difference[:, 1:], axis=1)
    measure = np.ones_like(difference)
    measure[:, 1:] = difference[:, 1:] * np.arange(1, longest + 1) / np.maximum(sums, 1e-12)
    shortest = max(2, int(rate / _HIGH))
    return np.array([_best_lag(row, shortest, rate) for row in measure])


def _best_lag(measure: Floats, shortest: int, rate: int) -> float:
    """The pitch of the first dip that is deep enough, its lag refined by a parabola; NaN where there is none."""
    inner = measure[shortest:-1]
    dips = (inner < _APERIODIC) & (inner <= measure[shortest - 1 : -2]) & (inner < measure[shortest + 1 :])
    if not dips.any():
        return float("nan")
    lag = shortest + int(np.argmax(dips))
    left, middle, right = measure[lag - 1 : lag + 2]
    bend = left - 2 * middle + right
    refined = lag + (0.5 * (left - right) / bend if bend > 0 else 0.0)
    return float(69 + 12 * np.log2(rate / refined / 440))


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, end) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _parted(pitches: Floats, levels: Floats, start: int, end: int) -> list[tuple[int, int]]:
    """A stretch of voice, parted where the pitch goes elsewhere to stay, and where the loudness dips."""
    least = round(_SHORTEST_S / _HOP_S / 2)
    smooth = _median(pitches[start:end], 2 * (least // 2) + 1)
    cuts = [0]
    for i in range(1, len(smooth)):
        so_far = float(np.median(smooth[cuts[-1] : i]))
        ahead = smooth[i : i + least]
        moved = len(ahead) == least and bool(np.all(np.abs(ahead - so_far) > _NEW_NOTE))
        if i - cuts[-1] >= least and (moved or _dips(levels, start + i, start + cuts[-1], end)):
            cuts.append(i)
    cuts.append(len(smooth))
    return [(start + a, start + b) for a, b in pairwise(cuts)]


def _dips(levels: Floats, at: int, first: int, end: int) -> bool:
    """Whether the loudness has its lowest point here, between louder moments on both sides."""
    reach = round(_DIP_S / _HOP_S)
    left, right = levels[max(first, at - reach) : at], levels[at + 1 : min(end, at + reach + 1)]
    if len(left) < 2 or len(right) < 2:
        return False
    lowest = levels[at] <= left.min() and levels[at] < right.min()
    return bool(lowest and min(left.max(), right.max()) - levels[at] > _DIP_DB)


def _median(values: Floats, size: int) -> Floats:
    padded = np.pad(values, size // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)
    return np.asarray(np.median(windows, axis=1))


def _in_tune(notes: Sequence[_Sung]) -> list[_Sung]:
    """Pitches to the nearest semitone of the singer's own tuning, which is seldom that of a piano."""
    turns = np.exp(2j * np.pi * np.array([note.pitch for note in notes]))
    weights = np.array([note.end - note.start for note in notes])
    offset = float(np.angle((turns * weights).sum()) / (2 * np.pi))
    return [note._replace(pitch=round(note.pitch - offset)) for note in notes]


def _tempo(starts: Sequence[float]) -> float:
    """Quarters a minute, 60 to 160, under which the notes begin nearest to eighths; the middle is preferred."""
    if len(starts) < 3:
        return 100.0
    times = np.array(starts) - starts[0]
    tempos = np.arange(60.0, 160.5, 0.5)
    eighths = times[None, :] * tempos[:, None] / 30
    misses = np.abs(eighths - np.rint(eighths)).mean(axis=1)
    return float(tempos[np.argmin(misses + 0.05 * np.abs(np.log2(tempos / 100)))])


def _on_grid(notes: Sequence[_Sung], qpm: float) -> list[Note]:
    """Notes at 16ths, from tick 0; each ends where the next begins if it was held that long."""
    origin = notes[0].start
    loudest = max(note.level for note in notes)

    def tick(seconds: float) -> int:
        return round((seconds - origin) * qpm / 60 * 4) * _STEP

    found: dict[int, Note] = {}
    for i, note in enumerate(notes):
        onset, end = tick(note.start), tick(note.end)
        # Between two sung notes there is a gap for the consonant: nobody hears it as a rest.
        if i + 1 < len(notes) and notes[i + 1].start - note.end < 0.15:
            end = tick(notes[i + 1].start)
        velocity = round(max(40.0, min(110.0, 96 + 2 * (note.level - loudest))))
        if 0 <= note.pitch <= 127:
            found[onset] = Note(onset, int(note.pitch), max(_STEP, end - onset), velocity)
    onsets = sorted(found)
    for before, after in pairwise(onsets):
        found[before] = found[before]._replace(duration=min(found[before].duration, after - before))
    return [found[onset] for onset in onsets]
