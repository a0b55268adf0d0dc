"""The key, the tempo and the metre that new bars are asked for: exact in the result, whatever the seed is like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scores import melody
from tiny import save_gan

from studio import midi, pipeline
from studio.errors import SettingError
from studio.metrics import pitch_class_histogram
from studio.pipeline import aims, catalogue, passage, prompt
from studio.representations.events import Events
from studio.score import Note, Score, Tempo, TimeSignature, Track

SHIPPED = catalogue.CHECKPOINTS
MODELS = ("lstm", "transformer", "vae", "gan")
# The notes of a key; of a minor one with the leading note.
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10, 11)


@pytest.fixture(autouse=True)
def _with_a_gan(tiny_checkpoints: Path) -> None:
    if not (tiny_checkpoints / "gan").exists():
        save_gan(tiny_checkpoints / "gan")


def tune(tempos: tuple[Tempo, ...] = (Tempo(0, 600_000),), metre: tuple[int, int] = (4, 4)) -> pipeline.Seed:
    """Eight quarters in C major, read from a file."""
    notes = tuple(Note(i * 480, pitch, 480, 80) for i, pitch in enumerate((60, 62, 64, 65, 67, 65, 64, 60)))
    return pipeline.read(midi.save(Score(480, (Track(notes),), tempos, (TimeSignature(0, *metre),))), "tune")


def continued(seed: pipeline.Seed, model: str, bars: int = 4, **asked: Any) -> pipeline.Take:
    *_, take = pipeline.continue_(seed, pipeline.Request(model, bars=bars, **asked))
    assert isinstance(take, pipeline.Take)
    return take


def new_music(take: pipeline.Take) -> Score:
    tracks = zip(take.score.tracks, take.new, strict=True)
    return Score(take.score.resolution, tuple(Track(tuple(sorted(new)), t.program, t.is_drum) for t, new in tracks))


def through_a_file(take: pipeline.Take) -> Score:
    folder = catalogue.CHECKPOINTS.parent
    pipeline.save(take, folder / "take.mid")
    return midi.load(folder / "take.mid").score


# --- metre and tempo --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("metre", aims.METRES)
def test_new_bars_are_exactly_in_the_metre_that_is_asked_for(model: str, metre: str) -> None:
    seed = tune()
    take = continued(seed, model, metre=metre)
    beats, kind = map(int, metre.split("/"))
    length = take.score.bar_length(beats, kind)
    assert take.end - take.new_from == 4 * length
    for number in range(4):
        assert take.score.time_signature_at(take.new_from + number * length)[1:] == (beats, kind)
    new = new_music(take)
    assert all(take.new_from <= note.onset < note.end <= take.end for track in new.tracks for note in track.notes)
    # The seed's own bars stay in theirs.
    assert take.score.time_signature_at(take.new_from - 1)[1:] == (4, 4)
    assert take.score.tracks[0].notes[:8] == seed.score.rescale(take.score.resolution).tracks[0].notes
    assert through_a_file(take).time_signatures == take.score.time_signatures


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("qpm", [20, 97, 133.5, 320])
def test_new_bars_have_exactly_the_tempo_that_is_asked_for(model: str, qpm: float) -> None:
    take = continued(tune((Tempo(0, 600_000), Tempo(960, 400_000))), model, tempo=qpm)
    score = through_a_file(take)
    start = take.new_from * score.resolution // take.score.resolution
    # MIDI counts microseconds a quarter.
    assert score.tempo_at(start).mpq == round(60_000_000 / qpm)
    assert [tempo for tempo in score.tempos if tempo.onset > start] == []
    assert (score.tempo_at(0).mpq, score.tempo_at(start - 1).mpq) == (600_000, 400_000)


def test_metre_and_tempo_go_on_in_what_follows() -> None:
    once = continued(tune(), "lstm", metre="6/8", tempo=90.0)
    twice = continued(pipeline.Seed(once.score), "lstm")
    assert twice.score.time_signature_at(twice.new_from)[1:] == (6, 8)
    assert twice.score.tempo_at(twice.new_from).mpq == round(60_000_000 / 90)
    assert twice.end - twice.new_from == 4 * twice.score.bar_length(6, 8)


def test_the_model_is_told_the_metre_and_the_tempo() -> None:
    events = Events()
    asked = {"key": None, "metre": "3/4", "tempo": 240.0, "ending": False}
    chosen = aims.onward(passage.choose(tune().score, None, 1, None), asked)
    written = prompt.write(events, chosen, 2, asked, many=False, context=512)
    said = [events.vocab[token] for token in written.opening]
    assert said == ["BAR", "METRE_3/4", "TEMPO_240"]


@pytest.mark.parametrize("verb", ["accompany", "restyle"])
def test_an_accompaniment_can_go_at_another_tempo(verb: str) -> None:
    seed = tune((Tempo(0, 600_000), Tempo(960, 400_000)))
    request = pipeline.AccompanyRequest("transformer", style="pop", tempo=77.0)
    *_, take = getattr(pipeline, verb)(seed, request)
    assert take.score.tempos == (Tempo(0, round(60_000_000 / 77)),)
    assert take.score.tracks[0].notes == seed.score.tracks[0].notes
    *_, plain = getattr(pipeline, verb)(seed, pipeline.AccompanyRequest("transformer", style="pop"))
    assert plain.score.tempos == seed.score.tempos


# --- key --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "semitones"),
    [("C major", 0), ("D major", 2), ("F# major", 6), ("G major", -5), ("A minor", 0), ("C minor", 3)],
)
def test_the_model_is_shown_the_seed_in_the_key_that_is_asked_for(key: str, semitones: int) -> None:
    chosen = passage.choose(tune().score, None, 1, None)
    asked = {"key": key, "ending": False}
    moved = aims.moved(chosen, asked)
    assert [b.pitch - a.pitch for a, b in zip(chosen.line.notes, moved.line.notes, strict=True)] == [semitones] * 8
    events = Events()
    written = prompt.write(events, moved, 2, asked, many=False, context=512)
    tonic, minor = aims.key(asked) or (0, False)
    assert events.vocabulary.ids[f"KEY_{tonic}_{'minor' if minor else 'major'}"] in written.opened


def test_without_a_key_the_music_is_shown_as_it_is_and_drums_always_are() -> None:
    music = melody([60, 64, 67, 72])
    kit = Track((Note(0, 36, 24, 90),), is_drum=True)
    chosen = passage.choose(Score(24, (*music.tracks, kit)), None, 1, None)
    assert aims.moved(chosen, {"key": None}) is chosen
    moved = aims.moved(chosen, {"key": "D major"})
    assert moved.score.tracks[1] == kit and moved.score.tracks[0] != chosen.score.tracks[0]


def test_pitches_stay_within_midi() -> None:
    chosen = passage.choose(melody([127, 124, 120, 0, 4, 7]), None, 1, None)
    for name in aims.KEY.choices:
        moved = aims.moved(chosen, {"key": name})
        assert all(0 <= note.pitch <= 127 for note in moved.line.notes)


def test_music_that_went_elsewhere_is_moved_from_where_it_is() -> None:
    scale = [0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0, 7, 4, 2, 11, 12]
    home, away = [60 + p for p in scale * 4], [62 + p for p in scale * 2]
    chosen = passage.choose(melody(home + away), None, 1, None)
    assert aims.moved(chosen, {"key": "D major"}).line.notes == chosen.line.notes


@pytest.mark.parametrize(
    "asked", [{"key": "H major"}, {"metre": "4/5"}, {"tempo": 19.0}, {"tempo": 321.0}, {"tempo": float("nan")}]
)
def test_what_there_is_not_is_one_sentence(asked: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=next(iter(asked))):
        pipeline.continue_(tune(), pipeline.Request("lstm", **asked))


@pytest.mark.skipif(not (SHIPPED / "lstm" / "card.json").exists(), reason="no checkpoints are shipped here")
@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_shipped_models_write_the_notes_of_the_key(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    """Of keys whose notes are far from the seed's, so that going on as before would not do."""
    monkeypatch.setattr(catalogue, "CHECKPOINTS", SHIPPED)
    seed = pipeline.read(next(path for _, path in pipeline.examples() if path.stem == "ode-to-joy"))
    for key, scale, tonic in (("Ab major", MAJOR, 8), ("C minor", MINOR, 0)):
        within = {}
        for asked in (None, key):
            share = pitch_class_histogram(new_music(continued(seed, model, bars=6, key=asked)))
            within[asked] = sum(share[(tonic + step) % 12] for step in scale)
        assert within[key] > 0.8 and within[key] > within[None] + 0.1
