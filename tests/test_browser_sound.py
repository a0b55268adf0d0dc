"""The player of the page in headless Chromium: what is heard, without gaps and clicks, and what it says of itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from browsing import MARKS
from listening import served, until
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from studio import audio
from studio.pipeline import Listener
from studio.pipeline.takes import Heard
from studio.score import Note, Score, Track
from studio.ui.sounds import SOUNDS, Sounds
from studio.ui.words import languages

pytestmark = [
    *MARKS,
    pytest.mark.skipif(audio.available() is not None, reason=str(audio.available())),
]

ORGAN = Score(480, (Track(tuple(Note(960 * i, 60 + i % 3, 960, 100) for i in range(60)), 16),))
"""A minute without a rest."""
LEVEL = 8192 / 32768


@pytest.fixture(scope="module")
def sounds() -> Sounds:
    return Sounds()


@pytest.fixture(scope="module")
def address(sounds: Sounds) -> Iterator[str]:
    async def level(request: Request) -> StreamingResponse:
        """One level for `s` seconds, in pieces of odd sizes; a breath of `pause` seconds after the first `after`."""
        asked = {name: float(value) for name, value in request.query_params.items()}

        async def blocks() -> AsyncIterator[bytes]:
            data = np.full((round(44100 * asked["s"]), 2), 8192, "<i2").tobytes()
            pause_at = round(44100 * asked.get("after", 0)) * 4
            for at in range(0, len(data), 7001):
                if at <= pause_at < at + 7001 and "pause" in asked:
                    await asyncio.sleep(asked["pause"])
                yield data[at : at + 7001]

        return StreamingResponse(blocks())

    with served(sounds, Route("/level", level)) as found:
        yield found


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """A page of a visitor who has clicked somewhere."""
    context = chromium.new_context()
    page, failures = context.new_page(), []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(address)
    page.click("#b")
    yield page
    context.close()
    assert failures == []


def play(page: Any, url: str, from_s: float = 0.0, owner: str = "a") -> None:
    page.evaluate(f"studioSound.play({{url: {url!r}, from: {from_s}, owner: document.getElementById({owner!r})}})")


def position(page: Any) -> float:
    return float(page.evaluate("studioSound.position()"))


def passes(page: Any, second: float) -> None:
    page.wait_for_function(f"studioSound.position() > {second}")


def told(page: Any, name: str) -> list[Any]:
    return [state[name] for state in page.evaluate("told")]


# --- what is heard ----------------------------------------------------------------------------------------------------


def test_music_is_heard_and_its_position_goes_on_with_the_audio_clock(page: Any, sounds: Sounds) -> None:
    assert page.evaluate("studioSound.playing") is False and position(page) == 0
    play(page, f"sound/{sounds.offer(ORGAN)}", 2.0)
    passes(page, 2.3)
    assert page.evaluate("loudest()") > 0.02
    assert page.evaluate("studioSound.playing") is True
    assert page.evaluate("studioSound.owner.id") == "a"
    clock, at = page.evaluate("[clock.currentTime, studioSound.position()]")
    passes(page, 3.0)
    later, there = page.evaluate("[clock.currentTime, studioSound.position()]")
    assert there - at == pytest.approx(later - clock, abs=0.02)
    assert told(page, "playing")[0] is True and not any(told(page, "stalled"))


def test_what_is_played_has_no_gap_and_no_click_where_its_pieces_meet(page: Any) -> None:
    play(page, "level?s=3")
    passes(page, 0.3)
    for _ in range(40):
        heard = np.array(page.evaluate("samples()"))
        if position(page) > 2.7:
            break
        assert np.abs(heard - LEVEL).max() < 1e-4
    page.wait_for_function("told.some((state) => state.ended)")
    assert position(page) == pytest.approx(3.0, abs=0.01)


def test_it_begins_and_ends_without_a_click(page: Any) -> None:
    page.evaluate("""() => { window.steepest = 0; window.busy = setInterval(() => {
      const heard = samples();
      for (let i = 1; i < heard.length; i++) steepest = Math.max(steepest, Math.abs(heard[i] - heard[i - 1]));
    }, 20); }""")
    play(page, "level?s=5")
    passes(page, 0.5)
    page.evaluate("studioSound.pause()")
    page.wait_for_function("loudest() < 1e-4")
    # From silence to the level in 5 ms is a 220th of it from frame to frame.
    assert 0 < page.evaluate("steepest") < LEVEL / 50


def test_pause_keeps_the_position_and_play_goes_on_from_there(page: Any, sounds: Sounds) -> None:
    play(page, f"sound/{sounds.offer(ORGAN)}")
    passes(page, 0.5)
    page.evaluate("studioSound.pause()")
    at = position(page)
    page.wait_for_function("loudest() < 1e-3")
    assert position(page) == at >= 0.5 and page.evaluate("studioSound.playing") is False
    until(lambda: sounds._streams == 0)
    page.evaluate("studioSound.play()")
    passes(page, at + 0.3)
    assert page.evaluate("studioSound.owner.id") == "a"
    page.evaluate("studioSound.stop()")
    assert position(page) == 0 and page.evaluate("studioSound.owner") is None
    until(lambda: sounds._streams == 0)


def test_one_music_plays_at_a_time(page: Any, sounds: Sounds) -> None:
    play(page, f"sound/{sounds.offer(ORGAN)}")
    passes(page, 0.2)
    play(page, f"sound/{sounds.offer(ORGAN)}", 10.0, owner="b")
    passes(page, 10.2)
    assert page.evaluate("studioSound.owner.id") == "b"
    states = page.evaluate("told.map(({ owner, playing }) => [owner, playing])")
    assert states[-2:] == [["a", False], ["b", True]]
    until(lambda: sounds._streams == 1)


def test_a_note_is_heard_at_once_over_what_plays(page: Any) -> None:
    play(page, "level?s=8")
    passes(page, 0.3)
    page.evaluate("studioSound.audition('sound/note?pitch=72&program=16')")
    page.wait_for_function(f"loudest() > {LEVEL} + 0.05")
    assert page.evaluate("studioSound.playing") is True


def test_the_volume_is_kept(page: Any, address: str) -> None:
    page.evaluate("studioSound.volume = 0.25")
    play(page, "level?s=8")
    page.wait_for_function(f"Math.abs(loudest() - {LEVEL / 4}) < 1e-3")
    page.goto(address)
    assert page.evaluate("studioSound.volume") == 0.25


# --- music that is being written --------------------------------------------------------------------------------------


def test_music_that_grows_in_time_plays_without_a_stall(page: Any, sounds: Sounds) -> None:
    with sounds.growing(ORGAN) as growing:
        growing.put(Heard(ORGAN, 0, 1920 * 3))
        play(page, f"sound/{growing.key}")
        for bar in range(3, 5):
            passes(page, 2 * bar - 5.0)  # five seconds before it sounds: the machine may be busy
            growing.put(Heard(ORGAN, 0, 1920 * (bar + 1)))
        growing.finish(ORGAN)
        passes(page, 4.5)
    assert not any(told(page, "stalled"))


def test_music_that_comes_too_late_is_waited_for_and_goes_on(page: Any, sounds: Sounds) -> None:
    with sounds.growing(ORGAN) as growing:
        growing.put(Heard(ORGAN, 0, 960))
        play(page, f"sound/{growing.key}")
        page.wait_for_function("studioSound.stalled")
        at = position(page)
        assert 0.9 < at <= 1.0 and page.evaluate("studioSound.playing") is True
        time.sleep(0.3)
        assert position(page) == at
        growing.finish(ORGAN)
        page.wait_for_function("!studioSound.stalled")
        passes(page, at + 0.3)
        assert page.evaluate("loudest()") > 0.02
    assert told(page, "stalled")[:3] == [False, True, False]


def test_running_dry_does_not_click(page: Any) -> None:
    page.evaluate("""() => { window.steepest = 0; window.busy = setInterval(() => {
      const heard = samples();
      for (let i = 1; i < heard.length; i++) steepest = Math.max(steepest, Math.abs(heard[i] - heard[i - 1]));
    }, 20); }""")
    play(page, "level?s=4&after=1&pause=2")
    page.wait_for_function("studioSound.stalled")
    page.wait_for_function("!studioSound.stalled")
    passes(page, 1.5)
    assert 0 < page.evaluate("steepest") < LEVEL / 50


def test_stopping_the_writing_lets_what_there_is_ring_out(page: Any, sounds: Sounds) -> None:
    with sounds.growing(ORGAN) as growing:
        growing.put(Heard(ORGAN, 0, 960))
        play(page, f"sound/{growing.key}")
        passes(page, 0.5)
    page.wait_for_function("told.some((state) => state.ended)")
    assert 1.0 < position(page) < 1.0 + audio.TAIL_S


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_music_that_is_not_there_is_an_error_with_a_sentence(page: Any, sounds: Sounds) -> None:
    play(page, "sound/nobody-knows-this-key")
    page.wait_for_function("told.some((state) => state.error)")
    assert "no longer kept" in told(page, "error")[-1] and told(page, "playing")[-1] is False
    play(page, f"sound/{sounds.offer(ORGAN)}")
    passes(page, 0.2)
    assert told(page, "error")[-1] is None


def test_a_server_that_is_gone_is_an_error_with_a_sentence(chromium: Any) -> None:
    sounds = Sounds()
    context = chromium.new_context()
    page = context.new_page()
    with served(sounds) as address:
        page.goto(address)
        page.click("#a")
    play(page, "sound/whatever")
    page.wait_for_function("told.some((state) => state.error)")
    assert "does not answer" in told(page, "error")[-1]
    context.close()


def test_what_is_fetched_ahead_is_bounded(page: Any, sounds: Sounds, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    original: Callable[[Listener], bytes | None] = Listener.read

    def counted(listener: Listener) -> bytes | None:
        block = original(listener)
        read.append(len(block or b""))
        return block

    monkeypatch.setattr(Listener, "read", counted)
    play(page, f"sound/{sounds.offer(ORGAN)}")
    passes(page, 1.0)
    time.sleep(1.0)
    assert sum(read) / 4 / 44100 < position(page) + 14


# --- the studio itself ------------------------------------------------------------------------------------------------


def test_every_page_of_the_studio_plays_what_its_server_offers(chromium: Any, server: str) -> None:
    key = SOUNDS.offer(ORGAN)
    for language in languages():
        context = chromium.new_context(locale=language)
        page = context.new_page()
        page.goto(f"{server}{language}" if language != "en" else server)
        page.wait_for_function("window.studioSound && window.gradio_config")
        page.mouse.click(2, 2)
        play(page, f"sound/{key}", 1.0)
        passes(page, 1.2)
        page.evaluate("studioSound.play({url: 'sound/nobody-knows-this-key'})")
        page.wait_for_function("!studioSound.playing")
        context.close()


def test_the_studio_sends_sound_as_it_is(server: str) -> None:
    headers = {"Accept-Encoding": "br, gzip"}
    answer = httpx.get(f"{server}sound/note?pitch=60", headers=headers)
    assert answer.status_code == 200 and "content-encoding" not in answer.headers
    with httpx.stream("GET", f"{server}sound/{SOUNDS.offer(ORGAN)}", headers=headers) as answer:
        assert "content-encoding" not in answer.headers and next(answer.iter_bytes())
