"""Infill, accompany, restyle, and continuing many voices: what must stay stays, what is written keeps its bounds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from studio import pipeline
from studio.errors import SeedError, SettingError
from studio.pipeline import sheet
from studio.representations.events import Events
from studio.score import Note, Score, Tempo, TimeSignature, Track

Q = 480
EXAMPLES = pipeline.examples()


@pytest.fixture(scope="module", autouse=True)
def _models(tiny_checkpoints: Path) -> None:
    """Every test here writes with tiny models."""


def line(*pitches: int, start: int = 0, length: int = Q, **about: Any) -> Track:
    return Track(tuple(Note(start + i * length, p, length, 77) for i, p in enumerate(pitches)), **about)


TUNE = line(*[60, 62, 64, 65, 67, 65, 64, 62] * 4, role="melody", name="Tune", program=73)
CHORDS = Track(tuple(Note(bar * 4 * Q, p, 4 * Q, 51) for bar in range(8) for p in (48, 52, 55)), 24, name="Guitar")
KIT = Track(tuple(Note(i * Q, 36 + i % 2, 30, 90) for i in range(32)), is_drum=True, role="drums", name="Kit")
BAND = Score(Q, (CHORDS, TUNE, KIT), (Tempo(0, 400_123),), title="Band")


def takes(run: pipeline.Run) -> list[pipeline.Take]:
    return [step for step in run if isinstance(step, pipeline.Take)]


def infilled(music: Score, **asked: Any) -> list[pipeline.Take]:
    return takes(pipeline.infill(pipeline.Seed(music, "band"), pipeline.InfillRequest("transformer", **asked)))


def outside(track: Track, start: int, end: int) -> list[Note]:
    return [note for note in track.notes if not start <= note.onset < end]


def test_only_the_chosen_bars_of_the_chosen_tracks_change() -> None:
    made = infilled(BAND, first_bar=3, last_bar=4, tracks=(1,), takes=3, seed=5)
    assert len(made) == 3
    start, end = 8 * Q, 16 * Q
    for take in made:
        assert (take.new_from, take.end, take.bars_new) == (start, end, 2)
        assert take.score.tracks[0] == CHORDS and take.score.tracks[2] == KIT
        assert outside(take.score.tracks[1], start, end) == outside(TUNE, start, end)
        assert take.new[1] and take.new[1] == set(take.score.tracks[1].notes) - set(outside(TUNE, start, end))
        assert not take.new[0] and not take.new[2]
        assert replace(take.score, tracks=()) == replace(BAND, tracks=())
        # A tune of one voice stays one, and near its own pitches.
        assert all(a.end <= b.onset for a, b in pairwise(take.score.tracks[1].notes))
        assert all(60 - sheet.ROOM <= note.pitch <= 67 + sheet.ROOM for note in take.new[1])
    assert len({take.score for take in made}) > 1


def test_a_take_is_what_its_own_seed_number_writes_alone() -> None:
    together = infilled(BAND, first_bar=2, last_bar=3, takes=3, seed=20)
    alone = [infilled(BAND, first_bar=2, last_bar=3, seed=20 + i)[0] for i in range(3)]
    assert [take.score for take in together] == [take.score for take in alone]
    assert [take.recipe for take in together] == [take.recipe for take in alone]


def test_notes_that_are_kept_come_back_as_they_were() -> None:
    keep = (pipeline.Kept(3, 64), pipeline.Kept(4, 67))
    for take in infilled(BAND, first_bar=3, last_bar=4, tracks=(1,), keep=keep, takes=2):
        kept = {note for note in TUNE.notes if note.onset // (4 * Q) + 1 in (3, 4) and note.pitch in (64, 67)}
        kept = {n for n in kept if pipeline.Kept(n.onset // (4 * Q) + 1, n.pitch) in keep}
        assert kept and kept <= set(take.score.tracks[1].notes)
        assert not kept & take.new[1]
        assert all(a.end <= b.onset for a, b in pairwise(take.score.tracks[1].notes))


def test_long_choices_are_written_passage_by_passage() -> None:
    long = Score(
        Q,
        tuple(
            replace(t, notes=tuple(n._replace(onset=n.onset + k * 32 * Q) for k in range(5) for n in t.notes))
            for t in BAND.tracks
        ),
    )
    (take,) = infilled(long, tracks=(0, 1))
    bars = {note.onset // (4 * Q) for notes in take.new for note in notes}
    assert len(bars) > 30 and take.bars_new == 40
    assert take.score.tracks[2] == long.tracks[2]


def test_every_passage_has_chances_of_its_own() -> None:
    """Of a generator's seed torch heeds the last 32 bits alone."""
    from studio.pipeline import filling, writing

    numbers: list[int] = []
    real = writing.decode

    def spy(model: Any, prompt: Any, masks: Any, settings: Any, seeds: Any, plain: Any) -> Any:
        numbers.extend(seeds)
        return real(model, prompt, masks, settings, seeds, plain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling.writing, "decode", spy)
        infilled(Score(Q, (line(*[60, 62, 64, 65] * 24),)), seed=7, takes=2)
    assert numbers[:2] == [7, 8] and len(numbers) > 4
    assert len({number % 2**32 for number in numbers}) == len(numbers)


def test_odd_metres_and_resolutions_keep_their_bars() -> None:
    metres = (
        TimeSignature(0, 1, 8),
        TimeSignature(50, 7, 8),
        TimeSignature(50 + 350 * 3, 4, 2),
        TimeSignature(2700, 5, 4),
    )
    music = Score(100, (line(*range(60, 80), length=200, role="melody"), line(*range(40, 60), length=200)), (), metres)
    (take,) = infilled(music, first_bar=2, last_bar=music.bar_count - 1)
    bars = music.rescale(take.score.resolution).bars
    assert take.score.bars[: len(bars)] == bars
    assert (take.new_from, take.end) == (bars[1].start, bars[-2].end)
    for track in (0, 1):
        before = music.rescale(take.score.resolution).tracks[track]
        assert outside(take.score.tracks[track], take.new_from, take.end) == outside(before, take.new_from, take.end)


def test_what_stops_early_leaves_the_rest_as_it_was() -> None:
    run = pipeline.infill(
        pipeline.Seed(BAND), pipeline.InfillRequest("transformer", first_bar=1, last_bar=8, tracks=(1,))
    )
    step = next(run)
    assert isinstance(step, pipeline.Progress) and (step.bars_done, step.bars_total) == (1, 8)
    run.close()
    assert step.take.bars_new == 1
    assert outside(step.take.score.tracks[1], 0, 4 * Q) == outside(TUNE, 0, 4 * Q)


def test_of_several_takes_each_tells_its_own_bars() -> None:
    request = pipeline.InfillRequest("transformer", takes=2, first_bar=1, last_bar=8, tracks=(1,))
    # Eight bars of one track take half of what this model can look back on: they are written four at a time.
    told = []
    for step in pipeline.infill(pipeline.Seed(BAND), request):
        if isinstance(step, pipeline.Progress):
            told.append((step.bars_done, [take.bars_new for take in step.takes]))
            assert step.bars_total == 8
    assert told[-1] == (8, [8, 8])
    assert any(first != second for _, (first, second) in told)
    assert all(done == sum(bars) // 2 for done, bars in told)


@pytest.mark.parametrize("style", sorted(pipeline.ENSEMBLES))
def test_a_melody_gets_its_accompaniment_and_stays(style: str) -> None:
    request = pipeline.AccompanyRequest("transformer", style=style)
    (take,) = takes(pipeline.accompany(pipeline.Seed(BAND), request))
    titles = [instrument.title for instrument in pipeline.ENSEMBLES[style].instruments]
    assert take.score.tracks[0] == TUNE
    assert [track.name for track in take.score.tracks[1:]] == titles
    assert [set(track.notes) for track in take.score.tracks[1:]] == [set(notes) for notes in take.new[1:]]
    assert take.score.tempos == BAND.tempos and take.melody_track == 0
    for instrument, track in zip(pipeline.ENSEMBLES[style].instruments, take.score.tracks[1:], strict=True):
        if not instrument.is_drum:
            assert all(instrument.voice.lowest <= n.pitch <= instrument.voice.highest for n in track.notes)


def test_chords_are_found_for_the_melody_unless_they_are_given_or_it_plays_by_ear() -> None:
    def made(**asked: Any) -> pipeline.Take:
        request = pipeline.AccompanyRequest("transformer", style="pop", **asked)
        return takes(pipeline.accompany(pipeline.Seed(BAND), request))[0]

    found, by_ear, given = made(), made(harmonise=False), made(chords="C F")
    chords = found.recipe["settings"]["chords"]
    assert len(chords.split(" | ")) == 8 and any(chords in notice for notice in found.notices)
    assert by_ear.recipe["settings"]["chords"] == "" and not by_ear.notices
    assert given.recipe["settings"]["chords"] == "C F" and not given.notices
    assert made(chords=chords).new == found.new != by_ear.new


def test_a_melody_that_ends_before_the_others_is_accompanied_to_its_end() -> None:
    music = Score(Q, (replace(TUNE, notes=TUNE.notes[:14]), line(*[48] * 24)))
    for verb in (pipeline.accompany, pipeline.restyle):
        (take,) = takes(verb(pipeline.Seed(music), pipeline.AccompanyRequest("transformer", style="pop")))
        assert take.bars_new == take.score.bar_count == 4


def test_a_model_looks_back_no_further_than_it_learned(tiny_checkpoints: Path) -> None:
    from studio import checkpoints
    from studio.pipeline import catalogue

    card = checkpoints.read_card(tiny_checkpoints / "transformer")
    assert catalogue.load(card)[0].config.context == 512
    shorter = replace(card, name="shorter", facts={**card.facts, "settings": {"context": 128}})
    catalogue._loaded.clear()
    assert catalogue.load(shorter)[0].config.context == 128
    catalogue._loaded.clear()


def test_a_polyphonic_melody_track_is_not_thinned_out() -> None:
    double = Track(tuple(n for note in TUNE.notes for n in (note, note._replace(pitch=note.pitch - 12))), role="melody")
    (take,) = takes(pipeline.accompany(pipeline.Seed(Score(Q, (double,))), pipeline.AccompanyRequest("transformer")))
    assert take.score.tracks[0] == double


def test_restyling_keeps_the_notes_of_the_melody_and_changes_its_instrument() -> None:
    request = pipeline.AccompanyRequest("transformer", style="choral")
    (take,) = takes(pipeline.restyle(pipeline.Seed(BAND), request))
    assert take.score.tracks[0] == replace(TUNE, program=52)
    assert len(take.score.tracks) == 4
    with pytest.raises(SettingError, match="Name the style"):
        pipeline.restyle(pipeline.Seed(BAND), pipeline.AccompanyRequest("transformer"))


def test_voice_leading_is_for_four_voices() -> None:
    asked = pipeline.AccompanyRequest("transformer", style="chorale", voice_leading=True)
    (take,) = takes(pipeline.accompany(pipeline.Seed(BAND), asked))
    from studio.voice_leading import violations

    found = violations(take.score, (0, 1, 2, 3))
    assert found.crossings == found.parallel_fifths == found.parallel_octaves == 0
    with pytest.raises(SettingError, match="four voices"):
        takes(pipeline.accompany(pipeline.Seed(BAND), replace(asked, style="pop")))


def test_a_model_of_many_voices_continues_every_track() -> None:
    (take,) = takes(pipeline.continue_(pipeline.Seed(BAND), pipeline.Request("transformer", bars=4, seed=3)))
    assert take.bars_new == 4 and take.end - take.new_from == 16 * Q
    for before, after in zip(BAND.tracks, take.score.tracks, strict=True):
        assert outside(after, take.new_from, take.end) == list(before.notes)
    assert sum(map(bool, take.new)) > 1
    (lone,) = takes(pipeline.continue_(pipeline.Seed(BAND), pipeline.Request("lstm", bars=4)))
    assert [bool(notes) for notes in lone.new] == [False, True, False]


def test_several_continuations_come_at_once() -> None:
    made = takes(pipeline.continue_(pipeline.Seed(BAND), pipeline.Request("transformer", bars=2, takes=3, seed=8)))
    alone = takes(pipeline.continue_(pipeline.Seed(BAND), pipeline.Request("transformer", bars=2, seed=10)))
    assert made[2].score == alone[0].score and len(made) == 3


def test_chords_and_density_are_said_in_the_bars_to_write() -> None:
    said: list[list[str]] = []
    events = Events()
    from studio.pipeline import filling, writing

    def spy(model: Any, prompt: Any, masks: Any, settings: Any, seeds: Any, plain: Any) -> Any:
        said.extend([events.vocab[i] for i in ids] for ids in (prompt, plain) if ids is not None)
        return real(model, prompt, masks, settings, seeds, plain)

    real = writing.decode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filling.writing, "decode", spy)
        infilled(BAND, first_bar=3, last_bar=4, tracks=(0,), chords="F | C G7", density="busy")
        infilled(BAND, first_bar=3, last_bar=4, tracks=(0,))
    bars = " ".join(said[0]).split("BAR")[1:]
    assert "CHORD_5_maj" in bars[2] and "CHORD_0_maj CHORD_7_7" in bars[3] and "DENSITY" in bars[2]
    assert not any("CHORD" in bar or "DENSITY" in bar for bar in (*bars[:2], *bars[4:]))
    # Beside it the same without them, so that they are heeded more; and where nothing is asked, nothing beside it.
    assert said[1] == [token for token in said[0] if not token.startswith(("CHORD", "DENSITY"))] == said[2]
    assert len(said) == 3


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first_bar": 9}, "bars 1 to 8"),
        ({"tracks": (5,)}, "track 6 was asked for"),
        ({"tracks": ()}, "none was asked for"),
        ({"takes": 99}, "takes must be"),
        ({"chords": "C H"}, "H"),
        ({"density": "loud"}, "no density 'loud'"),
        ({"style": "techno"}, "no style 'techno'"),
    ],
)
def test_what_cannot_be_done_is_told_before_the_work(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        pipeline.infill(pipeline.Seed(BAND), pipeline.InfillRequest("transformer", **asked))


def test_a_model_that_cannot_is_named_with_one_that_can() -> None:
    with pytest.raises(SettingError, match="'lstm' cannot infill; choose one of: transformer"):
        pipeline.infill(pipeline.Seed(BAND), pipeline.InfillRequest("lstm"))
    with pytest.raises(SeedError, match="no notes"):
        pipeline.infill(pipeline.Seed(Score(Q)), pipeline.InfillRequest("transformer"))
    with pytest.raises(SettingError, match="learned without accompaniment"):
        takes(pipeline.accompany(pipeline.Seed(BAND), pipeline.AccompanyRequest("transformer", style="folk")))


@pytest.mark.parametrize("path", [path for _, path in EXAMPLES], ids=lambda path: path.stem)
def test_every_example_can_be_rewritten_in_the_middle(path: Path) -> None:
    music = pipeline.read(path).score
    last = min(music.bar_count, 5)
    (take,) = infilled(music, first_bar=2, last_bar=last)
    before = music.rescale(take.score.resolution)
    for old, new in zip(before.tracks, take.score.tracks, strict=True):
        assert outside(new, take.new_from, take.end) == outside(old, take.new_from, take.end)
