"""The passages that all systems of a test go on from: of held-out pieces, of MIDI files, of the example tunes.

Where a piece goes on itself, what really follows is the person's own continuation.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from studio.errors import DataError, StudioError
from studio.listening.excerpts import on_grid
from studio.listening.folder import Origin
from studio.melody import monophonic
from studio.pipeline import examples, read
from studio.representations.events import Events
from studio.score import Bar, Score

SEEN = 8
"""Bars that the systems go on from."""
HEARD = 2
"""The last of them are heard, in front of what is new."""
NEW = 8
"""New bars."""
LASTS_S = (8.0, 45.0)
"""What is heard lasts between so many seconds."""
ARRAYS = ("tokens", "headers", "bars", "pieces")
"""Files of a prepared folder."""
NO_PEOPLE = ("js_fakes",)
"""Collections that a program composed: nobody can be asked whether a person did."""
_FULL = 6  # bars of eight in which something begins


@dataclass(frozen=True)
class Passage:
    """`seed`, on the grid: what is gone on from. `whole`: the same with what really follows, or None."""

    origin: Origin
    seed: Score
    whole: Score | None


def of_folder(folder: Path, seed: int, *, melodies: bool) -> Iterator[Passage]:
    """Passages of the pieces that a prepared folder holds out for tests, at random, the collections in turn.

    `melodies`: of one voice only. Of pieces that are versions of one another only one comes. DataError: no such folder.
    """
    draw = random.Random(seed)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        events = Events(config["vocabulary"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"'{folder}' is no prepared folder: make one with python -m studio.data.") from error
    by_people = [i for i, row in enumerate(rows) if row["split"] == "test" and row["corpus"] not in NO_PEOPLE]
    held = [i for i in by_people if not melodies or rows[i]["tracks"] == 1]
    for i in _in_turn(held, [rows[i]["corpus"] for i in held], draw):
        row = rows[i]
        score = _decoded(events, arrays, i)
        if melodies and not _one_voice(score):
            continue
        origin = Origin(row["title"], f"{row['corpus']}: {row['source']}", row["licence"], row["credit"])
        if found := _cut(score, origin, draw):
            yield found


def _decoded(events: Events, arrays: dict[str, Any], piece: int) -> Score:
    """A piece of a prepared folder, whole."""
    tokens, headers, bars, pieces = (arrays[name] for name in ARRAYS)
    first, count = int(pieces[piece, 0]), int(pieces[piece, 1])
    last = first + count

    def at(row: int, column: int, otherwise: int) -> int:
        return int(bars[row, column]) if row < len(bars) else otherwise

    header = headers[at(first, 2, 0) : at(first + 1, 2, len(headers))]
    body = tokens[at(first, 1, 0) : at(last, 1, len(tokens))]
    return events.decode(np.concatenate([header, body]).astype(np.int64))


def of_files(folder: Path, seed: int, *, melodies: bool) -> Iterator[Passage]:
    """Passages of the MIDI files in a folder, in random order. What cannot be read is passed over; DataError: none."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    if not files:
        raise DataError(f"There are no MIDI files in '{folder}': name a folder that holds music.")
    draw = random.Random(seed)
    draw.shuffle(files)
    for path in files:
        try:
            score = on_grid(read(path).score)
        except StudioError:
            continue
        if (not melodies or _one_voice(score)) and (found := _cut(score, Origin(path.stem, path.name), draw)):
            yield found


def of_examples(seed: int) -> Iterator[Passage]:
    """The ends of the example tunes, in random order: the models go on, and nobody else does."""
    tunes = examples()
    random.Random(seed).shuffle(tunes)
    for title, path in tunes:
        score = on_grid(read(path).score)
        bars = score.bars
        if len(bars) >= SEEN and _even(bars[-SEEN:]) and _lasts(score, bars[-1]):
            yield Passage(Origin(title, path.name), score.slice_bars(len(bars) - SEEN, len(bars)), None)


def _one_voice(score: Score) -> bool:
    tracks = [track for track in score.tracks if track.notes]
    return len(tracks) == 1 and not tracks[0].is_drum and len(monophonic(tracks[0]).notes) == len(tracks[0].notes)


def _in_turn(rows: Sequence[int], groups: Sequence[str], draw: random.Random) -> Iterator[int]:
    """All rows at random, but one of each group after the other while they last."""
    waiting: dict[str, list[int]] = {}
    for row, group in zip(rows, groups, strict=True):
        waiting.setdefault(group, []).append(row)
    order = sorted(waiting)
    draw.shuffle(order)
    for group in order:
        draw.shuffle(waiting[group])
    while any(waiting.values()):
        for group in order:
            if waiting[group]:
                yield waiting[group].pop()


def _cut(score: Score, origin: Origin, draw: random.Random) -> Passage | None:
    """SEEN + NEW bars in a row out of a piece, all of one metre and none too empty; None where there are none."""
    bars, length = score.bars, SEEN + NEW
    onsets = [n.onset for track in score.tracks for n in track.notes]
    filled = {i for i, bar in enumerate(bars) if any(bar.start <= onset < bar.end for onset in onsets)}

    def good(first: int) -> bool:
        halves = (range(first, first + SEEN), range(first + SEEN, first + length))
        fits = _even(bars[first : first + length]) and _lasts(score, bars[first + SEEN])
        return fits and all(len(filled.intersection(half)) >= _FULL for half in halves)

    starts = [first for first in range(len(bars) - length + 1) if good(first)]
    if not starts:
        return None
    first = draw.choice(starts)
    whole = score.slice_bars(first, first + length)
    whole = replace(whole, tracks=tuple(track for track in whole.tracks if track.notes))
    return Passage(origin, whole.slice_bars(0, SEEN), whole)


def _even(bars: Sequence[Bar]) -> bool:
    """Whether all are full bars of one metre."""
    return len({(bar.numerator, bar.denominator, bar.end - bar.start) for bar in bars}) == 1


def _lasts(score: Score, bar: Bar) -> bool:
    """Whether what is heard is neither too short nor too long at the tempo that holds at a bar."""
    quarters = (HEARD + NEW) * (bar.end - bar.start) / score.resolution
    return LASTS_S[0] <= quarters * score.tempo_at(bar.start).mpq / 1_000_000 <= LASTS_S[1]
