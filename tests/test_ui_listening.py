"""The listening test's tab without a browser: what a listener is told when, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from studio import listening
from studio.listening import ListeningTest
from studio.ui import listening_tab
from studio.ui.line import Line
from studio.ui.listening import questions
from studio.ui.listening_tab import SAME_PLACE, ListeningTab
from studio.ui.visits import Visits
from studio.ui.words import Words

HINTS = ("lstm", "transformer", "vae", "person", "temperature", "model")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def place(tiny_checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The studio's data with one test in it: the example tunes gone on from by three models."""
    data = tmp_path_factory.mktemp("data")
    chosen = listening.systems(person=False)
    *_, test = listening.make(data / "listening" / "one", chosen, listening.of_examples(2), items=4, seed=2)
    assert isinstance(test, ListeningTest) and len(test.systems) == 3
    return data


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(listening_tab, "QUESTIONS", questions.Questions(clock))
    return clock


@pytest.fixture
def tab(place: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[ListeningTab]:
    monkeypatch.setenv("STUDIO_DATA", str(place))
    with gr.Blocks(), gr.Tabs():
        tab = ListeningTab(Words(), Visits(data=place), Line(1))
    yield tab
    if tab._votes is not None:
        tab._votes.close()
    for path in place.glob("*.sqlite3*"):
        path.unlink()


def visitor(name: str = "a") -> Any:
    return SimpleNamespace(session_hash=f"page {name}", cookies={"studio-visitor": name * 32} if name else {})


def shown(tab: ListeningTab, changes: Iterator[dict[Any, Any]]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The component's value, and the notice, at last."""
    together: dict[Any, Any] = {}
    for change in changes:
        together |= change
    page = together.get(tab.page)
    return json.loads(page) if page else None, together.get(tab.notice)


def event(key: str, choice: Any = 0, heard: Any = (30.0, 30.0)) -> Any:
    return SimpleNamespace(key=key, choice=choice, heard=list(heard) if isinstance(heard, tuple) else heard)


def voted(tab: ListeningTab, clock: Clock, value: dict[str, Any], choice: Any = 0, who: str = "a") -> Any:
    """Hear all of it, then answer."""
    clock.now += 2 * value["length_s"] + 1
    heard = (value["length_s"],) * 2
    return shown(tab, tab.vote(visitor(who), None, event(value["key"], choice, heard)))


def test_nothing_is_kept_before_a_listener_agrees(tab: ListeningTab, place: Path) -> None:
    value, notice = shown(tab, tab.greet(visitor(), None))
    assert value is not None and value["state"] == "welcome" and notice is None
    assert "12 questions" in value["about"] and "2 pieces" in value["about"]
    (test,) = listening.tests(place / "listening")
    assert tab._store().sitting(test, listening.listener_of("a" * 32)) is None
    value, _ = shown(tab, tab.agree(visitor(), None))
    assert value is not None and (value["state"], value["number"], value["total"]) == ("question", 1, 12)
    assert tab._store().sitting(test, listening.listener_of("a" * 32)) is not None


def test_before_the_vote_nothing_tells_who_wrote_what(tab: ListeningTab, clock: Clock, place: Path) -> None:
    (test,) = listening.tests(place / "listening")
    value, _ = shown(tab, tab.agree(visitor(), None))
    keys = set()
    while value is not None and value["state"] == "question":
        told = json.dumps(value | {"asked": ""}).lower()
        assert [word for word in HINTS if word in told] == []
        assert [item.name for item in test.items if item.name in told] == []
        numbers = {name: value[name] for name in ("lead_s", "least_s", "length_s", "tie", "names", "whole")}
        assert set(value) == {"state", "key", "asked", "number", "total"} | set(numbers)
        keys.add(value["key"])
        value, _ = voted(tab, clock, value, choice=value["number"] % 2)
    assert len(keys) == 12 and value is not None and value["state"] == "done"
    rows = value["parts"][0]["rows"]
    assert sorted(row["name"] for row in rows) == ["Tiny", "Tiny three", "Tiny too"]
    assert value["thanks"].endswith("12.") and "Votes: 12. Listeners: 1." in value["counted"]


def test_the_sounds_of_a_question_are_alike_and_gone_when_it_is_answered(
    tab: ListeningTab, clock: Clock, place: Path
) -> None:
    value, _ = shown(tab, tab.agree(visitor(), None))
    assert value is not None
    client = TestClient(Starlette(routes=listening_tab.QUESTIONS.routes))
    answers = [client.get(f"/listening/{value['key']}/{number}") for number in (0, 1)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content != answers[1].content and answers[0].headers == answers[1].headers
    assert len(answers[0].content) / 4 / 44100 == pytest.approx(value["length_s"], abs=0.01)
    lead = round(4 * 44100 * (value["lead_s"] - 0.5)) // 4 * 4
    later = client.get(f"/listening/{value['key']}/0", params={"from": "1"})
    assert later.content == answers[0].content[4 * 44100 :] and lead > 0
    assert client.get(f"/listening/{value['key']}/0", params={"from": "nan"}).content == answers[0].content
    assert client.get(f"/listening/{value['key']}/2").status_code == 404
    assert client.get("/listening/nothing/0").status_code == 404
    voted(tab, clock, value)
    assert client.get(f"/listening/{value['key']}/0").status_code == 404


def test_a_vote_counts_only_after_all_was_heard(tab: ListeningTab, clock: Clock) -> None:
    value, _ = shown(tab, tab.agree(visitor(), None))
    assert value is not None and value["lead_s"] + 4 == pytest.approx(value["least_s"])
    least = value["least_s"]
    clock.now += 100
    page, notice = shown(tab, tab.vote(visitor(), None, event(value["key"], 0, (least, least - 1))))
    assert page is None and notice is not None and notice["kind"] == "error" and "at least" in notice["text"]
    # Nor can more have been heard than time has passed.
    value, _ = shown(tab, tab.greet(visitor(), None))
    assert value is not None and value["number"] == 1
    clock.now += least
    page, notice = shown(tab, tab.vote(visitor(), None, event(value["key"], 0, (least, least))))
    assert page is None and notice is not None
    clock.now += least
    page, notice = shown(tab, tab.vote(visitor(), None, event(value["key"], 0, (least, least))))
    assert page is not None and page["number"] == 2 and notice is None


def test_whoever_chooses_one_place_on_and_on_has_to_hear_all_of_it_once(tab: ListeningTab, clock: Clock) -> None:
    value, _ = shown(tab, tab.agree(visitor(), None))
    for _ in range(SAME_PLACE - 1):
        assert value is not None
        clock.now += 60
        value, _ = shown(tab, tab.vote(visitor(), None, event(value["key"], 1, (value["least_s"],) * 2)))
    assert value is not None and value["number"] == SAME_PLACE
    clock.now += 60
    heard = (value["least_s"],) * 2
    again, notice = shown(tab, tab.vote(visitor(), None, event(value["key"], 1, heard)))
    assert again is not None and again["key"] == value["key"] and again["whole"] and not value["whole"]
    assert notice is not None and "8 times in a row" in notice["text"]
    # Another answer would have counted, and this one does when all was heard.
    value, notice = voted(tab, clock, again, choice=1)
    assert value is not None and value["number"] == SAME_PLACE + 1 and notice is None


@pytest.mark.parametrize(
    ("choice", "heard"),
    [(2, (30.0, 30.0)), (-1, (30.0, 30.0)), ("0", (30.0, 30.0)), (0, (30.0,)), (0, "ab"), (0, (30.0, None)), (0, None)],
)
def test_what_is_no_answer_is_refused(tab: ListeningTab, clock: Clock, choice: Any, heard: Any) -> None:
    value, _ = shown(tab, tab.agree(visitor(), None))
    assert value is not None
    clock.now += 100
    page, notice = shown(tab, tab.vote(visitor(), None, event(value["key"], choice, heard)))
    assert page is None and notice is not None and notice["kind"] == "error"
    value, _ = shown(tab, tab.greet(visitor(), None))
    assert value is not None and value["number"] == 1


def test_a_question_of_another_listener_or_an_old_one_is_asked_anew(tab: ListeningTab, clock: Clock) -> None:
    value, _ = shown(tab, tab.agree(visitor(), None))
    assert value is not None
    theirs, _ = shown(tab, tab.agree(visitor("b"), None))
    assert theirs is not None
    for key in (theirs["key"], "nothing", None):
        page, notice = shown(tab, tab.vote(visitor(), None, event(key)))
        assert page is not None and page["number"] == 1 and notice is not None and "no longer open" in notice["text"]


def test_two_windows_do_not_answer_twice(tab: ListeningTab, clock: Clock) -> None:
    one, _ = shown(tab, tab.agree(visitor(), None))
    other, _ = shown(tab, tab.greet(visitor(), None))
    assert one is not None and other is not None and one["key"] != other["key"]
    voted(tab, clock, one)
    _, notice = voted(tab, clock, other)
    assert notice is not None and notice["kind"] == "error" and "not open any more" in notice["text"]


def test_without_a_cookie_there_is_no_vote_and_without_a_test_how_to_make_one(
    tab: ListeningTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, notice = shown(tab, tab.greet(visitor(""), None))
    assert page is None and notice is not None and "cookie" in notice["text"]
    _, notice = shown(tab, tab.agree(visitor(""), None))
    assert notice is not None and "cookie" in notice["text"]
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path))
    (changes,) = tab.greet(visitor(), None)
    assert changes[tab.page] is None and changes[tab.making]["elem_classes"] == ["plain"]
    _, notice = shown(tab, tab.agree(visitor(), None))
    assert notice is not None and "no listening test" in notice["text"]


def test_results_are_for_who_has_finished_and_gone_with_who_withdraws(tab: ListeningTab, clock: Clock) -> None:
    value, _ = shown(tab, tab.agree(visitor(), None))
    assert value is not None
    wanted = SimpleNamespace(what="votes")
    _, notice = shown(tab, tab.csv(visitor(), None, wanted))
    assert notice is not None and "has voted" in notice["text"]
    voted(tab, clock, value, choice=None)
    value, _ = shown(tab, tab.finish(visitor(), None))
    assert value is not None and value["state"] == "done" and len(value["parts"][0]["rows"]) == 3
    for what, rows in (("votes", 2), ("results", 4)):
        for changes in tab.csv(visitor(), None, SimpleNamespace(what=what)):
            text = Path(changes[tab.downloads[what]]["path"]).read_text()
            assert text.count("\n") == rows and text.startswith("listener," if what == "votes" else "asked,")
    _, notice = shown(tab, tab.csv(visitor(), None, SimpleNamespace(what="../x")))
    assert notice is not None and notice["kind"] == "error"
    value, notice = shown(tab, tab.withdraw(visitor(), None))
    assert value is not None and value["state"] == "welcome" and notice is not None and "1 answers" in notice["text"]


def test_the_page_makes_a_test_and_tells_how_far_it_is(
    tab: ListeningTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path))
    monkeypatch.setattr(listening_tab, "PASSAGES", 1)
    notices = [change[tab.notice] for change in tab.make(visitor()) if change.get(tab.notice)]
    assert [notice["done"] for notice in notices if notice["total"]] == [0, 1, 2, 3]
    assert notices[-1]["kind"] == "done" and "ready" in notices[-1]["text"]
    (test,) = listening.tests(tmp_path / "listening")
    value, _ = shown(tab, tab.greet(visitor(), test.name))
    assert value is not None and value["state"] == "welcome"


def test_the_making_can_be_stopped(tab: ListeningTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path))
    run, notices = tab.make(visitor()), []
    for changes in run:
        notices.append(changes.get(tab.notice))
        if notices[-1] and notices[-1]["done"] == 2:
            tab.stop(visitor("b"))  # who did not start it does not end it
        if notices[-1] and notices[-1]["done"] == 3:
            tab.stop(visitor())
    assert [notice["done"] for notice in notices if notice and notice["total"]] == [0, 1, 2, 3]
    assert any(notice and "Stopped" in notice["text"] for notice in notices)
    assert list((tmp_path / "listening").iterdir()) == []


def test_of_several_tests_the_chosen_one_is_asked(tab: ListeningTab, place: Path, tmp_path: Path) -> None:
    import shutil

    (test,) = listening.tests(place / "listening")
    other = place / "listening" / "two"
    shutil.copytree(test.folder, other)
    told = json.loads((other / "test.json").read_text()) | {"name": "f" * 16, "made": "2999-01-01", "title": "Other"}
    (other / "test.json").write_text(json.dumps(told))
    try:
        (changes,) = tab.greet(visitor(), None)
        assert changes[tab.choice]["value"] == "f" * 16 and changes[tab.several]["elem_classes"] == ["plain"]
        (changes,) = tab.greet(visitor(), test.name)
        assert changes[tab.choice]["value"] == test.name
        (changes,) = tab.greet(visitor(), "../nowhere")
        assert changes[tab.choice]["value"] == "f" * 16
    finally:
        shutil.rmtree(other)
