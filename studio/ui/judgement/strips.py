"""Figures of a take beside those of held-out music, each as a strip: where it lies, and what that means in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from studio import pipeline
from studio.ui.words import Words

CHOSEN = (
    "notes_per_bar", "polyphony", "pitch_span", "stepwise", "scale_consistency", "syncopation", "length_entropy",
    "repetition_1",
)  # fmt: skip
"""The figures that say something to a musician, in their order; one that is no longer measured is left out."""
GROUP = "judgement"  # of the words
BAND = (20.0, 80.0)  # where on a strip the band of nine in ten begins and ends, in per cent of its width
EDGE = 3.0
MOST_WORDS = 2
HIGHEST = 99  # "than 100 %" would say more than was measured

Where = Literal["usual", "rather", "far"]
"""In the middle half of held-out music; in nine in ten; outside of them."""


@dataclass(frozen=True)
class Strip:
    """One figure of a take: its `name`, its `number`, and what they mean.

    `where` it lies; `word` says how the take differs ("busier"), "" where it does not. `at`: the places of the band,
    the take and the seed (None where there is none) in per cent of the strip's width.
    """

    name: str
    help: str
    number: str
    words: str
    where: Where
    word: str
    at: dict[str, float | None]


def strips(
    take: pipeline.Score, seed: pipeline.Score | None, norms: pipeline.Norms, style: str, words: Words
) -> list[Strip]:
    """The strips of a take's music, beside those of its seed and of held-out music of a style."""
    found = pipeline.measured(pipeline.passages(take, norms))
    before = pipeline.measured(pipeline.passages(seed, norms)) if seed is not None else {}
    made = [_strip(name, found.get(name), before.get(name), norms, style, words) for name in CHOSEN]
    return [strip for strip in made if strip is not None]


def _strip(
    name: str, value: float | None, before: float | None, norms: pipeline.Norms, style: str, words: Words
) -> Strip | None:
    band = norms.band(style, name)
    place = norms.place(style, name, value) if value is not None else None
    # What has but one value, the voices of a lone melody, tells nothing.
    if value is None or band is None or place is None or value == band[0] == band[4]:
        return None
    where = _where(value, band)
    word = "" if where == "usual" else words(f"{GROUP}.{'more' if value > band[2] else 'less'}_{name}")
    share = min(HIGHEST, round(100 * (place if value > band[2] else 1 - place)))
    return Strip(
        name=words.get(f"figure.{name}", name),
        help=words.get(f"figure.{name}_help"),
        number=words(f"{GROUP}.number_{name}", value=value),
        words=words("judgement.than", word=word, share=share) if word else words("judgement.usual"),
        where=where,
        word=word,
        at={
            **{key: _at(mark, band) for key, mark in zip(("p5", "p25", "p50", "p75", "p95"), band, strict=True)},
            "take": _at(value, band),
            "seed": None if before is None else _at(before, band),
        },
    )


def _where(value: float, band: Sequence[float]) -> Where:
    if band[1] <= value <= band[3]:
        return "usual"
    return "rather" if band[0] <= value <= band[4] else "far"


def _at(value: float, band: Sequence[float]) -> float:
    """The place of a value on a strip. What lies beyond its ends stands at its ends."""
    wide = band[4] - band[0]
    if wide <= 0:  # held-out music has but one value
        return 50.0 if value == band[0] else EDGE if value < band[0] else 100 - EDGE
    at = BAND[0] + (BAND[1] - BAND[0]) * (value - band[0]) / wide
    return round(min(100 - EDGE, max(EDGE, at)), 2)


def told(made: Sequence[Strip], words: Words) -> str:
    """All of them in one clause: in the usual range, or how not. "" without strips."""
    if not made:
        return ""
    for where, key in (("far", "judgement.out_of_range"), ("rather", "judgement.rather")):
        differing = [strip.word for strip in made if strip.where == where][:MOST_WORDS]
        if differing:
            return words(key, words=words("judgement.and").join(differing))
    return words("judgement.in_range")
