"""Files that hold what they were given, in every format, and names that are safe whoever chose the words in them."""

import json
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st

from studio import export, midi, notation, pipeline
from studio.errors import SoundError, StudioError
from studio.export import samples
from studio.export.piece import Samples
from studio.pipeline import Take
from studio.score import Note, Score, Track

FRAMES = 100_000  # more than one chunk


def tone(amplitude: float = 0.5) -> Samples:
    phase = np.arange(FRAMES) * 0.05
    return (amplitude * np.stack([np.sin(phase), np.cos(phase)], axis=1)).astype(np.float32)


@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
@pytest.mark.parametrize(("bits", "error"), [(16, 1.6 / 32767), (24, 0.6 / 8388607)])
def test_a_file_holds_its_samples(tmp_path, kind, bits, error):
    path = tmp_path / "tone"
    samples.exact(tone(), path, kind, bits=bits)
    read, rate = soundfile.read(path)
    about = soundfile.info(path)
    assert rate == 44100 and read.shape == (FRAMES, 2) and about.subtype == f"PCM_{bits}"
    assert about.format == kind
    assert np.abs(read * (2**31 / (2**31 - 2 ** (32 - bits))) - tone()).max() < error


def test_flac_holds_the_numbers_of_wav_in_less_room(tmp_path):
    samples.exact(tone(), tmp_path / "a.wav", "WAV")
    samples.exact(tone(), tmp_path / "a.flac", "FLAC")
    numbers = [soundfile.read(tmp_path / name, dtype="int16")[0] for name in ("a.wav", "a.flac")]
    assert np.array_equal(*numbers)
    assert (tmp_path / "a.flac").stat().st_size < (tmp_path / "a.wav").stat().st_size


def test_the_same_samples_give_the_same_file(tmp_path):
    samples.exact(tone(), tmp_path / "a.wav", "WAV")
    samples.exact(tone(), tmp_path / "b.wav", "WAV")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize("bits", [16, 24])
def test_what_exceeds_full_scale_is_clipped_and_does_not_wrap(tmp_path, bits):
    samples.exact(tone(3.0), tmp_path / "loud.wav", "WAV", bits=bits)
    read, _ = soundfile.read(tmp_path / "loud.wav")
    assert np.abs(read).max() <= 1
    assert (np.sign(read) == np.sign(tone(3.0)))[np.abs(tone(3.0)) > 0.01].all()


def test_dither_keeps_music_that_is_softer_than_one_step(tmp_path):
    quiet = np.full((FRAMES, 2), 0.3 / 32767, np.float32)
    samples.exact(quiet, tmp_path / "quiet.wav", "WAV")
    read, _ = soundfile.read(tmp_path / "quiet.wav", dtype="int16")
    assert read.mean() == pytest.approx(0.3, abs=0.01)


def test_mono_and_nothing_can_be_written(tmp_path):
    samples.exact(tone()[:, 0], tmp_path / "mono.wav", "WAV")
    samples.exact(np.zeros((0, 2), np.float32), tmp_path / "empty.wav", "WAV")
    assert soundfile.info(tmp_path / "mono.wav").channels == 1
    assert soundfile.info(tmp_path / "empty.wav").frames == 0


@pytest.mark.parametrize("place", ["nowhere/a.wav", "."])
def test_a_file_that_cannot_be_written_is_told_in_words(tmp_path, place):
    with pytest.raises(SoundError, match="could not be written"):
        samples.exact(tone(), tmp_path / place, "WAV")


@pytest.mark.parametrize("suffix", [".mp3", ".ogg"])
def test_what_is_packed_sounds_the_same_in_less_room(tmp_path, suffix):
    piece = export.Piece(Score(480, (Track((Note(0, 60, 480, 80),)),)), sound=tone)
    export.save(piece, tmp_path / f"a{suffix}")
    export.save(piece, tmp_path / "a.wav")
    read, rate = soundfile.read(tmp_path / f"a{suffix}")
    assert rate == 44100 and abs(len(read) - FRAMES) < 5000
    spectrum = [np.abs(np.fft.rfft(sound[10_000:40_000, 0])) for sound in (read, tone())]
    assert np.argmax(spectrum[0]) == np.argmax(spectrum[1])
    assert (tmp_path / f"a{suffix}").stat().st_size < (tmp_path / "a.wav").stat().st_size / 4


# --- formats ----------------------------------------------------------------------------------------------------------


def take() -> Take:
    old = tuple(Note(i * 480, 60 + i, 480, 80) for i in range(4))
    new = tuple(Note(1920 + i * 480, 67 - i, 480, 90) for i in range(4))
    bass = (Note(0, 36, 1920, 70), Note(1920, 43, 1920, 70))
    score = Score(480, (Track(old + new, 73, name="Air/../${x}"), Track(bass, 32), Track()), title="A tune")
    recipe = {"studio": "1", "verb": "continue", "model": "lstm", "seed": 7}
    marked = (frozenset(new), frozenset(), frozenset())
    return Take(score, "my tune", 1920, 3840, 1, marked, 0, recipe)


def test_every_format_has_its_own_name_and_suffixes():
    suffixes = [suffix for offered in export.FORMATS for suffix in offered.suffixes]
    assert len(suffixes) == len(set(suffixes)) and all(s.startswith(".") and s == s.lower() for s in suffixes)
    assert len({offered.name for offered in export.FORMATS}) == len(export.FORMATS)


@pytest.mark.parametrize("offered", export.FORMATS, ids=lambda offered: offered.name)
def test_a_take_leaves_in_every_format_and_a_bad_place_is_told(tmp_path, offered):
    made = take()
    path = tmp_path / pipeline.file_name(made, offered.suffix)
    pipeline.save(made, path)
    assert path.name == f"my-tune_lstm_1bars_seed7{offered.suffix}" and path.stat().st_size
    with pytest.raises(StudioError, match="written"):
        pipeline.save(made, tmp_path / "nowhere" / path.name)


def test_each_format_says_what_the_take_is(tmp_path):
    made = take()
    for suffix in ("mid", "musicxml", "abc", "json", "png", "svg"):
        pipeline.save(made, tmp_path / f"a.{suffix}")
    read = pipeline.read(tmp_path / "a.mid")
    assert read.score.tracks[0].notes == made.score.tracks[0].notes and read.recipe == made.recipe
    assert json.loads((tmp_path / "a.json").read_text()).items() >= made.recipe.items()
    assert b"<svg" in (tmp_path / "a.svg").read_bytes() and (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    wanted = [[n[:3] for n in track.notes] for track in made.score.tracks if track.notes]
    for suffix in ("musicxml", "abc"):
        score = pipeline.read(tmp_path / f"a.{suffix}").score
        assert [[n[:3] for n in track.notes] for track in score.tracks] == wanted and score.title == "A tune"


def test_stems_add_up_to_the_mix(tmp_path):
    made = take()
    pipeline.save(made, tmp_path / "a.zip")
    pipeline.save(made, tmp_path / "a.wav")
    mix, _ = soundfile.read(tmp_path / "a.wav")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()[:2]
        assert names == ["01-Air-x.wav", "02-track.wav"]
        stems = [soundfile.read(archive.open(name))[0] for name in names]
    assert all(stem.shape == mix.shape and np.abs(stem).max() > 0.01 for stem in stems)
    assert np.abs(sum(stems) - mix).max() < 0.01 * np.abs(mix).max()


def test_what_cannot_be_is_told_in_words(tmp_path):
    made = take()
    with pytest.raises(StudioError, match=r"names no format.*\.mid.*\.json"):
        pipeline.save(made, tmp_path / "a.exe")
    with pytest.raises(StudioError, match="no recipe"):
        pipeline.save(made.score, tmp_path / "a.json")
    long = replace(made.score, tracks=tuple(Track((Note(0, 60, 480 * 2 * 60 * 10, 80),)) for _ in range(8)))
    with pytest.raises(SoundError, match="80 minutes"):
        pipeline.save(long, tmp_path / "a.zip")
    for suffix in ("zip", "abc", "musicxml"):
        with pytest.raises(StudioError, match="no notes"):
            pipeline.save(Score(), tmp_path / f"a.{suffix}")


def test_seeds_and_scores_are_named_after_what_they_are_called():
    score = Score(title="Ode: to Joy")
    assert pipeline.file_name(score, ".abc") == "Ode-to-Joy.abc"
    assert pipeline.file_name(pipeline.Seed(score, "../x"), "mid") == "x.mid"
    assert pipeline.file_name(pipeline.Seed(Score()), "mid") == "music.mid"


def test_files_of_other_kinds_are_read_as_seeds(tmp_path):
    made = take()
    for name, data in (
        ("a.abc", notation.write_abc(made.score).encode()),
        ("b.xml", notation.write_musicxml(made.score)),
    ):
        (tmp_path / name).write_bytes(data)
        seed = pipeline.read(tmp_path / name)
        assert seed.name == name[0] and seed.score.note_count == 10 and len(seed.sha256) == 64
    midi.save(made.score, tmp_path / "c.mid")
    assert pipeline.read((tmp_path / "c.mid").read_bytes(), "c").score.note_count == 10
    for missing in ("x.abc", "x.xml", "x.wav"):
        with pytest.raises(StudioError, match="could not be read"):
            pipeline.read(tmp_path / missing)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("greensleeves", "greensleeves_lstm_8bars_seed7.mid"),
        ("Ode to Joy (1824)", "Ode-to-Joy-1824_lstm_8bars_seed7.mid"),
        ("Für Elise", "Für-Elise_lstm_8bars_seed7.mid"),
        ("月の光", "月の光_lstm_8bars_seed7.mid"),
        ("../../etc/passwd", "etc-passwd_lstm_8bars_seed7.mid"),
        ("..\\c:\\x", "c-x_lstm_8bars_seed7.mid"),
        ("<script>", "script_lstm_8bars_seed7.mid"),
        ("", "music_lstm_8bars_seed7.mid"),
        ("...", "music_lstm_8bars_seed7.mid"),
    ],
)
def test_a_name_tells_what_is_in_the_file(stem, expected):
    assert export.file_name(stem, "lstm", 8, 7, ".mid") == expected
    assert export.file_name(stem, "lstm", 8, 7, "mid") == expected


@given(st.text(max_size=300))
@example("é" * 300)
@example("音" * 300)
@example("a\u0301" * 100)
@example("\u202egnp.exe")
def test_a_name_is_safe_whatever_the_stem(stem):
    name = export.file_name(stem, "lstm", 8, 2**63, "wav")
    assert Path(name).name == name
    assert name.endswith(f"_lstm_8bars_seed{2**63}.wav")
    assert len(name.encode()) <= export.LONGEST_NAME_BYTES
    assert not name.startswith((".", "-", "_"))
    assert all(unicodedata.category(c)[0] in "LMN" or c in "-_." for c in name)
    assert name.count(".") == 1
