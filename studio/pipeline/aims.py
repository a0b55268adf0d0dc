"""What new bars aim at besides what the models are told bar by bar: another key, tempo or metre than the seed's.

Tempo and metre are set in the music itself, so they are exact with every model. A key is brought about by what the
model is shown: the seed's last bars, moved as a whole to where they have the notes of that key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studio.metrics import Key, estimate_key
from studio.models import Control
from studio.pipeline.passage import Passage
from studio.score import Tempo, Track

_KEYS = {key.name: key for minor in (False, True) for key in (Key(tonic, minor, 1.0) for tonic in range(12))}
METRES = ("2/4", "3/4", "4/4", "5/4", "2/2", "3/2", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8")
SLOWEST, FASTEST = 20, 320
LATEST = 8
"""Bars before the new ones whose key counts as the seed's: music may have gone elsewhere since it began."""

KEY = Control(
    "key", None, choices=tuple(_KEYS),
    help="The key of the new bars. The music moves there at once, as a whole, and goes on.",
)  # fmt: skip
TEMPO = Control(
    "tempo", None, SLOWEST, FASTEST, 1, help="Quarter notes a minute, 20 to 320. Left empty, the music keeps its own."
)
METRE = Control("metre", None, choices=METRES, help="How many beats the new bars have, and of what kind.")


def key(settings: Mapping[str, Any]) -> tuple[int, bool] | None:
    """The key that is asked for: tonic 0-11 (0 = C) and whether it is minor."""
    name = settings.get("key")
    return (_KEYS[name].tonic, _KEYS[name].minor) if name else None


def tempos(settings: Mapping[str, Any], otherwise: tuple[Tempo, ...]) -> tuple[Tempo, ...]:
    """The tempo that is asked for, from the beginning on; else the music's own."""
    return (Tempo(0, _mpq(settings["tempo"])),) if settings.get("tempo") else otherwise


def _mpq(qpm: float) -> int:
    return round(60_000_000 / qpm)


def onward(chosen: Passage, settings: Mapping[str, Any]) -> Passage:
    """The passage, with the metre and the tempo that new bars are to have."""
    if settings.get("metre"):
        beats, kind = settings["metre"].split("/")
        chosen = replace(chosen, metre=(int(beats), int(kind)))
    return replace(chosen, mpq=_mpq(settings["tempo"])) if settings.get("tempo") else chosen


def moved(chosen: Passage, settings: Mapping[str, Any]) -> Passage:
    """The passage as a model is shown it: by at most six semitones nearer to the key that is asked for.

    A key has the notes of its relative one, so from major to minor the music is moved to the relative major.
    """
    wanted, found = key(settings), _latest(chosen)
    if wanted is None or found is None:
        return chosen
    semitones = (_signature(*wanted) - _signature(found.tonic, found.minor) + 5) % 12 - 5
    tracks = tuple(_transposed(track, semitones) for track in chosen.score.tracks)
    score = replace(chosen.score, tracks=tracks, key_signatures=())
    return replace(chosen, score=score, line=_transposed(chosen.line, semitones))


def _latest(chosen: Passage) -> Key | None:
    bars = chosen.score.bars[-LATEST:]
    return estimate_key(chosen.score.slice_ticks(bars[0].start, chosen.end)) or estimate_key(chosen.line)


def _signature(tonic: int, minor: bool) -> int:
    """The tonic of the major key with these notes."""
    return (tonic + 3 * minor) % 12


def _transposed(track: Track, semitones: int) -> Track:
    if track.is_drum:
        return track
    pitches = [(note, note.pitch + semitones) for note in track.notes]
    within = [(note, pitch - 12 * (pitch > 127) + 12 * (pitch < 0)) for note, pitch in pitches]
    return replace(track, notes=tuple(note._replace(pitch=pitch) for note, pitch in within))
