"""Music to measure with: five tracks, as dense as a pop song, the same every time."""

from __future__ import annotations

from studio.score import Note, Score, Tempo, Track

QUARTER = 480
PROGRAMS = (0, 33, 48, 73)  # piano, bass, strings, flute


def band(minutes: float) -> Score:
    """That much music at 120 quarter notes a minute: four pitched tracks and drums, four notes a second and track."""
    steps = round(minutes * 60 * 4)
    tracks = [
        Track(tuple(_note(step, 48 + 7 * part + (5 * step + 3 * part) % 12) for step in range(steps)), program)
        for part, program in enumerate(PROGRAMS)
    ]
    drums = Track(tuple(_note(step, (36, 42, 38, 42)[step % 4]) for step in range(steps)), is_drum=True)
    return Score(QUARTER, (*tracks, drums), (Tempo(0, 500_000),))


def _note(step: int, pitch: int) -> Note:
    return Note(step * QUARTER // 2, pitch, QUARTER // 2, 60 + 10 * (step % 5))
