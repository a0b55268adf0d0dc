"""Continuations of held-out melodies, and the music that really followed, measured alike.

    python -m benchmarks.continuations --data DIR [--model lstm] [--count 200] [--bars 8] [--out FOLDER]

The seed is the beginning of a piece that the model has not seen. Everything goes the way of a visitor's file: the seed
is written as MIDI and read again. Nothing is caught but to be counted.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median

import numpy as np

from benchmarks.evaluation_pieces import Folder
from benchmarks.table import circumstances, markdown, number, told, write
from studio import metrics, midi, pipeline
from studio.data.prepare import SPLITS
from studio.errors import StudioError
from studio.melody import guess_track, monophonic
from studio.score import Score, Track

MAX_REPETITION = 1.5  # how much more often than held-out music a continuation may repeat a pitch


@dataclass(frozen=True)
class Case:
    """A held-out piece: its first bars, the `real` bars that follow them, and which track is the melody."""

    source: str
    seed: Score
    real: Score
    track: int


@dataclass(frozen=True)
class Line:
    """What is counted of one melody of some bars."""

    bars: int
    notes: int
    steps: int
    repeated: int
    loop: int
    lowest: int
    highest: int


@dataclass(frozen=True)
class Outcome:
    """One continuation: its measures and whether it is longer than asked, or the error in its place."""

    source: str
    seconds: float
    line: Line | None = None
    late: bool = False
    error: str = ""
    expected: bool = False


def melody(score: Score, track: int | None) -> Track:
    """The one line that a track holds; empty when there is none."""
    return monophonic(score.tracks[track]) if track is not None and track < len(score.tracks) else Track()


def measure(score: Score, track: int, bars: int) -> Line:
    """Measure the melody of a score of `bars` bars that starts at its tick 0."""
    line = melody(score, track)
    pitches = [note.pitch for note in line.notes]
    return Line(
        bars=bars,
        notes=len(pitches),
        steps=max(0, len(pitches) - 1),
        repeated=sum(a == b for a, b in itertools.pairwise(pitches)),
        loop=metrics.longest_loop(replace(score, tracks=(line,))),
        lowest=min(pitches, default=60),
        highest=max(pitches, default=60),
    )


def cases(folder: Path, split: str, count: int, seed_bars: int, bars: int) -> list[Case]:
    """Up to `count` pieces of the prepared `folder` that hold both parts: drawn at random, but always the same."""
    prepared, end = Folder(folder), seed_bars + bars
    fit = [piece for piece in prepared.of(split) if piece.bars >= end]
    found: list[Case] = []
    for i in np.random.default_rng(0).permutation(len(fit)):
        seed, real = (prepared.score(fit[i], *part) for part in ((0, seed_bars), (seed_bars, end)))
        track = guess_track(seed)
        if track is not None and melody(real, track).notes:
            found.append(Case(fit[i].name, seed, real, track))
        if len(found) == count:
            break
    return found


def continue_case(case: Case, request: pipeline.Request) -> Outcome:
    """One continuation through the pipeline, measured; whatever is raised becomes part of the outcome."""
    start = time.perf_counter()
    try:
        seed = pipeline.read(midi.save(case.seed), "held-out")
        *_, take = pipeline.continue_(seed, request)
        assert isinstance(take, pipeline.Take)
        new = take.score.slice_ticks(take.new_from, max(take.score.end, take.new_from + 1))
        late = take.score.end > take.end or take.bars_new > request.bars
        return Outcome(case.source, time.perf_counter() - start, measure(new, take.melody_track, request.bars), late)
    except Exception as error:  # counting what should never happen is the point
        text = f"{type(error).__name__}: {error}"
        return Outcome(case.source, time.perf_counter() - start, error=text, expected=isinstance(error, StudioError))


def pitch_range(folder: Path, split: str) -> tuple[int, int]:
    """The lowest and the highest pitch of all melodies of a split, from beginning to end."""
    pieces = np.load(folder / "pieces.npy")
    pieces = pieces[pieces[:, 2] == SPLITS.index(split)]
    return int(pieces[:, 4].min()), int(pieces[:, 5].max())


def summary(outcomes: Sequence[Outcome], real: Sequence[Line], pitches: tuple[int, int]) -> dict[str, float]:
    """The figures that say whether the continuations are sound, each beside that of the music that really followed.

    Out of range is what goes beyond `pitches`, the lowest and the highest of the held-out melodies.
    """
    lines = [o.line for o in outcomes if o.line is not None]
    full = [line for line in lines if line.notes]
    lowest, highest = pitches
    repeated, usual = _repeated(full), _repeated(real)
    return {
        "continuations": len(outcomes),
        "exceptions": sum(bool(o.error) for o in outcomes),
        "exceptions_other_than_studio_errors": sum(bool(o.error) and not o.expected for o in outcomes),
        "empty": len(lines) - len(full),
        "past_the_last_bar": sum(o.late for o in outcomes),
        "out_of_range": sum(line.lowest < lowest or line.highest > highest for line in full),
        "held_out_lowest_pitch": lowest,
        "held_out_highest_pitch": highest,
        "repeated_pitch_share": repeated,
        "held_out_repeated_pitch_share": usual,
        "repeated_pitch_ratio": repeated / usual if usual else float("inf") if repeated else 1.0,
        "notes_per_bar": _per_bar(full),
        "held_out_notes_per_bar": _per_bar(real),
        "nothing_but_a_loop": sum(line.loop >= line.bars for line in full),
        "held_out_nothing_but_a_loop": sum(r.loop >= r.bars for r in real),
        "longest_loop_bars": max((line.loop for line in full), default=0),
        "held_out_longest_loop_bars": max(r.loop for r in real),
        "mean_longest_loop_bars": mean([line.loop for line in full] or [0]),
        "held_out_mean_longest_loop_bars": mean(r.loop for r in real),
        "median_seconds": median(o.seconds for o in outcomes),
    }


def _repeated(lines: Sequence[Line]) -> float:
    """Share of all steps from note to note that stay on their pitch."""
    steps = sum(line.steps for line in lines)
    return sum(line.repeated for line in lines) / steps if steps else 0.0


def _per_bar(lines: Sequence[Line]) -> float:
    """Notes per bar over all bars."""
    bars = sum(line.bars for line in lines)
    return sum(line.notes for line in lines) / bars if bars else 0.0


def passes(figures: dict[str, float]) -> bool:
    """Whether nothing was raised, empty, out of range or late, and pitches repeat not much more than they should."""
    never = ("exceptions", "empty", "out_of_range", "past_the_last_bar")
    return not any(figures[name] for name in never) and figures["repeated_pitch_ratio"] <= MAX_REPETITION


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.continuations", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="a folder made by python -m studio.data")
    parser.add_argument("--split", choices=["valid", "test"], default="test")
    parser.add_argument("--model", default="lstm")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed-bars", type=int, default=8)
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where continuations.json and .md go")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run, print and write; 0 when everything asked of the continuations holds."""
    args = arguments(argv)
    chosen = cases(args.data, args.split, args.count, args.seed_bars, args.bars)
    if not chosen:
        print(f"No piece of the {args.split} split in {args.data} has {args.seed_bars + args.bars} bars.")
        return 1
    outcomes = []
    for i, case in enumerate(chosen):
        request = pipeline.Request(model=args.model, bars=args.bars, temperature=args.temperature, seed=i)
        outcomes.append(continue_case(case, request))
        print(f"\r{i + 1} of {len(chosen)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    real = [measure(case.real, case.track, args.bars) for case in chosen]
    figures = summary(outcomes, real, pitch_range(args.data, args.split))
    about = circumstances(told("benchmarks.continuations", argv))
    failed = [{"source": o.source, "error": o.error} for o in outcomes if o.error]
    rows = [[name.replace("_", " "), number(value)] for name, value in figures.items()]
    table = "\n".join([f"`{about['command']}`", "", markdown(["what", "value"], rows), ""])
    write(args.out / "continuations.json", about, figures=figures, passes=passes(figures), failed=failed)
    (args.out / "continuations.md").write_text(table, encoding="utf-8")
    print(table, f"\n{'Passes.' if passes(figures) else 'Does not pass.'}", sep="")
    return 0 if passes(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
