"""What is weak, in words: worked out from the figures of the evaluation, so that it changes when they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks import report_sets
from benchmarks.evaluation_report import Row, cell
from benchmarks.evaluation_sets import MEAN
from benchmarks.evaluation_takes import FOLLOWS, HELD_OUT

OVERLAP = "overlap with held-out"
ENOUGH = 100
"""Pieces of a set from which on it is not called small."""
MOST = 4
"""So many figures are named of each model."""


def sentences(parts: Mapping[str, Any]) -> list[str]:
    """A sentence for each weak point that the figures show."""
    asked: dict[str, Callable[[Sequence[Row]], Iterator[str]]] = {
        "figures": _figures,
        "sets": _sets,
        "separation": _separation,
        "likelihood": _likelihood,
        "gaps": _gaps,
        "accompaniment": _accompaniment,
        "density": _density,
        "style": _style,
        "loops": _loops,
        "attributes": _attributes,
        "blend": _blend,
    }
    found = [text for name, of in asked.items() if parts.get(name, {}).get("rows") for text in of(parts[name]["rows"])]
    return found + _older(parts)


def _figures(rows: Sequence[Row]) -> Iterator[str]:
    """The means that lie furthest from held-out music, measured by how far held-out pieces lie from one another."""
    for music in dict.fromkeys(row["music"] for row in rows):
        held_out = report_sets.of(rows, music, HELD_OUT)
        natural = len(_beyond(report_sets.of(rows, music, FOLLOWS), held_out))
        for model in report_sets.models(rows, music):
            made = report_sets.of(rows, music, model, report_sets.USUAL)
            beyond = _beyond(made, held_out)
            named = ", ".join(f"{n} {cell(made[n]['mean'])} beside {cell(held_out[n]['mean'])}" for n in beyond[:MOST])
            yield (
                f"{model}, {music}: at temperature 1 the means of {len(beyond)} of {len(made)} figures lie beyond "
                f"held-out music (of what really follows {natural}){', furthest ' + named if named else ''}."
            )


def _beyond(made: Mapping[str, Row], held_out: Mapping[str, Row]) -> list[str]:
    """The figures whose means are not those of held-out music, the furthest first."""
    found = [name for name, row in made.items() if name in held_out and report_sets.beyond(row, held_out[name])]
    return sorted(found, key=lambda name: -_off(made[name], held_out[name]))


def _off(row: Row, held_out: Row) -> float:
    width = held_out["held-out p95"] - held_out["held-out p5"]
    return float(abs(row["mean"] - held_out["mean"]) / (width or 1.0))


def _sets(rows: Sequence[Row]) -> Iterator[str]:
    """Who overlaps less than what really follows; and where overlap cannot tell music from none."""
    few = min(row["pieces"] for row in rows if row["feature"] == MEAN)
    if few < ENOUGH:
        yield f"The sets are small, {few} pieces the smallest: intervals are wide, and small differences are not seen."
    for music in dict.fromkeys(row["music"] for row in rows):
        follows = report_sets.of(rows, music, FOLLOWS).get(MEAN)
        if follows is None:
            continue
        for model in report_sets.models(rows, music):
            row = report_sets.of(rows, music, model, report_sets.USUAL).get(MEAN)
            if row and row[f"{OVERLAP}, high"] < follows[OVERLAP]:
                yield (
                    f"{model}, {music}: it overlaps with held-out music by {cell(row[OVERLAP])}, what really follows "
                    f"by {cell(follows[OVERLAP])}."
                )
        for fake in ("shuffled", "5-gram", "random walk"):
            row = report_sets.of(rows, music, fake).get(MEAN)
            if row and row[OVERLAP] > follows[OVERLAP] - 0.1:
                yield (
                    f"The overlap of sets is a blunt measure: {fake} overlaps with held-out {music} by "
                    f"{cell(row[OVERLAP])}, what really follows by {cell(follows[OVERLAP])}."
                )


def _separation(rows: Sequence[Row]) -> Iterator[str]:
    nothing = [row["figure"] for row in rows if row["tells real music from"] == "nothing"]
    order = [row["figure"] for row in rows if "shuffled" not in row["tells real music from"]]
    if nothing:
        yield f"These figures tell music from none of the three, and are not shown: {', '.join(nothing)}."
    if order:
        yield f"These figures do not tell music from the same notes in another order: {', '.join(order)}."


def _likelihood(rows: Sequence[Row]) -> Iterator[str]:
    without = [str(row["pieces of"]) for row in rows if "Transformer" in row and row["Transformer"] is None]
    if without:
        yield f"Nats per note: the Transformer was not measured on {', '.join(without)}."


def _gaps(rows: Sequence[Row]) -> Iterator[str]:
    every = rows[-1]
    if every["lower, %"] < 5:
        yield (
            f"Filling gaps: to see what comes after a gap lowers the nats per note by {cell(every['lower, %'])} % only."
        )


def _accompaniment(rows: Sequence[Row]) -> Iterator[str]:
    fails = [f"{row['style']}, {row['harmony']}" for row in rows if row["holds"] == "no"]
    if fails:
        yield f"Accompaniments are further from their melodies than real ones: {'; '.join(fails)}."


def _density(rows: Sequence[Row]) -> Iterator[str]:
    notes = {row["density"]: row["notes per bar, accompaniment"] for row in rows}
    if {"sparse", "busy"} <= notes.keys() and notes["busy"] < 1.2 * notes["sparse"]:
        yield (
            f"Density is hardly heeded: sparse accompaniments have {cell(notes['sparse'])} notes a bar, busy ones "
            f"{cell(notes['busy'])}."
        )


def _style(rows: Sequence[Row]) -> Iterator[str]:
    most = max(row["below another, %"] for row in rows)
    if most < 2:
        yield f"The style that is told changes little: at most {cell(most)} % of the nats per note."


def _loops(rows: Sequence[Row]) -> Iterator[str]:
    column = "longest loop, bars, mean"
    for music in dict.fromkeys(row["music"] for row in rows):
        of = {row["bars 9 to 40"]: row[column] for row in rows if row["music"] == music}
        real, cold = of.get("real"), of.get("guarded, temperature 0.5")
        if real is not None and cold is not None and cold > real + 0.5:
            yield (
                f"Long continuations of {music} at temperature 0.5 go in circles for {cell(cold)} bars on average, "
                f"real music for {cell(real)}."
            )


def _attributes(rows: Sequence[Row]) -> Iterator[str]:
    moved = {row["moved"]: row[f"{row['moved']}, sd"] for row in rows}
    short = [f"{name} by {cell(by)}" for name, by in moved.items() if by < 3]
    if short:
        yield f"Encoder-decoder: asked to move an attribute by 4 standard deviations, it moves {', '.join(short)}."


def _blend(rows: Sequence[Row]) -> Iterator[str]:
    largest = {row["steps"]: row["largest, mean of pairs, %"] for row in rows}
    if largest.get("blend", 0) > largest.get("bar by bar", 100):
        yield (
            f"Blends go in larger steps than taking over bar by bar: {cell(largest['blend'])} beside "
            f"{cell(largest['bar by bar'])} % of the notes."
        )


def _older(parts: Mapping[str, Any]) -> list[str]:
    """Parts that were measured of other weights than the last part of the same model was."""
    weights = {name: part["model"].rpartition("weights ")[2][:12] for name, part in parts.items() if part.get("model")}
    models = {name: part["model"].partition(" of ")[0] for name, part in parts.items() if part.get("model")}
    several = [name for name in weights if ";" not in parts[name]["model"] or name == "likelihood"]
    current = {models[name]: weights[name] for name in several if name in ("likelihood", "again", "follow")}
    older = [name for name in several if current.get(models[name], weights[name]) != weights[name]]
    titles = ", ".join(parts[name]["title"] for name in older)
    return [f"Measured with earlier weights than the shipped ones: {titles}."] if older else []


def not_measured(parts: Mapping[str, Any], others: Mapping[str, Any]) -> list[str]:
    """What the report says nothing of."""
    topics = {"ranking": "the order of takes", "originality": "copying", "taste": "recommendations"}
    missing = [topic for name, topic in topics.items() if name not in others]
    missing += [name for name in ("figures", "sets", "separation", "norms") if not parts.get(name, {}).get("rows")]
    said = [
        "By ear nothing has been judged here: a listening test needs people, and their votes are not in this report."
    ]
    return said + ([f"Not measured: {', '.join(missing)}."] if missing else [])
