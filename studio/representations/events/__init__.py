"""Events: a score as a sequence of tokens, bar by bar, about three tokens a note.

    BOS [STYLE] [KEY] [METRE] [TEMPO] (TRACK ROLE PROGRAM VELOCITY)... START     the header
    BAR [METRE] [TEMPO] [LEFT] [DENSITY] [CHORD [CHORD]]                          each bar, how it is meant to be,
        notes of track 0, then TRACK_k and its notes ...                          and what is played
    EOS                                                                           when the piece ends here

A note is `POSITION [VELOCITY] PITCH [HOLD ...] DURATION`; notes of a chord share their POSITION, drums say DRUM instead
of PITCH; METRE, TEMPO and VELOCITY stand only where they change. The melody is the first track, so within each bar it
comes before what accompanies it. A bar of a track can be left open: `HOLE` and the notes of it that are kept. What it
lacks is written at the end, `FILL TRACK_k` and the notes, with all that stands before and after in view: infilling, and
accompaniment of a melody known to its end.

Bar-wise position tokens follow REMI (Huang & Yang 2020, "Pop Music Transformer"); holes filled at the end follow
the infilling of MMM (Ens & Pasquier 2020).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.harmony import Chord
from studio.representations.events import grid
from studio.representations.events.grammar import Grammar, Plan, Voice
from studio.representations.events.reader import Reader
from studio.representations.events.vocabulary import DENSITIES, GRID, LEFT, STYLES, Vocabulary
from studio.representations.events.writer import Holes, Key, Writer
from studio.score import Score

__all__ = ["DENSITIES", "GRID", "STYLES", "BarControls", "Events", "Grammar", "Key", "Plan", "Voice", "density_level"]


@dataclass(frozen=True)
class BarControls:
    """How a bar is meant to be: its level of `density` (see DENSITIES) and one or two `chords`; None, () = free."""

    density: int | None = None
    chords: tuple[Chord, ...] = ()


def density_level(notes: float, length: int) -> int:
    """The level of a bar of `length` ticks of the grid with so many notes: 0 is none, len(DENSITIES) the most."""
    return sum(notes > most * length / GRID for most in DENSITIES)


class Events:
    """Encodes scores as ids and decodes any ids to a score. Built from the token names that a checkpoint keeps."""

    name = "events"

    def __init__(self, vocabulary: Sequence[str] | None = None) -> None:
        self.vocabulary = Vocabulary(vocabulary)
        self.vocab = self.vocabulary.names

    @property
    def vocab_size(self) -> int:
        return len(self.vocab)

    @property
    def start_id(self) -> int:
        """The id that ends the header; what follows it is the music."""
        return self.vocabulary.ids["START"]

    @property
    def end_id(self) -> int:
        """The id that ends a piece."""
        return self.vocabulary.ids["EOS"]

    @property
    def note_ids(self) -> range:
        """The ids of which each note has exactly one: to count notes by."""
        return self.vocabulary.types["DURATION"]

    def quantize(self, score: Score) -> Score:
        """The nearest score on the grid (see `grid`)."""
        return grid.quantize(score)

    @property
    def marks(self) -> dict[str, int]:
        """What a network may need to know of the ids: where bars, tracks, positions and holes are told."""
        types = self.vocabulary.types
        marks = {f"{name.lower()}_id": self.vocabulary.ids[name] for name in ("START", "BAR", "HOLE", "FILL")}
        marks |= {"track_id": types["TRACK"].start, "tracks": len(types["TRACK"])}
        marks |= {"position_id": types["POSITION"].start, "positions": len(types["POSITION"])}
        if "CHORD" in types:  # older vocabularies mix what is said with what is written
            marks |= {"given_id": marks["hole_id"], "given": types["KEY"].stop - marks["hole_id"]}
        return marks

    def heading(self, controls: BarControls) -> tuple[int, ...]:
        """The ids that say how a bar is meant to be; those that the vocabulary lacks are left out."""
        names = [] if controls.density is None else [f"DENSITY_{controls.density}"]
        names += [f"CHORD_{chord.root}_{chord.quality}" for chord in controls.chords]
        return tuple(self.vocabulary.ids[name] for name in names if name in self.vocabulary.ids)

    # --- Score to ids ----------------------------------------------------------------------------------------------

    def encode(
        self,
        score: Score,
        *,
        style: str | None = None,
        key: Key | None = None,
        ended: bool = False,
        holes: Holes | None = None,
        controls: Mapping[int, BarControls] | None = None,
        bars: int = 0,
    ) -> NDArray[np.int64]:
        """The score as ids (T,), quantized first. `style` and `key` are said in the header when given.

        `ended`: the piece ends with its last bar (LEFT tokens and EOS). `holes`: the bars of tracks to leave open, each
        with the notes (on the grid) that are kept; the others are written at the end. `controls`: by bar, from 0.
        `bars`: at least so many, silent ones after the last note if need be.
        ValueError for a hole or a style that does not exist.
        """
        headers, written, fills = self._encode(score, style, key, ended, holes or {}, controls or {}, bars)
        return np.concatenate([headers[0], *written, *fills])

    def encode_bars(
        self, score: Score, *, style: str | None = None, key: Key | None = None, ended: bool = False
    ) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        """(headers, bars): for every bar its ids, and the header that a window starting with it needs."""
        headers, bars, _ = self._encode(score, style, key, ended, {}, {}, 0)
        return headers, bars

    def _encode(
        self,
        score: Score,
        style: str | None,
        key: Key | None,
        ended: bool,
        holes: Holes,
        controls: Mapping[int, BarControls],
        least: int,
    ) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        writer = Writer(self.vocabulary, grid.quantize(score), style, key, holes, least)
        headers, bars, fills = [], [], []
        for bar in writer.bars:
            headers.append(np.array(writer.header(), dtype=np.int64))
            left = len(writer.bars) - bar.index if ended else 0
            heading = self.heading(controls[bar.index]) if bar.index in controls else ()
            bars.append(np.array(writer.bar(bar, left if left <= LEFT else 0, heading), dtype=np.int64))
        if not headers:
            headers.append(np.array(writer.header(), dtype=np.int64))
        fills = [np.array(ids, dtype=np.int64) for ids in writer.fills()]
        if ended or holes:
            end = np.array([self.vocabulary.ids["EOS"]], dtype=np.int64)
            if fills or not bars:
                fills.append(end)
            else:
                bars[-1] = np.concatenate([bars[-1], end])
        return headers, bars, fills

    # --- ids to Score ----------------------------------------------------------------------------------------------

    def decode(self, ids: NDArray[np.int64] | Sequence[int]) -> Score:
        """The score that ids (T,) say, on the grid. Total: what makes no sense where it stands is passed over."""
        reader = Reader(self.vocabulary)
        for token in ids:
            if not 0 <= int(token) < self.vocab_size or not reader.read(int(token)):
                break
        return grid.quantize(reader.score())

    # --- what the sampler and the data need ------------------------------------------------------------------------

    def grammar(self, prefix: Iterable[int] = ()) -> Grammar:
        """A grammar that has read `prefix`."""
        grammar = Grammar(self.vocabulary)
        for token in prefix:
            grammar.advance(int(token))
        return grammar

    def allowed(self, prefix: Sequence[int]) -> NDArray[np.bool_]:
        """Which ids may follow `prefix`, (vocab_size,). For step-by-step use keep a `grammar()` instead."""
        return self.grammar(prefix).allowed()

    def transpose(self, ids: NDArray[np.int64], semitones: int) -> NDArray[np.int64]:
        """The same ids (any shape) with pitches, key and chords moved; drums stay. Pitches must stay in 0-127."""
        pitches = self.vocabulary.types["PITCH"]
        moved = np.where((ids >= pitches.start) & (ids < pitches.stop), ids + semitones, ids)
        for run in (self.vocabulary.types["KEY"], self.vocabulary.types.get("CHORD", range(0))):
            place = ids - run.start
            turned = run.start + place // 12 * 12 + (place % 12 + semitones) % 12
            moved = np.where((ids >= run.start) & (ids < run.stop), turned, moved)
        return moved
