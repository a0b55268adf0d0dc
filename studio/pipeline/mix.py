"""`Mix`: how a score is to sound - by which SoundFont, how loud, in which room, on which instruments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from studio import audio
from studio.errors import SettingError
from studio.score import Score

GAIN_DB = (-12.0, 12.0)
"""The least and the most that may be asked for."""


@dataclass(frozen=True)
class Mix:
    """The same for streams, WAV files and stems; as it is at first, it changes nothing.

    `soundfont`: a name out of `soundfonts`, None for the one that is always there. `gain_db`: -12 to 12, on top of the
    loudness that all music is brought to. `reverb`: 0, none, to 1, a hall. `programs`: General MIDI programs 0-127 by a
    track's index, in place of its own; drums stay drums. SettingError for anything else.
    """

    soundfont: str | None = None
    gain_db: float = 0.0
    reverb: float = audio.REVERB
    programs: Mapping[int, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        least, most = GAIN_DB
        if not least <= self.gain_db <= most:
            raise SettingError(f"The gain may be {least:g} to {most:g} dB, but {self.gain_db:g} was asked for.")
        if not 0 <= self.reverb <= 1:
            raise SettingError(f"Reverb goes from 0 to 1, but {self.reverb:g} was asked for.")
        for track, program in self.programs.items():
            if not 0 <= program <= 127:
                raise SettingError(f"Instruments are 0 to 127, but track {track + 1} was to have {program}.")
        if self.soundfont is not None and self.soundfont not in audio.soundfonts():
            raise SettingError(f"There is no SoundFont {self.soundfont!r} here: choose another one.")

    @property
    def font(self) -> Path | None:
        """The SoundFont's file; None for the one that is always there."""
        return audio.soundfonts().get(self.soundfont) if self.soundfont is not None else None

    @property
    def volume(self) -> float:
        """What `gain_db` multiplies samples with."""
        return float(10 ** (self.gain_db / 20))

    def arranged(self, score: Score) -> Score:
        """The score with its tracks on the instruments that were chosen for them."""
        tracks = tuple(
            track if track.is_drum else replace(track, program=self.programs.get(i, track.program))
            for i, track in enumerate(score.tracks)
        )
        return replace(score, tracks=tracks)
