"""Accompaniments of held-out melodies beside the real ones: how both agree with the melody, which rules they break."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean

from benchmarks.evaluation_excerpts import Excerpt, excerpts, write
from benchmarks.evaluation_pieces import Folder, groups
from benchmarks.evaluation_report import Row
from studio import pipeline
from studio.harmony import chord_tone_agreement, pitch_class_distance
from studio.score import Score
from studio.voice_leading import Violations, violations

STYLES = ("pop", "chorale", "art_song")
FOUR_PART = ("chorale", "choral")
VOICES = (0, 1, 2, 3)
BARS = 16
MOST_APART = 1.15
"""So many times worse than in the real pieces the figures of melody and accompaniment may be."""


def agreement(folder: Folder, model: str, count: int) -> list[Row]:
    """For each style: how well generated accompaniments agree with the melody, beside the real ones."""
    by_group = groups(folder.of("test"))
    rows = []
    for style in STYLES:
        chosen = excerpts(folder, by_group.get(style, []), count, BARS)
        for harmony, found in (("chords found first", True), ("by ear", False)) if chosen else ():
            takes = write(pipeline.accompany, chosen, lambda i, e, found=found: _asked(model, i, e, harmonise=found))
            rows.append(compared(style, harmony, [(excerpt.score, take.score) for excerpt, take in takes]))
    return rows


def _asked(model: str, seed: int, excerpt: Excerpt, **how: bool) -> pipeline.AccompanyRequest:
    return pipeline.AccompanyRequest(model, seed=seed, style=excerpt.piece.style, melody_track=0, **how)


def compared(style: str, harmony: str, pairs: Sequence[tuple[Score, Score]]) -> Row:
    """Means over (real, generated) pieces, their first track the melody. ValueError where none can be measured."""
    agree, real_agree = _means(chord_tone_agreement, pairs)
    apart, real_apart = _means(pitch_class_distance, pairs)
    return {
        "style": style,
        "harmony": harmony,
        "pieces": len(pairs),
        "melody notes": sum(len(real.tracks[0].notes) for real, _ in pairs),
        "melody on chord tones": agree,
        "real": real_agree,
        "ratio": agree / real_agree,
        "distance": apart,
        "real distance": real_apart,
        "distance ratio": apart / real_apart,
        "holds": "yes" if agree >= real_agree / MOST_APART and apart <= MOST_APART * real_apart else "no",
    }


def _means(measure: Callable[[Score, int], float | None], pairs: Sequence[tuple[Score, Score]]) -> tuple[float, float]:
    """(of the generated, of the real)."""
    measured = [(measure(made, 0), measure(real, 0)) for real, made in pairs]
    both = [(a, b) for a, b in measured if a is not None and b is not None]
    if not both:
        raise ValueError("not one accompaniment ever sounds together with its melody")
    return fmean(a for a, _ in both), fmean(b for _, b in both)


# --- four voices -----------------------------------------------------------------------------------------------------


def rules(folder: Folder, model: str, count: int) -> list[Row]:
    """Broken rules in the harmonisations of sopranos, without the mask and with it, and in the real ones."""
    by_group = groups(folder.of("test"))
    chosen: list[Excerpt] = []
    for style in FOUR_PART:
        parts = [piece for piece in by_group.get(style, []) if four_part(folder.score(piece))]
        chosen += excerpts(folder, parts, count - len(chosen), BARS)
    rows = [broken("real", [excerpt.score for excerpt in chosen])] if chosen else []
    for name, masked in (("free", False), ("masked", True)):
        takes = write(pipeline.accompany, chosen, lambda i, e, masked=masked: _asked(model, i, e, voice_leading=masked))
        made = [take.score for _, take in takes]
        if made:
            rows.append(broken(name, made))
    return rows


def four_part(score: Score) -> bool:
    """Whether there are four pitched tracks, each on average lower than the one before."""
    if len(score.tracks) != len(VOICES) or any(track.is_drum or not track.notes for track in score.tracks):
        return False
    middles = [fmean(note.pitch for note in track.notes) for track in score.tracks]
    return middles == sorted(middles, reverse=True)


def broken(name: str, scores: Sequence[Score]) -> Row:
    """Violations of the rules per 100 changes of chord, over all the scores."""
    found = sum((violations(score, VOICES) for score in scores), Violations())
    return {
        "harmonisations": name,
        "pieces": len(scores),
        "notes": found.notes,
        "chord changes": found.chord_changes,
        "all violations": found.per_hundred(found.total),
        "out of range": found.per_hundred(found.out_of_range),
        "crossings": found.per_hundred(found.crossings),
        "parallel fifths": found.per_hundred(found.parallel_fifths),
        "parallel octaves": found.per_hundred(found.parallel_octaves),
    }
