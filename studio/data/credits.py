"""The credits that a prepared folder's licences ask for, as Markdown. Knows the manifest only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from studio.data.corpora import CORPORA

_HEAD = """# Credits

The music that the models learned from. It was turned into tokens and transposed for training; none of it is contained
here. Thanks to everybody who wrote it down and gave it away.

| collection | by | licence | pieces |
|---|---|---|---|
"""
_LINKS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-2.5": "https://creativecommons.org/licenses/by/2.5/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
}
_BY = ", typeset by "


def credits_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Collections with their makers and licences, what is to be known of them, and who typeset the CC-BY pieces."""
    collections: Counter[tuple[str, str, str]] = Counter()
    typeset: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        maker, _, typesetter = row["credit"].partition(_BY)
        collections[row["corpus"], maker, row["licence"]] += 1
        if typesetter and row["licence"].startswith("CC-BY"):
            typeset[typesetter].add(f"{row['title']} ({row['licence']})")
    lines = [
        f"| {_linked(name)} | {maker} | {_licence(licence)} | {n:,} |"
        for (name, maker, licence), n in sorted(collections.items())
    ]
    notes = sorted({CORPORA[name].note for name, _, _ in collections if name in CORPORA and CORPORA[name].note})
    text = _HEAD + "\n".join(lines) + "\n"
    if notes:
        text += "\n" + "\n".join(f"- {_title_of(note, collections)}: {note}" for note in notes) + "\n"
    if typeset:
        text += "\n## Typesetters of the Mutopia Project, whose editions are licensed CC-BY\n\n"
        text += "".join(f"- {name}: {'; '.join(sorted(typeset[name]))}\n" for name in sorted(typeset))
    return text


def _linked(name: str) -> str:
    corpus = CORPORA.get(name)
    if corpus is None:
        return name
    return f"[{corpus.title}]({corpus.url})" if corpus.url else corpus.title


def _licence(licence: str) -> str:
    return f"[{licence}]({_LINKS[licence]})" if licence in _LINKS else licence


def _title_of(note: str, collections: Mapping[tuple[str, str, str], int]) -> str:
    """The collections that a note is about."""
    named = (CORPORA[name] for name, _, _ in sorted(collections) if name in CORPORA)
    return ", ".join(dict.fromkeys(corpus.title for corpus in named if corpus.note == note))
