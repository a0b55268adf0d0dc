"""Small collections of MIDI for the tests of `studio.data`, made on the spot."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from studio import midi
from studio.score import Note, Score, Tempo, TimeSignature, Track

DURATIONS = (240, 240, 240, 480, 480, 720)


def tune(seed: int, bars: int = 12, metre: tuple[int, int] = (4, 4)) -> Score:
    """A random tune whose bars are full: no two seeds alike."""
    chance = random.Random(seed)
    length = 480 * 4 * metre[0] // metre[1]
    notes: list[Note] = []
    pitch = 67
    for bar in range(bars):
        tick = bar * length
        while tick < (bar + 1) * length:
            pitch = min(84, max(55, pitch + chance.choice((-5, -4, -2, -1, 1, 2, 3, 4, 5))))
            duration = min(chance.choice(DURATIONS), (bar + 1) * length - tick)
            notes.append(Note(tick, pitch, duration, 80))
            tick += duration
    track = Track(tuple(notes), name="Voice", role="melody")
    return Score(480, (track,), (Tempo(0, 500_000),), (TimeSignature(0, *metre),))


def moved(score: Score, ticks: int) -> Score:
    """Every note later by `ticks`; the metre stays."""
    tracks = (replace(t, notes=tuple(n._replace(onset=n.onset + ticks) for n in t.notes)) for t in score.tracks)
    return replace(score, tracks=tuple(tracks))


def stretched(score: Score, factor: int) -> Score:
    """The same tune in note values `factor` times as long."""
    tracks = (
        replace(t, notes=tuple(Note(n.onset * factor, n.pitch, n.duration * factor, 80) for n in t.notes))
        for t in score.tracks
    )
    return replace(score, tracks=tuple(tracks))


def write(folder: Path, pieces: Mapping[str, Score | bytes]) -> Path:
    """Each piece as a file of the folder; returns the folder."""
    for name, piece in pieces.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(piece if isinstance(piece, bytes) else midi.save(piece))
    return folder


def archive(path: Path, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> Path:
    """A .tar.xz of the files, and of symbolic links, under exactly these names."""
    with tarfile.open(path, "w:xz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return path
