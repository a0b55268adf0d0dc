"""Continuing with a model of whole bars: melody and chords, several bars in one go. Knows no tokens."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.checkpoints import Card
from studio.data.rolls import GIVEN, home
from studio.errors import SeedError
from studio.metrics import estimate_key
from studio.pipeline import aims, takes
from studio.pipeline.passage import Passage
from studio.pipeline.requests import Request
from studio.pipeline.seeds import Seed
from studio.pipeline.takes import Heard, Run, Take
from studio.representations.pianoroll import CELLS, RESOLUTION, SLOTS, PianoRoll, parts
from studio.score import Bar, Note, Score, TimeSignature, Track

CHORDS = "Chords"
"""The name of the track that new chords stand in."""
SOFTER = 0.75
"""Velocity of the chords beside that of the melody."""

Row = NDArray[np.uint8]


@dataclass(frozen=True)
class _Draft:
    """The rows (bars, 21) of one take so far, in the model's key."""

    rows: Row


def continue_(
    model: Any, roll: PianoRoll, seed: Seed, request: Request, settings: dict[str, Any], chosen: Passage, card: Card
) -> Run:
    """As `continuation.continue_`: a `Progress` whenever the model has written, at last the takes.

    The model looks at the last bars in the home key. It cannot be asked for an ending; a notice says so.
    """
    started = time.monotonic()
    given, shift = _given(roll, aims.moved(chosen, settings))
    new_bar = _bar(chosen)
    wanted = np.tile(new_bar, (request.bars, 1))
    notices: tuple[str, ...] = ()
    if len(given) < chosen.bars:
        notices = (f"The model looked at the last {len(given)} bars only.",)
    if settings["ending"]:
        notices += ("This model cannot write an ending on purpose: the music is left open.",)
    request = replace(request, melody_track=chosen.track, last_bar=request.first_bar + chosen.bars - 1)

    def take(number: int, draft: _Draft, seconds: float) -> Take:
        made = _take(seed, chosen, roll, roll.transpose(draft.rows, -shift), len(new_bar))
        recipe = takes.recipe("continue", seed, request, settings, card, number)
        return replace(made, recipe=recipe, notices=(*chosen.notices, *notices), seconds=seconds)

    def heard(draft: _Draft) -> Heard:
        # A note that reaches the end of what is written may go on in the next bar.
        so_far = take(0, draft, 0.0)
        open_ = [n.onset for n in so_far.new[chosen.track] if n.end >= so_far.end]
        until = so_far.end if len(draft.rows) == len(wanted) else min([so_far.end, *open_])
        return Heard(so_far.score, so_far.new_from, until)

    drafts = [_Draft(wanted[:0]) for _ in request.seeds]
    for written in _written(model, given, wanted, settings, request.seeds):
        drafts = [_Draft(rows) for rows in written]
        so_far, listen = takes.as_they_are(drafts, take, started), takes.as_it_is(drafts[0], heard)
        yield takes.Progress(len(drafts[0].rows) // len(new_bar), request.bars, so_far, listen)
    yield from takes.as_they_are(drafts, take, started)()


def _given(roll: PianoRoll, chosen: Passage) -> tuple[Row, int]:
    """The last bars of the passage in the home key, and how many semitones away that is."""
    others = tuple(
        replace(track, role="drums" if track.is_drum else "accompaniment")
        for i, track in enumerate(chosen.score.tracks)
        if i != chosen.track
    )
    score = replace(chosen.score, tracks=(replace(chosen.line, role="melody", is_drum=False), *others))
    key = estimate_key(score)
    rows = roll.encode(score)[-GIVEN:]
    return home(rows, key.tonic, key.minor, roll) if key else home(rows, 0, False, roll)


def _bar(chosen: Passage) -> Row:
    """The rows of one new bar, of which only the metre is said; SeedError for one that the grid does not hold."""
    numerator, denominator = chosen.metre
    score = Score(RESOLUTION, time_signatures=(TimeSignature(0, *chosen.metre),))
    bar = Bar(0, 0, score.bar_length(*chosen.metre), *chosen.metre)
    found = parts(bar, score)
    if sum(slots for slots, _, _ in found) * denominator != SLOTS * numerator:
        raise SeedError(
            f"New bars would be in {numerator}/{denominator}, which is not made of sixteenths: choose another model, "
            "or bars that end in another metre."
        )
    rows = np.zeros((len(found), CELLS + SLOTS), np.uint8)
    rows[:, :2] = [metre for _, *metre in found]
    return rows


def _written(
    model: Any, given: Row, wanted: Row, settings: Mapping[str, Any], seeds: list[int]
) -> Generator[Row, None, None]:
    """All that is written so far (takes, bars, 21), growing, until it is as much as is wanted."""
    import torch  # late, as in `writing.decode`

    torch.set_num_threads(1)
    generators = [torch.Generator().manual_seed(number) for number in seeds]
    written = np.zeros((len(seeds), 0, CELLS + SLOTS), np.uint8)
    steps = model.generate(torch.from_numpy(given), torch.from_numpy(wanted), settings["temperature"], generators)
    for rows in steps:
        written = np.concatenate([written, rows.to(torch.uint8).numpy()], axis=1)
        yield written
        torch.set_num_threads(1)


def _take(seed: Seed, chosen: Passage, roll: PianoRoll, rows: Row, bar_rows: int) -> Take:
    """The seed's passage and, from its closing bar line on, the new melody in its track and the chords in theirs."""
    bars = len(rows) // bar_rows
    found = roll.decode(rows[: bars * bar_rows])
    tracks = [Track() for _ in chosen.score.tracks]
    place = _chords_track(chosen)
    if place == len(tracks):
        tracks.append(Track(name=CHORDS))
    loudness = round(median(note.velocity for note in chosen.line.notes))
    for i, notes, velocity in (
        (chosen.track, found.tracks[0].notes, loudness),
        (place, found.tracks[1].notes, max(1, round(SOFTER * loudness))),
    ):
        tracks[i] = replace(tracks[i], notes=_as_loud(notes, velocity))
    return takes.following(seed, chosen, RESOLUTION, tuple(tracks), bars)


def _chords_track(chosen: Passage) -> int:
    """Where the chords go: the track that an earlier continuation has put them in, else a new one."""
    for i, track in enumerate(chosen.score.tracks):
        if track.name == CHORDS and not track.is_drum and i != chosen.track:
            return i
    return len(chosen.score.tracks)


def _as_loud(notes: tuple[Note, ...], velocity: int) -> tuple[Note, ...]:
    return tuple(note._replace(velocity=velocity) for note in notes)
