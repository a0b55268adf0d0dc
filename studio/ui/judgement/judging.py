"""What there is to say about the take that a visitor has before them. Knows the pipeline's values and words."""

from __future__ import annotations

from studio import pipeline
from studio.errors import StudioError
from studio.ui import ranks
from studio.ui.judgement import again, passages, strips
from studio.ui.judgement.component import Judgement, PassageCard, Reason, Verdict
from studio.ui.visits import Result, Visit
from studio.ui.words import Words


def judged(visit: Visit, words: Words) -> tuple[Judgement, pipeline.Originality | None]:
    """The shown take, judged in every way that this installation can, and what it shares with other music.

    The second is None where that cannot be told here.
    """
    result = visit.result
    assert result is not None
    take, piece, source = result.take, result.pieces[result.shown], seed_of(visit, result.take)
    seed = source.score if source is not None else None
    made, about = _beside(take, seed, words)
    verdict, cards, found = _shared(visit, take, seed, words)
    rank, reasons = _ranked(visit, result, source, words)
    kind = words(f"judgement.{verdict.kind}") if verdict.kind else ""
    said = [kind, strips.told(made, words), _counted(len(reasons), words)]
    told = Judgement(
        id=piece.id,
        summary=" · ".join(filter(None, said)) or words("judgement.nothing"),
        liked=piece.liked if visit.store is not None else None,
        strips=made,
        about=about,
        verdict=verdict,
        passages=cards,
        again=verdict.kind == "copied" and again.can(take) and source is not None,
        rank=rank,
        reasons=reasons,
    )
    return told, found


def seed_of(visit: Visit, take: pipeline.Take) -> pipeline.Seed | None:
    """The music that a take was made from: on the desk or among what is kept; None where it is gone."""
    source = str(take.recipe.get("source", ""))
    if visit.seed is not None and visit.seed.sha256 == source:
        return visit.seed
    try:
        piece = visit.store.by_file(visit.visitor, source) if visit.store is not None and source else None
        return piece.seed() if piece is not None else None
    except StudioError:
        return None


def _beside(take: pipeline.Take, seed: pipeline.Score | None, words: Words) -> tuple[list[strips.Strip], str]:
    """The figures of what is new beside those of held-out music, and a sentence on what that is."""
    new = take.score.slice_ticks(take.new_from, take.end)
    norms = pipeline.norms(new.bar_count)
    if norms is None:
        return [], words("judgement.no_norms")
    style = norms.beside(take.recipe.get("settings", {}).get("style"), sum(bool(t.notes) for t in new.tracks))
    made = strips.strips(new, seed, norms, style, words)
    if not made:
        return [], words("judgement.too_short")
    return made, words("judgement.about", pieces=norms.pieces(style), style=_named(style, words))


def _named(style: str, words: Words) -> str:
    """What the norms of a style are of: all music, lone melodies, or a style that can be set."""
    known = {"all": words("judgement.about_all"), "melodies": words("judgement.about_melodies")}
    return known.get(style) or words("judgement.about_style", style=words.get(f"control.style.{style}", style))


def _shared(
    visit: Visit, take: pipeline.Take, seed: pipeline.Score | None, words: Words
) -> tuple[Verdict, list[PassageCard], pipeline.Originality | None]:
    """Whether the take is original, and what it shares; a sentence where that cannot be told here."""
    try:
        found = pipeline.check(take, seed)
    except StudioError as error:
        return Verdict("", words.told(error)), [], None
    return passages.verdict(found, words), passages.cards(take, found, visit.hearing, words), found


def _ranked(visit: Visit, result: Result, seed: pipeline.Seed | None, words: Words) -> tuple[str, list[Reason]]:
    """The place of the shown take among those that were written with it, and what speaks for and against it."""
    several = ranks.order(visit)
    for place, entry in enumerate(several, start=1):
        if entry.take == result.shown:
            where = words("judgement.place", place=place, takes=len(several))
            return where, _reasons(entry, words)
    (alone,) = pipeline.rank([result.take], seed)
    return "", _reasons(alone, words)


def _reasons(entry: pipeline.Ranked, words: Words) -> list[Reason]:
    return [Reason(words.told(said), said in entry.faults) for said in entry.reasons]


def _counted(reasons: int, words: Words) -> str:
    if not reasons:
        return ""
    return words("judgement.reasons_one") if reasons == 1 else words("judgement.reasons_many", count=reasons)
