"""Written ids to bars of segments and back, with some segments left open: what `Events.encode` does to a score.

Training makes its exercises with it, thousands a minute, so nothing is decoded to a score and encoded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from studio.representations.events.vocabulary import Vocabulary

Sounding = tuple[int, int, tuple[int, ...]]
"""A note: the ids of its position and velocity, and those from its pitch to its duration."""


@dataclass
class BarIds:
    """One bar: BAR and what heads it, then the notes of each track."""

    heading: list[int]
    notes: dict[int, list[Sounding]] = field(default_factory=dict)


class Passage:
    """A header and whole bars as ids, taken apart; they hold no holes yet."""

    def __init__(self, vocabulary: Vocabulary, header: Sequence[int], ids: Sequence[int]) -> None:
        self.vocabulary, self.header = vocabulary, list(header)
        types = vocabulary.types
        self._position, self._velocity, self._track = types["POSITION"], types["VELOCITY"], types["TRACK"]
        self._duration = types["DURATION"]
        self._headings = {types["METRE"], types["TEMPO"], types["LEFT"]}
        self.loudness = [i for i in header if i in self._velocity]
        """The velocity of each track in the header."""
        self.bars: list[BarIds] = []
        self.ended = False
        self._read(ids)

    def _read(self, ids: Sequence[int]) -> None:
        bar_id, end_id = self.vocabulary.ids["BAR"], self.vocabulary.ids["EOS"]
        loudness, track, position, begun = list(self.loudness), 0, 0, 0
        for i, token in enumerate(ids):
            if token == bar_id:
                self.bars.append(BarIds([token]))
                track = 0
            elif token in self._duration:
                note = (position, loudness[track], tuple(ids[begun : i + 1]))
                self.bars[-1].notes.setdefault(track, []).append(note)
                begun = i + 1
            elif token in self._position:
                position, begun = token, i + 1
            elif token in self._velocity:
                loudness[track], begun = token, i + 1
            elif token in self._track:
                track = token - self._track.start
            elif token == end_id:
                self.ended = True
            elif any(token in run for run in self._headings):
                self.bars[-1].heading.append(token)

    def ids(self, controls: Sequence[Sequence[int]], holes: Mapping[tuple[int, int], Sequence[bool]]) -> list[int]:
        """The passage with `controls`, more ids for the heading of each bar, and (bar, track) `holes`.

        A hole says of each of its notes whether it is kept. With holes, the passage ends with EOS.
        """
        writer = _Segments(self)
        out, fills = list(self.header), []
        for b, (bar, said) in enumerate(zip(self.bars, controls, strict=True)):
            out += [*bar.heading, *said]
            for track in range(len(self.loudness)):
                notes, kept = bar.notes.get(track, []), holes.get((b, track))
                if kept is not None:
                    fills.append((track, [note for note, keep in zip(notes, kept, strict=True) if not keep]))
                    notes = [note for note, keep in zip(notes, kept, strict=True) if keep]
                elif not notes:
                    continue
                if track:
                    out.append(self._track.start + track)
                if kept is not None:
                    out.append(self.vocabulary.ids["HOLE"])
                out += writer.segment(track, notes)
        for track, notes in fills:
            out += [self.vocabulary.ids["FILL"], self._track.start + track, *writer.segment(track, notes)]
        return [*out, self.vocabulary.ids["EOS"]] if self.ended or fills else out


class _Segments:
    """Writes segments in order; holds the velocity that is in force in each track."""

    def __init__(self, passage: Passage) -> None:
        self.loudness = list(passage.loudness)

    def segment(self, track: int, notes: Sequence[Sounding]) -> list[int]:
        out: list[int] = []
        last = -1
        for position, velocity, ids in notes:
            if position != last:
                out.append(position)
                last = position
            if velocity != self.loudness[track]:
                out.append(velocity)
                self.loudness[track] = velocity
            out += ids
        return out
