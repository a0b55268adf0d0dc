"""`python -m studio.data --out DIR SOURCE...`: prepare training data. Run with --help for what a source can be."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from studio.data import sources
from studio.data.corpora import CORPORA
from studio.data.pieces import Voices
from studio.data.prepare import prepare
from studio.errors import DataError, StudioError
from studio.representations.events import STYLES


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 2 when there is nothing to prepare."""
    options = _parser().parse_args(arguments)
    try:
        found = _collected(options)
        asked = {"sources": options.source, "corpora": options.corpora or "all"}
        voices: tuple[Voices, ...] = ("all", "melody") if options.voices == "both" else (options.voices,)
        print(prepare(found, options.out, voices, workers=options.workers, asked=asked))
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m studio.data",
        description="Turn folders of MIDI, .tar.xz archives and music21's tune books into training data.",
        epilog="Known collections: " + ", ".join(CORPORA),
    )
    parser.add_argument("source", nargs="+", help="a folder, an archive, a folder of archives, or music21:NAME")
    parser.add_argument("--out", type=Path, required=True, help="folder to write; a killed run goes on when repeated")
    parser.add_argument(
        "--voices",
        choices=("melody", "all", "both"),
        default="all",
        help="the melody alone, every track, or both: each piece and its melody besides (%(default)s)",
    )
    parser.add_argument("--corpora", metavar="NAME,NAME", help="use only these of the collections found")
    parser.add_argument("--exclude", type=Path, help="text file of pieces to leave out, one COLLECTION/PATH a line")
    parser.add_argument("--licence", default="", help="licence of a folder that is no known collection")
    parser.add_argument("--style", default="", help=f"its style: {', '.join(STYLES)}")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (%(default)s)")
    return parser


def _collected(options: argparse.Namespace) -> list[sources.Source]:
    wanted = options.corpora.split(",") if options.corpora else None
    excluded = set()
    if options.exclude is not None:
        try:
            excluded = {line.strip() for line in options.exclude.read_text(encoding="utf-8").splitlines()}
        except OSError as error:
            raise DataError(f"{options.exclude} cannot be read: {error.strerror}.") from error
    found = {}
    for where in options.source:
        for source in sources.collect(where, licence=options.licence, style=options.style):
            if source.id not in excluded and (wanted is None or source.corpus in wanted):
                found[source.id] = source
    if not found:
        raise DataError("Nothing is left of the given sources after --corpora and --exclude.")
    return list(found.values())


if __name__ == "__main__":
    sys.exit(main())
