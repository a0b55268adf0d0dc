"""Continuations of held-out music by every model at several temperatures, and the music to compare them with.

What was written is kept as MIDI in `runs/evaluation`: a run that was broken off goes on where it was.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.evaluation_excerpts import Excerpt, excerpts
from benchmarks.evaluation_fakes import Counted, shuffled, walk
from benchmarks.evaluation_passages import Passage, apart, passages
from benchmarks.evaluation_pieces import MELODIES, Folder, Piece, groups
from studio import midi, pipeline
from studio.checkpoints import Card
from studio.score import Score

SEED, BARS = 8, 8
TEMPERATURES = (0.7, 1.0, 1.3)
MANY = "many voices"
STYLES = ("art_song", "choral", "chorale", "pop", "song")
"""Of which seeds of many voices are taken, of each as many: those whose melody is told."""
TRIED = 4
"""So many times as many excerpts are drawn as are needed: some change their metre, or their melody ends early."""
FOLLOWS, HELD_OUT, TRAINING = "what really follows", "held-out music", "training music"


@dataclass(frozen=True)
class Written:
    """Scores of eight bars. `by`: a model, or what stands beside them; `temperature` of a model."""

    music: str
    by: str
    temperature: float | None
    scores: tuple[Score, ...]


def written(folder: Folder, cards: Sequence[Card], count: int, kept: Path) -> list[Written]:
    """Of lone melodies and of music of many voices: what models write after `count` seeds, what really follows, what
    is no music, and twice as many passages of other held-out and of training pieces.
    """
    found: list[Written] = []
    counted = Counted(folder, groups(folder.of("train")))
    for music in (MELODIES, MANY):
        seeds = _seeds(folder, music, count)
        if not seeds:
            continue
        follows = tuple(seed.score.slice_bars(SEED, SEED + BARS) for seed in seeds)
        found.append(Written(music, FOLLOWS, None, follows))
        for card, temperature in itertools.product(_able(cards, music), TEMPERATURES):
            found.append(_continued(music, card, temperature, seeds, kept))
        found += _beside(folder, music, seeds, counted)
    return found


def _seeds(folder: Folder, music: str, count: int) -> list[Excerpt]:
    """Sixteen bars of test pieces in one metre, no two of a family; of many voices as many of each style."""
    by_group = groups(apart(folder.of("test")))
    wanted = (MELODIES,) if music == MELODIES else STYLES
    found: list[Excerpt] = []
    for group in wanted:
        long = [piece for piece in by_group.get(group, []) if piece.bars >= SEED + BARS]
        most = -(-count // len(wanted))
        drawn = excerpts(folder, long, TRIED * most, SEED + BARS)
        found += [excerpt for excerpt in drawn if _fits(excerpt.score)][:most]
    return found


def _fits(score: Score) -> bool:
    return score.bar_count == SEED + BARS and len(score.time_signatures) == 1


def _able(cards: Sequence[Card], music: str) -> list[Card]:
    """The models that go on; after many voices those that hear them all."""
    return [card for card in cards if "continue" in card.verbs and (music == MELODIES or "infill" in card.verbs)]


def _continued(music: str, card: Card, temperature: float, seeds: Sequence[Excerpt], kept: Path) -> Written:
    """The new bars alone; of what goes on from a melody its melody, whatever is written to it."""
    folder = kept / card.sha256[:12]
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"model": card.name, "bars": BARS, "last_bar": SEED, "melody_track": 0, "temperature": temperature}
    scores = []
    for i, seed in enumerate(seeds):
        file = folder / f"{seed.piece.sha256[:12]}_{len(seed.score.tracks)}_{temperature:g}.mid"
        if not file.exists():
            request = pipeline.Request(**asked, seed=int(seed.piece.sha256[:8], 16))
            *_, take = pipeline.continue_(pipeline.Seed(seed.score, seed.piece.name), request)
            assert isinstance(take, pipeline.Take)
            midi.save(take.score.slice_ticks(take.new_from, take.end), file)
            print(f"\r{card.name} {temperature:g}, {music}: {i + 1}", end="", file=sys.stderr, flush=True)
        scores.append(midi.load(file).score)
    print(file=sys.stderr)
    if music == MELODIES:
        scores = [_line(score) for score in scores]
    return Written(music, card.name, temperature, tuple(scores))


def _line(score: Score) -> Score:
    """The first track alone."""
    return Score(score.resolution, score.tracks[:1], score.tempos, score.time_signatures)


def _beside(folder: Folder, music: str, seeds: Sequence[Excerpt], counted: Counted) -> list[Written]:
    """Other held-out music, training music, and what is made of the held-out passages that is none."""
    used = {seed.piece.family for seed in seeds}
    real = _passages(folder, music, [p for p in folder.of("test") + folder.of("valid") if p.family not in used], seeds)
    trained = _passages(folder, music, folder.of("train"), seeds)
    sources = real[: len(seeds)]
    rng = np.random.default_rng(0)
    made: dict[str, Callable[[Passage], Score]] = {
        "5-gram": lambda passage: counted.written(passage, rng),
        "shuffled": lambda passage: shuffled(passage.score, rng),
        "random walk": lambda passage: walk(passage.score, rng),
    }
    found = [Written(music, name, None, tuple(map(make, sources))) for name, make in made.items()]
    found.append(Written(music, HELD_OUT, None, _scores(real)))
    found.append(Written(music, TRAINING, None, _scores(trained)))
    return found


def _passages(folder: Folder, music: str, pieces: Iterable[Piece], seeds: Sequence[Excerpt]) -> list[Passage]:
    """Twice as many as there are seeds, of each style in the same proportion, in mixed order."""
    by_group = groups(apart(pieces))
    wanted = (MELODIES,) if music == MELODIES else STYLES
    found = []
    for group in wanted:
        most = 2 * sum(seed.piece.group == group for seed in seeds)
        found += passages(folder, by_group.get(group, []), most, BARS)
    return [found[i] for i in np.random.default_rng(1).permutation(len(found))]


def _scores(chosen: Iterable[Passage]) -> tuple[Score, ...]:
    return tuple(passage.score for passage in chosen)
