"""What the page's tabs are made of: visits kept apart, names made safe, constant templates, words."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio.ui import describe, visits, widgets
from studio.ui.visits import Visits
from studio.ui.words import Words

UI = Path(widgets.__file__).parent
WORDS = Words()


def test_a_visits_name_is_never_a_path_and_no_name_is_nobody() -> None:
    desks = Visits()
    assert "etc" not in str(desks.of("../../etc").folder)
    assert desks.of(None) is not desks.of(None)
    assert desks.of("a") is desks.of("a")


def test_visits_are_cleared_away_when_nobody_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    desks = Visits(clock=lambda: now)
    old = desks.of("old").folder
    now = visits.KEEP_S / 2
    assert desks.of("other").folder != old and old.exists()
    now = visits.KEEP_S + 1
    desks.of("other")
    assert not old.exists()
    monkeypatch.setattr(visits, "MOST", 2)
    folders = [desks.of(name).folder for name in ("b", "c")]
    assert all(folder.exists() for folder in folders) and len(desks._visits) == 2


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "etc passwd"),
        ("${alert(1)}", "alert 1"),
        ("<img src=x>", "img src x"),
        ("Für Elise", "Für Elise"),
        ("旋律", "旋律"),
        ("?!", "Untitled"),
        ("", "Untitled"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_visitors_name_cannot_lead_a_file_elsewhere(name: str, kept: str) -> None:
    take: Any = SimpleNamespace(name=name, bars_new=8, recipe={"model": "lstm", "seed": 3})
    assert describe.file_name(take, WORDS) == f"{kept}, continued (lstm, 8 bars, number 3)"


def test_templates_are_constant() -> None:
    """Gradio runs what stands in `${...}` and `{{...}}`: a template that shows a value would run a visitor's text."""
    for path in UI.glob("*.html"):
        assert not re.search(r"\$\{|\{\{|`|\\", path.read_text()), path.name
    for path in UI.glob("*.js"):
        assert "innerHTML" not in path.read_text() and "outerHTML" not in path.read_text(), path.name
    own = [widgets.header(WORDS), widgets.player(WORDS, "x", "x"), widgets.facts("x"), widgets.notice("x")]
    for part in own:
        name = part.elem_classes[0].removesuffix("-component")
        assert part.html_template == (UI / f"{name}.html").read_text()


# --- words ------------------------------------------------------------------------------------------------------------


KEY = r"(seed|facts|settings|result|error|continue|app)\.\w+"


def used_keys() -> set[str]:
    """Every text in the code that looks like a key of the words."""
    texts = {
        node.value
        for path in UI.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.fullmatch(KEY, text) and text not in ("seed.mid", "seed.wav")}


def test_every_key_that_is_used_has_its_words_and_every_word_is_used() -> None:
    sentences: dict[str, str] = json.loads((UI / "strings" / "en.json").read_text(encoding="utf-8"))
    by_group = ("control.", "player.", "app.")  # handed over together or by a name that the model gives
    headings = {f"{card}.{part}" for card in ("seed", "settings", "result") for part in ("heading", "intro")}
    assert used_keys() <= sentences.keys()
    assert {key for key in sentences if not key.startswith(by_group)} == {
        key for key in used_keys() | headings if not key.startswith(by_group)
    }


def test_an_unknown_language_is_english_and_a_missing_key_is_an_error() -> None:
    assert Words("tlh")("app.title") == WORDS("app.title") and Words("tlh").language == "en"
    with pytest.raises(KeyError):
        WORDS("no.such.key")
