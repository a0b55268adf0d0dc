"""Takes docs/page.png, the picture of the page, with the shipped model: `python docs/make_page.py`. Needs Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from studio import ui

EXAMPLE, BARS, NUMBER = "Greensleeves", 8, 7


def main() -> None:
    """Continue an example in a page of its own server, and take the picture."""
    page = ui.build()
    address = ui.launch(page)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1180, "height": 900}, color_scheme="light")
        tab.goto(address)
        tab.click("#seed-example input")
        tab.click(f"[role=option]:has-text('{EXAMPLE}')")
        tab.wait_for_selector(f"#seed-facts .title:has-text('{EXAMPLE}')")
        tab.wait_for_selector("#seed-notice .notice", state="hidden")
        tab.fill("#continue-bars input[type=number]", str(BARS))
        tab.fill("#continue-number input", str(NUMBER))
        tab.click("#continue-generate")
        tab.wait_for_selector("#result-notice .notice[data-kind=done]:has-text('Wrote')")
        tab.mouse.move(0, 0)
        # The page scrolls to the result, and colours fade.
        tab.wait_for_timeout(1500)
        tab.screenshot(path=Path(__file__).with_name("page.png"), full_page=True)
        browser.close()
    page.close()


if __name__ == "__main__":
    main()
