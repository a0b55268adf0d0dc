"""Which bars of a score stay: pure operations on whole bars. Knows no corpora."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from studio.score import Bar, Score, Tempo, TimeSignature


def sounding(score: Score) -> list[bool]:
    """For each bar of the score, whether any note sounds in it."""
    bars = score.bars
    result = [False] * len(bars)
    for track in score.tracks:
        i = 0
        for note in track.notes:
            while i + 1 < len(bars) and bars[i].end <= note.onset:
                i += 1
            j = i
            while j < len(bars) and bars[j].start < note.end:
                result[j] = True
                j += 1
    return result


def without_silence(score: Score) -> Score:
    """Without the empty bars before the first note, and with one for each longer run of empty bars after it."""
    full = sounding(score)
    kept = [bar for bar in score.bars if full[bar.index] or (bar.index > 0 and full[bar.index - 1])]
    return keep(score, kept) if len(kept) < len(full) else score


def keep(score: Score, kept: Sequence[Bar]) -> Score:
    """The given bars, one after another; a note belongs to the bar it starts in and is never cut."""
    starts: list[int] = []
    signatures: list[TimeSignature] = []
    tempos: list[Tempo] = []
    tick = 0
    in_step = False
    for bar in kept:
        if not in_step or signatures[-1][1:] != (bar.numerator, bar.denominator):
            signatures.append(TimeSignature(tick, bar.numerator, bar.denominator))
        tempo = score.tempo_at(bar.start)
        if not tempos or tempos[-1].mpq != tempo.mpq:
            tempos.append(Tempo(tick, tempo.mpq))
        starts.append(tick)
        tick += bar.end - bar.start
        in_step = bar.end - bar.start == score.bar_length(bar.numerator, bar.denominator)

    moves = [(bar.start, bar.end, start - bar.start) for bar, start in zip(kept, starts, strict=True)]
    tracks = []
    for track in score.tracks:
        notes = []
        i = 0
        for note in track.notes:
            while i < len(moves) and moves[i][1] <= note.onset:
                i += 1
            if i < len(moves) and moves[i][0] <= note.onset:
                notes.append(note._replace(onset=note.onset + moves[i][2]))
        tracks.append(replace(track, notes=tuple(notes)))
    return replace(
        score, tracks=tuple(tracks), tempos=tuple(tempos), time_signatures=tuple(signatures), key_signatures=()
    )


def without_false_start(score: Score) -> Score:
    """Without a first bar shorter than a 64th in which nothing starts: some programs write one before the metre."""
    for metre in score.time_signatures[1:]:
        first = min((t.notes[0].onset for t in score.tracks if t.notes), default=0)
        if metre.onset * 16 >= score.resolution or first < metre.onset:
            break
        score = score.slice_ticks(metre.onset, score.end)
    return score


def with_upbeat(score: Score, ticks: int) -> Score:
    """The bar lines moved so that the first bar is `ticks` long; the score itself for 0."""
    if ticks == 0:
        return score
    first, *later = score.time_signatures
    return replace(score, time_signatures=(first, first._replace(onset=ticks), *(m for m in later if m.onset > ticks)))


def in_shorter_values(score: Score, factor: int) -> Score:
    """The same music written in note values `factor` times shorter (a power of two); the speed in beats stays."""
    if factor == 1:
        return score
    metres = tuple(_in_shorter_values(m, factor) for m in score.time_signatures)
    return replace(score, resolution=score.resolution * factor, time_signatures=metres)


def _in_shorter_values(metre: TimeSignature, factor: int) -> TimeSignature:
    """Halved 4/4 is 2/4, as one would write it, not 4/8."""
    numerator, denominator = metre.numerator, metre.denominator * factor
    while denominator >= 8 and numerator % 2 == 0 and numerator % 3:
        numerator, denominator = numerator // 2, denominator // 2
    return metre._replace(numerator=numerator, denominator=denominator)
