"""The component that asks, and what it shows. Knows words and what there is to be shown, and nothing of who votes.

Before the vote nothing of who wrote what is in a value: `asking` gets a key and numbers only.
"""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from studio.listening import SITTING, ListeningTest, Part, Results, Share, Standing, System
from studio.ui import widgets
from studio.ui.listening.questions import Open
from studio.ui.words import Words

NAMES = "ABC"


def component(words: Words, elem_id: str) -> gr.HTML:
    """Nothing at first. Its events: `agree`, `vote` (with key, choice, heard), `finish`, `withdraw`, `csv` (what)."""
    return widgets.component("listening/listening.html", ["listening/listening.js"], elem_id, words.group("listening"))


def welcome(test: ListeningTest, words: Words) -> str:
    """Before anything is kept: what is asked, and what will be kept."""
    questions = min(SITTING, len(test.plan))
    seconds = test.of * sum(test.lengths_s) / len(test.lengths_s) + 5
    minutes = max(1, round(questions * seconds / 60))
    about = words("listening.about", questions=questions, minutes=minutes, pieces=test.of)
    return json.dumps({"state": "welcome", "about": about})


def asking(key: str, question: Open, total: int, *, whole: bool = False) -> str:
    """One question out of `total`; `whole`: it can be answered only after all was heard to the end."""
    asked, of = question.question.asked, question.test.of
    told = {"state": "question", "key": key, "asked": asked, "number": question.number + 1, "total": total}
    told |= {"names": NAMES[:of], "tie": question.tie, "whole": whole, "lead_s": question.lead_s}
    told |= {"least_s": question.least_s, "length_s": question.length_s}
    return json.dumps(told)


def done(test: ListeningTest, found: Results, own: int, words: Words) -> str:
    """The results, for who has answered; `own`: how many answers are theirs."""
    left_out = words("listening.left_out", count=found.left_out) if found.left_out else ""
    votes = sum(part.votes for part in found.parts)
    told = {
        "state": "done",
        "thanks": words("listening.thanks", count=own),
        "counted": words("listening.counted", votes=votes, listeners=found.listeners),
        "left_out": left_out,
        "parts": [_part(test, part, words) for part in found.parts if part.votes],
    }
    return json.dumps(told)


def _part(test: ListeningTest, part: Part, words: Words) -> dict[str, Any]:
    ordered = list(part.standings)
    if part.asked == "person":  # no matter of strength
        ordered.sort(key=lambda standing: -(standing.chosen.share or 0))
    return {
        "title": words(f"listening.{part.asked}"),
        "right": _right(part, words) if part.right is not None else "",
        "rows": [_row(test, standing, words, strong=part.asked == "prefer") for standing in ordered],
        "even": part.chance,
    }


def _row(test: ListeningTest, standing: Standing, words: Words, *, strong: bool) -> dict[str, Any]:
    strength = standing.strength
    return {
        "name": name_of(test.systems[standing.system], words),
        "chosen": words("listening.of", count=standing.chosen.count, of=standing.chosen.of),
        "share": _bar(standing.chosen),
        "strength": {"at": strength.share, "low": strength.low, "high": strength.high} if strong else None,
    }


def _right(part: Part, words: Words) -> str:
    right = part.right
    assert right is not None
    values = {"share": right.share or 0.0, "low": right.low, "high": right.high, "chance": part.chance}
    told = {name: f"{number:.0%}" for name, number in values.items()}
    return words("listening.right", count=right.count, of=right.of, **told)


def _bar(share: Share) -> dict[str, float] | None:
    return None if share.share is None else {"at": share.share, "low": share.low, "high": share.high}


def name_of(system: System, words: Words) -> str:
    """What to call a system, once that may be told."""
    if not system.model:
        return words("listening.a_person")
    title = words.told(system.title)
    if system.temperature is None:
        return title
    return words("listening.system_at", model=title, temperature=f"{system.temperature:g}")
