"""Where results go: files of every format. Whether they can go there is checked before the work."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from studio import pipeline
from studio.errors import SettingError


def declare_outputs(parser: argparse.ArgumentParser) -> None:
    """The options that say what to write, and where to."""
    kinds = ", ".join(offered.suffix for offered in pipeline.FORMATS)
    parser.add_argument("--out", metavar="OUT.mid", help=f"write the result, in the format of the suffix: {kinds}")
    parser.add_argument("--wav", metavar="OUT.wav", help="write it as sound")
    parser.add_argument("--plot", metavar="OUT.png", help="write it as a piano roll, .png or .svg")
    parser.add_argument("--soundfont", help="for what is heard: a name from soundfonts/, or an .sf2 or .sf3 file")


def check_outputs(args: argparse.Namespace) -> Path | None:
    """Complain before the work about what could not be saved after it; returns the SoundFont to use."""
    asked = [path for path in (args.out, args.wav, args.plot) if path]
    if not asked:
        raise SettingError("Nothing would be kept: say --out OUT.mid, --wav OUT.wav or --plot OUT.png.")
    takes = range(min(args.takes, pipeline.MAX_TAKES))
    for path in (_numbered(path, take, args.takes) for path in asked for take in takes):
        if not path.parent.is_dir():
            raise SettingError(f"There is no folder '{path.parent}' to write {path.name} into: make it first.")
        if path.is_dir():
            raise SettingError(f"'{path}' is a folder: name a file in it.")
    if args.plot and Path(args.plot).suffix.lower() not in (".png", ".svg"):
        raise SettingError(f"A plot is written as .png or .svg, but '{Path(args.plot).name}' was asked for.")
    if not args.wav and not (args.out and pipeline.format_of(args.out).sounds):
        return None
    problem = pipeline.sound_problem()
    if problem:
        raise SettingError(problem)
    return soundfont(args.soundfont)


def soundfont(name: str | None) -> Path | None:
    """The SoundFont of that name or file; None is the default. SettingError where there is no such."""
    offered = pipeline.soundfonts()
    if name is None or name in offered:
        return offered.get(name or "")
    if Path(name).is_file():
        return Path(name)
    raise SettingError(f"There is no SoundFont '{name}': give a file, or one of: {', '.join(offered)}.")


def _numbered(path: str, take: int, takes: int) -> Path:
    """The file for one of several takes, counted from 0: OUT-1.mid, OUT-2.mid, ...; of one take it is OUT.mid."""
    file = Path(path)
    return file.with_name(f"{file.stem}-{take + 1}{file.suffix}") if takes > 1 else file


def save(
    results: Sequence[pipeline.Take], args: argparse.Namespace, soundfont: Path | None, order: Sequence[int] = ()
) -> None:
    """Write every result everywhere it was asked for, and print where: in that order, or as they come."""
    for i in order or range(len(results)):
        take = results[i]
        for path in (args.out, args.plot, args.wav):
            if path:
                file = _numbered(path, i, len(results))
                pipeline.save(take, file, sound=soundfont)
                print(file)
