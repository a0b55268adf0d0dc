"""Does the ranking find the music? What really followed a held-out seed is hidden among the takes of a model.

    python -m benchmarks.ranking --data DIR [--takes DIR] [--models ...] [--out FOLDER]

Weights are learned from seeds of the validation split and judged on seeds of the test split; they are then those of
`studio.ranking.order`, and a test holds the two together. Takes are kept in the folder `--takes`; those that are there
are not written again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_pieces import Folder
from benchmarks.ranking_takes import MOST_NOTES, MOST_TRACKS, Case, cases
from benchmarks.table import circumstances, markdown, told, write
from studio import pipeline
from studio.ranking import TERMS


class Plan(NamedTuple):
    """How many takes hide what really followed, and for how many seeds of each split."""

    takes: int
    valid: int
    test: int


MODELS = {"lstm": Plan(7, 60, 120), "transformer": Plan(5, 30, 40)}
RIDGE = 0.03
"""How strongly weights are held near 0, so that what a few seeds say by chance does not become a weight."""
LEAST = 0.1
"""A term counts at least so much, the weightiest counting 1: a visitor who wants more of it has something to raise."""
LEARNED = [name for name in TERMS if name != "copying"]
"""Copying is looked for elsewhere, and counts as much as the weightiest."""
RESAMPLED = 10_000

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Cases of one model and split: `values` (cases, candidates, terms) 0-1, what a term does not say 0.

    `nats` (cases, candidates) a note. What really followed comes first. `goes_on` (cases,): the piece does after it.
    """

    values: Values
    nats: Values
    goes_on: NDArray[np.bool_]


def judged(found: Sequence[Case], model: str) -> Judged:
    """Every candidate through the pipeline, as the page ranks what it wrote."""
    values, nats = [], []
    for i, case in enumerate(found):
        recipe = {"model": model, "verb": "continue", "settings": {}}
        merits = pipeline.judge([replace(take, recipe=recipe) for take in case.takes])
        values.append([[_value(merit, name) for name in LEARNED] for merit in merits])
        nats.append([merit.surprise[0] if merit.surprise else np.nan for merit in merits])
        print(f"\r{model}: judged {i + 1} of {len(found)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return Judged(np.array(values), np.array(nats), np.array([case.goes_on for case in found]))


def _value(merit: pipeline.Merit, name: str) -> float:
    finding = merit.findings[name]
    return finding.value if finding is not None else 0.0


def fit(parts: Sequence[Values], steps: int = 20_000) -> Values:
    """(terms,) weights, the largest 1: those under which what is real is likeliest to be chosen (a conditional logit).

    `parts`: values of each model, whose models count alike. No weight is below 0: a term is a merit.
    """
    weights = np.ones(parts[0].shape[2])
    for _ in range(steps):
        slope = -RIDGE * weights
        for values in parts:
            chances = np.exp(values @ weights - (values @ weights).max(1, keepdims=True))
            chances /= chances.sum(1, keepdims=True)
            slope += (values[:, 0] - np.einsum("cn,cnt->ct", chances, values)).mean(0)
        weights = np.maximum(0.0, weights + slope)
    return np.maximum(LEAST, (weights / weights.max()).round(2))


def place(scores: Values) -> Values:
    """(cases,) the rank of the first candidate by scores (cases, candidates), highest first; equals share theirs."""
    first, rest = scores[:, :1], scores[:, 1:]
    return np.asarray(1 + (rest > first).sum(1) + 0.5 * (rest == first).sum(1))


def interval(values: Values) -> tuple[float, float]:
    """The middle 95 % of the means of resampled values (a bootstrap over seeds)."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLED, len(values)))
    low, high = np.percentile(values[drawn].mean(1), [2.5, 97.5])
    return float(low), float(high)


def rows(model: str, test: Judged, learned: Values) -> list[dict[str, Any]]:
    """A row for each way to put the candidates in order; the weights that were `learned` are those to be shipped."""
    alike = test.values[..., LEARNED.index("surprise")]
    ways = {
        "the likeliest first": -test.nats,
        "the least likely first": test.nats,
        "as surprising as the seed, alone": alike,
        "all terms alike": test.values.sum(2),
        "all terms but the likelihood, as learned": test.values @ np.where(np.array(LEARNED) == "surprise", 0, learned),
        "our score": test.values @ learned,
    }
    ranks = {name: place(scores) for name, scores in ways.items()}
    ours, candidates = ranks["our score"], test.values.shape[1]
    found = [_row(model, "chance", None, None, candidates)]
    found += [_row(model, name, rank, ours, candidates) for name, rank in ranks.items()]
    on = test.goes_on
    if on.any() and not on.all():
        found.append(_row(model, "our score, where the piece goes on after it", ours[on], None, candidates))
    return found


def _row(model: str, name: str, rank: Values | None, ours: Values | None, candidates: int) -> dict[str, Any]:
    if rank is None:
        mean, low, high, first = (candidates + 1) / 2, None, None, 1 / candidates
    else:
        (low, high), mean, first = interval(rank), float(rank.mean()), float((rank == 1).mean())
    worse = interval(rank - ours) if rank is not None and ours is not None and name != "our score" else None
    return {
        "model": model,
        "in order by": name,
        "seeds": None if rank is None else len(rank),
        "candidates": candidates,
        "mean rank": mean,
        "95 %": [low, high] if low is not None else None,
        "first, share": first,
        "ranks behind our score, 95 %": list(worse) if worse else None,
    }


def term_rows(tests: Mapping[str, Judged], learned: Values) -> list[dict[str, Any]]:
    """What each term finds alone, and how much it counts."""
    found = []
    for t, name in enumerate(LEARNED):
        row: dict[str, Any] = {"term": name, "weight": float(learned[t])}
        for model, test in tests.items():
            values = test.values[..., t]
            said = values.any(1)
            row[f"{model}: mean rank alone"] = float(place(values).mean()) if said.any() else None
            row[f"{model}: real"] = float(values[said, 0].mean()) if said.any() else None
            row[f"{model}: takes"] = float(values[said, 1:].mean()) if said.any() else None
        found.append(row)
    return found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return " to ".join(f"{end:.2f}" for end in value)
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _table(found: Sequence[Mapping[str, Any]]) -> str:
    return markdown(list(found[0]), [[_cell(value) for value in row.values()] for row in found])


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="a folder made by python -m studio.data")
    parser.add_argument("--takes", type=Path, default=Path("runs/ranking"), help="where takes are kept (runs/ranking)")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS), help="whose takes (all)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where ranking.json and .md go")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Write takes, learn, measure, print; 0 when our score beats chance and likelihood for every model."""
    args = arguments(argv)
    folder = Folder(args.data)
    of_split: dict[str, dict[str, Judged]] = {"valid": {}, "test": {}}
    for model in args.models:
        for split, by_model in of_split.items():
            plan, kept = MODELS[model], args.takes / f"{model}-{split}.jsonl"
            count = plan.valid if split == "valid" else plan.test
            by_model[model] = judged(cases(folder, split, model, plan.takes, count, kept), model)
    learned = fit([part.values for part in of_split["valid"].values()])
    found = [row for model, test in of_split["test"].items() for row in rows(model, test, learned)]
    terms = term_rows(of_split["test"], learned)
    about = circumstances(told("benchmarks.ranking", argv))
    weights = dict(zip(LEARNED, learned.tolist(), strict=True))
    learned_from = {model: len(part.values) for model, part in of_split["valid"].items()}
    write(args.out / "ranking.json", about, ranks=found, terms=terms, weights=weights, learned_from=learned_from)
    text = "\n".join([f"`{about['command']}`", "", _text(learned_from), "", _table(found), "", _table(terms), ""])
    (args.out / "ranking.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if beats(found) else 1


def _text(learned_from: Mapping[str, int]) -> str:
    seeds = " and ".join(f"{count} ({model})" for model, count in learned_from.items())
    return (
        "What really followed eight held-out bars, eight bars too, among takes of a model: its mean rank, 1 the best. "
        f"Weights were learned from {seeds} seeds of the validation split and are judged here on the test split. "
        "Intervals: bootstrap over seeds. Ranks behind our score: above 0 where our score is better. A term alone: the "
        "mean rank by it, and its mean value for what is real and for takes.\n\n"
        "Where the likeliest first does worse than chance, the model finds its own takes likelier than music. A term "
        "that does no better alone than chance tells nothing apart here; it keeps the least weight, for visitors who "
        "want more of it. What is measured is whether the music that was there is found, not whether listeners agree, "
        "and the test seeds are lone melodies (LSTM) or "
        f"{MOST_NOTES} notes at most in up to {MOST_TRACKS} tracks (Transformer)."
    )


def beats(found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether our score is surely better than chance, and than the likeliest first, for every model."""
    by_way = {(row["model"], row["in order by"]): row for row in found}
    models = {row["model"] for row in found}
    return all(
        by_way[model, "our score"]["95 %"][1] < by_way[model, "chance"]["mean rank"]
        and by_way[model, "the likeliest first"]["ranks behind our score, 95 %"][0] > 0
        for model in models
    )


if __name__ == "__main__":
    sys.exit(main())
