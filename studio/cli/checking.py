"""The command that says whether music is original: check."""

from __future__ import annotations

import argparse
import json
from typing import Any

from studio import pipeline
from studio.cli.command import Command, remark


def _declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="the music to look at: a MIDI file")
    parser.add_argument("--seed", metavar="SEED.mid", help="what it was made from: say what it shares with that, too")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _check(args: argparse.Namespace) -> int:
    """1 where the music is copied."""
    music = pipeline.read(args.source)
    seed = pipeline.read(args.seed) if args.seed else None
    remark(*music.repairs, *(seed.repairs if seed else ()))
    report = pipeline.check(music.score, seed.score if seed else None)
    if args.json:
        print(json.dumps(_as_json(report), indent=1, ensure_ascii=False))
    else:
        print(f"{report.verdict}: {report.sentence}")
        for passage in report.passages:
            print(f"  {_words(passage)}")
        print(f"({report.pieces:,} training pieces were looked through.)")
    return int(report.verdict == "copied")


def _words(passage: pipeline.Shared) -> str:
    here, there = (_bars(bars) for bars in (passage.bars, passage.source_bars))
    told = f"{passage.notes} notes, {here} of track {passage.track + 1}: "
    if passage.source is None:
        return told + f"{there} of the seed"
    source = passage.source
    return told + f"{there} of '{source.name}' ({source.corpus}, {source.licence}; {source.credit})"


def _bars(bars: tuple[int, int]) -> str:
    first, last = bars
    return f"bar {first}" if first == last else f"bars {first}-{last}"


def _as_json(report: pipeline.Originality) -> dict[str, Any]:
    passages = [_passage_as_json(passage) for passage in report.passages]
    trained = next((passage for passage in passages if passage["source"] is not None), None)
    return {
        "verdict": report.verdict,
        "sentence": report.sentence,
        "false_alarms": report.false_alarms,
        "longest": trained,
        "passages": passages,
        "training_pieces": report.pieces,
    }


def _passage_as_json(passage: pipeline.Shared) -> dict[str, Any]:
    source = passage.source
    known = ("id", "title", "corpus", "licence", "credit", "style")
    return {
        "source": {name: getattr(source, name) for name in known} if source else None,
        "notes": passage.notes,
        "agreement": passage.agreement,
        "bars": passage.bars,
        "source_bars": passage.source_bars,
        "track": passage.track + 1,
        "transposed": passage.transposed,
        "tempo": passage.tempo,
        "false_alarms": passage.false_alarms,
        "steps": passage.steps,
    }


COMMANDS = (Command("check", "Say whether music is original, or what it shares with others.", _declare, _check),)
