"""Sources to a prepared folder: read in parallel, encode, group, split, write. Knows no collection by name.

    config.json     representation, vocabulary, voices and what was asked for
    manifest.jsonl  one object per piece: source, licence, credit, style, sha256, split, group and counts
    tokens.npy      uint16, the ids of all bars, piece after piece
    headers.npy     uint16, the header of every bar: what a window that starts with it needs before it
    bars.npy        int64 (bars, 6): piece, offset of the bar in tokens.npy, offset of its header in headers.npy, level
                    of density, and the ids of the chords of its two halves (-1 where there is none)
    pieces.npy      int64 (pieces, 7): first bar, number of bars, split (0 train, 1 valid, 2 test), style, lowest and
                    highest pitch, number of tracks
    summary.txt     the table
    CREDITS.md      the credits that the licences ask for

What was read once is kept in the folder's `cache`, so a run that was killed goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import studio
from studio import harmony, metrics
from studio.data import duplicates, pieces, summary
from studio.data.credits import credits_of
from studio.data.sources import Source
from studio.errors import DataError, StudioError
from studio.representations.events import STYLES, Events, density_level
from studio.score import Score

SPLITS = ("train", "valid", "test")
_AFTERWARDS = ("__main__", "summary", "credits", "windows")
HELD_OUT = 0.05
"""Share of the groups that each of valid and test gets."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One piece as ids: `bars` and `headers` say where each bar's ids begin in `tokens` and `header_tokens`.

    `controls` (bars, 3): level of density and two chords, see bars.npy.
    """

    tokens: NDArray[np.uint16]
    header_tokens: NDArray[np.uint16]
    bars: NDArray[np.int64]
    headers: NDArray[np.int64]
    controls: NDArray[np.int64]
    grams: duplicates.Grams
    notes: int
    lowest: int
    highest: int
    tracks: int


def prepare(
    sources: Sequence[Source], out: Path, voices: Sequence[pieces.Voices], *, workers: int, asked: dict[str, Any]
) -> str:
    """Write the prepared folder and return its summary; DataError when not one piece could be used.

    Of several `voices` each piece comes in all of them, where they differ; a reason to leave it out is told of the
    first.
    """
    out.mkdir(parents=True, exist_ok=True)
    used: list[Source] = []
    encoded: list[Encoded] = []
    refused: Counter[tuple[str, str]] = Counter()
    for each in voices:
        whole = {source.id: e.tokens for source, e in zip(used, encoded, strict=True)}
        results = _encoded(sources, out / "cache", each, workers)
        # disable=None: a bar on a terminal, nothing in a log.
        for source, result in tqdm(results, total=len(sources), unit="piece", desc=each, disable=None):
            if isinstance(result, str):
                refused[source.corpus, result] += each == voices[0]
            elif source.id not in whole or not np.array_equal(whole[source.id], result.tokens):
                used.append(source)
                encoded.append(result)
    refused = +refused
    if not used:
        reasons = "; ".join(f"{reason} ({n})" for (_, reason), n in refused.most_common(3))
        raise DataError(f"None of the {len(sources)} files could be used: {reasons}.")
    rows = _manifest(used, encoded)
    config = {"representation": Events.name, "vocabulary": list(Events().vocab), "voices": list(voices), **asked}
    _write(out, rows, encoded, config)
    table = summary.table(rows, refused)
    _replace(out / "summary.txt", table.encode())
    _replace(out / "CREDITS.md", credits_of(rows).encode())
    return table


# --- reading -------------------------------------------------------------------------------------------------------


def _encoded(
    sources: Sequence[Source], cache: Path, voices: pieces.Voices, workers: int
) -> Iterator[tuple[Source, Encoded | str]]:
    """Each source with its ids, or with the reason why it was refused."""
    cache.mkdir(exist_ok=True)
    encode = partial(_cached, cache=cache, voices=voices, version=_version())
    if workers <= 1:
        yield from ((source, encode(source)) for source in sources)
        return
    # Not fork: a parent with threads (a progress bar has one) may not be forked safely.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield from zip(sources, pool.map(encode, sources, chunksize=8), strict=True)
    except BrokenProcessPool as error:
        raise DataError(
            "A process was killed, perhaps for want of memory. Run again: what was read is kept."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _version() -> str:
    """A hash of the code that turns bytes into ids: when it changes, what was cached no longer counts."""
    root = Path(studio.__file__).parent
    files = [root / name for name in ("score.py", "melody.py", "harmony.py")]
    # Of the figures the key alone.
    files += [root / "metrics" / name for name in ("notes.py", "pitch.py", "tonality.py")]
    for package in ("midi", "representations/events", "data"):
        files += sorted(p for p in (root / package).glob("*.py") if p.stem not in _AFTERWARDS)
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _cached(source: Source, *, cache: Path, voices: pieces.Voices, version: str) -> Encoded | str:
    key = hashlib.sha256("\0".join([version, voices, source.id, source.style, source.sha256]).encode())
    for name in sorted(source.beside):
        key.update(source.beside[name])
    path = cache / key.hexdigest()[:2] / f"{key.hexdigest()}.npz"
    if path.exists():
        try:
            return _load(path)
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            path.unlink()  # cut short by a kill or a full disk: read the piece again
    result = encode(source, voices)
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        if isinstance(result, str):
            np.savez(file, refused=np.frombuffer(result.encode(), dtype=np.uint8))
        else:
            counts = np.array([result.notes, result.lowest, result.highest, result.tracks])
            np.savez(
                file, tokens=result.tokens, header_tokens=result.header_tokens, bars=result.bars,
                headers=result.headers, controls=result.controls, grams=result.grams, counts=counts,
            )  # fmt: skip
    temporary.replace(path)
    return result


def _load(path: Path) -> Encoded | str:
    with np.load(path, allow_pickle=False) as stored:
        if "refused" in stored:
            return bytes(stored["refused"]).decode()
        return Encoded(
            stored["tokens"], stored["header_tokens"], stored["bars"], stored["headers"], stored["controls"],
            stored["grams"], *stored["counts"].tolist(),
        )  # fmt: skip


def encode(source: Source, voices: pieces.Voices) -> Encoded | str:
    """The ids of one source, or why it cannot be used. Never raises: one broken file must not stop ten thousand."""
    try:
        score = pieces.read(source, voices)
        key = metrics.estimate_key(score)
        events = Events()
        headers, bars = events.encode_bars(
            score, style=source.style, key=(key.tonic, key.minor) if key is not None else None, ended=True
        )
    except StudioError as error:
        return str(error)
    except Exception as error:
        return f"unexpected {type(error).__name__}: {error}"
    tokens = np.concatenate(bars).astype(np.uint16)
    pitches = [n.pitch for t in score.tracks if not t.is_drum for n in t.notes]
    return Encoded(
        tokens=tokens,
        header_tokens=np.concatenate(headers).astype(np.uint16),
        bars=_offsets(bars),
        headers=_offsets(headers),
        controls=_controls(events, events.quantize(score), len(bars)),
        grams=duplicates.grams(score),
        notes=int(np.isin(tokens, list(events.note_ids)).sum()),
        lowest=min(pitches, default=0),
        highest=max(pitches, default=0),
        tracks=len(score.tracks),
    )


def _controls(events: Events, score: Score, bars: int) -> NDArray[np.int64]:
    """Level of density and chords of each bar, (bars, 3), of a score on the grid."""
    controls = np.full((bars, 3), -1, dtype=np.int64)
    onsets = np.sort([note.onset for track in score.tracks for note in track.notes])
    for row, bar, chords in zip(controls, score.bars, harmony.estimate(score), strict=True):
        notes = int(np.searchsorted(onsets, bar.end) - np.searchsorted(onsets, bar.start))
        row[0] = density_level(notes, bar.end - bar.start)
        for half, chord in enumerate(chords, start=1):
            if chord is not None:
                row[half] = events.vocabulary.ids[f"CHORD_{chord.root}_{chord.quality}"]
    return controls


def _offsets(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Where each part begins when they are put one after another."""
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])[:-1]]).astype(np.int64)


# --- split and manifest --------------------------------------------------------------------------------------------


def split_of(group: str) -> str:
    """The split of a group, from its name alone."""
    share = int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) / 2**32
    return "valid" if share < HELD_OUT else "test" if share < 2 * HELD_OUT else "train"


def _manifest(used: Sequence[Source], encoded: Sequence[Encoded]) -> list[dict[str, Any]]:
    """One row per piece, in order; a group is named after the smallest hash in it, whatever the order of sources."""
    first: dict[str, Encoded] = {}
    for source, e in zip(used, encoded, strict=True):
        first.setdefault(source.id, e)  # a piece and its melody alone are one
    groups = dict(zip(first, duplicates.groups([e.grams for e in first.values()]).tolist(), strict=True))
    names: dict[int, str] = {}
    for source in used:
        names[groups[source.id]] = min(names.get(groups[source.id], "~"), source.sha256)
    return [
        {
            "id": source.id,
            "corpus": source.corpus,
            "source": source.path,
            "title": source.title,
            "licence": source.licence,
            "credit": source.credit,
            "style": source.style,
            "sha256": source.sha256,
            "split": split_of(names[groups[source.id]]),
            "group": names[groups[source.id]][:16],
            "tracks": e.tracks,
            "notes": e.notes,
            "bars": len(e.bars),
            "tokens": len(e.tokens),
        }
        for source, e in zip(used, encoded, strict=True)
    ]


# --- writing -------------------------------------------------------------------------------------------------------


def _write(out: Path, rows: Sequence[dict[str, Any]], encoded: Sequence[Encoded], config: dict[str, Any]) -> None:
    token_starts = _offsets([e.tokens.astype(np.int64) for e in encoded])
    header_starts = _offsets([e.header_tokens.astype(np.int64) for e in encoded])
    first_bars = _offsets([e.bars for e in encoded])
    bars = np.concatenate([
        np.column_stack([np.full(len(e.bars), i), e.bars + token_starts[i], e.headers + header_starts[i], e.controls])
        for i, e in enumerate(encoded)
    ])  # fmt: skip
    table = [
        (
            first_bars[i],
            len(e.bars),
            SPLITS.index(row["split"]),
            STYLES.index(row["style"]),
            e.lowest,
            e.highest,
            e.tracks,
        )
        for i, (row, e) in enumerate(zip(rows, encoded, strict=True))
    ]
    _save(out / "tokens.npy", np.concatenate([e.tokens for e in encoded]))
    _save(out / "headers.npy", np.concatenate([e.header_tokens for e in encoded]))
    _save(out / "bars.npy", bars.astype(np.int64))
    _save(out / "pieces.npy", np.array(table, dtype=np.int64))
    _replace(out / "manifest.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    _replace(out / "config.json", json.dumps(config, ensure_ascii=False, indent=1).encode())


def _save(path: Path, array: NDArray[Any]) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    temporary.replace(path)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
