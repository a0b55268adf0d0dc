"""The library: what stands in it, what is suggested and why, likes that are kept, settings that are set."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from desk import event, last
from test_store import ANNA, BERT, seed, take

from studio import pipeline
from studio.pipeline import Advice, Seed
from studio.taste.space import WORDS as TRAITS
from studio.ui.accompany_tab import AccompanyTab
from studio.ui.continue_tab import ContinueTab
from studio.ui.handlers import WRITERS
from studio.ui.history_panel import HistoryPanel
from studio.ui.library import component
from studio.ui.library.shelf import EXAMPLE, Shelf, shelf
from studio.ui.library_tab import LibraryTab
from studio.ui.line import Line
from studio.ui.result_panel import ResultPanel
from studio.ui.seed_panel import SeedPanel
from studio.ui.visits import COOKIE, SEED, SHELVED, OnDesk, Result, Visit, Visits
from studio.ui.words import Words, languages

pytestmark = pytest.mark.usefixtures("tiny_checkpoints")
WORDS = Words()


def asking(visitor: str | None, page: str = "page") -> Any:
    return SimpleNamespace(session_hash=page, cookies={COOKIE: visitor} if visitor else {})


class Page:
    """The library beside the tabs that continue and accompany."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits
        with gr.Blocks():
            line, seed, result = Line(WRITERS), SeedPanel(WORDS, visits), ResultPanel(WORDS, visits)
            self.history = HistoryPanel(WORDS, visits)
            with gr.Tabs() as place:
                self.tabs = {}
                for kind in (ContinueTab, AccompanyTab):
                    with gr.Tab(kind.verb, id=kind.verb) as opened:
                        tab = kind(WORDS, visits, line, seed, result, self.history)
                    tab.opened = opened
                    self.tabs[kind.verb] = tab
            with gr.Tabs():
                self.library = LibraryTab(WORDS, visits)
            self.library.connect(seed.start_from, seed.outputs, place, list(self.tabs.values()))
        self.place = place

    def shown(self, visitor: str | None = ANNA) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(last(self.library.show(asking(visitor)))[self.library.library])
        return found

    def cards(self, section: str, visitor: str | None = ANNA) -> list[dict[str, Any]]:
        (found,) = [one["cards"] for one in self.shown(visitor)["sections"] if one["name"] == section]
        return list(found)

    def like(self, id: object, liked: object, visitor: str | None = ANNA) -> dict[Any, Any]:
        return last(self.library.like(asking(visitor), event(id=id, liked=liked)))


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(Visits(data=tmp_path))


def worked(visit: Visit) -> None:
    visit.put(SEED, OnDesk(seed()))
    visit.written(Result((take(0), take(1))))


def example(stem: str) -> Seed:
    (path,) = [path for _, path in pipeline.examples() if path.stem == stem]
    return pipeline.read(path, stem)


# --- what stands in it -----------------------------------------------------------------------------------------------


def test_the_library_has_the_visitors_music_newest_first_and_every_example_once(page: Page) -> None:
    visit = page.visits.at(asking(ANNA))
    worked(visit)
    visit.put(SEED, OnDesk(example("ode-to-joy")))
    own, tunes = page.cards("own"), page.cards("examples")
    assert [card["title"] for card in own] == ["Take 2 of “a tune”", "Take 1 of “a tune”", "a tune"]
    assert [card["title"] for card in tunes] == [title for title, _ in pipeline.examples()]
    assert len({card["id"] for card in [*own, *tunes]}) == 3 + len(tunes)
    assert all(card["look"] and card["liked"] == 0 for card in [*own, *tunes])
    assert own[0]["why"] == ""  # six new notes say nothing of what they are like
    assert "a single line" in own[2]["why"]


def test_on_the_first_visit_there_are_suggestions_without_any_likes(page: Page) -> None:
    shown = page.shown()
    first = shown["sections"][0]
    assert len(first["cards"]) == 8 and first["note"] == WORDS("library.start")
    assert all(card["why"] for card in first["cards"]) and shown["next"] == [] and shown["likeable"]
    assert page.cards("own") == [] and page.shown() == shown


def test_what_was_judged_is_not_suggested_again_and_the_rest_says_why(page: Page) -> None:
    liked = [EXAMPLE + stem for stem in ("ode-to-joy", "twinkle-twinkle", "auld-lang-syne")]
    for id in liked:
        assert page.like(id, 1) == {page.library.notice: None}
    page.like(EXAMPLE + "evening-window", -1)
    first = page.shown()["sections"][0]
    ids = [card["id"] for card in first["cards"]]
    assert len(ids) == 5 and not set(ids) & {*liked, EXAMPLE + "evening-window"}
    assert first["note"] == "By what you liked (3) and did not (1)."
    assert any(card["why"].startswith("Like ") for card in first["cards"])
    for id in ids:
        page.like(id, 1)
    assert page.shown()["sections"][0]["note"] == WORDS("library.all_judged")


def test_likes_are_kept_and_nobody_else_sees_them(page: Page, tmp_path: Path) -> None:
    page.like(EXAMPLE + "greensleeves", 1)
    page.like(EXAMPLE + "greensleeves", -1)
    worked(page.visits.at(asking(ANNA)))
    newest = page.cards("own")[0]["id"]
    page.like(newest, 1)
    page.like(page.cards("own")[1]["id"], 1, BERT)  # not theirs: nothing comes of it
    again = Page(Visits(data=tmp_path))
    liked = {card["id"]: card["liked"] for card in [*again.cards("own"), *again.cards("examples")] if card["liked"]}
    assert liked == {EXAMPLE + "greensleeves": -1, newest: 1}
    assert not any(card["liked"] for card in again.cards("examples", BERT))
    result = page.visits.at(asking(ANNA)).result
    assert result is not None and [piece.liked for piece in result.pieces] == [0, 1]


def test_an_example_that_was_judged_is_in_the_history_once_it_was_worked_with(page: Page) -> None:
    page.like(EXAMPLE + "greensleeves", 1)
    visit = page.visits.at(asking(ANNA))
    assert visit.store is not None
    (piece,) = visit.store.tree(ANNA)
    assert piece.liked == 1 and SHELVED in piece.details
    assert json.loads(page.history.refresh(asking(ANNA))[page.history.tree])["pieces"] == []
    last(page.library.from_here(asking(ANNA), event(id=EXAMPLE + "greensleeves")))
    assert visit.seed is not None and visit.seed.sha256 == example("greensleeves").sha256
    (row,) = json.loads(page.history.refresh(asking(ANNA))[page.history.tree])["pieces"]
    assert row["id"] == piece.id and [card["liked"] for card in page.cards("examples") if card["liked"]] == [1]


def test_what_is_no_opinion_is_none(page: Page) -> None:
    for liked in (2, -2, True, "1", None, 0.5):
        assert page.like(EXAMPLE + "greensleeves", liked) == {}
    assert not any(card["liked"] for card in page.cards("examples"))


def test_music_that_is_gone_gets_a_sentence(page: Page) -> None:
    for shown in (
        page.like("nothing", 1),
        last(page.library.hear(asking(ANNA), event(id="nothing"))),
        last(page.library.from_here(asking(ANNA), event(id=None))),
    ):
        assert shown == {page.library.notice: {"kind": "error", "text": WORDS("history.gone"), "done": 0, "total": 0}}


def test_music_of_the_library_can_be_heard_again_and_again(page: Page) -> None:
    told = [last(page.library.hear(asking(ANNA), event(id=EXAMPLE + "minuet-in-g")))[page.library.heard] for _ in "ab"]
    addresses = [json.loads(text)["url"] for text in told]
    assert addresses[0] != addresses[1] and all(address.startswith("sound/") for address in addresses)
    hearing = page.visits.at(asking(ANNA)).hearing
    assert list(hearing.keys) == ["library"]  # the one before is let go


def test_without_a_cookie_there_is_music_but_no_likes(page: Page) -> None:
    shown = last(page.library.show(asking(None)))
    assert shown[page.library.notice]["text"] == WORDS("history.no_cookie")
    value = json.loads(shown[page.library.library])
    assert not value["likeable"] and len(value["sections"][0]["cards"]) == 8
    page.like(EXAMPLE + "greensleeves", 1, None)
    assert not any(card["liked"] for card in page.cards("examples", None))


# --- why -------------------------------------------------------------------------------------------------------------


def suggested(visit: Visit, likes: dict[str, int]) -> tuple[Shelf, dict[str, str]]:
    found = shelf(visit)
    items = tuple(
        replace(item, piece=replace(item.piece, liked=likes.get(item.id.removeprefix(EXAMPLE), 0)))
        for item in found.items
    )
    now = Shelf(items)
    return now, {one.item.id.removeprefix(EXAMPLE): component._why(one, now, WORDS) for one in now.suggestions()}


def test_reasons_are_true(page: Page) -> None:
    visit = page.visits.at(asking(ANNA))
    now, why = suggested(visit, {"ode-to-joy": 1, "twinkle-twinkle": 1})
    words = {item.id.removeprefix(EXAMPLE): set(item.tasted.words) for item in now.items if item.tasted}
    by_name = {text: name for name, text in component_words().items()}
    seen = 0
    for stem, text in why.items():
        if not text.startswith("Like 2 of your likes: "):
            continue
        said = {by_name[part] for part in text.partition(": ")[2].split(", ")}
        assert said and said <= words[stem] & words["ode-to-joy"] & words["twinkle-twinkle"]
        seen += 1
    assert seen


def test_after_dislikes_alone_nothing_is_said_to_be_liked(page: Page) -> None:
    _, why = suggested(page.visits.at(asking(ANNA)), {"ode-to-joy": -1})
    assert set(why.values()) >= {WORDS("library.because_unlike")}
    assert not any(text.startswith("Like ") for text in why.values())


def component_words(language: str = "en") -> dict[str, str]:
    group = Words(language).group("library")
    return {name.removeprefix("trait_"): text for name, text in group.items() if name.startswith("trait_")}


@pytest.mark.parametrize("language", languages())
def test_every_trait_has_a_word_of_its_own(language: str) -> None:
    said = component_words(language)
    assert said.keys() == {word for pair in TRAITS.values() for word in pair if word}
    assert len(set(said.values())) == len(said)


# --- what to try next ------------------------------------------------------------------------------------------------


def test_settings_and_styles_to_try_are_told_and_can_be_set(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    page.like(EXAMPLE + "ode-to-joy", 1)
    advice = Advice("continue", "transformer", {"temperature": 0.8, "style": "folk", "chords": "C", "nothing": 1}, 2, 3)
    monkeypatch.setattr(Shelf, "advice", lambda self: [advice, Advice("restyle", "transformer", {}, 0, 1, True)])
    first, trial, *styles = page.shown()["next"]
    assert first["text"] == "Continue: Tiny too" and "You liked 2 of the 3 takes" in first["why"]
    assert "(temperature): 0.8" in first["why"] and "Style: Folk tune" in first["why"]
    assert first["fields"] == {"model": "transformer", "temperature": 0.8, "style": "folk"}
    assert trial["verb"] == "accompany" and trial["why"].startswith("To find out")
    assert styles and all(one["verb"] == "continue" and one["fields"]["style"] for one in styles)

    shown = last(page.library.set_up(asking(ANNA), event(verb="continue", fields=first["fields"])))
    tab = page.tabs["continue"]
    assert shown[tab.model]["value"] == "transformer"
    assert shown[tab.controls["temperature"]]["value"] == 0.8 and shown[tab.controls["style"]]["value"] == "folk"
    assert shown[page.place]["selected"] == "continue"
    assert page.visits.at(asking(ANNA)).fields["continue-temperature"] == 0.8


def test_what_cannot_be_set_does_no_harm(page: Page) -> None:
    nonsense = (None, [], "x", {}, {"nothing": 1}, {"model": "nobody", "temperature": "<b>"})
    for verb, fields in itertools.product(("continue", "compare", None), nonsense):
        shown = last(page.library.set_up(asking(ANNA), event(verb=verb, fields=fields)))
        assert shown.get(page.library.notice, {"kind": "done"})["kind"] == "done"


def test_takes_that_were_judged_lead_to_advice(page: Page) -> None:
    visit = page.visits.at(asking(ANNA))
    worked(visit)
    for card in page.cards("own")[:2]:
        page.like(card["id"], 1)
    first, trial = shelf(visit).advice()
    assert (first.verb, first.model, first.liked, first.judged, first.trial) == ("continue", "lstm", 2, 2, False)
    assert first.settings == {"temperature": 1.0} and trial.trial and trial.model in ("transformer", "vae", "lstm")
