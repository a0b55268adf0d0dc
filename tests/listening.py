"""A server that sends sound, with a page that has the player and nothing else, which tells what it plays."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from studio.ui import widgets
from studio.ui.sounds import Sounds
from studio.ui.words import Words

# What goes to the loudspeakers also goes through an analyser, and every change of state is written down.
EARS = """
const connect = AudioNode.prototype.connect;
AudioNode.prototype.connect = function (to, ...more) {
  if (to instanceof AudioDestinationNode && !(this instanceof AnalyserNode)) {
    window.ears = new AnalyserNode(this.context, { fftSize: 4096 });
    window.clock = this.context;
    connect.call(this, window.ears);
  }
  return connect.call(this, to, ...more);
};
window.samples = () => {
  const found = new Float32Array(4096);
  if (window.ears) window.ears.getFloatTimeDomainData(found);
  return [...found];
};
window.loudest = () => Math.max(...samples().map(Math.abs));
window.told = [];
document.addEventListener("studio-sound", ({ detail }) => {
  const { playing, stalled, ended, error } = detail;
  told.push({ playing, stalled, ended, error, owner: detail.owner && detail.owner.id, at: studioSound.position() });
});
"""


@contextmanager
def served(sounds: Sounds, *more: Route) -> Iterator[str]:
    """Serve the music and the page; yields the address."""
    words = json.dumps({"language": "en", "words": {"en": {"sound": Words().group("sound")}}})
    html = f"""<!doctype html><title>Sound</title><button id="a">A</button><button id="b">B</button>
    <script>{EARS}window.studio = {words};\n{widgets.source("sound.js")}</script>"""

    async def page(request: Request) -> HTMLResponse:
        return HTMLResponse(html)

    app = Starlette(routes=[Route("/", page), *more, *sounds.routes])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def until(true: Callable[[], bool], patience_s: float = 30.0) -> None:
    """Wait until it is."""
    end = time.monotonic() + patience_s
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    assert true()
