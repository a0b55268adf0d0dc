"""What all doors for programs share: checked arguments, one sentence for what goes wrong, a place in line, files.

A door is a generator method; Gradio closes it when whoever called has gone, and what it yielded last is its answer.
"""

# No postponed annotations: Gradio reads the types of the doors themselves.
import contextlib
import functools
import inspect
import tempfile
import time
import traceback
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pydantic
from gradio_client.utils import is_file_obj_with_meta  # type: ignore[import-untyped]

from studio import pipeline
from studio.errors import SettingError, StudioError
from studio.ui import widgets
from studio.ui.line import Line
from studio.ui.words import Words

ASK_S = 0.3  # who waits in line asks so often whether it is their turn
Answer = dict[str, Any]


def door(work: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A method as a door: its arguments are held against their types, and whatever goes wrong is one sentence.

    Gradio itself takes any JSON for any argument.
    """
    signature, hints = inspect.signature(work), typing.get_type_hints(work)
    answer = typing.get_args(hints.pop("return"))[0]
    checks = {name: pydantic.TypeAdapter(hint) for name, hint in hints.items() if hint is not gr.FileData}

    @functools.wraps(work)
    def called(*arguments: Any, **named: Any) -> Iterator[Any]:
        try:
            for name, given in signature.bind(*arguments, **named).arguments.items():
                if name in checks:
                    _check(name, given, checks[name])
            yield from work(*arguments, **named)
        except StudioError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except Exception as error:
            traceback.print_exc()
            raise gr.Error(Words()("error.unexpected"), print_exception=False) from error

    # What comes out of it, one by one, is what Gradio tells others it returns.
    called.__signature__ = signature.replace(return_annotation=answer)  # type: ignore[attr-defined]
    return called


def _check(name: str, given: Any, kind: pydantic.TypeAdapter[Any]) -> None:
    try:
        kind.validate_python(given, strict=True)
    except pydantic.ValidationError as error:
        wanted = " or ".join(dict.fromkeys(problem["msg"].removeprefix("Input ") for problem in error.errors()))
        raise SettingError(f"{name}: {given!r:.80} was given, but it {wanted[0].lower()}{wanted[1:]}.") from error


def uploaded(music: Any, name: str = "music") -> pipeline.Seed:
    """A file that the caller uploaded, read. SettingError for anything else, a path on this machine above all.

    Gradio makes sure that what is marked as a file lies where uploads lie. It lets through as they are what bears no
    mark, and addresses of streams.
    """
    if not is_file_obj_with_meta(music) or not Path(music["path"]).is_absolute():
        raise SettingError(f"{name} must be a MIDI file that was uploaded; in Python: handle_file('tune.mid').")
    called = music.get("orig_name")
    return pipeline.read(music["path"], Path(called).stem if isinstance(called, str) else "")


def written(run: pipeline.Run, line: Line) -> Iterator[Answer]:
    """Let a model write when it is the caller's turn, and tell how far it is; at last the takes with their files."""
    with contextlib.closing(run), line.ticket() as ticket, _folder() as folder:
        yield from _in_line(line, ticket)
        takes: list[pipeline.Take] = []
        for step in run:
            if isinstance(step, pipeline.Take):
                takes.append(step)
            else:
                yield state("writing", bars_done=step.bars_done, bars_total=step.bars_total)
        yield state("done", takes=[told(take, folder / str(number)) for number, take in enumerate(takes, start=1)])


def compared(run: pipeline.Comparison, line: Line) -> Iterator[Answer]:
    """The same for a comparison: for each model what it wrote, or why it could not."""
    with contextlib.closing(run), line.ticket() as ticket, _folder() as folder:
        yield from _in_line(line, ticket)
        entries: list[Answer] = []
        for step in run:
            if isinstance(step, pipeline.Entry):
                take = told(step.take, folder / step.model.name) if step.take else None
                entries.append({"model": step.model.name, "take": take, "problem": step.problem})
            else:
                yield state("writing", models_done=len(entries), models_total=step.models)
        yield state("done", entries=entries)


def rendered(music: pipeline.Seed, font: Path | None) -> Iterator[Any]:
    """The sound of music as a WAV file."""
    with _folder() as folder:
        path = folder / "music.wav"
        pipeline.save(music, path, sound=font)
        yield widgets.served(path)


def _in_line(line: Line, ticket: object) -> Iterator[Answer]:
    while before := line.before(ticket):
        yield state("waiting", before=before)
        time.sleep(ASK_S)


def state(name: str, **told: Any) -> Answer:
    """An answer: `waiting`, `writing` or `done`, and what there is to say about it."""
    return {"state": name, **told}


def told(take: pipeline.Take, folder: Path) -> Answer:
    """A take, with its MIDI file, which is written into `folder`."""
    folder.mkdir()
    path = folder / pipeline.file_name(take, "mid")
    pipeline.save(take, path)
    return {
        "midi": widgets.served(path),
        "seed": take.recipe["seed"],
        "bars": take.bars_new,
        "notes": take.notes_new,
        "from_second": take.score.seconds_at(take.new_from),
        "seconds": take.seconds,
        "notices": list(take.notices),
        "settings": dict(take.recipe["settings"]),
    }


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder of this call alone; Gradio has copied an answer's files when the next one is asked for."""
    with tempfile.TemporaryDirectory(prefix="music-studio-call-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
