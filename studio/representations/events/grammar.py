"""The grammar of the events representation: which token may come next, kept step by step. Knows no scores.

A `Grammar` is fed every id in order (`advance`) and tells at any time what may follow (`allowed`). With a `Plan` it
also steers the writing: exactly so many new bars or what is missing in the holes, voices within their pitches, an
ending, no long silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.representations.events.vocabulary import GRID, LONGEST_DURATION, MAX_HOLDS, Vocabulary

# What the grammar waits for. The header's phases are named after the token that comes next.
_HEADER = ("BOS", "STYLE", "KEY", "METRE", "TEMPO", "TRACK", "ROLE", "PROGRAM", "VELOCITY")
_OPTIONAL = ("STYLE", "KEY", "METRE", "TEMPO")
# What may head a bar, in this order; a bar says at most CHORDS chords.
_HEADING = ("METRE", "TEMPO", "LEFT", "DENSITY", "CHORD")
CHORDS = 2
FAR = 1 << 30


@dataclass(frozen=True)
class Voice:
    """What one track may play: pitches from `lowest` to `highest` (0-127; drums any), one note at a time or more.

    `max_same_pitch`: how often in a row one pitch may come in a voice of one note at a time.
    """

    lowest: int = 0
    highest: int = 127
    monophonic: bool = False
    max_same_pitch: int = 8


@dataclass(frozen=True)
class Plan:
    """What to write after the prompt: `bars` new bars, in its metre and tempo, then what its holes lack.

    `voices`: what each track may play, from track 0 on; the others may play anything. `headings`: the DENSITY and CHORD
    ids of each new bar. `ending`: close the piece with the last bar. `max_empty_bars`: silent bars in a row allowed;
    the first new bar is never silent.
    """

    bars: int = 0
    voices: tuple[Voice, ...] = ()
    headings: tuple[tuple[int, ...], ...] = ()
    ending: bool = False
    max_empty_bars: int = 1

    def voice(self, track: int) -> Voice:
        return self.voices[track] if track < len(self.voices) else Voice()


@dataclass(frozen=True)
class Hole:
    """Where something is missing: the bar from tick `start` on, so long, and the track."""

    start: int
    length: int
    track: int


class Grammar:
    """The state after a prefix of tokens. Ids that break the grammar are taken as they come, never raised on."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.kinds, self.metres = vocabulary.kinds, vocabulary.metres
        self.plan: Plan | None = None
        self.phase = "BOS"
        self.drum_tracks: list[bool] = []
        self.bar_length = 4 * GRID
        self.bar = -1  # bars begun
        self.bar_start = 0
        self.track = 0
        self.position = -1
        self.pitch = -1  # the last one at this position
        self.holds = 0
        self.chords = 0  # said in this bar
        self.holes: list[Hole] = []  # those not yet filled
        self.filling = False  # past the bars, in what belongs into the holes
        # What sounds: every note as (onset, end, pitch), by track; ticks from the first bar on.
        self.notes: dict[int, list[tuple[int, int, int]]] = {}
        self.ringing = 0  # when the last of them ends
        self.bars_to_write = 0
        self.empty = 0  # bars, or holes, in a row that stayed silent
        self.notes_here = 0  # in this bar or hole
        self.same_pitch: dict[int, tuple[int, int]] = {}  # by track, its last pitch and how often in a row it came
        self.forced: list[int] = []  # headings still to be said
        self.free_from = 0  # the first position at which the voice being written may start a note
        self.taken: frozenset[tuple[int, int]] = frozenset()  # (position, pitch) that stand in this hole already

    def steer(self, plan: Plan) -> None:
        """From here on write what `plan` says: what comes next is its first bar, or what the first hole lacks."""
        self.plan = plan
        self.bars_to_write = plan.bars
        self.phase = "BAR"  # the prompt's last bar stays as it is
        self.empty = self._most_empty()
        self.notes_here = 1  # the prompt's last bar is not the plan's business

    def _most_empty(self) -> int:
        """How many silent bars, or holes, may come in a row."""
        assert self.plan is not None
        return self.plan.max_empty_bars * max(1, len({hole.track for hole in self.holes}))

    # --- one token on ----------------------------------------------------------------------------------------------

    def advance(self, token: int) -> None:
        """Take the next id."""
        kind = self.kinds[token]
        value = token - self.vocabulary.first(kind)
        if self.forced and token == self.forced[0]:
            self.forced.pop(0)
        if (self.bar < 0 and kind in _HEADER) or kind == "START":
            self._header(kind, value)
        elif kind == "BAR":
            self._next_bar()
        elif kind in _HEADING:
            self._heading(kind, value)
        elif kind == "TRACK":
            self._begin_track(value)
        elif kind == "HOLE":
            self.holes.append(Hole(self.bar_start, self.bar_length, self.track))
            self.phase = "hole"
        elif kind == "FILL":
            self._begin_fill()
        elif kind == "EOS":
            self.phase = "end"
        else:
            self._note(kind, value)

    def _header(self, kind: str, value: int) -> None:
        if kind == "TRACK":
            self.drum_tracks.append(False)
        elif kind == "PROGRAM":
            self.drum_tracks[-1:] = [value == len(self.vocabulary.types["PROGRAM"]) - 1]
        elif kind == "METRE":
            self._metre(value)
        following = {"TRACK": "ROLE", "ROLE": "PROGRAM", "PROGRAM": "VELOCITY", "VELOCITY": "TRACK", "START": "BAR"}
        self.phase = following.get(kind) or _HEADER[_HEADER.index(kind) + 1]

    def _metre(self, value: int) -> None:
        self.bar_length = 4 * GRID * self.metres[value][0] // self.metres[value][1]

    def _next_bar(self) -> None:
        if self.bar >= 0:
            self.bar_start += self.bar_length
        self.bar += 1
        if self.plan is not None:
            self._count_silence(silent=not self.notes_here and self.ringing <= self.bar_start - self.bar_length)
            done = self.plan.bars - self.bars_to_write
            if not done:
                self.empty = self._most_empty()
            self.forced = list(self.plan.headings[done]) if done < len(self.plan.headings) else []
            self.bars_to_write -= 1
        self.position, self.chords, self.notes_here = -1, 0, 0
        self._begin_track(0)
        self.phase = "bar"

    def _heading(self, kind: str, value: int) -> None:
        if kind == "METRE":
            self._metre(value)
        self.chords += kind == "CHORD"
        self.phase = kind

    def _begin_track(self, track: int) -> None:
        self.track, self.position, self.phase = track, -1, "track"
        self.free_from, self.taken = 0, frozenset()
        if self.plan is None:
            return
        here = self.notes.get(track, [])
        if self.plan.voice(track).monophonic:
            # Of notes that begin in this bar itself none is counted: they are kept, and those before must be over.
            over = max((end for onset, end, _ in here if onset < self.bar_start), default=0)
            self.free_from = max(0, over - self.bar_start)
        if self.filling:
            inside = ((onset - self.bar_start, pitch) for onset, _, pitch in here)
            self.taken = frozenset((at, pitch) for at, pitch in inside if 0 <= at < self.bar_length)

    def _begin_fill(self) -> None:
        if self.plan is not None and self.filling:
            self._count_silence(silent=not self.notes_here)
        self.filling = True
        hole = self.holes.pop(0) if self.holes else Hole(self.bar_start, self.bar_length, 0)
        self.bar_start, self.bar_length, self.track = hole.start, hole.length, hole.track
        self.notes_here, self.phase = 0, "fill"

    def _count_silence(self, *, silent: bool) -> None:
        self.empty = self.empty + 1 if silent else 0

    def _note(self, kind: str, value: int) -> None:
        if kind == "POSITION":
            self.position, self.pitch, self.phase = value, -1, "position"
        elif kind == "VELOCITY":
            self.phase = "velocity"
        elif kind in ("PITCH", "DRUM"):
            self.pitch, self.holds, self.phase = value, 0, "pitch"
            last, times = self.same_pitch.get(self.track, (-1, 0))
            self.same_pitch[self.track] = (value, times + 1 if value == last else 1)
        elif kind == "HOLD":
            self.holds += 1
            self.phase = "pitch"
        elif kind == "DURATION":
            self.notes_here += 1
            onset = self.bar_start + self.position
            end = onset + self.holds * LONGEST_DURATION + value + 1
            self.notes.setdefault(self.track, []).append((onset, end, self.pitch))
            self.free_from = end - self.bar_start
            self.ringing = max(self.ringing, end)
            self.phase = "note"

    # --- what may follow -------------------------------------------------------------------------------------------

    def allowed(self) -> NDArray[np.bool_]:
        """Which ids may come next, (V,); all False only after EOS."""
        mask = np.zeros(len(self.vocabulary), dtype=np.bool_)
        phase = self.phase
        if phase == "bar" and self._ending_to_say():
            self._open(mask, "LEFT", self.bars_to_write, self.bars_to_write + 1)
        elif self.forced and phase in ("bar", *_HEADING):
            mask[self.forced[0]] = True
        elif phase in _HEADER and self.bar < 0:
            self._allow_header(mask)
        elif phase == "BAR":
            self._allow_next_segment(mask)
        elif phase in ("position", "velocity"):
            self._allow_pitch(mask)
            if phase == "position":
                self._open(mask, "VELOCITY")
        elif phase == "pitch":
            self._allow_duration(mask)
        elif phase == "fill":
            self._open(mask, "TRACK", self.track, self.track + 1)
        elif phase != "end":
            self._allow_content(mask, phase)
        return mask

    def _ending_to_say(self) -> bool:
        """Whether this bar must say how many are left."""
        return self.plan is not None and self.plan.ending and self.bars_to_write < len(self.vocabulary.types["LEFT"])

    def _open(self, mask: NDArray[np.bool_], kind: str, first: int = 0, last: int | None = None) -> None:
        """Allow the tokens `first` to `last` (exclusive) of a type, as far as the vocabulary has them."""
        run = self.vocabulary.types.get(kind, range(0))
        stop = run.stop if last is None else min(run.stop, run.start + last)
        mask[run.start + first : max(run.start + first, stop)] = True

    def _allow_header(self, mask: NDArray[np.bool_]) -> None:
        count = len(self.drum_tracks)
        if self.phase in _OPTIONAL:
            for kind in _OPTIONAL[_OPTIONAL.index(self.phase) :]:
                self._open(mask, kind)
        if self.phase in (*_OPTIONAL, "TRACK"):
            self._open(mask, "TRACK", count, count + 1)
        else:
            self._open(mask, self.phase)
        if self.phase == "TRACK" and count:
            self._open(mask, "START")

    def _is_drum(self) -> bool:
        return self.track < len(self.drum_tracks) and self.drum_tracks[self.track]

    def _voice(self) -> Voice:
        return self.plan.voice(self.track) if self.plan is not None else Voice()

    def _allow_pitch(self, mask: NDArray[np.bool_]) -> None:
        """Chords rise: a pitch above the last one at this position."""
        kind, voice, lowest = "PITCH", self._voice(), self.pitch + 1
        if self._is_drum():
            kind, highest = "DRUM", 127
        elif self.plan is None:
            highest = 127
        else:
            lowest, highest = max(lowest, voice.lowest), voice.highest
        self._open(mask, kind, lowest, highest + 1)
        run = self.vocabulary.first(kind)
        taken = [run + pitch for position, pitch in self.taken if position == self.position]
        if mask.sum() > mask[taken].sum():
            mask[taken] = False
        last, times = self.same_pitch.get(self.track, (-1, 0))
        if self.plan is not None and voice.monophonic and times >= voice.max_same_pitch and lowest < highest:
            mask[run + last] = False

    def _pitches_left(self) -> bool:
        """Whether any pitch may still be added at this position."""
        mask = np.zeros(len(self.vocabulary), dtype=np.bool_)
        self._allow_pitch(mask)
        return bool(mask.any())

    def _room(self) -> int:
        """Ticks from this position to the voice's next note that stands already: a voice of one note ends before it."""
        if self.plan is None or not self.filling or not self._voice().monophonic:
            return FAR
        now = self.bar_start + self.position
        return min((onset - now for onset, _, _ in self.notes.get(self.track, ()) if onset > now), default=FAR)

    def _allow_duration(self, mask: NDArray[np.bool_]) -> None:
        room = self._room() - self.holds * LONGEST_DURATION
        self._open(mask, "DURATION", 0, min(room, LONGEST_DURATION))
        if self.holds < MAX_HOLDS and room > LONGEST_DURATION:
            self._open(mask, "HOLD")

    def _allow_positions(self, mask: NDArray[np.bool_]) -> None:
        first = self.position + 1
        monophonic = self.plan is not None and self._voice().monophonic
        if monophonic:
            first = max(first, self.free_from)
        if first >= self.bar_length:
            return
        self._open(mask, "POSITION", first, self.bar_length)
        if monophonic and self.filling:
            run = self.vocabulary.first("POSITION")
            for onset, end, _ in self.notes.get(self.track, ()):
                begin, stop = max(first, onset - self.bar_start), min(self.bar_length, end - self.bar_start)
                mask[run + begin : run + max(begin, stop)] = False

    def _chord_may_grow(self) -> bool:
        if self.plan is not None and self._voice().monophonic and not self._is_drum():
            return False
        return self._pitches_left()

    def _allow_content(self, mask: NDArray[np.bool_], phase: str) -> None:
        """Inside a bar or a hole: what heads it, its notes, the next track, what comes after it."""
        if self.plan is None:
            self._allow_heading(mask, phase)
        if phase == "note" and self._chord_may_grow():
            self._allow_pitch(mask)
            self._open(mask, "VELOCITY")
        self._allow_positions(mask)
        at_start = phase in ("bar", "track", *_HEADING)
        if at_start and self.plan is None and not self.filling:
            self._open(mask, "HOLE")
        if phase == "track" and not self.filling:
            return  # a track that is named plays, or is open
        if not self.filling:
            self._open(mask, "TRACK", self.track + 1, len(self.drum_tracks))
        sounds = self.notes_here or (not self.filling and self.ringing > self.bar_start)
        if self.plan is None or sounds or self.empty < self._most_empty() or not mask.any():
            self._allow_next_segment(mask)

    def _allow_heading(self, mask: NDArray[np.bool_], phase: str) -> None:
        if phase == "bar":
            following: tuple[str, ...] = _HEADING
        elif phase in _HEADING:
            following = _HEADING[_HEADING.index(phase) + 1 :]
            if phase == "CHORD" and self.chords < CHORDS:
                following = ("CHORD",)
        else:
            return
        for kind in following:
            self._open(mask, kind)

    def _allow_next_segment(self, mask: NDArray[np.bool_]) -> None:
        """What comes after a bar or a hole: as the plan says, else whatever may."""
        if not self.filling and (self.plan is None or self.bars_to_write > 0):
            self._open(mask, "BAR")
        if self.holes and (self.plan is None or self.bars_to_write <= 0):
            self._open(mask, "FILL")
        if not self.holes and (self.plan is None or self.bars_to_write <= 0):
            self._open(mask, "EOS")
