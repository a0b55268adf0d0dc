"""What every test takes for granted: no network beyond this machine, one thread; in CI the same fuzzing, no skips."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

# Before anything imports gradio or torch. On tiny models several threads only wait for each other.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Nothing that is tried here is kept among the work of whoever runs the tests.
os.environ["STUDIO_DATA"] = tempfile.mkdtemp(prefix="music-studio-tests-")

import pytest
from hypothesis import settings

# No deadlines: how long one example takes says more about the machine than about the code.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def tiny_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkpoints folder with a tiny network of each kind, in place of the shipped one."""
    from tiny import save_lstm, save_transformer, save_vae

    from studio.pipeline import catalogue

    folder = tmp_path_factory.mktemp("checkpoints")
    save_lstm(folder / "lstm")
    save_transformer(folder / "transformer")
    save_vae(folder / "vae")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "CHECKPOINTS", folder)
        yield folder


@pytest.fixture(scope="module")
def server(tiny_checkpoints: Path) -> Iterator[str]:
    """The studio with a tiny model; yields its address."""
    from studio import ui

    blocks = ui.build()
    yield ui.launch(blocks)
    blocks.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless browser."""
    from browsing import CHROMIUM, playwright

    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens pages, each a visitor of its own; afterwards no request left this machine and no script failed."""
    from browsing import settled

    contexts, requests, failures = [], [], []

    def opened(address: str = server, **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#seed-facts .title:visible")
        settled(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert requests
    assert [url for url in requests if not re.match(r"(http://127\.0\.0\.1:\d+/|data:|blob:)", url)] == []
    assert failures == []


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Every connection that leaves this machine fails the test that asks for it: the studio works offline."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0]) if isinstance(address, tuple) else ""
            if not host.startswith("127.") and host not in ("localhost", "::1", "0.0.0.0"):
                raise AssertionError(f"a connection to {host} was asked for: nothing here may leave this machine")
        return connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


DATA = os.environ["STUDIO_DATA"]


def pytest_unconfigure() -> None:
    """What was kept for the tests goes with them."""
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that is skipped fails: there, what it needs is installed, and nobody reads why it did not run."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed in CI: {report.longreprtext}"
    return report
