"""Recipes as command lines: what to type to have the same music written again. Knows the options of the verbs.

A recipe comes from a file and so from anybody: what stands in it is quoted for the shell, and nothing is run.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

_PLAIN = ("tempo", "temperature", "top_k", "top_p", "min_p", "repetition", "style", "density", "chords", "key", "metre")
"""Settings that are options under their own names."""
_VERBS = {"resemble": "restyle"}


def command(recipe: Mapping[str, Any]) -> str | None:
    """What to type, IN.mid and OTHER.mid in place of the music it was made from; None where the recipe says too little.

    What a setting's default would do is not spelled out twice: every value that the recipe has becomes an option.
    """
    verb = recipe.get("verb")
    settings = recipe.get("settings")
    if recipe.get("forbidden"):  # lines that are not to come again: nobody would type them
        return None
    if not isinstance(verb, str) or verb not in _OPTIONS or not isinstance(settings, Mapping):
        return None
    try:
        words = ["studio", _VERBS.get(verb, verb), *_SOURCES.get(verb, ("IN.mid",))]
        words += [*_OPTIONS[verb](recipe), "--model", recipe["model"], "--seed", recipe["seed"]]
    except (KeyError, TypeError, ValueError):
        return None
    for name in _PLAIN:
        if settings.get(name) not in (None, ""):
            words += [f"--{name.replace('_', '-')}", settings[name]]
    words += ["--ending"] if settings.get("ending") else []
    words += ["--by-ear"] if settings.get("harmonise") is False else []
    words += ["--voice-leading"] if settings.get("voice_leading") else []
    return " ".join(shlex.quote(str(word)) for word in [*words, "--out", "OUT.mid"])


def _track(recipe: Mapping[str, Any], option: str = "--track", name: str = "melody_track") -> list[object]:
    return [option, int(recipe[name]) + 1] if recipe.get(name) is not None else []


def _bars(recipe: Mapping[str, Any]) -> list[object]:
    first, last = recipe["first_bar"], recipe.get("last_bar")
    return ["--bars", f"{int(first)}-{'' if last is None else int(last)}"]


def _continue(recipe: Mapping[str, Any]) -> list[object]:
    last = recipe.get("last_bar")
    words = ["--bars", recipe["bars"], "--first-bar", recipe["first_bar"]]
    return [*words, *(["--last-bar", last] if last is not None else []), *_track(recipe)]


def _infill(recipe: Mapping[str, Any]) -> list[object]:
    words = _bars(recipe)
    if recipe.get("tracks") is not None:
        words += ["--tracks", ",".join(str(int(track) + 1) for track in recipe["tracks"])]
    if recipe.get("keep"):
        words += ["--keep", ",".join(f"{int(note['bar'])}:{int(note['pitch'])}" for note in recipe["keep"])]
    return words


def _accompany(recipe: Mapping[str, Any]) -> list[object]:
    played = recipe.get("instruments")
    return [*_bars(recipe), *_track(recipe), *(["--with", ",".join(played)] if played else [])]


def _vary(recipe: Mapping[str, Any]) -> list[object]:
    return ["--amount", recipe["amount"], *_bars(recipe), *_track(recipe)]


def _blend(recipe: Mapping[str, Any]) -> list[object]:
    return ["--steps", recipe["steps"], *_track(recipe), *_track(recipe, "--other-track", "other_track")]


def _resemble(recipe: Mapping[str, Any]) -> list[object]:
    other = _track(recipe, "--other-track", "other_track")
    return ["--like", "OTHER.mid", "--strength", recipe["strength"], *other, *_bars(recipe), *_track(recipe)]


_OPTIONS: Mapping[str, Callable[[Mapping[str, Any]], list[object]]] = {
    "continue": _continue,
    "infill": _infill,
    "accompany": _accompany,
    "restyle": _accompany,
    "vary": _vary,
    "blend": _blend,
    "resemble": _resemble,
}
_SOURCES = {"blend": ("IN.mid", "OTHER.mid")}
