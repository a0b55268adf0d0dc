"""What comes again: bars that are like other bars, and loops."""

from __future__ import annotations

from collections.abc import Sequence

from studio.score import Score

LONGEST_PATTERN = 4  # bars; what repeats after more than this is form, not a loop


def bar_contents(score: Score) -> list[tuple[tuple[int, int, int, int], ...]]:
    """For each bar the notes that start in it as (track index, ticks after the bar line, pitch, duration), sorted."""
    contents: list[list[tuple[int, int, int, int]]] = []
    notes = sorted((note.onset, index, note) for index, track in enumerate(score.tracks) for note in track.notes)
    position = 0
    for bar in score.bars:
        inside: list[tuple[int, int, int, int]] = []
        while position < len(notes) and notes[position][0] < bar.end:
            onset, index, note = notes[position]
            inside.append((index, onset - bar.start, note.pitch, note.duration))
            position += 1
        contents.append(sorted(inside))
    return [tuple(inside) for inside in contents]


def longest_loop(score: Score, longest_pattern: int = LONGEST_PATTERN) -> int:
    """Bars in the longest stretch that only repeats a pattern of 1 to `longest_pattern` bars, its first time included.

    0 when no pattern comes twice in a row. Notes are compared by track, position, pitch and duration, not velocity;
    patterns without any note do not count (see `empty_bars`).
    """
    contents = bar_contents(score)
    return max((_longest_repetition(contents, period) for period in range(1, longest_pattern + 1)), default=0)


def _longest_repetition(contents: Sequence[tuple[tuple[int, int, int, int], ...]], period: int) -> int:
    """Bars of the longest stretch in which each bar equals the one `period` bars before it; 0 below two full rounds."""
    longest, repeated = 0, 0
    for i in range(period, len(contents)):
        repeated = repeated + 1 if contents[i] == contents[i - period] else 0
        sounds = any(contents[i - repeated - period + 1 : i + 1])
        if repeated >= period and sounds:
            longest = max(longest, repeated + period)
    return longest
