"""Sound: the right samples at the right time, the same however they are cut, and plain words where there is none."""

import math
import threading
import tracemalloc
from dataclasses import replace

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import audio
from studio.audio.renderer import Clock
from studio.errors import SoundError
from studio.score import Note, Score, Tempo, Track

PIANO, ORGAN, STRINGS = 0, 16, 48
RATE = audio.SAMPLE_RATE

pytestmark = pytest.mark.skipif(audio.available() is not None, reason=str(audio.available()))


def score_of(*tracks: Track, qpm: float = 120, resolution: int = 480) -> Score:
    return Score(resolution, tracks, (Tempo(0, round(60_000_000 / qpm)),))


def scale(program: int = PIANO, is_drum: bool = False, bars: int = 2, shift: int = 0) -> Track:
    notes = tuple(Note(240 * i, 60 + shift + (0, 2, 4, 5, 7, 9, 11, 12)[i % 8], 240, 80) for i in range(8 * bars))
    return Track(notes, program, is_drum)


def band() -> Score:
    return score_of(scale(), scale(STRINGS, shift=-12), scale(33, shift=-24), scale(is_drum=True, shift=-20))


def raw(score: Score) -> audio.Samples:
    with audio.Renderer(score.resolution) as renderer:
        renderer.feed(score)
        return np.concatenate(list(renderer.finish()))


def level(samples: audio.Samples, start_s: float, end_s: float) -> float:
    return float(np.sqrt(np.mean(samples[round(start_s * RATE) : round(end_s * RATE)] ** 2)))


def first_sound(samples: audio.Samples) -> int:
    return int(np.argmax(np.abs(samples).max(axis=1) > 1e-4))


# --- render ----------------------------------------------------------------------------------------------------------


def test_render_is_stereo_float_and_the_same_bits_each_time():
    first, second = audio.render(band()), audio.render(band())
    assert first.dtype == np.float32 and first.ndim == 2 and first.shape[1] == 2
    assert np.array_equal(first, second)
    assert not np.array_equal(first[:, 0], first[:, 1])


@pytest.mark.parametrize("program", [PIANO, ORGAN, STRINGS, 40, 73, 115])
@pytest.mark.parametrize("velocity", [5, 127])
def test_loudness_does_not_depend_on_instrument_or_velocity_and_peaks_keep_headroom(program, velocity):
    track = scale(program)
    track = replace(track, notes=tuple(n._replace(velocity=velocity) for n in track.notes))
    samples = audio.render(score_of(track))
    peak_db = 20 * math.log10(float(np.abs(samples).max()))
    measured = pyloudnorm.Meter(RATE).integrated_loudness(samples)
    assert peak_db <= -0.99
    assert measured == pytest.approx(-16, abs=0.3) or (peak_db == pytest.approx(-1, abs=0.01) and -26 < measured < -16)


def test_the_tail_rings_on_and_fades_into_silence():
    samples = audio.render(score_of(Track((Note(0, 60, 960, 100),), STRINGS)))
    end_s = len(samples) / RATE
    assert 1.3 < end_s <= 4.0
    assert level(samples, 1.02, 1.1) > 0.003
    assert float(np.abs(samples[-100:]).max()) < 1e-3
    assert float(np.abs(np.diff(samples[-4410:], axis=0)).max()) < 0.01


def test_a_tail_that_falls_silent_soon_is_trimmed():
    short = audio.render(score_of(Track((Note(0, 76, 20, 20),), 115)))
    assert len(short) / RATE < audio.TAIL_S - 0.5


@pytest.mark.parametrize("score", [Score(), Score(tracks=(Track(), Track(is_drum=True)))])
def test_an_empty_score_is_a_moment_of_silence(score):
    samples = audio.render(score)
    assert 0 < len(samples) < RATE
    assert float(np.abs(samples).max()) < 1e-4


def test_one_note_of_one_tick_is_heard():
    assert float(np.abs(audio.render(score_of(Track((Note(0, 60, 1, 100),))))).max()) > 0.1


# --- time ------------------------------------------------------------------------------------------------------------


def test_every_onset_is_within_half_a_step_of_the_tempo_map():
    woodblock = 115
    offset = first_sound(raw(score_of(Track((Note(0, 76, 60, 127),), woodblock))))
    tempos = (Tempo(0, 500_000), Tempo(333, 731_111), Tempo(700, 280_003), Tempo(5000, 1_999_999))
    for onset in (1, 100, 333, 334, 699, 701, 1234, 4999, 5001, 6003):
        score = Score(480, (Track((Note(onset, 76, 60, 127),), woodblock),), tempos)
        seconds = 0.0
        for here, after in zip(tempos, (*tempos[1:], Tempo(10**9, 1)), strict=True):
            seconds += max(0, min(onset, after.onset) - here.onset) * here.mpq / 480 / 1e6
        assert abs(first_sound(raw(score)) - offset - seconds * RATE) <= 33


def test_the_clock_does_not_drift_over_half_an_hour():
    clock = Clock(480)
    clock.put((Tempo(0, 333_333),), 0)
    quarters = 5400
    assert clock.step(quarters * 480) == round(quarters * 333_333 * RATE / 64 / 1_000_000)


def test_repeated_notes_are_struck_again():
    wood = 115
    once = raw(score_of(Track((Note(0, 76, 240, 100),), wood)))
    twice = raw(score_of(Track((Note(0, 76, 240, 100), Note(240, 76, 240, 100)), wood)))
    assert level(once, 0.25, 0.27) < level(twice, 0.25, 0.27) / 5


def test_a_key_stays_down_as_long_as_any_note_of_its_pitch_holds_it():
    inner = raw(score_of(Track((Note(0, 60, 1920, 90), Note(480, 60, 240, 90)), ORGAN)))
    overlapping = raw(score_of(Track((Note(0, 60, 960, 90), Note(480, 60, 1440, 90)), ORGAN)))
    alone = raw(score_of(Track((Note(0, 60, 1920, 90),), ORGAN)))
    for samples in (inner, overlapping):
        assert level(samples, 1.5, 1.9) == pytest.approx(level(alone, 1.5, 1.9), rel=0.2)
        assert level(samples, 2.5, 2.6) < level(alone, 1.5, 1.9) / 5


def test_unison_strokes_of_one_track_are_one_stroke_the_loudest():
    double = raw(score_of(Track((Note(0, 60, 480, 100), Note(0, 60, 480, 60)))))
    assert np.array_equal(double, raw(score_of(Track((Note(0, 60, 480, 100),)))))


# --- instruments -----------------------------------------------------------------------------------------------------


def test_programs_sound_different_and_drums_are_drums_whatever_their_program():
    piano, organ, kit = raw(score_of(scale())), raw(score_of(scale(ORGAN))), raw(score_of(scale(is_drum=True)))
    frames = 2 * RATE
    assert not np.allclose(piano[:frames], organ[:frames], atol=1e-3)
    assert not np.allclose(piano[:frames], kit[:frames], atol=1e-3)
    assert np.array_equal(kit, raw(score_of(scale(program=50, is_drum=True))))


@pytest.mark.parametrize("count", [9, 10, 11, 17, 40])
def test_the_last_of_many_tracks_is_heard_with_its_own_instrument(count):
    silent = [Track((Note(0, 30, 1, 1),), index) for index in range(count - 1)]
    last = Track((Note(1920, 72, 960, 110),), ORGAN)
    alone, among = raw(score_of(last)), raw(score_of(*silent, last))
    assert level(among, 2.2, 2.8) == pytest.approx(level(alone, 2.2, 2.8), rel=0.05)


def test_more_tracks_than_channels_share_them_by_instrument():
    tracks = [Track((Note(10 * i, 60, 5, 20),), i % 128) for i in range(399)]
    last = Track((Note(9600, 72, 960, 110),), ORGAN)
    alone, among = raw(score_of(last)), raw(score_of(*tracks, last))
    assert level(among, 10.2, 10.8) == pytest.approx(level(alone, 10.2, 10.8), rel=0.05)


# --- streams ---------------------------------------------------------------------------------------------------------


def test_a_stream_is_the_offline_sound_bit_for_bit_in_short_blocks():
    whole = raw(band())
    assert float(np.abs(whole).max()) < 0.8
    for block_s in (0.02, 0.3, 60):
        blocks = list(audio.stream(band(), block_s=block_s))
        assert max(map(len, blocks)) <= max(2048, block_s * RATE + 1024)
        assert np.array_equal(np.concatenate(blocks), whole)


def test_a_stream_starts_before_the_music_is_synthesized():
    long = score_of(scale(bars=300), qpm=60)
    blocks = audio.stream(long)
    first = next(blocks)
    assert len(first) < RATE and float(np.abs(first).max()) > 1e-3
    blocks.close()


def test_a_loud_stream_is_kept_within_full_scale():
    chord = Track(tuple(Note(0, pitch, 960, 127) for pitch in range(40, 80)), STRINGS)
    samples = np.concatenate(list(audio.stream(score_of(chord), gain=30)))
    assert 0.9 < float(np.abs(samples).max()) <= 1


def test_the_gain_of_a_score_makes_its_stream_as_loud_as_its_render():
    streamed = np.concatenate(list(audio.stream(band(), gain=audio.gain_of(band()))))
    assert audio.loudness(streamed) == pytest.approx(audio.loudness(audio.render(band())), abs=0.3)
    assert audio.gain_of(Score()) == 1


note = st.builds(Note, st.integers(0, 3000), st.integers(40, 80), st.integers(1, 2500), st.integers(1, 127))
track = st.builds(Track, st.lists(note, max_size=12).map(tuple), st.sampled_from([0, 16, 48]), st.booleans())
tempo = st.builds(Tempo, st.integers(0, 3000), st.integers(100_000, 900_000))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(track, min_size=1, max_size=4),
    st.lists(tempo, max_size=3),
    st.lists(st.integers(1, 3500), max_size=5, unique=True).map(sorted),
    st.sampled_from([0.01, 0.1, 0.5]),
)
def test_music_fed_while_it_is_written_sounds_bit_for_bit_like_the_whole(tracks, tempos, cuts, block_s):
    """Parts hold the notes and tempo changes that start in them; notes ring on over the cuts and over tempo changes."""
    whole = Score(480, tuple(tracks), tuple(tempos))
    pieces = []
    with audio.Renderer(480, block_s=block_s) as renderer:
        for start, end in zip([0, *cuts], [*cuts, 10_000], strict=True):
            inside = tuple(
                replace(t, notes=tuple(n._replace(onset=n.onset - start) for n in t.notes if start <= n.onset < end))
                for t in whole.tracks
            )
            window = whole.slice_ticks(start, end)
            renderer.feed(replace(window, tracks=inside), at=start)
            if end != 10_000:
                pieces += list(renderer.render_until(end))
        pieces += list(renderer.finish())
    with audio.Renderer(480) as renderer:
        renderer.feed(whole)
        expected = list(renderer.render_until(cuts[-1])) if cuts else []
        expected += list(renderer.finish())
    assert np.array_equal(np.concatenate(pieces), np.concatenate(expected))


def test_parts_of_another_resolution_fit():
    coarse, fine = score_of(scale(), resolution=480), score_of(scale(), resolution=480).rescale(960)
    with audio.Renderer(480) as renderer:
        renderer.feed(fine)
        assert np.array_equal(np.concatenate(list(renderer.finish())), raw(coarse))


def test_a_note_before_what_was_rendered_is_refused():
    with audio.Renderer(480) as renderer:
        renderer.feed(score_of(scale()))
        list(renderer.render_until(1000))
        with pytest.raises(ValueError, match="too late"):
            renderer.feed(score_of(scale()), at=999)
        renderer.feed(score_of(scale()), at=1000)


def test_a_closed_renderer_raises_instead_of_crashing():
    with audio.Renderer(480) as renderer:
        renderer.feed(score_of(scale()))
        blocks = renderer.finish()
        next(blocks)
    renderer.close()
    with pytest.raises(AttributeError):
        list(blocks)


def test_renders_in_several_threads_at_once_are_right():
    scores = [band(), score_of(scale(ORGAN)), band(), score_of(scale(STRINGS, shift=5))]
    expected = [audio.render(score) for score in scores]
    results: dict[int, audio.Samples] = {}
    start = threading.Barrier(len(scores))

    def work(index: int) -> None:
        start.wait()
        results[index] = audio.render(scores[index])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(scores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(results[index], expected[index]) for index in range(len(scores)))


# --- length ----------------------------------------------------------------------------------------------------------


def test_300_bars_stream_in_flat_memory():
    long = score_of(scale(bars=300), scale(33, bars=300, shift=-24), qpm=480)
    frames = 0
    tracemalloc.start()
    try:
        for block in audio.stream(long):
            frames += len(block)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 150 < frames / RATE < 153.1
    assert peak < 8e6  # the samples alone are 53 MB


def test_more_than_half_an_hour_is_refused_in_words_at_once():
    long = score_of(Track((Note(0, 60, 480, 80), Note(480 * 60 * 31, 60, 480, 80))), qpm=60)
    with pytest.raises(SoundError, match=r"31 minutes.*at most 30.*fewer bars"):
        audio.render(long)
    with pytest.raises(SoundError):
        next(audio.stream(long))
