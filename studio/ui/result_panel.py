"""The card where music is written: how far it is and how it went; the takes, each to hear, see, change and take away.

Knows the pipeline's verbs and this page's components, and nothing of what was asked for. Handlers yield what changes on
the page, keyed by component.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from studio import pipeline
from studio.ui import describe, ranks, roll, widgets
from studio.ui.cards import cards
from studio.ui.handlers import AT_ONCE, QUIET, READING, Changes, guarded
from studio.ui.hearing import address
from studio.ui.judgement import JudgementPanel
from studio.ui.rank_panel import RankPanel
from studio.ui.sounds import Growing
from studio.ui.take_away import TakeAway
from studio.ui.visits import Visit, Visits
from studio.ui.words import Words


class ResultPanel:
    """Builds itself inside the current `gr.Blocks`. `writers` are the buttons that begin a writing, one at a time."""

    def __init__(self, words: Words, visits: Visits) -> None:
        t = self.words = words
        self.visits = visits
        self.writers: list[gr.Button] = []
        with gr.Row(elem_classes=["status"]):
            self.notice = widgets.notice("result-notice", widgets.done(t("result.empty")))
            self.stop_button = gr.Button(t("result.stop"), variant="stop", elem_id="stop", interactive=False)
        # Takes of one model are seen one at a time; what several models wrote stands side by side.
        with gr.Column(elem_classes=["plain"]) as self.single:
            self.cards = cards.component(t, "takes")
            with gr.Column(elem_classes=["plain", "away"], elem_id="result-rank") as self.ranked:
                self.rank = RankPanel(t, visits, self.in_order)
            self.roll = roll.component(t, t("result.player"), "result-roll")
            self.judgement = JudgementPanel(t, visits)
            with gr.Column(elem_classes=["plain", "away"], elem_id="result-away") as self.away:
                self.take_away = TakeAway(t, visits, "result", _shown_take)
        self.several = gr.Column(elem_id="comparison", elem_classes=["plain", "away"])

    @property
    def outputs(self) -> list[Any]:
        """Everything that a new result changes."""
        shown = [self.cards, self.ranked, self.roll, self.away, *self.take_away.outputs]
        return [self.notice, self.single, self.several, *shown, *self.judgement.away]

    @property
    def busy(self) -> list[Any]:
        """What changes while something is being written."""
        return [*self.writers, self.stop_button, self.notice]

    def connect(self, came: Any) -> Any:
        """Let takes be chosen and changed; whoever comes back, by that event, finds theirs. Returns what comes then."""
        self.chosen = self.cards.choose(self.choose_take, None, self.outputs, **READING)
        self.roll.edit(self.edit, [self.roll], self.outputs, **READING)
        self.stop_button.click(self.stop, None, [self.stop_button], **AT_ONCE)
        self.take_away.connect()
        self.judgement.connect(self)
        self.rank.connect([self.cards], came)
        return came(self.greet, None, self.outputs, **QUIET)

    # --- handlers ----------------------------------------------------------------------------------------------------

    def greet(self, request: gr.Request) -> Iterator[Changes]:
        """Show what was written last, to whoever comes back to it."""
        visit = self.visits.at(request)
        if _shown_take(visit) is not None:
            yield from guarded(self.notice, self.words, self.show, visit)

    def finish(self) -> Changes:
        """After the writing, however it ended."""
        return {
            **{button: gr.update(interactive=True) for button in self.writers},
            self.stop_button: gr.update(interactive=False),
        }

    def refused(self) -> Changes:
        """Gradio did not even let the handler start: too many callers, or a field that holds what it cannot."""
        return {self.notice: widgets.error(self.words("error.refused"))}

    def stop(self, request: gr.Request) -> Changes:
        """Let the writing end after the bar it is at.

        Its handler looks for this itself: were it cancelled, it could not hand over what it has written.
        """
        self.visits.at(request).stop.set()
        return {self.stop_button: gr.update(interactive=False)}

    def choose_take(self, request: gr.Request, event: gr.EventData) -> Iterator[Changes]:
        """Show another of the takes."""
        visit = self.visits.at(request)
        ids = [piece.id for piece in visit.result.pieces] if visit.result is not None else []
        if event.id in ids:
            visit.choose(ids.index(event.id))
            yield from guarded(self.notice, self.words, self.show, visit)

    def edit(self, request: gr.Request, text: str | None) -> Iterator[Changes]:
        """Take over what was changed in the piano roll."""
        yield from guarded(self.notice, self.words, self._edit, self.visits.at(request), text)

    # --- the work ----------------------------------------------------------------------------------------------------

    def begin(self, visit: Visit) -> Changes:
        """Before the writing: what was asked to stop earlier no longer counts."""
        visit.stop.clear()
        return {
            **{button: gr.update(interactive=False) for button in self.writers},
            self.stop_button: gr.update(interactive=True),
            self.notice: widgets.working(self.words("result.starting")),
        }

    def _edit(self, visit: Visit, text: str | None) -> Iterator[Changes]:
        if visit.result is not None and visit.result.takes and roll.piece(text) in ("", visit.result.name):
            self.changed(visit, text)
            yield self._shown(visit)

    def changed(self, visit: Visit, text: str | None) -> pipeline.Take:
        """The shown take as it is in the piano roll now, which is also what the visitor has from then on."""
        result = visit.result
        assert result is not None
        edited = roll.read(text, result.take.score)
        if edited.revision > result.revision:
            recipe = {**result.take.recipe, "edited": True}
            take = replace(result.take, score=edited.score, new=edited.new, recipe=recipe)
            visit.change_take(take, edited.revision, edited.locked)
            visit.hearing.forget(result.place)
        assert visit.result is not None
        return visit.result.take

    def growing(self, name: str, heard: pipeline.Heard, music: Growing) -> Changes:
        """A take that is being written, as far as it can be heard: it plays from its first new bar on."""
        score = heard.score
        fresh = [[n for n in track.notes if heard.new_from <= n.onset < heard.until] for track in score.tracks]
        value = roll.value(
            score,
            piece=name,
            new=fresh,
            region=(heard.new_from, heard.until),
            sound=address(music.key),
            play_from=heard.new_from_s,
            growing=True,
        )
        stand = {self.single: widgets.stand(here=True), self.several: widgets.stand(here=False)}
        away = {self.away: widgets.stand(here=False), self.ranked: widgets.stand(here=False)}
        return stand | away | self.judgement.away | {self.roll: value, self.cards: cards.pending(self.words)}

    def show(self, visit: Visit) -> Iterator[Changes]:
        """Show the visitor's result; the last sentence says how it went."""
        assert visit.result is not None
        yield self._shown(visit) | {self.notice: widgets.done(describe.outcome(visit.result, self.words))}

    def again(self, visit: Visit) -> Changes:
        """The same, to be heard otherwise."""
        beside = visit.result is not None and visit.result.entries  # those are the comparison's own
        return self._shown(visit) if _shown_take(visit) is not None and not beside else {}

    def in_order(self, visit: Visit) -> Changes:
        """The takes as cards, the best first."""
        result, hearing = visit.result, visit.hearing
        if result is None or not result.takes:
            return {self.cards: None}
        sounds = [
            hearing.at(place) or hearing.offer(place, take.score)
            for place, take in ((f"take {i}", take) for i, take in enumerate(result.takes))
        ]
        keepable, ranked = visit.store is not None, ranks.order(visit)
        return {self.cards: cards.value(result, self.words, keepable=keepable, sounds=sounds, ranked=ranked)}

    def _shown(self, visit: Visit) -> Changes:
        result = visit.result
        assert result is not None
        return {
            self.single: widgets.stand(here=True),
            self.several: widgets.stand(here=False),
            self.away: widgets.stand(here=True),
            **self.in_order(visit),
            self.ranked: widgets.stand(here=bool(visit.judged and len(result.takes) > 1)),
            self.roll: self.roll_value(visit),
            **self.take_away.clear(),
        }

    def roll_value(self, visit: Visit, marked: roll.Marked = ()) -> str:
        """The shown take as value of the piano roll, which points at those notes of each track."""
        result = visit.result
        assert result is not None
        take = result.take
        return roll.value(
            take.score,
            piece=result.name,
            revision=result.revision,
            new=take.new,
            locked=result.locked,
            marked=marked,
            region=(take.new_from, take.end),
            sound=visit.hearing.at(result.place),
            editable=True,
            rewritable=True,
        )


def _shown_take(visit: Visit) -> pipeline.Take | None:
    return visit.result.take if visit.result is not None and visit.result.takes else None
