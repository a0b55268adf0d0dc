"""What the page's handlers have in common: how Gradio runs them, and that whatever goes wrong becomes a sentence.

Two writers at once use both cores of a small machine. The page keeps the line itself (`Line`), since Gradio's own queue
can neither say on the page who is before whom nor let anybody leave it: all that stand in line run as events.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from studio.errors import StudioError
from studio.ui import widgets
from studio.ui.words import Words

Changes = dict[Any, Any]
"""What a handler changes on the page, by component."""

WRITERS = 2
IN_LINE = 20
READERS = 4

# No endpoint of these handlers is offered to programs, and the components say themselves what goes on: Gradio's page
# would tell every component that an event ever led to of each step of any event, hidden or not, and copies its state
# to do so. That came to half a second until the first bar sounded.
QUIET: dict[str, Any] = {"show_progress": "hidden", "show_progress_on": (), "api_visibility": "private"}
READING = QUIET | {"concurrency_id": "read", "concurrency_limit": READERS}
WRITING = QUIET | {"concurrency_id": "write", "concurrency_limit": IN_LINE}
# Not queued: the end of one queued event can cut the page off from another that is just being asked for.
AT_ONCE = QUIET | {"queue": False}


def guarded(notice: gr.HTML, words: Words, work: Callable[..., Iterator[Changes]], *args: Any) -> Iterator[Changes]:
    """Do the work; what goes wrong becomes one sentence in the notice beside it, and nothing else changes."""
    try:
        yield from work(*args)
    except StudioError as error:
        yield {notice: widgets.error(words.told(error))}
    except Exception:
        # The visitor gets a sentence whatever happens; whoever runs the studio gets the rest.
        traceback.print_exc()
        yield {notice: widgets.error(words("error.unexpected"))}
