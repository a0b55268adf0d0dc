"""What a visit keeps, and what the cards and the history say of it; the handlers without a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from desk import event, last
from test_store import ANNA, BERT, seed, take

from studio import midi, pipeline, store
from studio.store import Piece
from studio.ui.cards import cards, tree
from studio.ui.history_panel import HistoryPanel
from studio.ui.project_panel import ProjectPanel
from studio.ui.visits import COOKIE, SEED, WORK, OnDesk, Result, Visit, Visits
from studio.ui.words import Words

WORDS = Words()


def asking(visitor: str | None, page: str = "page") -> Any:
    return SimpleNamespace(session_hash=page, cookies={COOKIE: visitor} if visitor else {})


@pytest.fixture
def visits(tmp_path: Path) -> Visits:
    return Visits(data=tmp_path)


def worked(visit: Visit, name: str = "a tune") -> None:
    """Two takes of a seed, the second of them shown."""
    visit.put(SEED, OnDesk(replace(seed(), name=name)))
    visit.written(Result((take(0, name), take(1, name))))
    visit.choose(1)


def test_a_visitor_who_comes_back_finds_what_they_left(visits: Visits, tmp_path: Path) -> None:
    visit = visits.at(asking(ANNA))
    worked(visit)
    visit.remember({"continue-bars": 4})
    assert visit.result is not None
    visit.keep(visit.result.pieces[0].id, True)
    # A new page, and a new server.
    again = Visits(data=tmp_path).at(asking(ANNA, "another page"))
    assert again.seed == seed()
    assert again.result is not None
    assert (again.result.shown, [t.recipe["seed"] for t in again.result.takes]) == (1, [7, 8])
    assert again.result.pieces == visit.result.pieces
    assert [piece.kept for piece in again.result.pieces] == [True, False]
    assert (again.fields, again.places) == ({"continue-bars": 4}, visit.places)
    assert again.trouble == ""


def test_nobody_finds_anything_of_anybody_else(visits: Visits) -> None:
    worked(visits.at(asking(ANNA)))
    piece = visits.at(asking(ANNA)).places[SEED]
    other = visits.at(asking(BERT, "another page"))
    assert other.seed is other.result is other.piece(piece) is None
    # Not on the same page either, should the browser have been given another name.
    same = visits.at(asking(BERT))
    assert same.seed is same.result is None and same.places == {}


@pytest.mark.parametrize("cookie", [None, "", "x", "A" * 32, "../" * 10 + "aa"])
def test_without_a_name_all_goes_on_and_nothing_is_kept(visits: Visits, tmp_path: Path, cookie: str | None) -> None:
    visit = visits.at(asking(cookie))
    worked(visit)
    assert visit.result is not None
    assert visit.piece(visit.result.pieces[1].id) == visit.result.pieces[1]
    assert visit.store is None and not (tmp_path / WORK).exists()


def test_a_cookie_may_be_called_anything(visits: Visits) -> None:
    from gradio.route_utils import Obj

    request = SimpleNamespace(session_hash="page", cookies=Obj({"get": "x", "keys": "y", COOKIE: ANNA}))
    assert visits.at(request).visitor == ANNA


def test_takes_hang_below_the_music_they_were_made_from(visits: Visits) -> None:
    visit = visits.at(asking(ANNA))
    worked(visit)
    assert visit.result is not None and visit.store is not None
    first = visit.result.pieces[0]
    assert first.parent == visit.places[SEED]
    # Continued from there, by way of a file or not: it is the same piece.
    visit.put(SEED, OnDesk(pipeline.read(first.midi, "downloaded")))
    assert visit.places[SEED] == first.id
    more = take(5)
    visit.written(Result((replace(more, recipe={**more.recipe, "source": first.sha256}),)))
    assert visit.result.pieces[0].parent == first.id
    assert len(visit.store.tree(ANNA)) == 4


def test_the_same_seed_is_kept_once(visits: Visits) -> None:
    for page in ("one", "two"):
        visit = visits.at(asking(ANNA, page))
        visit.put(SEED, OnDesk(seed()))
        visit.put("blend-other", OnDesk(seed(50)))
    assert visit.store is not None and len(visit.store.tree(ANNA)) == 2


def test_a_store_that_fails_takes_nothing_from_the_music(visits: Visits, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = visits.at(asking(ANNA))
    assert visit.store is not None
    visit.store.close()
    worked(visit)
    assert visit.result is not None and visit.result.take.recipe["seed"] == 8
    assert "could not be" in visit.trouble


def test_a_folder_that_cannot_be_had_is_told_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    visits = Visits(data=tmp_path / "file")
    worked(visits.at(asking(ANNA)))
    panel = panels(visits)[0]
    assert "STUDIO_DATA" in panel.refresh(asking(ANNA))[panel.notice]["text"]


def test_a_damaged_store_is_told_on_the_page(tmp_path: Path) -> None:
    (tmp_path / WORK).write_bytes(b"nonsense" * 100)
    panel = panels(Visits(data=tmp_path))[0]
    assert "set aside" in panel.refresh(asking(ANNA))[panel.notice]["text"]


# --- what is shown ---------------------------------------------------------------------------------------------------


def piece(name: str, parent: str | None = None) -> Piece:
    return Piece("seed", name, b"", "", id=name, parent=parent, created=datetime(2026, 1, 1, tzinfo=UTC))


def test_the_history_is_arranged_as_a_tree_with_its_lines() -> None:
    pieces = [piece("a"), piece("b"), piece("a1", "a"), piece("b1", "b"), piece("a2", "a"), piece("a11", "a1")]
    assert [(p.name, lines) for p, lines in tree.arranged([*pieces, piece("lost", "gone")])] == [
        ("lost", []),
        ("b", []),
        ("b1", [False]),
        ("a", []),
        ("a1", [True]),
        ("a11", [True, False]),
        ("a2", [False]),
    ]


def test_a_long_chain_of_takes_is_no_trouble() -> None:
    chain = [piece(f"{n}", f"{n - 1}" if n else None) for n in range(2000)]
    assert [len(lines) for _, lines in tree.arranged(chain)] == list(range(2000))


def test_pieces_are_told_in_words(visits: Visits) -> None:
    visit = visits.at(asking(ANNA))
    worked(visit, "")
    assert visit.result is not None and visit.store is not None
    root, first, second = visit.store.tree(ANNA)
    told = json.loads(tree.value(visit.store.tree(ANNA), WORDS, {"lstm": "LSTM"}, on_desk={root.id}, shown={second.id}))
    rows = told["pieces"]
    assert [(row["title"], row["facts"], row["mark"], row["take"]) for row in rows] == [
        ("Seed: Untitled", "2 bars · 16 notes", "on_desk", False),
        ("Take 1", f"Continue · LSTM · 1 bar · {first.notes} new notes", "", True),
        ("Take 2", f"Continue · LSTM · 1 bar · {second.notes} new notes", "shown", True),
    ]
    shown = json.loads(cards.value(visit.result, WORDS, keepable=True, sounds=["sound/a"]) or "")
    assert [(card["title"], card["sound"]) for card in shown["cards"]] == [("Take 1", "sound/a"), ("Take 2", "")]
    assert shown["shown"] == second.id
    assert cards.value(None, WORDS, keepable=True) is None


# --- handlers --------------------------------------------------------------------------------------------------------


def panels(visits: Visits) -> tuple[HistoryPanel, ProjectPanel, list[Any]]:
    """The panels on a page whose seed and result are one text each, and what was shown there."""
    told: list[Any] = []

    def start(visit: Visit, piece: Piece) -> Any:
        visit.put(SEED, OnDesk(piece.seed()))
        told.append(("seed", piece.number))
        yield {}

    def show(visit: Visit) -> Any:
        assert visit.result is not None
        told.append(("result", visit.result.shown))
        yield {}

    with gr.Blocks():
        text = gr.Textbox()
        history = HistoryPanel(WORDS, visits)
        project = ProjectPanel(WORDS, visits)
        history.connect(start, [text], show, [text])
        project.connect(history, [])
    return history, project, told


def test_pieces_are_shown_started_from_kept_and_forgotten(visits: Visits) -> None:
    visit = visits.at(asking(ANNA))
    worked(visit)
    assert visit.store is not None and visit.result is not None
    _, first, second = visit.store.tree(ANNA)
    history, _, told = panels(visits)
    visit.result = None
    shown = last(history.show_piece(asking(ANNA), event(id=first.id)))
    assert told == [("result", 0)] and "Shown again: Take 1" in shown[history.notice]["text"]
    assert visit.result.pieces == (first, second)
    shown = last(history.from_here(asking(ANNA), event(id=second.id)))
    assert told[1:] == [("seed", 2)] and visit.places[SEED] == second.id
    history.keep(asking(ANNA), event(id=first.id, kept=True))
    assert [p.kept for p in visit.store.tree(ANNA)] == [False, True, False]
    assert visit.result.pieces[0].kept
    shown = last(history.forget(asking(ANNA), event(id=first.id)))
    assert len(json.loads(shown[history.tree])["pieces"]) == 2


@pytest.mark.parametrize("id", ["", "0" * 16, None, 7, {"a": 1}])
def test_what_is_not_there_is_told(visits: Visits, id: Any) -> None:
    history, _, told = panels(visits)
    handlers = (history.show_piece, history.from_here)
    sentences = [last(handler(asking(ANNA), event(id=id)))[history.notice] for handler in handlers]
    sentences.append(last(history.forget(asking(ANNA), event(id=id)))[history.notice])
    assert [said["text"] for said in sentences] == [WORDS("history.gone")] * 3
    assert told == []


def test_a_seed_cannot_be_shown_as_a_take(visits: Visits) -> None:
    visit = visits.at(asking(ANNA))
    worked(visit)
    history, _, told = panels(visits)
    shown = last(history.show_piece(asking(ANNA), event(id=visit.places[SEED])))
    assert shown[history.notice]["kind"] == "error" and told == []
    assert visit.result is not None and len(visit.result.takes) == 2


def test_a_project_is_saved_and_opened(visits: Visits, tmp_path: Path) -> None:
    worked(visits.at(asking(ANNA)))
    _, project, _ = panels(visits)
    path = tmp_path / "saved.zip"
    for saved in project.save(asking(ANNA)):
        # It is there for as long as it takes to hand it over.
        path.write_bytes(Path(saved[project.download]["path"]).read_bytes())
        assert "3 pieces" in saved[project.notice]["text"]
    shown = last(project.open(asking(BERT, "another page"), str(path)))
    assert "3 pieces" in shown[project.notice]["text"]
    other = visits.at(asking(BERT, "another page"))
    assert other.result is not None and other.result.shown == 1 and other.seed == seed()
    (tmp_path / "bad.zip").write_bytes(b"nonsense")
    shown = last(project.open(asking(BERT), str(tmp_path / "bad.zip")))
    assert shown[project.notice]["kind"] == "error"
    nobody = last(project.save(asking(None, "a third page")))
    assert "cookies" in nobody[project.notice]["text"]


def test_what_is_kept_is_music_that_others_can_read(visits: Visits) -> None:
    visit = visits.at(asking(ANNA))
    worked(visit)
    assert visit.result is not None
    for kept, written in zip(visit.result.pieces, visit.result.takes, strict=True):
        score = midi.load(kept.midi).score
        assert [t.notes for t in score.tracks] == [t.notes for t in written.score.tracks if t.notes]
    assert store.is_visitor(visit.visitor)
