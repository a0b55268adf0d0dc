"""`python -m benchmarks.originality --data DIR`: what the check for copies finds and calls copied, and its time.

DIR: a prepared folder (`python -m studio.data --voices both`), the one that the shipped index was made from. Writes
originality.json and originality.md.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks.reference import reference_s, timed
from benchmarks.table import circumstances, markdown, number, told
from studio import pipeline
from studio.originality.__main__ import BARS, VERSION, Nearest, excerpt, names_in, nearest
from studio.originality.calibration import Calibration, calibrate
from studio.originality.corpus import Corpus, Entry
from studio.originality.index import Index
from studio.originality.lines import Line
from studio.pipeline.originality import COMMON, COPIED, PHRASE, index_
from studio.representations.events import GRID
from studio.score import Note, Score, Track

COLUMNS = ("what", "case", "cases", "piece found", "copied", "common", "original")
LENGTHS = (8, 12, 16, 24, 32, 48)
KINDS = ("as it is", "transposed", "twice as slow", "5 % changed", "10 % changed", "15 % changed", "20 % changed")
AROUND = 24
"""Notes of a held-out line before and after what is planted."""
OTHER_BARS, SOME = (8, 32), 4
"""Other lengths of held-out pieces, looked at for one of so many."""
HELD, VERSIONS = "held-out music by others", "held-out versions of a training piece"
SUNG = ("folk", "song", "pop", "art_song", "chorale")
"""Styles that all of the models may be asked for."""
LIKELY = 0.3
LONG = 32
"""Bars of the takes that the time is told for."""


@dataclass
class Tally:
    """What came out of a number of checks."""

    cases: int = 0
    found: int | None = None
    verdicts: Counter[str] = field(default_factory=Counter)

    def row(self, what: str, case: str) -> list[str]:
        """Of the table."""
        shares = [f"{100 * self.verdicts[v] / max(1, self.cases):.1f} %" for v in ("copied", "common", "original")]
        found = "" if self.found is None else f"{100 * self.found / max(1, self.cases):.0f} %"
        return [what, case, str(self.cases), found, *shares]


# --- planted copies --------------------------------------------------------------------------------------------------


def planted(corpus: Corpus, held: Sequence[Line], count: int) -> Iterator[list[str]]:
    """Passages of training pieces amid held-out music, by kind and length."""
    train = corpus.of("train")
    for i, kind in enumerate(KINDS):
        for length in LENGTHS:
            chance, tally = np.random.default_rng([i, length]), Tally(found=0)
            while tally.cases < count:
                entry = train[chance.integers(len(train))]
                line = corpus.line(entry)
                around = held[chance.integers(len(held))].notes
                if line is None or len(line.notes) < length or len(around) < 2 * AROUND:
                    continue
                first = int(chance.integers(len(line.notes) - length + 1))
                report = pipeline.check(_amid(_changed(line.notes[first : first + length], kind, chance), around))
                tally.cases += 1
                tally.found += any(p.source and p.source.id == entry.facts["id"] for p in report.passages)
                tally.verdicts[report.verdict] += 1
            yield tally.row(f"planted, {length} notes", kind)


def _changed(notes: Sequence[Note], kind: str, chance: np.random.Generator) -> list[Note]:
    if kind == "transposed":
        return [note._replace(pitch=min(127, note.pitch + 5)) for note in notes]
    if kind == "twice as slow":
        return [note._replace(onset=2 * note.onset, duration=2 * note.duration) for note in notes]
    share = int(kind.split()[0]) / 100 if "changed" in kind else 0.0
    wrong = set(chance.permutation(len(notes))[: round(share * len(notes))].tolist())
    steps = chance.choice([-4, -3, -2, -1, 1, 2, 3, 4], len(notes)).tolist()
    return [n._replace(pitch=min(127, max(0, n.pitch + steps[i] * (i in wrong)))) for i, n in enumerate(notes)]


def _amid(notes: Sequence[Note], around: Sequence[Note]) -> Score:
    whole: list[Note] = []
    for part in (around[:AROUND], notes, around[AROUND : 2 * AROUND]):
        at = whole[-1].onset + GRID - part[0].onset if whole else -part[0].onset
        whole += [note._replace(onset=note.onset + at) for note in part]
    return Score(GRID, (Track(tuple(whole)),))


# --- real music by others --------------------------------------------------------------------------------------------

Held = tuple[Entry, Line]


def held_out(index: Index, pieces: Sequence[Held]) -> Iterator[list[str]]:
    """Verdicts on held-out pieces by bars and by style, each by what the pieces of the other split say."""
    names = names_in(index)
    usual = [nearest(index, names, entry, line, BARS) for entry, line in pieces]
    calibrations = {
        split: calibrate(
            [
                (one.style, one.score)
                for (entry, _), one in zip(pieces, usual, strict=True)
                if entry.facts["split"] != split and one.share < VERSION
            ],
            BARS,
        )
        for split in ("valid", "test")
    }
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for (entry, _), one in zip(pieces, usual, strict=True):
        others = HELD if one.share < VERSION else VERSIONS
        for name in ("all styles", entry.facts["style"]) if others == HELD else ("all styles",):
            _count(tallies[others, f"{name}, {BARS} bars"], calibrations, entry, one)
    for bars in OTHER_BARS:
        for entry, line in pieces[::SOME]:
            one = nearest(index, names, entry, line, bars)
            if one.share < VERSION:
                _count(tallies[HELD, f"all styles, {bars} bars"], calibrations, entry, one)
    for (what, case), tally in sorted(tallies.items()):
        if tally.cases >= 30:
            yield tally.row(what, case)


def _count(tally: Tally, calibrations: Mapping[str, Calibration], entry: Entry, one: Nearest) -> None:
    share = calibrations[entry.facts["split"]].share(one.style, one.score)
    copied = share <= COPIED and one.score >= PHRASE
    tally.cases += 1
    tally.verdicts["copied" if copied else "common" if share <= COMMON else "original"] += 1


# --- what the models write -------------------------------------------------------------------------------------------


def written(
    entries: Sequence[Entry], corpus: Corpus, asked: pipeline.Request, seeds: int, case: str
) -> Iterator[list[str]]:
    """Verdicts on continuations of the first bars of melodies; then on those that were copied, written anew."""
    first, anew = Tally(), Tally()
    for at in np.random.default_rng(2).permutation(len(entries)):
        if first.cases >= seeds * asked.takes:
            break
        entry = entries[at]
        if entry.facts["bars"] < 2 * asked.bars or entry.facts["style"] not in SUNG:
            continue
        seed = pipeline.Seed(corpus.score(entry, 0, asked.bars))
        request = replace(asked, seed=int(at), style=entry.facts["style"])
        for take in _takes(pipeline.continue_(seed, request)):
            report = pipeline.check(take, seed.score)
            first.cases += 1
            first.verdicts[report.verdict] += 1
            if report.verdict == "copied":
                alone = replace(request, takes=1, seed=take.recipe["seed"])
                (other,) = _takes(pipeline.original(pipeline.continue_, seed, alone))
                anew.cases += 1
                anew.verdicts[pipeline.check(other, seed.score).verdict] += 1
    yield first.row(f"takes by the {asked.model}", case)
    if anew.cases:
        yield anew.row(f"takes by the {asked.model}", f"{case}: what was copied, written anew")


def _takes(run: pipeline.Run) -> list[pipeline.Take]:
    return [step for step in run if isinstance(step, pipeline.Take)]


# --- how long it takes -----------------------------------------------------------------------------------------------


def seconds(held: Sequence[Line]) -> tuple[list[float], float]:
    """What the check of each line's first LONG bars takes, and the mean of the processor's own."""
    chosen = [excerpt(line, LONG) for line in held if int(line.bars[-1]) >= LONG][::12]
    scores = [Score(GRID, (Track(line.notes),)) for line in chosen]
    began = process_time()
    spent = [timed(partial(pipeline.check, score))[0] for score in scores]
    return spent, (process_time() - began) / len(scores)


# --- the whole -------------------------------------------------------------------------------------------------------

ABOUT = (
    "Passages of training pieces were planted amid held-out music; held-out pieces by others were checked, each by "
    "what the pieces of the other held-out split say; and continuations by the models. Copied: at most 1 in 100 real "
    "pieces by others shares as much with a training piece; common: up to 1 in 10. {pieces:,} training pieces, {held:,}"
    " held-out ones to calibrate on; {versions} more, of which half or more stands in one training piece, are versions "
    "of it and were left out. A check of {long} bars took {median:.2f} s (median; {most:.2f} s at the 95th "
    "percentile; {worked:.3f} s of a processor's time), {relative:.3f} of the reference work at the same time; reading "
    "the index took {load:.1f} s, once."
)
WEAK = (
    "One line of each training piece is in the index, the melody or the likeliest track: copied accompaniments are not "
    "seen. The index holds six bits a note: where a passage lies is told by them, not by its notes. What real music "
    "shares in 1 case of 100 is not called copied: of folk tunes some 20 notes in a row, of what is sung about 12. "
    "Copies of up to 32 notes with 15 % of them changed are found, but most are called common only. The "
    "versions that were left out of the calibration are told by the same likeness that is calibrated. The rate belongs "
    "to the kinds of music that were held out; of other kinds nothing is known."
)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.originality", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the prepared folder")
    parser.add_argument("--count", type=int, default=40, help="planted copies of each kind and length (%(default)s)")
    parser.add_argument("--seeds", type=int, default=14, help="seeds that each model continues (%(default)s)")
    parser.add_argument("--takes", type=int, default=8, help="takes of each (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where the files go")
    args = parser.parse_args(argv)
    about = circumstances(told("benchmarks.originality", argv))
    load, index = timed(index_)
    corpus = Corpus(args.data)
    pieces = [pair for pair in corpus.lines("valid", "test") if len(pair[1].codes)]
    held = [line for _, line in pieces]
    spent, worked = seconds(held)
    relative = float(np.median(spent)) / reference_s(3)
    rows: list[list[str]] = []
    for row in _rows(args, corpus, index, pieces):
        print(" | ".join(row), flush=True)
        rows.append(row)
    said = ABOUT.format(
        pieces=len(index.sources),
        held=sum(map(len, index.calibration.scores.values())),
        versions=index.calibration.versions,
        long=LONG,
        median=float(np.median(spent)),
        most=float(np.quantile(spent, 0.95)),
        relative=relative,
        load=load,
        worked=worked,
    )
    _write(args.out, about, said, rows, spent, relative)


def _rows(args: argparse.Namespace, corpus: Corpus, index: Index, pieces: Sequence[Held]) -> Iterator[list[str]]:
    yield from held_out(index, pieces)
    others, learned = [entry for entry, _ in pieces], [e for e in corpus.of("train") if e.lone]
    for model in ("lstm", "transformer"):
        usual = pipeline.Request(model, takes=args.takes)
        yield from written(others, corpus, usual, args.seeds, "8 bars after 8 held-out ones")
        # What a model may know by heart: the likeliest notes after the beginning of what it learned from.
        likely = replace(usual, temperature=LIKELY)
        yield from written(learned, corpus, likely, args.seeds, f"after 8 it has learned, temperature {LIKELY}")
    yield from planted(corpus, [line for _, line in pieces], args.count)


def _write(
    out: Path, about: dict[str, Any], said: str, rows: list[list[str]], spent: Sequence[float], relative: float
) -> None:
    facts = {
        "title": "Original or copied",
        "about": said,
        "columns": COLUMNS,
        "rows": rows,
        "weak": WEAK,
        "query": {"median_s": float(np.median(spent)), "p95_s": float(np.quantile(spent, 0.95)), "relative": relative},
    }
    (out / "originality.json").write_text(json.dumps(facts | about, indent=1) + "\n", encoding="utf-8")
    versions = ", ".join(f"{name} {which}" for name, which in about["versions"].items())
    lines = [
        "# Original or copied",
        f"`{about['command']}` on {about['machine']}; Python {about['python']}, {versions}. {about['busy']}.",
        said,
        markdown(COLUMNS, rows),
        f"A check takes {number(relative)} × the reference work. {WEAK}",
    ]
    (out / "originality.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
