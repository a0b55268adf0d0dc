"""The synthesizer's library, SoundFonts whole and broken, and the measure of loudness."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from studio import audio
from studio.audio import levels, synth
from studio.errors import SoundError
from studio.score import Note, Score, Track

RATE = audio.SAMPLE_RATE
SCORE = Score(
    480,
    (
        Track(tuple(Note(240 * i, 60 + i % 12, 240, 80) for i in range(16))),
        Track(tuple(Note(480 * i, 36 + i % 8, 400, 90) for i in range(8)), is_drum=True),
    ),
)

pytestmark = pytest.mark.skipif(audio.available() is not None, reason=str(audio.available()))


# --- SoundFonts and the library --------------------------------------------------------------------------------------


def test_soundfonts_are_offered_by_name_the_default_last(tmp_path):
    for name in ("Piano.sf2", "piano two.SF3", "both.sf2", "both.sf3", "notes.txt", ".hidden.sf2"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.sf2").mkdir()
    offered = audio.soundfonts(tmp_path)
    assert list(offered) == ["Piano", "both.sf2", "both.sf3", "piano two", "TimGM6mb"]
    assert offered["piano two"] == tmp_path / "piano two.SF3"
    assert offered["TimGM6mb"] == audio.default_soundfont()


def test_a_folder_that_is_not_there_offers_the_default(tmp_path):
    assert list(audio.soundfonts(tmp_path / "nowhere")) == ["TimGM6mb"]


def _broken(tmp_path: Path, kind: str) -> Path:
    whole = audio.default_soundfont().read_bytes()
    contents = {
        "empty": b"",
        "text": b"this is no SoundFont" * 100,
        "wave": b"RIFF\x24\x00\x00\x00WAVEfmt ",
        "half": whole[: len(whole) // 2],
        "zeros": whole[:2000] + bytes(len(whole) - 2000),
    }
    path = tmp_path / f"{kind} ünï.sf2"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes(contents[kind])
    return path


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "wave", "half", "zeros"])
def test_a_soundfont_that_cannot_be_used_is_named_and_the_terminal_stays_quiet(tmp_path, kind, capfd):
    path = _broken(tmp_path, kind)
    with pytest.raises(SoundError, match=path.stem) as caught:
        audio.render(SCORE, path)
    assert str(caught.value).endswith(".")
    if kind != "zeros":  # what is damaged inside only, some builds of FluidSynth pass on to a loader that complains
        assert capfd.readouterr() == ("", "")


def test_a_soundfont_with_a_foreign_name_plays(tmp_path):
    path = tmp_path / "音 ü.sf2"
    path.write_bytes(audio.default_soundfont().read_bytes())
    assert np.array_equal(audio.render(SCORE, path), audio.render(SCORE))


def test_a_compressed_soundfonts_samples_are_kept_until_another_is_played():
    """What is kept is a synthesizer that selects the same presets; any SoundFont will do to see that."""
    kept = synth._Kept()
    kept.keep(audio.default_soundfont(), [0, 48])
    kept.keep(audio.default_soundfont(), [48, synth.DRUMS])
    assert kept._presets == [0, 48, synth.DRUMS]
    assert np.array_equal(audio.render(SCORE), audio.render(SCORE))


def test_without_any_library_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(synth, "_libraries", lambda: iter(["/nowhere/libfluidsynth.so"]))
    synth._fluidsynth.cache_clear()
    try:
        sentence = audio.available()
        assert sentence is not None and "install" in sentence and sentence.count(". ") == 0 and sentence.endswith(".")
        with pytest.raises(SoundError, match="install"):
            audio.render(SCORE)
    finally:
        synth._fluidsynth.cache_clear()
    monkeypatch.undo()
    assert audio.available() is None


def test_a_system_library_that_does_not_load_gives_way_to_the_bundled_one():
    program = """
import ctypes.util, sys
ctypes.util.find_library = lambda name: "/nowhere/libfluidsynth.so"
from studio import audio
assert not {"fluidsynth", "pretty_midi", "pygame"} & set(sys.modules)
assert audio.available() is None, audio.available()
assert not {"pretty_midi", "pygame"} & set(sys.modules)
"""
    root, environment = Path(__file__).parents[1], {**os.environ, "CI": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=root, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# --- loudness --------------------------------------------------------------------------------------------------------


def test_loudness_of_the_reference_tone():
    """A 997 Hz sine at full scale in one channel is -3.01 LUFS by the recommendation."""
    tone = np.zeros((5 * RATE, 2), np.float32)
    tone[:, 0] = np.sin(2 * np.pi * 997 * np.arange(len(tone)) / RATE)
    assert audio.loudness(tone) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("frames", [0, 1, 1000, 20000])
def test_loudness_of_next_to_nothing(frames):
    assert audio.loudness(np.zeros((frames, 2), np.float32)) == -math.inf
    assert audio.gain_for(np.zeros((frames, 2), np.float32)) == 1


def test_the_limiter_leaves_what_is_below_its_knee_alone():
    samples = np.linspace(-4, 4, 4001, dtype=np.float32).reshape(-1, 1).repeat(2, 1)
    bent = levels.limit(samples.copy())
    quiet = np.abs(samples) <= 0.8
    assert np.array_equal(bent[quiet], samples[quiet])
    assert np.abs(bent).max() <= 1 and (np.diff(bent[:, 0]) >= 0).all()
