"""Note-ons and note-offs ⇄ notes: which end belongs to which start, and one note at a time for each pitch of a track.

Knows neither files nor scores.
"""

from __future__ import annotations

from collections.abc import Iterable

from studio.midi.repairs import Repair, Repairs
from studio.score import Note

On = tuple[int, int, int]  # onset, velocity, program


def paired(ons: list[On], offs: list[int], repairs: Repairs) -> list[tuple[On, int | None]]:
    """Each note-on of one pitch with the tick of its end; None where it never ends.

    Both lists are in the file's order, and each end has its start before it.

    Where every start has its end the first end belongs to the first start, which is right for legato playing and for
    two voices in unison. Where an end is missing, that would shift every later pair; there a note ends at the first
    end behind its start, or when the pitch starts again.
    """
    if len(ons) == len(offs):
        return list(zip(ons, offs, strict=True))
    starts = list({on[0]: on for on in ons}.values())
    repairs[Repair.DOUBLED] += len(ons) - len(starts)
    pairs: list[tuple[On, int | None]] = []
    used = 0
    for i, on in enumerate(starts):
        following = starts[i + 1][0] if i + 1 < len(starts) else None
        while used < len(offs) and offs[used] < on[0]:
            repairs[Repair.ORPHAN] += 1
            used += 1
        if used < len(offs) and (following is None or offs[used] <= following):
            pairs.append((on, offs[used]))
            used += 1
        else:
            pairs.append((on, following))
            repairs[Repair.STUCK] += 1
    repairs[Repair.ORPHAN] += len(offs) - used
    return pairs


def untangled(notes: Iterable[Note], repairs: Repairs) -> list[Note]:
    """`notes` sorted, each pitch once at a time: a note ends when its pitch starts again, twins become one.

    MIDI cannot say to which of two sounding notes of one pitch an end belongs; without overlaps it need not.
    """
    kept: list[Note] = []
    latest: dict[int, int] = {}
    for note in sorted(notes):
        onset, pitch, _, _ = note
        if pitch in latest:
            before = kept[latest[pitch]]
            if before.onset == onset:
                kept[latest[pitch]] = note  # the longer one: sorting put it behind
                repairs[Repair.DOUBLED] += 1
                continue
            if before.onset + before.duration > onset:
                kept[latest[pitch]] = before._replace(duration=onset - before.onset)
                repairs[Repair.OVERLAP] += 1
        latest[pitch] = len(kept)
        kept.append(note)
    return kept
