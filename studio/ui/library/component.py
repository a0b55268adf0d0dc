"""The library as cards: what to hear next and why, what to ask for next, the visitor's music, the example tunes.

Knows shelves and words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from studio.pipeline import Advice, ModelInfo
from studio.ui import describe, widgets
from studio.ui.cards import tree
from studio.ui.library.shelf import Item, Shelf, Suggested
from studio.ui.words import Words

FOUND_BY_THE_SEED = ("chords", "key", "metre", "tempo")
"""Settings that belong to one piece of music, not to taste."""
PAGES = {"restyle": "accompany"}
"""Verbs that are asked for on the tab of another."""


def component(words: Words, elem_id: str) -> gr.HTML:
    """An empty library. Its events are `wanted`, `like`, `hear`, `from_here` and `set_up`, see library.js."""
    return widgets.component(
        "library/library.html", ["cards/look.js", "library/library.js"], elem_id, words.group("library")
    )


def value(shelf: Shelf, words: Words, models: Mapping[str, ModelInfo], *, likeable: bool) -> str:
    """What the library shows; `models` by name. Likes can be given where they are kept."""
    suggested = shelf.suggestions()
    own, tunes = ([item for item in shelf.items if item.place == place] for place in ("own", "example"))
    sections = [
        _section(
            "for_you", _noted(shelf, suggested, words), [_suggested(one, shelf, words) for one in suggested], words
        ),
        _section("own", "" if own else words("library.own_empty"), [_card(item, words) for item in own], words),
        _section("examples", "", [_card(item, words) for item in tunes], words),
    ]
    return json.dumps({"sections": sections, "next": list(next_steps(shelf, words, models)), "likeable": likeable})


def _section(name: str, note: str, cards: Sequence[Mapping[str, Any]], words: Words) -> dict[str, Any]:
    title = words(f"library.{name}", count=len(cards))
    return {"name": name, "title": title, "note": note, "cards": list(cards)}


def _noted(shelf: Shelf, suggested: Sequence[Suggested], words: Words) -> str:
    """What the suggestions go by."""
    if not suggested:
        return words("library.all_judged")
    if not shelf.judged:
        return words("library.start")
    likes = len(shelf.likes)
    said = [words("library.learned", likes=likes, dislikes=len(shelf.judged) - likes)]
    if any(one.why.reason == "trial" for one in suggested):
        said.append(words("library.with_trials"))
    return words.together(said)


def _suggested(one: Suggested, shelf: Shelf, words: Words) -> dict[str, Any]:
    return _card(one.item, words) | {"why": _why(one, shelf, words)}


def _card(item: Item, words: Words) -> dict[str, Any]:
    piece = item.piece
    count = describe.new_notes if piece.kind == "take" else describe.notes
    facts = [describe.bars(piece.bars, words), count(piece.notes, words)]
    return {
        "id": item.id,
        "title": title(item, words),
        "facts": " · ".join(facts),
        "look": piece.look,
        "liked": piece.liked,
        "why": traits(item.tasted.words, words) if item.tasted else "",
    }


def title(item: Item, words: Words) -> str:
    """What to call a piece of the library."""
    if item.piece.kind == "take":
        return words("library.take", take=tree.title(item.piece, words), name=item.piece.name)
    return item.piece.name.strip() or words("seed.unnamed")


def traits(names: Sequence[str], words: Words) -> str:
    """What music is called, in words: "slow, minor, wide leaps"."""
    said = words.group("library")
    return said["between"].join(said[f"trait_{name}"] for name in names)


def _why(one: Suggested, shelf: Shelf, words: Words) -> str:
    """Why a piece is suggested."""
    own = traits(one.item.tasted.words[:3], words) if one.item.tasted else ""
    if one.why.reason == "liked":
        if not shelf.likes:
            return words("library.because_unlike")
        if not one.common.words:
            return words("library.because_near")
        shared = traits(one.common.words, words)
        if len(one.alike) == 1:
            return words("library.because_one", name=title(one.alike[0], words), traits=shared)
        return words("library.because_many", count=len(one.alike), traits=shared)
    if one.why.reason == "trial":
        return words("library.because_trial", traits=own) if own else words("library.because_trial_plain")
    return own


# --- what to ask for next --------------------------------------------------------------------------------------------


def next_steps(shelf: Shelf, words: Words, models: Mapping[str, ModelInfo]) -> Iterator[dict[str, Any]]:
    """Settings and styles to try: `text` and `why` to be read, `verb` and `fields`, by name, to be set on its tab."""
    for advice in shelf.advice():
        model = models[advice.model]
        verb = PAGES.get(advice.verb, advice.verb)
        settings = settable(advice, model)
        key = "library.advice_trial" if advice.trial else "library.advice"
        key = key if advice.judged else "library.advice_new"
        yield {
            "text": words("library.with_model", verb=words(f"{verb}.tab"), model=words.told(model.title)),
            "why": words.together(
                [words(key, liked=advice.liked, judged=advice.judged), *_told(settings, advice, model, words)]
            ),
            "verb": verb,
            "fields": {"model": advice.model, **settings},
        }
    for style, said in shelf.styles():
        able = next((m for m in models.values() if style in _styles(m)), None)
        if able is not None:
            shown = words("library.style_why", traits=traits(said, words)) if said else ""
            yield {
                "text": words("library.style", style=words(f"control.style.{style}")),
                "why": shown,
                "verb": "continue",
                "fields": {"model": able.name, "style": style},
            }


def settable(advice: Advice, model: ModelInfo) -> dict[str, Any]:
    """The settings that the model has and that are a matter of taste."""
    offered = {control.name for control in model.controls_of(advice.verb)} - set(FOUND_BY_THE_SEED)
    return {name: value for name, value in advice.settings.items() if name in offered}


def _told(settings: Mapping[str, Any], advice: Advice, model: ModelInfo, words: Words) -> list[str]:
    """The settings that are not as usual, in words."""
    usual = {control.name: control.default for control in model.controls_of(advice.verb)}
    told = [
        words(
            "library.setting",
            name=words.get(f"control.{name}", name),
            value=words.get(f"control.{name}.{value}", f"{value:g}" if isinstance(value, float) else str(value)),
        )
        for name, value in settings.items()
        if value is not None and value != usual[name]
    ]
    return [words("library.settings", settings=words("library.between").join(told))] if told else []


def _styles(model: ModelInfo) -> Sequence[Any]:
    if "continue" not in model.verbs:
        return ()
    return next((control.choices or () for control in model.controls if control.name == "style"), ())
