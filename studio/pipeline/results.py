"""What can be done with music, a seed's or a take's, to hear it: a door to audio. Files of it are for `saving`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio import audio
from studio.pipeline.mix import Mix
from studio.score import Score


def sound_problem() -> str | None:
    """None if sound can be made; else one sentence on what to install."""
    return audio.available()


def soundfonts() -> dict[str, Path]:
    """The SoundFonts on offer, name -> file: those in soundfonts/, and the one that is always there."""
    return audio.soundfonts()


def render(score: Score, sound: Path | Mix | None = None) -> audio.Samples:
    """The sound of a score, (frames, 2) float32 at `audio.SAMPLE_RATE`, its loudness normalised, its tail kept.

    `sound`: a SoundFont, or a whole mix. SoundError: there is no synthesizer or no usable SoundFont.
    """
    if not isinstance(sound, Mix):
        return audio.render(score, sound)
    return _mixed(audio.render(sound.arranged(score), sound.font, reverb=sound.reverb), sound)


def _mixed(samples: audio.Samples, mix: Mix) -> audio.Samples:
    """Samples that are as loud as all music is, with the mix's own gain."""
    if mix.gain_db:
        samples *= np.float32(mix.volume)
    return audio.limit(samples) if mix.gain_db > 0 else samples


def render_stems(score: Score, mix: Mix | None = None) -> Iterator[audio.Samples]:
    """The sound of each track alone, in order, as long and as loud as it is in all of them together.

    So the stems add up to `render`, but for what FluidSynth does differently in a millisecond here and there, and for
    what a gain above 0 dB has pressed down. SoundError as in `render`.
    """
    mix = mix or Mix()
    score = mix.arranged(score)
    whole = audio.render(score, mix.font, reverb=mix.reverb, gain=1.0)
    frames, gain = len(whole), audio.gain_for(whole)
    del whole
    for index in range(len(score.tracks)):
        alone = replace(
            score, tracks=tuple(t if i == index else replace(t, notes=()) for i, t in enumerate(score.tracks))
        )
        samples = audio.render(alone, mix.font, reverb=mix.reverb, gain=gain)[:frames]
        yield _mixed(np.pad(samples, ((0, frames - len(samples)), (0, 0))), mix)


def render_stream(score: Score, soundfont: Path | None = None, *, block_s: float = 0.5) -> Iterator[audio.Samples]:
    """`score` in blocks of `block_s` seconds, the first one at once, at the synthesizer's own loudness."""
    return audio.stream(score, soundfont, block_s=block_s)
