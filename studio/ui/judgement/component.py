"""The component that shows how a take is judged. Knows Gradio and the words; what it shows goes in as data only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import gradio as gr

from studio.ui import widgets
from studio.ui.judgement.strips import Strip
from studio.ui.words import Words

ELEM_ID = "judgement"


@dataclass(frozen=True)
class Verdict:
    """Whether a take is original: `kind` is "original", "common", "copied", or "" where that is not known."""

    kind: str
    words: str
    alarms: str = ""


@dataclass(frozen=True)
class PassageCard:
    """A passage that a take shares: what it is called, what there is to say, and where both sides can be heard."""

    title: str
    facts: str
    take: str = ""
    source: str = ""
    shown: bool = False


@dataclass(frozen=True)
class Reason:
    """What speaks for a take or, as a `fault`, against it."""

    words: str
    fault: bool = False


@dataclass(frozen=True)
class Judgement:
    """What the panel says of the take of that `id`; `liked` is None where likes cannot be kept. See judgement.js."""

    id: str
    summary: str
    liked: int | None
    strips: Sequence[Strip] = ()
    about: str = ""
    verdict: Verdict | None = None
    passages: Sequence[PassageCard] = ()
    again: bool = False
    rank: str = ""
    reasons: Sequence[Reason] = ()
    busy: bool = False

    @property
    def value(self) -> str:
        """The component's value."""
        return json.dumps(asdict(self))


def component(words: Words) -> gr.HTML:
    """An empty panel. Its events are `like`, `show_passage` and `write_again`, see judgement.js."""
    return widgets.component("judgement/judgement.html", ["judgement/judgement.js"], ELEM_ID, words.group("judgement"))
