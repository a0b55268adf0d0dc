"""The shape of the code itself: who imports whom, what is loaded when, how long files are, what is never used."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
MAX_TEST_LINES = 600  # a test module mirrors a module or a package, case by case
PAGE_SUFFIXES = {".py", ".js", ".css", ".html", ".json"}
TEXT_SUFFIXES = PAGE_SUFFIXES | {".md", ".toml", ".txt", ""}


def files(*folders: str, suffixes: set[str]) -> list[Path]:
    """The project's own files under `folders`, sorted."""
    found = (p for folder in folders for p in [ROOT / folder, *(ROOT / folder).rglob("*")])
    return sorted(p for p in found if p.is_file() and p.suffix in suffixes and "__pycache__" not in p.parts)


SOURCES = files("app.py", "studio", "tests", "benchmarks", suffixes={".py", ".js", ".css"})
PYTHON = [p for p in SOURCES if p.suffix == ".py"]
PAGE = files("app.py", "studio/ui", suffixes=PAGE_SUFFIXES)


def run(code: str) -> str:
    """What `code` prints in a Python of its own."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_import_law_is_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("module", ["studio.ui", "studio.pipeline", "studio.cli", "studio.checkpoints"])
def test_torch_stays_out_until_it_is_needed(module: str) -> None:
    """The page, the command line's help and the list of models answer without the seconds that torch takes."""
    loaded = json.loads(run(f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"))
    assert module in loaded
    assert not [name for name in loaded if name.partition(".")[0] == "torch"]


@pytest.mark.parametrize("module", ["studio.pipeline", "studio.models", "studio.midi", "studio.data", "studio.train"])
def test_nothing_below_the_page_loads_gradio(module: str) -> None:
    assert run(f"import sys, {module}; print('gradio' in sys.modules)").strip() == "False"


NETWORK_WATCH = """
import pkgutil, sys, importlib
asked = []
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"):
        asked.append((event, str(args[-1])))
sys.addaudithook(watch)
import studio
for module in pkgutil.walk_packages(studio.__path__, "studio."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from studio import ui
ui.build()
print(asked)
"""


def test_importing_everything_and_building_the_page_asks_the_network_for_nothing() -> None:
    assert run(NETWORK_WATCH).strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_short(path: Path) -> None:
    limit = MAX_TEST_LINES if path.is_relative_to(ROOT / "tests") else MAX_LINES
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= limit


def calls_and_imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything that a file imports or calls."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)
            yield from ((node.lineno, k.arg) for k in node.keywords if k.arg == "allow_pickle" and is_true(k.value))


def is_true(value: ast.expr) -> bool:
    return not (isinstance(value, ast.Constant) and value.value is False)


READERS = r"^(c?[pP]ickle|dill|joblib|shelve|marshal)\b|^torch\.(load|save)$|^allow_pickle$|^(eval|exec)$"
RUNS_WHAT_IT_READS = re.compile(READERS)


@pytest.mark.parametrize("path", PYTHON, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_read_in_a_form_that_can_run_code(path: Path) -> None:
    """Weights are safetensors, arrays are plain .npy: a file from a stranger can be wrong, but it cannot act."""
    assert [found for found in calls_and_imports(path) if RUNS_WHAT_IT_READS.search(found[1])] == []


def test_the_check_above_sees_what_it_looks_for(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import pickle\nfrom torch import load\nnp.load(p, allow_pickle=True)\nmodel.eval()\neval('1')\n")
    hits = [line for line, name in calls_and_imports(bad) if RUNS_WHAT_IT_READS.search(name)]
    assert hits == [1, 2, 3, 5]


@pytest.mark.parametrize("path", PAGE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_page_names_no_host_but_this_machine(path: Path) -> None:
    """Without web fonts, scripts from elsewhere or telemetry there is no reason for any other address."""
    addresses = re.findall(r"\b(?:https?|wss?)://([^\s/\"'`:$]+)", path.read_text(encoding="utf-8"))
    assert set(addresses) <= {"127.0.0.1", "localhost", "www.w3.org"}  # the last one only names the SVG namespace


def test_installing_names_no_host() -> None:
    """Where packages come from is the business of whoever installs: it is pip's and apt's configuration."""
    for name in ("pyproject.toml", "constraints.txt", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        assert "index-url" not in text, name


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    pins = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+( ; .+)?", pin) for pin in pins)
    pinned = {pin.partition("==")[0].lower() for pin in pins}
    assert {re.match(r"[A-Za-z0-9_.-]+", r).group().lower() for r in asked} <= pinned


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    here = re.compile(r"(?<![\w.~/-])/(?:root|home|Users|work|workspace)/\w")
    places = ["app.py", "studio", "tests", "benchmarks", "docs", "checkpoints", "soundfonts", "examples"]
    top = ["README.md", "CHANGELOG.md", "pyproject.toml", "Makefile", ".ci/run"]
    found = [p for p in files(*places, *top, suffixes=TEXT_SUFFIXES) if here.search(p.read_text(encoding="utf-8"))]
    assert [p for p in found if p != Path(__file__)] == []
