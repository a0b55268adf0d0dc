"""`ListeningTest`: what can be heard in a listening test and what is asked, as a folder: test.json, sounds, MIDI files.

Each item, what one system made of one passage, has a random name: neither a file nor an address tells who wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import soundfile

from studio.errors import DataError
from studio.listening.design import ASKED, Question

FILE = "test.json"
VERSION = 1
_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class System:
    """Who wrote: a person where `model` is "", else a model by its `title`, at a `temperature` or at its own (None)."""

    model: str = ""
    title: str = ""
    temperature: float | None = None
    checkpoint: str = ""

    @property
    def name(self) -> str:
        """What to call it in tables and files, such as `transformer@0.8`."""
        if not self.model:
            return "person"
        return self.model if self.temperature is None else f"{self.model}@{self.temperature:g}"


@dataclass(frozen=True)
class Origin:
    """Where a passage comes from: its piece's title, file, licence and whom to credit."""

    title: str
    source: str = ""
    licence: str = ""
    credit: str = ""


@dataclass(frozen=True)
class Item:
    """What a system (its number) made of a passage (its number): its random `name`, and its loudness in LUFS."""

    name: str
    system: int
    passage: int
    lufs: float


@dataclass(frozen=True)
class ListeningTest:
    """A test in `folder`. Everything heard of one passage begins with its same first `leads_s[passage]` seconds and
    lasts `lengths_s[passage]`.
    """

    folder: Path
    name: str
    title: str
    made: str
    seed: int
    soundfont: str
    systems: tuple[System, ...]
    passages: tuple[Origin, ...]
    leads_s: tuple[float, ...]
    lengths_s: tuple[float, ...]
    items: tuple[Item, ...]
    plan: tuple[Question, ...]

    @property
    def of(self) -> int:
        """How many are heard in one question: 2 or 3."""
        return len(self.plan[0].systems)

    def item(self, passage: int, system: int) -> Item:
        """What a system made of a passage."""
        return next(item for item in self.items if (item.passage, item.system) == (passage, system))

    def sound(self, item: Item) -> bytes:
        """Its samples: 16-bit little-endian stereo at 44,100 Hz. DataError: the file is gone or damaged."""
        path = self.folder / f"{item.name}.flac"
        try:
            samples, _ = soundfile.read(path, dtype="int16", always_2d=True)
        except (soundfile.SoundFileError, OSError) as error:
            raise DataError(f"A sound of this listening test ({path.name}) is gone: make the test anew.") from error
        return bytes(samples.astype("<i2").tobytes())


def write(test: ListeningTest) -> None:
    """Put test.json into the test's folder."""
    told = {"version": VERSION, **asdict(test), "plan": [question._asdict() for question in test.plan]}
    del told["folder"]
    (test.folder / FILE).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> ListeningTest:
    """The test that lies in a folder. DataError: there is none, or it is damaged."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if told["version"] != VERSION:
            raise DataError(f"The listening test in '{folder.name}' is of another version of the studio: make it anew.")
        return _checked(_built(folder, told))
    except OSError as error:
        raise DataError(f"There is no listening test in '{folder}': make one with studio listen --make.") from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise DataError(f"The listening test in '{folder.name}' is damaged: make it anew.") from error


def _built(folder: Path, told: Mapping[str, Any]) -> ListeningTest:
    return ListeningTest(
        folder=folder,
        **{name: str(told[name]) for name in ("name", "title", "made", "soundfont")},
        seed=int(told["seed"]),
        systems=tuple(System(**system) for system in told["systems"]),
        passages=tuple(Origin(**origin) for origin in told["passages"]),
        leads_s=tuple(map(float, told["leads_s"])),
        lengths_s=tuple(map(float, told["lengths_s"])),
        items=tuple(Item(**item) for item in told["items"]),
        plan=tuple(Question(q["asked"], q["passage"], tuple(q["systems"])) for q in told["plan"]),
    )


def _checked(test: ListeningTest) -> ListeningTest:
    """A file may have come from anywhere: names are no paths, and what is asked about is there. ValueError if not."""
    there = {(item.passage, item.system) for item in test.items}
    asked = {(question.passage, system) for question in test.plan for system in question.systems}
    names = [test.name, *(item.name for item in test.items)]
    sizes = {len(question.systems) for question in test.plan}
    if not asked <= there or not all(map(_NAME.fullmatch, names)) or len(sizes) != 1 or not sizes <= {2, 3}:
        raise ValueError("what is asked about is not there")
    if not all(question.asked in ASKED for question in test.plan):
        raise ValueError("there is no such question")
    for passage, system in there:
        test.systems[system], test.passages[passage], test.leads_s[passage], test.lengths_s[passage]
    return test


def tests(place: Path) -> list[ListeningTest]:
    """The tests in the folders of a place, the newest first; those that are damaged are left out."""
    found = []
    for path in sorted(place.glob(f"*/{FILE}")) if place.is_dir() else []:
        try:
            found.append(read(path.parent))
        except DataError:
            continue
    return sorted(found, key=lambda test: test.made, reverse=True)
