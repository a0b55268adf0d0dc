"""`python -m studio.originality --data DIR`: index a prepared folder's training pieces, calibrate on the others."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.errors import StudioError
from studio.originality import index as indices
from studio.originality import search
from studio.originality.calibration import Calibration, calibrate, levelled
from studio.originality.corpus import Corpus, Entry
from studio.originality.index import Index, Source
from studio.originality.lines import Line, codes

NAMED = ("id", "title", "corpus", "licence", "credit", "style")
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
        index = replace(index, calibration=calibrated(index, (line for _, line in corpus.lines("valid", "test"))))
        indices.write(index, options.out)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    held = index.calibration.pieces("")
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


def calibrated(index: Index, held_out: Iterable[Line]) -> Calibration:
    """How much of lines by others stands in the index."""
    found = []
    for line in held_out:
        short = excerpt(line, BARS)
        matches = search.search(index, short.codes)
        if matches:
            found.append((index.sources[matches[0].piece].style, levelled(matches[0].score, len(short.notes))))
        elif len(short.codes):
            found.append(("", 0.0))
    return calibrate(found, BARS)


if __name__ == "__main__":
    sys.exit(main())
