"""The place below a take where it is judged: after it is shown, and without holding up its picture or its sound.

Knows the pipeline's verbs and this page's components. Handlers yield what changes on the page, keyed by component.
"""

from __future__ import annotations

import contextlib
import json
import traceback
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from studio import pipeline
from studio.errors import SettingError, StudioError
from studio.ui import roll, widgets
from studio.ui.handlers import AT_ONCE, QUIET, READING, Changes, guarded
from studio.ui.judgement import again, component, judging, passages
from studio.ui.judgement.component import Judgement
from studio.ui.visits import Result, Visit, Visits
from studio.ui.words import Words

if TYPE_CHECKING:
    from studio.ui.result_panel import ResultPanel
    from studio.ui.tab import Tab

# Of their own: whoever waits for music does not wait for these.
JUDGING = QUIET | {"concurrency_id": "judge", "concurrency_limit": 2}
MOST = 500
"""Takes whose passages are remembered, to be shown."""


class JudgementPanel:
    """Builds itself inside the current `gr.Blocks`, for the take that is shown above; `connect` makes it live."""

    def __init__(self, words: Words, visits: Visits) -> None:
        self.words, self.visits = words, visits
        self.found: OrderedDict[str, pipeline.Originality] = OrderedDict()
        with gr.Column(elem_classes=["plain", "away"], elem_id="source") as self.source:
            self.source_notice = widgets.notice("source-notice")
            self.source_roll = roll.component(words, words("judgement.source_roll"), "source-roll")
        self.component = component.component(words)
        self.notice = widgets.notice("judgement-notice")

    @property
    def away(self) -> Changes:
        """Nothing is judged, as long as something is being written."""
        return {self.component: None, self.source: widgets.stand(here=False)}

    @property
    def outputs(self) -> list[Any]:
        """Everything that judging changes."""
        return [self.component, self.notice, self.source, self.source_roll]

    def connect(self, result: ResultPanel) -> None:
        """Judge whatever take the result shows: its cards say which it is, and change with it."""
        self.result = result
        result.cards.settled(self.judge, [result.cards], self.outputs, **JUDGING)
        shown = [result.roll, self.source, self.source_notice, self.source_roll, self.notice]
        self.component.show_passage(self.show_passage, None, shown, **READING)
        self.component.like(self.like, None, [self.notice], trigger_mode="multiple", **AT_ONCE)

    def warm(self) -> None:
        """Do once what the first visitor would wait for: read what the training pieces are known by."""
        with contextlib.suppress(StudioError):
            pipeline.check(pipeline.Score())

    def connect_tabs(self, tabs: Sequence[Tab]) -> None:
        """Let takes be written again, once the tabs exist: whatever the verb, one of them does it as all do."""
        for tab in [tab for tab in tabs if tab.models and tab.verb in again.VERBS][:1]:
            self.writer = tab
            tab.write_on(self.component.write_again, self.write_again)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def judge(self, request: gr.Request, shown: str | None) -> Iterator[Changes]:
        """Judge the shown take. What goes wrong with it is said here, and harms nothing else."""
        visit = self.visits.at(request)
        nothing: Changes = self.away | {self.notice: None}
        if not _is_shown(visit, _shown(shown)):
            yield nothing
            return
        try:
            yield from self._judge(visit)
        except StudioError as error:
            yield nothing | {self.notice: widgets.done(self.words.told(error))}
        except Exception:
            traceback.print_exc()
            yield nothing | {self.notice: widgets.done(self.words("judgement.failed"))}

    def show_passage(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Point at a passage in both piano rolls, or at none any longer."""
        visit = self.visits.at(request)
        if _is_shown(visit, event.id):
            yield from guarded(self.notice, self.words, self._show_passage, visit, event.passage)

    def like(self, request: gr.Request, event: gr.EventData) -> Changes:
        """Remember whether a take is liked. The page shows it already."""
        visit = self.visits.at(request)
        liked = event.liked
        if type(liked) is int and liked in (-1, 0, 1):
            visit.like(str(event.id), liked)
        return {self.notice: widgets.error(self.words.told(visit.trouble)) if visit.trouble else None}

    def write_again(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Write the shown take again without what it shares; it stays until there is something new to show."""
        visit = self.visits.at(request)
        before = visit.result
        yield self.result.begin(visit)
        yield from guarded(self.result.notice, self.words, self._write_again, visit, event.id)
        if before is not None and visit.result is before:
            yield self.result.again(visit)

    # --- the work ----------------------------------------------------------------------------------------------------

    def _judge(self, visit: Visit) -> Iterator[Changes]:
        result = visit.result
        assert result is not None
        piece = result.pieces[result.shown]
        liked = piece.liked if visit.store is not None else None
        waiting = Judgement(piece.id, self.words("judgement.busy"), liked, busy=True)
        yield {self.component: waiting.value, self.notice: None, self.source: widgets.stand(here=False)}
        told, found = judging.judged(visit, self.words)
        if found is not None:
            self.found[piece.id] = found
        while len(self.found) > MOST:
            self.found.popitem(last=False)
        if _is_shown(visit, piece.id):
            yield {self.component: told.value}

    def _show_passage(self, visit: Visit, index: object) -> Iterator[Changes]:
        result = visit.result
        assert result is not None
        found = self.found.get(result.pieces[result.shown].id)
        if found is None or type(index) is not int or index not in range(len(found.passages)):
            yield {self.result.roll: self.result.roll_value(visit), self.source: widgets.stand(here=False)}
            return
        shared = found.passages[index]
        marked = [shared.marked if i == shared.track else () for i in range(len(result.take.score.tracks))]
        shown: Changes = {self.notice: None, self.source: widgets.stand(here=True)}
        shown |= {self.result.roll: self.result.roll_value(visit, marked)}
        if shared.theirs is None:
            reason = self.words.told(found.missing) or self.words("judgement.not_there")
            yield shown | {self.source_notice: widgets.done(reason), self.source_roll: None}
            return
        said = self.words("judgement.source_shown", name=passages.title(shared, self.words))
        yield shown | {self.source_notice: widgets.done(said), self.source_roll: _theirs(visit, index, shared)}

    def _write_again(self, visit: Visit, id: object) -> Iterator[Changes]:
        result = visit.result
        if result is None or not _is_shown(visit, id):
            raise SettingError(self.words("judgement.gone"))
        seed = judging.seed_of(visit, result.take)
        found = self.found.get(result.pieces[result.shown].id)
        if seed is None or found is None:
            raise SettingError(self.words("judgement.gone"))
        yield from self.writer.write(visit, again.run(result.take, seed, found.forbidden))


def _theirs(visit: Visit, index: int, shared: pipeline.Shared) -> str:
    """The other side of a passage as value of a piano roll."""
    assert shared.theirs is not None and visit.result is not None
    marked = [shared.theirs_marked] * len(shared.theirs.tracks)
    sound = visit.hearing.at(passages.theirs(index))
    return roll.value(
        shared.theirs, piece=f"{visit.result.name}-{visit.result.shown}-{index}", marked=marked, sound=sound
    )


def _is_shown(visit: Visit, id: object) -> bool:
    """Whether the visitor has the take of that id before them."""
    result: Result | None = visit.result
    return result is not None and bool(result.pieces) and result.pieces[result.shown].id == id


def _shown(cards: object) -> str:
    """The id of the take that the page's cards show; "" where none is."""
    try:
        found = json.loads(cards) if isinstance(cards, str) else None
    except ValueError:
        return ""
    return str(found.get("shown", "")) if isinstance(found, dict) else ""
