"""What the encoder-decoder keeps of a melody, and what moving in its latent space does, on held-out melodies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_excerpts import Excerpt, excerpts, write
from benchmarks.evaluation_pieces import MELODIES, Folder, groups
from benchmarks.evaluation_report import Row
from studio import pipeline
from studio.data.phrases import ATTRIBUTES, Phrases
from studio.metrics import notes_per_bar
from studio.pipeline import line, variation
from studio.score import Note, Score, Track
from studio.train.judges import phrases as judge

MODEL = "vae"
BARS = 8
AMOUNTS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
MOVES = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
"""Standard deviations by which an attribute is moved."""
STEPS = 7
LONGEST = 96
"""Ticks of the grid: longer notes count as so long."""

Loaded = tuple[Any, Any]


def again(loaded: Loaded, data: Path) -> list[Row]:
    """What comes back of phrases that are read and written again, the likeliest ids without a grammar's help."""
    model, _ = loaded
    test = Phrases(data, "test")
    told = judge.judge(model, test, None, model.bias.device)
    rows = []
    for bars in judge.PHRASES:
        right = judge.right(model, test, bars)
        rows.append({"bars": bars, "notes right, %": 100 * right, "nats of z per bar": told["kl"]})
    return rows


def vary(folder: Folder, count: int) -> list[Row]:
    """Melodies as they are and as they are varied by so much."""
    chosen = _melodies(folder, count)
    rows = [_beside("0 (the melodies)", [e.score for e in chosen], [e.score for e in chosen])]
    for amount in AMOUNTS:
        asked = pipeline.VaryRequest(MODEL, amount=amount, melody_track=0)
        made = list(write(pipeline.vary, chosen, _numbered(asked)))
        rows.append(_beside(f"{amount:g}", [e.score for e, _ in made], [take.score for _, take in made]))
    return rows


def _numbered(asked: Any) -> Callable[[int, Excerpt], Any]:
    return lambda i, _: replace(asked, seed=i)


def _beside(amount: str, real: Sequence[Score], made: Sequence[Score]) -> Row:
    pairs = list(zip(real, made, strict=True))
    return {
        "amount": amount,
        "melodies": len(pairs),
        "notes that stay, %": 100 * fmean(1 - changed(a.tracks[0].notes, b.tracks[0].notes) for a, b in pairs),
        "notes per bar": fmean(notes_per_bar(b) for _, b in pairs),
        "pitch classes": distance(pitches(real), pitches(made)),
        "lengths": distance(lengths(real), lengths(made)),
    }


def attributes(loaded: Loaded, folder: Folder, count: int) -> list[Row]:
    """Each attribute moved by itself: how it follows, by rank, and how far the others go along."""
    model, events = loaded
    said: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ATTRIBUTES}
    for excerpt in _melodies(folder, count):
        lead = line.read(events, excerpt.score, 0, None, None)
        window = [bar for bar in range(len(lead.bars)) if not lead.silent(bar)][:BARS]
        for k, name in enumerate(ATTRIBUTES):
            said[name].append(np.array([_moved(model, lead, window, k, by) for by in MOVES]))
    scale = model.scales[:, 1].numpy()
    rows = []
    for k, name in enumerate(ATTRIBUTES):
        found = np.stack(said[name])  # melodies, moves, attributes
        change = (found[:, -1] - found[:, 0]).mean(0) / scale
        row: Row = {"moved": name, "rank correlation": fmean(ranked(MOVES, melody[:, k]) for melody in found)}
        rows.append(row | {f"{other}, sd": float(change[i]) for i, other in enumerate(ATTRIBUTES)})
    return rows


def _moved(model: Any, lead: line.Line, window: Sequence[int], attribute: int, by: float) -> tuple[float, ...]:
    """The manner of what is written, at temperature 0, when one attribute is moved by so many standard deviations."""
    import torch

    latents = model.latents([torch.tensor(lead.bars[bar]) for bar in window])
    change = torch.zeros(len(ATTRIBUTES))
    change[attribute] = by
    there = variation.moved(model, lead, window, latents, change)
    (written,) = line.write(model, lead, window, there[None], {"temperature": 0.0, "repetition": 0}, [0])
    return lead.manner_of(written) or (0.0,) * len(ATTRIBUTES)


def blend(folder: Folder, count: int) -> list[Row]:
    """From one melody to the next one in steps, beside putting one bar after the other in the other's place."""
    chosen = [e for e in _melodies(folder, 4 * count) if (e.score.time_signatures[0][1:]) == (4, 4)]
    pairs = [(a, b) for a, b in zip(chosen[::2], chosen[1::2], strict=False)][:count]
    blends, fades = [], []
    for a, b in pairs:
        seeds = [pipeline.Seed(e.score, e.piece.name) for e in (a, b)]
        *_, take = pipeline.blend(*seeds, pipeline.BlendRequest(MODEL, steps=STEPS))
        assert isinstance(take, pipeline.Take)
        bar = 4 * take.score.resolution
        count_of = take.new_from // bar
        steps = [take.score.slice_bars(k * count_of, (k + 1) * count_of).tracks[0].notes for k in range(STEPS)]
        blends.append([changed(x, y) for x, y in pairwise(steps)])
        fades.append([changed(x, y) for x, y in pairwise(_faded(steps[0], steps[-1], count_of, bar))])
    rows: list[Row] = []
    for name, found in (("blend", blends), ("bar by bar", fades)):
        if found:
            means = np.array(found).mean(0)
            row: Row = {"steps": name, "pairs": len(found)}
            row |= {f"notes changed, step {k + 1}, %": 100 * float(m) for k, m in enumerate(means)}
            rows.append(row | {"largest, mean of pairs, %": 100 * float(np.array(found).max(1).mean())})
    return rows


def _faded(first: Sequence[Note], last: Sequence[Note], bars: int, bar: int) -> list[list[Note]]:
    """The cross-fade that needs no model: at each step some more bars are the other melody's."""
    order = np.random.default_rng(0).permutation(bars)
    steps = []
    for k in range(STEPS):
        theirs = set(order[: round(bars * k / (STEPS - 1))].tolist())
        mine = [n for n in first if n.onset // bar not in theirs]
        steps.append(sorted([*mine, *(n for n in last if n.onset // bar in theirs)]))
    return steps


def prior(loaded: Loaded, folder: Folder, count: int) -> list[Row]:
    """Bars written from latents that no melody gave, under held-out headers, beside held-out melodies."""
    import torch

    model, events = loaded
    chosen = _melodies(folder, 2 * count)
    real, others = [e.score for e in chosen[::2]], [e.score for e in chosen[1::2]]
    rows = [_drawn("other held-out melodies", real, others)]
    generator = torch.Generator().manual_seed(0)
    for name in ("as training bars lie", "standard normal"):
        made = []
        for number, score in enumerate(others):
            lead = line.read(events, score, 0, None, None)
            window = list(range(len(lead.bars)))[:BARS]
            drawn = torch.randn(len(window), len(model.center), generator=generator)
            latents = drawn if name == "standard normal" else model.center + drawn @ model.spread.T
            (written,) = line.write(model, lead, window, latents[None], {"temperature": 1.0, "min_p": 0.02}, [number])
            notes = tuple(note for bar in window for note in written[bar])
            made.append(replace(lead.sheet.grid, tracks=(Track(notes, role="melody"),)))
        rows.append(_drawn(name, real, made))
    return rows


def _drawn(name: str, real: Sequence[Score], made: Sequence[Score]) -> Row:
    return {
        "latents": name,
        "phrases": len(made),
        "notes per bar": fmean(notes_per_bar(score) for score in made),
        "pitch classes": distance(pitches(real), pitches(made)),
        "lengths": distance(lengths(real), lengths(made)),
    }


# --- figures ---------------------------------------------------------------------------------------------------------


def _melodies(folder: Folder, count: int) -> list[Excerpt]:
    return excerpts(folder, groups(folder.of("test")).get(MELODIES, []), count, BARS)


def changed(one: Sequence[Note], two: Sequence[Note]) -> float:
    """Share of notes (0-1) that two melodies do not have in common in onset, pitch and length."""
    a, b = ({note[:3] for note in notes} for notes in (one, two))
    return 1 - 2 * len(a & b) / max(1, len(a) + len(b))


def pitches(scores: Sequence[Score]) -> NDArray[np.float64]:
    """Share of notes on each pitch class, from C, in the keys that the music is in (12,)."""
    found = np.zeros(12)
    for score in scores:
        np.add.at(found, [note.pitch % 12 for note in score.tracks[0].notes], 1)
    return found / max(1, found.sum())


def lengths(scores: Sequence[Score]) -> NDArray[np.float64]:
    """Share of notes of each length in ticks of the grid, the longer ones together (LONGEST + 1,)."""
    found = np.zeros(LONGEST + 1)
    for score in scores:
        ticks = [min(LONGEST, round(24 * note.duration / score.resolution)) for note in score.tracks[0].notes]
        np.add.at(found, ticks, 1)
    return found / max(1, found.sum())


def distance(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Total variation: half the sum of differences, 0 (the same) to 1."""
    return float(np.abs(one - two).sum() / 2)


def ranked(one: Sequence[float], two: NDArray[np.float64]) -> float:
    """Spearman's rank correlation, ties at their mean rank; 0 where one of them does not vary."""
    a, b = (_ranks(np.asarray(values, dtype=float)) for values in (one, two))
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[index])
