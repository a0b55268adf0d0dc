"""Original or copied: what music shares with the pieces that the models learned from, and with its seed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal, TypeVar

from studio.errors import DataError
from studio.originality import search
from studio.originality.calibration import levelled
from studio.originality.corpus import Corpus
from studio.originality.index import Index, Source, read
from studio.originality.lines import GROUP, Line, lines
from studio.originality.search import Match
from studio.pipeline.catalogue import CHECKPOINTS
from studio.pipeline.requests import Asked
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Run, Take
from studio.score import Note, Score

FILE = "originality.xz"
CORPUS = "STUDIO_CORPUS"
"""The environment variable with the prepared folder (see `studio.data`) that training passages are shown from."""

COPIED = 0.01
"""What no more than this share of real music by others shares with a training piece is called copied ..."""
COMMON = 0.1
"""... and up to this share, common: a turn of phrase."""
EVERYBODY = 6
"""Families of pieces that nearly the same passage stands in, from which on it is nobody's."""
NEARLY = 0.8
"""The share of the best score, or of a passage's notes, that is nearly all of it."""
NOTHING = "Nothing here stands in a training piece but what the seed has, too."
PHRASE = 60
"""The score of about a dozen notes that are the same: what has less is never called copied."""
FEWEST = 8
"""Notes that a passage needs to be told of."""
MOST = 5
"""Passages that are told of."""

Verdict = Literal["original", "common", "copied"]


@dataclass(frozen=True)
class Shared:
    """A passage that also stands elsewhere: in a training piece, the `source`, or in the seed (None).

    `notes` of ours are `marked`, on track `track` (from 0) in bars `bars`; `agreement` (0-1): the share of the
    notes from the first to the last. `source_bars`: where it stands there. Bars from 1, both included. `theirs` is
    the music there, `theirs_marked` its notes; ours lies `transposed` semitones higher and its notes are `tempo`
    times as long (in quarter notes): these are None where the training pieces are not on this machine. `steps`: the
    passage, to forbid it. `false_alarms` (0-1): the share of real pieces by others that share as much with a
    training piece.
    """

    source: Source | None
    notes: int
    agreement: float
    bars: tuple[int, int]
    source_bars: tuple[int, int]
    track: int
    marked: frozenset[Note]
    steps: tuple[int, ...]
    false_alarms: float = 1.0
    transposed: int | None = None
    tempo: float | None = None
    theirs: Score | None = None
    theirs_marked: frozenset[Note] = frozenset()


@dataclass(frozen=True)
class Originality:
    """What was found: the `passages`, longest first, and the verdict on them in words, the `sentence`.

    `false_alarms` (0-1): the share of real pieces by others, which no model has seen, that share as much with a
    training piece. `pieces` training pieces were looked through. `missing` says why training passages cannot be shown;
    "" if they can.
    """

    verdict: Verdict
    false_alarms: float
    passages: tuple[Shared, ...]
    sentence: str
    pieces: int
    missing: str = ""

    @property
    def forbidden(self) -> tuple[tuple[int, ...], ...]:
        """What is to be forbidden so that what was copied does not come again; see `Asked.forbidden`."""
        return tuple(passage.steps for passage in self._bad)

    @property
    def copied(self) -> frozenset[Note]:
        """The notes of what was copied."""
        return frozenset(note for passage in self._bad for note in passage.marked)

    @property
    def _bad(self) -> list[Shared]:
        found = [p for p in self.passages if p.source is not None and p.false_alarms <= COPIED]
        return found if self.verdict == "copied" else []


def check(music: Score | Take, seed: Score | None = None) -> Originality:
    """What music, or what is new in a take, shares with the training pieces and with a seed.

    What the seed has, too, is told but does not count: no model had to know it. DataError where there is no
    index of the training pieces, or a damaged one.
    """
    index = index_()
    score = music.score if isinstance(music, Take) else music
    ours = [line for line in lines(score, music.new if isinstance(music, Take) else None) if len(line.codes)]
    found = _in_training(index, ours)
    echoes = _in_seed(index, ours, seed) if seed is not None else []
    counted = [one for one in found if not _is_given(one.passage, echoes)]
    worst = next((one for one in counted if one.is_copied), counted[0] if counted else None)
    rate = worst.passage.false_alarms if worst else 1.0
    verdict: Verdict = "copied" if worst and worst.is_copied else "common" if rate <= COMMON else "original"
    corpus, missing = _corpus()
    shown = [_beside_training(corpus, one, score) for one in found if one.passage.notes >= FEWEST][:MOST]
    if seed is not None:
        shown += [_beside(echo.passage, score, echo.line, seed, echo.theirs, echo.match) for echo in echoes[:1]]
    shown.sort(key=lambda passage: -passage.notes)
    sentence = _sentence(verdict, worst) if worst else NOTHING
    return Originality(verdict, rate, tuple(shown), sentence, len(index.sources), missing)


Request = TypeVar("Request", bound=Asked)


def original(verb: Callable[[Seed, Request], Run], seed: Seed, request: Request, attempts: int = 3) -> Run:
    """What a verb writes, and whatever of it is copied written anew, up to `attempts` times, with that forbidden.

    Raises what the verb raises, and DataError as `check` does, before anything is written.
    """
    index_()
    return _original(verb, seed, request, attempts)


def _original(verb: Callable[[Seed, Request], Run], seed: Seed, request: Request, attempts: int) -> Run:
    takes = []
    for step in verb(seed, request):
        if isinstance(step, Take):
            takes.append(step)
        else:
            yield step
    for i, take in enumerate(takes):
        asked, best = replace(request, takes=1, seed=request.seed + i), take
        report = check(best, seed.score)
        for _ in range(attempts):
            if report.verdict != "copied":
                break
            asked = replace(asked, forbidden=(*asked.forbidden, *report.forbidden))
            (best,) = (step for step in verb(seed, asked) if isinstance(step, Take))
            report = check(best, seed.score)
        if asked.forbidden != request.forbidden:
            told = f"Written anew with {len(asked.forbidden) - len(request.forbidden)} copied passages forbidden."
            best = replace(best, notices=(*best.notices, told))
        yield best


# --- the index and the corpus ----------------------------------------------------------------------------------------

_lock = threading.Lock()


def index_() -> Index:
    """The index that comes with the checkpoints, read once; DataError where there is none."""
    path = CHECKPOINTS / FILE
    if not path.is_file():
        raise DataError(
            "There is no index of the training pieces among the checkpoints, so nothing can be compared with them: "
            "fetch the checkpoints folder again, or make one with python -m studio.originality."
        )
    with _lock:
        return _index(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _index(path: Path, modified: int) -> Index:
    index = read(path)
    _ = index.sorted, index.worths
    return index


@lru_cache(maxsize=1)
def _opened(folder: str) -> Corpus:
    return Corpus(Path(folder))


def _corpus() -> tuple[Corpus | None, str]:
    """The training pieces, or why there are none to show."""
    folder = os.environ.get(CORPUS)
    if not folder:
        return None, "The training pieces themselves are not on this machine, so they cannot be shown or heard."
    try:
        with _lock:
            return _opened(folder), ""
    except DataError as error:
        return None, str(error)


# --- what was found --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A passage shared with a training piece; `everybodys`: as good as the same stands in many others."""

    passage: Shared
    line: Line
    match: Match
    everybodys: bool

    @property
    def is_copied(self) -> bool:
        return self.passage.false_alarms <= COPIED and self.match.score >= PHRASE and not self.everybodys


def _in_training(index: Index, ours: Sequence[Line]) -> list[_Found]:
    """What lines share with training pieces, what the fewest real pieces share as much of first."""
    length = sum(len(line.notes) for line in ours)
    found = []
    for line in ours:
        matches = search.search(index, line.codes)
        for match in matches[:MOST]:
            source = index.sources[match.piece]
            there = search.spans(match.pairs, 1, GROUP)
            passage = replace(
                _ours(line, match),
                source=source,
                source_bars=(index.bar_of(match.piece, min(there)) + 1, index.bar_of(match.piece, max(there)) + 1),
                false_alarms=index.calibration.share(source.style, levelled(match.score, length)),
            )
            found.append(_Found(passage, line, match, _is_everybodys(index, match, matches)))
    return sorted(found, key=lambda one: (one.passage.false_alarms, -one.match.score))


def _ours(line: Line, match: Match) -> Shared:
    """The passage as it stands in ours."""
    here = sorted(search.spans(match.pairs, 0, GROUP))
    span = range(here[0], here[-1] + 1)
    return Shared(
        source=None,
        notes=len(here),
        agreement=len(here) / len(span),
        bars=(int(line.bars[here[0]]) + 1, int(line.bars[here[-1]]) + 1),
        source_bars=(1, 1),
        track=line.track,
        marked=frozenset(line.notes[i] for i in here),
        steps=tuple(b.pitch - a.pitch for a, b in pairwise(line.notes[i] for i in span)),
    )


def _is_everybodys(index: Index, match: Match, matches: Sequence[Match]) -> bool:
    alike = {index.sources[m.piece].family for m in matches if m.score >= NEARLY * match.score}
    return len(alike) >= EVERYBODY


@dataclass(frozen=True)
class _Echo:
    """A passage shared with a line of the seed, `theirs`."""

    passage: Shared
    line: Line
    theirs: Line
    match: Match


def _in_seed(index: Index, ours: Sequence[Line], seed: Score) -> list[_Echo]:
    """What each line shares with each of the seed's, the best of all first."""
    found = []
    for line in ours:
        for theirs in lines(seed):
            match = search.compare(line.codes, theirs.codes, index.worths)
            if match is not None and match.pairs:
                found.append(_Echo(_ours(line, match), line, theirs, match))
    return sorted((e for e in found if e.passage.notes >= FEWEST), key=lambda echo: -echo.match.score)


def _is_given(passage: Shared, echoes: Sequence[_Echo]) -> bool:
    """Whether a passage is the seed's own: no model had to know it from anywhere else."""
    given = {note for echo in echoes if echo.passage.track == passage.track for note in echo.passage.marked}
    return len(passage.marked & given) >= NEARLY * len(passage.marked)


def _beside_training(corpus: Corpus | None, found: _Found, score: Score) -> Shared:
    """The passage with the music of the training piece beside it, where that is on this machine."""
    passage = found.passage
    entry = corpus.learned.get(passage.source.id) if corpus and passage.source else None
    theirs = corpus.line(entry) if corpus and entry else None
    # Another preparation of the same pieces may have other notes.
    if not corpus or not entry or not theirs or len(theirs.notes) <= max(search.spans(found.match.pairs, 1, GROUP)):
        return passage
    return _beside(passage, score, found.line, corpus.score(entry), theirs, found.match)


def _beside(passage: Shared, score: Score, ours: Line, music: Score, theirs: Line, match: Match) -> Shared:
    """The passage with both sides compared note by note: `ours` is a line of `score`, `theirs` one of `music`."""
    marks = [theirs.notes[j] for j in sorted(search.spans(match.pairs, 1, GROUP))]
    first, last = (int(theirs.bars[j]) for j in (match.pairs[0][1], match.pairs[-1][1] + GROUP - 1))
    start = music.bars[first].start
    higher, longer = [], []
    for i, j in match.pairs:
        higher.append(ours.notes[i].pitch - theirs.notes[j].pitch)
        lasts = (ours.notes[i + 1].onset - ours.notes[i].onset) / score.resolution
        longer.append(lasts * music.resolution / max(1, theirs.notes[j + 1].onset - theirs.notes[j].onset))
    return replace(
        passage,
        source_bars=(first + 1, last + 1),
        transposed=round(median(higher)),
        tempo=median(longer),
        theirs=music.slice_bars(first, last + 1),
        theirs_marked=frozenset(note._replace(onset=note.onset - start) for note in marks),
    )


def _sentence(verdict: Verdict, found: _Found) -> str:
    passage = found.passage
    assert passage.source is not None
    title, notes, share = passage.source.name, passage.notes, _percent(passage.false_alarms)
    first, last = passage.bars
    if verdict == "copied":
        return (
            f"Bars {first} to {last} share {notes} notes with a training piece, '{title}'. Only {share} % of real "
            "pieces by others share as much with one: most likely a copy."
        )
    if verdict == "common" and found.everybodys:
        return (
            f"Bars {first} to {last} share {notes} notes with '{title}', and with several other pieces: a phrase that "
            "belongs to nobody."
        )
    if verdict == "common":
        return (
            f"Bars {first} to {last} share {notes} notes with a training piece, '{title}'. {share} % of real pieces by "
            "others share as much with one: a turn of phrase."
        )
    return (
        f"Nothing stands out. The most that a training piece shares with this is {notes} notes, in '{title}'; "
        f"{share} % of real pieces by others share as much with one."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f}" if share < 0.1 else f"{100 * share:.0f}"
