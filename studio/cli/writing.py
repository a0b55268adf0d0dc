"""The commands that write music: continue, infill, accompany, restyle."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from tqdm import tqdm

from studio import pipeline
from studio.cli.arguments import asked, bar_range, declare_asked, declare_passage, declare_tempo, index, names, tracks
from studio.cli.command import Command, remark
from studio.cli.outputs import check_outputs, declare_outputs, save

_Request = TypeVar("_Request", bound=pipeline.Asked)


def _declare_continue(parser: argparse.ArgumentParser) -> None:
    declare_passage(parser)
    parser.add_argument("--ending", action="store_true", default=None, help="bring the music to a close")
    parser.add_argument("--key", help="key of the new bars: 'D major', 'Bb minor' (the seed's)")
    parser.add_argument("--metre", help="metre of the new bars: 3/4, 6/8 (the seed's)")
    declare_tempo(parser)
    declare_asked(parser)
    declare_outputs(parser)


def _continue(args: argparse.Namespace) -> None:
    def request() -> pipeline.Request:
        return pipeline.Request(
            **asked(args, "continue"),
            bars=args.bars,
            melody_track=index(args.track),
            first_bar=args.first_bar,
            last_bar=args.last_bar,
            ending=args.ending,
            key=args.key,
            metre=args.metre,
            tempo=args.tempo,
        )

    write(args, pipeline.continue_, request)


def _declare_infill(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="the music: a MIDI file")
    parser.add_argument("--bars", type=bar_range, required=True, help="bars to write anew: 5-8, 5 or, to the end, 5-")
    parser.add_argument("--tracks", type=tracks, help="tracks to write anew, from 1: 1,3 (all that play)")
    parser.add_argument("--keep", default="", help="notes that stay, bar:note: 5:C4,6:67 (C4 is 60)")
    declare_asked(parser)
    declare_outputs(parser)


def _infill(args: argparse.Namespace) -> None:
    def request() -> pipeline.InfillRequest:
        first, last = args.bars
        keep = pipeline.parse_kept(args.keep)
        return pipeline.InfillRequest(
            **asked(args, "infill"), first_bar=first, last_bar=last, tracks=args.tracks, keep=keep
        )

    write(args, pipeline.infill, request)


def _declare_accompany(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="the music with the melody: a MIDI file")
    parser.add_argument("--bars", type=bar_range, default=(1, None), help="bars to take: 5-8, 5 or 5- (all)")
    parser.add_argument("--track", type=int, help="melody track, from 1 (the best guess)")
    parser.add_argument(
        "--with",
        type=names,
        dest="instruments",
        metavar="NAMES",
        help=f"what plays along: some of {','.join(pipeline.INSTRUMENTS)} (what the style has)",
    )
    parser.add_argument(
        "--by-ear", action="store_false", default=None, dest="harmonise", help="find no chords for the melody first"
    )
    parser.add_argument(
        "--voice-leading", action="store_true", default=None, help="for chorales: keep the rules of four-part writing"
    )
    declare_tempo(parser)
    declare_asked(parser)
    declare_outputs(parser)


def _accompaniment(args: argparse.Namespace, verb: str) -> pipeline.AccompanyRequest:
    first, last = args.bars
    return pipeline.AccompanyRequest(
        **asked(args, verb),
        melody_track=index(args.track),
        first_bar=first,
        last_bar=last,
        instruments=args.instruments,
        harmonise=args.harmonise,
        voice_leading=args.voice_leading,
        tempo=args.tempo,
    )


def _accompany(args: argparse.Namespace) -> None:
    write(args, pipeline.accompany, lambda: _accompaniment(args, "accompany"))


def _declare_restyle(parser: argparse.ArgumentParser) -> None:
    _declare_accompany(parser)
    parser.add_argument("--like", metavar="OTHER.mid", help="give the melody itself the manner of this file's")
    parser.add_argument("--strength", type=float, default=0.7, help="with --like: how far, 0 to 1 (0.7)")
    parser.add_argument("--other-track", type=int, help="with --like: its melody track, from 1 (the best guess)")


def _restyle(args: argparse.Namespace) -> None:
    if not args.like:
        write(args, pipeline.restyle, lambda: _accompaniment(args, "restyle"))
        return

    def request() -> pipeline.ResembleRequest:
        first, last = args.bars
        return pipeline.ResembleRequest(
            **asked(args, "resemble"),
            strength=args.strength,
            melody_track=index(args.track),
            other_track=index(args.other_track),
            first_bar=first,
            last_bar=last,
        )

    write(args, lambda seed, wanted: pipeline.resemble(seed, other(args.like), wanted), request)


def other(source: str) -> pipeline.Seed:
    """Another file that a command needs."""
    found = pipeline.read(source)
    remark(*found.repairs)
    return found


def write(
    args: argparse.Namespace,
    verb: Callable[[pipeline.Seed, _Request], pipeline.Run],
    request: Callable[[], _Request],
) -> None:
    """From the file to the results; whatever is wrong is said before the first note is written."""
    soundfont = check_outputs(args)
    wanted = request()
    pipeline.order((), args.weights)
    seed = pipeline.read(args.source)
    remark(*seed.repairs)
    results = _finished(pipeline.original(verb, seed, wanted) if args.original else verb(seed, wanted))
    remark(*dict.fromkeys(notice for take in results for notice in take.notices))
    ranked = pipeline.rank(results, seed, args.weights) if len(results) > 1 else ()
    remark(*map(_told, ranked))
    save(results, args, soundfont, [one.take for one in ranked])


def _told(one: pipeline.Ranked) -> str:
    """Which take it is, and what speaks for it (+) and against it (-)."""
    reasons = [f"{'-' if reason in one.faults else '+'} {reason}" for reason in one.reasons]
    return f"Take {one.take + 1} ({one.score:.2f} of 1): {'; '.join(reasons) or 'nothing to be said'}"


def _finished(run: pipeline.Run) -> list[pipeline.Take]:
    """The takes; how far they are shows on standard error."""
    results = []
    with closing(run), tqdm(desc="writing", unit="bar", leave=False) as progress:
        for step in run:
            if isinstance(step, pipeline.Take):
                results.append(step)
            else:
                progress.total = step.bars_total
                progress.update(step.bars_done - progress.n)
    return results


COMMANDS = (
    Command("continue", "Continue a melody or a piece of many voices.", _declare_continue, _continue),
    Command("infill", "Write some bars anew, with what stands around them in view.", _declare_infill, _infill),
    Command("accompany", "Write what goes with a melody.", _declare_accompany, _accompany),
    Command(
        "restyle",
        "Keep the melody, write the rest in another style.",
        _declare_restyle,
        _restyle,
    ),
)
