"""What pages hear: music streamed while it is written is bit for bit the finished one; keys, bounds, plain refusals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from listening import served, until
from scores import melody
from tiny import save_gan

from studio import audio, midi, pipeline
from studio.errors import SettingError
from studio.pipeline import sounding
from studio.pipeline.takes import Heard
from studio.score import Note, Score, Tempo, Track
from studio.ui import sounds
from studio.ui.sounds import Sounds

pytestmark = pytest.mark.skipif(audio.available() is not None, reason=str(audio.available()))

TUNE = melody([60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60, 62], 24)
BAND = Score(
    480,
    (
        Track(tuple(Note(240 * i, 60 + i % 12, 700, 80) for i in range(32)), 0, name="Lead", role="melody"),
        Track(tuple(Note(960 * i, 40 + i % 5, 960, 70) for i in range(8)), 33),
        Track(tuple(Note(480 * i, 36, 100, 90) for i in range(16)), 0, is_drum=True),
    ),
    (Tempo(0, 500_000), Tempo(3000, 333_333)),
)


def one() -> float:
    return 1.0


def all_of(listener: pipeline.Listener) -> bytes:
    blocks = []
    with closing(listener):
        while block := listener.read():
            blocks.append(block)
    return b"".join(blocks)


def finished(score: Score, from_s: float = 0.0, tracks: frozenset[int] | None = None, **mix: Any) -> bytes:
    music = pipeline.Sounding(pipeline.Mix(**mix), one)
    music.finish(score)
    return all_of(pipeline.Listener(music, from_s, tracks))


def samples(data: bytes) -> np.ndarray[Any, Any]:
    return np.frombuffer(data, "<i2").reshape(-1, 2) / 32767


# --- one listener -----------------------------------------------------------------------------------------------------


def test_a_finished_score_sounds_as_it_is_rendered() -> None:
    whole = np.concatenate(list(audio.stream(BAND)))
    heard = samples(finished(BAND))
    assert len(heard) == len(whole)
    assert np.abs(heard - whole).max() <= 0.6 / 32767


@pytest.mark.parametrize("from_s", [0.0, 1.3, 3.9])
def test_music_that_grows_is_bit_for_bit_the_finished_music(from_s: float) -> None:
    music = pipeline.Sounding(pipeline.Mix(), one)
    listener, blocks = pipeline.Listener(music, from_s), []
    assert listener.read() == b""
    for tick in range(500, BAND.end, 777):
        # Whatever begins later is not what it will be.
        wrong = tuple(replace(t, notes=tuple(n for n in t.notes if n.onset < tick)) for t in BAND.tracks)
        music.put(Heard(replace(BAND, tracks=wrong), 0, tick))
        while block := listener.read():
            blocks.append(block)
        assert block == b""
    music.finish(BAND)
    blocks.append(all_of(listener))
    assert b"".join(blocks) == finished(BAND, from_s)


def test_what_is_put_is_heard_up_to_there_and_no_further() -> None:
    music = pipeline.Sounding(pipeline.Mix(), one)
    music.put(Heard(BAND, 0, 1920))
    with closing(pipeline.Listener(music)) as listener:
        heard = b""
        while block := listener.read():
            heard += block
    assert 2.0 - 0.05 <= len(heard) / 4 / 44100 <= 2.0


def test_music_that_is_closed_rings_out_and_is_over() -> None:
    with pipeline.Sounding(pipeline.Mix(), one) as music:
        music.put(Heard(BAND, 0, 1920))
    heard = samples(all_of(pipeline.Listener(music)))
    assert 2.2 < len(heard) / 44100 < 2 + audio.TAIL_S
    cut = BAND.slice_ticks(0, 1920)
    start = samples(finished(replace(cut, tempos=BAND.tempos)))
    assert np.array_equal(heard[: 44100 * 19 // 10], start[: 44100 * 19 // 10])


def test_notes_that_sound_already_are_heard_with_what_is_left_of_them() -> None:
    long = Score(480, (Track((Note(0, 60, 3840, 100),), 16),))
    heard = samples(finished(long, 2.0))
    assert float(np.abs(heard[4410:44100]).max()) > 0.05
    assert 2.0 < len(heard) / 44100 < 2.0 + audio.TAIL_S + 0.1
    assert len(samples(finished(long, 60.0))) / 44100 <= audio.TAIL_S


def test_only_the_tracks_that_are_asked_for_are_heard_and_the_music_keeps_its_length() -> None:
    alone = replace(BAND, tracks=(replace(BAND.tracks[0], notes=()), *BAND.tracks[1:2]))
    heard, expected = samples(finished(BAND, 0, frozenset((1,)))), samples(finished(alone))
    assert np.array_equal(heard[:44100], expected[:44100])
    end_s = BAND.seconds_at(BAND.end)
    assert len(samples(finished(BAND, 0, frozenset()))) / 44100 >= end_s - 0.01


def test_a_second_is_found_to_the_frame() -> None:
    wood = Score(24, (Track((Note(24, 76, 12, 127),), 115),))
    first = [int(np.argmax(np.abs(samples(finished(wood, s))).max(axis=1) > 1e-3)) for s in (0.0, 0.2, 0.3333)]
    assert first[0] - first[1] == pytest.approx(0.2 * 44100, abs=66)
    assert first[0] - first[2] == pytest.approx(0.3333 * 44100, abs=66)


# --- every verb -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkpoints(tiny_checkpoints: Path) -> Path:
    save_gan(tiny_checkpoints / "gan")
    return tiny_checkpoints


def seed_of(score: Score, folder: Path, name: str) -> pipeline.Seed:
    path = folder / f"{name}.mid"
    midi.save(score, path)
    return pipeline.read(path)


VERBS: dict[str, Callable[[Any, Any], pipeline.Run]] = {
    "continue lstm": lambda s, _: pipeline.continue_(s, pipeline.Request("lstm", bars=4, seed=3, takes=2)),
    "continue all tracks": lambda s, _: pipeline.continue_(s, pipeline.Request("transformer", bars=4, seed=3)),
    "continue vae": lambda s, _: pipeline.continue_(s, pipeline.Request("vae", bars=4, seed=3)),
    "continue gan": lambda s, _: pipeline.continue_(s, pipeline.Request("gan", bars=8, seed=3)),
    "infill": lambda s, _: pipeline.infill(
        s, pipeline.InfillRequest("transformer", first_bar=2, last_bar=3, seed=3, takes=2)
    ),
    "accompany": lambda s, _: pipeline.accompany(s, pipeline.AccompanyRequest("transformer", seed=3)),
    "restyle": lambda s, _: pipeline.restyle(s, pipeline.AccompanyRequest("transformer", style="chorale", seed=3)),
    "vary": lambda s, _: pipeline.vary(s, pipeline.VaryRequest("vae", amount=0.8, seed=3)),
    "resemble": lambda s, o: pipeline.resemble(s, o, pipeline.ResembleRequest("vae", seed=3)),
    "blend": lambda s, o: pipeline.blend(s, o, pipeline.BlendRequest("vae", steps=4, seed=3)),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_streamed_while_a_verb_writes_is_the_finished_take_bit_for_bit(
    verb: str, checkpoints: Path, tmp_path: Path
) -> None:
    seed, other = seed_of(BAND, tmp_path, "band"), seed_of(TUNE, tmp_path, "tune")
    music, take = pipeline.Sounding(pipeline.Mix(), one), None
    listener, blocks, grew = pipeline.Listener(music, 0.5), [], []
    for step in VERBS[verb](seed, other):
        if isinstance(step, pipeline.Progress):
            music.put(step.heard)
            grew.append(step.heard)
        elif take is None:
            take = step
            music.finish(step.score)
        while block := listener.read():
            blocks.append(block)
    assert take is not None and grew
    blocks.append(all_of(listener))
    for heard in grew:
        for before, after in zip(heard.score.tracks, take.score.tracks, strict=False):
            assert [n for n in before.notes if n.onset < heard.until] == [
                n for n in after.notes if n.onset < heard.until
            ]
    assert [heard.until for heard in grew] == sorted(heard.until for heard in grew)
    assert b"".join(blocks) == finished(take.score, 0.5)


def test_a_note_that_rings_over_the_bar_line_is_not_cut_where_the_next_bar_is_to_come(
    checkpoints: Path, tmp_path: Path
) -> None:
    """With many long notes: the ones that begin in a finished bar have their length at once."""
    seed = seed_of(TUNE, tmp_path, "tune")
    request = pipeline.Request("transformer", bars=6, seed=1)
    over = 0
    for step in pipeline.continue_(seed, request):
        if isinstance(step, pipeline.Progress):
            notes = step.heard.score.tracks[0].notes
            over += any(n.onset < step.heard.until < n.end for n in notes)
            assert all(n.end <= step.take.end for n in step.take.score.tracks[0].notes)
    assert over


# --- the mix ----------------------------------------------------------------------------------------------------------


def test_a_mix_changes_what_it_says_and_nothing_as_it_is_at_first(tmp_path: Path) -> None:
    plain = pipeline.render(BAND)
    assert np.array_equal(plain, pipeline.render(BAND, pipeline.Mix()))
    quiet = pipeline.render(BAND, pipeline.Mix(gain_db=-6.0))
    assert np.abs(quiet).max() == pytest.approx(np.abs(plain).max() * 10 ** (-6 / 20), rel=1e-5)
    assert np.abs(pipeline.render(BAND, pipeline.Mix(gain_db=12.0))).max() <= 1
    organ = replace(BAND, tracks=(replace(BAND.tracks[0], program=16), *BAND.tracks[1:]))
    # A drum track stays one.
    assert np.array_equal(pipeline.render(BAND, pipeline.Mix(programs={0: 16, 2: 40})), pipeline.render(organ))
    assert finished(BAND, programs={0: 16}) == finished(organ)


def test_reverb_rings_longer_and_none_not_at_all() -> None:
    short = Score(480, (Track((Note(0, 76, 60, 120),), 115),))
    dry, usual, hall = (pipeline.render(short, pipeline.Mix(reverb=share)) for share in (0.0, 0.5, 1.0))
    assert len(dry) < len(usual) <= len(hall)
    late = slice(22050, 33075)
    assert np.abs(dry[late]).max(initial=0) < np.abs(usual[late]).max() < np.abs(hall[late]).max()


def test_stems_add_up_to_the_whole() -> None:
    whole, stems = pipeline.render(BAND), list(pipeline.render_stems(BAND))
    assert len(stems) == 3 and all(stem.shape == whole.shape for stem in stems)
    end = round(BAND.seconds_at(BAND.end) * 44100)
    # Where keys are struck anew together FluidSynth differs for a millisecond.
    assert np.std(sum(stems)[:end] - whole[:end]) < 0.03 * np.std(whole[:end])
    assert all(np.abs(stem).max() > 0.02 for stem in stems)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"gain_db": 13.0}, "-12 to 12"),
        ({"gain_db": float("nan")}, "-12 to 12"),
        ({"reverb": -0.1}, "0 to 1"),
        ({"programs": {0: 128}}, "0 to 127"),
        ({"soundfont": "../../etc/passwd"}, "no SoundFont"),
    ],
)
def test_a_mix_that_cannot_be_says_so(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        pipeline.Mix(**wrong)


def test_a_stream_is_about_as_loud_as_the_finished_file() -> None:
    gain = pipeline.loudness_gain(BAND, pipeline.Mix())
    heard = np.concatenate(list(audio.stream(BAND, gain=gain)))
    assert audio.loudness(heard) == pytest.approx(audio.loudness(pipeline.render(BAND)), abs=1.5)


# --- the server -------------------------------------------------------------------------------------------------------


@pytest.fixture
def music() -> Sounds:
    return Sounds()


@pytest.fixture
def address(music: Sounds) -> Iterator[str]:
    """A server that sends `music`; yields its address."""
    with served(music) as found:
        yield found


def test_offered_music_is_sent_as_16_bit_sound(music: Sounds, address: str) -> None:
    key = music.offer(BAND)
    answer = httpx.get(f"{address}/sound/{key}", params={"from": 1.0, "tracks": "0,1"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("audio/L16")
    heard = samples(answer.content)
    assert BAND.seconds_at(BAND.end) - 1 < len(heard) / 44100 < BAND.seconds_at(BAND.end) - 1 + audio.TAIL_S
    assert 0.05 < np.abs(heard).max() <= 1


def test_music_that_grows_is_sent_as_it_grows(music: Sounds, address: str) -> None:
    got: list[bytes] = []
    with music.growing(BAND) as growing, httpx.stream("GET", f"{address}/sound/{growing.key}", timeout=30) as answer:
        assert answer.status_code == 200
        reader = threading.Thread(target=lambda: got.extend(answer.iter_bytes()))
        reader.start()
        growing.put(Heard(BAND, 0, 960))
        until(lambda: sum(map(len, got)) > 4 * 44100 * 0.9)
        assert sum(map(len, got)) <= 4 * 44100 * 1.0
        growing.finish(BAND)
        reader.join()
    assert b"".join(got) == httpx.get(f"{address}/sound/{growing.key}").content


def test_who_goes_away_is_no_longer_rendered_for(music: Sounds, address: str) -> None:
    with music.growing(BAND) as growing:
        growing.put(Heard(BAND, 0, 960))
        with httpx.stream("GET", f"{address}/sound/{growing.key}") as answer:
            next(answer.iter_bytes())
            assert music._streams == 1
        until(lambda: music._streams == 0)


def test_a_stream_is_no_further_ahead_than_it_may_be(
    music: Sounds, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sounds, "LEAD_S", 1.0)
    long = Score(480, (Track(tuple(Note(480 * i, 60, 480, 80) for i in range(200)), 0),))
    began = time.monotonic()
    with httpx.stream("GET", f"{address}/sound/{music.offer(long)}") as answer:
        blocks = answer.iter_bytes()
        got = 0
        while got < 4 * 44100 * 2:
            got += len(next(blocks))
    assert time.monotonic() - began > 0.8


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=-1", "'from' is a number"),
        ("from=nan", "'from' is a number"),
        ("from=1e9", "'from' is a number"),
        ("from=now", "'from' is a number"),
        ("tracks=a", "'tracks' are numbers"),
        ("tracks=-1", "'tracks' are numbers"),
        ("tracks=0;1", "'tracks' are numbers"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(music: Sounds, address: str, query: str, told: str) -> None:
    answer = httpx.get(f"{address}/sound/{music.offer(BAND)}?{query}")
    assert answer.status_code == 400 and told in answer.text
    assert music._streams == 0


def test_an_unknown_key_is_not_found_and_a_dropped_one_neither(music: Sounds, address: str) -> None:
    assert httpx.get(f"{address}/sound/nobody-knows").status_code == 404
    assert httpx.get(f"{address}/sound/..%2F..%2Fetc%2Fpasswd").status_code == 404
    key = music.offer(BAND)
    music.drop(key)
    assert httpx.get(f"{address}/sound/{key}").status_code == 404


def test_too_many_listeners_are_told_so_and_soundless_music_says_why(
    music: Sounds, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = music.offer(BAND)
    monkeypatch.setattr(sounds, "STREAMS", 0)
    assert httpx.get(f"{address}/sound/{key}").status_code == 503
    monkeypatch.undo()
    hours = Score(480, (Track((Note(0, 60, 480, 80), Note(480 * 10_000, 60, 480, 80))),))
    answer = httpx.get(f"{address}/sound/{music.offer(hours)}")
    assert answer.status_code == 503 and "30" in answer.text and music._streams == 0


def test_single_notes_are_short_and_audible(address: str) -> None:
    notes = [
        samples(httpx.get(f"{address}/sound/note", params=asked).content)
        for asked in ({"pitch": 60}, {"pitch": 72, "program": 16}, {"pitch": 38, "drum": 1, "velocity": 120})
    ]
    assert all(0.2 < len(note) / 44100 < sounding.NOTE_S + audio.TAIL_S and np.abs(note).max() > 0.05 for note in notes)
    for wrong in ({"pitch": 128}, {"velocity": 0}, {"program": "x"}, {"drum": 2}):
        answer = httpx.get(f"{address}/sound/note", params=wrong)
        assert answer.status_code == 400 and "number from" in answer.text


def test_only_so_many_pieces_are_kept_and_none_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MOST", 3)
    now = [0.0]
    music = Sounds(clock=lambda: now[0])
    keys = [music.offer(BAND) for _ in range(3)]
    assert music._find(keys[0]) is not None
    keys.append(music.offer(TUNE))
    assert [music._find(key) is not None for key in keys] == [True, False, True, True]
    assert len(set(keys)) == 4 and all(len(key) >= 32 for key in keys)
    now[0] = sounds.KEEP_S + 1
    assert all(music._find(key) is None for key in keys)


def test_the_loudness_of_the_same_music_is_measured_once(music: Sounds, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(pipeline, "loudness_gain", lambda score, mix: asked.append(score) or 2.0)
    pieces = [music._find(music.offer(BAND)) for _ in range(2)]
    assert [piece.gain for piece in pieces if piece] == [2.0, 2.0] and len(asked) == 1
    louder = music._find(music.offer(BAND, pipeline.Mix(gain_db=6.0)))
    assert louder is not None and louder.gain == pytest.approx(2 * 10 ** (6 / 20))
