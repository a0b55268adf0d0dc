"""Every sentence the page can show, in each language. Knows nothing of what they are about.

The page's own sentences have keys: strings/CODE.json. What is said below the page (what went wrong, what was mended,
names of instruments and keys) comes in English and is looked up as it stands: strings/below/CODE.json, see `Catalogue`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "strings"
BELOW = FOLDER / "below"
DEFAULT = "en"


def languages() -> list[str]:
    """The codes of the languages there is a file for, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


class Words:
    """The sentences of one language; a key it lacks is said in English, a language without a file too."""

    def __init__(self, language: str = DEFAULT) -> None:
        self.language = language if language in languages() else DEFAULT
        self._sentences = _read(FOLDER / f"{DEFAULT}.json") | _read(FOLDER / f"{self.language}.json")
        self._below = Catalogue(_read(BELOW / f"{self.language}.json"))

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence of `key` with its `{names}` filled in; KeyError when there is no such key."""
        return self._sentences[key].format(**values)

    def get(self, key: str, otherwise: str = "") -> str:
        """The sentence of `key`, or `otherwise` where there is none, as `told`: for what a model brings along."""
        return self._sentences[key] if key in self._sentences else self.told(otherwise)

    def group(self, prefix: str) -> dict[str, str]:
        """All sentences whose key starts with `prefix.`, keyed by the rest: the dictionary of one script."""
        start = len(prefix) + 1
        return {key[start:]: text for key, text in self._sentences.items() if key.startswith(f"{prefix}.")}

    def told(self, text: object) -> str:
        """What is said below the page, an error for example, in this language; in English where it must be."""
        return self._below(str(text))

    def together(self, sentences: Iterable[str]) -> str:
        """One sentence after the other."""
        return self("app.between_sentences").join(sentences)


class Catalogue:
    """Translations of whole texts. In English `{}` stands for anything, in the other language `{0}` for the first.

    What stood there is translated too, if it can be: a clause, the name of an instrument.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        # Of two patterns that fit, the one that says more.
        by_length = sorted((text for text in texts if "{}" in text), key=len, reverse=True)
        self._patterns = [(_pattern(text), texts[text]) for text in by_length]

    def __call__(self, text: str) -> str:
        """The translation; the text itself where there is none."""
        if text in self._texts:
            return self._texts[text]
        for pattern, translation in self._patterns:
            if found := pattern.fullmatch(text):
                return translation.format(*map(self, found.groups()))
        return text


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, text.split("{}"))), re.DOTALL)


def _read(path: Path) -> dict[str, str]:
    """The texts of a file; none where there is no file."""
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return texts
