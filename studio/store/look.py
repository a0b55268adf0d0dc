"""`look`: a score as a picture the size of a stamp, in a short text that a page can draw from. Knows scores only."""

from __future__ import annotations

import base64
from collections.abc import Sequence, Set

from studio.score import Note, Score

WIDE, HIGH = 120, 40
MOST = 400  # strokes; of longer music the thumbnail shows no more than can be told apart


def look(score: Score, new: Sequence[Set[Note]] | None = None) -> str:
    """The score's notes as base64, four bytes a stroke: column 0-119, columns wide, row 0-39 from the top, 1 if new.

    `new` has for each track the notes that were written; None where there is nothing to tell apart. Notes that fall
    into the same columns of a row are one stroke.
    """
    notes = [
        (note, new is not None and i < len(new) and note in new[i])
        for i, track in enumerate(score.tracks)
        for note in track.notes
    ]
    if not notes:
        return ""
    end = max(1, score.end)
    low, high = min(n.pitch for n, _ in notes), max(n.pitch for n, _ in notes)
    # A tune of few pitches keeps small steps small: it is not stretched over the whole height.
    middle, span = (low + high) / 2, max(high - low, 16)
    strokes: dict[tuple[int, int, int], int] = {}
    for note, fresh in notes:
        left = min(WIDE - 1, note.onset * WIDE // end)
        width = max(1, min(WIDE - left, round(note.duration * WIDE / end)))
        row = round((HIGH - 1) * (0.5 - (note.pitch - middle) / span))
        strokes[left, width, row] = strokes.get((left, width, row), 0) | fresh
    chosen = sorted(strokes.items())
    step = len(chosen) // MOST + 1
    return base64.b64encode(bytes(b for place, fresh in chosen[::step] for b in (*place, fresh))).decode()
