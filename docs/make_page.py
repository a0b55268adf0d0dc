"""Takes the pictures of the page in this folder: `python docs/make_page.py`. Needs Chromium."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

EXAMPLE, BARS, NUMBER = "Greensleeves", 8, 7
WROTE = "#result-notice .notice[data-kind=done]:has-text('Wrote')"
HERE = Path(__file__).parent


def main() -> None:
    """Continue an example and accompany it, in a page of its own server, and take the pictures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STUDIO_DATA"] = folder  # nothing of this goes into the user's own work
        from studio import ui

        page = ui.build("en")
        address = ui.launch(page)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1180, "height": 900}, color_scheme="light")
            tab.goto(address)
            continued(tab)
            tab.screenshot(path=HERE / "page.png", full_page=True)
            accompanied(tab)
            tab.locator("#result").screenshot(path=HERE / "takes.png")
            tab.click("#theme-button")
            tab.wait_for_timeout(500)
            tab.locator("#history").screenshot(path=HERE / "history.png")
            browser.close()
        page.close()


def continued(tab: Any) -> None:
    """The example, and how the first model goes on."""
    tab.click("#seed-example input")
    tab.click(f"[role=option]:has-text('{EXAMPLE}')")
    tab.wait_for_selector(f"#seed-facts .title:has-text('{EXAMPLE}')")
    tab.fill("#continue-bars input[type=number]", str(BARS))
    tab.click("#continue-advanced button")
    tab.fill("#continue-number input", str(NUMBER))
    tab.click("#continue-advanced button")
    written(tab, "continue")


def accompanied(tab: Any) -> None:
    """Three accompaniments of the example."""
    tab.click("[role=tab]:has-text('Accompany')")
    tab.fill("#accompany-takes input[type=number]", "3")
    written(tab, "accompany")


def written(tab: Any, verb: str) -> None:
    """Ask, wait, and let the page come to rest."""
    tab.click(f"#{verb}-generate")
    tab.wait_for_selector("#stop:not([disabled])")
    tab.wait_for_selector("#stop[disabled]", timeout=120_000)
    tab.wait_for_selector(WROTE)
    tab.evaluate("window.studioSound.stop()")
    tab.mouse.move(0, 0)
    tab.wait_for_timeout(2500)


if __name__ == "__main__":
    main()
