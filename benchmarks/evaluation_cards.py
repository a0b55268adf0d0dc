"""What the evaluation measured, on the cards of the checkpoints. The weights stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import report_sets
from benchmarks.evaluation_sets import MEAN
from benchmarks.evaluation_takes import BARS, FOLLOWS, HELD_OUT, SEED
from studio import checkpoints

KEY = "beside_held_out_music"
OVERLAP = "overlap with held-out"


def quote(parts: Mapping[str, Any], folder: Path) -> None:
    """Write a row for each kind of music on the card of each model that was measured with the weights it has."""
    figures, sets = (parts.get(name, {}) for name in ("figures", "sets"))
    for card in checkpoints.cards(folder):
        rows = [
            _row(figures["rows"], sets["rows"], music, card.name)
            for music in dict.fromkeys(row["music"] for row in sets.get("rows") or ())
            if card.name in report_sets.models(sets["rows"], music) and card.sha256[:12] in sets["model"]
        ]
        if rows:
            facts = {name: value for name, value in card.facts.items() if name not in ("verbs", "controls")}
            checkpoints.save_card(card.folder, card.model, facts | {KEY: rows})


def _row(figures: list[Any], sets: list[Any], music: str, model: str) -> dict[str, Any]:
    made, held_out = (
        report_sets.of(figures, music, by, temperature)
        for by, temperature in ((model, report_sets.USUAL), (HELD_OUT, None))
    )
    overlap = report_sets.of(sets, music, model, report_sets.USUAL)[MEAN]
    follows, shuffled = (report_sets.of(sets, music, by)[MEAN][OVERLAP] for by in (FOLLOWS, "shuffled"))
    beyond = sum(report_sets.beyond(row, held_out[name]) for name, row in made.items() if name in held_out)
    return {
        "music": music,
        "measured on": f"{BARS} bars after {SEED}, {overlap['pieces']} times, temperature {report_sets.USUAL:g}",
        "overlap with held-out music, 0-1": round(overlap[OVERLAP], 3),
        "95 % interval": f"{overlap[f'{OVERLAP}, low']:.3f} to {overlap[f'{OVERLAP}, high']:.3f}",
        "overlap of what really follows": round(follows, 3),
        "overlap of shuffled notes": round(shuffled, 3),
        "figures beyond held-out music": f"{beyond} of {len(made)}",
    }
