"""How much sounds, and how much of it at once."""

from __future__ import annotations

from studio.metrics.notes import covered, pitched_notes
from studio.score import Score, Track


def polyphony(music: Score | Track) -> float:
    """Mean number of different pitches sounding together while anything sounds: 0 (nothing pitched), else 1 or more.

    As in MusPy (Dong, Chen, McAuley and Berg-Kirkpatrick 2020, "MusPy: A Toolkit for Symbolic Music Generation").
    """
    by_pitch: dict[int, list[tuple[int, int]]] = {}
    for note in pitched_notes(music):
        by_pitch.setdefault(note.pitch, []).append((note.onset, note.end))
    sounding = covered(span for spans in by_pitch.values() for span in spans)
    return sum(map(covered, by_pitch.values())) / sounding if sounding else 0.0


def notes_per_bar(score: Score) -> float:
    """Notes of all tracks, drums too, per bar of the score: 0 or more."""
    bars = score.bar_count
    return score.note_count / bars if bars else 0.0


def empty_bars(score: Score) -> int:
    """Number of bars, up to the end of the music, in which nothing sounds (a note held over from before does sound)."""
    notes = sorted(note for track in score.tracks for note in track.notes)
    empty, position, reached = 0, 0, 0
    for bar in score.bars:
        starts_here = False
        held = reached > bar.start
        while position < len(notes) and notes[position].onset < bar.end:
            reached = max(reached, notes[position].end)
            starts_here = True
            position += 1
        empty += not (starts_here or held)
    return empty
