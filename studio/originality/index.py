"""`Index`: the leading lines of many pieces as codes, and where each piece and each bar begins. One file, never pickle.

It holds no music: titles, licences, six bits a note (see `lines`) and how many notes begin in each bar.
"""

from __future__ import annotations

import io
import json
import lzma
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from studio.errors import DataError
from studio.originality.calibration import Calibration
from studio.originality.lines import BITS, GROUP, Codes, Line

FORMAT = 1
RUN = 4
"""Codes in a row that are looked up together: six notes."""
COMMON = 3000
"""What stands in more places than this is not looked up: everybody's."""


@dataclass(frozen=True)
class Source:
    """A piece of the training data. `id` names it in its prepared folder; `family`: versions of one piece share it."""

    id: str
    title: str
    corpus: str
    licence: str
    credit: str
    style: str
    family: int

    @property
    def name(self) -> str:
        """The title; where that is a number only, with its collection."""
        return self.title if any(map(str.isalpha, self.title)) else f"{self.corpus} {self.title}"


@dataclass(frozen=True)
class Index:
    """Pieces one after another: `codes` (all codes,), `firsts` (pieces + 1,) where those of each begin, and its bars.

    `bars` (all notes,): how many bars further each note is than the one before it (the first: than the piece's first).
    """

    sources: tuple[Source, ...]
    codes: Codes
    firsts: NDArray[np.int64]
    bars: NDArray[np.uint8]
    calibration: Calibration

    def bar_of(self, piece: int, note: int) -> int:
        """The bar, from 0, in which a note of a piece begins."""
        start = int(self.firsts[piece]) + (GROUP - 1) * piece
        return int(self.bars[start : start + note + 1].sum(dtype=np.int64))

    @cached_property
    def worths(self) -> NDArray[np.int32]:
        """(256,): bits that it is worth when a code is found again: the rarer it is, the more."""
        counts = np.bincount(self.codes, minlength=256) + 1
        found: NDArray[np.int32] = np.round(np.clip(np.log2(counts.sum() / counts), 2, BITS + 1)).astype(np.int32)
        return found

    @cached_property
    def sorted(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """(keys in order, their places): see `keys`."""
        found = keys(self.codes)
        half = BITS * RUN // 2
        # By the lower half first: 16 bits at a time are sorted in half the time.
        low = np.argsort((found & (1 << half) - 1).astype(np.uint16), kind="stable")
        places = low[np.argsort((found >> half).astype(np.uint16)[low], kind="stable")].astype(np.int32)
        return found[places], places

    def found(self, wanted: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(number of the key among those wanted, place in `codes`) wherever one of the keys stands, common ones not."""
        ordered, places = self.sorted
        first, last = np.searchsorted(ordered, wanted), np.searchsorted(ordered, wanted, side="right")
        counts = np.where(last - first <= COMMON, last - first, 0)
        which = np.repeat(np.arange(len(wanted)), counts)
        within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        return which, places[first[which] + within].astype(np.int64)


def keys(codes: Codes) -> NDArray[np.int32]:
    """RUN codes from each place on as one number, (codes - RUN + 1,)."""
    count = max(0, len(codes) - RUN + 1)
    found = np.zeros(count, np.int32)
    for k in range(RUN):
        found = found << BITS | codes[k : k + count]
    return found


def build(pieces: Iterable[tuple[Source, Line]]) -> Index:
    """An index of lines of at least GROUP notes; not calibrated yet."""
    sources, codes, bars = [], [], []
    for source, line in pieces:
        if len(line.codes):
            sources.append(source)
            codes.append(line.codes)
            bars.append(np.minimum(np.diff(line.bars, prepend=0), 255).astype(np.uint8))
    firsts = np.concatenate([[0], np.cumsum([len(part) for part in codes])]).astype(np.int64)
    empty = [np.zeros(0, np.uint8)]
    return Index(tuple(sources), np.concatenate(codes or empty), firsts, np.concatenate(bars or empty), Calibration())


def write(index: Index, path: Path) -> None:
    """Write an index; the file appears whole or not at all."""
    shelves = sorted({(s.corpus, s.licence, s.credit, s.style) for s in index.sources})
    number = {shelf: i for i, shelf in enumerate(shelves)}
    told = {
        "format": FORMAT,
        "shelves": shelves,
        "shelf": [number[s.corpus, s.licence, s.credit, s.style] for s in index.sources],
        "ids": [s.id.removeprefix(f"{s.corpus}/") for s in index.sources],
        "titles": [s.title for s in index.sources],
        "families": [s.family for s in index.sources],
        "calibration": asdict(index.calibration),
    }
    content = io.BytesIO()
    np.savez(
        content,
        told=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8),
        codes=index.codes,
        counts=np.diff(index.firsts).astype(np.uint32),
        bars=index.bars,
    )
    scratch = path.with_name(path.name + ".part")
    scratch.write_bytes(lzma.compress(content.getvalue(), preset=9 | lzma.PRESET_EXTREME))
    os.replace(scratch, path)


def read(path: Path) -> Index:
    """Read an index; DataError when there is none or it is damaged."""
    try:
        with np.load(io.BytesIO(lzma.decompress(path.read_bytes())), allow_pickle=False) as stored:
            told = json.loads(bytes(stored["told"]))
            codes, counts, bars = stored["codes"], stored["counts"], stored["bars"]
        if told["format"] != FORMAT:
            raise ValueError(f"its format is {told['format']}")
        firsts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        shelves = [told["shelves"][i] for i in told["shelf"]]
        rows = zip(told["ids"], told["titles"], told["families"], shelves, strict=True)
        sources = tuple(
            Source(f"{corpus}/{name}", title, corpus, licence, credit, style, family)
            for name, title, family, (corpus, licence, credit, style) in rows
        )
        index = Index(sources, codes, firsts, bars, Calibration(**told["calibration"]))
        if (len(codes), len(bars)) != (firsts[-1], firsts[-1] + (GROUP - 1) * len(counts)):
            raise ValueError("its parts do not belong together")
    except OSError as error:
        raise DataError(f"There is no index of the training pieces at {path} ({error.strerror}).") from error
    except (lzma.LZMAError, ValueError, KeyError, TypeError, IndexError, EOFError) as error:
        raise DataError(
            f"{path.name} is damaged ({error}): fetch the checkpoints folder again, or make it anew with "
            "python -m studio.originality."
        ) from error
    return index
