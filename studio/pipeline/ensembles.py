"""What plays along in each style: the instruments of an accompaniment, as the training collections have them.

A style is known to a model by its token and by the tracks that its pieces have; both must fit for it to write well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.errors import SettingError
from studio.representations.events import Voice
from studio.score import Role, Track


@dataclass(frozen=True)
class Instrument:
    """One track to be written: how it is called, its General MIDI program, its role and what it may play."""

    title: str
    program: int
    role: Role
    voice: Voice
    is_drum: bool = False

    def track(self) -> Track:
        return Track((), self.program, self.is_drum, self.title, self.role)


@dataclass(frozen=True)
class Ensemble:
    """The instruments of a style, and on which program its melody stands, for models that learned it there."""

    lead: int
    instruments: tuple[Instrument, ...]


_RIGHT = Instrument("Piano, right hand", 0, "accompaniment", Voice(43, 96))
_LEFT = Instrument("Piano, left hand", 0, "accompaniment", Voice(24, 72))
_ALTO = Instrument("Alto", 52, "accompaniment", Voice(55, 74, monophonic=True))
_TENOR = Instrument("Tenor", 52, "accompaniment", Voice(48, 67, monophonic=True))
_BASS = Instrument("Bass", 52, "bass", Voice(40, 62, monophonic=True))

INSTRUMENTS = {
    "keys": Instrument("Piano", 0, "accompaniment", Voice(28, 91)),
    "organ": Instrument("Organ", 19, "accompaniment", Voice(36, 84)),
    "guitar": Instrument("Guitar", 24, "accompaniment", Voice(40, 84)),
    "strings": Instrument("Strings", 48, "accompaniment", Voice(36, 88)),
    "bass": Instrument("Bass guitar", 33, "bass", Voice(28, 55, monophonic=True)),
    "drums": Instrument("Drums", 0, "drums", Voice(), is_drum=True),
}
"""What can be asked for by name, in any style."""

ENSEMBLES = {
    "pop": Ensemble(0, (Instrument("Second voice", 0, "accompaniment", Voice(43, 91)), INSTRUMENTS["keys"])),
    "song": Ensemble(0, (_RIGHT, _LEFT)),
    "art_song": Ensemble(68, (_RIGHT, _LEFT)),
    "piano": Ensemble(0, (_LEFT,)),
    "chorale": Ensemble(0, (_ALTO, _TENOR, _BASS)),
    "choral": Ensemble(52, (_ALTO, _TENOR, _BASS)),
    "organ": Ensemble(19, (INSTRUMENTS["organ"],)),
    "quartet": Ensemble(
        40,
        (
            Instrument("Violin II", 40, "accompaniment", Voice(55, 91)),
            Instrument("Viola", 41, "accompaniment", Voice(48, 84)),
            Instrument("Cello", 42, "bass", Voice(36, 72)),
        ),
    ),
    "game": Ensemble(30, (INSTRUMENTS["guitar"], INSTRUMENTS["bass"], INSTRUMENTS["drums"])),
}
"""By style. Folk tunes, guitar pieces and drum patterns were learned alone: they have no accompaniment."""

FOUR_PART = ("chorale", "choral")
"""Styles of four voices, soprano to bass, for which there are rules of voice leading."""


def ensemble(style: str, names: Sequence[str] | None) -> Ensemble:
    """What plays in a style, or the instruments of these names; SettingError for a style or a name there is none of."""
    if names is None:
        if style not in ENSEMBLES:
            raise SettingError(
                f"The style '{style}' was learned without accompaniment: name the instruments, or choose one of: "
                f"{', '.join(ENSEMBLES)}."
            )
        return ENSEMBLES[style]
    unknown = [name for name in names if name not in INSTRUMENTS]
    if unknown or not names:
        asked = f"'{unknown[0]}' is none of them" if unknown else "none was named"
        raise SettingError(f"The instruments that can be asked for are {', '.join(INSTRUMENTS)}; {asked}.")
    lead = ENSEMBLES[style].lead if style in ENSEMBLES else 0
    return Ensemble(lead, tuple(INSTRUMENTS[name] for name in dict.fromkeys(names)))
