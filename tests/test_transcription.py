"""A hummed melody becomes its notes; noise, silence and what is no sound become a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from studio import pipeline
from studio.errors import ListeningError

TUNE = [
    (60, 1),
    (60, 1),
    (67, 1),
    (67, 1),
    (69, 1),
    (69, 1),
    (67, 2),
    (65, 0.5),
    (65, 0.5),
    (64, 1.5),
    (62, 0.5),
    (60, 2),
]
Sound = NDArray[np.float64]


def hummed(
    tune: Sequence[tuple[int, float]], qpm: float, *, rate: int = 44_100, detune: float = 0.0, noise: float = 0.002
) -> Sound:
    """A voice with overtones, vibrato and soft edges; (pitch, quarters), pitch 0 is a rest."""
    parts, phase = [], 0.0
    for pitch, quarters in tune:
        time = np.arange(int(quarters * 60 / qpm * rate)) / rate
        bent = pitch + detune + 0.15 * np.sin(10 * np.pi * time) * np.minimum(1, time / 0.2)
        angle = phase + 2 * np.pi * np.cumsum(440 * 2 ** ((bent - 69) / 12)) / rate
        phase = angle[-1]
        edge = np.clip(np.minimum(time / 0.03, (time[-1] - time) / 0.05), 0, 1)
        parts.append((pitch > 0) * edge * sum(np.sin(k * angle) / k**1.5 for k in range(1, 6)))
    sound = 0.2 * np.concatenate(parts)
    return np.asarray(sound + noise * np.random.default_rng(0).standard_normal(len(sound)))


def write(path: Path, sound: Sound, rate: int = 44_100) -> Path:
    soundfile.write(path, sound, rate)
    return path


def sung(seed: pipeline.Seed) -> list[tuple[int, float]]:
    return [(note.pitch, note.duration / 480) for note in seed.score.tracks[0].notes]


@pytest.mark.parametrize("detune", [0.0, 0.3, -0.35])
def test_a_hummed_melody_is_written_down_in_the_singers_own_tuning(tmp_path: Path, detune: float) -> None:
    seed = pipeline.transcribe(write(tmp_path / "hum.wav", hummed(TUNE, 100, detune=detune)), qpm=100)
    assert sung(seed) == TUNE
    assert [note.onset / 480 for note in seed.score.tracks[0].notes] == list(
        np.cumsum([0] + [quarters for _, quarters in TUNE[:-1]])
    )
    assert seed.name == "hum" and round(seed.score.tempos[0].qpm) == 100
    assert "12 notes" in seed.repairs[0] and "16ths" in seed.repairs[1]


@pytest.mark.parametrize("qpm", [84, 120])
def test_the_tempo_is_guessed(tmp_path: Path, qpm: int) -> None:
    seed = pipeline.transcribe(write(tmp_path / "hum.wav", hummed(TUNE, qpm)))
    assert seed.score.tempos[0].qpm == pytest.approx(qpm, abs=2) and sung(seed) == TUNE
    assert "guessed" in seed.repairs[1]


@pytest.mark.parametrize(("kind", "rate", "octave"), [("ogg", 48_000, -12), ("flac", 22_050, 12), ("mp3", 44_100, 24)])
def test_low_and_high_voices_in_every_kind_of_file(tmp_path: Path, kind: str, rate: int, octave: int) -> None:
    tune = [(pitch + octave, quarters) for pitch, quarters in TUNE]
    path = write(tmp_path / f"a.{kind}", hummed(tune, 100, rate=rate), rate)
    assert [pitch for pitch, _ in sung(pipeline.transcribe(path, 100))] == [pitch for pitch, _ in tune]


def test_rests_stay_and_silence_before_the_melody_does_not(tmp_path: Path) -> None:
    seed = pipeline.read(write(tmp_path / "a.wav", hummed([(0, 2), (60, 1), (0, 1), (64, 1), (67, 1)], 100)))
    notes = seed.score.tracks[0].notes
    assert [note.pitch for note in notes] == [60, 64, 67] and notes[0].onset == 0
    assert notes[1].onset - notes[0].end >= 240


NOISE = np.random.default_rng(1).standard_normal(3 * 44_100)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (0.1 * NOISE, "No melody"),
        (1e-4 * NOISE, "almost silent"),
        (np.zeros(44_100), "almost silent"),
        (np.zeros(10), "empty"),
        (np.full(44_100, 0.5), "almost silent"),
        (np.full(44_100, np.nan), "silent"),
        (0.1 * np.tile(NOISE, 25), "75 seconds.*60"),
    ],
)
def test_what_has_no_melody_is_told_in_words(tmp_path: Path, sound: Sound, said: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, sound, 44_100, subtype="FLOAT")
    with pytest.raises(ListeningError, match=said):
        pipeline.transcribe(path)


def test_what_is_no_sound_and_no_tempo(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF" + bytes(40))
    with pytest.raises(ListeningError, match="could not be read as sound"):
        pipeline.transcribe(tmp_path / "a.wav")
    with pytest.raises(ListeningError, match="could not be read"):
        pipeline.transcribe(tmp_path / "b.wav")
    with pytest.raises(ListeningError, match="40 to 240"):
        pipeline.transcribe(write(tmp_path / "c.wav", hummed(TUNE, 100)), qpm=1000)
