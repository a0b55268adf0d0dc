"""Terms about pitch: key, register, steps and leaps, agreement with the other tracks, the last note."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from statistics import fmean

from studio.harmony import chord_tone_agreement
from studio.ranking.candidate import LEAST, Candidate
from studio.ranking.finding import Finding, limited
from studio.score import Note, Score

OUTSIDE = 0.4
"""Share of a bar's note time outside the key from which on it has left it."""
ASTRAY = 0.3
"""Share of all note time outside the key, beyond that of the seed, at which nothing is left of the key."""
BEYOND = 2
"""Semitones beyond the seed's range that are still near it."""
FAR = 4.0
"""Semitones beyond it, on average, that are as far as the term knows."""
LEAP = 1.5
"""How many times as large as the seed's steps are those that leap more."""
ALIKE = 0.75
"""Share of two histograms in common from which on they are alike."""


def key(candidate: Candidate) -> Finding | None:
    """Whether it keeps to the key: the share of note time outside its scale, beyond the share that the seed has."""
    new = candidate.pitched(candidate.written)
    if not new or candidate.tonality is None:
        return None
    outside = _outside(new, candidate.scale)
    old = _outside(candidate.pitched([track.notes for track in candidate.before.tracks]), candidate.scale)
    praise = f"keeps to {candidate.tonality.name}" if outside == 0 else ""
    return Finding(limited(1 - max(0.0, outside - old) / ASTRAY), praise, _leaves(candidate, old))


def _outside(notes: Iterable[Note], scale: frozenset[int]) -> float:
    """Share of note time that is not of the scale: 0-1."""
    of_time: Counter[bool] = Counter()
    for note in notes:
        of_time[note.pitch % 12 in scale] += note.duration
    return of_time[False] / (of_time.total() or 1)


def _leaves(candidate: Candidate, old: float) -> str:
    """The bar that lies furthest outside, if it is far outside and the seed is not so itself."""
    shares = []
    for bar in candidate.bars:
        inside = [n for n in candidate.pitched(candidate.written) if bar.start <= n.onset < bar.end]
        shares.append((_outside(inside, candidate.scale), -bar.index) if len(inside) > 1 else (0.0, 0))
    share, index = max(shares, default=(0.0, 0))
    return f"leaves the key in bar {1 - index}" if share >= max(OUTSIDE, 2 * old) else ""


def register(candidate: Candidate) -> Finding | None:
    """Whether each track keeps to the range that it had: mean semitones beyond it."""
    above, below = [], []
    for track, old, new in candidate.pairs:
        if not track.is_drum:
            low, high = min(n.pitch for n in old), max(n.pitch for n in old)
            above += [(n.pitch - high, -n.onset) for n in new]
            below += [(low - n.pitch, -n.onset) for n in new]
    if not above:
        return None
    beyond = fmean(max(0, up[0], down[0]) for up, down in zip(above, below, strict=True))
    (up, early), (down, first) = max(above), max(below)
    praise = "keeps to the seed's range" if max(up, down) <= 0 else ""
    blame = ""
    if max(up, down) > BEYOND:
        blame = (
            f"climbs above the seed's range in bar {candidate.bar_at(-early)}"
            if up >= down
            else f"goes below the seed's range in bar {candidate.bar_at(-first)}"
        )
    return Finding(limited(1 - beyond / FAR), praise, blame)


def steps(candidate: Candidate) -> Finding | None:
    """Whether each track moves from note to note as it did: the intervals that both have in common."""
    shared, before, after = [], [], []
    for track, old, new in candidate.pairs:
        was, now = _intervals(old), _intervals(new)
        if not track.is_drum and len(was) >= LEAST and now:
            shared.append((common(was, now), len(old)))
            before += was
            after += now
    if not shared:
        return None
    value = sum(share * weight for share, weight in shared) / sum(weight for _, weight in shared)
    ratio = (fmean(map(abs, after)) + 0.1) / (fmean(map(abs, before)) + 0.1)
    blame = "leaps more than the seed" if ratio > LEAP else "leaps less than the seed" if ratio < 1 / LEAP else ""
    return Finding(value, "moves in steps and leaps as the seed does" if value >= ALIKE else "", blame)


def _intervals(notes: Sequence[Note]) -> list[int]:
    """Semitones from the highest note at each place to that at the next, an octave at most."""
    top: dict[int, int] = {}
    for note in notes:
        top[note.onset] = max(note.pitch, top.get(note.onset, 0))
    return [max(-12, min(12, b - a)) for a, b in itertools.pairwise(top[onset] for onset in sorted(top))]


def common(one: Iterable[Hashable], other: Iterable[Hashable]) -> float:
    """The share that two histograms have in common: 0-1 (their overlapping area); 0 where one is of nothing."""
    a, b = Counter(one), Counter(other)
    if not a or not b:
        return 0.0
    return sum(min(a[value] / a.total(), b[value] / b.total()) for value in a)


def harmony(candidate: Candidate) -> Finding | None:
    """Whether the melody lies on the chords of the other tracks as it did before (`chord_tone_agreement`)."""
    if candidate.melody is None or len(candidate.score.tracks) < 2:
        return None
    now = chord_tone_agreement(_between(candidate.score, candidate.start, candidate.end), candidate.melody)
    if now is None:
        return None
    was = chord_tone_agreement(candidate.before, candidate.melody) if candidate.before.note_count else None
    usual = was or ALIKE
    praise = f"the melody lies on the chords {100 * now:.0f} % of the time" if now >= usual else ""
    blame = f"the melody lies on the chords only {100 * now:.0f} % of the time" if now < 0.8 * usual else ""
    return Finding(limited(1 - max(0.0, (was or 1.0) - now)), praise, blame)


def _between(score: Score, start: int, end: int) -> Score:
    return replace(score.slice_ticks(start, end), key_signatures=())


def ending(candidate: Candidate) -> Finding | None:
    """How the last note closes: on the tonic, on the tonic chord, on a strong beat, as a long note.

    It is the melody's; of what was written to go with one, the lowest.
    """
    new = candidate.pitched(candidate.written)
    if not new or candidate.tonality is None:
        return None
    lead = candidate.written[candidate.melody] if candidate.melody is not None else ()
    last = max(lead or new, key=lambda n: (n.onset, n.pitch if lead else -n.pitch))
    third = 3 if candidate.tonality.minor else 4
    degree = (last.pitch - candidate.tonality.tonic) % 12
    bar = next((bar for bar in candidate.bars if bar.start <= last.onset < bar.end), candidate.bars[-1])
    whole = bar.end - bar.start
    strong = (last.onset - bar.start) * 2 % whole == 0
    long = last.duration * 4 >= whole
    value = 0.5 * (degree == 0) + 0.25 * (degree in (third, 7)) + 0.25 * strong + 0.25 * long
    praise = "ends on the tonic" if degree == 0 else ""
    blame = "ends away from the tonic chord" if degree not in (0, third, 7) else ""
    return Finding(value, praise, blame)
