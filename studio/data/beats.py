"""Performed time to musical time: a score whose ticks mean seconds, laid on the beats that were marked by hand.

Knows no corpora; POP909's `beat_midi.txt` is the kind of beat list it reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from studio.errors import DataError
from studio.score import Note, Score, Tempo, TimeSignature, Track

RESOLUTION = 480
STEP = RESOLUTION // 4
"""Performed onsets are pulled to the nearest 16th."""


def on_beats(score: Score, beat_list: bytes) -> Score:
    """The score with every onset and end at the nearest 16th of the beat grid; metre and tempo from the beats.

    `beat_list`: rows of seconds, beat (unused) and 1 where a bar begins. Wang et al. (2020), POP909. Notes of one
    track that run into the next one are cut there when they are of the same pitch.
    """
    times, is_downbeat = _rows(beat_list)
    line = np.arange(len(times), dtype=float)
    seconds = _seconds(score)

    def ticks(at: NDArray[np.int64]) -> NDArray[np.int64]:
        t = seconds(at)
        beats = np.interp(t, times, line)
        first, last = times[1] - times[0], times[-1] - times[-2]
        beats = np.where(t < times[0], (t - times[0]) / first, beats)
        beats = np.where(t > times[-1], line[-1] + (t - times[-1]) / last, beats)
        return np.asarray(np.round(beats * RESOLUTION / STEP).astype(np.int64) * STEP)

    bars = np.flatnonzero(is_downbeat)
    usual = int(np.bincount(np.diff(bars)).argmax()) if len(bars) > 1 else 4
    first = int(ticks(np.array([min((t.notes[0].onset for t in score.tracks if t.notes), default=0)]))[0])
    # What sounds before the first marked beat gets whole bars put in front.
    shift = -min(0, first // (usual * RESOLUTION)) * usual * RESOLUTION
    tracks = tuple(_moved(track, lambda at: ticks(at) + shift) for track in score.tracks)
    compound = usual == 6
    mpq = round(1e6 * float(np.median(np.diff(times)))) * (2 if compound else 1)
    resolution = 2 * RESOLUTION if compound else RESOLUTION  # six beats in a bar are eighths
    return Score(resolution, tracks, (Tempo(0, mpq),), _metres(bars, shift, 8 if compound else 4), title=score.title)


def _rows(beat_list: bytes) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    try:
        rows = np.array([line.split()[:3] for line in beat_list.decode().splitlines() if line.strip()], dtype=float)
    except ValueError as error:
        raise DataError(f"a beat list should hold three numbers in each row: {error}") from error
    if rows.ndim != 2 or rows.shape[1] != 3 or len(rows) < 8:
        raise DataError("a beat list should hold at least 8 rows of three numbers")
    rows = rows[np.concatenate([[True], np.diff(rows[:, 0]) > 0])]
    return rows[:, 0], rows[:, 2] == 1


def _seconds(score: Score) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """Ticks to seconds under the score's tempo map."""
    onsets = np.array([t.onset for t in score.tempos], dtype=float)
    per_tick = np.array([t.mpq for t in score.tempos], dtype=float) / 1e6 / score.resolution
    starts = np.concatenate([[0.0], np.cumsum(np.diff(onsets) * per_tick[:-1])])

    def seconds(ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        i = np.searchsorted(onsets, ticks, side="right") - 1
        return np.asarray(starts[i] + (ticks - onsets[i]) * per_tick[i])

    return seconds


def _moved(track: Track, ticks: Callable[[NDArray[np.int64]], NDArray[np.int64]]) -> Track:
    if not track.notes:
        return track
    onsets = ticks(np.array([n.onset for n in track.notes], dtype=np.int64))
    ends = ticks(np.array([n.end for n in track.notes], dtype=np.int64))
    moved: dict[tuple[int, int], Note] = {}
    for note, onset, end in zip(track.notes, onsets.tolist(), ends.tolist(), strict=True):
        moved[onset, note.pitch] = Note(onset, note.pitch, max(STEP, end - onset), note.velocity)
    return replace(track, notes=_without_overlaps(sorted(moved.values())))


def _without_overlaps(notes: list[Note]) -> tuple[Note, ...]:
    """Cut a note where the same pitch is struck again."""
    last: dict[int, int] = {}
    for i, note in enumerate(notes):
        j = last.get(note.pitch)
        if j is not None and notes[j].end > note.onset:
            notes[j] = notes[j]._replace(duration=note.onset - notes[j].onset)
        last[note.pitch] = i
    return tuple(notes)


def _metres(bars: NDArray[np.intp], shift: int, unit: int) -> tuple[TimeSignature, ...]:
    """A metre for each run of bars of equal length; beats before the first bar line are its pickup.

    A bar longer than the usual ones (two were marked as one) is a usual one and what is left.
    """
    if len(bars) < 2:
        return ()
    usual = int(np.bincount(np.diff(bars)).argmax())
    onset = int(bars[0]) * RESOLUTION + shift
    metres = [TimeSignature(0, usual, unit)] if onset > 0 else []
    before = 0  # beats of the bar before; at the first bar line a metre is said whatever came before
    for length in np.diff(bars).tolist():
        while length > 0:
            beats = min(length, usual)
            if beats != before:
                metres.append(TimeSignature(onset, beats, unit))
            onset += beats * RESOLUTION
            length -= beats
            before = beats
    return tuple(metres)
