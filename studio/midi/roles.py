"""Which role each track plays, guessed from its name, instrument, register and voices. Knows no MIDI."""

from __future__ import annotations

import re
from dataclasses import replace
from statistics import median

from studio.melody import guess_track, monophonic
from studio.score import Role, Score, Track

_BASS_NAME = re.compile(r"\b(contra|double ?|kontra)?bass(o|e|line|us)?\b(?! (clari|drum|flute|trom))|continuo", re.I)
_BASS_PROGRAMS = range(32, 40)  # General MIDI's basses
_BASS_BELOW = 50  # median pitch: D3
_ONE_VOICE = 0.7  # share of the notes that are left when only the top voice is kept


def with_roles(score: Score) -> Score:
    """`score` with a guessed role for every track; at most one is the melody, and only if it is mostly one voice."""
    alone = sum(not track.is_drum for track in score.tracks) == 1
    tracks = [replace(track, role=_role(track, alone)) for track in score.tracks]
    score = replace(score, tracks=tuple(tracks))
    melody = guess_track(score)
    if melody is not None and tracks[melody].role != "bass" and _is_one_voice(tracks[melody]):
        tracks[melody] = replace(tracks[melody], role="melody")
    return replace(score, tracks=tuple(tracks))


def _role(track: Track, alone: bool) -> Role:
    """The role without regard to other tracks, but that a lone low voice is no bass."""
    if track.is_drum:
        return "drums"
    if track.program in _BASS_PROGRAMS or _BASS_NAME.search(track.name):
        return "bass"
    low = track.notes and median(note.pitch for note in track.notes) < _BASS_BELOW
    return "bass" if low and not alone and _is_one_voice(track) else "accompaniment"


def _is_one_voice(track: Track) -> bool:
    return len(monophonic(track).notes) >= _ONE_VOICE * len(track.notes)
