"""`Request`: what a visitor asks of a model, and whether the model honours it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from studio.errors import SettingError
from studio.models import Control
from studio.pipeline.catalogue import ModelInfo

MAX_BARS = 128
_MAX_SEED = 2**63 - 1


@dataclass(frozen=True)
class Request:
    """Continue a seed: `bars` new bars by `model`, the same every time for the same `seed` number.

    `melody_track` counts from 0 (None: the best guess), `first_bar` and `last_bar` from 1, both included (None: to the
    end). The rest are the model's controls, see `ModelInfo.controls`; None leaves one at the model's default.
    """

    model: str
    bars: int = 8
    seed: int = 0
    melody_track: int | None = None
    first_bar: int = 1
    last_bar: int | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition: int | None = None
    style: str | None = None
    ending: bool | None = None


_NO_CONTROLS = {"model", "bars", "seed", "melody_track", "first_bar", "last_bar"}


def settled(request: Request, info: ModelInfo) -> dict[str, Any]:
    """The value of each of the model's controls; SettingError for one it does not offer or a value out of range."""
    _check_whole("bars", request.bars, 1, MAX_BARS)
    _check_whole("seed", request.seed, 0, _MAX_SEED)
    values = {f.name: getattr(request, f.name) for f in fields(request) if f.name not in _NO_CONTROLS}
    offered = {control.name: control for control in info.controls}
    for name, value in values.items():
        if value is not None and name not in offered:
            raise SettingError(f"Model '{info.name}' has no setting '{name}'; it has {', '.join(offered)}.")
    return {name: _value(control, values.get(name)) for name, control in offered.items()}


def _value(control: Control, value: Any) -> Any:
    if value is None:
        return control.default
    if control.choices:
        if value not in control.choices:
            raise SettingError(f"There is no {control.name} '{value}'; choose one of: {', '.join(control.choices)}.")
    elif isinstance(control.default, bool):
        if not isinstance(value, bool):
            raise SettingError(f"{control.name} is on or off (True or False), but {value!r} was given.")
    else:
        lowest = -math.inf if control.minimum is None else control.minimum
        highest = math.inf if control.maximum is None else control.maximum
        if isinstance(control.default, int):
            _check_whole(control.name, value, lowest, highest)
        elif not _is_number(value) or not lowest <= value <= highest:
            raise SettingError(f"{control.name} must be from {lowest:g} to {highest:g}, but {value} was given.")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_whole(name: str, value: Any, lowest: float, highest: float) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise SettingError(f"{name} must be a whole number from {lowest:.0f} to {highest:.0f}, but {value} was given.")
