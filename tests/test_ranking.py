"""The ranking: each sentence beside music of which it is true and music of which it is not; order and weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import ranking
from studio.errors import SettingError
from studio.metrics import Key
from studio.ranking import TERMS, WEIGHTS, Candidate, Finding, Merit
from studio.score import Note, Score, TimeSignature, Track

Q = 480
BAR = 4 * Q
SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
TUNE = ((60, 62, 64, 65), (67, 67, 69, 67), (65, 65, 64, 64), (62, 67, 60, None))
"""Four bars of C major in quarters; None holds the note before it."""


def line(bars: Sequence[Sequence[int | None]], start: int = 0, step: int = Q) -> list[Note]:
    notes: list[Note] = []
    for b, bar in enumerate(bars):
        for i, pitch in enumerate(bar):
            if pitch is None:
                notes[-1] = notes[-1]._replace(duration=notes[-1].duration + step)
            else:
                notes.append(Note(start + b * BAR + i * step, pitch, step, 80))
    return notes


def take(
    new: Sequence[Note], bars: int = 4, seed: Sequence[Note] | None = None, others: tuple[Track, ...] = ()
) -> Candidate:
    """New notes, from tick 0 of their own, after a seed of four bars."""
    old = line(TUNE) if seed is None else list(seed)
    fresh = [note._replace(onset=note.onset + 4 * BAR) for note in new]
    before = Score(Q, (Track(tuple(old), role="melody"), *(replace(t, notes=()) for t in others)))
    score = Score(Q, (Track((*old, *fresh), role="melody"), *others))
    return Candidate(score, (frozenset(fresh), *(frozenset() for _ in others)), 4 * BAR, (4 + bars) * BAR, before, 0)


def said(term: str, candidate: Candidate) -> Finding:
    found = TERMS[term](candidate)
    assert found is not None and 0 <= found.value <= 1
    return found


def bars(*numbers: int) -> list[Note]:
    return line([TUNE[n] for n in numbers])


GOOD = bars(0, 1, 2, 3)
OUTSIDE = line([TUNE[0], (61, 63, 66, 61), TUNE[2], TUNE[3]])
HIGH = line([TUNE[0], (67, 67, 79, 67), TUNE[2], TUNE[3]])
LOW = line([TUNE[0], (67, 45, 67, 67), TUNE[2], TUNE[3]])
LEAPING = line([(60, 71, 60, 71), (60, 69, 60, 69), (60, 71, 60, 71), (60, 69, 60, None)])
FLAT = line([(60, 60, 60, 60)] * 4)
EIGHTHS = line([[SCALE[(b + i) % 8] for i in range(8)] for b in range(4)], step=Q // 2)
SPARSE = [Note(b * BAR, 60 + b, BAR, 80) for b in range(4)]
HOLE = [note for note in GOOD if note.onset // BAR != 2]
STRANGE = [
    Note(b * BAR + Q // 3 + i * Q // 2, 60 + (3 * b + 5 * i) % 11, Q // 5, 80) for b in range(4) for i in range(7)
]


def blamed(notes: Sequence[Note]) -> Callable[[str], str]:
    return lambda term: said(term, take(notes)).blame


@pytest.mark.parametrize(
    ("term", "sentence", "true", "untrue"),
    [
        ("key", "keeps to C major", GOOD, OUTSIDE),
        ("register", "keeps to the seed's range", GOOD, HIGH),
        ("steps", "moves in steps and leaps as the seed does", GOOD, LEAPING),
        ("ending", "ends on the tonic", GOOD, bars(0, 1, 2, 1)),
        ("rhythm", "moves in the seed's note values", GOOD, EIGHTHS),
        ("density", "as dense as the seed", GOOD, EIGHTHS),
        ("loops", "says no bar twice in a row", GOOD, bars(0, 1, 1, 1)),
        ("theme", "takes up bar 1 of the seed in bar 5", GOOD, STRANGE),
        ("form", "closes in the rhythm of bar 4", GOOD, bars(0, 1, 2, 1)),
    ],
)
def test_each_praise_is_said_where_it_is_true_and_only_there(
    term: str, sentence: str, true: Sequence[Note], untrue: Sequence[Note]
) -> None:
    candidate = take(true)
    if term == "form":  # of the bars before as many as a phrase has
        assert candidate.old_bars[-1].end == candidate.start
    assert said(term, candidate).praise == sentence
    assert said(term, take(untrue)).praise != sentence


@pytest.mark.parametrize(
    ("term", "sentence", "true", "untrue"),
    [
        ("key", "leaves the key in bar 6", OUTSIDE, GOOD),
        ("register", "climbs above the seed's range in bar 6", HIGH, LOW),
        ("register", "goes below the seed's range in bar 6", LOW, HIGH),
        ("steps", "leaps more than the seed", LEAPING, GOOD),
        ("steps", "leaps less than the seed", FLAT, GOOD),
        ("ending", "ends away from the tonic chord", bars(0, 1, 3, 2)[:-1] + line([(62,)], 3 * BAR + 3 * Q), GOOD),
        ("rhythm", "moves in other note values than the seed", STRANGE, GOOD),
        ("density", "denser than the seed (8.0 notes a bar, not 3.8)", EIGHTHS, GOOD),
        ("density", "sparser than the seed (1.0 notes a bar, not 3.8)", SPARSE, GOOD),
        ("silence", "falls silent in bar 7", HOLE, GOOD),
        ("loops", "repeats bar 5 3 times", bars(0, 0, 0, 0), bars(0, 0, 1, 2)),
        ("loops", "goes round in the same 2 bars from bar 5 on", bars(0, 1, 0, 1), bars(0, 1, 2, 1)),
        ("theme", "takes up nothing of the seed", STRANGE, GOOD),
        ("form", "does not close as bar 4 does", STRANGE, GOOD),
    ],
)
def test_each_blame_is_said_where_it_is_true_and_only_there(
    term: str, sentence: str, true: Sequence[Note], untrue: Sequence[Note]
) -> None:
    assert said(term, take(true)).blame == sentence
    assert said(term, take(untrue)).blame != sentence


@pytest.mark.parametrize(
    ("new", "old", "praise", "blame"),
    [
        (3.0, 2.9, "about as surprising to the model as the seed", ""),
        (2.0, 2.9, "", "more predictable to the model than the seed"),
        (4.0, 2.9, "", "far more surprising to the model than the seed"),
        (2.6, 2.9, "", ""),
    ],
)
def test_surprise_is_held_against_the_seeds(new: float, old: float, praise: str, blame: str) -> None:
    assert said("surprise", replace(take(GOOD), surprise=(new, old)))[1:] == (praise, blame)
    assert TERMS["surprise"](take(GOOD)) is None
    # Too likely is no merit, a little less likely no fault.
    values = [said("surprise", replace(take(GOOD), surprise=(2.9 + more, 2.9))).value for more in (-1, -0.5, 0, 0.4, 2)]
    assert values == [0, 0.5, 1, 1, 0]


def test_copying_is_told_by_whoever_looked() -> None:
    assert TERMS["copying"](take(GOOD)) is None
    assert said("copying", replace(take(GOOD), copied=0.0)).blame == ""
    found = said("copying", replace(take(GOOD), copied=0.25))
    assert found == (0.75, "", "25 % of its notes stand in a piece that the model learned from")


def test_melody_and_chords() -> None:
    def chords(*roots: int) -> Track:
        """A triad a bar, in eight bars."""
        tones = ((b, root + third) for b, root in enumerate(roots) for third in (0, 4, 7))
        return Track(tuple(Note(b * BAR, 48 + pitch, BAR, 70) for b, pitch in tones))

    fits = said("harmony", take(line([(60, 64, 67, 60)] * 4), others=(chords(*[0] * 8),)))
    clashes = said("harmony", take(line([(61, 66, 63, 61)] * 4), others=(chords(*[0] * 8),)))
    assert fits.praise == "the melody lies on the chords 100 % of the time" and not fits.blame
    assert clashes.blame == "the melody lies on the chords only 0 % of the time" and not clashes.praise
    assert fits.value > clashes.value
    assert TERMS["harmony"](take(GOOD)) is None


def test_the_key_that_was_asked_for_goes_before_the_seeds() -> None:
    raised = [note._replace(pitch=note.pitch + 2) for note in GOOD]
    assert said("key", take(raised)).blame
    asked = replace(take(raised), key=Key(2, False, 1.0))
    assert said("key", asked) == (1.0, "keeps to D major", "")
    assert said("ending", asked).praise == "ends on the tonic"


def test_of_an_accompaniment_the_lowest_note_closes() -> None:
    chords = [Note(b * BAR, pitch, BAR, 70) for b in range(4) for pitch in (48, 55, 64)]
    score = Score(Q, (Track(tuple(GOOD), role="melody"), Track(tuple(chords))))
    before = Score(Q, (Track(tuple(GOOD), role="melody"), Track()))
    candidate = Candidate(score, (frozenset(), frozenset(chords)), 0, 4 * BAR, before, 0)
    assert said("ending", candidate).praise == "ends on the tonic"
    # Nothing was there in its track, so nothing is said of likeness.
    assert [TERMS[name](candidate) for name in ("register", "steps", "rhythm", "density", "form")] == [None] * 5


# --- order ------------------------------------------------------------------------------------------------------------


def merit(**values: float | None) -> Merit:
    findings = {name: None if (v := values.get(name)) is None else Finding(v, f"+{name}", f"-{name}") for name in TERMS}
    return Merit(findings)


def test_the_best_comes_first_with_what_counts_most() -> None:
    ranked = ranking.rank([merit(key=0.2, theme=0.5), merit(key=1.0, theme=0.4), merit(key=0.6, theme=0.45)])
    assert sorted(one.take for one in ranked) == [0, 1, 2]
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)
    by_take = {one.take: one for one in ranked}
    assert by_take[1].reasons[0] in ("+key", "-theme") and set(by_take[1].reasons) == {"+key", "-theme"}
    assert set(by_take[0].reasons) == {"-key", "+theme"}


def test_weights_turn_the_order_round_and_what_does_not_count_is_no_reason() -> None:
    merits = [merit(key=1.0, loops=0.0), merit(key=0.0, loops=1.0)]
    assert ranking.rank(merits, {"loops": 0})[0].take == 0
    assert ranking.rank(merits, {"key": 0})[0].take == 1
    assert ranking.rank(merits, {"key": 0})[0].reasons == ("+loops",)
    assert ranking.rank(merits, dict.fromkeys(TERMS, 0))[0] == ranking.Ranked(0, 0.0, ())


def test_the_score_is_the_weighted_mean_of_what_is_said_of_any() -> None:
    weights = {name: WEIGHTS[name] for name in ("key", "theme")}
    total = sum(weights.values())
    first, second = ranking.rank([merit(key=1.0, theme=0.5), merit(key=0.5)])
    assert first.score == pytest.approx((weights["key"] + 0.5 * weights["theme"]) / total)
    assert second.score == pytest.approx(0.5 * weights["key"] / total)  # silent where the other spoke: counts 0


def test_equal_takes_come_as_they_were_written_and_one_alone_is_judged_too() -> None:
    assert [one.take for one in ranking.rank([merit(key=0.5)] * 3)] == [0, 1, 2]
    assert ranking.rank([merit(key=1.0)])[0].reasons == ("+key",)
    assert ranking.rank([merit(key=0.0)])[0].reasons == ("-key",)
    assert ranking.rank([]) == ()


def test_no_more_than_three_reasons_and_all_of_terms_that_count() -> None:
    best = ranking.rank([merit(**dict.fromkeys(TERMS, 1.0)), merit(**dict.fromkeys(TERMS, 0.0))])
    assert [len(one.reasons) for one in best] == [3, 3]
    heaviest = sorted(TERMS, key=lambda name: -WEIGHTS[name])[:3]
    assert min(WEIGHTS[reason[1:]] for reason in best[0].reasons) == WEIGHTS[heaviest[-1]]


@pytest.mark.parametrize("weights", [{"beauty": 1}, {"key": -1}, {"key": 99}, {"key": True}, {"key": float("nan")}])
def test_weights_that_there_are_not(weights: dict[str, float]) -> None:
    with pytest.raises(SettingError, match=r"key|beauty"):
        ranking.rank([], weights)


def test_every_term_has_a_weight() -> None:
    assert set(WEIGHTS) == set(TERMS) and all(0 < weight <= 1 for weight in WEIGHTS.values())


notes = st.lists(
    st.builds(Note, st.integers(0, 40 * Q // 10), st.integers(0, 127), st.integers(1, 3 * BAR), st.integers(1, 127)),
    max_size=12,
)


@settings(deadline=None, max_examples=150)
@given(
    old=st.lists(notes, min_size=2, max_size=2),
    new=st.lists(notes, min_size=2, max_size=2),
    drums=st.booleans(),
    melody=st.sampled_from([None, 0, 1]),
    length=st.integers(0, 5),
    metre=st.sampled_from([(4, 4), (3, 4), (7, 8), (1, 16)]),
)
def test_whatever_the_music_is_it_can_be_ranked(
    old: list[list[Note]],
    new: list[list[Note]],
    *,
    drums: bool,
    melody: int | None,
    length: int,
    metre: tuple[int, int],
) -> None:
    start, end = 2 * BAR, (2 + length) * BAR
    fresh = [[note._replace(onset=note.onset + start) for note in track] for track in new]
    signature = (TimeSignature(0, *metre),)
    tracks = tuple(
        Track(tuple(was + now), is_drum=drums and i == 1) for i, (was, now) in enumerate(zip(old, fresh, strict=True))
    )
    before = tuple(Track(tuple(was)) for was in old)
    candidate = Candidate(
        Score(Q, tracks, time_signatures=signature),
        tuple(map(frozenset, fresh)),
        start,
        end,
        Score(Q, before, time_signatures=signature),
        melody,
    )
    (ranked,) = ranking.rank([ranking.judge(candidate)])
    assert 0 <= ranked.score <= 1
