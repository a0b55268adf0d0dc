"""What several commands ask for, and what can be typed there: bars, tracks, names. Bars and tracks from 1.

What reads a word raises `argparse.ArgumentTypeError`, whose sentence argparse puts behind the option's name.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from studio import pipeline
from studio.errors import SettingError


def declare_passage(parser: argparse.ArgumentParser) -> None:
    """What is continued, and by how much."""
    parser.add_argument("source", metavar="IN.mid", help="the seed: a MIDI file")
    parser.add_argument("--bars", type=int, default=8, help=f"new bars, 1 to {pipeline.MAX_BARS} (8)")
    parser.add_argument("--track", type=int, help="melody track, from 1 (the best guess)")
    parser.add_argument("--first-bar", type=int, default=1, help="first bar of the seed that counts (1)")
    parser.add_argument("--last-bar", type=int, help="last bar of the seed that counts (its last)")


def declare_tempo(parser: argparse.ArgumentParser) -> None:
    """How fast what is written goes."""
    parser.add_argument("--tempo", type=float, help="quarter notes a minute, 20 to 320 (the seed's)")


def declare_asked(parser: argparse.ArgumentParser) -> None:
    """What every verb that writes is asked; the fields of a request that all of them have."""
    parser.add_argument("--model", help="which model; 'studio models' lists them (the first that can)")
    parser.add_argument("--seed", type=int, default=0, help="number that makes the result repeatable (0)")
    most = pipeline.MAX_TAKES
    parser.add_argument("--takes", type=int, default=1, help=f"results, 1 to {most}: OUT-1.mid, OUT-2.mid, ... (1)")
    parser.add_argument(
        "--original",
        action="store_true",
        help="compare the result with the training pieces, and write what is copied anew with that forbidden",
    )
    terms = ", ".join(pipeline.RANK_TERMS)
    parser.add_argument(
        "--weights",
        type=weights,
        default={},
        help=f"of several takes the best is told first; how much counts what: key=2,loops=0 (1: as usual); {terms}",
    )
    # Left out, a model follows its own default; which values it honours, the model checks.
    parser.add_argument("--temperature", type=float, help="0 takes the likeliest notes, 1 follows the model, 2 is wild")
    parser.add_argument("--top-k", type=int, help="choose among this many likeliest steps (0: all)")
    parser.add_argument("--top-p", type=float, help="choose among the likeliest steps that make up this probability")
    parser.add_argument("--min-p", type=float, help="leave out steps this much less likely than the likeliest")
    parser.add_argument("--repetition", type=int, help="how often in a row one passage may come (0: no limit)")
    parser.add_argument("--style", help="kind of music to lean to")
    parser.add_argument("--density", help="how many notes: sparse, medium, busy or crowded")
    parser.add_argument("--chords", help="chords to follow, a bar each: 'C Am F G7'; two in a bar: 'C Am | F G7'")


def asked(args: argparse.Namespace, verb: str) -> dict[str, Any]:
    """The same as keywords of a request."""
    same = "seed takes temperature top_k top_p min_p repetition style density chords".split()
    return {"model": _model(args.model, verb), **{name: getattr(args, name) for name in same}}


def _model(name: str | None, verb: str) -> str:
    able = pipeline.models(verb)
    if name is None and not able:
        raise SettingError(f"No model in the checkpoints folder can {verb}: train one with python -m studio.train.")
    return able[0].name if name is None else name


def bar_range(text: str) -> tuple[int, int | None]:
    """`5-8`, `5` or `5-` as (first, last), both included; None is the last bar of all."""
    found = re.fullmatch(r"(\d{1,9})(-?)(\d{0,9})", text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no range of bars: write 5-8, 5 or, to the end, 5-")
    first, dash, last = found.groups()
    if not dash:
        return int(first), int(first)
    return int(first), int(last) if last else None


def weights(text: str) -> dict[str, float]:
    """`key=2,loops=0.5` by name; which names there are, the ranking checks."""
    found = {}
    for word in text.split(","):
        name, equals, number = word.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise argparse.ArgumentTypeError(f"'{word.strip()}' is no weight: write key=2 or key=2,loops=0.5")
    return found


def index(track: int | None) -> int | None:
    """A track's number as its index."""
    return None if track is None else track - 1


def tracks(text: str) -> tuple[int, ...]:
    """`1,3` as the tracks' indices: (0, 2)."""
    if not re.fullmatch(r"\s*\d{1,9}(\s*,\s*\d{1,9})*\s*", text):
        raise argparse.ArgumentTypeError(f"'{text}' are no track numbers: write 1 or 1,3")
    return tuple(int(word) - 1 for word in text.split(","))


def names(text: str) -> tuple[str, ...]:
    """`keys,bass,drums` as a tuple."""
    return tuple(word.strip() for word in text.split(","))
