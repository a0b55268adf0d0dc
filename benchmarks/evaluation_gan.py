"""What the GAN writes after held-out bars, beside what really follows and what the LSTM writes; and how it varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any

import torch

from benchmarks.evaluation_excerpts import excerpts, write
from benchmarks.evaluation_pieces import MELODIES, Folder, groups
from benchmarks.evaluation_report import Row
from benchmarks.evaluation_vae import distance, lengths, pitches
from studio import pipeline
from studio.data.rolls import GIVEN, Rolls
from studio.harmony import chord_tone_agreement
from studio.metrics import estimate_key, notes_per_bar, repeated_pitch_rate
from studio.score import Score
from studio.train.judges import rolls as judge

MODEL, RIVAL = "gan", "lstm"
SEED, BARS = 8, 8
TEMPERATURES = (0.5, 1.0)


def follow(folder: Folder, count: int) -> list[Row]:
    """The eight bars after the first eight of held-out melodies: those that are there, and those that are written."""
    held_out = groups(folder.of("test")).get(MELODIES, [])
    long = [piece for piece in held_out if piece.bars >= SEED + BARS]
    chosen = [e for e in excerpts(folder, long, len(long), SEED + BARS) if _fits(e.score)][:count]
    if not chosen:
        return []
    keys = [_tonic(e.score) for e in chosen]
    real = _home([e.score.slice_bars(SEED, SEED + BARS) for e in chosen], keys)
    rows = [_told("what really follows", real, real, None)]
    for model, temperature in ((RIVAL, 1.0), *((MODEL, t) for t in TEMPERATURES)):
        asked = pipeline.Request(model, bars=BARS, last_bar=SEED, melody_track=0, temperature=temperature)
        takes = [take for _, take in write(pipeline.continue_, chosen, _numbered(asked))]
        new = [take.score.slice_ticks(take.new_from, take.end) for take in takes]
        seconds = median(take.seconds for take in takes)
        rows.append(_told(f"{model}, temperature {temperature:g}", _home(new, keys), real, seconds))
    return rows


def _fits(score: Score) -> bool:
    return score.bar_count == SEED + BARS and len(score.time_signatures) == 1


def _numbered(asked: pipeline.Request) -> Any:
    return lambda i, _: replace(asked, seed=i)


def _tonic(score: Score) -> int:
    """Semitones from C to the tonic, to the nearer side."""
    key = estimate_key(score)
    return (key.tonic + 6) % 12 - 6 if key else 0


def _home(scores: Sequence[Score], keys: Sequence[int]) -> list[Score]:
    """All in one key: distances of pitch classes would not tell much otherwise."""
    return [score.transpose(-key) for score, key in zip(scores, keys, strict=True)]


def _told(name: str, scores: Sequence[Score], real: Sequence[Score], seconds: float | None) -> Row:
    agreement = [chord_tone_agreement(score, 0) for score in scores if len(score.tracks) > 1]
    known = [value for value in agreement if value is not None]
    lines = [replace(score, tracks=score.tracks[:1]) for score in scores]
    return {
        "bars 9 to 16": name,
        "melodies": len(scores),
        "pitch classes": distance(pitches(lines), pitches(real)),
        "lengths": distance(lengths(lines), lengths(real)),
        "notes per bar": fmean(map(notes_per_bar, lines)),
        "repeated pitches": fmean(repeated_pitch_rate(line.tracks[0]) for line in lines),
        "mean leap, semitones": _leap(lines),
        "melody on chord tones": fmean(known) if known else None,
        "seconds": seconds,
    }


def _leap(lines: Sequence[Score]) -> float:
    """How far it is from note to note, on average."""
    steps = [abs(b.pitch - a.pitch) for line in lines for a, b in pairwise(line.tracks[0].notes)]
    return fmean(steps) if steps else 0.0


def samples(loaded: tuple[Any, Any], data: Path) -> list[Row]:
    """Four bars after each of a thousand held-out windows: distances from what follows, variety, duplicates."""
    windows = Rolls(data, "test").evaluation(judge.SAMPLES)
    found = judge.compare(loaded[0], windows, torch.device("cpu"))
    half = len(windows) // 2
    natural = judge.distribution_distances(windows[:half, GIVEN:], windows[half:, GIVEN:])
    natural |= {"variety": 1.0, "duplicates": judge.duplicates(windows[:, GIVEN:])}
    names = [name for name in found if name != "loss"]
    return [{"of": name.replace("_", " "), "GAN": found[name], "real bars": natural.get(name)} for name in names]
