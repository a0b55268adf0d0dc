"""What a visitor asks of a model, one class a verb, and whether the model honours it. Bars count from 1, tracks from 0.

The fields that are no part of the class are the model's controls, see `ModelInfo.controls`; None leaves one at the
model's default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from studio import harmony
from studio.errors import SettingError
from studio.models import Control
from studio.pipeline.catalogue import ModelInfo

MAX_BARS = 128
MAX_TAKES = 8
_MAX_SEED = 2**63 - 1
_MOST_FORBIDDEN = 64


@dataclass(frozen=True)
class Asked:
    """What every verb is asked: `takes` results by `model`, the same every time for the same `seed` number.

    Take i is what seed number `seed` + i writes alone. `forbidden`: lines that are not to come again, each as its steps
    from note to note in semitones (see `Shared.steps`).
    """

    model: str
    seed: int = 0
    takes: int = 1
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition: int | None = None
    style: str | None = None
    density: str | None = None
    chords: str | None = None
    forbidden: tuple[tuple[int, ...], ...] = ()

    @property
    def seeds(self) -> list[int]:
        """The seed number of each take."""
        return [self.seed + i for i in range(self.takes)]


@dataclass(frozen=True)
class Request(Asked):
    """Continue a seed: `bars` new bars after `first_bar` to `last_bar`, both included (None: to the end).

    `melody_track`: the one that leads (None: the best guess). The new bars are in `key` ("D minor"), at `tempo` (in
    quarter notes a minute) and in `metre` ("6/8"); None: as the seed is at its end. `ending`: come to a close.
    """

    bars: int = 8
    melody_track: int | None = None
    first_bar: int = 1
    last_bar: int | None = None
    ending: bool | None = None
    key: str | None = None
    tempo: float | None = None
    metre: str | None = None


@dataclass(frozen=True)
class CompareRequest:
    """Continue a seed with every model that can, as a `Request` says it, each at its own defaults."""

    bars: int = 8
    seed: int = 0
    melody_track: int | None = None
    first_bar: int = 1
    last_bar: int | None = None


@dataclass(frozen=True)
class Kept:
    """Notes that are to stay in what is written anew: those of this `pitch` (0-127) that begin in this `bar`."""

    bar: int
    pitch: int


@dataclass(frozen=True)
class InfillRequest(Asked):
    """Write bars `first_bar` to `last_bar` of `tracks` (None: all) anew, but for the notes in `keep`."""

    first_bar: int = 1
    last_bar: int | None = None
    tracks: tuple[int, ...] | None = None
    keep: tuple[Kept, ...] = ()


@dataclass(frozen=True)
class AccompanyRequest(Asked):
    """Write what goes with the melody: `instruments` by name (None: the style's own), for `first_bar` to `last_bar`.

    `harmonise`: find chords for the melody first, where none are given, and follow them. `voice_leading`: keep to the
    rules of four-part writing, where there are four voices. `tempo`: of all of it, in quarter notes a minute (None: the
    seed's own).
    """

    melody_track: int | None = None
    first_bar: int = 1
    last_bar: int | None = None
    instruments: tuple[str, ...] | None = None
    harmonise: bool | None = None
    voice_leading: bool | None = None
    tempo: float | None = None


@dataclass(frozen=True)
class VaryRequest(Asked):
    """Vary the melody in bars `first_bar` to `last_bar`: `amount` 0 leaves it as it is, 1 lets go of it (0-1)."""

    amount: float = 0.3
    melody_track: int | None = None
    first_bar: int = 1
    last_bar: int | None = None


@dataclass(frozen=True)
class BlendRequest(Asked):
    """Lead from a seed's melody to another's in `steps` (3-16) steps, the melodies themselves the first and last."""

    steps: int = 5
    melody_track: int | None = None
    other_track: int | None = None


@dataclass(frozen=True)
class ResembleRequest(Asked):
    """Give the melody in bars `first_bar` to `last_bar` the manner of another's: `strength` 0 not at all, 1 wholly."""

    strength: float = 0.7
    melody_track: int | None = None
    other_track: int | None = None
    first_bar: int = 1
    last_bar: int | None = None


def settled(request: Asked, info: ModelInfo, verb: str) -> dict[str, Any]:
    """The value of each control of the verb; SettingError for one it does not offer or a value out of range."""
    check_seed(request.seed)
    check_whole("takes", request.takes, 1, MAX_TAKES)
    _check_forbidden(request.forbidden)
    offered = {control.name: control for control in info.controls_of(verb)}
    values = {f.name: getattr(request, f.name) for f in fields(request) if f.name in _CONTROLS}
    for name, value in values.items():
        if value is not None and name not in offered:
            raise SettingError(f"Model '{info.name}' has no setting '{name}'; it has {', '.join(offered)}.")
    return {name: _value(control, values.get(name)) for name, control in offered.items()}


_OF_ONE_VERB = {"ending", "key", "tempo", "metre", "harmonise", "voice_leading"}
_CONTROLS = {f.name for f in fields(Asked)} - {"model", "seed", "takes", "forbidden"} | _OF_ONE_VERB


def _value(control: Control, value: Any) -> Any:
    if value is None:
        return control.default
    if control.choices:
        if value not in control.choices:
            raise SettingError(f"There is no {control.name} '{value}'; choose one of: {', '.join(control.choices)}.")
    elif isinstance(control.default, str):
        return _text(control.name, value)
    elif isinstance(control.default, bool):
        if not isinstance(value, bool):
            raise SettingError(f"{control.name} is on or off (True or False), but {value!r} was given.")
    else:
        lowest = -math.inf if control.minimum is None else control.minimum
        highest = math.inf if control.maximum is None else control.maximum
        if isinstance(control.default, int):
            check_whole(control.name, value, lowest, highest)
        elif not _is_number(value) or not lowest <= value <= highest:
            raise SettingError(f"{control.name} must be from {lowest:g} to {highest:g}, but {value} was given.")
    return value


def _text(name: str, value: Any) -> str:
    """A control to be typed; chords are read here, so that a slip is told before the writing begins."""
    if not isinstance(value, str):
        raise SettingError(f"{name} is a text, but {value!r} was given.")
    if name == "chords" and value.strip():
        harmony.parse(value)
    return value.strip()


def _check_forbidden(lines: Any) -> None:
    whole = isinstance(lines, list | tuple) and len(lines) <= _MOST_FORBIDDEN
    if not whole or not all(isinstance(line, list | tuple) and all(map(_is_step, line)) for line in lines):
        raise SettingError(
            f"What is forbidden is up to {_MOST_FORBIDDEN} lines of steps in semitones: leave it out, or take the "
            "lines that a check has found."
        )


def _is_step(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 127


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def check_seed(value: Any) -> None:
    """SettingError unless `value` can be a seed number."""
    check_whole("seed", value, 0, _MAX_SEED - MAX_TAKES)


def check_share(name: str, value: Any) -> None:
    """SettingError unless `value` is a number from 0 to 1."""
    if not _is_number(value) or not 0 <= value <= 1:
        raise SettingError(f"{name} must be from 0 to 1, but {value} was given.")


def check_whole(name: str, value: Any, lowest: float, highest: float) -> None:
    """SettingError unless `value` is a whole number from `lowest` to `highest`."""
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise SettingError(f"{name} must be a whole number from {lowest:.0f} to {highest:.0f}, but {value} was given.")
