"""Rendering against real time, and against the synthesizer call that pretty_midi offers."""

from __future__ import annotations

import io

from benchmarks.music import band
from benchmarks.reference import median_s
from benchmarks.table import Row, rate
from studio import midi, pipeline
from studio.audio import SAMPLE_RATE

MINUTES = 1.0


def measure(repeats: int, reference_s: float) -> list[Row]:
    """Nothing where no sound can be made."""
    if pipeline.sound_problem() is not None:
        return []
    score = band(MINUTES)
    # Only after the studio's own: it is the studio that finds the library where the system has none.
    length_s = len(pipeline.render(score)) / SAMPLE_RATE
    ours = median_s(lambda: pipeline.render(score), repeats)
    theirs = median_s(_pretty_midi(midi.save(score)), repeats)
    return [
        rate("rendering, 5 tracks, stereo", length_s / ours, "× real time", reference_s),
        rate("the same by pretty_midi.fluidsynth(), mono", length_s / theirs, "× real time", reference_s),
    ]


def _pretty_midi(data: bytes):
    import pretty_midi

    music = pretty_midi.PrettyMIDI(io.BytesIO(data))
    return lambda: music.fluidsynth(fs=SAMPLE_RATE)
