"""`Finding`: what one term has to say of a candidate."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """`value` 0 (as bad as the term knows) to 1; `praise` and `blame` are clauses in words that are true, or ""."""

    value: float
    praise: str = ""
    blame: str = ""


def limited(value: float) -> float:
    """Within 0 and 1."""
    return min(1.0, max(0.0, value))
