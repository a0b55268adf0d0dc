"""Fifty pieces of every style, written by a model after held-out beginnings: figures, and pictures to look at.

    python -m benchmarks.styles --data DIR --model transformer --out DIR [--count 50] [--bars 8]

Each piece is continued in all its tracks; what really followed is measured alike. The sheets of piano rolls, twelve
to a page, are there to be looked at: no figure sees all that an eye does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.evaluation_pieces import Folder, Piece, groups
from benchmarks.table import circumstances, markdown, number, told, write
from studio import metrics, pipeline
from studio.errors import StudioError
from studio.score import Score

SEED_BARS = 8
COLOURS = ("#2a6fb0", "#d1661f", "#2f8f6b", "#b65a9c", "#7a6a2f", "#555555")


@dataclass(frozen=True)
class Figures:
    """Of some bars of music: means over pieces. `out_of_key`: the share of note time outside the estimated key's scale.

    `repeated`: the share of notes of the top track that repeat the pitch before.
    """

    pieces: int
    notes_per_bar: float
    empty_bars: float
    silent_tracks: float
    polyphony: float
    out_of_key: float
    repeated: float
    loop: float


def measure(scores: Sequence[Score], bars: int) -> Figures:
    """Figures of scores that last so many bars."""
    return Figures(
        pieces=len(scores),
        notes_per_bar=mean(s.note_count / bars for s in scores),
        empty_bars=mean((metrics.empty_bars(s) + max(0, bars - s.bar_count)) / bars for s in scores),
        silent_tracks=mean(mean(not t.notes for t in s.tracks) for s in scores),
        polyphony=mean(metrics.polyphony(s) for s in scores),
        out_of_key=mean(out_of_key(s) for s in scores),
        repeated=mean(metrics.repeated_pitch_rate(s.tracks[0]) for s in scores),
        loop=mean(metrics.longest_loop(s) for s in scores),
    )


def out_of_key(score: Score) -> float:
    """Share of note time outside the scale (major, or natural minor and its raised leading note) of the key; 0-1."""
    key = metrics.estimate_key(score)
    if key is None:
        return 0.0
    scale = (0, 2, 3, 5, 7, 8, 10, 11) if key.minor else (0, 2, 4, 5, 7, 9, 11)
    inside = [(key.tonic + step) % 12 for step in scale]
    return 1.0 - float(metrics.pitch_class_histogram(score)[inside].sum())


def continued(folder: Folder, piece: Piece, model: str, bars: int) -> tuple[Score, Score, Score] | None:
    """(seed, new bars, what really followed) of a piece; None where there is no seed in its beginning."""
    whole = folder.score(piece)
    seed = whole.slice_bars(0, SEED_BARS)
    request = pipeline.Request(model, seed=piece.row, bars=bars, style=piece.style)
    try:
        *_, take = pipeline.continue_(pipeline.Seed(seed), request)
    except StudioError:  # drums alone, or silence where the melody should be
        return None
    assert isinstance(take, pipeline.Take)
    new = take.score.slice_ticks(take.new_from, take.end)
    return take.score, new, whole.slice_bars(SEED_BARS, SEED_BARS + bars)


def sheet(rows: Sequence[tuple[str, Score]], path: Path) -> None:
    """Piano rolls, twelve to a page; what is new begins at the line."""
    figure = Figure(figsize=(16, 18))
    FigureCanvasAgg(figure)
    for place, (title, score) in enumerate(rows[:12], start=1):
        axes = figure.add_subplot(6, 2, place)
        for i, track in enumerate(score.tracks):
            notes = np.array([(n.onset, n.pitch, n.duration) for n in track.notes]).reshape(-1, 3)
            axes.barh(
                notes[:, 1], notes[:, 2], left=notes[:, 0], height=0.9, color=COLOURS[i % len(COLOURS)], alpha=0.8
            )
        bars = score.bars
        for bar in bars:
            axes.axvline(bar.start, color="#cccccc", lw=0.5, zorder=0)
        if len(bars) > SEED_BARS:
            axes.axvline(bars[SEED_BARS].start, color="#aa0000", lw=1.5)
        axes.set_title(title[:70], fontsize=8)
        axes.tick_params(labelsize=6)
    figure.tight_layout()
    figure.savefig(path, dpi=60)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write figures and sheets for every style."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.styles", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", default="transformer")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--bars", type=int, default=8)
    parser.add_argument("--styles", help="only these, with commas")
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    folder, table = Folder(args.data), {}
    for style, pieces in groups(folder.of("test")).items():
        if args.styles and style not in args.styles.split(","):
            continue
        long = [piece for piece in pieces if piece.bars >= SEED_BARS + args.bars]
        drawn = [long[i] for i in np.random.default_rng(0).permutation(len(long))]
        made: list[tuple[str, tuple[Score, Score, Score]]] = []
        for piece in drawn:
            if len(made) < args.count and (found := continued(folder, piece, args.model, args.bars)) is not None:
                made.append((piece.name, found))
        if not made:
            continue
        new, real = (measure([scores[k] for _, scores in made], args.bars) for k in (1, 2))
        table[style] = {"continuations": asdict(new), "what really followed": asdict(real)}
        for page in range(0, len(made), 12):
            rows = [(name, scores[0]) for name, scores in made[page : page + 12]]
            sheet(rows, args.out / f"{style}-{page // 12 + 1}.png")
        print(style, asdict(new), asdict(real), sep="\n  ", flush=True)
    _report(table, args, circumstances(told("benchmarks.styles", arguments)))
    return 0


def _report(table: dict[str, dict[str, dict[str, float]]], args: argparse.Namespace, about: dict[str, object]) -> None:
    names = [field for field in Figures.__dataclass_fields__ if field != "pieces"]
    rows = [
        [style, str(both["continuations"]["pieces"])]
        + [f"{number(both['continuations'][n])} / {number(both['what really followed'][n])}" for n in names]
        for style, both in table.items()
    ]
    head = ["style", "pieces", *(name.replace("_", " ") for name in names)]
    text = f"`{about['command']}`: continuations / what really followed.\n\n{markdown(head, rows)}\n"
    (args.out / "styles.md").write_text(text, encoding="utf-8")
    write(args.out / "styles.json", about, styles=table)


if __name__ == "__main__":
    sys.exit(main())
