"""Zip archives of files: how they carry the record of where they come from, as a file of its own among the others.

It vouches for the names and the bytes of all other files in the archive.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

from studio import provenance
from studio.export.carrier import reading, unwritten

RECORD = "provenance.json"
"""The record's own name in an archive."""
_MOST = 1 << 20  # bytes of a record
_STEP = 1 << 20


def content_of(sums: Mapping[str, str]) -> str:
    """What a record vouches for, given the SHA-256 of each file by its name in the archive."""
    return hashlib.sha256(provenance.canonical(dict(sums))).hexdigest()


class Archive:
    """See `Carrier`; an archive may be larger than memory."""

    def put(self, path: Path, text: str) -> None:
        """Add the record to an archive that has none."""
        try:
            with zipfile.ZipFile(path, "a") as archive:
                archive.writestr(RECORD, text)
        except OSError as error:
            raise unwritten(path) from error

    def text(self, path: Path) -> str | None:
        with reading(path), zipfile.ZipFile(path) as archive:
            if RECORD not in archive.namelist():
                return None
            with archive.open(RECORD) as file:
                return file.read(_MOST).decode("ascii", "replace")

    def content(self, path: Path) -> str:
        sums: dict[str, str] = {}
        with reading(path), zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name in sums:
                    raise ValueError("two files of one name")
                if name != RECORD:
                    sums[name] = _sum(archive, name)
        return content_of(sums)


def _sum(archive: zipfile.ZipFile, name: str) -> str:
    found = hashlib.sha256()
    with archive.open(name) as file:
        while part := file.read(_STEP):
            found.update(part)
    return found.hexdigest()
