"""The command for listening tests: listen. It makes one, tells what its votes show, or how many votes are needed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from studio import listening
from studio.cli.command import Command, remark
from studio.errors import SettingError

SHARES = (0.55, 0.60, 0.65, 0.75)
COUNTS = (2, 3, 4, 5)
"""Systems in a test, for the table of votes needed."""


def _declare(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    own = "the page's own"
    what.add_argument("--make", nargs="?", const="", metavar="DIR", help=f"make a test in a new folder ({own})")
    what.add_argument("--results", nargs="?", const="", metavar="DIR", help=f"what its votes show ({own} newest)")
    what.add_argument("--votes", action="store_true", help="how many votes a test needs, by how clear a preference is")
    parser.add_argument("--data", metavar="FOLDER", help="held-out pieces to go on from: a prepared folder")
    parser.add_argument("--real", metavar="FOLDER", help="the same from MIDI files that no model has learned from")
    parser.add_argument("--items", type=int, default=8, help="passages that all go on from (8)")
    parser.add_argument("--models", nargs="+", metavar="NAME", help="models to compare (all that continue)")
    parser.add_argument("--temperatures", nargs="+", type=float, default=[], metavar="T", help="each model at each")
    parser.add_argument("--of", type=int, default=2, help="how many are heard in a question, 2 or 3 (2)")
    parser.add_argument("--seed", type=int, default=7, help="number that makes the test repeatable (7)")
    parser.add_argument("--csv", metavar="OUT.csv", help="with --results: also the votes, and OUT_results.csv")


def _listen(args: argparse.Namespace) -> None:
    if args.votes:
        _needed()
    elif args.results is not None:
        _results(_test(args.results), args.csv)
    else:
        _make(args)


# --- making ---------------------------------------------------------------------------------------------------------


def _make(args: argparse.Namespace) -> None:
    if args.data and args.real:
        raise SettingError("Give --data or --real, not both: either says where the real music comes from.")
    chosen = listening.systems(args.models, args.temperatures, person=bool(args.data or args.real))
    place = Path(args.make) if args.make else listening.new_place()
    run = listening.make(place, chosen, _passages(args, chosen), items=args.items, of=args.of, seed=args.seed)
    test = _finished(run)
    if len(test.passages) < args.items:
        remark(f"All the systems can go on from {len(test.passages)} of the passages only, not from {args.items}.")
    if not any(not system.model for system in test.systems):
        remark("No real music is in it: give --data or --real to compare the models with people.")
    print(place)
    if place.resolve().parent != listening.place().resolve():
        remark(f"The page offers the tests in {listening.place()}: move it there.")


def _passages(args: argparse.Namespace, chosen: Sequence[listening.System]) -> Iterator[listening.Passage]:
    melodies = listening.of_one_voice(chosen)
    if args.data:
        return listening.of_folder(Path(args.data), args.seed, melodies=melodies)
    if args.real:
        return listening.of_files(Path(args.real), args.seed, melodies=melodies)
    return listening.of_examples(args.seed)


def _finished(run: listening.Run) -> listening.ListeningTest:
    """The test; how far it is shows on standard error."""
    with closing(run), tqdm(unit="item", leave=False) as progress:
        for step in run:
            if isinstance(step, listening.ListeningTest):
                return step
            progress.total = step.total
            progress.update(step.done - progress.n)
    raise AssertionError("a test is made, or an error says why not")


# --- results --------------------------------------------------------------------------------------------------------


def _test(folder: str) -> listening.ListeningTest:
    if folder:
        return listening.read(Path(folder))
    offered = listening.tests(listening.place())
    if not offered:
        raise SettingError(f"There is no listening test in {listening.place()}: make one with studio listen --make.")
    return offered[0]


def _results(test: listening.ListeningTest, out: str | None) -> None:
    store = listening.Votes(listening.votes_file())
    votes = store.of(test)
    store.close()
    found = listening.tally(test, votes)
    print(f"{len(votes)} votes of {found.listeners + found.left_out} listeners")
    if found.left_out:
        remark(f"Left out: {found.left_out} of them, who chose by the place and not by the music.")
    for part in found.parts:
        print("\n".join(_table(test, part)))
    if out is not None:
        path = Path(out)
        _save(path, listening.votes_csv(test, votes))
        _save(path.with_name(f"{path.stem}_results{path.suffix}"), listening.results_csv(test, found))


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"'{path}' cannot be written ({error.strerror}): name another file.") from error
    print(path)


def _table(test: listening.ListeningTest, part: listening.Part) -> Iterator[str]:
    title = "Which do you prefer?" if part.asked == "prefer" else "Which was written by a person?"
    yield f"\n{title} {part.votes} votes\n"
    if part.right is not None and part.right.of:
        yield f"The person was found in {_shown(part.right)}; by chance it would be {part.chance:.0%}.\n"
    yield "| system | chosen | 95 % | no difference | strength | 95 % | first |"
    yield "|---|---|---|---|---|---|---|"
    for standing in part.standings:
        name, strength = test.systems[standing.system].name, standing.strength
        chosen = f"{standing.chosen.count} of {standing.chosen.of}"
        yield (
            f"| {name} | {chosen} | {_range(standing.chosen.low, standing.chosen.high)} | {standing.ties} "
            f"| {strength.share:.0%} | {_range(strength.low, strength.high)} | {strength.first:.0%} |"
        )


def _shown(share: listening.Share) -> str:
    return f"{share.count} of {share.of} ({_range(share.low, share.high)})"


def _range(low: float, high: float) -> str:
    return f"{low:.0%} to {high:.0%}"


# --- votes needed ---------------------------------------------------------------------------------------------------


def _needed() -> None:
    for row in needed_table():
        print(row, flush=True)


def needed_table() -> Iterator[str]:
    """The lines of a table: the votes needed in all, by how many systems there are and how clear the preference is."""
    yield "| preferred to the next best in | " + " | ".join(f"{share:.0%}" for share in SHARES) + " |"
    yield "|---" * (len(SHARES) + 1) + "|"
    pairs = [listening.votes_to_tell(share) for share in SHARES]
    yield _row("two systems, one question over and over", pairs)
    for count in COUNTS[1:]:
        yield _row(f"ranking of {count} systems, in pairs", [listening.votes_to_rank(count, share) for share in SHARES])


def _row(title: str, counts: Sequence[int]) -> str:
    return f"| {title} | " + " | ".join(f"{count:,}" for count in counts) + " |"


COMMANDS = (Command("listen", "Make a blind listening test, or tell what its votes show.", _declare, _listen),)
