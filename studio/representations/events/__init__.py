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

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.harmony import Chord
from studio.representations.events import grid
from studio.representations.events.grammar import Grammar, Plan, Voice
from studio.representations.events.vocabulary import DENSITIES, GRID, LEFT, LONGEST_DURATION, STYLES, Vocabulary
from studio.score import Bar, Note, Score, Tempo, TimeSignature, Track

__all__ = ["DENSITIES", "GRID", "STYLES", "BarControls", "Events", "Grammar", "Plan", "Voice", "density_level"]

Key = tuple[int, bool]
"""Tonic pitch class 0-11 and whether the mode is minor."""

Segment = tuple[int, int]
"""One bar of one track: (bar, track), both from 0."""


Holes = Mapping[Segment, Collection[Note]]
"""What to leave open, and which notes of it are kept."""


@dataclass(frozen=True)
class BarControls:
    """How a bar is meant to be: its level of `density` (see DENSITIES) and one or two `chords`; None, () = free."""

    density: int | None = None
    chords: tuple[Chord, ...] = ()


def density_level(notes: int, length: int) -> int:
    """The level of a bar of `length` ticks of the grid with so many notes: 0 is none, len(DENSITIES) the most."""
    return sum(notes > most * length / GRID for most in DENSITIES)


class Events:
    """Encodes scores as ids and decodes any ids to a score. Built from the token names that a checkpoint keeps."""

    name = "events"

    def __init__(self, vocabulary: Sequence[str] | None = None) -> None:
        self.vocabulary = Vocabulary(vocabulary)
        self.vocab = self.vocabulary.names
        self.tempos = [int(v) for v in self.vocabulary.values("TEMPO")]
        self.velocities = [int(v) for v in self.vocabulary.values("VELOCITY")]
        self.roles = self.vocabulary.values("ROLE")
        self.metres = [(int(n), int(d)) for n, d in (v.split("/") for v in self.vocabulary.values("METRE"))]

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
        writer = _Writer(self.vocabulary, grid.quantize(score), style, key, holes, least)
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
        reader = _Reader(self)
        for token in ids:
            if not 0 <= int(token) < self.vocab_size or not reader.read(int(token)):
                break
        return grid.quantize(reader.score())

    # --- what the sampler and the data need ------------------------------------------------------------------------

    def grammar(self) -> Grammar:
        """A fresh grammar, before the first token."""
        return Grammar(self.vocabulary)

    def allowed(self, prefix: Sequence[int]) -> NDArray[np.bool_]:
        """Which ids may follow `prefix`, (vocab_size,). For step-by-step use keep a `grammar()` instead."""
        grammar = self.grammar()
        for token in prefix:
            grammar.advance(int(token))
        return grammar.allowed()

    def transpose(self, ids: NDArray[np.int64], semitones: int) -> NDArray[np.int64]:
        """The same ids (any shape) with pitches, key and chords moved; drums stay. Pitches must stay in 0-127."""
        pitches = self.vocabulary.types["PITCH"]
        moved = np.where((ids >= pitches.start) & (ids < pitches.stop), ids + semitones, ids)
        for run in (self.vocabulary.types["KEY"], self.vocabulary.types.get("CHORD", range(0))):
            place = ids - run.start
            turned = run.start + place // 12 * 12 + (place % 12 + semitones) % 12
            moved = np.where((ids >= run.start) & (ids < run.stop), turned, moved)
        return moved


def _at_least(count: int, score: Score) -> tuple[Bar, ...]:
    """The bars of a score, and silent ones after them up to so many."""
    bars = list(score.bars)
    while len(bars) < count:
        start = bars[-1].end if bars else 0
        _, numerator, denominator = score.time_signature_at(start)
        bars.append(Bar(len(bars), start, start + score.bar_length(numerator, denominator), numerator, denominator))
    return tuple(bars)


class _Writer:
    """Writes the ids of one score on the grid, in order; holds what the last tokens left in force."""

    def __init__(
        self, vocabulary: Vocabulary, score: Score, style: str | None, key: Key | None, holes: Holes, least: int
    ) -> None:
        self.ids, self.first = vocabulary.ids, vocabulary.first
        self.score, self.bars, self.open = score, _at_least(least, score), holes
        if style is not None and f"STYLE_{style}" not in self.ids:
            raise ValueError(f"style {style!r} is none of {', '.join(vocabulary.values('STYLE'))}")
        for bar, track in holes:
            if not (0 <= bar < len(self.bars) and 0 <= track < len(score.tracks)):
                raise ValueError(f"no bar {bar} of track {track} to leave open")
        self.controls = [self.ids[f"STYLE_{style}"]] if style is not None else []
        if key is not None:
            self.controls.append(self.ids[f"KEY_{key[0]}_{'minor' if key[1] else 'major'}"])
        self.metre = score.time_signatures[0][1:]
        self.mpq = score.tempos[0].mpq
        self.velocities = [t.notes[0].velocity if t.notes else 80 for t in score.tracks]
        self.next_note = [0] * len(score.tracks)
        self.later: list[tuple[Bar, int, list[Note]]] = []  # what the holes leave out

    def _velocity(self, velocity: int) -> int:
        return self.first("VELOCITY") + grid.velocity_bin(velocity)

    def _tempo(self) -> int:
        return self.first("TEMPO") + grid.tempo_bin(self.mpq)

    def header(self) -> list[int]:
        """BOS ... START as of now."""
        ids = [self.ids["BOS"], *self.controls, self.ids["METRE_{}/{}".format(*self.metre)], self._tempo()]
        for k, track in enumerate(self.score.tracks):
            program = "drums" if track.is_drum else track.program
            ids += [self.ids[f"TRACK_{k}"], self.ids[f"ROLE_{track.role}"], self.ids[f"PROGRAM_{program}"]]
            ids.append(self._velocity(self.velocities[k]))
        if not self.score.tracks:  # a header names at least one track
            ids += [self.ids["TRACK_0"], self.ids["ROLE_melody"], self.ids["PROGRAM_0"], self._velocity(80)]
        return [*ids, self.ids["START"]]

    def bar(self, bar: Bar, left: int, heading: Sequence[int]) -> list[int]:
        """BAR, `heading` and all that is in it; `left` of the last bars, 0 = not said."""
        ids = [self.ids["BAR"]]
        if (bar.numerator, bar.denominator) != self.metre:
            self.metre = (bar.numerator, bar.denominator)
            ids.append(self.ids["METRE_{}/{}".format(*self.metre)])
        mpq = self.score.tempo_at(bar.start).mpq
        if mpq != self.mpq:
            self.mpq = mpq
            ids.append(self._tempo())
        if left:
            ids.append(self.ids[f"LEFT_{left}"])
        ids += heading
        for k in range(len(self.score.tracks)):
            notes = self._take(k, bar.end)
            kept = self.open.get((bar.index, k))
            if kept is not None:
                self.later.append((bar, k, [note for note in notes if note not in kept]))
                notes = [note for note in notes if note in kept]
            elif not notes:
                continue
            if k:
                ids.append(self.ids[f"TRACK_{k}"])
            if kept is not None:
                ids.append(self.ids["HOLE"])
            ids += self._notes(k, bar, notes)
        return ids

    def _take(self, k: int, end: int) -> list[Note]:
        """The notes of track `k` that start before `end` and are not written yet."""
        notes, i = self.score.tracks[k].notes, self.next_note[k]
        while i < len(notes) and notes[i].onset < end:
            i += 1
        taken = list(notes[self.next_note[k] : i])
        self.next_note[k] = i
        return taken

    def _notes(self, k: int, bar: Bar, notes: list[Note]) -> list[int]:
        ids: list[int] = []
        pitch_of = self.first("DRUM" if self.score.tracks[k].is_drum else "PITCH")
        position = -1
        for onset, pitch, duration, velocity in notes:
            if onset - bar.start != position:
                position = onset - bar.start
                ids.append(self.first("POSITION") + position)
            if velocity != self.velocities[k]:
                self.velocities[k] = velocity
                ids.append(self._velocity(velocity))
            holds, rest = divmod(duration - 1, LONGEST_DURATION)
            ids += [pitch_of + pitch, *[self.ids["HOLD"]] * holds, self.first("DURATION") + rest]
        return ids

    def fills(self) -> list[list[int]]:
        """What the holes lack, in their order."""
        return [[self.ids["FILL"], self.ids[f"TRACK_{k}"], *self._notes(k, bar, notes)] for bar, k, notes in self.later]


class _Reader:
    """Reads ids one by one into notes; forgives everything."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.kinds = [name.split("_", 1)[0] for name in events.vocab]
        self.metre = (4, 4)
        self.metres: list[TimeSignature] = []
        self.tempos: list[Tempo] = []
        self.tracks: dict[int, dict[str, int]] = {}
        self.notes: dict[int, list[Note]] = {}
        self.bars = 0
        self.start = self.end = 0  # of the current bar
        self.track = 0
        self.position: int | None = None
        self.pitch: int | None = None
        self.holds = 0
        self.holes: list[tuple[int, int, int]] = []  # (start, end, track)

    def read(self, token: int) -> bool:
        """Take one id; False when the piece is over."""
        kind = self.kinds[token]
        value = token - self.events.vocabulary.first(kind)
        if kind == "EOS":
            return False
        if kind == "BAR":
            self._next_bar()
        elif kind == "METRE":
            self._metre(value)
        elif kind == "TEMPO":
            self.tempos.append(Tempo(self.start, grid.MPQ[grid.tempo_bin(60_000_000 // self.events.tempos[value])]))
        elif kind == "TRACK":
            self.track, self.position, self.pitch = value, None, None
            self._state()
        elif kind in ("ROLE", "PROGRAM", "VELOCITY"):
            self._state()[kind] = value
        elif kind == "HOLE":
            self.holes.append((self.start, self.end, self.track))
        elif kind == "FILL":
            if self.holes:
                self.start, self.end, self.track = self.holes.pop(0)
            self.position = self.pitch = None
        else:
            self._note(kind, value)
        return True

    def _state(self) -> dict[str, int]:
        return self.tracks.setdefault(self.track, {})

    def _length(self) -> int:
        return 4 * GRID * self.metre[0] // self.metre[1]

    def _next_bar(self) -> None:
        if self.bars:
            self.start = self.end
        self.bars += 1
        self.end = self.start + self._length()
        self.track, self.position, self.pitch = 0, None, None

    def _metre(self, value: int) -> None:
        self.metre = self.events.metres[value]
        self.metres.append(TimeSignature(self.start, *self.metre))
        self.end = self.start + self._length()

    def _note(self, kind: str, value: int) -> None:
        if kind == "POSITION":
            self.position, self.pitch = (value if self.start + value < self.end else None), None
        elif kind in ("PITCH", "DRUM"):
            state = self._state()
            drums = state.get("PROGRAM") == len(self.events.vocabulary.types["PROGRAM"]) - 1
            self.pitch, self.holds = (value if drums == (kind == "DRUM") else None), 0
        elif kind == "HOLD":
            self.holds += 1
        elif kind == "DURATION" and self.pitch is not None and self.position is not None and self.bars:
            duration = min(self.holds * LONGEST_DURATION + value + 1, grid.MAX_DURATION)
            velocity = self.events.velocities[self._state().get("VELOCITY", grid.velocity_bin(80))]
            note = Note(self.start + self.position, self.pitch, duration, velocity)
            self.notes.setdefault(self.track, []).append(note)
            self.pitch = None

    def score(self) -> Score:
        """What was read so far."""
        drums = len(self.events.vocabulary.types["PROGRAM"]) - 1
        tracks = []
        for k in sorted(self.tracks):
            state = self.tracks[k]
            program = state.get("PROGRAM", 0)
            role = self.events.roles[state.get("ROLE", 1)]
            is_drum = program == drums
            tracks.append(
                Track(tuple(self.notes.get(k, ())), 0 if is_drum else program, is_drum, "", role)  # type: ignore[arg-type]
            )
        return Score(GRID, tuple(tracks), tuple(self.tempos), tuple(self.metres))
