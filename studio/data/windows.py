"""A prepared folder to training windows and held-out windows, as arrays of ids. Knows no scores and no networks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio import representations
from studio.data import exercises
from studio.data.corpora import CORPORA
from studio.data.prepare import SPLITS
from studio.errors import DataError
from studio.representations.events.holes import Passage

PAD = 0
SHIFTS = tuple(range(-5, 7))
"""Semitones by which training windows are transposed; a piece gets only those that keep it inside RANGE."""
RANGE = (24, 103)
DROPS = {"STYLE": 0.3, "KEY": 0.2, "METRE": 0.1, "TEMPO": 0.1}
"""How often a training window's header leaves each of these open, so that a model learns to do without."""
TEMPERATURE = 0.35
"""A style of n tokens is given a share of n ** TEMPERATURE of all that is learned: the small ones more than they are
large. Lone melodies of a style count as a style of their own."""
HOLE = 4
"""Ids that an open segment takes more than a written one: TRACK and HOLE, FILL and TRACK."""
POOL = 8
"""Windows are chosen among so many times more, for their like length: little of a batch is padding then."""


class Windows:
    """The windows of one split of a prepared folder; `context` is their longest length T.

    `exercised`: training windows are exercises (see `exercises`), not only music to go on with. `tokens` and `notes`
    count what the split holds, headers left out; `representation` and `vocabulary` say what the ids mean. DataError
    when the folder is none that `studio.data` wrote, or when its headers do not fit the context.
    """

    def __init__(self, folder: Path, split: str, context: int, *, exercised: bool = False) -> None:
        config, arrays = load(folder)
        self.context, self.exercised = context, exercised
        self.representation: str = config["representation"]
        self.vocabulary: list[str] = config["vocabulary"]
        self._tokens, self._headers, bars, pieces = arrays
        self._encoding = representations.find(self.representation)(self.vocabulary)
        self._pieces = self._chosen(pieces[pieces[:, 2] == SPLITS.index(split)])
        self._bar_starts = np.append(bars[:, 1], len(self._tokens))
        self._header_starts = np.append(bars[:, 2], len(self._headers))
        self._controls = bars[:, 3:]
        longest = int(np.diff(self._header_starts).max())
        if longest >= context:
            raise DataError(f"A context of {context} is too short: headers here are up to {longest} ids long.")
        first, count = self._pieces[:, 0], self._pieces[:, 1]
        ends = self._bar_starts[first + count]
        self.tokens = int((ends - self._bar_starts[first]).sum())
        self.notes = sum(self._notes(int(a), int(b)) for a, b in zip(self._bar_starts[first], ends, strict=True))
        if self.tokens:
            self._draw = _Draw(self._pieces, self._bar_starts, context)
        self._moved = np.stack([self._encoding.transpose(np.arange(len(self.vocabulary)), s) for s in SHIFTS])

    def _chosen(self, pieces: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of the split's pieces are used."""
        return pieces

    def _notes(self, start: int, end: int) -> int:
        ids, notes = self._tokens[start:end], self._encoding.note_ids
        return int(((ids >= notes.start) & (ids < notes.stop)).sum())

    # --- training --------------------------------------------------------------------------------------------------

    def batch(self, step: int, seed: int, size: int) -> NDArray[np.int64]:
        """Ids (rows, T + 1), T <= context, padded with PAD: the same for the same step and seed, whatever came before.

        Rows are about as many as make `size * context` ids, so short windows come in greater numbers. Each is a header
        and the bars from a random one on, transposed; what the header says is left open now and then.
        """
        if not self.tokens:
            raise DataError("This split holds no pieces to draw windows from.")
        rng = np.random.default_rng([seed, step])
        piece, bar = self._draw(rng, POOL * size)
        kinds = [
            exercises.kind(rng, int(tracks)) if self.exercised else "continue" for tracks in self._pieces[piece, 6]
        ]
        chosen = self._alike(rng, self._lengths(piece, bar, kinds), size * (self.context + 1))
        rows: list[NDArray[np.int64]] = []
        widest = 0
        for i in chosen:
            row = self._window(rng, int(piece[i]), int(bar[i]), kinds[i])
            widest = max(widest, len(row))
            # Holes take more room than could be told before: what no longer fits is left for another step.
            if rows and (len(rows) + 1) * widest > size * (self.context + 1):
                break
            rows.append(row)
        ids = np.full((len(rows), max(map(len, rows))), PAD, dtype=np.int64)
        for row, window in zip(ids, rows, strict=True):
            row[: len(window)] = window
        shifts = self._shifts(piece[chosen[: len(rows)]], rng.random(len(rows)))
        return np.asarray(self._moved[shifts[:, None], ids])

    def _lengths(self, piece: NDArray[np.int64], bar: NDArray[np.int64], kinds: Sequence[str]) -> NDArray[np.int64]:
        """How long the windows that begin there will be, about."""
        end = self._pieces[piece, 0] + self._pieces[piece, 1]
        headers = self._header_starts[bar + 1] - self._header_starts[bar]
        open_bars = np.array(
            [exercises.open_bars(kind, int(bars)) for kind, bars in zip(kinds, end - bar, strict=True)]
        )
        ids = self._bar_starts[end] - self._bar_starts[bar] + headers + HOLE * open_bars * self._pieces[piece, 6]
        return np.asarray(np.minimum(ids.astype(np.int64), self.context + 1))

    def _alike(self, rng: np.random.Generator, lengths: NDArray[np.int64], ids: int) -> NDArray[np.int64]:
        """Which of the drawn windows make up a batch of about so many ids, all of about one length."""
        order = np.argsort(-lengths, kind="stable")
        first = int(rng.integers(len(order)))
        rows = min(len(order), max(1, ids // int(lengths[order[first]])))
        first = min(first, len(order) - rows)
        return order[first : first + rows]

    def _window(self, rng: np.random.Generator, piece: int, bar: int, kind: str) -> NDArray[np.int64]:
        """Header and music from one bar on, at most context + 1 ids."""
        end = int(self._pieces[piece, 0] + self._pieces[piece, 1])
        header = self._opened(self._header(bar), rng)
        if not self.exercised:
            stop = min(int(self._bar_starts[end]), int(self._bar_starts[bar]) + self.context + 1 - len(header))
            return np.concatenate([header, self._tokens[self._bar_starts[bar] : stop]]).astype(np.int64)
        tracks = int(self._pieces[piece, 6])
        end = self._fitting(bar, end, len(header), 0 if kind == "continue" else HOLE * tracks)
        passage = Passage(
            self._encoding.vocabulary,
            header.tolist(),
            self._tokens[self._bar_starts[bar] : self._bar_starts[end]].tolist(),
        )
        exercise = exercises.draw(rng, kind, end - bar, tracks, self._melody(header))
        holes = {
            (b, k): (rng.random(len(passage.bars[b].notes.get(k, ()))) < kept).tolist()
            for (b, k), kept in exercise.holes.items()
        }
        return np.array(passage.ids(self._said(exercise, bar, end), holes)[: self.context + 1], dtype=np.int64)

    def _melody(self, header: NDArray[np.uint16]) -> int | None:
        """Which track a header calls the melody."""
        run = self._encoding.vocabulary.types["ROLE"]
        roles = header[(header >= run.start) & (header < run.stop)]
        found = np.flatnonzero(roles == self._encoding.vocabulary.ids["ROLE_melody"])
        return int(found[0]) if len(found) else None

    def _opened(self, header: NDArray[np.uint16], rng: np.random.Generator) -> NDArray[np.uint16]:
        """The header without what is left open this time."""
        for kind, share in DROPS.items():
            run = self._encoding.vocabulary.types[kind]
            if rng.random() < share:
                header = header[(header < run.start) | (header >= run.stop)]
        return header

    def _fitting(self, bar: int, end: int, header: int, more: int) -> int:
        """The bar before which to stop so that all fits, with `more` ids in each bar; without, what is cut is lost."""
        last = min(end, bar + self.context)
        lengths = self._bar_starts[bar + 1 : last + 1] - self._bar_starts[bar] + more * np.arange(1, last - bar + 1)
        room = self.context + 1 - header
        if more:
            return bar + max(1, int(np.searchsorted(lengths, room, side="right")))
        return min(last, bar + 1 + int(np.searchsorted(lengths, room)))

    def _said(self, exercise: exercises.Exercise, bar: int, end: int) -> list[list[int]]:
        """The ids of density and chords for the heading of each bar."""
        levels = self._encoding.vocabulary.types["DENSITY"]
        said = []
        for i, (density, *chords) in enumerate(self._controls[bar:end].tolist()):
            ids = [levels.start + density] if i in exercise.density else []
            if i in exercise.chords and chords[0] >= 0 and chords[1] >= 0:
                ids += chords[:1] if chords[0] == chords[1] else chords
            said.append(ids)
        return said

    def _header(self, bar: int) -> NDArray[np.uint16]:
        return self._headers[self._header_starts[bar] : self._header_starts[bar + 1]]

    def _shifts(self, piece: NDArray[np.int64], draws: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index into SHIFTS for each row, drawn evenly from those that keep its piece in RANGE."""
        lowest, highest = self._pieces[piece, 4], self._pieces[piece, 5]
        down = np.clip(RANGE[0] - lowest, SHIFTS[0], 0)
        up = np.clip(RANGE[1] - highest, 0, SHIFTS[-1])
        return np.asarray(down - SHIFTS[0] + (draws * (up - down + 1)).astype(np.int64))

    # --- evaluation ------------------------------------------------------------------------------------------------

    def evaluation(self, most: int | None = None) -> Iterator[tuple[NDArray[np.int64], int]]:
        """(ids (T,), index of the first that counts), T <= context + 1: every id of every piece once, headers never.

        With `most`, only about so many ids, of pieces drawn without regard to their length; always the same ones.

        Pieces as they are, whole where they fit. A longer one comes in several windows, each with the bars before what
        counts as its context, about half the window. A bar too long for a window is counted in further ones without a
        header.
        """
        pieces = self._pieces
        if most is not None:
            pieces = np.random.default_rng(0).permutation(pieces)
            lengths = self._bar_starts[pieces[:, 0] + pieces[:, 1]] - self._bar_starts[pieces[:, 0]]
            pieces = pieces[: 1 + int(np.searchsorted(np.cumsum(lengths), most))]
        for first, count, *_ in pieces.tolist():
            yield from self._piece_windows(first, first + count)

    def _piece_windows(self, first_bar: int, end_bar: int) -> Iterator[tuple[NDArray[np.int64], int]]:
        done, end = int(self._bar_starts[first_bar]), int(self._bar_starts[end_bar])
        bar = first_bar
        while done < end:
            header = self._header(bar)
            begin = int(self._bar_starts[bar])
            stop = min(end, begin + self.context + 1 - len(header))
            if stop > done:
                ids = np.concatenate([header, self._tokens[begin:stop]])
                counted = len(header) + done - begin
            else:  # inside a bar that no window holds whole
                stop = min(end, done + self.context // 2 + 1)
                begin = stop - self.context - 1
                ids = self._tokens[max(begin, int(self._bar_starts[first_bar])) : stop]
                counted = len(ids) - (stop - done)
            yield ids.astype(np.int64), counted
            done = stop
            # The next window begins with the first bar that leaves about half of it as context.
            inside = self._bar_starts[bar:end_bar]
            early = int(np.searchsorted(inside, done - self.context // 2))
            holding = int(np.searchsorted(inside, done, side="right")) - 1
            bar += min(early, holding)


class _Draw:
    """Draws bars to begin windows at: first a style, by its size; then a piece, by its length; then one of its bars.

    Each window has the same weight, be it long or short.
    """

    def __init__(self, pieces: NDArray[np.int64], bar_starts: NDArray[np.int64], context: int) -> None:
        self._pieces, self._starts, self._context = pieces, bar_starts, context
        first, count, style = pieces[:, 0], pieces[:, 1], 2 * pieces[:, 3] + (pieces[:, 6] == 1)
        lengths = (bar_starts[first + count] - bar_starts[first]).astype(np.float64)
        sizes = np.bincount(style, weights=lengths)
        weights = lengths * (sizes[style] ** (TEMPERATURE - 1))
        self._cumulative = np.cumsum(weights) / weights.sum()

    def __call__(self, rng: np.random.Generator, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(piece (size,), bar (size,)): the row of the piece and the number of the bar in the whole folder.

        Half of the windows begin at any bar, the others at one from which the piece fills the window (its first bar
        when it is short), so that little is padding and the ends of pieces are not all that is seen of short ones.
        """
        piece = np.minimum(np.searchsorted(self._cumulative, rng.random(size), side="right"), len(self._pieces) - 1)
        first, count = self._pieces[piece, 0], self._pieces[piece, 1]
        last_full = np.searchsorted(self._starts, self._starts[first + count] - self._context, side="right")
        choices = np.where(rng.random(size) < 0.5, count, np.clip(last_full - first, 1, count))
        return piece, first + (rng.random(size) * choices).astype(np.int64)


def sources(folder: Path) -> list[dict[str, Any]]:
    """What a prepared folder is made of, for a model card: one entry per collection and licence, with its pieces."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in _read(folder, "manifest.jsonl").splitlines():
        row = json.loads(line)
        corpus = CORPORA.get(row["corpus"])
        entry = found.setdefault(
            (row["corpus"], row["licence"]),
            {
                "collection": corpus.title if corpus else row["corpus"],
                "url": corpus.url if corpus else "",
                "licence": row["licence"],
                "credit": corpus.credit if corpus else row["credit"],
                "note": corpus.note if corpus else "",
                "pieces": 0,
                "notes": 0,
            },
        )
        entry["pieces"] += 1
        entry["notes"] += row["notes"]
    return [found[key] for key in sorted(found)]


def manifest_sum(folder: Path) -> str:
    """SHA-256 of the list of a prepared folder's pieces, which names the source, licence and hash of each."""
    return hashlib.sha256(_read(folder, "manifest.jsonl").encode()).hexdigest()


def _read(folder: Path, name: str) -> str:
    try:
        return (folder / name).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{folder} holds no prepared data ({name}: {error.strerror}); write it with python -m studio.data."
        ) from error


def load(folder: Path) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """The config of a prepared folder and its arrays: tokens, headers, bars, pieces; DataError for what is none."""
    config = json.loads(_read(folder, "config.json"))
    try:
        names = ("tokens", "headers", "bars", "pieces")
        arrays: list[NDArray[Any]] = [
            np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names
        ]
    except (OSError, ValueError) as error:
        raise DataError(f"{folder} is incomplete ({error}); run python -m studio.data again to finish it.") from error
    return config, arrays
