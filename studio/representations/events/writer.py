"""Scores to ids, in order: what stands in a header, in a bar, in the holes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from studio.representations.events import grid
from studio.representations.events.vocabulary import LONGEST_DURATION, Vocabulary
from studio.score import Bar, Note, Score

Key = tuple[int, bool]
"""Tonic pitch class 0-11 and whether the mode is minor."""

Segment = tuple[int, int]
"""One bar of one track: (bar, track), both from 0."""


Holes = Mapping[Segment, Collection[Note]]
"""What to leave open, and which notes of it are kept."""


def _at_least(count: int, score: Score) -> tuple[Bar, ...]:
    """The bars of a score, and silent ones after them up to so many."""
    bars = list(score.bars)
    while len(bars) < count:
        start = bars[-1].end if bars else 0
        _, numerator, denominator = score.time_signature_at(start)
        bars.append(Bar(len(bars), start, start + score.bar_length(numerator, denominator), numerator, denominator))
    return tuple(bars)


class Writer:
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
