"""The doors for programs as tools for language models (MCP): Gradio makes them, with a package that may be missing."""

from __future__ import annotations

import importlib.util


def problem() -> str | None:
    """None where the tools can be offered; else one sentence on what to install."""
    if importlib.util.find_spec("mcp"):
        return None
    return (
        "To offer its tools to language models the studio needs the package mcp: "
        "install it with .venv/bin/python -m pip install -c constraints.txt -e '.[mcp]'."
    )
