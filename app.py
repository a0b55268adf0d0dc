"""Start the studio: `python app.py`.

STUDIO_HOST (127.0.0.1), STUDIO_PORT (the first free one from 7860 up) and STUDIO_LANGUAGE (what each
visitor's browser asks for) change the defaults. STUDIO_MCP=1 offers what it can do to language models as well.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

from studio import ui
from studio.ui import tools

# glibc's mallopt: the most heaps that threads allocate from.
ARENA_MAX = -8


def _share_heaps() -> None:
    """Let all threads allocate from two heaps, where this is glibc's affair.

    With a heap for each, what one thread frees is not there for the next: eight visitors at once left 5 to 10 MiB
    behind every time (`python -m benchmarks.visitors --rounds 14`).
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(ARENA_MAX, 2)


def main() -> None:
    """Serve the page until Ctrl-C."""
    host = os.environ.get("STUDIO_HOST", "127.0.0.1")
    port = os.environ.get("STUDIO_PORT", "")
    language = os.environ.get("STUDIO_LANGUAGE") or None
    if port and not port.isdecimal():
        sys.exit(f"STUDIO_PORT is {port!r}, but a port is a whole number such as 7860.")
    for_models = os.environ.get("STUDIO_MCP") == "1"
    if for_models and (problem := tools.problem()):
        sys.exit(problem)
    _share_heaps()
    # Stopped by a signal, the studio still takes its visitors' files away.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    page = ui.build(language)
    try:
        address = ui.launch(page, host, int(port) if port else None, language, tools=for_models)
    except OSError:
        where = f"Port {port} of {host}" if port else f"Every port from 7860 up of {host}"
        sys.exit(f"{where} is taken or not to be had: set STUDIO_PORT to another, or close what is using it.")
    print(f"The studio is open at {address} (Ctrl-C closes it).", flush=True)  # noqa: T201
    page.block_thread()


if __name__ == "__main__":
    main()
