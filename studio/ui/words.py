"""Every sentence the page can show, by key, one JSON file per language. Knows nothing of what they are about."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parent / "strings"
DEFAULT = "en"


def languages() -> list[str]:
    """The codes of the languages there is a file for, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


class Words:
    """The sentences of one language; a key it lacks is said in English, a language without a file too."""

    def __init__(self, language: str = DEFAULT) -> None:
        self.language = language if language in languages() else DEFAULT
        self._sentences = _read(DEFAULT) | _read(self.language)

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence of `key` with its `{names}` filled in; KeyError when there is no such key."""
        return self._sentences[key].format(**values)

    def get(self, key: str, otherwise: str = "") -> str:
        """The sentence of `key`, or `otherwise` where there is none: for what a model brings along."""
        return self._sentences.get(key, otherwise)

    def group(self, prefix: str) -> dict[str, str]:
        """All sentences whose key starts with `prefix.`, keyed by the rest: the dictionary of one script."""
        start = len(prefix) + 1
        return {key[start:]: text for key, text in self._sentences.items() if key.startswith(f"{prefix}.")}


def _read(language: str) -> dict[str, str]:
    sentences: dict[str, str] = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return sentences
