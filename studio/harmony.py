"""Chords: typed, found in a score half bar by half bar, and held against a melody. Knows nothing of models or files.

A chord is a root and one of ten qualities; which tone lies in the bass and what colours the chord is not kept. Drums
have no pitch and never count.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from studio.errors import SettingError
from studio.metrics import TONAL_SPACE
from studio.metrics.notes import spread
from studio.score import Bar, Score, Track

QUALITIES: tuple[str, ...] = ("maj", "min", "dim", "aug", "7", "maj7", "m7", "m7b5", "dim7", "sus4")

# Semitones above the root.
_TONES = ((0, 4, 7), (0, 3, 7), (0, 3, 6), (0, 4, 8), (0, 4, 7, 10), (0, 4, 7, 11), (0, 3, 7, 10), (0, 3, 6, 10))
_INTERVALS = dict(zip(QUALITIES, (*_TONES, (0, 3, 6, 9), (0, 5, 7)), strict=True))
_SUFFIXES = dict(zip(QUALITIES, ("", "m", "dim", "aug", "7", "maj7", "m7", "m7b5", "dim7", "sus4"), strict=True))
_MAJOR_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_ROOTS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


class Chord(NamedTuple):
    """`root` 0-11 (0 = C) and one of `QUALITIES`."""

    root: int
    quality: str

    @property
    def name(self) -> str:
        """For people, in the usual spelling: "Am7", "Bb", "C#dim"."""
        roots = _MINOR_ROOTS if 3 in _INTERVALS[self.quality] else _MAJOR_ROOTS
        return roots[self.root] + _SUFFIXES[self.quality]

    def tones(self) -> frozenset[int]:
        """Its pitch classes, 0-11 (0 = C)."""
        return frozenset((self.root + interval) % 12 for interval in _INTERVALS[self.quality])

    def transposed(self, semitones: int) -> Chord:
        return self._replace(root=(self.root + semitones) % 12)


# --- typed chords ------------------------------------------------------------------------------------------------

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ONE_SPELLING = (
    (r"(?i)maj(?:or)?|ma(?!d)|[Δ△∆](?=\d)", "M"),
    (r"[Δ△∆]", "M7"),
    (r"(?i)min(?:or)?|mi|^[-−–]", "m"),
    (r"[øØ]7?", "m7b5"),
    (r"(?i)dim|[°ºo]", "d"),
    (r"(?i)aug|^\+", "a"),
    (r"\+(?=\d)", "#"),
    (r"[-−–](?=\d)", "b"),
    (r"[()\s,]", ""),
)
_SYMBOL = re.compile(r"([A-G])([#b]{0,2})((?:(?!/[A-G]).)*)(?:/[A-G][#b]?)?")
_QUALITY = re.compile(
    r"(?P<kind>[mda])?(?P<major>M)?(?P<degree>6/?9|6|7|9|11|13)?(?P<sus>sus[24]?)?"
    r"(?P<changes>(?:add[b#]?(?:2|4|6|9|11|13)|[b#](?:5|9|11|13)|alt)*)"
)


def parse(text: str) -> list[tuple[Chord, ...]]:
    """For each bar its one or two chords. "C Am F G7" is four bars; with bar lines, "C Am | F G7" is two.

    `%` alone in a bar repeats the bar before. Chords stand apart by spaces or commas, after a capital root A-G with
    sharps or flats (b # ♭ ♯), in the usual spellings: C, Cm, Cmin, C-, Cdim, C°, C+, Caug, C7, Cmaj7, CM7, CΔ, Cm7,
    Cm7b5, Cø, Cdim7, Csus4, Csus. A bass after a slash is ignored. Everything else becomes the quality with most of
    its root, third, fifth and seventh: C6, C6/9 and Cadd9 are C; C9, C13 and C7b9 are C7; Cm6 and CmM7 are Cm; C7#5
    is Caug. Csus2 becomes Gsus4, which has the same tones. SettingError for a chord that is not understood, for more
    than two in a bar, for a `%` with no bar before it and for no chord at all.
    """
    barred = "|" in text
    bars: list[tuple[Chord, ...]] = []
    for part in text.split("|") if barred else _symbols(text):
        symbols = _symbols(part)
        if symbols == ["%"]:
            if not bars:
                raise SettingError("% repeats the bar before, but there is none: begin with a chord.")
            bars.append(bars[-1])
        elif len(symbols) > 2:
            came = " ".join(symbols)
            raise SettingError(f"{came} are {len(symbols)} chords in one bar: one or two are possible.")
        elif symbols:
            bars.append(tuple(map(_parse_symbol, symbols)))
    if not bars:
        raise SettingError("No chord was given: write one for each bar, such as C Am F G7.")
    return bars


def _symbols(text: str) -> list[str]:
    """The words of the text; what stands in parentheses belongs to its chord."""
    return [word for word in re.split(r"[\s,]+(?![^()]*\))", text) if word]


def _parse_symbol(symbol: str) -> Chord:
    whole = _SYMBOL.fullmatch(symbol.replace("♯", "#").replace("♭", "b"))
    suffix = whole[3] if whole else ""
    for usual, short in _ONE_SPELLING:
        suffix = re.sub(usual, short, suffix)
    parts = _QUALITY.fullmatch(suffix)
    if whole is None or parts is None:
        raise SettingError(
            f"{symbol!r} is not understood as a chord. Write a root, A to G in capitals with # or b where needed, and"
            " after it nothing, m, dim, aug, 7, maj7, m7, m7b5, dim7 or sus4: C Am F#m7b5 Bb7."
        )
    root = _NATURALS[whole[1]] + whole[2].count("#") - whole[2].count("b")
    if parts["sus"] == "sus2":
        return Chord((root + 7) % 12, "sus4")
    return Chord(root % 12, _nearest_quality(parts))


def _nearest_quality(parts: re.Match[str]) -> str:
    """The quality that shares most tones with what is spelled and adds fewest; of equals the simplest."""
    kind, changes = parts["kind"], parts["changes"]
    third = 5 if parts["sus"] else 3 if kind in ("m", "d") else 4
    fifth = 6 if kind == "d" or "b5" in changes else 8 if kind == "a" or "#5" in changes else 7
    spelled = {0, third, fifth}
    if parts["degree"] and not parts["degree"].startswith("6"):
        spelled.add(11 if parts["major"] else 9 if kind == "d" else 10)
    return max(QUALITIES, key=lambda q: len(spelled & {*_INTERVALS[q]}) - len({*_INTERVALS[q]} - spelled))


# --- chords of a score -------------------------------------------------------------------------------------------

_OUTSIDE = -1.0  # a tone outside the chord speaks against it as strongly as one inside speaks for it
_ROOT = 0.15  # more for time on the root than for time on another tone
_BASS = 0.4  # the lowest pitch is the root more often than not
_MISSING = 0.16  # for each tone of the chord that does not sound
_HEARD = 0.05  # the share of the time from which on a tone is not missing
_RARE = {"dim": 0.05, "aug": 0.15, "7": 0.1, "maj7": 0.15, "m7": 0.15, "m7b5": 0.15, "dim7": 0.15, "sus4": 0.15}

_CLEAR = 0.5  # what the best chord must reach; 1 is a chord in which every tone belongs
_ONE_CHORD = 0.09  # how much better two chords must explain a bar before there are two

_CHORDS = tuple(Chord(root, quality) for quality in QUALITIES for root in range(12))


def _tones(chords: Iterable[Chord | None]) -> NDArray[np.bool_]:
    """(N, 12): which pitch classes belong to each chord; none to None."""
    tones: list[frozenset[int]] = [chord.tones() if chord else frozenset() for chord in chords]
    return np.array([[pitch_class in each for pitch_class in range(12)] for each in tones], bool).reshape(-1, 12)


def _templates() -> NDArray[np.float64]:
    """(36, 120): for each chord the worth of a pitch class's share of time, of its being the bass, of its absence."""
    tones = _tones(_CHORDS)
    roots = np.eye(12)[[chord.root for chord in _CHORDS]]
    return np.hstack([np.where(tones, 1.0, _OUTSIDE) + _ROOT * roots, _BASS * roots, -_MISSING * tones]).T


_TEMPLATES = _templates()
_PENALTIES = np.array([_RARE.get(chord.quality, 0.0) for chord in _CHORDS])


def middle(score: Score, bar: Bar) -> int:
    """Tick at which the second half of the bar begins; the bar's end where one chord has to do for all of it.

    That is the beat nearest to the middle, the later of two: 2 + 2 of four beats, 3 + 2 of five, 6 + 3 eighths in 9/8.
    Not split are bars of fewer than four beats that are shorter than four quarters, and bars that are cut short.
    """
    whole = score.bar_length(bar.numerator, bar.denominator)
    beats = bar.numerator
    if bar.end - bar.start < whole or (beats < 4 and whole < 4 * score.resolution):
        return bar.end
    unit = 3 if beats % 3 == 0 and beats > 3 else 1  # compound metres are counted in dotted beats
    return bar.start + whole * ((beats // unit + 1) // 2) * unit // beats


def estimate(score: Score) -> list[tuple[Chord | None, Chord | None]]:
    """For each bar of `score.bars` the chord of its first and of its second half; None where there is no clear one.

    One chord that explains the whole bar nearly as well as two comes twice, and so does the chord of a bar that
    `middle` does not split. Every note counts for as long as it sounds, in each half in which it sounds. Fewer than
    two pitch classes are no chord.

    Templates are scored by what lies inside them, outside them and what they miss, as in Pardo and Birmingham (2002),
    "Algorithms for Chordal Analysis", Computer Music Journal 26(2), here by duration and with a bonus for the bass.
    """
    time, bass = _sounding(score.tracks, _edges(score))
    halves, half_fits = (of_all.reshape(-1, 2) for of_all in _best(time, bass))
    wholes, whole_fits = (of_all[:, None] for of_all in _best(time[::2] + time[1::2], bass[::2] + bass[1::2]))
    weights = time.sum(axis=1).reshape(-1, 2)
    of_two = (half_fits * weights).sum(axis=1, keepdims=True) / np.maximum(1, weights.sum(axis=1, keepdims=True))
    one = whole_fits + _ONE_CHORD >= of_two
    chosen, fits = np.where(one, wholes, halves), np.where(one, whole_fits, half_fits)
    found = [_CHORDS[i] if fit >= _CLEAR else None for i, fit in zip(chosen.flat, fits.flat, strict=True)]
    return list(zip(found[::2], found[1::2], strict=True))


def sounding_halves(score: Score) -> NDArray[np.float64]:
    """(2 * bars, 12) ticks for which each pitch class sounds in each half of each bar, see `middle`."""
    return _sounding(score.tracks, _edges(score))[0]


def _edges(score: Score) -> NDArray[np.int64]:
    """(2 * bars + 1,) ticks between which the halves of the bars lie; the second half of an unsplit bar is empty."""
    bars = score.bars
    edges = [edge for bar in bars for edge in (bar.start, middle(score, bar))]
    return np.array([*edges, bars[-1].end if bars else 0], np.int64)


def _sounding(tracks: Iterable[Track], edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(S, 12) ticks of each pitch class in each of the S stretches between edges, and of the lowest pitch in it."""
    pitched = itertools.chain.from_iterable(track.notes for track in tracks if not track.is_drum)
    notes = np.fromiter(itertools.chain.from_iterable(pitched), np.int64).reshape(-1, 4)
    row, stretch, ticks = spread(notes, edges)
    pitches = notes[:, 1]
    shape = (len(edges) - 1, 12)
    lowest = np.full(len(edges) - 1, 128)
    np.minimum.at(lowest, stretch, pitches[row])
    time, bass = np.zeros(shape), np.zeros(shape)
    np.add.at(time, (stretch, pitches[row] % 12), ticks)
    np.add.at(bass, (stretch, pitches[row] % 12), ticks * (pitches[row] == lowest[stretch]))
    return time, bass


def _best(time: NDArray[np.float64], bass: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(S,) index of the chord that fits best, and (S,) how well, from about 1.5 down; -1 below two pitch classes."""
    share = time / np.maximum(1, time.sum(axis=1, keepdims=True))
    lowest = bass / np.maximum(1, bass.sum(axis=1, keepdims=True))
    fits = np.hstack([share, lowest, share < _HEARD]) @ _TEMPLATES - _PENALTIES
    enough = np.count_nonzero(time, axis=1) >= 2
    return fits.argmax(axis=1), np.where(enough, fits.max(axis=1), -1.0)


# --- how well tracks and chords agree ----------------------------------------------------------------------------


def chord_tone_agreement(score: Score, melody: int) -> float | None:
    """Share of the note time of track `melody` on tones of the chord that the other tracks sound then: 0-1.

    The chord is the estimate for the half bar from the other tracks alone; None when the two never sound at once
    under a clear chord. After the chord tone to non-chord tone ratio (CTnCTR) of Yeh et al. (2021), "Automatic Melody
    Harmonization with Triad Chords: A Comparative Study", Journal of New Music Research 50(1), but by time instead of
    notes and without credit for passing tones. Tracks that double the melody raise it.
    """
    others = tuple(track for i, track in enumerate(score.tracks) if i != melody)
    return chord_adherence(score, estimate(replace(score, tracks=others)), [melody])


def chord_adherence(score: Score, chords: Sequence[Sequence[Chord | None]], tracks: Sequence[int]) -> float | None:
    """Share of the pitched note time of these tracks (indices) on tones of the given chords: 0-1; None without any.

    `chords`: one or two for each bar, as `parse` and `estimate` give them; time under None or after the last of them
    does not count. The second chord begins at the `middle` of its bar, and is ignored in a bar that is not split.
    """
    time, _ = _sounding([score.tracks[i] for i in tracks], _edges(score))
    halves = [half for bar in chords for half in (bar[0], bar[-1])][: len(time)]
    tones, known = _tones(halves), np.array([half is not None for half in halves], bool)
    counted = time[: len(halves)][known]
    return float(counted[tones[known]].sum() / counted.sum()) if counted.any() else None


def pitch_class_distance(score: Score, melody: int) -> float | None:
    """Mean distance of the melody's pitch classes from those of the other tracks in the same half bar: 0 (equal) to 3.

    The melody-chord tonal distance (MCTD) of Yeh et al. (2021), "Automatic Melody Harmonization with Triad Chords: A
    Comparative Study", Journal of New Music Research 50(1): Euclidean, between the tonal centroids of Harte, Sandler
    and Gasser (2006), "Detecting Harmonic Change in Musical Audio", each melody note weighted by its duration; here
    the chord is the time that the other tracks spend on each pitch class. None when the two never meet.
    """
    edges = _edges(score)
    tune, _ = _sounding([score.tracks[melody]], edges)
    others, _ = _sounding((track for i, track in enumerate(score.tracks) if i != melody), edges)
    both = (tune.sum(axis=1) > 0) & (others.sum(axis=1) > 0)
    if not both.any():
        return None
    chords = others[both] / others[both].sum(axis=1, keepdims=True) @ TONAL_SPACE
    distances = np.linalg.norm(chords[:, None] - TONAL_SPACE, axis=2)
    return float(np.average(distances, weights=tune[both]))
