"""Ids to a score, one by one; forgives everything."""

from __future__ import annotations

from studio.representations.events import grid
from studio.representations.events.vocabulary import GRID, LONGEST_DURATION, Vocabulary
from studio.score import Note, Score, Tempo, TimeSignature, Track


class Reader:
    """Reads ids one by one into notes; forgives everything."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
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
        kind = self.vocabulary.kinds[token]
        value = token - self.vocabulary.first(kind)
        if kind == "EOS":
            return False
        if kind == "BAR":
            self._next_bar()
        elif kind == "METRE":
            self._metre(value)
        elif kind == "TEMPO":
            self.tempos.append(Tempo(self.start, grid.MPQ[grid.tempo_bin(60_000_000 // self.vocabulary.tempos[value])]))
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
        self.metre = self.vocabulary.metres[value]
        self.metres.append(TimeSignature(self.start, *self.metre))
        self.end = self.start + self._length()

    def _note(self, kind: str, value: int) -> None:
        if kind == "POSITION":
            self.position, self.pitch = (value if self.start + value < self.end else None), None
        elif kind in ("PITCH", "DRUM"):
            state = self._state()
            drums = state.get("PROGRAM") == len(self.vocabulary.types["PROGRAM"]) - 1
            self.pitch, self.holds = (value if drums == (kind == "DRUM") else None), 0
        elif kind == "HOLD":
            self.holds += 1
        elif kind == "DURATION" and self.pitch is not None and self.position is not None and self.bars:
            duration = min(self.holds * LONGEST_DURATION + value + 1, grid.MAX_DURATION)
            velocity = self.vocabulary.velocities[self._state().get("VELOCITY", grid.velocity_bin(80))]
            note = Note(self.start + self.position, self.pitch, duration, velocity)
            self.notes.setdefault(self.track, []).append(note)
            self.pitch = None

    def score(self) -> Score:
        """What was read so far."""
        drums = len(self.vocabulary.types["PROGRAM"]) - 1
        tracks = []
        for k in sorted(self.tracks):
            state = self.tracks[k]
            program = state.get("PROGRAM", 0)
            role = self.vocabulary.roles[state.get("ROLE", 1)]
            is_drum = program == drums
            tracks.append(
                Track(tuple(self.notes.get(k, ())), 0 if is_drum else program, is_drum, "", role)  # type: ignore[arg-type]
            )
        return Score(GRID, tuple(tracks), tuple(self.tempos), tuple(self.metres))
