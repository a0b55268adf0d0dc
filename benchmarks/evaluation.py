"""What the checkpoints are worth: likelihoods of held-out pieces, and what the verbs write, beside real music.

    python -m benchmarks.evaluation --data DIR [--known DIR] [--checkpoints DIR] [--out DIR] [--parts ...]

At the end all of it is told in `report.html` and `report.json` in the checkpoints folder. The pieces are those of the
prepared folder's test split, and for norms and separation those of its validation split, too. Parts that are not asked
for stay as they were measured before. The whole takes hours on two cores; `--most` and `--count` make it minutes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks import (
    evaluation_accompaniment,
    evaluation_baselines,
    evaluation_cards,
    evaluation_controls,
    evaluation_gan,
    evaluation_gaps,
    evaluation_likelihood,
    evaluation_loops,
    evaluation_norms,
    evaluation_separation,
    evaluation_sets,
    evaluation_takes,
    evaluation_vae,
    report,
)
from benchmarks.evaluation_pieces import MELODIES, Folder, Piece, groups, known, some
from benchmarks.evaluation_report import Row, merged, text
from benchmarks.table import circumstances, told
from studio import checkpoints, pipeline
from studio.errors import StudioError
from studio.pipeline import catalogue

MODEL, RIVAL = "transformer", "lstm"


@dataclass(frozen=True)
class Setup:
    """What is measured on what. `most`: ids of each group for likelihoods (None: all); `count`: pieces to write for;
    `kept`: a folder for what was written.
    """

    data: Path
    checkpoints: Path
    known: Path | None
    most: int | None
    count: int
    kept: Path

    @cached_property
    def folder(self) -> Folder:
        return Folder(self.data)

    @cached_property
    def loaded(self) -> tuple[Any, Any]:
        """(model, events) of the Transformer."""
        return catalogue.load(self.card)

    @cached_property
    def card(self) -> checkpoints.Card:
        return checkpoints.read_card(self.checkpoints / MODEL)

    @cached_property
    def encoder_decoder(self) -> tuple[Any, Any]:
        """(model, events) of the encoder-decoder."""
        return catalogue.load(checkpoints.read_card(self.checkpoints / evaluation_vae.MODEL))

    @cached_property
    def gan(self) -> tuple[Any, Any]:
        """(model, piano roll) of the GAN."""
        return catalogue.load(checkpoints.read_card(self.checkpoints / evaluation_gan.MODEL))

    @cached_property
    def sets(self) -> list[evaluation_sets.Features]:
        """What every model writes at several temperatures, and the music beside it, measured."""
        cards = checkpoints.cards(self.checkpoints)
        written = evaluation_takes.written(self.folder, cards, self.count, self.kept)
        return [evaluation_sets.featured(each) for each in written]

    @property
    def context(self) -> int:
        """Windows as long as the Transformer looks back."""
        context: int = self.loaded[0].config.context
        return context


def likelihood(setup: Setup) -> list[Row]:
    """Nats per note by kind of piece, see `evaluation_likelihood`."""
    folder = setup.folder
    pieces = [piece for group in groups(folder.of("test")).values() for piece in some(group, setup.most)]
    learned = known(folder, setup.known) if setup.known else set()
    lstm = _rival(setup, [piece for piece in pieces if piece.group == MELODIES and piece.row not in learned])
    transformer = evaluation_likelihood.piece_nats(*setup.loaded, folder, pieces, setup.context)
    return evaluation_likelihood.table(pieces, evaluation_baselines.count(folder), transformer, lstm)


def _rival(setup: Setup, melodies: Sequence[Piece]) -> dict[int, float]:
    """Nats of the LSTM, where there is one."""
    if not (setup.checkpoints / RIVAL).is_dir():
        return {}
    model, events = checkpoints.load(setup.checkpoints / RIVAL)
    return evaluation_likelihood.piece_nats(model, events, setup.folder, melodies, setup.context)


def gaps(setup: Setup) -> list[Row]:
    """Filling beside going on, see `evaluation_gaps`."""
    model, _ = setup.loaded
    made = evaluation_gaps.gaps(setup.folder, setup.folder.of("test"), setup.context, setup.count)
    return evaluation_gaps.measure(model, made)


def style(setup: Setup) -> list[Row]:
    """What it is worth to know the style, see `evaluation_controls`."""
    return evaluation_controls.style(*setup.loaded, setup.folder, setup.count, setup.context)


@dataclass(frozen=True)
class Part:
    """One table: `about` says how to read it, `models` which checkpoints it tells of."""

    title: str
    about: str
    measure: Callable[[Setup], list[Row]]
    models: tuple[str, ...] = (MODEL,)


EVERY = (RIVAL, MODEL, evaluation_vae.MODEL, evaluation_gan.MODEL)

PARTS = {
    "figures": Part(
        "Figures beside held-out music",
        "Eight bars that each model writes after eight held-out bars, at three temperatures: the mean of every figure "
        "and its 95 % interval, beside what really follows, other held-out music (where nine in ten pieces lie between "
        "p5 and p95), training music, and what is no music. Models of one voice go on from lone melodies; of the GAN "
        "the melody is measured, not its chords.",
        lambda setup: evaluation_sets.figures(setup.sets),
        EVERY,
    ),
    "sets": Part(
        "Sets beside sets",
        "Yang & Lerch (2020): how far pieces of held-out music lie from one another, and how far what was written lies "
        "from them. Overlap: common area of the two distributions of distances, 0 to 1, more is closer. Divergence: of "
        "the second from the first, nats, less is closer. Spread: how much pieces of the set differ from one another, "
        "1 = as much as held-out ones. Intervals: 95 %, with the pieces of both sets drawn again.",
        lambda setup: evaluation_sets.overlaps(setup.sets),
        EVERY,
    ),
    "separation": Part(
        "Which figures tell music from what is none",
        "Sixteen bars of held-out pieces beside the same notes in another order (pitches, and apart from them steps in "
        "time), what a 5-gram writes that was counted on 2 million ids of training pieces of the same kind, and a "
        "random walk of as many notes in the same range. How often real music measures more, of ties half (the area "
        "under the ROC curve): 0.5 tells nothing, 0 and 1 all. Mean of the kinds of music; 95 % intervals, with the "
        "pieces drawn again. A figure tells where its interval leaves out 0.5 and it is more than 0.05 away; none that "
        "tells nothing from any of the three is shown by the studio. Last stand some that it does not show.",
        lambda setup: evaluation_separation.separation(setup.folder, setup.count),
        (),
    ),
    "norms": Part(
        "What held-out music measures",
        "Quantiles of every figure over a passage of up to sixteen bars of each held-out piece of eight bars or more, "
        "one of each family of versions; styles of fewer than 15 are counted in `all` only. The page compares takes "
        "with them (`checkpoints/norms.json`).",
        lambda setup: evaluation_norms.norms(setup.folder, setup.checkpoints / pipeline.NORMS),
        (),
    ),
    "likelihood": Part(
        "Nats per note",
        "Every id of the pieces counts, headers do not. A piece of one track that is a melody is one of the melodies, "
        "all others are of their style. The 5-gram (interpolated Kneser-Ney) is the better of two on each row: one was "
        "counted on the training pieces of the same kind, in as many of the twelve keys as fit into 60 million ids, "
        "the other on those of all kinds. The LSTM is compared on melodies of which it learned no version.",
        likelihood,
    ),
    "gaps": Part(
        "Filling a gap and going on",
        "Nats per note of two to four bars in the middle of a piece, in all tracks: written after what stands before "
        "them, and with what stands before and after in view.",
        gaps,
    ),
    "accompaniment": Part(
        "Accompaniments of held-out melodies",
        "Sixteen bars. Chord-tone agreement (more is closer) and pitch-class distance (less is closer) of melody and "
        "accompaniment, see `studio.harmony`; it holds where neither is more than 1.15 times worse than in the real "
        "pieces. Chords are found for the melody first (`studio.harmonisation`), or the model plays by ear.",
        lambda setup: evaluation_accompaniment.agreement(setup.folder, MODEL, setup.count),
    ),
    "rules": Part(
        "Rules of four-part writing",
        "Violations per 100 changes of chord in harmonisations of the sopranos of held-out pieces in four parts, "
        "sixteen bars: without and with the mask that keeps to the rules, see `studio.voice_leading`.",
        lambda setup: evaluation_accompaniment.rules(setup.folder, MODEL, setup.count),
    ),
    "chords": Part(
        "Typed chords",
        "Share of the accompaniment's note time on tones of the chords: when they are given, and in what is written "
        "for the same melody without them.",
        lambda setup: evaluation_controls.chords(setup.folder, MODEL, setup.count),
    ),
    "density": Part(
        "Density",
        "Notes per bar of accompaniments of held-out pop melodies, by the density that was asked for.",
        lambda setup: evaluation_controls.density(setup.folder, MODEL, setup.count),
    ),
    "style": Part(
        "Style",
        "Nats per note of the beginnings of held-out pieces, a context long: their style told, no style told, another "
        "one told (each piece another).",
        style,
    ),
    "loops": Part(
        "Loops",
        "The longest stretch that only repeats a pattern of one to four bars, in 32 bars after the first eight.",
        lambda setup: evaluation_loops.loops(setup.folder, MODEL, setup.count),
    ),
    "again": Part(
        "Encoder-decoder: melodies written again",
        "Held-out phrases of so many bars, 20,000 ids in all, read and written again with the likeliest ids. A note is "
        "right when pitch, onset and length are; 2 * right / (there + written).",
        lambda setup: evaluation_vae.again(setup.encoder_decoder, setup.data),
        (evaluation_vae.MODEL,),
    ),
    "vary": Part(
        "Encoder-decoder: variations",
        "Eight bars of held-out melodies, varied by so much at temperature 1. Notes stay when pitch, onset and length "
        "do. Pitch classes and lengths: total variation distance to the melodies themselves, 0 to 1.",
        lambda setup: evaluation_vae.vary(setup.folder, setup.count),
        (evaluation_vae.MODEL,),
    ),
    "attributes": Part(
        "Encoder-decoder: one attribute moved",
        "Eight bars of held-out melodies, each attribute moved from two standard deviations below to two above, "
        "written at temperature 0: the rank correlation (Spearman) of the move with the attribute of what was written, "
        "mean of the melodies; and how much each attribute changed from end to end, in standard deviations (4 wanted "
        "of the one that is moved, 0 of the others).",
        lambda setup: evaluation_vae.attributes(setup.encoder_decoder, setup.folder, setup.count),
        (evaluation_vae.MODEL,),
    ),
    "blend": Part(
        "Encoder-decoder: blends",
        "Eight bars of two held-out melodies in 4/4: the share of notes that each step changes, and the largest change "
        "of any step; beside taking over the other melody bar by bar.",
        lambda setup: evaluation_vae.blend(setup.folder, setup.count),
        (evaluation_vae.MODEL,),
    ),
    "prior": Part(
        "Encoder-decoder: latents drawn at random",
        "Eight bars under the headers of held-out melodies, each bar from a latent of its own that was drawn: normal "
        "with mean and covariance of the training bars, or the standard normal of the prior. Pitch classes and "
        "lengths: total variation distance to one half of the held-out melodies, beside that of the other half.",
        lambda setup: evaluation_vae.prior(setup.encoder_decoder, setup.folder, setup.count),
        (evaluation_vae.MODEL,),
    ),
    "follow": Part(
        "GAN: bars that follow",
        "Eight bars after the first eight of held-out melodies, all in C. Pitch classes and lengths: total variation "
        "distance to what really follows, 0 to 1. Melody on chord tones: share of its time, of the chords that come "
        "with it. Seconds: of the writing, median.",
        lambda setup: evaluation_gan.follow(setup.folder, setup.count),
        (evaluation_gan.MODEL,),
    ),
    "bars": Part(
        "GAN: how its bars are distributed and vary",
        "Four bars after each of up to 1,000 held-out windows of four, at temperature 1. Distances are total variation "
        "to what really follows, 0 to 1, beside those of one half of the real bars to the other. Variety: share of "
        "cells in which bars after different windows differ, takes: after the same bars; both over that of real ones.",
        lambda setup: evaluation_gan.samples(setup.gan, setup.data),
        (evaluation_gan.MODEL,),
    ),
}


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="a folder made by python -m studio.data")
    parser.add_argument("--known", type=Path, help="the folder that the LSTM was trained on, if it is another")
    parser.add_argument("--checkpoints", type=Path, default=catalogue.CHECKPOINTS)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where evaluation.json and .md go")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--most", type=int, help="about so many ids of each kind for the likelihoods; else all")
    parser.add_argument("--count", type=int, default=50, help="pieces of each kind for what is written")
    parser.add_argument(
        "--kept", type=Path, default=Path("runs/evaluation"), help="keeps continuations for another run"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print and write, part by part, at last the cards and the report; 1 where there is nothing to measure."""
    args = arguments(argv)
    setup = Setup(args.data, args.checkpoints, args.known, args.most, args.count, args.kept)
    catalogue.CHECKPOINTS = args.checkpoints  # where the pipeline finds the models
    command = told("benchmarks.evaluation", argv)
    try:
        for name in args.parts:
            parts = {name: _measured(PARTS[name], setup, command)}
            every = merged(args.out / "evaluation.json", parts, list(PARTS))
            (args.out / "evaluation.md").write_text(text(every), encoding="utf-8")
            print(text(parts))
        evaluation_cards.quote(every, args.checkpoints)
        report.write(args.out, args.checkpoints)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _measured(part: Part, setup: Setup, command: str) -> dict[str, Any]:
    return {
        "title": part.title,
        "about": part.about,
        "rows": part.measure(setup),
        "model": "; ".join(
            _weights(setup.checkpoints / name) for name in part.models if (setup.checkpoints / name).is_dir()
        ),
        **circumstances(command),
    }


def _weights(folder: Path) -> str:
    card = checkpoints.read_card(folder)
    steps, sha256 = card.facts.get("steps"), card.sha256
    return f"{card.title} of {steps} steps, weights {sha256[:12]}" if steps else f"weights {sha256[:12]}"


if __name__ == "__main__":
    sys.exit(main())
