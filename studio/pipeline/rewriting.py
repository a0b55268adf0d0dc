"""The verbs that write into a score: `infill` bars, `accompany` a melody, `restyle` a piece.

What is not to be written stays bit for bit: the seed's notes never pass through the model's grid into the result.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from studio import harmonisation
from studio.checkpoints import Card
from studio.errors import SeedError, SettingError
from studio.melody import monophonic
from studio.pipeline import aims, catalogue, ensembles, filling, passage, sheet, takes, writing
from studio.pipeline.ensembles import Ensemble
from studio.pipeline.filling import Draft, Gaps
from studio.pipeline.requests import AccompanyRequest, Asked, InfillRequest, Kept, settled
from studio.pipeline.seeds import Seed
from studio.pipeline.sheet import Sheet
from studio.pipeline.takes import Progress, Run, Take
from studio.representations.events import Grammar, Voice
from studio.representations.events.voice_leading import VoiceLeading
from studio.score import Note, Score, Track

if TYPE_CHECKING:  # it brings torch
    from studio.sampling import Mask


@dataclass(frozen=True)
class _Job:
    """One request on its way: what is asked, with which settings, of which checkpoint."""

    verb: str
    seed: Seed
    request: Asked
    settings: dict[str, Any]
    card: Card
    notices: tuple[str, ...] = ()


def infill(seed: Seed, request: InfillRequest) -> Run:
    """Write bars of some tracks anew, with what stands before and after them in view.

    Notes in `request.keep`, the other tracks and the other bars come back as they were. Raises at once: SettingError
    for bars, tracks or settings that do not exist, SeedError for a seed without notes. CheckpointError may come with
    the first step.
    """
    info, card = catalogue.find(request.model, "infill")
    settings = settled(request, info, "infill")
    score = _score(seed)
    bars = passage.bars_of(score, request.first_bar, request.last_bar)
    chosen = _tracks(score, request.tracks)
    _check_kept(score, bars, chosen, request.keep)
    job = _Job("infill", seed, request, settings, card)

    def gaps(events: Any) -> Gaps:
        whole = sheet.read(events, score, _melody(score), chosen)
        return _gaps(job, whole, bars, [k for k, i in enumerate(whole.tracks) if i in chosen], request.keep)

    return _write(job, bars, gaps)


def accompany(seed: Seed, request: AccompanyRequest) -> Run:
    """Write what goes with the seed's melody, which comes back as it was; its other tracks make way.

    Raises as `infill` does; SettingError also for a style that was learned without accompaniment.
    """
    info, card = catalogue.find(request.model, "accompany")
    settings = settled(request, info, "accompany")
    style = settings.get("style") or "pop"
    job = _Job("accompany", seed, request, settings | {"style": style}, card)
    return _set(job, request, ensembles.ensemble(style, request.instruments), keep_lead=True)


def restyle(seed: Seed, request: AccompanyRequest) -> Run:
    """Keep melody, metre and tempo; write everything else anew in another style, for that style's instruments.

    The melody goes over to the instrument that leads there. Raises as `accompany` does; a style must be named.
    """
    info, card = catalogue.find(request.model, "restyle")
    settings = settled(request, info, "restyle")
    if not settings.get("style"):
        raise SettingError(f"Name the style to change to, one of: {', '.join(ensembles.ENSEMBLES)}.")
    job = _Job("restyle", seed, request, settings, card)
    return _set(job, request, ensembles.ensemble(settings["style"], request.instruments), keep_lead=False)


def _set(job: _Job, request: AccompanyRequest, ensemble: Ensemble, *, keep_lead: bool) -> Run:
    """A melody and empty tracks for the ensemble, and all of these to be written."""
    chosen = passage.choose(_score(job.seed), request.melody_track, request.first_bar, request.last_bar)
    lead = chosen.score.tracks[chosen.track]
    if not keep_lead:
        lead = replace(lead, program=ensemble.lead)
    added = tuple(instrument.track() for instrument in ensemble.instruments)
    tempos = aims.tempos(job.settings, chosen.score.tempos)
    alone = replace(chosen.score, tracks=(lead, *added), tempos=tempos, title=job.seed.score.title)
    count = alone.bar_count  # other tracks may go on after the melody; nothing is written there
    job = _harmonised(replace(job, notices=chosen.notices), alone)
    rules = _rules(job, len(added))

    def gaps(events: Any) -> Gaps:
        # As the style's melodies were learned: on the program that leads there, one note at a time.
        line = monophonic(replace(lead, program=ensemble.lead))
        whole = sheet.read(events, replace(alone, tracks=(line, *added)), 0, range(1 + len(added)))
        voices = (whole.voices[0], *(_meeting(i.voice, line, i.is_drum) for i in ensemble.instruments))
        whole = replace(whole, score=alone, voices=voices)
        made = _gaps(job, whole, range(count), range(1, 1 + len(added)), ())
        return replace(made, ended=True, masked=rules)

    return _write(job, range(count), gaps)


SHOWN = 16
"""Bars whose chords are told, at most; the recipe has them all."""


def _harmonised(job: _Job, alone: Score) -> _Job:
    """With chords that suit the melody, the first track, where they are wanted and none are given."""
    if not job.settings.get("harmonise") or job.settings.get("chords"):
        return job
    found = harmonisation.harmonise(alone, 0)
    if not found:
        return job
    more = " ..." if len(found) > SHOWN else ""
    told = f"Chords found for the melody: {harmonisation.written(found[:SHOWN])}{more}"
    settings = job.settings | {"chords": harmonisation.written(found)}
    return replace(job, settings=settings, notices=(*job.notices, told))


def _meeting(voice: Voice, line: Track, is_drum: bool) -> Voice:
    """What an instrument may play under a melody: lower where the melody itself lies too low for it."""
    if is_drum or not line.notes:
        return voice
    top = max(note.pitch for note in line.notes)
    highest = max(voice.lowest + 12, min(voice.highest, top + 5))
    return replace(voice, highest=min(127, highest))


def _rules(job: _Job, added: int) -> Callable[[Grammar], Mask]:
    """The rules of four-part writing, where they are wanted and there are four parts."""
    if not job.settings.get("voice_leading"):
        return lambda grammar: grammar
    if job.settings["style"] not in ensembles.FOUR_PART or added != 3:
        raise SettingError("Voice leading is for four voices: choose the style chorale or choral, or switch it off.")
    return lambda grammar: VoiceLeading(grammar, (0, 1, 2, 3))


# --- what all of them share ------------------------------------------------------------------------------------------


def _score(seed: Seed) -> Score:
    if seed.score.note_count == 0:
        raise SeedError("The seed holds no notes: choose a file with at least one.")
    return passage.fine(seed.score)


def _melody(score: Score) -> int | None:
    """The track that is meant to lead, if one is."""
    return next((i for i, track in enumerate(score.tracks) if track.role == "melody"), None)


def _tracks(score: Score, asked: Iterable[int] | None) -> list[int]:
    """The tracks to write, by index: those asked for, else all that play."""
    if asked is None:
        return [i for i, track in enumerate(score.tracks) if track.notes]
    chosen = sorted(set(asked))
    wrong = [i for i in chosen if not 0 <= i < len(score.tracks)]
    if wrong or not chosen:
        found = f"track {wrong[0] + 1} was asked for" if wrong else "none was asked for"
        raise SettingError(f"The seed has tracks 1 to {len(score.tracks)}, but {found}.")
    return chosen


def _check_kept(score: Score, bars: range, tracks: Sequence[int], keep: Iterable[Kept]) -> None:
    """SettingError for a note to keep that is not among those to be written anew."""
    lines = [bar.start for bar in score.bars]
    there = {Kept(bisect_right(lines, note.onset), note.pitch) for i in tracks for note in score.tracks[i].notes}
    for kept in keep:
        if kept.bar - 1 not in bars or kept not in there:
            name = f"{_NAMES[kept.pitch % 12]}{kept.pitch // 12 - 1}"
            raise SettingError(
                f"No {name} (MIDI note {kept.pitch}) begins in bar {kept.bar} of what is to be written anew: keep "
                "notes that are there."
            )


_NAMES = "C C# D Eb E F F# G Ab A Bb B".split()


def _gaps(job: _Job, whole: Sheet, bars: range, tracks: Sequence[int], keep: Sequence[Kept]) -> Gaps:
    """Bars (of the score) of tracks (of the grid) to be written but for the notes that are kept."""
    held = {(kept.bar - 1, kept.pitch) for kept in keep}
    lines = whole.bars(bars)
    number = {j: i for i in bars for j in whole.bars(range(i, i + 1))}
    open_: dict[tuple[int, int], set[Note]] = {(j, k): set() for j in lines for k in tracks}
    for k in tracks:
        for note, bar, _ in whole.placed(k):
            if (bar, k) in open_ and (number[bar], note.pitch) in held:
                open_[bar, k].add(note)
    said = writing.controls(job.settings, len(lines), len(whole.tracks))
    return Gaps(
        whole,
        {segment: frozenset(notes) for segment, notes in open_.items()},
        dict(zip(lines, said, strict=True)),
        job.settings.get("style"),
    )


def _write(job: _Job, bars: range, make: Callable[[Any], Gaps]) -> Run:
    started = time.monotonic()
    model, events = catalogue.load(job.card)
    gaps = _without(make(events), job.request.forbidden)
    seeds = job.request.seeds
    drafts = [Draft(gaps.sheet.grid) for _ in seeds]
    total = len(gaps.sheet.bars(bars)) * len(seeds)
    take = partial(_take, job, gaps, bars)
    for done in filling.fill(model, events, gaps, job.settings, seeds, drafts):
        so_far = takes.as_they_are(drafts, take, started)
        listen = takes.as_it_is(drafts[0], partial(filling.heard, gaps, bars.start))
        yield Progress(done * len(bars) // total, len(bars), so_far, listen)
    yield from takes.as_they_are(drafts, take, started)()


def _without(gaps: Gaps, forbidden: Sequence[Sequence[int]]) -> Gaps:
    """The same gaps, with lines that are not to come again."""
    rules = gaps.masked
    return replace(gaps, masked=lambda grammar: writing.without(rules(grammar), grammar, forbidden))


def _segments(gaps: Gaps, bar: int) -> set[filling.Segment]:
    """What is open in a bar of the score."""
    lines = gaps.sheet.bars(range(bar, bar + 1))
    return {segment for segment in gaps.open if segment[0] in lines}


def _take(job: _Job, gaps: Gaps, bars: range, number: int, draft: Draft, seconds: float) -> Take:
    score, new = filling.merged(gaps, draft)
    lines = gaps.sheet.score.bars
    return Take(
        score=replace(score, title=job.seed.score.title),
        name=job.seed.name,
        new_from=lines[bars.start].start,
        end=lines[bars.stop - 1].end,
        bars_new=sum(draft.new.keys() >= _segments(gaps, i) for i in bars),
        new=new,
        melody_track=_melody(score),
        recipe=takes.recipe(job.verb, job.seed, job.request, job.settings, job.card, number),
        notices=job.notices,
        seconds=seconds,
    )
