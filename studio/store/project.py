"""A project: all of a visitor's pieces as one zip, to take away and to open again, here or elsewhere.

    project.json           what the pieces are and how they hang together, settings and recipes, what lay on the desk
    pieces/01-name.mid     the music of each, to be used by any other program too
    provenance.json        a signed record of where all of it comes from

A project comes from anybody: it is read within limits, nothing in it names a place on the disk, and nothing is run.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from studio import pipeline
from studio.errors import StoreError, StudioError
from studio.store.look import look
from studio.store.piece import LONGEST_NAME, Kind, Piece, new_id
from studio.store.store import MOST_BYTES, MOST_PIECES, Desk, Store

FORMAT = 1
MOST_ZIPPED = 20 * 2**20
"""Bytes of a project file that is opened."""
LONGEST_NAME_IN_ZIP = 40
_LISTING = "project.json"
_MUSIC = re.compile(r"pieces/[^/\\]{1,120}\.mid")
_NUMBERS = ("number", "bars", "notes", "liked")
_TEXTS = ("name", "sha256", "verb", "model", "run")


@dataclass(frozen=True)
class Project:
    """What a project file holds: its pieces in their order, parents before children, and the desk."""

    pieces: tuple[Piece, ...]
    desk: Desk


def save(store: Store, visitor: str) -> bytes:
    """All that this visitor has, as a zip. The same work gives the same bytes. StoreError: there is nothing yet."""
    pieces = store.tree(visitor)
    if not pieces:
        raise StoreError("There is nothing to save yet: let something be written first.")
    entries, files = [], {}
    for i, piece in enumerate(pieces):
        path = f"pieces/{i + 1:02}-{_file_name(piece.name)}.mid"
        files[path] = piece.midi
        entries.append(_entry(piece, path))
    desk = store.desk(visitor)
    listing = {
        "format": FORMAT,
        "studio": _version(),
        "pieces": entries,
        "desk": {"places": desk.places, "takes": desk.takes, "shown": desk.shown, "fields": desk.fields},
    }
    files = {_LISTING: json.dumps(listing, indent=1).encode(), **files}
    sums = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
    record, text = pipeline.of_project(sums, [p.recipe for p in pieces], max(p.created for p in pieces))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**files, record: text.encode()}.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def open_(data: bytes) -> Project:
    """What a project file holds, every piece under a new id: opened twice, it is there twice.

    StoreError: it is no project of this studio, is damaged, or is larger than MOST_ZIPPED, MOST_PIECES or MOST_BYTES.
    """
    if len(data) > MOST_ZIPPED:
        raise StoreError(f"This project is larger than {MOST_ZIPPED >> 20} MB: save a smaller one.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listing = json.loads(_unpacked(archive, _LISTING, MOST_BYTES))
            return _project(listing, archive)
    except StudioError:
        raise
    except KeyError as error:
        raise StoreError(f"This project is incomplete ({error.args[0]}): save it again, or choose another.") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise StoreError(
            "This is no project file: choose a .zip that this studio's “Save project” has written."
        ) from error
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise StoreError("This project file is damaged: save it again, or choose another.") from error


def add(store: Store, visitor: str, project: Project) -> None:
    """Add a project to what a visitor has; nothing of theirs goes, but what is over the store's limits.

    Its desk becomes theirs.
    """
    store.add(visitor, project.pieces)
    store.set_desk(visitor, project.desk)


def _version() -> str:
    try:
        return metadata.version("music-studio")
    except metadata.PackageNotFoundError:  # run from a folder without being installed
        return "development"


def _entry(piece: Piece, path: str) -> dict[str, Any]:
    return {
        "id": piece.id,
        "parent": piece.parent,
        "kind": piece.kind,
        "file": path,
        "created": piece.created.isoformat(),
        "kept": piece.kept,
        **{name: getattr(piece, name) for name in (*_TEXTS, *_NUMBERS)},
        "recipe": piece.recipe,
        "details": piece.details,
    }


def _file_name(name: str) -> str:
    """Letters and digits of any script, hyphens between them; safe on any system."""
    kept = (c if unicodedata.category(c)[0] in "LN" else " " for c in unicodedata.normalize("NFC", name))
    return "-".join("".join(kept).split())[:LONGEST_NAME_IN_ZIP] or "music"


def _unpacked(archive: zipfile.ZipFile, path: str, most: int) -> bytes:
    """A file of the zip. What its header says of its size is not believed."""
    with archive.open(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise StoreError(f"What this project holds is larger than {MOST_BYTES >> 20} MB: it was not opened.")
    return data


def _project(listing: Any, archive: zipfile.ZipFile) -> Project:
    if not isinstance(listing, dict) or not isinstance(listing.get("format"), int):
        raise StoreError("This zip is no project of this studio: its project.json says something else.")
    if listing["format"] > FORMAT:
        raise StoreError("This project was saved by a newer studio: open it there.")
    entries = listing["pieces"]
    if len(entries) > MOST_PIECES:
        raise StoreError(f"This project has {len(entries):,} pieces, but {MOST_PIECES} are the most.")
    ids: dict[str, str] = {}
    runs: dict[str, str] = {"": ""}
    pieces: list[Piece] = []
    room = MOST_BYTES
    for entry in entries:
        path = entry["file"]
        if not isinstance(path, str) or not _MUSIC.fullmatch(path):
            raise StoreError("This project names a file where none can be: it was not opened.")
        data = _unpacked(archive, path, room)
        room -= len(data)
        piece = _piece(entry, data)
        piece = replace(piece, parent=ids.get(entry["parent"] or ""), run=runs.setdefault(piece.run, new_id()))
        ids[_text(entry, "id")] = piece.id
        pieces.append(piece)
    if not pieces:
        raise StoreError("This project is empty.")
    return Project(tuple(pieces), _desk(listing["desk"], ids))


def _piece(entry: Mapping[str, Any], data: bytes) -> Piece:
    """One piece, checked by putting its music together."""
    kind: Kind = "take" if entry["kind"] == "take" else "seed"
    created = datetime.fromisoformat(_text(entry, "created"))
    told: dict[str, Any] = {name: _text(entry, name) for name in _TEXTS}
    told |= {name: _number(entry, name) for name in _NUMBERS}
    piece = Piece(
        kind,
        midi=data,
        created=created if created.tzinfo else created.replace(tzinfo=UTC),
        kept=entry["kept"] is True,
        recipe=_table(entry, "recipe"),
        details=_table(entry, "details"),
        **told,
    )
    shown = look(piece.seed().score) if kind == "seed" else _take_look(piece.take())
    return replace(piece, name=piece.name[:LONGEST_NAME], look=shown)


def _take_look(take: pipeline.Take) -> str:
    """The thumbnail of a take whose parts fit together; ValueError where they do not."""
    tracks = take.score.tracks
    if len(take.new) != len(tracks) or not all(new <= set(t.notes) for new, t in zip(take.new, tracks, strict=True)):
        raise ValueError("what is new is not in the music")
    if not 0 <= take.new_from <= take.end or take.melody_track not in (None, *range(len(tracks))):
        raise ValueError("what is new lies outside the music")
    if not isinstance(take.recipe["model"], str) or not isinstance(take.recipe["seed"], int):
        raise ValueError("the recipe does not say what wrote it")
    return look(take.score, take.new)


def _number(entry: Mapping[str, Any], name: str) -> int:
    value = entry[name]
    if not isinstance(value, int) or not -1 <= value < 2**31:
        raise TypeError(f"{name} is no number that a piece can have")
    return value


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _table(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = entry[name]
    if not isinstance(value, dict):
        raise TypeError(f"{name} is no table")
    return value


def _desk(entry: Mapping[str, Any], ids: Mapping[str, str]) -> Desk:
    places = {str(place): ids[id] for place, id in _table(entry, "places").items() if id in ids}
    known: Sequence[str] = [ids[id] for id in entry["takes"] if id in ids]
    shown = min(_number(entry, "shown"), len(known) - 1)
    return Desk(places, tuple(known), max(0, shown), _table(entry, "fields"))
