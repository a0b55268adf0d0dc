"""Stems: a zip with one WAV for each track that plays, for a mix of one's own.

All have the gain that the mix has and its length, so that played together they are the mix. Each carries a record of
its origin, and the archive one for all of them.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from studio.errors import SoundError
from studio.export import samples, wav
from studio.export.archive import Archive
from studio.export.carrier import unwritten
from studio.export.names import words_of
from studio.export.piece import Format, Piece

MOST_MINUTES = 60
"""All stems together; an hour takes 600 MB."""


def write(piece: Piece, path: Path) -> None:
    """Write the archive. SoundError: there is no sound, or it is too long; StudioError: the file cannot be written."""
    score = piece.score
    playing = sum(1 for track in score.tracks if track.notes)
    minutes = score.seconds_at(score.end) / 60 * playing
    if not playing:
        raise SoundError("There are no notes to hear.")
    if minutes > MOST_MINUTES:
        raise SoundError(f"{playing} stems would last {minutes:.0f} minutes in all, and {MOST_MINUTES} are the most.")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="music-studio-") as folder,
            zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive,
        ):
            for number, (track, sound) in enumerate(zip(score.tracks, piece.stems(), strict=True), 1):
                if track.notes:
                    file = Path(folder, "stem.wav")
                    samples.exact(sound, file, "WAV")
                    piece.seal(file, wav.CARRIER)
                    archive.write(file, f"{number:02}-{words_of(track.name)[:60] or 'track'}.wav")
    except OSError as error:
        raise unwritten(path) from error


FORMAT = Format("stems", (".zip",), "application/zip", write, Archive(), sounds=True)
