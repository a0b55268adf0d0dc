"""Whether the model does as it is told: typed chords, density, style."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.evaluation_excerpts import Excerpt, excerpts, write
from benchmarks.evaluation_likelihood import below
from benchmarks.evaluation_pieces import MELODIES, Folder, Piece, groups, windows
from benchmarks.evaluation_report import Row
from studio import harmony, pipeline
from studio.evaluate import Window, model_scorer, scored
from studio.harmony import Chord, chord_adherence
from studio.pipeline import writing
from studio.representations.events import Events
from studio.score import Score

STYLES = ("pop", "art_song", "chorale")
BARS = 16
LATER = 2
"""Another progression in the key of the piece: its own, so many bars later."""


# --- chords ----------------------------------------------------------------------------------------------------------


def chords(folder: Folder, model: str, count: int) -> list[Row]:
    """Note time of accompaniments on the tones of chords that were given, and when they were not."""
    by_group = groups(folder.of("test"))
    rows = []
    for style in STYLES:
        for excerpt_chords in ("the piece's own", f"the same, {LATER} bars later"):
            chosen = excerpts(folder, by_group.get(style, []), count, BARS)
            texts = [typed(excerpt.score, 0 if excerpt_chords == "the piece's own" else LATER) for excerpt in chosen]
            known = [(excerpt, text) for excerpt, text in zip(chosen, texts, strict=True) if text]
            if known:
                rows.append(_followed(style, excerpt_chords, model, known))
    return rows


def typed(score: Score, later: int) -> str:
    """The score's chords as they would be typed, turned by so many bars; what has no clear chord keeps the last."""
    bars = harmony.estimate(score)
    halves = [half for bar in bars for half in bar]
    last = next((half for half in halves if half is not None), None)
    if last is None:
        return ""
    names = []
    for half in halves:
        last = half or last
        names.append(last.name)
    written = [a if a == b else f"{a} {b}" for a, b in zip(names[::2], names[1::2], strict=True)]
    return " | ".join(written[later:] + written[:later])


def _followed(style: str, which: str, model: str, known: Sequence[tuple[Excerpt, str]]) -> Row:
    def asked(i: int, told: bool) -> pipeline.AccompanyRequest:
        given = known[i][1] if told else None
        return pipeline.AccompanyRequest(model, seed=i, style=style, melody_track=0, chords=given, harmonise=False)

    chosen = [excerpt for excerpt, _ in known]
    shares = []
    for told in (True, False):
        takes = write(pipeline.accompany, chosen, lambda i, _, told=told: asked(i, told))
        shares.append([adherence(take.score, text) for (_, text), (_, take) in zip(known, takes, strict=True)])
    both = [(a, b) for a, b in zip(*shares, strict=True) if a is not None and b is not None]
    real = [share for excerpt, text in known if (share := adherence(excerpt.score, text)) is not None]
    return {
        "style": style,
        "chords": which,
        "pieces": len(both),
        "on them when given": fmean(a for a, _ in both) if both else None,
        "when not": fmean(b for _, b in both) if both else None,
        "in the real piece": fmean(real) if real else None,
    }


def adherence(score: Score, text: str) -> float | None:
    """Share of the note time of all tracks but the first on tones of the typed chords: 0-1."""
    given: list[tuple[Chord, ...]] = harmony.parse(text)
    return chord_adherence(score, given, range(1, len(score.tracks)))


# --- density ---------------------------------------------------------------------------------------------------------


def density(folder: Folder, model: str, count: int, style: str = "pop") -> list[Row]:
    """Notes that accompaniments have when they are asked for so many, and when nothing is asked."""
    chosen = excerpts(folder, groups(folder.of("test")).get(style, []), count, BARS)
    rows = [_density("the real pieces", [excerpt.score for excerpt in chosen])] if chosen else []
    for asked in (None, *writing.DENSITIES):
        takes = write(
            pipeline.accompany,
            chosen,
            lambda i, _, asked=asked: pipeline.AccompanyRequest(
                model, seed=i, style=style, melody_track=0, density=asked
            ),
        )
        made = [take.score for _, take in takes]
        if made:
            rows.append(_density(asked or "left free", made))
    return rows


def _density(asked: str, scores: Sequence[Score]) -> Row:
    written = [sum(len(track.notes) for track in score.tracks[1:]) for score in scores]
    bars = sum(score.bar_count for score in scores)
    return {
        "density": asked,
        "pieces": len(scores),
        "bars": bars,
        "notes per bar, accompaniment": sum(written) / bars,
        "with the melody": sum(score.note_count for score in scores) / bars,
    }


# --- style -----------------------------------------------------------------------------------------------------------


def style(model: Any, events: Events, folder: Folder, count: int, context: int) -> list[Row]:
    """Nats per note of the beginnings of held-out pieces when their style is told, left open, or another is told."""
    rows: list[Row] = []
    names = events.vocabulary.values("STYLE")
    for group, members in groups(folder.of("test")).items():
        if group != MELODIES:
            drawn = np.random.default_rng(0).permutation(len(members))[:count]
            first = beginnings(folder, [members[i] for i in drawn], context)
            rows.append(_styles(model, events, group, first, [name for name in names if name != group]))
    return rows


def beginnings(folder: Folder, pieces: Sequence[Piece], context: int) -> list[Window]:
    """The first window of each of the pieces."""
    found: dict[int, Window] = {}
    for row, window in windows(folder, "test", context, pieces):
        found.setdefault(row, window)
    return list(found.values())


def _styles(model: Any, events: Events, group: str, first: Sequence[Window], others: Sequence[str]) -> Row:
    run = events.note_ids
    notes = sum(int(((ids >= run.start) & (ids < run.stop)).sum()) for ids, _ in first)

    def nats(told: Sequence[str | None]) -> float:
        said = [restyled(events, window, name) for window, name in zip(first, told, strict=True)]
        return sum(float(nll.sum()) for _, nll in scored(model_scorer(model, torch.device("cpu")), said)) / notes

    right, free = nats([group] * len(first)), nats([None] * len(first))
    wrong = nats([others[i % len(others)] for i in range(len(first))])
    return {
        "style": group,
        "pieces": len(first),
        "notes": notes,
        "told": right,
        "left open": free,
        "another told": wrong,
        "below another, %": below(right, wrong),
    }


def restyled(events: Events, window: Window, name: str | None) -> Window:
    """The window with another style in its header, or none."""
    ids, first = window
    run = events.vocabulary.types["STYLE"]
    header: NDArray[np.int64] = ids[:first]
    kept = header[(header < run.start) | (header >= run.stop)]
    said = [] if name is None else [events.vocabulary.ids[f"STYLE_{name}"]]
    start = np.concatenate([kept[:1], said, kept[1:]]).astype(np.int64)
    return np.concatenate([start, ids[first:]]), len(start)
