"""The grammar of the events representation: which token may come next, kept step by step. Knows no scores.

A `Grammar` is fed every id in order (`advance`) and tells at any time what may follow (`allowed`). With a `Plan` it
also steers the writing: exactly so many new bars, one voice, an ending, a pitch range, no long silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.representations.events.vocabulary import GRID, LONGEST_DURATION, MAX_HOLDS, Vocabulary

# What the grammar waits for. The header's phases are named after the token that comes next.
_HEADER = ("BOS", "STYLE", "KEY", "METRE", "TEMPO", "TRACK", "ROLE", "PROGRAM", "VELOCITY")


@dataclass(frozen=True)
class Plan:
    """What to write after the prompt: `bars` new bars, in its metre and tempo.

    `monophonic`: one note at a time in track 0 and no other track. `ending`: close the piece with the last bar.
    `lowest`, `highest`: pitches allowed (0-127). `max_empty_bars`: silent bars in a row allowed; the first is never
    silent. `max_same_pitch`: how often in a row one pitch may come in track 0.
    """

    bars: int
    monophonic: bool = False
    ending: bool = False
    lowest: int = 0
    highest: int = 127
    max_empty_bars: int = 1
    max_same_pitch: int = 8


class Grammar:
    """The state after a prefix of tokens. Ids that break the grammar are taken as they come, never raised on."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.kinds = [name.split("_", 1)[0] for name in vocabulary.names]
        self.metres = [tuple(map(int, v.split("/"))) for v in vocabulary.values("METRE")]
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
        self.left = 0  # of LEFT_k in this bar; 0 = not said
        self.voice_end = 0  # where the last note of track 0 ends, in ticks from the first bar
        self.open_holes: list[tuple[int, int]] = []  # (track, bar length)
        self.filling = False  # past the bars, in what belongs into the holes
        self.bars_to_write = 0
        self.empty_bars = 0
        self.notes_in_bar = 0
        self.same_pitch = (-1, 0)  # the last pitch of track 0 and how often in a row it came

    def steer(self, plan: Plan) -> None:
        """From here on write what `plan` says: the next bar is its first."""
        self.plan = plan
        self.bars_to_write = plan.bars
        self.phase = "BAR"  # the prompt's last bar stays as it is
        self.empty_bars = plan.max_empty_bars
        self.notes_in_bar = 1  # the prompt's last bar is not the plan's business

    # --- one token on ----------------------------------------------------------------------------------------------

    def advance(self, token: int) -> None:
        """Take the next id."""
        kind = self.kinds[token]
        value = token - self.vocabulary.first(kind)
        if (self.bar < 0 and kind in _HEADER) or kind == "START":
            self._header(kind, value)
        elif kind == "BAR":
            self._next_bar()
        elif kind == "METRE":
            self.bar_length = 4 * GRID * self.metres[value][0] // self.metres[value][1]
            self.phase = "after metre"
        elif kind == "TEMPO":
            self.phase = "after tempo"
        elif kind == "LEFT":
            self.left = value + 1
            self.phase = "segment"
        elif kind == "TRACK":
            self.track, self.position, self.phase = value, -1, "track"
        elif kind == "HOLE":
            self.open_holes.append((self.track, self.bar_length))
            self.phase = "hole"
        elif kind == "FILL":
            self.track, self.bar_length = self.open_holes.pop(0) if self.open_holes else (0, self.bar_length)
            self.position, self.phase, self.filling = -1, "fill", True
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
            self.bar_length = 4 * GRID * self.metres[value][0] // self.metres[value][1]
        following = {"TRACK": "ROLE", "ROLE": "PROGRAM", "PROGRAM": "VELOCITY", "VELOCITY": "TRACK", "START": "BAR"}
        self.phase = following.get(kind) or _HEADER[_HEADER.index(kind) + 1]

    def _next_bar(self) -> None:
        if self.bar >= 0:
            self.bar_start += self.bar_length
        self.bar += 1
        if self.plan is not None:
            silent = self.notes_in_bar == 0 and self.voice_end <= self.bar_start - self.bar_length
            self.empty_bars = self.empty_bars + 1 if silent else 0
            if self.bars_to_write == self.plan.bars:
                self.empty_bars = self.plan.max_empty_bars
            self.bars_to_write -= 1
        self.track, self.position, self.left, self.notes_in_bar = 0, -1, 0, 0
        self.phase = "bar"

    def _note(self, kind: str, value: int) -> None:
        if kind == "POSITION":
            self.position, self.pitch, self.phase = value, -1, "position"
        elif kind == "VELOCITY":
            self.phase = "velocity"
        elif kind in ("PITCH", "DRUM"):
            self.pitch, self.holds, self.phase = value, 0, "pitch"
            if self.track == 0:
                last, times = self.same_pitch
                self.same_pitch = (value, times + 1 if value == last else 1)
        elif kind == "HOLD":
            self.holds += 1
            self.phase = "pitch"
        elif kind == "DURATION":
            self.notes_in_bar += 1
            if self.track == 0:
                end = self.bar_start + self.position + self.holds * LONGEST_DURATION + value + 1
                self.voice_end = max(self.voice_end, end)
            self.phase = "note"

    # --- what may follow -------------------------------------------------------------------------------------------

    def allowed(self) -> NDArray[np.bool_]:
        """Which ids may come next, (V,); all False only after EOS."""
        mask = np.zeros(len(self.vocabulary), dtype=np.bool_)
        phase = self.phase
        if phase in _HEADER:
            self._allow_header(mask)
        elif phase == "BAR":
            self._open(mask, "BAR")
            if self.plan is None:
                self._open(mask, "EOS")
        elif phase in ("position", "velocity"):
            self._allow_pitch(mask)
            if phase == "position":
                self._open(mask, "VELOCITY")
        elif phase == "pitch":
            self._open(mask, "DURATION")
            if self.holds < MAX_HOLDS:
                self._open(mask, "HOLD")
        elif phase == "track":
            self._allow_positions(mask)
            if self.plan is None:
                self._open(mask, "HOLE")
        elif phase != "end":
            self._allow_content(mask, phase)
        return mask

    def _open(self, mask: NDArray[np.bool_], kind: str, first: int = 0, last: int | None = None) -> None:
        """Allow the tokens `first` to `last` (exclusive) of a type."""
        run = self.vocabulary.types[kind]
        stop = run.stop if last is None else min(run.stop, run.start + last)
        mask[run.start + first : max(run.start + first, stop)] = True

    def _allow_header(self, mask: NDArray[np.bool_]) -> None:
        if self.phase == "TRACK":
            count = len(self.drum_tracks)
            self._open(mask, "TRACK", count, count + 1)
            if count:
                self._open(mask, "START")
            return
        self._open(mask, self.phase)
        if self.phase in ("STYLE", "KEY"):
            self._open(mask, "METRE")
        if self.phase == "STYLE":
            self._open(mask, "KEY")

    def _is_drum(self) -> bool:
        return self.track < len(self.drum_tracks) and self.drum_tracks[self.track]

    def _allow_pitch(self, mask: NDArray[np.bool_]) -> None:
        """Chords rise: a pitch above the last one at this position."""
        lowest, highest = self.pitch + 1, 127
        if self._is_drum():
            self._open(mask, "DRUM", lowest)
            return
        if self.plan is not None:
            lowest, highest = max(lowest, self.plan.lowest), self.plan.highest
        self._open(mask, "PITCH", lowest, highest + 1)
        last, times = self.same_pitch
        if self.plan is not None and self.track == 0 and times >= self.plan.max_same_pitch and lowest < highest:
            mask[self.vocabulary.first("PITCH") + last] = False

    def _allow_positions(self, mask: NDArray[np.bool_]) -> None:
        first = self.position + 1
        if self.plan is not None and self.plan.monophonic:
            first = max(first, self.voice_end - self.bar_start)
        if first < self.bar_length:
            self._open(mask, "POSITION", first, self.bar_length)

    def _chord_may_grow(self) -> bool:
        if self.plan is None:
            return self.pitch < 127
        return not self.plan.monophonic and self.pitch < (127 if self._is_drum() else self.plan.highest)

    def _allow_content(self, mask: NDArray[np.bool_], phase: str) -> None:
        """Inside a bar: what heads it, its notes, the next track, what comes after it."""
        if phase == "bar" and self.plan is not None:
            wanted = self.bars_to_write + 1
            if self.plan.ending and wanted <= len(self.vocabulary.types["LEFT"]):
                self._open(mask, "LEFT", wanted - 1, wanted)
                return
        if self.plan is None and phase in ("bar", "after metre", "after tempo"):
            if phase == "bar":
                self._open(mask, "METRE")
            if phase != "after tempo":
                self._open(mask, "TEMPO")
            self._open(mask, "LEFT")
        if phase == "note" and self._chord_may_grow():
            self._allow_pitch(mask)
            self._open(mask, "VELOCITY")
        if phase != "hole":
            self._allow_positions(mask)
        if phase in ("bar", "after metre", "after tempo", "segment") and self.plan is None and self.track == 0:
            self._open(mask, "HOLE")
        self._allow_what_follows(mask)

    def _allow_what_follows(self, mask: NDArray[np.bool_]) -> None:
        if not self.filling and not (self.plan is not None and self.plan.monophonic):
            self._open(mask, "TRACK", self.track + 1, len(self.drum_tracks))
        if self.plan is None:
            if not self.filling:
                self._open(mask, "BAR")
            if self.open_holes:
                self._open(mask, "FILL")
            else:
                self._open(mask, "EOS")
            return
        ringing = self.voice_end > self.bar_start
        if self.notes_in_bar or ringing or self.empty_bars < self.plan.max_empty_bars or not mask.any():
            self._open(mask, "BAR" if self.bars_to_write > 0 else "EOS")
