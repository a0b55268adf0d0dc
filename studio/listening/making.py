"""Making a listening test: each system goes on from the same passages; what they wrote is cut, levelled and kept.

Long work, and so a generator: close it to stop, and nothing is left behind.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studio import midi
from studio.errors import SettingError, StoreError, StudioError
from studio.export import samples
from studio.listening import design, excerpts, folder
from studio.listening.folder import Item, ListeningTest, System
from studio.listening.passages import HEARD, NEW, Passage
from studio.pipeline import Request, Seed, Take, continue_, models, sound_problem, soundfonts
from studio.score import Score

MOST_PASSAGES = 40
MOST_SYSTEMS = 8
_TRIES = 5  # passages tried for each that is wanted: not every model can go on from each


@dataclass(frozen=True)
class Making:
    """So many items of so many are there."""

    done: int
    total: int


Run = Generator[Making | ListeningTest, None, None]
"""A `Making` after each item, at last the test."""


def systems(names: Sequence[str] | None = None, temperatures: Sequence[float] = (), *, person: bool) -> list[System]:
    """The systems of a test: a `person`, if so, and the models (None: all that continue), each at every temperature.

    SettingError: there is no such model or nothing to compare, or there are more than MOST_SYSTEMS.
    """
    offered = {model.name: model for model in models("continue")}
    chosen = list(offered) if names is None else list(dict.fromkeys(names))
    if unknown := [name for name in chosen if name not in offered]:
        raise SettingError(f"There is no model '{unknown[0]}' that continues; choose from: {', '.join(offered)}.")
    for temperature in temperatures:
        if not 0 <= temperature <= 2:
            raise SettingError(f"A temperature is a number from 0 to 2, but {temperature:g} was given.")
    found = [System()] if person else []
    found += [System(name, offered[name].title, heat) for name in chosen for heat in temperatures or (None,)]
    if not 2 <= len(found) <= MOST_SYSTEMS:
        raise SettingError(f"A listening test compares 2 to {MOST_SYSTEMS} systems, but {len(found)} were named.")
    return found


def of_one_voice(chosen: Sequence[System]) -> bool:
    """Whether one of the models knows melodies only, so that all go on from melodies."""
    many = {model.name for model in models("continue") if "infill" in model.verbs}
    return any(system.model and system.model not in many for system in chosen)


def make(
    place: Path, chosen: Sequence[System], passages: Iterator[Passage], *, items: int = 8, of: int = 2, seed: int = 7
) -> Run:
    """Make a test of `items` passages in the new folder `place`; in each question `of` (2 or 3) systems are heard.

    The same passages, systems and `seed` give the same music. Raises at once SettingError for what does not exist or a
    folder that is in use, and SoundError where there is no sound.
    """
    if not 1 <= items <= MOST_PASSAGES:
        raise SettingError(f"A listening test has 1 to {MOST_PASSAGES} passages, but {items} were asked for.")
    if of not in (2, 3) or of > len(chosen):
        raise SettingError(f"2 or 3 can be heard in a question, of at least as many systems, but {of} were asked for.")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise SettingError(f"'{place}' is there already: name a new folder for the listening test.")
    if problem := sound_problem():
        raise SettingError(problem)
    return _make(place, chosen, passages, items, of, seed)


def _make(place: Path, chosen: Sequence[System], passages: Iterator[Passage], wanted: int, of: int, seed: int) -> Run:
    draft = _Draft(_new_folder(place), chosen, seed)
    try:
        yield Making(0, wanted * len(chosen))
        for tried, passage in enumerate(passages):
            if len(draft.origins) == wanted or tried == _TRIES * wanted:
                break
            for done in draft.add(passage):
                yield Making(len(draft.origins) * len(chosen) + done, wanted * len(chosen))
        if not draft.origins:
            raise SettingError("None of the music can be gone on from by all the systems: take other music or models.")
        test = draft.finished(of)
        _moved(test.folder, place)
        yield folder.read(place)
    finally:
        shutil.rmtree(draft.folder, ignore_errors=True)


def _new_folder(place: Path) -> Path:
    """A folder beside the place, under another name until all is in it."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    except OSError as error:
        raise StoreError(f"'{place}' cannot be made ({error.strerror}): name another folder.") from error


def _moved(draft: Path, place: Path) -> None:
    try:
        if place.is_dir():
            place.rmdir()
        draft.chmod(0o755)
        draft.rename(place)
    except OSError as error:
        raise StoreError(f"'{place}' cannot be made ({error.strerror}): name another folder.") from error


class _Draft:
    """A test on its way."""

    def __init__(self, path: Path, chosen: Sequence[System], seed: int) -> None:
        self.folder, self.systems, self.seed = path, list(chosen), seed
        # Names tell nothing, not even in which order things were written; the same seed gives the same all the same.
        self._draw = random.Random(-1 - seed)
        self.origins: list[folder.Origin] = []
        self.leads: list[float] = []
        self.lengths: list[float] = []
        self.items: list[Item] = []

    def add(self, passage: Passage) -> Iterator[int]:
        """Let every system go on from a passage; tells how many have. Where one cannot, the passage is left out."""
        scores: list[Score] = []
        number = self.seed * 1000 + len(self.origins)
        for index, system in enumerate(self.systems):
            try:
                score, system = _written(passage, system, number)
            except StudioError:
                return
            self.systems[index] = system
            scores.append(score)
            yield len(scores)
        end, bar = _end(scores[0], passage)
        length = end + excerpts.RING_S
        try:
            heard, levels = excerpts.levelled([excerpts.sound(score, length) for score in scores])
        except ValueError:  # silent
            return
        for index, (score, sound, lufs) in enumerate(zip(scores, heard, levels, strict=True)):
            name = f"{self._draw.getrandbits(64):016x}"
            midi.save(score, self.folder / f"{name}.mid")
            samples.exact(sound, self.folder / f"{name}.flac", "FLAC")
            self.items.append(Item(name, index, len(self.origins), lufs))
        self.origins.append(passage.origin)
        self.leads.append(round(HEARD * bar, 3))
        self.lengths.append(round(length, 3))

    def finished(self, of: int) -> ListeningTest:
        """The test as it is kept."""
        person = next((i for i, system in enumerate(self.systems) if not system.model), None)
        now = datetime.now(UTC)
        test = ListeningTest(
            folder=self.folder,
            name=f"{random.SystemRandom().getrandbits(64):016x}",
            title=f"{now:%Y-%m-%d %H:%M}",
            made=now.isoformat(timespec="seconds"),
            seed=self.seed,
            soundfont=next(iter(soundfonts()), ""),
            systems=tuple(self.systems),
            passages=tuple(self.origins),
            leads_s=tuple(self.leads),
            lengths_s=tuple(self.lengths),
            # In the order of their names, for the order of writing is that of the systems.
            items=tuple(sorted(self.items, key=lambda item: item.name)),
            plan=tuple(design.plan(len(self.systems), len(self.origins), of=of, person=person)),
        )
        folder.write(test)
        return test


def _written(passage: Passage, system: System, number: int) -> tuple[Score, System]:
    """What a system makes of a passage, as it is heard, and the system with its checkpoint."""
    seen = passage.seed.bars
    bar = seen[-1].end - seen[-1].start
    seam, score = seen[-1].end, passage.whole
    if system.model:
        asked = Request(system.model, seed=number, bars=NEW, temperature=system.temperature)
        with closing(continue_(Seed(passage.seed), asked)) as run:
            take = next(step for step in run if isinstance(step, Take))
        score, seam = take.score, take.new_from
        bar = bar * score.resolution // passage.seed.resolution
        system = System(system.model, system.title, system.temperature, str(take.recipe["checkpoint"]))
    assert score is not None
    return excerpts.excerpt(score, seam - HEARD * bar, seam + NEW * bar), system


def _end(score: Score, passage: Passage) -> tuple[float, float]:
    """How long what is heard lasts by its bars, and how long a bar, in seconds."""
    last = passage.seed.bars[-1]
    bar = (last.end - last.start) * score.tempos[0].mpq / passage.seed.resolution / 1_000_000
    return (HEARD + NEW) * bar, bar
