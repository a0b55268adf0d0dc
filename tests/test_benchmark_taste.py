"""The simulated listeners do what is said of them, and the space of tastes is made of what it says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from test_benchmarks import prepared as prepared

from benchmarks import taste, taste_listeners
from benchmarks.taste_listeners import interval, listeners, popularity, precision, session
from benchmarks.taste_music import Music, only
from studio.taste import Space

LABELS = [kind for kind in ("a", "b", "c", "rare") for _ in range(3 if kind == "rare" else 25)]
APART = np.eye(4)[[["a", "b", "c", "rare"].index(label) for label in LABELS]]
"""Vectors that tell the kinds apart and nothing else."""


def test_listeners_like_one_kind_and_have_not_judged_what_they_choose_from() -> None:
    crowd = list(listeners(LABELS, 2, 15))
    assert [one.kind for one in crowd] == ["a", "a", "b", "b", "c", "c"]  # of the rare kind there is too little
    for one in crowd:
        assert {LABELS[i] for i in one.likes} == {one.kind} and one.kind not in {LABELS[i] for i in one.dislikes}
        assert len(one.likes) == len(one.dislikes) == 10 and len(one.candidates) == 45
        assert not {*one.likes, *one.dislikes} & set(one.candidates)
    assert [one.candidates.tolist() for one in listeners(LABELS, 2, 15)] == [one.candidates.tolist() for one in crowd]


def test_precision_is_the_share_of_the_first_ten() -> None:
    (one, *_) = listeners(LABELS, 1, 15)
    mine = np.array([LABELS[i] == "a" for i in one.candidates], dtype=float)
    assert precision(one, LABELS, mine) == 1 and precision(one, LABELS, -mine) == 0
    seven = mine * (np.cumsum(mine) <= 7)
    seven[np.flatnonzero(mine == 0)[:3]] = 0.5
    assert precision(one, LABELS, seven) == pytest.approx(0.7)


def test_what_is_liked_is_found_where_the_vectors_tell_it_and_not_by_chance() -> None:
    for one in listeners(LABELS, 2, 15):
        assert precision(one, LABELS, taste_listeners.expected(one, APART, 3, 3)) == 1
        # Two of five likes by mistake still leave more that is right.
        assert precision(one, LABELS, taste_listeners.expected(one, APART, 5, wrong=0.4)) == 1
    found = [session(one, LABELS, APART, 0.25, i) for i, one in enumerate(listeners(LABELS, 2, 15))]
    by_chance = [session(one, LABELS, APART, None, i) for i, one in enumerate(listeners(LABELS, 2, 15))]
    assert all(one[3] == 1 for one in found) and all(one == sorted(one) for one in found)
    assert np.mean(by_chance, axis=0)[3] < 0.9


def test_a_piece_is_as_popular_as_others_like_it() -> None:
    likes = popularity(LABELS, 25)
    assert likes.sum() == taste_listeners.OTHERS * 10 and likes[-3:].tolist() == [0, 0, 0]


def test_an_interval_holds_its_mean_and_narrows_with_more() -> None:
    few, many = interval([0.0, 1.0] * 5), interval([0.0, 1.0] * 500)
    assert few[0] == many[0] == 0.5 and few[1] < many[1] < 0.5 < many[2] < few[2]
    assert interval([0.3] * 9) == pytest.approx((0.3, 0.3, 0.3))


def test_music_is_told_in_numbers_without_what_was_held_out(prepared: Path) -> None:
    music = Music(prepared, None)
    passages, heard = music.passages(), music.held_out()
    assert passages == [] and heard  # tunes of sixteen bars have no two passages
    assert {one.style for one in heard} == {"folk"} and all("figure.polyphony" in one.features for one in heard)
    assert only(heard[0].features, taste.FIGURES, taste.PACE).keys() >= {"trait.minor", "figure.register"}
    kept = only(heard[0].features, taste.FIGURES, taste.PACE)
    assert "trait.pace" not in kept and not any(name.startswith("step.") for name in kept)


def test_what_is_shipped_is_what_was_measured(root: Path) -> None:
    told = json.loads((root / "benchmarks" / "taste.json").read_text(encoding="utf-8"))
    assert Space.read(root / "checkpoints" / "taste.json").about["command"] == told["command"]
    rows = {tuple(row[:3]): row[3:] for row in told["rows"]}
    for kind in ("style", "collection"):
        others = max(rows[kind, way, ""][2] for way in ("chance", "what others like"))
        for likes in taste.LIKES:
            assert rows[kind, "as shipped: figures and histograms", f"{likes} likes"][1] > 2 * others
