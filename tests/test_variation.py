"""Vary, blend and resemble: what must stay stays, what is written keeps its bounds, and it can be made again."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio import pipeline
from studio.errors import SeedError, SettingError, StudioError
from studio.representations.events import Events
from studio.score import Note, Score, Tempo, TimeSignature, Track

Q = 480


@pytest.fixture(scope="module", autouse=True)
def _models(tiny_checkpoints: Path) -> None:
    """Every test here writes with tiny models."""


def line(*pitches: int, start: int = 0, length: int = Q, **about: Any) -> Track:
    return Track(tuple(Note(start + i * length, p, length, 77) for i, p in enumerate(pitches)), **about)


TUNE = line(*[60, 62, 64, 65, 67, 65, 64, 62] * 5, role="melody", name="Tune", program=73)
CHORDS = Track(tuple(Note(bar * 4 * Q, p, 4 * Q, 51) for bar in range(10) for p in (48, 52, 55)), 24, name="Guitar")
BAND = Score(Q, (CHORDS, TUNE), (Tempo(0, 400_123),), title="Band")
SEED = pipeline.Seed(BAND, "band", sha256="ab")
OTHER = pipeline.Seed(Score(Q, (line(*[84, 72] * 16, length=Q // 2, name="High"),)), "other", sha256="cd")
WALTZ = replace(OTHER, score=replace(OTHER.score, time_signatures=(TimeSignature(0, 3, 4),)))


def takes(run: pipeline.Run) -> list[pipeline.Take]:
    return [step for step in run if isinstance(step, pipeline.Take)]


def varied(**asked: Any) -> list[pipeline.Take]:
    return takes(pipeline.vary(SEED, pipeline.VaryRequest("vae", **asked)))


def outside(track: Track, start: int, end: int) -> list[Note]:
    return [note for note in track.notes if not start <= note.onset < end]


def check_bars(take: pipeline.Take, start: int, end: int) -> None:
    """Only the melody changed, there, and it is one voice still."""
    tune = take.score.tracks[1]
    assert (take.new_from, take.end, take.melody_track) == (start, end, 1)
    assert take.score.tracks[0] == CHORDS and not take.new[0]
    assert outside(tune, start, end) == outside(TUNE, start, end)
    assert take.new[1] == set(tune.notes) - set(outside(TUNE, start, end)) and take.new[1]
    assert replace(take.score, tracks=()) == replace(BAND, tracks=())
    assert all(a.end <= b.onset for a, b in pairwise(tune.notes))
    assert {note.velocity for note in tune.notes} == {77}


def test_varying_changes_the_chosen_bars_of_the_melody_only() -> None:
    made = varied(amount=1.0, first_bar=2, last_bar=3, takes=3, seed=5)
    for take in made:
        check_bars(take, 4 * Q, 12 * Q)
        assert take.bars_new == 2
    assert len({take.score for take in made}) > 1


def test_at_nothing_the_melody_is_what_it_was() -> None:
    (take,) = varied(amount=0.0)
    assert take.score == BAND and not take.notes_new and take.bars_new == 0


def test_a_varied_take_is_what_its_own_seed_number_writes_alone() -> None:
    together = varied(takes=3, seed=20, amount=0.8)
    alone = [varied(seed=20 + i, amount=0.8)[0] for i in range(3)]
    assert [take.score for take in together] == [take.score for take in alone]
    assert [take.recipe for take in together] == [take.recipe for take in alone]
    recipe = together[0].recipe
    assert (recipe["verb"], recipe["amount"], recipe["melody_track"], recipe["last_bar"]) == ("vary", 0.8, 1, 10)


def test_bars_that_are_alike_stay_alike() -> None:
    """TUNE's odd bars are all the same, and so are its even ones; but what the conductor says of each differs."""
    from studio.pipeline import catalogue, variation
    from studio.pipeline import line as lines

    model, events = catalogue.load(catalogue.find("vae", "vary")[1])
    lead = lines.read(events, BAND, None, None, None)
    import torch

    latents = model.latents([torch.tensor(ids) for ids in lead.bars])
    moved = variation._varied(model, lead, latents, range(10), 3, 0.5)
    assert torch.equal(moved[1], moved[3]) and not torch.equal(moved[1], moved[2])
    noise = moved - model.center - 0.5**0.5 * (latents - model.center)  # an eighth of a turn
    assert not torch.allclose(noise[1], noise[2], atol=0.01)
    assert not torch.equal(moved, latents)


def test_progress_comes_window_by_window_and_one_may_stop_there() -> None:
    run = pipeline.vary(SEED, pipeline.VaryRequest("vae", amount=0.9))
    first = next(run)
    assert isinstance(first, pipeline.Progress) and (first.bars_done, first.bars_total) == (8, 10)
    assert first.take.bars_new == 8 and outside(first.take.score.tracks[1], 0, 32 * Q) == outside(TUNE, 0, 32 * Q)
    run.close()


def test_resembling_changes_the_melody_and_names_the_other_in_the_recipe() -> None:
    request = pipeline.ResembleRequest("vae", strength=1.0, first_bar=1, last_bar=2)
    (take,) = takes(pipeline.resemble(SEED, OTHER, request))
    check_bars(take, 0, 8 * Q)
    assert take.recipe["verb"] == "resemble" and take.recipe["other"] == "cd" and take.recipe["other_track"] is None
    (untouched,) = takes(pipeline.resemble(SEED, OTHER, replace(request, strength=0.0)))
    assert untouched.score == BAND


def test_what_follows_by_less_than_it_is_moved_by_is_moved_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that plays one pitch, which rises by 0.4 of what the latents are moved by."""
    import torch

    from studio.pipeline import line as lines
    from studio.pipeline import variation

    lead = lines.read(Events(), Score(Q, (line(*[64] * 8),)), None, None, None)
    scales = torch.tensor([[1.0, 1.0], [64.0, 5.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    model = SimpleNamespace(directions=torch.eye(5), scales=scales)

    def write(_: Any, line: Any, window: Any, latents: torch.Tensor, *__: Any) -> list[dict[int, list[Note]]]:
        pitch = round(64 + 0.4 * 5 * float(latents[0, 0, 1]))
        return [{bar: [Note(line.sheet.lines[bar] + 24 * i, pitch, 24, 77) for i in range(4)] for bar in window}]

    monkeypatch.setattr(lines, "write", write)
    change = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0])
    there = variation.moved(model, lead, [0, 1], torch.zeros(2, 5), change)
    assert lead.manner_of(write(model, lead, [0, 1], there[None])[0]) == (1.0, 69.0, 0.0, 0.0, 0.0)
    assert 2 < there[0, 1] < 3 and not there[:, [0, 2, 3, 4]].any()
    assert lead.manner_of({0: []}) is None


def test_a_blend_begins_with_one_melody_and_ends_with_the_other() -> None:
    (take,) = takes(pipeline.blend(SEED, OTHER, pipeline.BlendRequest("vae", steps=4)))
    (track,) = take.score.tracks
    scale = take.score.resolution
    step = 4 * 4 * scale  # the other melody has four bars

    def within(k: int) -> list[tuple[int, int, int]]:
        found = [n for n in track.notes if k * step <= n.onset < (k + 1) * step]
        return [((n.onset - k * step) * Q // scale, n.pitch, n.duration * Q // scale) for n in found]

    assert within(0) == [n[:3] for n in TUNE.notes if n.onset < 16 * Q]
    assert within(3) == [n[:3] for n in OTHER.score.tracks[0].notes]
    assert within(1) and within(2)
    assert (take.new_from, take.end, take.bars_new) == (step, 3 * step, 8)
    assert take.new[0] == {n for n in track.notes if step <= n.onset < 3 * step}
    assert track.program == 73 and all(a.end <= b.onset for a, b in pairwise(track.notes))
    assert take.notices == ("The first 4 bars of each melody were blended: they have 10 and 4.",)


def test_a_blend_of_two_metres_says_what_was_done() -> None:
    (take,) = takes(pipeline.blend(SEED, WALTZ, pipeline.BlendRequest("vae", steps=3)))
    assert "different metres" in take.notices[-1]
    assert {(bar.numerator, bar.denominator) for bar in take.score.bars} == {(4, 4)}


def test_half_way_of_an_arc_lies_as_far_out_as_its_ends() -> None:
    import torch

    from studio.pipeline.blending import arc

    one, two = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 5.0]])
    assert torch.allclose(arc(one, two, 0.0), one, atol=1e-5) and torch.allclose(arc(one, two, 1.0), two, atol=1e-5)
    assert torch.allclose(arc(one, two, 0.5), torch.full((1, 2), 8**0.5), atol=1e-5)
    assert torch.allclose(arc(one, 2 * one, 0.5), 1.5 * one, atol=1e-5)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda: pipeline.vary(SEED, pipeline.VaryRequest("vae", amount=1.5)), SettingError, "amount must be from 0"),
        (lambda: pipeline.vary(SEED, pipeline.VaryRequest("vae", last_bar=11)), SettingError, "bars 1 to 10"),
        (lambda: pipeline.vary(SEED, pipeline.VaryRequest("lstm")), SettingError, "cannot vary; choose one of: vae"),
        (lambda: pipeline.vary(replace(SEED, score=Score(Q)), pipeline.VaryRequest("vae")), SeedError, "no notes"),
        (
            lambda: pipeline.resemble(SEED, OTHER, pipeline.ResembleRequest("vae", other_track=3)),
            SettingError,
            "track 4 was asked for",
        ),
        (lambda: pipeline.blend(SEED, OTHER, pipeline.BlendRequest("vae", steps=2)), SettingError, "steps must be"),
        (
            lambda: pipeline.blend(
                SEED, replace(OTHER, score=Score(Q, (line(60, 62),))), pipeline.BlendRequest("vae")
            ),
            SeedError,
            "at least 2 bars, but 'other' has 1",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_gets_a_sentence(ask: Any, error: type[StudioError], said: str) -> None:
    with pytest.raises(error, match=said):
        ask()
