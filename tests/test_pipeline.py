"""The verbs on real files and a tiny model: what comes back, to the tick, and what a user is told when nothing can."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import scores
from tiny import save_lstm

from studio import midi, pipeline
from studio.errors import CheckpointError, MidiError, SeedError, SettingError
from studio.pipeline import catalogue, passage, prompt
from studio.pipeline.instruments import NAMES
from studio.representations.events import Events
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

Q = 480
EVENTS = Events()
EXAMPLES = pipeline.examples()
each_example = pytest.mark.parametrize("path", [path for _, path in EXAMPLES], ids=lambda path: path.stem)


pytestmark = pytest.mark.usefixtures("tiny_checkpoints")


def line(*pitches: int, duration: int = Q, start: int = 0, **fields: object) -> Track:
    notes = tuple(Note(start + i * duration, p, duration, 80) for i, p in enumerate(pitches))
    return replace(Track(notes), **fields)  # type: ignore[arg-type]


def score(*tracks: Track, metres: tuple[tuple[int, int, int], ...] = ((0, 4, 4),), resolution: int = Q) -> Score:
    return Score(resolution, tracks, time_signatures=tuple(TimeSignature(*m) for m in metres))


TUNE = line(60, 62, 64, 65, 67, 65, 64, 62)
DRUMS = line(36, 38, 36, 38, is_drum=True)


def seed_of(music: Score) -> pipeline.Seed:
    """Through a real file, as a user's music comes."""
    return pipeline.read(midi.save(music), "test")


def continued(music: pipeline.Seed | Score, **asked: object) -> pipeline.Take:
    music = music if isinstance(music, pipeline.Seed) else pipeline.Seed(music)
    *_, take = pipeline.continue_(music, pipeline.Request(**{"model": "lstm", "bars": 4, **asked}))  # type: ignore[arg-type]
    assert isinstance(take, pipeline.Take)
    check(take)
    return take


def check(take: pipeline.Take) -> None:
    """What holds for every take."""
    bars = [bar for bar in up_to_its_end(take).bars if bar.start >= take.new_from]
    assert len(bars) == take.bars_new
    assert (bars[0].start, bars[-1].end) == (take.new_from, take.end)
    for i, track in enumerate(take.score.tracks):
        new = [note for note in track.notes if note.onset >= take.new_from]
        if i != take.melody_track:
            assert new == []
            continue
        assert len(new) == take.notes_new > 0
        assert all(note.end <= take.end for note in new)
        assert all(a.end <= b.onset for a, b in itertools.pairwise(new))
        assert any(note.onset < bars[0].end for note in new)
    json.dumps(take.recipe).encode("ascii")


def up_to_its_end(take: pipeline.Take) -> Score:
    """The score with a last note up to the take's end, so that its bars reach there."""
    last = Track((Note(take.end - 1, 60, 1, 1),))
    return replace(take.score, tracks=(*take.score.tracks, last))


def seed_notes(take: pipeline.Take) -> list[tuple[Note, ...]]:
    return [tuple(n for n in track.notes if n.onset < take.new_from) for track in take.score.tracks]


def notes_of(music: Score, resolution: int | None = None) -> list[tuple[Note, ...]]:
    return [track.notes for track in music.rescale(resolution or music.resolution).tracks]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_there_are_at_least_six_examples_with_titles() -> None:
    assert len(EXAMPLES) >= 6
    assert all(title and title != path.stem for title, path in EXAMPLES)
    assert [title for title, _ in EXAMPLES] == sorted(title for title, _ in EXAMPLES)


@pytest.mark.parametrize(
    ("file", "key", "qpm", "metre", "pickup", "bars", "tracks"),
    [
        ("ode-to-joy", "D major", 116, "4/4", False, 8, ["Violin"]),
        ("greensleeves", "A minor", 84, "6/8", True, 9, ["Flute"]),
        ("minuet-in-g", "G major", 112, "3/4", False, 8, ["Harpsichord", "Harpsichord"]),
        ("seven-steps", None, 132, "7/8", False, 8, ["Clarinet"]),
        ("evening-window", "F major", 84, "4/4", False, 8, ["Flute", "Acoustic Grand Piano"]),
    ],
)
def test_facts_of_the_examples(
    file: str, key: str | None, qpm: int, metre: str, pickup: bool, bars: int, tracks: list[str]
) -> None:
    seed = pipeline.read(next(path for _, path in EXAMPLES if path.stem == file))
    facts = seed.facts()
    assert seed.name == file
    assert key is None or facts.key == key
    assert facts.qpm == pytest.approx(qpm, abs=0.01)
    assert (facts.metre, facts.pickup, facts.bars, facts.metre_changes) == (metre, pickup, bars, ())
    assert [track.instrument for track in facts.tracks] == tracks
    assert facts.melody_track == 0
    assert facts.tracks[0].polyphony == 1.0


def test_facts_tell_changes_of_metre_and_tempo_by_bar() -> None:
    music = score(line(*[60] * 17), DRUMS, metres=((0, 4, 4), (8 * Q, 3, 4), (14 * Q, 4, 4)))
    music = replace(music, tempos=(Tempo(0, 500_000), Tempo(8 * Q, 250_000)))
    facts = seed_of(music).facts()
    assert facts.metre == "4/4"
    assert facts.metre_changes == ((3, "3/4"), (5, "4/4"))
    assert (facts.pickup, facts.bars) == (False, 5)
    assert facts.qpm_range == (120, 240)
    assert facts.tracks[1].instrument == "Drums"


def test_a_file_without_pitch_has_no_key_and_no_melody() -> None:
    facts = seed_of(score(DRUMS)).facts()
    assert (facts.key, facts.melody_track) == ("", None)


def test_what_is_no_midi_file_gets_the_reader_s_sentence(tmp_path: Path) -> None:
    with pytest.raises(MidiError):
        pipeline.read(b"hello")
    with pytest.raises(MidiError):
        pipeline.read(tmp_path / "missing.mid")


def test_general_midi_has_128_instruments() -> None:
    assert len(set(NAMES)) == 128
    assert [NAMES[i] for i in (0, 40, 56, 73, 127)] == ["Acoustic Grand Piano", "Violin", "Trumpet", "Flute", "Gunshot"]


# --- what comes back -------------------------------------------------------------------------------------------------


@each_example
@pytest.mark.parametrize("ending", [False, True])
def test_every_example_comes_back_to_the_tick_and_goes_on(path: Path, ending: bool) -> None:
    seed = pipeline.read(path)
    take = continued(seed, ending=ending)
    assert take.score.resolution == seed.score.resolution
    assert seed_notes(take) == notes_of(seed.score)
    assert [(t.program, t.name) for t in take.score.tracks] == [(t.program, t.name) for t in seed.score.tracks]
    assert take.score.tempos == seed.score.tempos
    assert take.score.time_signatures == seed.score.time_signatures
    assert take.score.key_signatures == seed.score.key_signatures
    assert take.score.title == seed.score.title


@pytest.mark.parametrize("resolution", [1, 96, 100, 384, 960, 1000, 15360, 31999])
def test_at_any_resolution_the_seed_comes_back_exactly(resolution: int) -> None:
    odd = Track(tuple(Note(i * resolution, 60 + i, max(1, resolution * 2 // 3), 80 + i) for i in range(8)))
    music = score(odd, resolution=resolution)
    take = continued(music)
    assert take.score.resolution % resolution == 0
    assert seed_notes(take) == notes_of(music, take.score.resolution)


def test_a_file_is_written_and_read_again_with_its_recipe(tmp_path: Path) -> None:
    seed = pipeline.read(EXAMPLES[0][1])
    take = continued(seed, bars=3, temperature=0.9, seed=7)
    pipeline.save(take, tmp_path / "take.mid")
    again = pipeline.read(tmp_path / "take.mid")
    assert notes_of(again.score) == notes_of(take.score)
    assert again.recipe == take.recipe
    assert again.recipe["verb"] == "continue"
    assert again.recipe["source"] == seed.sha256
    assert again.recipe["checkpoint"] == catalogue.find("lstm", "continue")[1].sha256
    assert (again.recipe["bars"], again.recipe["seed"], again.recipe["settings"]["temperature"]) == (3, 7, 0.9)
    assert seed.recipe is None


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "3", "null", '{"studio": 1}', "caf\u00e9"])
def test_texts_that_are_no_recipe_are_passed_over(text: str) -> None:
    data = midi.save(score(TUNE), texts=(text, '{"studio": "1", "verb": "continue"}'))
    assert pipeline.read(data).recipe == {"studio": "1", "verb": "continue"}
    assert pipeline.read(midi.save(score(TUNE), texts=(text,))).recipe is None


def test_the_chosen_bars_alone_come_back() -> None:
    melody, other = line(*range(60, 76)), line(*range(40, 56), program=33, name="Bass")
    take = continued(score(melody, other), first_bar=2, last_bar=3)
    expected = [tuple(Note(i * Q, p + i, Q, 80) for i in range(8)) for p in (64, 44)]
    assert seed_notes(take) == expected
    assert take.new_from == 8 * Q


def test_the_chosen_track_goes_on_with_its_instrument() -> None:
    take = continued(score(TUNE, line(48, 50, 52, 53, program=42, name="Cello")), melody_track=1)
    assert take.melody_track == 1
    assert take.score.tracks[1].program == 42
    assert max(note.end for note in take.score.tracks[0].notes) <= take.new_from


def test_empty_bars_at_the_end_of_the_choice_are_left_out() -> None:
    music = score(line(60, 62, 64, 65), line(40, start=20 * Q))
    take = continued(music, melody_track=0, last_bar=4)
    assert take.new_from == 4 * Q
    assert take.recipe["last_bar"] == 1
    assert any("empty bars" in notice for notice in take.notices)


def test_a_melody_that_rests_at_the_end_goes_on_after_the_other_tracks() -> None:
    take = continued(score(TUNE, line(*[40] * 16)), melody_track=0)
    assert take.new_from == 16 * Q


def test_new_bars_keep_the_last_tempo_and_the_key_signature() -> None:
    music = replace(
        score(TUNE),
        tempos=(Tempo(0, 500_000), Tempo(5 * Q, 400_123)),
        key_signatures=(KeySignature(0, -3, True),),
    )
    take = continued(music)
    assert take.score.tempos == music.tempos
    assert take.score.key_signatures == music.key_signatures
    assert take.score.tempo_at(take.new_from).mpq == 400_123


# --- metres ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metres", "quarters", "goes_on_in"),
    [
        (((0, 7, 8),), 7, (7, 8)),
        (((0, 5, 4),), 10, (5, 4)),
        (((0, 1, 8), (Q // 2, 6, 8)), 7, (6, 8)),  # a pickup with a metre of its own
        (((0, 6, 8), (Q // 2, 6, 8)), 7, (6, 8)),  # a pickup cut short by its own metre
        (((0, 4, 4), (4 * Q, 3, 4)), 7, (3, 4)),
        (((0, 3, 4), (3 * Q, 4, 4), (11 * Q, 6, 8)), 14, (6, 8)),
        (((0, 1, 4), (Q, 4, 4), (9 * Q, 3, 4)), 12, (4, 4)),  # the closing bar gives the pickup back
        (((0, 4, 4), (8 * Q, 3, 4)), 11, (3, 4)),  # without a pickup it is a change of metre
        (((0, 12, 4),), 12, (12, 4)),  # two bars on the models' grid
        (((0, 3, 16),), 3, (3, 16)),
        (((0, 3, 32),), 3, (3, 32)),
    ],
)
def test_new_bars_go_on_in_the_metre_of_the_last(
    metres: tuple[tuple[int, int, int], ...], quarters: int, goes_on_in: tuple[int, int]
) -> None:
    music = score(line(*[60, 62, 64, 65] * (quarters // 2), duration=Q // 2), metres=metres)
    music = music.slice_ticks(0, quarters * Q)
    for bars in (1, 3, 6):
        for ending in (False, True):
            take = continued(seed_of(music), bars=bars, ending=ending)
            metre = take.score.time_signature_at(take.new_from)
            assert (metre.numerator, metre.denominator) == goes_on_in
            assert seed_notes(take) == notes_of(music)


def test_after_a_pickup_alone_the_music_s_own_metre_follows() -> None:
    music = score(line(*[60] * 13, duration=Q // 2), metres=((0, 1, 8), (Q // 2, 6, 8)))
    take = continued(music, last_bar=1)
    assert take.new_from == Q // 2
    assert take.end - take.new_from == 4 * 3 * Q


def test_a_metre_without_a_word_is_a_sentence() -> None:
    with pytest.raises(SeedError, match="5/64"):
        continued(score(line(*[60] * 20, duration=Q // 16), metres=((0, 5, 64),)))


# --- seeds that are no plain melody ----------------------------------------------------------------------------------


def test_chords_are_followed_by_their_highest_notes_and_come_back_whole() -> None:
    chords = Track(tuple(Note(i * Q, p + i, Q, 80) for i in range(8) for p in (48, 55, 64)))
    take = continued(score(chords))
    assert seed_notes(take) == [chords.notes]
    assert any("8 of 24" in notice for notice in take.notices)
    assert not continued(score(TUNE)).notices


def test_three_notes_are_enough() -> None:
    take = continued(score(line(60, 64, 67)), bars=8)
    assert take.new_from == 4 * Q


def test_of_a_long_seed_the_model_sees_the_last_bars_and_all_come_back() -> None:
    music = score(line(*[60, 62, 64, 65, 67, 65, 64, 62] * 150))
    take = continued(music)
    assert seed_notes(take) == notes_of(music)
    assert any("last 32 bars" in notice for notice in take.notices)


def test_a_bass_stays_low_and_a_piccolo_high() -> None:
    low = continued(score(line(28, 31, 33, 28, program=33)), bars=8)
    assert max(n.pitch for n in low.score.tracks[0].notes) <= 33 + 12
    high = continued(score(line(100, 103, 105, 108, program=72)), bars=8)
    assert min(n.pitch for n in high.score.tracks[0].notes) >= 100 - 12


@pytest.mark.parametrize(
    ("music", "asked", "error", "says"),
    [
        (score(DRUMS), {}, SeedError, "drums"),
        (score(), {}, SeedError, "no notes"),
        (score(TUNE, DRUMS), {"melody_track": 1}, SeedError, "drum track"),
        (score(TUNE, Track()), {"melody_track": 1}, SeedError, "no notes"),
        (score(TUNE, line(40, start=20 * Q, name="Bass")), {"melody_track": 1, "last_bar": 2}, SeedError, "Bass"),
        (score(TUNE), {"melody_track": 3}, SettingError, "track 4"),
        (score(TUNE), {"melody_track": -1}, SettingError, "tracks 1 to 1"),
        (score(TUNE), {"first_bar": 3}, SettingError, "bars 1 to 2"),
        (score(TUNE), {"last_bar": 9}, SettingError, "bars 1 to 9"),
        (score(TUNE), {"first_bar": 0}, SettingError, "bars 0 to 2"),
        (score(TUNE), {"first_bar": 2, "last_bar": 1}, SettingError, "bars 2 to 1"),
        (score(TUNE), {"bars": 0}, SettingError, "1 to 128"),
        (score(TUNE), {"bars": 10_000}, SettingError, "10000"),
        (score(TUNE), {"bars": 2.5}, SettingError, "2.5"),
        (score(TUNE), {"seed": -1}, SettingError, "seed"),
        (score(TUNE), {"temperature": 2.1}, SettingError, "from 0 to 2"),
        (score(TUNE), {"temperature": -0.1}, SettingError, "-0.1"),
        (score(TUNE), {"temperature": float("nan")}, SettingError, "nan"),
        (score(TUNE), {"temperature": "hot"}, SettingError, "hot"),
        (score(TUNE), {"top_k": 1.5}, SettingError, "top_k"),
        (score(TUNE), {"top_p": 0.0}, SettingError, "top_p"),
        (score(TUNE), {"style": "polka"}, SettingError, "folk"),
        (score(TUNE), {"ending": 3}, SettingError, "ending"),
        (score(TUNE), {"model": "nonsense"}, SettingError, "choose one of: lstm"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_at_once(
    music: Score, asked: dict[str, object], error: type[Exception], says: str
) -> None:
    request = pipeline.Request(**{"model": "lstm", **asked})  # type: ignore[arg-type]
    with pytest.raises(error, match=says):
        pipeline.continue_(pipeline.Seed(music), request)


@pytest.mark.parametrize("temperature", [0, 2.0])
def test_the_ends_of_the_temperature_s_range_work(temperature: float) -> None:
    continued(score(TUNE), temperature=temperature, style="folk", top_k=5, top_p=0.9, min_p=0.1, repetition=0)


@settings(max_examples=60)
@given(scores(), st.integers(1, 3), st.booleans())
def test_any_score_goes_on_or_gets_a_sentence(music: Score, bars: int, ending: bool) -> None:
    try:
        take = continued(music, bars=bars, ending=ending)
    except (SeedError, SettingError):
        return
    whole = music.rescale(take.score.resolution)
    assert [len(notes) for notes in seed_notes(take)] == [len(track.notes) for track in whole.tracks]


# --- determinism, progress, company ----------------------------------------------------------------------------------


def test_the_same_request_gives_the_same_notes_and_another_seed_others() -> None:
    seed = pipeline.read(EXAMPLES[0][1])
    first, same, other = (continued(seed, seed=n).score for n in (1, 1, 2))
    assert first == same
    assert first != other


def test_progress_counts_the_bars_and_shows_what_is_there() -> None:
    run = pipeline.continue_(pipeline.Seed(score(TUNE)), pipeline.Request("lstm", bars=5))
    *steps, take = run
    assert isinstance(take, pipeline.Take)
    assert [step.bars_done for step in steps] == [1, 2, 3, 4, 5]
    for step in steps:
        assert step.bars_total == 5
        check(step.take)
        new = step.take.score.tracks[0].notes
        # A note may ring on into bars that are not there yet; the rest stays.
        assert [n[:2] for n in new] == [n[:2] for n in take.score.tracks[0].notes][: len(new)]
    assert replace(steps[-1].take, seconds=0) == replace(take, seconds=0)


def test_closing_stops_the_work() -> None:
    run = pipeline.continue_(pipeline.Seed(score(TUNE)), pipeline.Request("lstm", bars=100))
    next(run)
    run.close()
    assert list(run) == []


def test_visitors_at_once_do_not_disturb_each_other() -> None:
    seeds = [pipeline.read(path) for _, path in EXAMPLES[:4]]
    alone = [continued(seed, seed=n).score for n, seed in enumerate(seeds)]
    runs = [pipeline.continue_(seed, pipeline.Request("lstm", n, bars=4)) for n, seed in enumerate(seeds)]
    *_, in_turns = zip(*runs, strict=True)
    assert [take.score for take in in_turns] == alone

    together: dict[int, Score] = {}

    def visit(n: int) -> None:
        together[n] = continued(seeds[n], seed=n).score

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[n] for n in range(4)] == alone


def test_a_model_is_loaded_once_and_anew_when_it_was_trained_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_lstm(tmp_path / "fresh", seed=1)
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    model, _ = catalogue.load(catalogue.find("fresh", "continue")[1])
    assert catalogue.load(catalogue.find("fresh", "continue")[1])[0] is model
    save_lstm(tmp_path / "fresh", seed=2)
    assert catalogue.load(catalogue.find("fresh", "continue")[1])[0] is not model


def test_a_damaged_checkpoint_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_lstm(tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"nothing")
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path)
    with pytest.raises(CheckpointError, match="broken"):
        continued(score(TUNE), model="broken")


def test_without_any_model_a_request_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "CHECKPOINTS", tmp_path / "missing")
    assert pipeline.models() == []
    with pytest.raises(SettingError, match="train one"):
        continued(score(TUNE))


def test_models_tell_their_controls_and_figures() -> None:
    other, *_, model = pipeline.models()  # what can do most comes first
    assert (other.name, other.title) == ("transformer", "Tiny too")
    assert set(other.verbs) == {"continue", "infill", "accompany", "restyle"}
    assert (model.name, model.title) == ("lstm", "Tiny")
    assert model.figures["test_nats_per_note"] == 9.5
    assert model.verbs == ("continue",)
    names = {control.name for control in model.controls_of("continue")}
    assert {"temperature", "top_k", "top_p", "min_p", "repetition", "style", "ending"} <= names
    assert names <= set(pipeline.Request.__dataclass_fields__)


# --- what the model is shown -----------------------------------------------------------------------------------------


def prompt_for(music: Score, bars: int = 4, ending: bool = False) -> tuple[prompt.Prompt, list[str]]:
    chosen = passage.choose(music, None, 1, None)
    asked = prompt.write(EVENTS, chosen, bars, {"ending": ending}, many=False, context=2048)
    return asked, [EVENTS.vocab[i] for i in asked.ids]


@each_example
def test_the_prompt_holds_the_melody_and_opens_the_next_bar(path: Path) -> None:
    music = pipeline.read(path).score
    asked, words = prompt_for(music)
    on_grid = EVENTS.quantize(replace(music, tracks=(replace(music.tracks[0], role="melody"),)))
    assert EVENTS.decode(asked.ids).tracks[0].notes == on_grid.tracks[0].notes
    assert words[-1] == "BAR"
    assert words.count("BAR") == music.bar_count + 1
    assert asked.start == EVENTS.quantize(music).bars[-1].end


def test_the_prompt_names_the_key_and_the_role_and_always_one_instrument() -> None:
    _, words = prompt_for(score(replace(TUNE, program=73)))
    header = words[: words.index("START")]
    assert {"KEY_0_major", "METRE_4/4", "TEMPO_120", "ROLE_melody", "PROGRAM_0"} <= set(header)


def test_a_long_prompt_is_a_window_with_the_metre_and_tempo_in_force() -> None:
    music = score(line(*[60, 62, 64] * 100), metres=((0, 4, 4), (8 * Q, 3, 4)))
    _, words = prompt_for(music)
    assert words.count("BAR") == 33
    assert words.index("METRE_3/4") < words.index("START")


def test_an_ending_is_announced_from_the_fourth_bar_before_it_on() -> None:
    assert prompt_for(score(TUNE), 3, ending=True)[1][-2:] == ["BAR", "LEFT_3"]
    assert prompt_for(score(TUNE), 5, ending=True)[1][-1] == "BAR"
    assert prompt_for(score(TUNE), 3, ending=False)[1][-1] == "BAR"


def test_a_note_rounded_onto_the_closing_bar_line_begins_no_further_bar() -> None:
    late = Track((*TUNE.notes[:-1], Note(8 * Q - 2, 72, 2, 80)))
    asked, words = prompt_for(score(late))
    assert words.count("BAR") == 3
    assert asked.start == 8 * 24
    ringing = Track((*TUNE.notes[:-1], Note(8 * Q - 469, 72, 469, 80)))
    assert prompt_for(score(ringing))[1].count("BAR") == 3


def test_silence_in_the_melody_is_shortened_for_the_model() -> None:
    music = score(Track((*line(60, 62, start=12 * Q).notes, *line(64, 65, start=40 * Q).notes)), line(*[40] * 60))
    _, words = prompt_for(music)
    assert words.count("BAR") == 4  # two with notes, one empty between them, and the new one


# --- hearing and saving ----------------------------------------------------------------------------------------------


def test_seconds_follow_the_tempo_map() -> None:
    music = replace(score(TUNE), tempos=(Tempo(0, 500_000), Tempo(2 * Q, 1_000_000)))
    assert music.seconds_at(0) == 0
    assert music.seconds_at(Q) == 0.5
    assert music.seconds_at(4 * Q) == 3.0


@pytest.mark.skipif(pipeline.sound_problem() is not None, reason=str(pipeline.sound_problem()))
def test_a_take_can_be_heard(tmp_path: Path) -> None:
    import soundfile

    take = continued(score(TUNE), bars=1)
    pipeline.save(take, tmp_path / "take.wav")
    samples, rate = soundfile.read(tmp_path / "take.wav")
    assert rate == 44100
    assert samples.shape[1] == 2
    assert len(samples) / rate >= take.score.seconds_at(take.score.end)
    assert 0.05 < abs(samples).max() <= 1
    assert next(iter(pipeline.render_stream(take.score, block_s=0.25))).shape[1] == 2


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_take_can_be_seen(tmp_path: Path, suffix: str) -> None:
    take = continued(score(TUNE), bars=1)
    pipeline.save(take, tmp_path / f"take.{suffix}")
    start = (tmp_path / f"take.{suffix}").read_bytes()[:500]
    assert b"PNG" in start or b"<svg" in start or b"<?xml" in start
