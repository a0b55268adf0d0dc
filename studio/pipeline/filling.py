"""Filling: what a sheet leaves open is written passage by passage, each with what stands around it in view.

A passage is a few bars of the open tracks. The first is written for all takes at once; from then on each take goes its
own way, since what it wrote is what the next passage follows.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from studio.pipeline import writing
from studio.pipeline.sheet import Sheet
from studio.pipeline.takes import Heard
from studio.representations.events import BarControls, Events, Grammar, Plan
from studio.score import Note, Score

if TYPE_CHECKING:  # it brings torch
    from studio.sampling import Mask

Segment = tuple[int, int]
"""A bar of the grid and a track of it."""

PASSAGE = 8
"""Bars written at once, at most."""
BEFORE, AFTER = 24, 8
"""Bars in view before and after them, at most, as far as the model's context holds them."""
SEGMENT = 40
"""Ids set aside for each open bar of a track: more than nearly all take."""


@dataclass(frozen=True)
class Gaps:
    """What to write: the open segments of a sheet, each with the notes of the score that stay in it.

    `ended`: the piece ends with the sheet. `masked` wraps the grammar that has read the prompt, for rules of its own.
    """

    sheet: Sheet
    open: Mapping[Segment, frozenset[Note]]
    controls: Mapping[int, BarControls]
    style: str | None
    ended: bool = False
    masked: Callable[[Grammar], Mask] = lambda grammar: grammar

    @cached_property
    def kept(self) -> dict[Segment, list[Note]]:
        """The notes that stay in each open segment, as they are on the grid."""
        kept: dict[Segment, list[Note]] = {segment: [] for segment in self.open}
        for k, track in enumerate(self.sheet.grid.tracks):
            on_grid = {(note.onset, note.pitch): note for note in track.notes}
            for note, bar, tick in self.sheet.placed(k):
                if note in self.open.get((bar, k), ()) and (tick, note.pitch) in on_grid:
                    kept[bar, k].append(on_grid[tick, note.pitch])
        return kept

    def passages(self, context: int) -> list[list[Segment]]:
        """The open segments in the order they are written, so many at a time as leave half the context for others."""
        by_bar = [list(group) for _, group in groupby(sorted(self.open), key=lambda segment: segment[0])]
        most = max(1, min(PASSAGE, context // 2 // (SEGMENT * max(map(len, by_bar)))))
        passages: list[list[Segment]] = []
        for at in range(0, len(by_bar), most):
            passages.append([segment for bar in by_bar[at : at + most] for segment in bar])
        return passages


@dataclass
class Draft:
    """One take on its way: the grid with what is written, and the new notes by segment."""

    grid: Score
    new: Mapping[Segment, list[Note]] = field(default_factory=dict)


def fill(
    model: Any,
    events: Events,
    gaps: Gaps,
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    drafts: Sequence[Draft],
) -> Generator[int, None, None]:
    """Write into the drafts; yields the number of bars that were finished, one take's bars after the other's."""
    done = 0
    for i, passage in enumerate(gaps.passages(model.config.context)):
        # What was written differs from take to take, so only the first passage has one prompt for all.
        groups = [range(len(drafts))] if i == 0 else [range(k, k + 1) for k in range(len(drafts))]
        for group in groups:
            some = [drafts[k] for k in group]
            numbers = [writing.number(seeds[k], i) if i else seeds[k] for k in group]
            for bars in _passage(model, events, gaps, settings, numbers, some, passage):
                done += bars
                yield done


def _passage(
    model: Any,
    events: Events,
    gaps: Gaps,
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    drafts: Sequence[Draft],
    passage: Sequence[Segment],
) -> Generator[int, None, None]:
    """Write one passage of drafts that are alike so far; yields the bars finished at each step that finishes any."""
    first, last = passage[0][0], passage[-1][0]
    view = _view(events, gaps, drafts[0].grid, first, last, model.config.context)
    prompt = _prompt(events, gaps, drafts[0].grid, view, first)
    asked = any(how.density is not None or how.chords for how in gaps.controls.values())
    plain = _prompt(events, replace(gaps, controls={}), drafts[0].grid, view, first) if asked else None
    fill_id = events.marks["fill_id"]
    closing_ids = (fill_id, events.end_id)
    masks = [writing.Until(_mask(events, gaps, prompt), frozenset((fill_id,)), len(passage) + 1) for _ in drafts]
    ids: list[list[int]] = [list(prompt) for _ in drafts]
    fills = [0] * len(drafts)
    ends = {k for k, (a, b) in enumerate(pairwise(passage), start=1) if a[0] != b[0]} | {len(passage)}
    with closing(writing.decode(model, prompt, masks, settings, seeds, plain)) as steps:
        for chosen in steps:
            finished = 0
            for k, token in enumerate(chosen):
                if token is None:
                    continue
                ids[k].append(token)
                if token in closing_ids:
                    if fills[k]:  # the first FILL ends nothing
                        _take_over(events, gaps, drafts[k], ids[k], view, passage[fills[k] - 1])
                    finished += fills[k] in ends
                    fills[k] += 1
            if finished:
                yield finished


def _view(events: Events, gaps: Gaps, grid: Score, first: int, last: int, context: int) -> range:
    """The bars in view: those to write and as many around them as fit, those before first."""
    count = len(gaps.sheet.lines) - 1
    costs = _costs(events, gaps, grid, count)
    header, tracks = 16 + 4 * len(grid.tracks), len({k for _, k in gaps.open})
    room = context - header - SEGMENT * tracks * (last - first + 1) - sum(costs[first : last + 1])
    start, stop = first, last + 1
    while True:
        # Two bars before for each one after, as long as there are any.
        wants_before = start > 0 and first - start < BEFORE
        wants_after = stop < count and stop - last <= AFTER
        if wants_before and (not wants_after or (first - start) <= 2 * (stop - last - 1)) and costs[start - 1] <= room:
            start -= 1
            room -= costs[start]
        elif wants_after and costs[stop] <= room:
            room -= costs[stop]
            stop += 1
        else:
            return range(start, stop)


def _costs(events: Events, gaps: Gaps, grid: Score, count: int) -> list[int]:
    """How many ids each bar takes in a prompt, about."""
    _, bars = events.encode_bars(grid)
    lengths = [len(bar) for bar in bars] + [1] * max(0, count - len(bars))
    for bar, _ in gaps.open:
        lengths[bar] += 3
    return lengths


def _prompt(events: Events, gaps: Gaps, grid: Score, view: range, first: int) -> list[int]:
    """The bars in view, open from bar `first` on, up to where the first of them is written."""
    lines = gaps.sheet.lines
    shown = grid.slice_ticks(lines[view.start], lines[view.stop])
    moved = -lines[view.start]
    holes = {
        (bar - view.start, k): [note._replace(onset=note.onset + moved) for note in kept]
        for (bar, k), kept in gaps.kept.items()
        if bar in view and bar >= first
    }
    ids: list[int] = events.encode(
        shown,
        style=gaps.style,
        key=gaps.sheet.key,
        ended=gaps.ended and view.stop == len(lines) - 1,
        holes=holes,
        controls={bar - view.start: how for bar, how in gaps.controls.items() if bar in view},
        bars=len(view),
    ).tolist()
    return ids[: ids.index(events.marks["fill_id"])]


def _mask(events: Events, gaps: Gaps, prompt: Sequence[int]) -> Mask:
    grammar = events.grammar(prompt)
    grammar.steer(Plan(voices=gaps.sheet.voices))
    return gaps.masked(grammar)


def _take_over(events: Events, gaps: Gaps, draft: Draft, ids: Sequence[int], view: range, written: Segment) -> None:
    """Put the segment that was just written into the draft."""
    bar, k = written
    lines = gaps.sheet.lines
    begin = lines[view.start]
    kept = gaps.kept[bar, k]
    standing = {(note.onset, note.pitch) for note in kept}
    track = events.decode(ids).tracks[k]
    found = [note._replace(onset=note.onset + begin) for note in track.notes]
    new = [n for n in found if lines[bar] <= n.onset < lines[bar + 1] and (n.onset, n.pitch) not in standing]
    draft.new = {**draft.new, (bar, k): new}  # another one: what a draft was before may still be asked for
    others = [n for n in draft.grid.tracks[k].notes if not lines[bar] <= n.onset < lines[bar + 1]]
    tracks = list(draft.grid.tracks)
    tracks[k] = replace(tracks[k], notes=(*others, *kept, *new))
    draft.grid = replace(draft.grid, tracks=tuple(tracks))


def heard(gaps: Gaps, first: int, draft: Draft) -> Heard:
    """What can be heard of a draft: up to the first bar that something is still to be written in.

    `first`: the bar of the score, from 0, that is the first to be written.
    """
    score, _ = merged(gaps, draft, emptied=True)
    lines = gaps.sheet.score.bars
    missing = min((bar for bar, k in gaps.open if (bar, k) not in draft.new), default=None)
    until = lines[-1].end if missing is None else gaps.sheet.line(missing)
    return Heard(score, lines[first].start, until)


def merged(gaps: Gaps, draft: Draft, *, emptied: bool = False) -> tuple[Score, tuple[frozenset[Note], ...]]:
    """The sheet's score with what a draft wrote in place of what stood there, and the new notes by track.

    What is not written yet stays as it was, or is left out where it is `emptied`. New notes give way: they end where a
    note of the same pitch, or of a voice of one note at a time, begins, or the last bar ends, and are left out where
    the same pitch sounds already.
    """
    score, sheet = gaps.sheet.score, gaps.sheet
    end = score.bars[-1].end
    tracks, new = list(score.tracks), [frozenset[Note]() for _ in score.tracks]
    for k, i in enumerate(sheet.tracks):
        written = [bar for bar, track in draft.new if track == k]
        if not written and not emptied:
            continue
        left: Container[Segment] = gaps.open if emptied else draft.new
        gone = {note for note, bar, _ in sheet.placed(k) if (bar, k) in left and note not in gaps.open[bar, k]}
        stays = [note for note in score.tracks[i].notes if note not in gone]
        added = [sheet.back(note) for bar in written for note in draft.new[bar, k]]
        fitted = _fitted(added, stays, end, alone=sheet.voices[k].monophonic)
        tracks[i] = replace(tracks[i], notes=(*stays, *fitted))
        new[i] = frozenset(fitted)
    return replace(score, tracks=tuple(tracks)), tuple(new)


def _fitted(new: Sequence[Note], old: Sequence[Note], end: int, *, alone: bool) -> list[Note]:
    """The new notes, cut or left out where old ones of the track need the room, and cut at the music's end."""
    fitted = []
    for note in new:
        rivals = [n for n in old if alone or n.pitch == note.pitch]
        if any(n.onset <= note.onset < n.end and n.pitch == note.pitch for n in rivals):
            continue
        following = min((n.onset for n in rivals if n.onset > note.onset), default=end)
        fitted.append(note._replace(duration=max(1, min(note.duration, following - note.onset))))
    return fitted
