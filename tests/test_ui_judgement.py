"""How a take is judged beside it: strips, verdict, passages, likes, and writing it again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk import WORDS, begun, event, last, new_tab, result_of, rolled, visitor

from studio import pipeline
from studio.errors import DataError
from studio.norms import Norms
from studio.originality.index import Source
from studio.pipeline import Note, Originality, Shared
from studio.ranking import Ranked
from studio.store import Store
from studio.ui import ranks, roll
from studio.ui.continue_tab import ContinueTab
from studio.ui.judgement import again, component, passages, strips
from studio.ui.words import Words

JUDGEMENT = Path(component.__file__).parent
STYLES = {"all": 800, "melodies": 300, "pop": 120}
HOSTILE = "<b>${alert(1)}</b>"


def norms(**bands: tuple[float, ...]) -> Norms:
    """Norms of a few styles, all alike: by figure its quantiles."""
    return Norms((8, 16), STYLES, dict.fromkeys(STYLES, bands))


NORMS = norms(
    notes_per_bar=(0, 4, 5, 6, 10),
    pitch_span=(5, 10, 12, 14, 30),
    polyphony=(1, 1, 1, 1, 1),
    stepwise=(0, 0.3, 0.5, 0.7, 1),
)
SOURCE = Source("1", HOSTILE, "tunes", "CC0", "somebody", "folk", 1)


def shared(take: pipeline.Take, **changes: Any) -> Shared:
    """A passage of a take that is also a training piece's."""
    track = next(i for i, notes in enumerate(take.new) if notes)
    marked = frozenset(sorted(take.new[track])[:3])
    told = {"notes": 3, "agreement": 1.0, "bars": (1, 2), "source_bars": (5, 6), "steps": (2, 2)}
    return replace(Shared(SOURCE, track=track, marked=marked, false_alarms=0.001, **told), **changes)  # type: ignore[arg-type]


def copied(*found: Shared) -> Originality:
    return Originality("copied", 0.001, found, "This is a copy.", 1234, "The pieces are not here.")


@pytest.fixture
def tab(tiny_checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> ContinueTab:
    """A tab with a written take, where real music measures NORMS and nothing stands in a training piece."""
    monkeypatch.setattr(pipeline, "norms", lambda bars: NORMS)
    nothing = Originality("original", 0.5, (), "Nothing stands out.", 1234)
    monkeypatch.setattr(pipeline, "check", lambda take, seed=None: nothing)
    monkeypatch.setattr(pipeline, "rank", lambda takes, seed=None: (Ranked(0, 0.5, ("Reason.",)),))
    tab = new_tab()
    tab.result.judgement.result = tab.result
    tab.result.judgement.writer = tab
    last(tab.seed.open_example(visitor(), tab.seed.first or ""))
    last(begun(tab))
    return tab


def judged(tab: ContinueTab, name: str = "someone") -> dict[str, Any]:
    """What the panel says of the shown take once it is judged."""
    panel = tab.result.judgement
    shown = result_of(tab, name).pieces[result_of(tab, name).shown].id
    changes = last(panel.judge(visitor(name), json.dumps({"shown": shown})))
    assert changes[panel.component] is not None, changes[panel.notice]
    return rolled(changes[panel.component])


# --- strips -----------------------------------------------------------------------------------------------------------


def test_a_strip_says_where_a_figure_lies_and_in_words_how_it_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(**figures: float) -> list[strips.Strip]:
        monkeypatch.setattr(pipeline, "measured", lambda parts: figures)
        return strips.strips(pipeline.Score(), None, NORMS, "all", WORDS)

    (usual,) = of(notes_per_bar=5)
    assert (usual.where, usual.words, usual.word) == ("usual", "as usual", "")
    (busy,) = of(notes_per_bar=9)
    assert (busy.where, busy.word) == ("rather", "busier") and busy.words == "busier than 94% of real music"
    (few,) = of(notes_per_bar=-1)
    assert (few.where, few.word) == ("far", "sparser") and few.words == "sparser than 99% of real music"
    assert usual.at["p5"] == 20 and usual.at["p95"] == 80 and usual.at["seed"] is None
    assert usual.at["p25"] < usual.at["take"] < usual.at["p75"] < busy.at["take"]  # type: ignore[operator]
    assert few.at["take"] is not None and 0 < few.at["take"] < 20
    assert of(polyphony=1) == [] and len(of(polyphony=2)) == 1  # what has but one value tells nothing
    assert of() == []


def test_what_lies_far_off_stays_on_the_strip() -> None:
    band = (1.0, 2.0, 3.0, 4.0, 5.0)
    assert strips._at(1e9, band) == 100 - strips.EDGE and strips._at(-1e9, band) == strips.EDGE
    assert [strips._at(value, (1.0,) * 5) for value in (0, 1, 2)] == [strips.EDGE, 50, 100 - strips.EDGE]


def test_all_strips_are_told_in_one_clause() -> None:
    def strip(where: strips.Where, word: str) -> strips.Strip:
        return strips.Strip("a", "", "1", "", where, word, {})

    usual, busy, wide = strip("usual", ""), strip("rather", "busier"), strip("far", "wider")
    assert strips.told([], WORDS) == ""
    assert strips.told([usual], WORDS) == "In the usual range"
    assert strips.told([usual, busy], WORDS) == "In the usual range, though busier"
    assert strips.told([usual, busy, wide, wide, wide], WORDS) == "Outside the usual range: wider and wider"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_that_is_shown_is_measured_and_has_its_words(language: str) -> None:
    words = Words(language)
    assert set(strips.CHOSEN) <= {figure.name for figure in pipeline_figures()}
    for name in strips.CHOSEN:
        for key in (f"more_{name}", f"less_{name}"):
            assert words(f"judgement.{key}")
        assert words(f"judgement.number_{name}", value=0.5)


def pipeline_figures() -> tuple[Any, ...]:
    from studio.metrics import FIGURES

    return FIGURES


def test_every_word_is_used() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in JUDGEMENT.iterdir() if path.suffix in (".py", ".js"))
    by_name = {f"{part}_{name}" for name in strips.CHOSEN for part in ("more", "less", "number")}
    by_name |= {"original", "common", "copied"}
    left = [key for key in WORDS.group("judgement") if key not in by_name]
    assert [key for key in left if f"words.{key}" not in text and f'"judgement.{key}"' not in text] == []


# --- the panel --------------------------------------------------------------------------------------------------------


def test_a_take_is_judged_once_it_is_shown(tab: ContinueTab) -> None:
    panel, piece = tab.result.judgement, result_of(tab).pieces[0]
    steps = list(panel.judge(visitor(), json.dumps({"shown": piece.id})))
    waiting, told = (rolled(step[panel.component]) for step in (steps[0], steps[-1]))
    assert waiting["busy"] and waiting["id"] == told["id"] == piece.id and not told["busy"]
    assert [strip["name"] for strip in told["strips"]] and "300" in told["about"] and "Single melodies" in told["about"]
    assert all(strip["at"]["seed"] is not None for strip in told["strips"] if strip["at"]["take"] is not None)
    assert told["summary"].startswith("Original · ") and told["summary"].endswith(" · 1 reason")
    assert told["verdict"] == {"kind": "original", "words": "Nothing stands out.", "alarms": told["verdict"]["alarms"]}
    assert "1,234" in told["verdict"]["alarms"] and not told["again"]
    assert told["reasons"] == [{"words": "Reason.", "fault": False}] and told["rank"] == ""


def test_of_several_takes_the_place_of_the_shown_one_is_told(tab: ContinueTab, monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = tuple(Ranked(i, 0.5, (f"Reason {i}.",), frozenset({"Reason 2."})) for i in (2, 0, 1))
    monkeypatch.setattr(ranks, "order", lambda visit: ranked)
    last(begun(tab, takes=3))
    assert judged(tab)["rank"].startswith("Number 2 of 3")
    tab.visits.of("someone").choose(2)
    told = judged(tab)
    assert told["rank"].startswith("Number 1 of 3") and told["reasons"] == [{"words": "Reason 2.", "fault": True}]


def test_nothing_is_said_of_a_take_that_is_not_shown(tab: ContinueTab) -> None:
    panel = tab.result.judgement
    for cards in (None, "", "{", "[]", "7", json.dumps({"shown": "another"}), json.dumps({"shown": ""})):
        assert last(panel.judge(visitor(), cards))[panel.component] is None
    assert last(panel.judge(visitor("nobody"), json.dumps({"shown": ""})))[panel.component] is None


def test_what_is_missing_is_said_and_the_rest_is_judged(tab: ContinueTab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "norms", lambda bars: None)

    def check(take: pipeline.Take, seed: pipeline.Score | None = None) -> Originality:
        raise DataError("There is no index.")

    monkeypatch.setattr(pipeline, "check", check)
    told = judged(tab)
    assert told["strips"] == [] and "norms.json" in told["about"]
    assert told["verdict"] == {"kind": "", "words": "There is no index.", "alarms": ""} and told["reasons"]
    assert told["summary"] == "1 reason"


def test_a_failure_of_judging_is_a_sentence_and_harms_nothing(
    tab: ContinueTab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    panel, before = tab.result.judgement, result_of(tab)
    monkeypatch.setattr(pipeline, "measured", lambda parts: 1 / 0)
    changes = last(panel.judge(visitor(), json.dumps({"shown": before.pieces[0].id})))
    assert changes[panel.component] is None and "could not be judged" in changes[panel.notice]["text"]
    assert "ZeroDivisionError" in capsys.readouterr().err and result_of(tab) is before


def test_a_passage_is_told_with_both_sides(tab: ContinueTab, monkeypatch: pytest.MonkeyPatch) -> None:
    take = result_of(tab).take
    music = pipeline.Score(480, (pipeline.Track((Note(0, 60, 480, 80), Note(480, 62, 480, 80))),))
    there = {"theirs": music, "theirs_marked": frozenset(music.tracks[0].notes), "transposed": -3, "tempo": 0.5}
    monkeypatch.setattr(
        pipeline, "check", lambda take, seed=None: copied(shared(take), shared(take, source=None, **there))
    )
    told = judged(tab)
    far, own = told["passages"]
    assert far["title"] == HOSTILE and own["title"] == "Your seed"
    assert far["facts"] == "3 notes, 100% alike · bars 1–2 here, 5–6 there · tunes · CC0"
    assert "-3 semitones" in own["facts"] and "2 of the speed" in own["facts"]
    assert far["take"].startswith("sound/") and far["source"] == "" and own["source"].startswith("sound/")
    assert told["again"] and told["summary"].startswith("Copied · ")

    panel, id = tab.result.judgement, told["id"]
    shown = last(panel.show_passage(visitor(), event(id=id, passage=1)))
    marked = [n for track in rolled(shown[tab.result.roll])["tracks"] for n in track["notes"][4::5] if n & 4]
    assert len(marked) == 3 and "away" not in shown[panel.source]["elem_classes"]
    source = rolled(shown[panel.source_roll])
    assert source["tracks"][0]["notes"][4::5] == [4, 4] and source["sound"] == own["source"]
    shown = last(panel.show_passage(visitor(), event(id=id, passage=0)))
    assert shown[panel.source_roll] is None and shown[panel.source_notice]["text"] == "The pieces are not here."
    for odd in (-1, 2, "0", None, True):
        shown = last(panel.show_passage(visitor(), event(id=id, passage=odd)))
        assert "away" in shown[panel.source]["elem_classes"]
        assert not any(n & 4 for track in rolled(shown[tab.result.roll])["tracks"] for n in track["notes"][4::5])
    assert last(panel.show_passage(visitor(), event(id="another", passage=0))) == {}
    # Marks are the page's: they are not among what comes back with a change.
    edited = roll.read(tab.result.roll_value(tab.visits.of("someone"), [shared(take).marked]), take.score)
    assert edited.score == take.score and not any(edited.locked)


def test_what_was_copied_is_written_again_without_it(tab: ContinueTab, monkeypatch: pytest.MonkeyPatch) -> None:
    before, panel = result_of(tab), tab.result.judgement
    monkeypatch.setattr(pipeline, "check", lambda take, seed=None: copied(shared(take)))
    id = judged(tab)["id"]
    asked: list[pipeline.Request] = []
    original = pipeline.continue_

    def continue_(seed: pipeline.Seed, request: pipeline.Request) -> pipeline.Run:
        asked.append(request)
        return original(seed, request)

    monkeypatch.setitem(again.VERBS, "continue", (pipeline.Request, continue_))
    last(panel.write_again(visitor(), event(id=id)))
    after = result_of(tab)
    assert after is not before and after.take.bars_new == before.take.bars_new
    assert asked[0].forbidden == ((2, 2),) and asked[0].seed == before.take.recipe["seed"]
    again.request(after.take)  # and once more


def test_what_cannot_be_written_again_is_answered_with_a_sentence(tab: ContinueTab) -> None:
    before, panel = result_of(tab), tab.result.judgement
    for id in ("another", before.pieces[0].id):  # the second was not judged
        changes = last(panel.write_again(visitor(), event(id=id)))
        assert changes[tab.result.notice]["kind"] == "error" and result_of(tab) is before
        assert tab.result.roll in changes


@pytest.mark.parametrize(
    "request_",
    [
        pipeline.Request("lstm", seed=3, temperature=0.5, bars=2, key="D minor"),
        pipeline.InfillRequest("transformer", first_bar=2, tracks=(0,), keep=(pipeline.Kept(2, 60),)),
        pipeline.AccompanyRequest("transformer", instruments=("bass",), style="pop"),
        pipeline.VaryRequest("vae", amount=0.1),
    ],
    ids=lambda request: type(request).__name__,
)
def test_a_recipe_is_the_request_it_was_written_by(request_: Any) -> None:
    from dataclasses import asdict

    verbs = {kind: verb for verb, (kind, _) in again.VERBS.items()} | {pipeline.AccompanyRequest: "accompany"}
    recipe = json.loads(json.dumps({"verb": verbs[type(request_)], **asdict(request_)}))
    score = pipeline.Score()
    take = pipeline.Take(score, "a", 0, 0, 0, (), None, recipe)
    assert again.can(take) and again.request(take) == request_
    assert again.request(take, ((1, 2),)).forbidden == ((1, 2),)
    assert not again.can(replace(take, recipe={"verb": "blend"}))


def test_likes_are_kept_and_there_again(tab: ContinueTab, tmp_path: Path) -> None:
    panel, visit = tab.result.judgement, tab.visits.of("someone")
    assert judged(tab)["liked"] is None  # nobody knows whose it would be
    visit.store, visit.visitor = Store(tmp_path / "work.sqlite3"), "0" * 32
    visit.written(result_of(tab))
    id = judged(tab)["id"]
    for liked in (1, -1, 0, 1):
        assert panel.like(visitor(), event(id=id, liked=liked)) == {panel.notice: None}
        assert judged(tab)["liked"] == liked
    for odd in (2, True, "1", None):
        panel.like(visitor(), event(id=id, liked=odd))
    assert judged(tab)["liked"] == 1
    found = visit.store.get(visit.visitor, id)
    assert found is not None and found.liked == 1


def test_what_strangers_wrote_is_data_and_no_template() -> None:
    made = component.component(WORDS)
    assert "${" not in f"{made.html_template}{made.js_on_load}" and "innerHTML" not in str(made.js_on_load)
    assert passages.title(Shared(SOURCE, 3, 1.0, (1, 1), (1, 1), 0, frozenset(), ()), WORDS) == HOSTILE
