"""What a piano roll shows, as one JSON string: quick to send, and never taken for a template.

    {"piece": which music it is, "revision": how often it was changed,
     "resolution": ticks of a quarter, "limit": tick at which the last note must end,
     "tempos": [[tick, microseconds of a quarter], ...],
     "metres": [[tick, numerator, denominator, ticks of a bar], ...],
     "tracks": [{"name", "program", "drum", "notes": [onset, pitch, duration, velocity, state, ...]}],
     "parted": whether new notes are told from the seed's, "region": [from tick, to tick] or null,
     "sound": address or null, "play": {"from": seconds} or null,
     "growing": whether more is to come, "editable": true or false, "rewritable": true or false}

`state` is 1 for a new note, plus 2 for a locked one, plus 4 for one that is marked.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from studio.pipeline import Note, Score, Track

MOST_TRACKS = 32
MOST_NOTES = 20_000
MOST_QUARTERS = 8_000  # 2,000 bars of 4/4; longer music may be changed, but not made longer still
NEW, LOCKED, MARKED = 1, 2, 4
NUMBERS = 5  # of one note

Marked = Sequence[Collection[Note]]
"""For each track some of its notes."""


def value(
    score: Score,
    *,
    piece: str = "",
    revision: int = 0,
    new: Marked | None = None,
    locked: Marked = (),
    marked: Marked = (),
    region: tuple[int, int] | None = None,
    sound: str | None = None,
    play_from: float | None = None,
    growing: bool = False,
    editable: bool = False,
    rewritable: bool = False,
) -> str:
    """The value of a piano roll that shows `score`, four empty bars where it has no notes.

    `piece` names the music: while it stays the same, so do scroll, zoom, selection and undo on the page. `revision` is
    the one that `read` gave, or one more where the notes were changed on this side since: notes of an older revision
    than the page has are not taken, as they are old news. `new`: for each track its new notes (None: none is told from
    another); `region`: the ticks that were written. `locked`: for each track the notes that must stay;
    `marked`: those that are pointed at now, a passage that is spoken of elsewhere on the page.

    `sound` is an address for `window.studioSound`: where it changes while the piece plays, the new one goes on from
    there. With `play_from` (seconds) it plays at once, again only for another address or second. `growing`: the music
    is still being written, and further values follow. What is larger than `MOST_TRACKS` or `MOST_NOTES` is shown, but
    cannot be edited.
    """
    ground = grounded(score)
    small = len(ground.tracks) <= MOST_TRACKS and ground.note_count <= MOST_NOTES
    metres = ground.time_signatures
    data = {
        "piece": piece,
        "revision": revision,
        "resolution": ground.resolution,
        "limit": limit(ground),
        "tempos": [[tempo.onset, tempo.mpq] for tempo in ground.tempos],
        "metres": [[*metre, ground.bar_length(metre.numerator, metre.denominator)] for metre in metres],
        "tracks": [_track(track, _of(new, i), _of(locked, i), _of(marked, i)) for i, track in enumerate(ground.tracks)],
        "parted": new is not None,
        "region": region,
        "sound": sound,
        "play": None if play_from is None else {"from": play_from},
        "growing": growing,
        "editable": editable and small,
        "rewritable": rewritable,
    }
    return json.dumps(data, separators=(",", ":"))


def grounded(score: Score) -> Score:
    """The score itself, or with a track to draw into where it has none."""
    return score if score.tracks else replace(score, tracks=(Track(role="melody"),))


def limit(score: Score) -> int:
    """Tick at which the last note must have ended after a change."""
    return max(score.end, MOST_QUARTERS * score.resolution)


def _of(marked: Marked | None, track: int) -> Collection[Note]:
    return marked[track] if marked is not None and track < len(marked) else ()


def _track(track: Track, new: Collection[Note], locked: Collection[Note], marked: Collection[Note]) -> dict[str, Any]:
    fresh, kept, shown = frozenset(new), frozenset(locked), frozenset(marked)
    numbers: list[int] = []
    for note in track.notes:
        state = NEW * (note in fresh) + LOCKED * (note in kept) + MARKED * (note in shown)
        numbers += (note.onset, note.pitch, note.duration, note.velocity, state)
    return {
        "name": track.name,
        "program": track.program,
        "drum": track.is_drum,
        "notes": numbers,
    }
