"""The Transformer by the published protocols: exact likelihoods on data and splits that others have reported.

    python -m benchmarks.published --bench DIR [--out DIR] [--only NAME ...]

DIR holds JSB_Chorales.mat, Nottingham.mat and Jsb16thSeparated.npz (see published_pieces for where they are from). For
each protocol a `studio.models.transformer.Model` learns from the training split alone; the validation split chooses
the weights, as it chose all settings here; then the test split is read once. A run that was stopped goes on, one that
is done is not repeated. Nothing of the studio's own corpora is used.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.published_baseline import voice_bigram
from benchmarks.published_ids import Keys, Voices, Writing
from benchmarks.published_pieces import Piece, keys, voices
from benchmarks.published_training import Run, Settings
from benchmarks.published_windows import frame_nats, mean_nats
from benchmarks.table import circumstances, markdown, write
from studio.errors import StudioError
from studio.models.transformer import Model


@dataclass(frozen=True)
class Protocol:
    """One row of figures: data, how it is written as ids, and the settings that the validation split chose."""

    title: str
    file: str
    read: Callable[[Path], dict[str, list[Piece]]]
    writing: Writing
    settings: Settings
    others: str
    """What has been reported, per frame of the same data, and by whom."""


PROTOCOLS = {
    "jsb16": Protocol(
        "JSB Chorales, 16ths, four voices", "Jsb16thSeparated.npz", voices, Voices(clock=16),
        Settings(
            steps=6000, width=96, layers=4, dropout=0.25, lr=4e-3, home=0.2, decay=0.7, average=0.998, look_every=500,
            orders=24, networks=2,
        ),
        "validation only: Music Transformer 1.34, Transformer 1.67 (Huang et al. 2018: 0.335 and 0.417 a voice); "
        "TonicNet 1.10 with the chord as a fifth (Peracha 2019: 0.220 for each of five)",
    ),
    "jsb": Protocol(
        "JSB Chorales, quarters", "JSB_Chorales.mat", keys, Keys(clock=12),
        Settings(steps=5000, layers=4, dropout=0.2),
        "test: RNN-NADE 5.56, RNN-RBM 6.27 (Boulanger-Lewandowski et al. 2012), SRNN 4.74 (Fraccaro et al. 2016); "
        "keys taken as independent: TCN 8.10, GRU 8.43, LSTM 8.45 (Bai et al. 2018)",
    ),
    "nottingham": Protocol(
        "Nottingham", "Nottingham.mat", keys, Keys(clock=24, short=True),
        Settings(steps=10_000, home=0.7),
        "test: RNN-NADE 2.31, RNN-RBM 2.39, SRNN 2.94; keys taken as independent: TCN 3.07, LSTM 3.29, GRU 3.46",
    ),
}  # fmt: skip


def measure(name: str, bench: Path, out: Path) -> dict[str, Any]:
    """Train and score one protocol, or read what an earlier call found."""
    done = out / name / "result.json"
    if done.exists():
        found: dict[str, Any] = json.loads(done.read_text(encoding="utf-8"))
        return found
    protocol = PROTOCOLS[name]
    writing, settings, splits = protocol.writing, protocol.settings, protocol.read(bench / protocol.file)
    runs = [
        Run(writing, splits, replace(settings, seed=seed), out / name / str(seed)) for seed in range(settings.networks)
    ]
    for run in runs:
        run.learn()
    models = [run.best_model() for run in runs]
    row = {"name": name, "title": protocol.title, "networks": len(models)}
    row |= {"parameters": sum(p.numel() for model in models for p in model.parameters())}
    row |= {"steps": runs[0].step, "epochs": runs[0].epoch, "training_s": [round(run.seconds) for run in runs]}
    row |= {split: score(models, writing, splits[split], settings) for split in ("valid", "test")}
    if writing.voiced:
        row["bigram"] = {split: voice_bigram(splits["train"], splits[split]) for split in ("valid", "test")}
    row |= {"settings": asdict(settings), "tried": [run.rows for run in runs]}
    done.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    return row


def score(models: Sequence[Model], writing: Writing, pieces: Sequence[Piece], settings: Settings) -> dict[str, float]:
    """Nats per frame: over all frames, without the first of each piece, and of the first model in one order alone."""
    frames = frame_nats(models, writing, pieces, settings.context, range(settings.orders))
    return {
        "nats_per_frame": mean_nats(frames),
        "nats_per_frame_after_the_first": mean_nats(frames, skip=1),
        "nats_per_frame_of_one": mean_nats(frame_nats(models[:1], writing, pieces, settings.context)),
        "frames": sum(map(len, frames)),
        "pieces": len(pieces),
    }


HEADER = ("protocol", "parameters", "validation", "test", "test, first frames left out", "reported by others")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Nats per frame; what has not been run says so."""
    found = {row["name"]: row for row in rows}
    return markdown(HEADER, [_cells(protocol, found.get(name)) for name, protocol in PROTOCOLS.items()])


def _cells(protocol: Protocol, row: dict[str, Any] | None) -> list[str]:
    if row is None:
        return [protocol.title, *["not measured"] * 4, protocol.others]
    valid, test = (row[split]["nats_per_frame"] for split in ("valid", "test"))
    after = row["test"]["nats_per_frame_after_the_first"]
    return [protocol.title, f"{row['parameters']:,}", f"{valid:.3f}", f"{test:.3f}", f"{after:.3f}", protocol.others]


def _voices(rows: Sequence[dict[str, Any]]) -> str:
    """The chorales once more: mean over the voices, one network in one order, and the bigram as a check."""
    return "\n".join(
        f"{row['title']}, nats per voice and frame: validation {row['valid']['nats_per_frame'] / 4:.4f}, "
        f"test {row['test']['nats_per_frame'] / 4:.4f}; "
        f"per frame of the first network from the soprano down alone {row['valid']['nats_per_frame_of_one']:.3f} "
        f"and {row['test']['nats_per_frame_of_one']:.3f}; "
        f"voice bigram {row['bigram']['valid']:.3f} and {row['bigram']['test']:.3f}."
        for row in rows
        if "bigram" in row
    )


NOTES = """
A figure is the negative log-likelihood in nats of a frame given all frames before it in its piece, the mean over all
frames of all pieces of the split, each in its own key, teacher forced, in fp32. Every frame is predicted, the first of
a piece too (Bai et al. leave it out: the column beside); the end of a piece is not. "Its own key" is the file's: in
the .mat files most pieces are in C major or C minor. Settings, length of training and weights are chosen on the
validation split; the test split is read once for each network that this table has shown. At 16ths a piece is written in
all 24 orders of its voices by each of two networks, alike but for the seed, and a frame is as likely as on average over
all 48: one distribution again, since to a frame belongs what says that it is complete (the next `AT`, so "first frames
left out" leaves out how long those last, too). There the network is the Transformer, told besides what each voice
sounds and since when, and it weighs a pitch by its interval from each voice and by how often it was sung of late: all
of it stands in the ids before (published_chorales.py). What else was tried stands in published_tried.csv. The figures
of others are quoted, not measured here; SRNN's are bounds.

How frames are written: at 16ths `BAR` before every 16 frames and once at the end, and for each frame that differs from
the last `AT` (how far into the bar it begins) and the pitches of the voices that change, in the order that is said
before the first bar; each voice has its own ids. That a voice or a frame is held is said by what comes instead, and
counts there. The last bar is written to its end, as if the last chord were held until then: where the piece ends
earlier, that can only make the figure larger.
From the .mat files, the pitches in ascending order and then `END`; for Nottingham a frame may be `SAME`, or `TOP p`
when only its highest pitch is another. In one order a piece has one writing, so by the chain rule the sum over its ids
is no less than its own negative log-likelihood, all ids counted.
Windows: a piece that is longer than the context is read in windows that begin at a frame and overlap by half.
"""


def report(rows: Sequence[dict[str, Any]], about: dict[str, Any]) -> str:
    """The table, how it was measured, and on what."""
    versions = ", ".join(f"{name} {about['versions'][name]}" for name in ("torch", "numpy"))
    head = f"`{about['command']}` on {about['machine']}; Python {about['python']}, {versions}."
    return "\n".join(["# Published protocols, nats per frame", "", head, "", table(rows), "", _voices(rows), NOTES])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.published", description=__doc__)
    parser.add_argument("--bench", required=True, type=Path, help="folder with the .mat and .npz files")
    parser.add_argument("--out", type=Path, default=Path("runs/published"), help="for runs and results (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=list(PROTOCOLS), default=list(PROTOCOLS), help="not all of them")
    args = parser.parse_args(arguments)
    about = circumstances("python -m benchmarks.published --bench DIR --out DIR")
    try:
        for name in args.only:
            measure(name, args.bench, args.out)
            # Others may have been done by another call.
            rows = [measure(n, args.bench, args.out) for n in PROTOCOLS if (args.out / n / "result.json").exists()]
            write(args.out / "results.json", about, protocols=rows)
            (args.out / "results.md").write_text(report(rows, about), encoding="utf-8")
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
