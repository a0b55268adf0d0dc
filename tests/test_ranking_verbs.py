"""The ranking where takes come together: in the pipeline, on the command line, on the page, in its benchmark."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from desk import begun, last, new_tab, result_of, rolled, visitor

from benchmarks import ranking as benchmark
from studio import cli, pipeline
from studio.errors import SettingError
from studio.pipeline import likelihood
from studio.pipeline import ranking as ranked_in
from studio.ranking import WEIGHTS
from studio.ui import ranks
from studio.ui.continue_tab import ContinueTab
from studio.ui.rank_panel import AS_LEARNED

ODE = next(path for _, path in pipeline.examples() if path.stem == "ode-to-joy")
MODELS = ("lstm", "transformer", "vae")


def takes(seed: pipeline.Seed, model: str, count: int = 3, **asked: Any) -> list[pipeline.Take]:
    run = pipeline.continue_(seed, pipeline.Request(model, takes=count, **{"bars": 4, "seed": 3} | asked))
    return [step for step in run if isinstance(step, pipeline.Take)]


# --- how surprising ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_a_take_is_as_surprising_as_its_model_says(tiny_checkpoints: Path, model: str) -> None:
    made = takes(pipeline.read(ODE), model)
    found = likelihood.surprises(made)
    told = [surprise for surprise in found if surprise is not None]  # of next to no notes nothing is said
    assert len(found) == 3 and told
    # Random weights find anything about as surprising: so many nats for each of the three or so ids of a note.
    assert all(2 < nats < 90 for surprise in told for nats in surprise)
    assert all(surprise.old == pytest.approx(told[0].old, rel=1e-4) for surprise in told)
    # Each alone is what it is among others, and loudness takes no part.
    at = found.index(told[0])
    assert likelihood.surprises([made[at]])[0] == pytest.approx(told[0], rel=1e-4)
    tracks = tuple(
        replace(track, notes=tuple(n._replace(velocity=100) for n in track.notes)) for track in made[at].score.tracks
    )
    louder = replace(made[at], score=replace(made[at].score, tracks=tracks))
    assert likelihood.surprises([louder])[0] is not None


def test_what_has_no_likelihood_says_nothing(tiny_checkpoints: Path) -> None:
    seed = pipeline.read(ODE)
    (take,) = takes(seed, "lstm", 1)
    assert likelihood.surprises([]) == []
    for model in ("gone", ""):
        assert likelihood.surprises([replace(take, recipe={**take.recipe, "model": model})]) == [None]
    first = replace(take, new_from=0)  # nothing stands before it
    assert likelihood.surprises([first]) == [None]


# --- the verbs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda seed: pipeline.continue_(seed, pipeline.Request("lstm", bars=2, takes=3)),
        lambda seed: pipeline.infill(seed, pipeline.InfillRequest("transformer", takes=3, first_bar=3, last_bar=4)),
        lambda seed: pipeline.infill(seed, pipeline.InfillRequest("transformer", takes=2)),
        lambda seed: pipeline.accompany(seed, pipeline.AccompanyRequest("transformer", takes=2, last_bar=2)),
        lambda seed: pipeline.vary(seed, pipeline.VaryRequest("vae", takes=3, amount=0.6, last_bar=4)),
    ],
)
def test_takes_of_every_verb_are_ranked(tiny_checkpoints: Path, write: Callable[[pipeline.Seed], pipeline.Run]) -> None:
    seed = pipeline.read(ODE)
    made = [step for step in write(seed) if isinstance(step, pipeline.Take)]
    ranked = pipeline.rank(made, seed)
    assert sorted(one.take for one in ranked) == list(range(len(made)))
    assert all(0 <= one.score <= 1 and len(one.reasons) <= 3 for one in ranked)
    assert ranked[0].score >= ranked[-1].score
    assert pipeline.rank(made, seed) == ranked


def test_what_was_written_over_is_held_against_the_seed(tiny_checkpoints: Path) -> None:
    seed = pipeline.read(ODE)
    run = pipeline.infill(seed, pipeline.InfillRequest("transformer"))
    (take,) = [step for step in run if isinstance(step, pipeline.Take)]
    before = ranked_in._candidate(take, seed).before
    assert [len(t.notes) for t in before.tracks] == [len(t.notes) for t in seed.score.tracks]
    # Not against just any seed: another may lie on the desk by now.
    assert ranked_in._candidate(take, replace(seed, sha256="another")).before.note_count == 0
    assert ranked_in._candidate(take, None).before.note_count == 0


def test_weights_that_are_not_there_are_refused_at_once(tiny_checkpoints: Path) -> None:
    seed = pipeline.read(ODE)
    (take,) = takes(seed, "lstm", 1)
    with pytest.raises(SettingError, match="beauty"):
        pipeline.rank([take], seed, {"beauty": 1})


def test_one_whose_notes_were_changed_is_judged_again(tiny_checkpoints: Path) -> None:
    seed = pipeline.read(ODE)
    (take,) = takes(seed, "lstm", 1)
    (merit,) = pipeline.judge([take], seed)
    emptied = replace(take, score=take.score.slice_ticks(0, take.new_from), new=tuple(frozenset() for _ in take.new))
    again = pipeline.judge_again(emptied, seed, merit)
    silence = again.findings["silence"]
    assert merit.surprise and again.surprise is None and silence is not None and silence.value == 0
    assert pipeline.judge_again(take, seed, merit) == merit


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_best_is_told_first_and_files_keep_their_numbers(
    tiny_checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "OUT.mid"
    words = ["continue", str(ODE), "--model", "lstm", "--bars", "4", "--takes", "3", "--seed", "3", "--out", str(out)]
    assert cli.main(words) == 0
    printed, remarks = capsys.readouterr()
    order = [one.take for one in pipeline.rank(takes(pipeline.read(ODE), "lstm"), pipeline.read(ODE))]
    assert printed.split() == [str(tmp_path / f"OUT-{i + 1}.mid") for i in order]
    told = [line for line in remarks.splitlines() if line.startswith("Take ")]
    assert [line.split()[1] for line in told] == [str(i + 1) for i in order]
    weighed = [*words, "--weights", ",".join(f"{name}=0" for name in pipeline.RANK_TERMS)]
    assert cli.main(weighed) == 0
    assert capsys.readouterr()[0].split() == [str(tmp_path / f"OUT-{i}.mid") for i in (1, 2, 3)]


@pytest.mark.parametrize(("weights", "said"), [("beauty=1", "beauty"), ("key=9", "key"), ("key", "key=2"), ("", "key")])
def test_weights_that_make_no_sense(
    tiny_checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], weights: str, said: str
) -> None:
    try:
        code = cli.main(["continue", str(ODE), "--out", str(tmp_path / "x.mid"), "--weights", weights])
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2 and said in capsys.readouterr()[1] and not list(tmp_path.iterdir())


# --- the page ---------------------------------------------------------------------------------------------------------


def cards(shown: dict[Any, Any], tab: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(shown[tab.result.cards])["cards"]
    return found


def test_cards_come_best_first_and_follow_the_weights(tiny_checkpoints: Path) -> None:
    tab = new_tab(ContinueTab)
    last(tab.seed.open_file(visitor(), str(ODE)))
    shown = last(begun(tab, model="lstm", bars=4, takes=3))
    visit, panel = tab.visits.of("someone"), tab.result.rank
    order = [one.take for one in ranks.order(visit)]
    assert [card["title"] for card in cards(shown, tab)] == [f"Take {i + 1}" for i in order]
    assert [bool(card["place"]) for card in cards(shown, tab)] == [True, False, False]
    assert "away" not in shown[tab.result.ranked]["elem_classes"]
    # The first take stays the one that is shown: it is what plays.
    assert result_of(tab).shown == 0 and rolled(shown[tab.result.roll])
    weighed = panel.weigh(visitor(), *(0 for _ in panel.sliders))
    assert [card["title"] for card in cards(weighed, tab)] == ["Take 1", "Take 2", "Take 3"]
    assert set(panel.recall(visitor()).values()) == {0.0}
    reset = panel.forget(visitor())
    assert [card["title"] for card in cards(reset, tab)] == [f"Take {i + 1}" for i in order]
    assert {reset[slider] for slider in panel.sliders.values()} == {AS_LEARNED}


def test_a_lone_take_and_no_take_have_no_order(tiny_checkpoints: Path) -> None:
    tab = new_tab(ContinueTab)
    assert tab.result.rank.weigh(visitor(), *(1 for _ in ranks.TERMS)) == {tab.result.cards: None}
    last(tab.seed.open_file(visitor(), str(ODE)))
    shown = last(begun(tab, model="lstm", takes=1))
    assert cards(shown, tab)[0]["reasons"] == [] and "away" in shown[tab.result.ranked]["elem_classes"]


def test_only_what_was_changed_is_judged_again(tiny_checkpoints: Path) -> None:
    tab = new_tab(ContinueTab)
    last(tab.seed.open_file(visitor(), str(ODE)))
    last(begun(tab, model="lstm", bars=4, takes=2))
    visit = tab.visits.of("someone")
    before = visit.judged.merits
    take = result_of(tab).takes[0]
    emptied = replace(take, score=take.score.slice_ticks(0, take.new_from), new=tuple(frozenset() for _ in take.new))
    visit.change_take(emptied, 1, ())
    assert [one.take for one in ranks.order(visit)] == [1, 0]
    assert visit.judged.merits[1] is before[1] and visit.judged.merits[0] is not before[0]


# --- the benchmark ----------------------------------------------------------------------------------------------------


def test_the_real_one_is_placed_by_hand() -> None:
    scores = np.array([[3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 2.0, 1.0], [5.0, 5.0, 5.0]])
    assert benchmark.place(scores).tolist() == [1.0, 3.0, 1.5, 2.0]
    low, high = benchmark.interval(np.array([1.0] * 50 + [3.0] * 50))
    assert 1.7 < low < 2.0 < high < 2.3


def test_weights_are_learned_from_what_tells_the_real_one_apart() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((200, 5, len(benchmark.LEARNED)))
    values[:, 0, 1] += 0.5
    values[:, 0, 2] -= 0.5
    learned = benchmark.fit([values], steps=2000)
    assert learned[1] == 1.0 and learned[2] == benchmark.LEAST
    assert learned.max() == 1.0 and learned.min() == benchmark.LEAST


def test_the_shipped_weights_are_those_that_were_learned() -> None:
    told = json.loads((Path(benchmark.__file__).parent / "ranking.json").read_text(encoding="utf-8"))
    assert told["weights"] == {name: WEIGHTS[name] for name in benchmark.LEARNED}
    assert benchmark.beats(told["ranks"])
