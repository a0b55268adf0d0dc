"""Terms about time: rhythm, density, silence, loops, and what comes back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import fmean

from studio.metrics import LONGEST_PATTERN
from studio.ranking.candidate import Candidate, Content, likeness, rhythm_likeness
from studio.ranking.finding import Finding, limited
from studio.ranking.pitches import common
from studio.score import Note

ALIKE, UNLIKE = 0.8, 0.55
"""Shares of the note values in common from which on they are those of the seed, and below which they are others."""
DENSER = 1.35
SAME_DENSITY = 1.15
AGAIN = 0.75
"""Likeness from which on a bar is another one again."""
SAME_RHYTHM = 0.85
"""Share of places in common from which on two bars have one rhythm."""
STRANGE = 0.35
"""Likeness below which it has nothing of the other."""
CYCLE = 8
"""Bars after which phrases are alike, where there are so many before."""


def rhythm(candidate: Candidate) -> Finding | None:
    """Whether it moves in the seed's note values: what lengths, distances and places in the bar have in common."""
    shared = []
    for _, old, new in candidate.pairs:
        bar = max(1, candidate.bars[-1].end - candidate.bars[-1].start)
        kinds = [
            common((n.duration for n in old), (n.duration for n in new)),
            common(_distances(old), _distances(new)),
            common((n.onset % bar for n in old), ((n.onset - candidate.start) % bar for n in new)),
        ]
        shared.append((fmean(kinds), len(old)))
    if not shared:
        return None
    value = sum(share * weight for share, weight in shared) / sum(weight for _, weight in shared)
    praise = "moves in the seed's note values" if value >= ALIKE else ""
    return Finding(value, praise, "moves in other note values than the seed" if value < UNLIKE else "")


def _distances(notes: Sequence[Note]) -> list[int]:
    """Ticks from one beginning to the next."""
    return [b - a for a, b in itertools.pairwise(sorted({n.onset for n in notes}))]


def density(candidate: Candidate) -> Finding | None:
    """Notes a bar, beside the seed's in the same tracks: 0 for twice as many or half of them."""
    fresh = [i for i, notes in enumerate(candidate.new) if notes and i < len(candidate.before.tracks)]
    old = sum(len(candidate.before.tracks[i].notes) for i in fresh) / max(1, len(candidate.old_bars))
    new = sum(len(candidate.new[i]) for i in fresh) / max(1, len(candidate.bars))
    if not old or not new:
        return None
    ratio = new / old
    near = 1 / SAME_DENSITY <= ratio <= SAME_DENSITY
    blame = ""
    if ratio > DENSER:
        blame = f"denser than the seed ({new:.1f} notes a bar, not {old:.1f})"
    elif ratio < 1 / DENSER:
        blame = f"sparser than the seed ({new:.1f} notes a bar, not {old:.1f})"
    return Finding(limited(1 - abs(math.log2(ratio))), "as dense as the seed" if near else "", blame)


def silence(candidate: Candidate) -> Finding:
    """Bars in which nothing sounds."""
    empty = [bar.index + 1 for bar in candidate.bars if not _sounds(candidate, bar.start, bar.end)]
    return Finding(1 - len(empty) / max(1, len(candidate.bars)), "", f"falls silent in bar {empty[0]}" if empty else "")


def _sounds(candidate: Candidate, start: int, end: int) -> bool:
    return any(n.onset < end and n.end > start for track in candidate.score.tracks for n in track.notes)


def loops(candidate: Candidate) -> Finding | None:
    """The longest stretch of new bars that only repeats a pattern of one to four bars, beyond the seed's longest."""
    if not any(candidate.contents):
        return None
    length, first, period = _loop(candidate.contents)
    most = max(_loop(candidate.old_contents)[0], 2)
    value = limited(1 - max(0, length - most) / max(1, len(candidate.bars)))
    if not length:
        return Finding(value, "says no bar twice in a row", "")
    if length <= 2:
        return Finding(value)
    number, times = candidate.bars[first].index + 1, length // period - 1
    if period == 1:
        return Finding(value, "", f"repeats bar {number} {times} times")
    return Finding(value, "", f"goes round in the same {period} bars from bar {number} on")


def _loop(bars: Sequence[Content]) -> tuple[int, int, int]:
    """Bars in the longest such stretch, where it begins, and the bars of its pattern; 0 bars where there is none."""
    best = (0, 0, 1)
    for period in range(1, LONGEST_PATTERN + 1):
        repeated = 0
        for i in range(period, len(bars)):
            repeated = repeated + 1 if bars[i] == bars[i - period] else 0
            first = i - repeated - period + 1
            if repeated >= period and any(bars[first : i + 1]) and repeated + period > best[0]:
                best = (repeated + period, first, period)
    return best


def theme(candidate: Candidate) -> Finding | None:
    """What comes back: how like each new bar is to the bar before it that it is most like, moved up or down or not.

    The bar right before does not count: that would be a loop.
    """
    new, old = candidate.contents, candidate.old_contents
    if not any(new):
        return None
    values, found, nearest_of_all = [], (0.0, 0, 0), 0.0
    for i, bar in enumerate(new):
        if not bar:
            continue
        to_old = [(likeness(bar, other), candidate.old_bars[k].index + 1) for k, other in enumerate(old)]
        to_new = [likeness(bar, other) for other in new[: max(0, i - 1)]]
        nearest = max(to_old, default=(0.0, 0))
        values.append(max(nearest[0], *to_new, 0.0))
        nearest_of_all = max(nearest_of_all, nearest[0])
        if len(bar) > 2 and nearest[0] > found[0]:
            found = (nearest[0], candidate.bars[i].index + 1, nearest[1])
    praise = f"takes up bar {found[2]} of the seed in bar {found[1]}" if found[0] >= AGAIN else ""
    blame = "takes up nothing of the seed" if any(old) and nearest_of_all < STRANGE else ""
    return Finding(fmean(values), praise, blame)


def form(candidate: Candidate) -> Finding | None:
    """Whether phrases run as before: the rhythm of each new bar beside that of the bar eight (or four) bars before.

    The last bar counts as much as all of them: there the phrase closes.
    """
    old, new = candidate.old_contents, candidate.contents
    cycle = CYCLE if len(old) >= CYCLE else CYCLE // 2
    if len(old) < cycle or not any(new) or candidate.old_bars[-1].end != candidate.start:
        return None
    both = [*old, *new]
    alike = [rhythm_likeness(both[len(old) + i], both[len(old) + i - cycle]) for i in range(len(new))]
    number = candidate.bars[-1].index + 1 - cycle
    praise = f"closes in the rhythm of bar {number}" if alike[-1] >= SAME_RHYTHM and new[-1] else ""
    blame = f"does not close as bar {number} does" if alike[-1] < STRANGE else ""
    return Finding(0.5 * fmean(alike) + 0.5 * alike[-1], praise, blame)
