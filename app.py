"""Start the studio: `python app.py`.

STUDIO_HOST (127.0.0.1), STUDIO_PORT (the first free one from 7860 up) and STUDIO_LANGUAGE (en) change the defaults.
"""

from __future__ import annotations

import os

from studio import ui


def main() -> None:
    """Serve the page until Ctrl-C."""
    host = os.environ.get("STUDIO_HOST", "127.0.0.1")
    port = os.environ.get("STUDIO_PORT")
    language = os.environ.get("STUDIO_LANGUAGE", "en")
    page = ui.build(language)
    address = ui.launch(page, host, int(port) if port else None, language)
    print(f"The studio is open at {address} (Ctrl-C closes it).", flush=True)  # noqa: T201
    page.block_thread()


if __name__ == "__main__":
    main()
