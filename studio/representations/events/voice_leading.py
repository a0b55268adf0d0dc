"""`VoiceLeading`: a grammar that keeps to the rules of four-part writing while voices are written. Knows no network.

Rules are put on decoding, not into the training: what a trained model writes is only held back where it breaks one
(`studio.voice_leading` says which and after whom).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from studio.representations.events.grammar import FAR, Grammar
from studio.representations.events.vocabulary import GRID, LONGEST_DURATION
from studio.voice_leading import RANGES, RESTS_A_QUARTER, Line, parallels

PITCHES = 128
BROKEN = 1000
"""What a broken rule costs; each semitone out of range, or beyond the neighbour, costs 1 more: never 1000 in all."""

_EXCESS = np.maximum(np.arange(PITCHES)[None, :] - np.arange(PITCHES)[:, None], 0)
_ABOVE = np.where(_EXCESS > 0, _EXCESS + BROKEN, 0)  # [bound][pitch]: the cost of a pitch above the bound
_BELOW = _ABOVE.T  # the cost of a pitch below it: as far apart, seen from the other side


@lru_cache(maxsize=4096)
def _parallel_costs(left: int, other: tuple[int, int]) -> NDArray[np.int64]:
    """(128,): what each pitch costs a voice that comes from `left` while another moves (from, to)."""
    return np.array([BROKEN * (parallels((left, pitch), other) is not None) for pitch in range(PITCHES)])


class VoiceLeading:
    """A mask over `grammar`: the tracks `voices`, from soprano to bass, are written by the rules, as far as it goes.

    Of the pitches that the grammar allows those stay that are in the voice's range, cross neither neighbour that sounds
    then, and make no parallel fifths or octaves with any voice that moves at that moment, be it given or written
    before. No choice is ever left empty: where each pitch breaks a rule, those stay that break the fewest, and of these
    the nearest to the range and to the neighbours. A note also ends before it would cross a neighbour's next one.

    Not looked at: notes that were given of the same voice after the one being written, and how it moves on to them.
    The grammar may have read a prompt already; from then on this takes every id in its place.
    """

    def __init__(self, grammar: Grammar, voices: Sequence[int]) -> None:
        if len(voices) != len(RANGES) or len(set(voices)) != len(voices):
            raise ValueError(f"four tracks from soprano to bass were expected, not {list(voices)}")
        self.grammar = grammar
        self.voices = tuple(voices)
        self.lines = [Line(GRID // RESTS_A_QUARTER) for _ in voices]
        self.pitches = grammar.vocabulary.types["PITCH"]
        self.durations = grammar.vocabulary.types["DURATION"]
        self.hold = grammar.vocabulary.ids["HOLD"]
        for track, line in zip(voices, self.lines, strict=True):
            for onset, end, pitch in grammar.notes.get(track, ()):
                line.add(onset, pitch, end)

    def advance(self, token: int) -> None:
        """Take the next id."""
        self.grammar.advance(token)
        track = self.grammar.track
        if token in self.durations and track in self.voices:
            onset, end, pitch = self.grammar.notes[track][-1]
            self.lines[self.voices.index(track)].add(onset, pitch, end)

    def allowed(self) -> NDArray[np.bool_]:
        """Which ids may come next, (V,); none only where the grammar allows none."""
        mask = self.grammar.allowed()
        if self.grammar.track not in self.voices:
            return mask
        voice = self.voices.index(self.grammar.track)
        now = self.grammar.bar_start + self.grammar.position
        pitches = mask[self.pitches.start : self.pitches.stop]
        if pitches.any():
            costs = self._costs(voice, now)
            pitches &= costs == costs[pitches].min()
        elif self.grammar.phase == "pitch":
            self._end_in_time(mask, voice, now)
        return mask

    def _costs(self, voice: int, now: int) -> NDArray[np.int64]:
        """(128,): what each pitch would break as a note of `voice` at tick `now`; 0 = nothing."""
        lowest, highest = RANGES[voice]
        costs: NDArray[np.int64] = _ABOVE[highest] + _BELOW[lowest]
        if voice > 0 and (high := self.lines[voice - 1].at(now)) is not None:
            costs += _ABOVE[high]
        if voice + 1 < len(self.lines) and (low := self.lines[voice + 1].at(now)) is not None:
            costs += _BELOW[low]
        left = self.lines[voice].before(now)
        if left is not None:
            for line in self.lines:
                if line is not self.lines[voice] and (other := line.motion(now)) is not None:
                    costs += _parallel_costs(left, other)
        return costs

    def _end_in_time(self, mask: NDArray[np.bool_], voice: int, now: int) -> None:
        """Take away the durations with which the note at `now` would sound on under a neighbour that crosses it."""
        pitch = self.grammar.pitch
        above = self.lines[voice - 1].falls_below(pitch, now) if voice > 0 else None
        below = self.lines[voice + 1].rises_above(pitch, now) if voice + 1 < len(self.lines) else None
        until = min((tick for tick in (above, below) if tick is not None), default=FAR)
        room = until - now - self.grammar.holds * LONGEST_DURATION
        if 1 <= room <= LONGEST_DURATION:
            mask[self.durations.start + room : self.durations.stop] = False
            mask[self.hold] = False
