"""Where pieces come from: folders of MIDI, archives and music21's bundled tunes, as bytes with what is known of them.

Knows no notes: `pieces` reads the bytes. Nothing of an archive is ever written to disk.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from studio.data.corpora import CORPORA, Corpus, unknown
from studio.errors import DataError
from studio.representations.events import STYLES

MAX_FILE = 32 * 2**20
MAX_ARCHIVE = 2 * 2**30
"""Bytes, unpacked: an archive that grows beyond this is refused."""

_BESIDE = ("beat_midi.txt",)


@dataclass(frozen=True, slots=True)
class Source:
    """One piece before it is read: its bytes and what its collection says of it.

    `path` is inside the corpus; `beside` holds files that its reading needs, by their name.
    """

    corpus: str
    path: str
    data: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)
    title: str = ""
    licence: str = ""
    credit: str = ""
    style: str = ""

    @property
    def id(self) -> str:
        return f"{self.corpus}/{self.path}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def collect(where: str, *, licence: str = "", style: str = "") -> list[Source]:
    """Everything in one folder, archive or `music21:NAME`, sorted by path; DataError when there is nothing to read.

    A folder that holds known collections or their archives stands for all of them.
    """
    if where.startswith("music21:"):
        return _tunes(where)
    path = Path(where)
    if path.is_dir():
        inside = sorted(p for p in path.iterdir() if p.name.removesuffix(".tar.xz") in CORPORA)
        if inside and path.name not in CORPORA:
            return [source for p in inside for source in collect(str(p), licence=licence, style=style)]
        files = _folder(path)
        name = path.resolve().name
    elif path.is_file() and tarfile.is_tarfile(path):
        files, name = _archive(path)
    else:
        raise DataError(f"{where} is neither a folder, nor a tar archive, nor music21:NAME.")
    corpus = CORPORA.get(name) or unknown(name, licence, style, STYLES)
    sources = sorted(_sources(corpus, files), key=lambda source: source.path)
    if not sources:
        raise DataError(f"{where} holds no MIDI files where {corpus.title} has them.")
    return sources


def _folder(path: Path) -> dict[str, bytes]:
    """Every file under a folder by its relative path; files too large to be music are left out."""
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.stat().st_size <= MAX_FILE)
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in files if _is_wanted(p.name)}


def _archive(path: Path) -> tuple[dict[str, bytes], str]:
    """The plain files of an archive that holds one folder, and the name of that folder."""
    files: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isfile() or member.size > MAX_FILE or not _is_wanted(member.name):
                    continue
                total += member.size
                if total > MAX_ARCHIVE:
                    raise DataError(
                        f"{path} unpacks to more than {MAX_ARCHIVE // 2**20} MiB; no collection needs that."
                    )
                content = archive.extractfile(member)
                if content is not None:
                    files[PurePosixPath(member.name).as_posix()] = content.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DataError(f"{path} cannot be read as a tar archive ({error}); unpack it or fetch it again.") from error
    folders = {name.split("/", 1)[0] for name in files if "/" in name}
    if len(folders) != 1:
        raise DataError(f"{path} should hold one folder named as its collection, but holds {len(folders)}.")
    folder = folders.pop()
    inside = {name.split("/", 1)[1]: data for name, data in files.items() if "/" in name}
    return inside, folder


def _is_wanted(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return _is_midi(last) or last in ("MANIFEST.csv", "info.csv", *_BESIDE)


def _is_midi(name: str) -> bool:
    return name.lower().endswith((".mid", ".midi"))


def _sources(corpus: Corpus, files: Mapping[str, bytes]) -> Iterator[Source]:
    rows = _manifest(files)
    for path, data in files.items():
        part = corpus.part(path)
        if not _is_midi(path) or part is None or not _is_in_share(data, part.share):
            continue
        folder = path.rpartition("/")[0]
        beside = {name: files[f"{folder}/{name}"] for name in _BESIDE if f"{folder}/{name}" in files}
        title = PurePosixPath(path).stem
        plain = Source(corpus.name, path, data, beside, title, corpus.licence, corpus.credit, part.style)
        yield _described(plain, rows.get(_row_key(path), {}))


def _is_in_share(data: bytes, share: float) -> bool:
    return share >= 1 or int(hashlib.sha256(data).hexdigest()[:8], 16) < share * 2**32


def _row_key(path: str) -> str:
    """What a manifest's row and a file have in common: the file's name without folder and ending."""
    return re.sub(r"\.(mid|midi|krn|musicxml)$", "", path.rsplit("/", 1)[-1])


def _manifest(files: Mapping[str, bytes]) -> dict[str, dict[str, str]]:
    """Rows of MANIFEST.csv by the file's name; the first column that names a file counts."""
    text = files.get("MANIFEST.csv", b"").decode("utf-8", errors="replace")
    rows = {}
    for row in csv.DictReader(io.StringIO(text)):
        named = next((row[c] for c in ("midi", "file", "kern", "name") if row.get(c)), "")
        rows[_row_key(named)] = {k: v or "" for k, v in row.items() if isinstance(v, str) and k}
    return rows


def _described(source: Source, row: Mapping[str, str]) -> Source:
    """With title, licence and credit of the piece's own row in the manifest, where it has one."""
    title = row.get("title") or row.get("song", "").replace("_", " ")
    author = row.get("composer") or row.get("authors", "")
    if title:
        source = replace(source, title=f"{author}: {title}" if author.strip("_ []") else title)
    if row.get("licence"):
        source = replace(source, licence=_short(row.get("licence_text") or row["licence"]))
    typesetter = row.get("typesetter", "")
    return replace(source, credit=f"{source.credit}, typeset by {typesetter}") if typesetter else source


def _short(licence: str) -> str:
    """A licence by its usual short name."""
    return {"Public Domain": "public domain"}.get(licence, licence.replace("Creative Commons Attribution ", "CC-BY-"))


# --- music21 -------------------------------------------------------------------------------------------------------


def _tunes(where: str) -> list[Source]:
    """The tunes of one of music21's bundled books, one source each."""
    if where not in CORPORA:
        known = ", ".join(name for name in CORPORA if name.startswith("music21:"))
        raise DataError(f"{where} is not one of the tune books the studio reads: {known}.")
    try:
        from music21 import corpus as bundled
    except ImportError as error:
        raise DataError(f"{where} needs music21: pip install -c constraints.txt music21.") from error
    known_corpus = CORPORA[where]
    sources = []
    for path in sorted(Path(p) for p in bundled.getComposer(where.removeprefix("music21:"))):
        for number, text in enumerate(split_tunes(path.read_text(encoding="utf-8", errors="replace")), start=1):
            title = re.search(r"^T:\s*(.+)$", text, re.MULTILINE)
            sources.append(
                Source(
                    where, f"{path.name}#{number}", text.encode(), {}, title.group(1).strip() if title else path.stem,
                    known_corpus.licence, known_corpus.credit, known_corpus.parts[0].style,
                )
            )  # fmt: skip
    return sources


def split_tunes(book: str) -> list[str]:
    """The tunes of an ABC file: each begins with its number, `X:`."""
    return [tune for tune in re.split(r"^(?=X:)", book, flags=re.MULTILINE) if tune.startswith("X:")]
