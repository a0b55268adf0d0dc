"""The command that lets all models continue one seed: compare. Writes a folder to look through."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from tqdm import tqdm

from studio import pipeline
from studio.cli.arguments import declare_passage, index
from studio.cli.command import Command, remark
from studio.cli.outputs import soundfont
from studio.cli.showing import figures
from studio.errors import SettingError

REPORT = "comparison.md"


def _declare(parser: argparse.ArgumentParser) -> None:
    declare_passage(parser)
    parser.add_argument("--seed", type=int, default=0, help="number that makes the result repeatable (0)")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder to write into; it is made if need be")
    parser.add_argument("--soundfont", help="a name from soundfonts/, or an .sf2 or .sf3 file")


def _compare(args: argparse.Namespace) -> None:
    folder, font = _folder(args.out), soundfont(args.soundfont)
    silent = pipeline.sound_problem()
    request = pipeline.CompareRequest(args.bars, args.seed, index(args.track), args.first_bar, args.last_bar)
    seed = pipeline.read(args.source)
    remark(*seed.repairs, *([silent] if silent else []))
    entries = _finished(pipeline.compare(seed, request))
    rows, chapters = [], []
    for entry in entries:
        rows.append(_row(entry))
        chapters += _chapter(entry, folder, font, sound=not silent)
    title = f"# {seed.score.title or seed.name}: {request.bars} bars more, seed number {request.seed}"
    head = ["| model | seconds | new notes | notes a second | held-out figures |", "|---|---|---|---|---|"]
    report = folder / REPORT
    report.write_text("\n".join([title, "", *head, *rows, *chapters, ""]), encoding="utf-8")
    print("\n".join([*head, *rows]))
    print(report)


def _folder(name: str) -> Path:
    folder = Path(name)
    if folder.exists() and not folder.is_dir():
        raise SettingError(f"'{folder}' is a file, but a comparison is a folder: name another.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"The folder '{folder}' cannot be made ({error.strerror}): name another.") from error
    return folder


def _finished(run: pipeline.Comparison) -> list[pipeline.Entry]:
    """The entries; how far they are shows on standard error."""
    entries = []
    with closing(run), tqdm(unit="bar", leave=False) as progress:
        for step in run:
            if isinstance(step, pipeline.Entry):
                entries.append(step)
            elif step.progress is None:
                progress.reset()
                progress.set_description(step.model.title)
            else:
                progress.total = step.progress.bars_total
                progress.update(step.progress.bars_done - progress.n)
    return entries


def _row(entry: pipeline.Entry) -> str:
    take, told = entry.take, "; ".join(figures(entry.model))
    if take is None:
        return f"| {entry.model.title} | | | | {told} |"
    return f"| {entry.model.title} | {take.seconds:.2f} | {take.notes_new} | {entry.notes_per_s:.0f} | {told} |"


def _chapter(entry: pipeline.Entry, folder: Path, font: Path | None, *, sound: bool) -> list[str]:
    """What the report says of one model; its files are written on the way."""
    heading = ["", f"## {entry.model.title}", ""]
    take = entry.take
    if take is None:
        return [*heading, entry.problem]
    midi, plot, wav = (pipeline.file_name(take, suffix) for suffix in ("mid", "png", "wav"))
    pipeline.save(take, folder / midi)
    pipeline.save(take, folder / plot)
    links = [f"[MIDI]({midi})"]
    if sound:
        pipeline.save(take, folder / wav, sound=font)
        links.append(f"[WAV]({wav})")
    notices = [" ".join(take.notices), ""] if take.notices else []
    return [*heading, *notices, f"![Piano roll]({plot})", "", " · ".join(links)]


COMMANDS = (Command("compare", "Let every model continue the same seed, side by side.", _declare, _compare),)
