"""What a take shares with other music, on the page: the verdict in words, and each passage to see and hear."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from studio import pipeline
from studio.ui.hearing import Hearing
from studio.ui.judgement.component import PassageCard, Verdict
from studio.ui.words import Words

MOST = 3  # passages that are told of, the longest first
PLACE = "judged-"  # where on the visitor's desk their two sides are heard
SAME_TEMPO = 0.03


def verdict(found: pipeline.Originality, words: Words) -> Verdict:
    """Whether a take is original, in words, and how often that would be said of real music."""
    return Verdict(found.verdict, words.told(found.sentence), words("judgement.alarms", pieces=found.pieces))


def cards(take: pipeline.Take, found: pipeline.Originality, hearing: Hearing, words: Words) -> list[PassageCard]:
    """A card for each of the longest passages; from then on both sides can be heard, as far as they are here."""
    hearing.forget(PLACE)
    made = []
    for i, shared in enumerate(found.passages[:MOST]):
        here, there = excerpt(take.score, shared.bars), shared.theirs
        made.append(
            PassageCard(
                title=title(shared, words),
                facts=" · ".join(_facts(shared, words)),
                take=hearing.offer(f"{PLACE}{i}-here", here),
                source=hearing.offer(theirs(i), there) if there is not None else "",
            )
        )
    return made


def theirs(index: int) -> str:
    """Where the other side of a passage is heard."""
    return f"{PLACE}{index}-there"


def excerpt(score: pipeline.Score, bars: tuple[int, int]) -> pipeline.Score:
    """Some bars of a score by themselves, the first and the last counted from 1."""
    first, last = bars
    return score.slice_bars(first - 1, last)


def title(shared: pipeline.Shared, words: Words) -> str:
    """What a passage is shared with."""
    if shared.source is None:
        return words("judgement.from_seed")
    return shared.source.title.strip() or words("judgement.untitled")


def _facts(shared: pipeline.Shared, words: Words) -> Iterator[str]:
    """How long it is and where it stands, how it was changed, and where the piece comes from."""
    (first, last), (source_first, source_last) = shared.bars, shared.source_bars
    yield words("judgement.notes", notes=shared.notes, agreement=shared.agreement)
    yield words("judgement.bars", here=_bars(first, last), there=_bars(source_first, source_last))
    if shared.transposed:
        yield words("judgement.transposed", semitones=shared.transposed)
    if shared.tempo is not None and abs(shared.tempo - 1) > SAME_TEMPO:
        yield words("judgement.other_tempo", ratio=Fraction(1 / shared.tempo).limit_denominator(8))
    if shared.source is not None:
        yield from filter(None, (shared.source.corpus, shared.source.licence))


def _bars(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"
