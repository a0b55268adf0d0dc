"""The piano roll by itself in headless Chromium: drawn in, edited, heard and told to Python."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from browsing import CONTRAST, MARKS, picture, unnamed

from studio.pipeline import Kept, Note, Score, Track
from studio.score import Bar, Tempo, TimeSignature
from studio.ui import roll, theme
from studio.ui.roll.component import HERE
from studio.ui.words import Words

pytestmark = MARKS

# In place of the page's player: it writes down what it is asked for, and its clock stands where a test puts it.
PLAYER = """
window.calls = [];
window.studioSound = {
  owner: null, playing: false, now: 0,
  position() { return this.now; },
  tell(changes = {}) {
    const detail = { owner: this.owner, playing: this.playing, stalled: false, ended: false, error: null, ...changes };
    document.dispatchEvent(new CustomEvent("studio-sound", { detail }));
  },
  play({ url, from, owner }) {
    calls.push(["play", url, from]); this.owner = owner; this.playing = true; this.now = from; this.tell();
  },
  pause() { calls.push(["pause"]); this.playing = false; this.tell(); },
  stop() { calls.push(["stop"]); this.playing = false; this.tell(); this.owner = null; },
  audition(url) { calls.push(["audition", url]); },
};
"""
HOSTILE = "<img src=x onerror=window.hurt=1> ${window.hurt=1} {{hurt}}"
KEYS, RULER, LOUDNESS = 46, 28, 46  # pixels: keyboard, bar numbers, lane of loudness


@dataclass
class Desk:
    """What the page shows, and what it told."""

    score: Score = field(default_factory=Score)
    value: str = ""
    edited: list[roll.Edited] = field(default_factory=list)
    rewrites: list[roll.Rewrite] = field(default_factory=list)
    rewritten: list[Score] = field(default_factory=list)
    """The scores that came along with `rewrites`."""

    def show(self, score: Score, **settings: Any) -> None:
        settings = {"editable": True, "rewritable": True, "sound": "sound/key"} | settings
        self.score, self.value = score, roll.value(score, **settings)
        self.edited.clear()
        self.rewrites.clear()
        self.rewritten.clear()


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    def edit(text: str) -> str:
        desk.edited.append(roll.read(text, desk.score))
        return f"edit {len(desk.edited)}"

    def rewrite(text: str, event: gr.EventData) -> str:
        score = roll.read(text, desk.score).score
        desk.rewritten.append(score)
        desk.rewrites.append(roll.read_rewrite(event._data, score))
        return f"rewrite {len(desk.rewrites)}"

    page: gr.Blocks
    with gr.Blocks(analytics_enabled=False) as page:
        shown = roll.component(Words(), "Test tune", "roll")
        told = gr.Textbox(label="Told", elem_id="told")
        again = gr.Button("Again", elem_id="again")
        page.load(lambda: desk.value, None, shown)
        again.click(lambda: desk.value, None, shown)
        shown.edit(edit, shown, told)
        shown.rewrite(rewrite, shown, told)
    _, url, _ = page.launch(
        server_name="127.0.0.1",
        prevent_thread_lock=True,
        quiet=True,
        theme=theme.theme(),
        head=roll.head([Words()]),
        ssr_mode=False,
    )
    yield str(url)
    page.close()


@pytest.fixture
def opened(chromium: Any, address: str, desk: Desk) -> Iterator[Callable[..., Any]]:
    """Shows a score in a page of its own; afterwards no script has failed and no name has done anything."""
    contexts, failures = [], []

    def show(score: Score, touch: bool = False, width: int = 1000, **settings: Any) -> Any:
        desk.show(score, **settings)
        context = chromium.new_context(viewport={"width": width, "height": 900}, has_touch=touch)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(PLAYER)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("console", lambda m: failures.append(m.text) if m.type == "error" and "404" not in m.text else None)
        page.goto(address)
        page.wait_for_selector("#roll .piano-roll:visible")
        return page

    yield show
    for context in contexts:
        assert context.pages[0].evaluate("window.hurt") is None
        context.close()
    assert failures == []


class Place:
    """Where ticks and pitches lie when music of a few bars is first shown: the geometry of view.js once more."""

    def __init__(self, page: Any, score: Score, bars: int = 4) -> None:
        box = page.locator("#roll .over").bounding_box()
        self.page, self.left, self.top = page, box["x"], box["y"]
        self.scale = min(46, max(14, (box["width"] - KEYS) / (bars * 1920) * 480 * 0.985)) / 480
        pitches = [n.pitch for t in score.tracks for n in t.notes]
        low, high = (min(pitches) - 2, max(pitches) + 2) if pitches else (55, 79)
        room = box["height"] - LOUDNESS - RULER
        self.row = min(18, max(4, room / max(25, high - low + 1)))
        self.scrolled = (127.5 - (low + high) / 2) * self.row - room / 2

    def x(self, tick: float) -> float:
        return float(self.left + KEYS + tick * self.scale)

    def y(self, pitch: float) -> float:
        return float(self.top + RULER + (127.5 - pitch) * self.row - self.scrolled)

    def at(self, tick: float, pitch: float) -> tuple[float, float]:
        return self.x(tick), self.y(pitch)

    def ruler(self, tick: float) -> tuple[float, float]:
        return self.x(tick), self.top + 10

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*((a + b) / 2 for a, b in zip(start, end, strict=True)))
        self.page.mouse.move(*end)
        self.page.mouse.up()


def until(page: Any, get: Callable[[], Any], wanted: Any) -> None:
    """Wait until Python was told what is wanted; several changes in a row may be told at once."""
    for _ in range(200):
        if get() == wanted:
            return
        page.wait_for_timeout(50)
    assert get() == wanted


def melody(*notes: tuple[int, int, int, int]) -> Score:
    return Score(480, (Track(tuple(Note(*note) for note in notes), 73, name="Melody", role="melody"),))


TUNE = melody((0, 60, 480, 80), (480, 64, 480, 81), (960, 67, 960, 82), (1920, 72, 480, 83), (5760, 65, 1920, 84))
BASS = Track(tuple(Note(i * 960, 50, 960, 70) for i in range(8)), 33, name="Bass")


def notes_of(desk: Desk, track: int = 0) -> tuple[Note, ...] | None:
    """The notes that Python was told last, if it was told any."""
    return desk.edited[-1].score.tracks[track].notes if desk.edited else None


def becomes(page: Any, desk: Desk, *notes: tuple[int, int, int, int]) -> None:
    until(page, lambda: notes_of(desk), tuple(sorted(notes)))


def status(page: Any) -> str:
    return str(page.inner_text("#roll .status-line"))


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def sight(page: Any) -> tuple[float, float]:
    """Left edge and width of the part in sight, in the overview."""
    page.wait_for_timeout(100)
    box, whole = page.locator("#roll .sight").bounding_box(), page.locator("#roll .overview").bounding_box()
    return box["x"] - whole["x"], box["width"]


def test_a_seed_is_drawn_from_nothing_and_taken_back(opened: Callable[..., Any], desk: Desk) -> None:
    page = opened(Score())
    place = Place(page, Score())
    page.mouse.dblclick(*place.at(500, 60))
    first = Note(480, 60, 240, 90)
    becomes(page, desk, first)
    assert status(page) == "C4, bar 1 beat 2, eighth note, Track 1"
    page.click("#roll .draw")
    place.drag(place.at(1930, 67), place.at(2870, 67))
    becomes(page, desk, first, Note(1920, 67, 960, 90))
    while page.is_enabled("#roll .undo"):
        page.click("#roll .undo")
    becomes(page, desk)
    while page.is_enabled("#roll .redo"):
        page.click("#roll .redo")
    becomes(page, desk, first, Note(1920, 67, 960, 90))


def test_notes_are_moved_lengthened_deleted_and_all_of_it_undone(opened: Callable[..., Any], desk: Desk) -> None:
    page = opened(TUNE)
    place = Place(page, TUNE)
    first, second, third, fourth, last = TUNE.tracks[0].notes
    place.drag(place.at(100, 60), place.at(100 + 240, 62))
    moved = Note(240, 62, 480, 80)
    becomes(page, desk, moved, second, third, fourth, last)
    right = place.x(1920) - 3
    place.drag((right, place.y(67)), (right + 480 * place.scale, place.y(67)))
    longer = Note(960, 67, 1440, 82)
    becomes(page, desk, moved, second, longer, fourth, last)
    page.mouse.click(*place.at(2000, 72))
    press(page, "Delete")
    becomes(page, desk, moved, second, longer, last)
    press(page, "Control+z", "Control+z", "Control+z")
    becomes(page, desk, first, second, third, fourth, last)
    assert desk.edited[-1].score == TUNE


def test_notes_are_chosen_by_a_rubber_band_put_on_the_grid_and_pasted(opened: Callable[..., Any], desk: Desk) -> None:
    last = Note(5760, 70, 480, 90)
    score = melody((50, 60, 400, 80), (460, 64, 400, 81), last)
    page = opened(score)
    place = Place(page, score)
    place.drag(place.at(15, 58), place.at(900, 66))
    assert status(page) == "2 notes selected"
    page.click("#roll .quantize")
    becomes(page, desk, (0, 60, 400, 80), (480, 64, 400, 81), last)
    page.click("#roll .copy_notes")
    page.mouse.click(*place.at(1930, 75))  # the cursor, where there is nothing
    press(page, "Control+v")
    becomes(page, desk, (0, 60, 400, 80), (480, 64, 400, 81), (1920, 60, 400, 80), (2400, 64, 400, 81), last)
    page.locator("#roll .loud").fill("33")  # of what was pasted, which is selected
    pasted = [Note(1920, 60, 400, 33), Note(2400, 64, 400, 33)]
    becomes(page, desk, (0, 60, 400, 80), (480, 64, 400, 81), *pasted, last)
    lane = place.top + page.locator("#roll .over").bounding_box()["height"]
    place.drag((place.x(5760) + 1, lane - 20), (place.x(5760) + 1, lane - 60))
    last = last._replace(velocity=127)
    becomes(page, desk, (0, 60, 400, 80), (480, 64, 400, 81), *pasted, last)
    page.select_option("#roll .grid", label="1/4 triplet")
    page.mouse.dblclick(*place.at(3840 + 330, 66))
    becomes(page, desk, (0, 60, 400, 80), (480, 64, 400, 81), *pasted, (3840 + 320, 66, 320, 33), last)


def test_everything_is_done_by_the_keyboard_alone(opened: Callable[..., Any], desk: Desk) -> None:
    page = opened(Score())
    while not page.evaluate("document.activeElement.matches('#roll .over')"):
        page.keyboard.press("Tab")
    assert status(page) == "C4, bar 1 beat 1, empty"
    press(page, "]")
    assert status(page) == "Next note: quarter note"
    press(page, "Enter", "ArrowUp", "ArrowUp", "Enter", "Shift+ArrowUp", "[", "Enter")
    becomes(page, desk, (0, 60, 480, 90), (480, 62, 480, 90), (960, 74, 240, 90))
    press(page, "p", "l")
    assert status(page) == "D5, bar 1 beat 3, eighth note, Track 1, locked"
    press(page, "ArrowDown", "ArrowRight", "]", ".", "p", "Shift+ArrowDown")
    written = [Note(0, 60, 480, 90), Note(480, 50, 480, 90), Note(1200, 73, 480, 98)]
    becomes(page, desk, *written)
    assert desk.edited[-1].locked == (frozenset({Note(1200, 73, 480, 98)}),)
    press(page, "Control+a", "Control+c", "Escape", "Home", "Shift+ArrowRight", "Shift+ArrowRight", "Control+v")
    pasted = [note._replace(onset=note.onset + 3840) for note in written]
    becomes(page, desk, *written, *pasted)
    press(page, "Control+x", "Control+z", "Control+y", "Escape", "?")
    assert page.is_visible("#roll .help")
    press(page, "Escape")
    assert not page.is_visible("#roll .help")
    becomes(page, desk, *written)


def test_chosen_bars_of_ticked_tracks_are_asked_to_be_rewritten(opened: Callable[..., Any], desk: Desk) -> None:
    score = Score(480, (*TUNE.tracks, BASS))
    first, second, third, fourth, last = TUNE.tracks[0].notes
    page = opened(score, locked=[frozenset({fourth}), frozenset()])
    place = Place(page, score)
    assert not page.is_visible("#roll .bar-actions")
    place.drag(place.ruler(2000), place.ruler(4000))
    assert page.inner_text("#roll .which") == "Bars 2–3 · all tracks"
    page.uncheck("#roll .tracks li:has(.name:has-text('Bass')) input")
    assert page.inner_text("#roll .which") == "Bars 2–3 · Melody"
    page.click("#roll .bar-actions .primary")
    until(page, lambda: desk.rewrites, [(2, 3, (0,), (Kept(2, 72),))])
    page.click("#roll .bar-actions button:text-is('Delete')")
    becomes(page, desk, first, second, third, last)
    assert notes_of(desk, 1) == BASS.notes
    # What was not told yet goes along with the question, whichever of the two events comes first.
    page.focus("#roll .over")
    press(page, "Escape", "Home", "Shift+ArrowRight", "b", "Enter", "r")
    until(page, lambda: desk.rewrites[1:], [(2, 2, (0,), ())])
    assert desk.rewritten[-1].note_count == score.note_count
    until(page, lambda: desk.edited[-1].score.note_count, score.note_count)


def test_it_plays_from_where_it_is_told_to_and_only_what_is_heard(opened: Callable[..., Any]) -> None:
    score = Score(480, (*TUNE.tracks, BASS))
    page = opened(score, region=(3840, 7680), new=[frozenset(), frozenset(BASS.notes)])
    place = Place(page, score)
    page.click("#roll .play")
    assert page.evaluate("calls") == [["play", "sound/key", 0]]
    page.evaluate("studioSound.now = 1.25")
    page.click("#roll .tracks li:has(.name:has-text('Bass')) button[aria-label^=Mute]")
    assert page.evaluate("calls.at(-1)") == ["play", "sound/key?tracks=0", 1.25]
    page.click("#roll .tracks li:has(.name:has-text('Bass')) button[aria-label^='Hear alone']")
    assert page.evaluate("calls.at(-1)") == ["play", "sound/key?tracks=1", 1.25]
    page.evaluate("studioSound.now = 2.5")
    page.wait_for_function("document.querySelector('#roll .clock').textContent === '0:02 / 0:08'")
    page.click("#roll .play")
    assert page.evaluate("calls.at(-1)") == ["pause"]
    page.click("#roll .jump")
    assert page.evaluate("calls.at(-1)") == ["play", "sound/key?tracks=1", 4]
    page.evaluate("studioSound.playing = false; studioSound.tell({ ended: true })")
    assert page.inner_text("#roll .clock") == "0:00 / 0:08"
    x, y = place.ruler(1920)
    page.evaluate("document.querySelector('#roll .over').focus()")
    page.mouse.click(x, y)
    press(page, "Space")
    name, url, start = page.evaluate("calls.at(-1)")
    assert (name, url) == ("play", "sound/key?tracks=1") and abs(start - 5) < 3  # scrolled to the new part


def test_music_that_is_being_written_plays_at_once_and_grows_where_it_is(
    opened: Callable[..., Any], desk: Desk
) -> None:
    page = opened(TUNE, editable=False, piece="take", play_from=2.0, growing=True, sound="sound/live")
    assert page.evaluate("calls") == [["play", "sound/live", 2]]
    before = page.locator("#roll .sight").bounding_box()
    longer = melody(*TUNE.tracks[0].notes, *((7680 + i * 480, 60, 480, 80) for i in range(16)))
    desk.show(longer, editable=False, piece="take", play_from=2.0, growing=True, sound="sound/live")
    page.click("#again")
    page.wait_for_function("document.querySelector('#roll .clock').textContent.endsWith('0:16')")
    assert len(page.evaluate("calls")) == 1  # it goes on playing
    page.wait_for_function(f"document.querySelector('#roll .sight').clientWidth < {before['width'] * 0.8}")
    page.focus("#roll .over")
    press(page, "Enter", "Delete", "Control+z", "d")
    assert not page.is_visible("#roll .edit-tools") and desk.edited == []


def test_an_old_answer_does_not_undo_what_was_drawn_since(opened: Callable[..., Any], desk: Desk) -> None:
    page = opened(TUNE, piece="p")
    place = Place(page, TUNE)
    page.mouse.dblclick(*place.at(3850, 60))
    becomes(page, desk, *TUNE.tracks[0].notes, (3840, 60, 240, 90))
    assert desk.edited[-1].revision == 1
    # As Python had it before; only its sound is news.
    desk.value = roll.value(TUNE, piece="p", sound="sound/older", editable=True)
    page.click("#again")
    page.wait_for_timeout(400)
    page.mouse.dblclick(*place.at(4330, 60))
    becomes(page, desk, *TUNE.tracks[0].notes, (3840, 60, 240, 90), (4320, 60, 240, 90))
    page.click("#roll .play")
    assert page.evaluate("calls.at(-1)") == ["play", "sound/older", 0]
    assert page.is_enabled("#roll .undo")
    desk.value = roll.value(melody((0, 60, 480, 80)), piece="p", revision=3, editable=True)
    page.click("#again")
    page.wait_for_function("document.querySelector('#roll .clock').textContent.endsWith('0:00')")
    page.focus("#roll .over")
    press(page, "n")
    assert status(page) == "C4, bar 1 beat 1, quarter note, Melody"
    # Other notes than those that were drawn: there is nothing to undo.
    assert page.is_disabled("#roll .undo")


def test_a_finger_chooses_scrolls_and_draws_on_a_narrow_page(
    opened: Callable[..., Any], desk: Desk, tmp_path: Path
) -> None:
    page = opened(TUNE, touch=True, width=390)
    place = Place(page, TUNE)
    page.touchscreen.tap(*place.at(200, 60))
    assert status(page) == "C4, bar 1 beat 1, quarter note, Melody"
    page.click("#roll .draw")
    page.touchscreen.tap(*place.at(1930, 65))
    becomes(page, desk, *TUNE.tracks[0].notes, (1920, 65, 240, 90))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    before = sight(page)[1]
    x, y = place.at(2000, 69)
    fingers = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), *(("touchMove", 20 + 10 * i) for i in range(8)), ("touchEnd", None)):
        points = [] if apart is None else [{"x": x + i * apart, "y": y, "id": i} for i in (0, 1)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert sight(page)[1] < before * 0.8
    until(page, lambda: len(notes_of(desk) or ()), len(TUNE.tracks[0].notes) + 1)  # nothing was drawn by that
    picture(page, "roll-390", tmp_path)


def test_bars_and_seconds_are_those_of_the_score(chromium: Any) -> None:
    rng = random.Random(5)
    page = chromium.new_page()
    for _ in range(40):
        metres = [TimeSignature(0, 4, 4)]
        tempos = [Tempo(0, 500_000)]
        for _ in range(rng.randrange(4)):
            onset = metres[-1].onset + rng.randrange(1, 5000)
            metres.append(TimeSignature(onset, rng.randrange(1, 13), 2 ** rng.randrange(1, 5)))
            tempos.append(Tempo(rng.randrange(1, 9000), rng.randrange(200_000, 1_500_000)))
        note = Note(rng.randrange(20_000), 60, rng.randrange(1, 3000), 80)
        score = Score(rng.choice([24, 96, 480]), (Track((note,)),), tuple(tempos), tuple(metres))
        value = json.loads(roll.value(score))
        bars, seconds, ticks = page.evaluate(
            """([source, { metres, tempos, resolution }, end]) => {
              const [makeBars, makeClock] = new Function(source + "; return [makeBars, makeClock];")();
              const clock = makeClock(tempos, resolution);
              const bars = makeBars(metres, end, 0).filter((bar) => bar.inMusic);
              const told = bars.map((bar) => [bar.index, bar.start, bar.end, bar.numerator, bar.denominator]);
              const seconds = clock.seconds(end);
              return [told, seconds, clock.tick(seconds)];
            }""",
            [(HERE / "music.js").read_text(encoding="utf-8"), value, score.end],
        )
        assert [Bar(*bar) for bar in bars] == list(score.bars)
        assert seconds == pytest.approx(score.seconds_at(score.end)) and ticks == pytest.approx(score.end)
    page.close()


def test_it_is_zoomed_and_scrolled_in_every_way(opened: Callable[..., Any]) -> None:
    score = melody(*((i * 480, 50 + i % 24, 480, 80) for i in range(400)))
    page = opened(score)
    left, width = sight(page)
    assert left == 0 and width < 300
    place = Place(page, score, 100)
    page.mouse.move(*place.at(1920, 60))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    assert sight(page)[1] < width * 0.8
    page.mouse.wheel(300, 0)
    assert sight(page)[0] > 0
    page.click("#roll .fit")
    assert sight(page)[0] == 0 and sight(page)[1] > 2 * width
    page.click("#roll .zoom_in")
    page.click("#roll .zoom_in")
    page.click("#roll .zoom_in")
    box = page.locator("#roll .overview").bounding_box()
    place.drag((box["x"] + 300, box["y"] + 15), (box["x"] + 900, box["y"] + 15))
    assert sight(page)[0] > 250
    page.focus("#roll .over")
    press(page, "Home")
    assert sight(page)[0] == 0


def test_drums_are_struck_by_name(opened: Callable[..., Any], desk: Desk) -> None:
    kit = Track((Note(0, 36, 120, 100),), 0, True, name="Kit", role="drums")
    page = opened(Score(480, (kit,)))
    page.focus("#roll .over")
    press(page, "ArrowRight", "ArrowUp", "Enter")
    until(page, lambda: notes_of(desk), (Note(0, 36, 120, 100), Note(240, 38, 240, 90)))
    press(page, "p")
    assert status(page) == "Snare, bar 1 beat 1.5, eighth note, Kit"


def test_instruments_are_chosen_and_tracks_added_and_taken_away(opened: Callable[..., Any], desk: Desk) -> None:
    drums = Track((Note(0, 36, 120, 100),), 0, True, name="Kit", role="drums")
    page = opened(Score(480, (*TUNE.tracks, drums)))
    assert page.locator("#roll .tracks select[aria-label^=Instrument]").count() == 1
    page.select_option("#roll .tracks [aria-label='Instrument: Melody']", label="Violin")
    until(page, lambda: [t.program for t in desk.edited[-1].score.tracks] if desk.edited else None, [40, 0])
    assert "program=40&drum=0&pitch=60" in page.evaluate("calls.at(-1)")[1]
    assert page.locator("#roll .tracks optgroup[label=Strings] option").first.inner_text() == "Violin"
    page.select_option("#roll .another select", label="Acoustic Bass")
    assert status(page) == "Track 3, Acoustic Bass"
    page.focus("#roll .over")
    press(page, "Home", "Enter")
    added = Track((Note(0, 60, 240, 90),), 32)
    until(page, lambda: desk.edited[-1].score.tracks[2:], (added,))
    assert not page.is_visible("#roll .tracks [aria-label^='Take this']")
    press(page, "Control+z")
    page.click("#roll .tracks [aria-label='Take this empty track away: Track 3']")
    until(page, lambda: len(desk.edited[-1].score.tracks), 2)
    page.focus("#roll .over")
    press(page, "Control+z", "Control+y", "Control+z", "Control+z", "Control+z")
    until(page, lambda: [t.program for t in desk.edited[-1].score.tracks], [73, 0])
    assert page.eval_on_selector("#roll .tracks select", "(select) => select.selectedOptions[0].text") == "Flute"
    assert desk.edited[-1].score == desk.score


def test_without_a_value_nothing_is_shown_and_nothing_fails(opened: Callable[..., Any], desk: Desk) -> None:
    page = opened(TUNE)
    desk.value = ""
    page.reload()
    page.wait_for_selector("#roll[data-ready], #roll [data-ready]", state="attached")
    page.evaluate("""() => {
      studioSound.tell({ playing: true });
      studioSound.tell({ ended: true, owner: document.querySelector("#roll") });
      document.body.classList.toggle("dark");
      for (const key of "bnpth?+-*/f [].,qldm") document.querySelector("#roll .over")
        .dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      for (const button of document.querySelectorAll("#roll button")) button.click();
    }""")
    page.wait_for_timeout(300)
    assert not page.is_visible("#roll .piano-roll")


def test_names_are_text_and_everything_has_a_name(opened: Callable[..., Any], desk: Desk) -> None:
    drums = Track(tuple(Note(i * 480, 36, 120, 100) for i in range(8)), 0, True, name=HOSTILE, role="drums")
    page = opened(Score(480, (*TUNE.tracks, drums), title=HOSTILE))
    assert HOSTILE in page.inner_text("#roll .tracks")
    assert unnamed(page) == []
    for dark in (False, True):
        page.evaluate("(dark) => document.body.classList.toggle('dark', dark)", dark)
        # Colours fade for a moment.
        page.wait_for_function(f"() => ({CONTRAST})().length === 0")
    assert page.get_attribute("#roll .over", "role") == "application"
    assert page.get_attribute("#roll .over", "aria-label") == "Test tune"
