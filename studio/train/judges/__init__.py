"""Judges: how a model is judged on pieces that it did not learn from, one module for each kind of examples.

A judge module holds `judge(model, examples, most, device)`, figures by name of which `loss` decides which weights are
kept, from about `most` ids (None: all there are); and `figures(run)`, what the card says of the best weights.
"""

from __future__ import annotations

import importlib
from typing import Any


def find(kind: str) -> Any:
    """The module that judges models of such examples, see `studio.data.examples`."""
    return importlib.import_module(f"{__name__}.{kind}")
