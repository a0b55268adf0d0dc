"""Rows of figures into Markdown and JSON, with the machine, the versions and the command they belong to."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("music-studio", "torch", "numpy", "gradio", "matplotlib", "pyfluidsynth", "pygame-ce")


@dataclass(frozen=True)
class Row:
    """One figure: `value` in `unit`; `relative` is the same in units of the reference work, less the machine's own."""

    what: str
    value: float
    unit: str
    relative: float | None = None


def seconds(what: str, value: float, reference_s: float) -> Row:
    """A row for a time: how many times as long as the reference work."""
    return Row(what, value, "s", value / reference_s)


def rate(what: str, value: float, unit: str, reference_s: float) -> Row:
    """A row for something per second: how much of it in the time of the reference work."""
    return Row(what, value, unit, value * reference_s)


def told(module: str, argv: Sequence[str] | None) -> str:
    """The command of a benchmark as anyone can repeat it, without where on this machine its folders lie."""
    words = sys.argv[1:] if argv is None else argv
    shown = [Path(word).name if Path(word).is_absolute() else word for word in words]
    return f"python -m {module} {shlex.join(shown)}"


def circumstances(command: str) -> dict[str, Any]:
    """Machine, versions and command."""
    return {
        "command": command,
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores",
        "busy": f"{os.getloadavg()[0]:.2f} processes were waiting or running on average in the minute before",
        "python": sys.version.split()[0],
        "versions": {name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unnamed processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unnamed processor"


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def report(rows: Sequence[Row], about: dict[str, Any]) -> str:
    """The table of `rows` under the circumstances in which they were measured."""
    cells = [[r.what, number(r.value), r.unit, "" if r.relative is None else number(r.relative)] for r in rows]
    versions = ", ".join(f"{name} {which}" for name, which in about["versions"].items())
    return "\n".join(
        [
            f"`{about['command']}` on {about['machine']}; Python {about['python']}, {versions}.",
            f"{about['busy']}.",
            "",
            markdown(["what", "value", "unit", "× reference"], cells),
            "",
        ]
    )


def write(path: Path, about: dict[str, Any], **content: Any) -> None:
    """`about` and `content` as JSON; rows become objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = about | {k: [asdict(r) for r in v] if k == "rows" else v for k, v in content.items()}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
