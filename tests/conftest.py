"""What every test takes for granted: no network beyond this machine, one thread; in CI the same fuzzing, no skips."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterator
from pathlib import Path

# Before anything imports gradio or torch. On tiny models several threads only wait for each other.
os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_OFFLINE="1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

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
    """A checkpoints folder with a tiny LSTM and a tiny Transformer, in place of the shipped one."""
    from tiny import save_lstm, save_transformer

    from studio.pipeline import catalogue

    folder = tmp_path_factory.mktemp("checkpoints")
    save_lstm(folder / "lstm")
    save_transformer(folder / "transformer")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "CHECKPOINTS", folder)
        yield folder


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that is skipped fails: there, what it needs is installed, and nobody reads why it did not run."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed in CI: {report.longreprtext}"
    return report
