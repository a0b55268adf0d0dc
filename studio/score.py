"""`Score`: the one hub type. Everything becomes a `Score` or comes from one; a `Score` knows nobody.

Time is counted in integer ticks, `Score.resolution` of them per quarter note. Bars are counted from 0 here (people
count from 1; that is for the page and the command line). All types are frozen; every operation returns a new value.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeVar, get_args

Role = Literal["melody", "accompaniment", "bass", "drums"]
ROLES: tuple[Role, ...] = get_args(Role)


class Note(NamedTuple):
    """One note. `onset` and `duration` in ticks (duration >= 1), `pitch` 0-127 (60 = C4), `velocity` 1-127."""

    onset: int
    pitch: int
    duration: int
    velocity: int

    @property
    def end(self) -> int:
        return self.onset + self.duration


class Tempo(NamedTuple):
    """From `onset` on, a quarter note lasts `mpq` microseconds: as MIDI keeps it, so that it survives exactly."""

    onset: int
    mpq: int

    @property
    def qpm(self) -> float:
        """Quarter notes per minute."""
        return 60_000_000 / self.mpq


class TimeSignature(NamedTuple):
    """From `onset` on, bars of `numerator`/`denominator`. One inside a bar ends that bar early (a pickup)."""

    onset: int
    numerator: int
    denominator: int


class KeySignature(NamedTuple):
    """From `onset` on, `fifths` sharps (negative: flats), -7 to 7; `minor` says the mode."""

    onset: int
    fifths: int
    minor: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """Bar `index` (from 0) spans ticks `start` to `end` (exclusive) under `numerator`/`denominator`."""

    index: int
    start: int
    end: int
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Track:
    """The notes of one instrument, sorted. `program` is General MIDI's, 0-127, without meaning where `is_drum`."""

    notes: tuple[Note, ...] = ()
    program: int = 0
    is_drum: bool = False
    name: str = ""
    role: Role = "accompaniment"

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(sorted(self.notes)))
        if not 0 <= self.program <= 127:
            raise ValueError(f"program {self.program} is outside 0-127")
        if self.role not in ROLES:
            raise ValueError(f"role {self.role!r} is none of {', '.join(ROLES)}")
        for onset, pitch, duration, velocity in self.notes:
            if onset < 0 or duration < 1 or not 0 <= pitch <= 127 or not 1 <= velocity <= 127:
                raise ValueError(f"not a note: onset {onset}, pitch {pitch}, duration {duration}, velocity {velocity}")

    @property
    def end(self) -> int:
        """Tick at which the last note ends; 0 when there is none."""
        return max((n.onset + n.duration for n in self.notes), default=0)


Change = TypeVar("Change", Tempo, TimeSignature, KeySignature)


def _as_map(changes: tuple[Change, ...], default: Change | None) -> tuple[Change, ...]:
    """Sort by onset, keep the last of several at one tick, and put `default` at tick 0 if nothing is there."""
    by_onset = {c.onset: c for c in sorted(changes, key=lambda c: c.onset)}
    if default is not None and 0 not in by_onset:
        by_onset[0] = default
    if any(onset < 0 for onset in by_onset):
        raise ValueError("a tempo, metre or key change before tick 0")
    return tuple(by_onset[onset] for onset in sorted(by_onset))


def _at(changes: tuple[Change, ...], tick: int) -> Change | None:
    """The change in force at `tick`."""
    i = bisect_right(changes, tick, key=lambda change: change.onset)
    return changes[i - 1] if i else None


def _shifted(changes: tuple[Change, ...], start: int, end: int) -> tuple[Change, ...]:
    """The changes in force in ticks `start` to `end`, counted from `start`."""
    first = _at(changes, start)
    inside = [c._replace(onset=c.onset - start) for c in changes if start < c.onset < end]
    return tuple(([first._replace(onset=0)] if first is not None else []) + inside)


@dataclass(frozen=True, slots=True)
class Score:
    """A piece of music: tracks over one tempo map and one metre map.

    `tempos` and `time_signatures` always hold an entry at tick 0 (120 qpm and 4/4 are put where nothing is said).
    """

    resolution: int = 480
    tracks: tuple[Track, ...] = ()
    tempos: tuple[Tempo, ...] = field(default=())
    time_signatures: tuple[TimeSignature, ...] = field(default=())
    key_signatures: tuple[KeySignature, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.resolution <= 32767:
            raise ValueError(f"resolution {self.resolution} is outside 1-32767 ticks per quarter")
        object.__setattr__(self, "tracks", tuple(self.tracks))
        object.__setattr__(self, "tempos", _as_map(tuple(self.tempos), Tempo(0, 500_000)))
        object.__setattr__(self, "time_signatures", _as_map(tuple(self.time_signatures), TimeSignature(0, 4, 4)))
        object.__setattr__(self, "key_signatures", _as_map(tuple(self.key_signatures), None))
        if any(t.mpq < 1 for t in self.tempos):
            raise ValueError("a tempo must be at least 1 microsecond per quarter")
        if any(t.numerator < 1 or t.denominator < 1 for t in self.time_signatures):
            raise ValueError("a time signature needs a numerator and a denominator of at least 1")

    # --- reading ---------------------------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """Tick at which the last note ends."""
        return max((t.end for t in self.tracks), default=0)

    @property
    def note_count(self) -> int:
        return sum(len(t.notes) for t in self.tracks)

    def bar_length(self, numerator: int, denominator: int) -> int:
        """Ticks of a full bar of this metre, at least 1."""
        return max(1, round(self.resolution * 4 * numerator / denominator))

    def _bar_starts(self) -> list[tuple[int, int, int, TimeSignature]]:
        """(start, end, bar length, metre) of each stretch under one metre, in ticks; the last ends with the music."""
        stretches = []
        music_end = self.end
        for i, metre in enumerate(self.time_signatures):
            last = i + 1 == len(self.time_signatures)
            end = music_end if last else min(music_end, self.time_signatures[i + 1].onset)
            if end > metre.onset:
                stretches.append((metre.onset, end, self.bar_length(metre.numerator, metre.denominator), metre))
        return stretches

    @property
    def bar_count(self) -> int:
        """Number of bars up to the end of the last note, found without listing them."""
        return sum(math.ceil((end - start) / length) for start, end, length, _ in self._bar_starts())

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars up to the end of the last note; the last one is whole even when the music ends inside it."""
        bars: list[Bar] = []
        metres = self.time_signatures
        for i, (start, end, length, metre) in enumerate(self._bar_starts()):
            # A metre change cuts the bar before it short; the end of the music does not.
            cut = metres[i + 1].onset if i + 1 < len(metres) else end + length
            for tick in range(start, end, length):
                bars.append(Bar(len(bars), tick, min(tick + length, cut), metre.numerator, metre.denominator))
        return tuple(bars)

    def tempo_at(self, tick: int) -> Tempo:
        tempo = _at(self.tempos, tick)
        assert tempo is not None
        return tempo

    def seconds_at(self, tick: int) -> float:
        """When `tick` sounds, in seconds from the start, under the tempo map."""
        ends = [*(tempo.onset for tempo in self.tempos[1:]), tick]
        microticks = sum(
            max(0, min(end, tick) - tempo.onset) * tempo.mpq for tempo, end in zip(self.tempos, ends, strict=True)
        )
        return microticks / self.resolution / 1_000_000

    def time_signature_at(self, tick: int) -> TimeSignature:
        metre = _at(self.time_signatures, tick)
        assert metre is not None
        return metre

    # --- pure operations -------------------------------------------------------------------------------------------

    def transpose(self, semitones: int) -> Score:
        """Move every pitched note; ValueError when one would leave 0-127. Key signatures are dropped: untrue now."""
        if semitones == 0:
            return self
        tracks = tuple(
            t if t.is_drum else replace(t, notes=tuple(n._replace(pitch=n.pitch + semitones) for n in t.notes))
            for t in self.tracks
        )
        return replace(self, tracks=tracks, key_signatures=())

    def rescale(self, resolution: int) -> Score:
        """The same music at another resolution: exact when it is a multiple, else rounded to the nearest tick."""
        if resolution == self.resolution:
            return self

        def scaled(tick: int) -> int:
            return (2 * tick * resolution + self.resolution) // (2 * self.resolution)

        def note(n: Note) -> Note:
            onset = scaled(n.onset)
            # Rounding duration and not end keeps equal note values equal wherever they start.
            return Note(onset, n.pitch, max(1, scaled(n.duration)), n.velocity)

        return replace(
            self,
            resolution=resolution,
            tracks=tuple(replace(t, notes=tuple(map(note, t.notes))) for t in self.tracks),
            tempos=tuple(t._replace(onset=scaled(t.onset)) for t in self.tempos),
            time_signatures=tuple(t._replace(onset=scaled(t.onset)) for t in self.time_signatures),
            key_signatures=tuple(k._replace(onset=scaled(k.onset)) for k in self.key_signatures),
        )

    def slice_ticks(self, start: int, end: int) -> Score:
        """What starts in ticks `start` to `end` (exclusive), from tick 0; notes ringing past `end` are cut there."""

        def cut(track: Track) -> Track:
            notes = tuple(
                Note(n.onset - start, n.pitch, min(n.duration, end - n.onset), n.velocity)
                for n in track.notes
                if start <= n.onset < end
            )
            return replace(track, notes=notes)

        return replace(
            self,
            tracks=tuple(map(cut, self.tracks)),
            tempos=_shifted(self.tempos, start, end),
            time_signatures=_shifted(self.time_signatures, start, end),
            key_signatures=_shifted(self.key_signatures, start, end),
        )

    def slice_bars(self, first: int, last: int) -> Score:
        """Bars `first` to `last` (exclusive, from 0) as a score of their own."""
        bars = self.bars[first:last]
        if not bars:
            return replace(self, tracks=())
        start, end = bars[0].start, bars[-1].end
        part = self.slice_ticks(start, end)
        if end - bars[-1].start < self.bar_length(bars[-1].numerator, bars[-1].denominator):
            # Without the metre change that cuts it short the last bar would grow.
            cut = self.time_signature_at(end)._replace(onset=end - start)
            part = replace(part, time_signatures=(*part.time_signatures, cut))
        return part

    def append(self, other: Score, at: int) -> Score:
        """`other` after this score, its tick 0 at tick `at` (in this score's ticks); tracks are joined by their index.

        Both are first brought to one resolution that holds both exactly where MIDI's 32767 ticks allow it.
        """
        resolution = math.lcm(self.resolution, other.resolution)
        if resolution > 32767:
            resolution = self.resolution
        at = at * resolution // self.resolution
        head, tail = self.rescale(resolution), other.rescale(resolution)

        def moved(changes: tuple[Change, ...], before: tuple[Change, ...]) -> tuple[Change, ...]:
            later = [c._replace(onset=c.onset + at) for c in changes]
            kept = tuple(c for c in before if c.onset < at)
            current = _at(kept, at)
            # A first change that only says what is in force anyway is dropped; a metre that restarts its bars is not.
            if later and current is not None and current[1:] == later[0][1:] and on_bar_line(current):
                later = later[1:]
            return kept + tuple(later)

        def on_bar_line(change: Tempo | TimeSignature | KeySignature) -> bool:
            if not isinstance(change, TimeSignature):
                return True
            return (at - change.onset) % head.bar_length(change.numerator, change.denominator) == 0

        tracks = list(head.tracks)
        for i, track in enumerate(tail.tracks):
            notes = tuple(n._replace(onset=n.onset + at) for n in track.notes)
            if i < len(tracks):
                tracks[i] = replace(tracks[i], notes=tracks[i].notes + notes)
            else:
                tracks.append(replace(track, notes=notes))
        return replace(
            head,
            tracks=tuple(tracks),
            tempos=moved(tail.tempos, head.tempos),
            time_signatures=moved(tail.time_signatures, head.time_signatures),
            key_signatures=moved(tail.key_signatures, head.key_signatures),
        )
