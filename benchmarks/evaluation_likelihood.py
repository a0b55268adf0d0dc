"""Nats per note of held-out pieces, group by group: unigram, 5-gram, LSTM where it applies, Transformer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.evaluation_baselines import Baselines
from benchmarks.evaluation_pieces import Folder, Piece, groups, windows
from benchmarks.evaluation_report import Row
from studio.evaluate import Window, model_scorer, scored
from studio.representations.events import Events


def below(value: float | None, than: float | None) -> float | None:
    """By how many per cent one is less than the other, 100 or less; None without both."""
    return 100 * (1 - value / than) if value is not None and than else None


def translated(ids: NDArray[np.int64], events: Events, other: Events) -> NDArray[np.int64] | None:
    """The same tokens, by name, as ids of another vocabulary; None where that lacks one."""
    table = np.array([other.vocabulary.ids.get(name, -1) for name in events.vocab])
    moved = table[ids]
    return None if (moved < 0).any() else moved


def piece_nats(model: Any, events: Events, folder: Folder, pieces: Iterable[Piece], context: int) -> dict[int, float]:
    """Nats of held-out pieces by row; those with a token that the model does not know are left out."""
    rows: list[int] = []
    chosen: list[Window] = []
    unknown = set()
    for row, (ids, first) in windows(folder, "test", context, pieces):
        said = translated(ids, folder.events, events)
        if said is None:
            unknown.add(row)
        else:
            rows.append(row)
            chosen.append((said, first))
    total: dict[int, float] = {}
    for i, nll in scored(model_scorer(model, torch.device("cpu")), chosen):
        total[rows[i]] = total.get(rows[i], 0.0) + float(nll.sum())
    return {row: nats for row, nats in total.items() if row not in unknown}


def table(
    pieces: Sequence[Piece],
    baselines: Baselines,
    transformer: Mapping[int, float],
    lstm: Mapping[int, float],
) -> list[Row]:
    """A row for each group, and for the melodies one more, of those that the LSTM was asked about.

    `transformer` and `lstm`: nats by piece.
    """
    rows = []
    for group, members in groups(pieces).items():
        rows.append(_row(group, members, baselines, transformer, {}))
        asked = [piece for piece in members if piece.row in lstm]
        if asked:
            name = f"{group} but {len(members) - len(asked)} that the LSTM knows"
            rows.append(_row(name, asked, baselines, transformer, lstm))
    return rows


def _row(
    name: str,
    pieces: Sequence[Piece],
    baselines: Baselines,
    transformer: Mapping[int, float],
    lstm: Mapping[int, float],
) -> Row:
    notes = sum(piece.notes for piece in pieces)

    def per_note(nats: Mapping[int, float]) -> float | None:
        if any(piece.row not in nats for piece in pieces):
            return None
        return sum(nats[piece.row] for piece in pieces) / notes

    own, shared = per_note(baselines.own), per_note(baselines.shared)
    best = min((nats for nats in (own, shared) if nats is not None), default=None)
    network, other = per_note(transformer), per_note(lstm)
    return {
        "pieces of": name,
        "pieces": len(pieces),
        "notes": notes,
        "unigram": per_note(baselines.unigram),
        "5-gram": best,
        "counted on": None if best is None else "all" if best == shared else _own(baselines.shifts[pieces[0].group]),
        "LSTM": other,
        "Transformer": network,
        "below the 5-gram, %": below(network, best),
        "below the LSTM, %": below(network, other),
    }


def _own(shifts: int) -> str:
    return f"its own kind in {shifts} keys" if shifts > 1 else "its own kind"
