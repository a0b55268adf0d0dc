"""The command that measures a file beside held-out music: evaluate."""

from __future__ import annotations

import argparse
import json
from typing import Any

from studio import pipeline
from studio.cli.command import Command, remark
from studio.errors import SettingError


def _declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="a MIDI file")
    parser.add_argument("--style", help="held-out music of this style to measure it by (what suits the file)")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _evaluate(args: argparse.Namespace) -> None:
    seed = pipeline.read(args.source)
    remark(*seed.repairs)
    norms = pipeline.norms(seed.score.bar_count)
    style = _style(args.style, seed.score, norms)
    passages = pipeline.passages(seed.score, norms)
    measured = pipeline.measured(passages)
    rows = [_row(figure, measured[figure.name], norms, style) for figure in pipeline.FIGURES if figure.name in measured]
    if args.json:
        beside = {"style": style, "pieces": norms.pieces(style), "bars": list(norms.bars)} if norms else None
        told = {"bars": seed.score.bar_count, "passages": len(passages), "beside": beside, "figures": rows}
        print(json.dumps(told, indent=1))
        return
    print("\n".join(_table(rows)))
    remark(_beside(norms, style, len(passages)))


def _style(asked: str | None, score: pipeline.Score, norms: pipeline.Norms | None) -> str:
    """The style to measure by; SettingError where nothing is known of the one that was asked for."""
    if norms is None:
        return ""
    if asked is None:
        return norms.beside(None, sum(bool(track.notes) for track in score.tracks))
    if asked not in norms.styles:
        raise SettingError(f"No held-out music of the style '{asked}' was measured: choose {', '.join(norms.styles)}.")
    return asked


def _row(figure: pipeline.Figure, value: float, norms: pipeline.Norms | None, style: str) -> dict[str, Any]:
    band = norms.band(style, figure.name) if norms else None
    place = norms.place(style, figure.name, value) if norms else None
    known = {"figure": figure.name, "value": value, "unit": figure.unit, "paper": figure.paper}
    return known | {"held_out": band._asdict() if band else None, "place": place}


def _table(rows: list[dict[str, Any]]) -> list[str]:
    cells = [["figure", "value", "unit", "held-out music", "more than"]]
    for row in rows:
        band, place = row["held_out"], row["place"]
        between = f"{band['p5']:.3g} to {band['p95']:.3g}, median {band['p50']:.3g}" if band else ""
        than = f"{place:.0%} of it" if place is not None else ""
        cells.append([row["figure"].replace("_", " "), f"{row['value']:.3g}", row["unit"], between, than])
    if not any(row["held_out"] for row in rows):
        cells = [line[:3] for line in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def _beside(norms: pipeline.Norms | None, style: str, passages: int) -> str:
    if norms is None:
        return (
            "What held-out music measures is not known here: there is no checkpoints/norms.json. Fetch the repository's"
            " checkpoints folder again, or measure it with: make evaluate"
        )
    least, most = norms.bars
    length = f"{least} to {most} bars" if least < most else f"{most} bars"
    mean = f"the means of its {passages} passages of {length}" if passages > 1 else "those of the whole piece"
    return (
        f"The values are {mean}; held-out music is {norms.pieces(style):,} passages of {length} "
        f"({style.replace('_', ' ')}), of which nine in ten lie in the range."
    )


COMMANDS = (Command("evaluate", "Measure a MIDI file, and hold it against music by others.", _declare, _evaluate),)
