"""`python -m studio.originality --data DIR`: index a prepared folder's training pieces, calibrate on the others."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from studio.errors import StudioError
from studio.originality import index as indices
from studio.originality import search
from studio.originality.calibration import Calibration, calibrate, levelled
from studio.originality.corpus import Corpus, Entry
from studio.originality.index import Index, Source
from studio.originality.lines import GROUP, Line, codes

NAMED = ("id", "title", "corpus", "licence", "credit", "style")
VERSION = 0.5
"""A held-out piece of which this share or more stands in one training piece is a version of it, not by others."""
FEW = 100
"""Titles that a name stands in, at most; words in more of them are kinds of music."""
BARS = 16
"""Bars of a held-out piece that are looked at, from the first that sounds: about as many as a take has."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 2 when the folder cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m studio.originality", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that python -m studio.data has written")
    parser.add_argument(
        "--out", type=Path, default=Path("checkpoints/originality.xz"), help="file to write (%(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        corpus = Corpus(options.data)
        index = made(corpus.lines("train"))
        index = replace(index, calibration=calibrated(index, corpus.lines("valid", "test")))
        indices.write(index, options.out)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    held = sum(map(len, index.calibration.scores.values()))
    size = options.out.stat().st_size
    print(f"{len(index.sources):,} pieces, {len(index.codes):,} codes, {held:,} held-out pieces, {size:,} bytes")
    return 0


def made(pieces: Iterable[tuple[Entry, Line]]) -> Index:
    """The index of pieces of a folder; not calibrated yet."""
    return indices.build((_source(entry), line) for entry, line in pieces)


def _source(entry: Entry) -> Source:
    id_, title, corpus, licence, credit, style = (str(entry.facts[name]) for name in NAMED)
    return Source(id_, title, corpus, licence, credit, style, family=int(entry.facts["group"][:8], 16))


def excerpt(line: Line, bars: int) -> Line:
    """The first bars of a line, from its first note's on."""
    notes = tuple(note for note, bar in zip(line.notes, line.bars, strict=True) if bar < line.bars[0] + bars)
    onsets, pitches = (np.array([note[k] for note in notes], np.int64) for k in (0, 1))
    return Line(line.track, notes, line.bars[: len(notes)], codes(onsets, pitches))


def calibrated(index: Index, held_out: Iterable[tuple[Entry, Line]]) -> Calibration:
    """How much of pieces by others stands in the index, versions of the same piece left out."""
    names = names_in(index)
    found = [nearest(index, names, entry, line, BARS) for entry, line in held_out if len(line.codes)]
    others = [(one.style, one.score) for one in found if one.share < VERSION]
    return calibrate(others, BARS, len(found) - len(others))


@dataclass(frozen=True)
class Nearest:
    """The training piece by others that shares most with a held-out one: its style, and the levelled score.

    `share` (0-1) of the held-out notes stands in it.
    """

    style: str
    score: float
    share: float


def nearest(index: Index, names: Sequence[frozenset[str]], entry: Entry, line: Line, bars: int) -> Nearest:
    """What shares most with the first bars of a held-out piece, of all that is by others.

    By others: neither a name of the work nor of its author is told of both. `names`: as `names_in` finds them.
    """
    short = excerpt(line, bars)
    own = words(entry.facts["title"])
    for match in search.search(index, short.codes):
        if not own & names[match.piece]:
            share = len(search.spans(match.pairs, 0, GROUP)) / len(short.notes)
            return Nearest(index.sources[match.piece].style, levelled(match.score, len(short.notes)), share)
    return Nearest(str(entry.facts["style"]), 0.0, 0.0)


def names_in(index: Index) -> list[frozenset[str]]:
    """For each piece the words of its title that few have: of its author, or its own."""
    told = [words(source.title) for source in index.sources]
    often = Counter(word for title in told for word in title)
    return [frozenset(word for word in title if often[word] <= FEW) for title in told]


def words(title: str) -> set[str]:
    """The words of a title that are long enough to be names."""
    return {word for word in re.findall(r"[^\W\d_]+", title.lower()) if len(word) >= 4}


if __name__ == "__main__":
    sys.exit(main())
