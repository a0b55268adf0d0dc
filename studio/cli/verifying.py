"""The command that says where a file comes from: verify."""

from __future__ import annotations

import argparse
import json
from typing import Any

from studio import pipeline
from studio.cli import recipes
from studio.cli.command import Command

_STATES = {
    "own": "signed by this studio ({key}), and unchanged since",
    "other": "signed by another studio ({key}), and unchanged since; ask its owner whether that is their key",
    "changed": "CHANGED since studio {key} signed it",
    "forged": "FORGED or damaged: the record does not fit its signature",
    "unsigned": "not signed: nothing says where it comes from",
}
_NOT_RECORDED = "not recorded"


def _declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a file that a studio has saved, or a zip of stems or a project")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _verify(args: argparse.Namespace) -> int:
    """0: signed and unchanged; 1: changed, forged or not signed."""
    origin = pipeline.verify(args.file)
    again = recipes.command(origin.recipe) if origin.recipe else None
    if args.json:
        told = {"state": origin.state, "key": origin.key, "record": origin.record, "command": again}
        print(json.dumps(told, indent=1))
    else:
        print("\n".join(_lines(origin, again)))
    return 0 if origin.unchanged else 1


def _lines(origin: pipeline.Origin, again: str | None) -> list[str]:
    rows = [("file", _STATES[origin.state].format(key=origin.key))]
    if origin.state != "unsigned":
        trust = "" if origin.unchanged else " (so its record says; do not rely on it)"
        rows += [("made", _made(origin) + trust), *_models(origin)]
        rows += [("seed", f"sha256 {_line(origin.record['seed'])}")] if origin.record.get("seed") else []
        rows += [("again", again)] if again else []
        rows += [("saved", f"{_line(origin.record.get('created'))}, studio {_line(origin.record.get('studio'))}")]
    width = max(len(label) for label, _ in rows)
    return [f"{label:<{width}}  {text}" for label, text in rows]


def _made(origin: pipeline.Origin) -> str:
    names = ", ".join(model["name"] for model in origin.models)
    if origin.record.get("models") is None:
        return f"by whom or what: {_NOT_RECORDED}"
    if not names:
        return "by no model: it is music that somebody brought here, drew, sang or played"
    edited = origin.recipe is not None and origin.recipe.get("edited")
    return f"with the model {names}" + (", then changed by hand" if edited else "")


def _models(origin: pipeline.Origin) -> list[tuple[str, str]]:
    rows = []
    for model in origin.models:
        rows.append(("weights", f"{model['name']}: {_sum(model['sha256'])}"))
        rows.append(("pieces", f"list of those that it learned from: {_sum(model.get('manifest'))}"))
        data: Any = model.get("data")
        sources = [s for s in data if isinstance(s, dict)] if isinstance(data, list) else []
        told = dict.fromkeys(f"{_line(s.get('name'))}: {_line(s.get('licence'))}" for s in sources)
        rows += [("learned", source) for source in told or [f"from what: {_NOT_RECORDED}"]]
    return rows


def _sum(sha256: object) -> str:
    return f"sha256 {_line(sha256)}" if sha256 else _NOT_RECORDED


def _line(text: object) -> str:
    """What a stranger's record says, on one line that does nothing to a terminal."""
    return "".join(letter for letter in str(text) if letter.isprintable())[:300]


COMMANDS = (Command("verify", "Say where a file comes from, and if it is unchanged.", _declare, _verify),)
