"""The table of a prepared folder: what there is of each style and split, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_COUNTS = ("pieces", "groups", "bars", "notes", "tokens")
_LINE = "{:<12} {:<6} {:>8} {:>8} {:>9} {:>10} {:>11} {:>11}"


def table(rows: Sequence[Mapping[str, Any]], refused: Mapping[tuple[str, str], int]) -> str:
    """Plain text, one line per style and split, then totals, collections, and the reasons for what is left out."""
    lines = [_LINE.format("style", "split", *_COUNTS, "tokens/note")]
    styles = sorted({row["style"] for row in rows})
    for style in styles:
        for split in ("train", "valid", "test"):
            lines += _line(style, split, [r for r in rows if r["style"] == style and r["split"] == split])
    for split in ("train", "valid", "test"):
        lines += _line("all", split, [r for r in rows if r["split"] == split])
    lines += _line("all", "all", rows)
    lines += ["", "pieces by collection: " + _listed(Counter(r["corpus"] for r in rows))]
    lines += ["pieces by licence: " + _listed(Counter(r["licence"] for r in rows))]
    if refused:
        lines += ["", f"left out: {sum(refused.values())}"]
        lines += [f"  {n:>6}  {corpus}: {reason}" for (corpus, reason), n in _sorted(refused)]
    return "\n".join(lines) + "\n"


def _line(style: str, split: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return []
    notes, tokens = sum(r["notes"] for r in rows), sum(r["tokens"] for r in rows)
    counts = (len(rows), len({r["group"] for r in rows}), sum(r["bars"] for r in rows), notes, tokens)
    return [_LINE.format(style, split, *(f"{n:,}" for n in counts), f"{tokens / max(1, notes):.2f}")]


def _sorted(counts: Mapping[Any, int]) -> Iterable[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n:,}" for name, n in _sorted(counts))
