"""The command line: `studio continue`, `studio read`, `studio models`. Knows the pipeline and nothing below it.

A command is one `Command` in `COMMANDS`: its name, a line of help, a function that declares its arguments and one that
does the work. Results go to standard output, progress and remarks to standard error. Exit codes: 0, 2 when
something was wrong with what was asked (one sentence says what), 130 when interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from studio import pipeline
from studio.errors import SettingError, StudioError


@dataclass(frozen=True)
class Command:
    """One verb of the command line."""

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


class _Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; '{self.prog} --help' tells more.\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = _parser().parse_args(arguments)
    command: Command = args.command
    try:
        command.run(args)
        sys.stdout.flush()
    except StudioError as error:
        print(f"studio {command.name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has seen enough; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="studio", description="Continue a melody with a trained model.")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(command.name, help=command.help, description=command.help)
        command.declare(sub)
        sub.set_defaults(command=command)
    return parser


# --- continue --------------------------------------------------------------------------------------------------------


def _declare_continue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="the seed: a MIDI file")
    parser.add_argument("--model", required=True, help="which model; 'studio models' lists them")
    parser.add_argument("--bars", type=int, default=8, help=f"new bars, 1 to {pipeline.MAX_BARS} (8)")
    parser.add_argument("--seed", type=int, default=0, help="number that makes the result repeatable (0)")
    parser.add_argument("--track", type=int, help="melody track, from 1 (the best guess)")
    parser.add_argument("--first-bar", type=int, default=1, help="first bar of the seed that counts (1)")
    parser.add_argument("--last-bar", type=int, help="last bar of the seed that counts (its last)")
    _declare_controls(parser)
    _declare_outputs(parser)


def _declare_controls(parser: argparse.ArgumentParser) -> None:
    """What a model may be asked for; left out, it follows its own default. The model checks the ranges."""
    parser.add_argument("--temperature", type=float, help="0 takes the likeliest notes, 1 follows the model, 2 is wild")
    parser.add_argument("--top-k", type=int, help="choose among this many likeliest steps (0: all)")
    parser.add_argument("--top-p", type=float, help="choose among the likeliest steps that make up this probability")
    parser.add_argument("--min-p", type=float, help="leave out steps this much less likely than the likeliest")
    parser.add_argument("--repetition", type=int, help="how often in a row one passage may come (0: no limit)")
    parser.add_argument("--style", help="kind of music to lean to")
    parser.add_argument("--ending", action="store_true", default=None, help="bring the music to a close")


def _declare_outputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="OUT.mid", help="write seed and new bars as MIDI")
    parser.add_argument("--wav", metavar="OUT.wav", help="write them as sound")
    parser.add_argument("--plot", metavar="OUT.png", help="write them as a piano roll, .png or .svg")
    parser.add_argument("--soundfont", help="for --wav: a name from soundfonts/, or an .sf2 or .sf3 file")


def _continue(args: argparse.Namespace) -> None:
    soundfont = _check_outputs(args)
    request = pipeline.Request(
        model=args.model,
        bars=args.bars,
        seed=args.seed,
        melody_track=None if args.track is None else args.track - 1,
        first_bar=args.first_bar,
        last_bar=args.last_bar,
        temperature=args.temperature,
        top_k=args.top_k,
        top_p=args.top_p,
        min_p=args.min_p,
        repetition=args.repetition,
        style=args.style,
        ending=args.ending,
    )
    seed = pipeline.read(args.source)
    _remark(*seed.repairs)
    take = _written(pipeline.continue_(seed, request), args.bars)
    _remark(*take.notices)
    _save(take, args, soundfont)


def _written(run: pipeline.Run, bars: int) -> pipeline.Take:
    """The take; how far it is shows on standard error."""
    with closing(run), tqdm(total=bars, desc="writing", unit="bar", leave=False) as progress:
        for step in run:
            if isinstance(step, pipeline.Take):
                return step
            progress.update()
    raise AssertionError("a continuation ends with a take")


def _check_outputs(args: argparse.Namespace) -> Path | None:
    """Complain before the work about what could not be saved after it; returns the SoundFont to use."""
    paths = [Path(path) for path in (args.out, args.wav, args.plot) if path]
    if not paths:
        raise SettingError("Nothing would be kept: say --out OUT.mid, --wav OUT.wav or --plot OUT.png.")
    for path in paths:
        if not path.parent.is_dir():
            raise SettingError(f"There is no folder '{path.parent}' to write {path.name} into: make it first.")
        if path.is_dir():
            raise SettingError(f"'{path}' is a folder: name a file in it.")
    if args.plot and Path(args.plot).suffix.lower() not in (".png", ".svg"):
        raise SettingError(f"A plot is written as .png or .svg, but '{Path(args.plot).name}' was asked for.")
    if not args.wav:
        return None
    problem = pipeline.sound_problem()
    if problem:
        raise SettingError(problem)
    return _soundfont(args.soundfont)


def _soundfont(name: str | None) -> Path | None:
    offered = pipeline.soundfonts()
    if name is None or name in offered:
        return offered.get(name or "")
    if Path(name).is_file():
        return Path(name)
    raise SettingError(f"There is no SoundFont '{name}': give a file, or one of: {', '.join(offered)}.")


def _save(take: pipeline.Take, args: argparse.Namespace, soundfont: Path | None) -> None:
    if args.out:
        pipeline.save_midi(take, args.out)
        print(args.out)
    if args.plot:
        pipeline.save_plot(take.score, args.plot, new_from=take.new_from)
        print(args.plot)
    if args.wav:
        pipeline.save_wav(take.score, args.wav, soundfont)
        print(args.wav)


def _remark(*sentences: str) -> None:
    for sentence in sentences:
        print(sentence, file=sys.stderr)


# --- read ------------------------------------------------------------------------------------------------------------


def _declare_read(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="a MIDI file")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _read(args: argparse.Namespace) -> None:
    seed = pipeline.read(args.source)
    if args.json:
        known = {"title": seed.score.title, **asdict(seed.facts())}
        known |= {"repairs": seed.repairs, "sha256": seed.sha256, "recipe": seed.recipe}
        print(json.dumps(known, indent=1))
        return
    facts = seed.facts()
    rows = [
        ("title", seed.score.title or seed.name),
        ("key", f"{facts.key} (estimated)" if facts.key else "none: nothing is pitched"),
        ("tempo", _tempo(facts)),
        ("metre", _metre(facts)),
        ("bars", f"{facts.bars}, {facts.notes:,} notes"),
        *((f"track {track.index + 1}", _track(track, facts)) for track in facts.tracks),
        *(("repaired", repair) for repair in seed.repairs),
    ]
    if seed.recipe is not None:
        rows.append(("made by", f"{seed.recipe.get('model')}, {json.dumps(seed.recipe)}"))
    width = max(len(label) for label, _ in rows)
    print("\n".join(f"{label:<{width}}  {text}" for label, text in rows))


def _tempo(facts: pipeline.Facts) -> str:
    slowest, fastest = facts.qpm_range
    changes = "" if slowest == fastest else f", between {slowest:.0f} and {fastest:.0f}"
    return f"{facts.qpm:.0f} quarter notes a minute{changes}"


def _metre(facts: pipeline.Facts) -> str:
    changes = [f"{metre} from bar {bar}" for bar, metre in facts.metre_changes]
    shown = [*changes[:4], f"{len(changes) - 4} changes more"] if len(changes) > 5 else changes
    return ", ".join([facts.metre + (" with a pickup" if facts.pickup else ""), *shown])


def _track(track: pipeline.TrackFact, facts: pipeline.Facts) -> str:
    words = [track.instrument, f"{track.notes:,} notes"]
    if track.name:
        words.insert(0, track.name)
    if track.polyphony > 1.05:
        words.append(f"{track.polyphony:.1f} at a time")
    if track.index == facts.melody_track:
        words.append("the melody, probably")
    return ", ".join(words)


# --- models ----------------------------------------------------------------------------------------------------------


def _declare_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _models(args: argparse.Namespace) -> None:
    offered = pipeline.models()
    if args.json:
        print(json.dumps([asdict(model) for model in offered], indent=1))
        return
    if not offered:
        _remark("The checkpoints folder holds no model: train one with python -m studio.train.")
    for model in offered:
        print(f"{model.name}: {model.title}\n  {model.help}")
        for name, value in model.figures.items():
            print(f"  {name.replace('_', ' ')}: {f'{value:.4g}' if isinstance(value, float) else value}")


COMMANDS = (
    Command("continue", "Continue a melody with a trained model.", _declare_continue, _continue),
    Command("read", "Say what a MIDI file holds.", _declare_read, _read),
    Command("models", "List the models, with their held-out figures.", _declare_models, _models),
)
