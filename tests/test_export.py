"""Sound files that hold what they were given, and file names that are safe whoever chose the words in them."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given
from hypothesis import strategies as st

from studio import export
from studio.errors import SoundError

FRAMES = 100_000  # more than one chunk


def tone(amplitude: float = 0.5) -> export.Samples:
    phase = np.arange(FRAMES) * 0.05
    return (amplitude * np.stack([np.sin(phase), np.cos(phase)], axis=1)).astype(np.float32)


@pytest.mark.parametrize("write", [export.wav, export.flac])
@pytest.mark.parametrize(("bits", "error"), [(16, 1.6 / 32767), (24, 0.6 / 8388607)])
def test_a_file_holds_its_samples(tmp_path, write, bits, error):
    path = tmp_path / "tone"
    write(tone(), path, bits=bits)
    read, rate = soundfile.read(path)
    about = soundfile.info(path)
    assert rate == 44100 and read.shape == (FRAMES, 2) and about.subtype == f"PCM_{bits}"
    assert about.format == write.__name__.upper()
    assert np.abs(read * (2**31 / (2**31 - 2 ** (32 - bits))) - tone()).max() < error


def test_flac_holds_the_numbers_of_wav_in_less_room(tmp_path):
    export.wav(tone(), tmp_path / "a.wav")
    export.flac(tone(), tmp_path / "a.flac")
    numbers = [soundfile.read(tmp_path / name, dtype="int16")[0] for name in ("a.wav", "a.flac")]
    assert np.array_equal(*numbers)
    assert (tmp_path / "a.flac").stat().st_size < (tmp_path / "a.wav").stat().st_size


def test_the_same_samples_give_the_same_file(tmp_path):
    export.wav(tone(), tmp_path / "a.wav")
    export.wav(tone(), tmp_path / "b.wav")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize("bits", [16, 24])
def test_what_exceeds_full_scale_is_clipped_and_does_not_wrap(tmp_path, bits):
    export.wav(tone(3.0), tmp_path / "loud.wav", bits=bits)
    read, _ = soundfile.read(tmp_path / "loud.wav")
    assert np.abs(read).max() <= 1
    assert (np.sign(read) == np.sign(tone(3.0)))[np.abs(tone(3.0)) > 0.01].all()


def test_dither_keeps_music_that_is_softer_than_one_step(tmp_path):
    quiet = np.full((FRAMES, 2), 0.3 / 32767, np.float32)
    export.wav(quiet, tmp_path / "quiet.wav")
    read, _ = soundfile.read(tmp_path / "quiet.wav", dtype="int16")
    assert read.mean() == pytest.approx(0.3, abs=0.01)


def test_mono_and_nothing_can_be_written(tmp_path):
    export.wav(tone()[:, 0], tmp_path / "mono.wav")
    export.wav(np.zeros((0, 2), np.float32), tmp_path / "empty.wav")
    assert soundfile.info(tmp_path / "mono.wav").channels == 1
    assert soundfile.info(tmp_path / "empty.wav").frames == 0


@pytest.mark.parametrize("place", ["nowhere/a.wav", "."])
def test_a_file_that_cannot_be_written_is_told_in_words(tmp_path, place):
    with pytest.raises(SoundError, match="could not be written"):
        export.wav(tone(), tmp_path / place)


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
