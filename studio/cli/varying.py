"""The commands that move melodies in an encoder-decoder: vary, blend."""

from __future__ import annotations

import argparse

from studio import pipeline
from studio.cli.arguments import asked, bar_range, declare_asked, index
from studio.cli.command import Command
from studio.cli.outputs import declare_outputs
from studio.cli.writing import other, write


def _declare_vary(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="the music with the melody: a MIDI file")
    parser.add_argument("--amount", type=float, default=0.3, help="0 leaves the melody as it is, 1 lets go of it (0.3)")
    parser.add_argument("--bars", type=bar_range, default=(1, None), help="bars to vary: 5-8, 5 or 5- (all)")
    parser.add_argument("--track", type=int, help="melody track, from 1 (the best guess)")
    declare_asked(parser)
    declare_outputs(parser)


def _vary(args: argparse.Namespace) -> None:
    def request() -> pipeline.VaryRequest:
        first, last = args.bars
        return pipeline.VaryRequest(
            **asked(args, "vary"),
            amount=args.amount,
            melody_track=index(args.track),
            first_bar=first,
            last_bar=last,
        )

    write(args, pipeline.vary, request)


def _declare_blend(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="A.mid", help="the melody to begin with: a MIDI file")
    parser.add_argument("other", metavar="B.mid", help="the melody to arrive at: a MIDI file")
    parser.add_argument("--steps", type=int, default=5, help="3 to 16, the two melodies included (5)")
    parser.add_argument("--track", type=int, help="melody track of A, from 1 (the best guess)")
    parser.add_argument("--other-track", type=int, help="melody track of B, from 1 (the best guess)")
    declare_asked(parser)
    declare_outputs(parser)


def _blend(args: argparse.Namespace) -> None:
    def request() -> pipeline.BlendRequest:
        return pipeline.BlendRequest(
            **asked(args, "blend"),
            steps=args.steps,
            melody_track=index(args.track),
            other_track=index(args.other_track),
        )

    write(args, lambda seed, wanted: pipeline.blend(seed, other(args.other), wanted), request)


COMMANDS = (
    Command("vary", "Write a melody anew, as close to what it is as you like.", _declare_vary, _vary),
    Command("blend", "Lead from one melody to another, step by step.", _declare_blend, _blend),
)
