"""Every odd file at the page: it is put on the desk with what was repaired in words, or refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import odd_files
import pytest
from desk import WORDS, last, new_tab, visitor

from studio.ui.continue_tab import ContinueTab

CORPUS = odd_files.corpus()


@pytest.fixture(scope="module")
def tab() -> ContinueTab:
    return new_tab()


@pytest.mark.parametrize("name", CORPUS)
def test_an_odd_file_is_shown_or_refused_and_what_lay_there_is_not_lost(
    tab: ContinueTab, name: str, tmp_path: Path
) -> None:
    odd, who = CORPUS[name], visitor(name)
    last(tab.seed.open_example(who, next(iter(tab.seed.examples))))
    before = tab.visits.at(who).seed
    path = tmp_path / "odd.mid"
    path.write_bytes(odd.data)
    shown = last(tab.seed.open_file(who, str(path)))
    if odd.verdict == "refused":
        notice = shown[tab.seed.notice]
        assert notice["kind"] == "error" and notice["text"] != WORDS("error.unexpected")
        assert tab.seed.facts not in shown and tab.visits.at(who).seed is before
        return
    seed = tab.visits.at(who).seed
    assert seed is not None and seed is not before and shown[tab.seed.notice] is None
    assert bool(shown[tab.seed.facts]["repairs"]) == bool(seed.repairs)
    notes = sum(len(track["notes"]) // 5 for track in json.loads(shown[tab.seed.roll])["tracks"])
    assert notes == seed.score.note_count
