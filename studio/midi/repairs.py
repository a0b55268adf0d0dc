"""What may be mended or left out while a MIDI file is read, each with its sentence.

Only counts are kept, so that a file with ten thousand faults of one kind still gets one line.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum

Repairs = Counter["Repair"]


class Repair(Enum):
    """A kind of fault: its sentence for one case and for `{n}` cases. They are told in the order of this list."""

    def __init__(self, one: str, many: str) -> None:
        self.one = one
        self.many = many

    RIFF = ("Took the MIDI file out of its RIFF wrapper.",) * 2
    JUNK_BEFORE = ("Skipped one byte before the MIDI header.", "Skipped {n} bytes before the MIDI header.")
    NO_HEADER = ("The MIDI header is missing; 480 ticks per quarter note were assumed.",) * 2
    HEADER_LENGTH = ("Mended a header of wrong length.",) * 2
    FORMAT = ("The header names an unknown or wrong file type; the tracks were read as played together.",) * 2
    DIVISION = ("The header gives no usable time division; 480 ticks per quarter note were assumed.",) * 2
    SMPTE = ("Time is counted in film frames: turned exactly into ticks at a steady tempo.",) * 2
    TRACK_COUNT = ("The header announces another number of tracks than the file holds.",) * 2
    CHUNK_LENGTH = ("Mended one track of wrong length.", "Mended {n} tracks of wrong length.")
    NO_END = ("One track has no end mark.", "{n} tracks have no end mark.")
    CUT = ("The file breaks off inside a track; everything before the break was kept.",) * 2
    DAMAGED = (
        "One track is damaged part-way; what comes before the damage was kept.",
        "{n} tracks are damaged part-way; what comes before the damage was kept.",
    )
    UNKNOWN_CHUNK = ("Skipped one stretch of unknown chunks.", "Skipped {n} stretches of unknown chunks.")
    JUNK_AFTER = ("Skipped one stray byte behind a track.", "Skipped {n} stray bytes behind tracks.")
    TEMPO = ("Ignored one impossible tempo.", "Ignored {n} impossible tempos.")
    METRE = ("Ignored one impossible time signature.", "Ignored {n} impossible time signatures.")
    KEY_RESPELLED = (
        "Respelled one key signature of more than seven sharps or flats.",
        "Respelled {n} key signatures of more than seven sharps or flats.",
    )
    KEY = ("Ignored one impossible key signature.", "Ignored {n} impossible key signatures.")
    LATE_CHANGE = (
        "Ignored one tempo, metre or key change long after the last note.",
        "Ignored {n} tempo, metre or key changes long after the last note.",
    )
    PROGRAM = ("Ignored one program number above 127.", "Ignored {n} program numbers above 127.")
    PITCH = ("Left out one note with a pitch above 127.", "Left out {n} notes with a pitch above 127.")
    VELOCITY = ("Lowered one velocity above 127.", "Lowered {n} velocities above 127.")
    STUCK = ("Ended one note that never ends.", "Ended {n} notes that never end.")
    ORPHAN = ("Ignored one note end without a note.", "Ignored {n} note ends without a note.")
    ZERO_LENGTH = ("Lengthened one note of no length.", "Lengthened {n} notes of no length.")
    OVERLAP = ("Shortened one overlapping note.", "Shortened {n} overlapping notes.")
    DOUBLED = ("Merged one doubled note.", "Merged {n} doubled notes.")
    PEDAL = ("Left out one pedal move.", "Left out {n} pedal moves.")
    BEND = ("Left out one pitch bend.", "Left out {n} pitch bends.")
    PRESSURE = ("Left out one aftertouch event.", "Left out {n} aftertouch events.")
    CONTROLLER = ("Left out one controller (volume, pan …).", "Left out {n} controllers (volume, pan …).")
    SYSTEM = ("Left out one system message.", "Left out {n} system messages.")
    WORDS = ("Left out one lyric, marker or cue.", "Left out {n} lyrics, markers or cues.")


def sentences(repairs: Repairs) -> tuple[str, ...]:
    """One plain sentence for each kind of repair that happened."""
    return tuple(r.one if repairs[r] == 1 else r.many.format(n=f"{repairs[r]:,}") for r in Repair if repairs[r])
