"""What listeners like, foreseen from a handful of likes: simulated listeners, each fond of one style or collection.

    python -m benchmarks.taste --data DIR [--space FILE] [--listeners 40] [--latent] [--out DIR]

DIR is what `python -m studio.data --voices both` wrote. The space of tastes is made from passages of training pieces
and written into FILE, and the listeners judge pieces of the test split. Minutes on one core. `--latent` also measures
what the encoder-decoder's latents add.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import taste_listeners as simulated
from benchmarks.table import circumstances, markdown, told
from benchmarks.taste_listeners import Listener, interval
from benchmarks.taste_music import LATENT, Heard, Music, only
from studio import checkpoints
from studio.errors import StudioError
from studio.pipeline import catalogue
from studio.pipeline.taste import SPACE
from studio.taste import Passages, Space
from studio.taste.recommending import TRIALS

PER = 15  # candidates of every kind
LIKES = (3, 5, 10)
HISTOGRAMS = frozenset({"class", "step", "gap", "length", "place"})
FIGURES = frozenset({"figure", "trait"})
PACE = frozenset({"trait.pace"})
COLUMNS = ["listeners like one", "suggested by", "after", "share liked", "95 % from", "to"]
TITLE = "What will I like: suggestions for simulated listeners"

Array = NDArray[np.float64]
Rows = list[list[str | float]]


def made(passages: Sequence[Passages], blocks: frozenset[str], without: frozenset[str] = frozenset()) -> Space:
    """The space of these features alone."""
    return Space.of(
        [
            Passages(one.style, (only(one.features[0], blocks, without), only(one.features[1], blocks, without)))
            for one in passages
        ]
    )


def plain(space: Space) -> Space:
    """The same features, each only brought to one scale."""
    return replace(space, projection=np.eye(len(space.names)))


def spaces(passages: Sequence[Passages], latent: bool) -> dict[str, Space]:
    """What is compared, the one that is shipped first."""
    every = FIGURES | HISTOGRAMS
    whole = made(passages, every)
    found = {
        "as shipped: figures and histograms": whole,
        "without the pace": made(passages, every, PACE),
        "figures alone": made(passages, FIGURES),
        "histograms alone": made(passages, HISTOGRAMS),
        "both, only brought to one scale": plain(whole),
    }
    if latent:
        found["both and the encoder-decoder's latents"] = made(passages, every | {LATENT})
        found["the encoder-decoder's latents alone"] = made(passages, frozenset({LATENT}))
    return found


def foreseen(what: str, labels: Sequence[str], vectors: dict[str, Array], each: int) -> Rows:
    """Precision at ten after so many likes."""
    crowd = list(simulated.listeners(labels, each, PER))
    popular = simulated.popularity(labels, PER + simulated.MOST_LIKES)
    dice = np.random.default_rng(2)

    def row(name: str, after: str, scores: Iterator[Array]) -> list[str | float]:
        found = [simulated.precision(one, labels, told) for one, told in zip(crowd, scores, strict=True)]
        return [what, name, after, *(round(value, 3) for value in interval(found))]

    def judged(name: str, likes: int, dislikes: int = 0, wrong: float = 0.0) -> Iterator[Array]:
        return (simulated.expected(one, vectors[name], likes, dislikes, wrong) for one in crowd)

    first = next(iter(vectors))
    return [
        row("chance", "", (dice.random(len(one.candidates)) for one in crowd)),
        row("what others like", "", (popular[one.candidates] + dice.random(len(one.candidates)) / 2 for one in crowd)),
        *(row(name, f"{k} likes", judged(name, k)) for name in vectors for k in LIKES),
        *(row(first, f"{k} likes, {k} dislikes", judged(first, k, k)) for k in LIKES),
        row(first, "10 likes, two by mistake", judged(first, 10, wrong=0.2)),
    ]


def sessions(what: str, labels: Sequence[str], vectors: Array, each: int) -> Rows:
    """From the first visit: eight suggestions a round, all of them judged."""
    ways = {
        "chance": None,
        "no trials": 0.0,
        f"one in {round(1 / TRIALS)} a trial, as shipped": TRIALS,
        "all trials": 1.0,
    }
    crowd: list[Listener] = list(simulated.listeners(labels, each, PER))
    rows: Rows = []
    for name, trials in ways.items():
        shares = [simulated.session(one, labels, vectors, trials, i) for i, one in enumerate(crowd)]
        for turn in (1, 3, 5):
            after = f"{(turn + 1) * simulated.SHOWN} judged"
            found = interval([one[turn] for one in shares])
            rows.append([what, f"all found, from nothing: {name}", after, *(round(value, 3) for value in found)])
    return rows


def weak(heard: Sequence[Heard]) -> str:
    """What the rows do not show."""
    return (
        "A listener who likes all of one style and nothing else is simpler than a person; nobody has judged these "
        "suggestions by ear. How well tastes are told among one visitor's takes, which are far more alike than pieces "
        "of different styles, is not measured. The listeners have one taste each; of people with several the best "
        "compromise is found. Such listeners have no surprises, so that trials can only cost here. Some of what tells "
        "collections apart may be how they were written down, not what they are: performances, for example, lie "
        f"otherwise on the grid. {len(heard):,} held-out pieces were judged."
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and write the space, the table and the data."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.taste", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a prepared folder")
    parser.add_argument("--space", type=Path, default=SPACE, help="where the space of tastes goes")
    parser.add_argument("--listeners", type=int, default=40, help="listeners of each style or collection")
    parser.add_argument("--latent", action="store_true", help="measure the encoder-decoder's latents too")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args(argv)
    try:
        loaded = catalogue.load(checkpoints.read_card(catalogue.CHECKPOINTS / "vae")) if asked.latent else None
        music = Music(asked.data, loaded)
        passages, heard = music.passages(), music.held_out()
        about = circumstances(told("benchmarks.taste", argv))
        compared = spaces(passages, asked.latent)
        whole = next(iter(compared.values()))
        replace(whole, about={"command": about["command"], "pieces": len(passages)}).write(asked.space)
        vectors = {name: np.array([space.vector(one.features) for one in heard]) for name, space in compared.items()}
        rows: Rows = []
        for what, labels in (("style", [h.style for h in heard]), ("collection", [h.collection for h in heard])):
            rows += foreseen(what, labels, vectors, asked.listeners)
            rows += sessions(what, labels, next(iter(vectors.values())), asked.listeners // 2)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    least = PER + simulated.MOST_LIKES
    styles = ", ".join(simulated.kinds([one.style for one in heard], least))
    collections = ", ".join(simulated.kinds([one.collection for one in heard], least))
    text = (
        f"{asked.listeners} listeners for each style ({styles}) and for each collection ({collections}); each likes "
        f"that music alone. Of every kind {PER} held-out pieces stand for choice, and the share liked is that of the "
        f"{simulated.PRECISION_AT} suggested first. Listeners who begin from nothing judge {simulated.SHOWN} "
        "suggestions at a time; there it is the share of all they like that was found by then. Intervals: bootstrap "
        "over listeners. No piece is a version of another; what is compared are 16 bars on the grid, without "
        "instruments, loudness or length."
    )
    content = about | {"title": TITLE, "about": text, "columns": COLUMNS, "rows": rows, "weak": weak(heard)}
    (asked.out / "taste.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    table = markdown(COLUMNS, [[str(cell) for cell in row] for row in rows])
    page = f"{text}\n\n{table}\n\nWeak: {weak(heard)}\n\n`{about['command']}` on {about['machine']}.\n"
    (asked.out / "taste.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
