"""What the page's tabs are made of: visits kept apart, names made safe, constant templates, words."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio import pipeline
from studio.score import Note, Score, Tempo, TimeSignature, Track
from studio.ui import describe, visits, widgets
from studio.ui.line import Line
from studio.ui.sounds import SOUNDS
from studio.ui.visits import Visits
from studio.ui.words import Words

UI = Path(widgets.__file__).parent
WORDS = Words()


def test_a_visit_is_known_by_its_name_and_no_name_is_nobody() -> None:
    desks = Visits()
    assert desks.of("../../etc") is desks.of("../../etc")
    assert desks.of(None) is not desks.of(None)
    assert desks.of("a") is desks.of("a")


def test_visits_are_cleared_away_when_nobody_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    desks = Visits(clock=lambda: now)
    old = desks.of("old")
    address = old.hearing.offer(visits.SEED, Score(tracks=(Track((Note(0, 60, 480, 80),)),)))
    now = visits.KEEP_S / 2
    assert desks.of("other") is not old and SOUNDS._find(address.removeprefix("sound/")) is not None
    now = visits.KEEP_S + 1
    desks.of("other")
    # With the visit goes what could be heard.
    assert list(desks._visits) == ["other"] and SOUNDS._find(address.removeprefix("sound/")) is None
    monkeypatch.setattr(visits, "MOST", 2)
    for name in ("b", "c"):
        desks.of(name)
    assert list(desks._visits) == ["b", "c"]


def test_whoever_stands_in_line_knows_how_many_are_before_and_may_leave() -> None:
    line = Line(2)
    with line.ticket() as a, line.ticket() as b:
        with line.ticket() as c:
            with line.ticket() as d:
                assert [line.before(ticket) for ticket in (a, b, c, d)] == [0, 0, 1, 2]
            with line.ticket() as e:
                assert line.before(e) == 2
        with pytest.raises(ZeroDivisionError), line.ticket():
            _ = 1 / 0
        assert line.before(b) == 0
    with line.ticket() as f:
        assert line.before(f) == 0


@pytest.mark.parametrize("name", ["../../etc/passwd", "${alert(1)}", "<img src=x>", "x" * 300, "", "?!", "旋律"])
def test_a_visitors_name_cannot_lead_a_file_elsewhere(name: str) -> None:
    take: Any = SimpleNamespace(name=name, bars_new=8, recipe={"model": "lstm", "seed": 3})
    path = Path("folder", pipeline.file_name(take, "mid"))
    assert path.parent == Path("folder") and path.suffix == ".mid" and len(path.name) < 120
    assert not set("/\\${}<>") & set(path.name)
    assert "lstm" in path.name and "8" in path.name and "3" in path.name


@pytest.mark.parametrize(
    ("title", "file", "source"),
    [("Greensleeves (English)", "greensleeves", ""), ("A tune", "my file", "from my file"), ("", "my file", "")],
)
def test_a_files_name_is_told_where_the_title_does_not_say_it(title: str, file: str, source: str) -> None:
    seed = pipeline.Seed(Score(title=title), file)
    assert describe.facts(seed, WORDS)["source"] == source


def test_of_many_tracks_and_repairs_the_first_are_told_and_the_rest_counted() -> None:
    tracks = tuple(Track((Note(0, 60, 480, 80),), name=f"Part {i}") for i in range(20))
    repairs = tuple(f"Repair {i}." for i in range(11))
    facts = describe.facts(pipeline.Seed(Score(tracks=tracks), "big", repairs), WORDS)
    assert len(facts["tracks"]) == describe.MOST_TRACKS + 1 and facts["tracks"][-1][1] == "and 8 more"
    assert facts["repairs"][:8] == list(repairs[:8]) and facts["repairs"][8:] == ["and 3 more repairs"]


def test_what_is_said_of_music_without_pitch_name_or_steady_metre() -> None:
    drums = Track(tuple(Note(i * 480, 38, 120, 80) for i in range(16)), is_drum=True)
    metres = (TimeSignature(0, 4, 4), TimeSignature(1920, 3, 4))
    score = Score(480, (drums, Track()), (Tempo(0, 500_000), Tempo(1920, 600_000)), metres)
    facts = describe.facts(pipeline.Seed(score), WORDS)
    chips = dict(facts["chips"])
    assert facts["title"] == "Untitled" and chips["Key, estimated"] == "no clear key"
    assert "changes" in chips["Metre"] and "100" in chips["Tempo"] and "120" in chips["Tempo"]
    assert facts["tracks"] == [["Track 1", "Drums, 16 notes"], ["Track 2", "Acoustic Grand Piano, no notes"]]
    assert describe.track_choices(pipeline.Seed(score), WORDS, drums=False) == []
    assert [index for _, index in describe.track_choices(pipeline.Seed(score), WORDS, drums=True)] == [0]


def test_templates_are_constant() -> None:
    """Gradio runs what stands in `${...}` and `{{...}}`: a template that shows a value would run a visitor's text."""
    for path in UI.glob("*.html"):
        assert not re.search(r"\$\{|\{\{|`|\\", path.read_text()), path.name
    for path in UI.glob("*.js"):
        assert "innerHTML" not in path.read_text() and "outerHTML" not in path.read_text(), path.name
    own = [widgets.header(WORDS), widgets.facts("x"), widgets.notice("x")]
    for part in own:
        name = part.elem_classes[0].removesuffix("-component")
        assert part.html_template == (UI / f"{name}.html").read_text()


# --- words ------------------------------------------------------------------------------------------------------------


KEY = r"[a-z]+\.\w+"
FILES = (".html", ".js", ".css", ".mid", ".wav", ".py")


def used_keys(groups: set[str]) -> set[str]:
    """Every text in the code that looks like a key of the words, of one of these groups."""
    texts = {
        node.value
        for path in UI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    found = {text for text in texts if re.fullmatch(KEY, text) and text.partition(".")[0] in groups}
    return {text for text in found if not text.endswith(FILES)}


FIELDS = {
    "continue": "bars track first_bar last_bar",
    "infill": "first_bar last_bar",
    "accompany": "track first_bar last_bar",
    "vary": "amount track first_bar last_bar",
    "blend": "steps track other other_track",
    "resemble": "strength track other other_track first_bar last_bar",
    "compare": "bars track first_bar last_bar",
}
"""The fields of each tab whose words are found by the tab's name."""
PAIRS = ("blend", "resemble")


def test_every_key_that_is_used_has_its_words_and_every_word_is_used() -> None:
    sentences: dict[str, str] = json.loads((UI / "strings" / "en.json").read_text(encoding="utf-8"))
    # Handed over together or by a name that the model gives.
    by_group = (
        "control.",
        "app.",
        "figure.",
        "rank.",
        "roll.",
        "export.",
        "keys.",
        "sound.",
        "takes.",
        "history.",
        "judgement.",
        "report.",
        "library.",
        "listening.",
    )
    headings = {f"{card}.{part}" for card in ("seed", "settings", "result") for part in ("heading", "intro")}
    tabs = {f"{verb}.{part}" for verb in FIELDS for part in ("tab", "no_model", "generate")}
    fields = {f"{verb}.{field}{part}" for verb in FIELDS for field in FIELDS[verb].split() for part in ("", "_help")}
    music = {f"{place}.{part}" for place in ("seed", *PAIRS) for part in ("file", "examples", "player")}
    used = (
        used_keys({key.partition(".")[0] for key in sentences})
        | headings
        | tabs
        | fields
        | music
        | {f"{verb}.no_other" for verb in PAIRS}
    )
    assert used <= sentences.keys()
    assert {key for key in sentences if not key.startswith(by_group)} == {
        key for key in used if not key.startswith(by_group)
    }


def test_an_unknown_language_is_english_and_a_missing_key_is_an_error() -> None:
    assert Words("tlh")("app.title") == WORDS("app.title") and Words("tlh").language == "en"
    with pytest.raises(KeyError):
        WORDS("no.such.key")
