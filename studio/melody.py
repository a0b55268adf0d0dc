"""Which track is the melody, and one line out of many voices. Knows nothing of models or files."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from statistics import median

from studio.score import Note, Score, Track

_MELODY_NAME = re.compile(
    r"melod|vocal|voice|\bvox|lead|\bsolo|sing(?:er|ing|stimme)|sopran|cantus|gesang|\bcanto?\b|\btune\b",
    re.I,
)
_OTHER_NAME = re.compile(
    r"chord|accomp|\bbass\b|\bpads?\b|rhythm|back(?:ing|ground)|left hand|\blh\b|tenor|\balto\b", re.I
)
_BASSES = range(32, 40)  # General MIDI programs
_NOISES = range(112, 128)  # percussive instruments and sound effects

# Two notes that overlap by no more than this share of the shorter are one line played legato, not two voices.
_LEGATO = 0.25


def guess_track(score: Score) -> int | None:
    """Index of the track that is most likely the melody; None when no track holds a pitched note.

    A role or a name that says so counts most; then one note at a time, a singable high register, and a share in most
    bars. In the spirit of Uitdenbogerd and Zobel (1999), "Melodic Matching Techniques for Large Music Databases".
    """
    candidates = [i for i, track in enumerate(score.tracks) if track.notes and not track.is_drum]
    if not candidates:
        return None
    return max(candidates, key=lambda i: (_likeness(score, score.tracks[i]), -i))


def _likeness(score: Score, track: Track) -> float:
    """How much a pitched track looks like a melody; only the order of the values means something."""
    likeness = 4.0 * (track.role == "melody") - 2.0 * (track.role == "bass")
    likeness += 4.0 * bool(_MELODY_NAME.search(track.name)) - 2.0 * bool(_OTHER_NAME.search(track.name))
    likeness -= 2.0 * (track.program in _BASSES) + 3.0 * (track.program in _NOISES)
    # How many notes there are for each that a single voice can sing.
    likeness -= 1.5 * min(2.0, len(track.notes) / len(monophonic(track).notes) - 1.0)
    # The fifth octave is where tunes lie; every octave off costs.
    likeness -= abs(median(note.pitch for note in track.notes) - 72) / 12
    return likeness + 2.0 * _presence(score, track)


def _presence(score: Score, track: Track) -> float:
    """Share of the score's quarter notes, up to its end, in which a note of the track starts, at most a half: 0-1."""
    quarters = max(1, score.end // score.resolution)
    return min(1.0, 2 * len({note.onset // score.resolution for note in track.notes}) / quarters)


def monophonic(track: Track) -> Track:
    """The skyline of the track: one note at a time, the highest, without overlaps. Onsets and pitches stay as they are.

    Of notes that start together the highest stays. A higher note cuts the one that still sounds; a lower one that
    starts under a sounding note is left out, unless the two overlap so little that they are one line played legato.
    After Uitdenbogerd and Zobel (1999), who let every new onset win; that would break held notes over a moving bass.
    """
    line: list[Note] = []
    for _, together in itertools.groupby(track.notes, key=lambda note: note.onset):
        note = max(together, key=lambda n: (n.pitch, n.duration))
        if line and line[-1].end > note.onset:
            if note.pitch < line[-1].pitch and not _is_legato(line[-1], note):
                continue
            line[-1] = line[-1]._replace(duration=note.onset - line[-1].onset)
        line.append(note)
    return replace(track, notes=tuple(line))


def _is_legato(sounding: Note, following: Note) -> bool:
    return sounding.end - following.onset <= _LEGATO * min(sounding.duration, following.duration)
