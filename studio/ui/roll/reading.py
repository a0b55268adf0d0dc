"""What comes back from a piano roll. Anything may come: it is taken for notes only where it is some."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import replace
from typing import Any, NamedTuple

from studio.errors import StudioError
from studio.pipeline import Kept, Note, Score, Track
from studio.ui.roll.value import LOCKED, MARKED, MOST_NOTES, MOST_TRACKS, NEW, NUMBERS, grounded, limit

MOST_CHARACTERS = 2_000_000
MOST_REVISIONS = 2**31


class Edited(NamedTuple):
    """A score as the visitor left it; for each track its `locked` and its `new` notes; and the `revision` it is."""

    score: Score
    locked: tuple[frozenset[Note], ...]
    new: tuple[frozenset[Note], ...]
    revision: int


class Rewrite(NamedTuple):
    """Bars to rewrite: `first_bar` to `last_bar`, counted from 1, of `tracks` by index; the notes to `keep` there."""

    first_bar: int
    last_bar: int
    tracks: tuple[int, ...]
    keep: tuple[Kept, ...]


def read(text: object, base: Score) -> Edited:
    """The score behind the value of a piano roll that was made from `base`.

    Notes and instruments come from the page, and tracks that were added or taken away behind the last: tempo, metre and
    names are those of `base`, and what plays drums goes on to. Ticks are integers all the way, so a note nobody touched
    is the same to the bit. StudioError for anything that is no such value.
    """
    data = _object(text)
    ground = grounded(base)
    revision = _whole(data.get("revision"), 0, MOST_REVISIONS, "revision")
    tracks = data.get("tracks")
    if not isinstance(tracks, list) or not 1 <= len(tracks) <= MOST_TRACKS:
        raise _unusable(f"1 to {MOST_TRACKS} tracks were expected")
    if not all(isinstance(track, dict) for track in tracks):
        raise _unusable("tracks were expected")
    latest = limit(ground)
    flat = [_numbers(track, latest) for track in tracks]
    before = [ground.tracks[i] if i < len(ground.tracks) else None for i in range(len(tracks))]
    players = [_player(*pair) for pair in zip(tracks, before, strict=True)]
    if sum(map(len, flat)) > MOST_NOTES * NUMBERS:
        raise StudioError(f"The piano roll holds more than {MOST_NOTES} notes: delete some.")
    notes = [_notes(numbers, latest) for numbers in flat]
    pairs = zip(players, notes, strict=True)
    edited = replace(ground, tracks=tuple(replace(track, notes=tuple(n for n, _ in own)) for track, own in pairs))
    return Edited(edited, _marked(notes, LOCKED), _marked(notes, NEW), revision)


def piece(text: object) -> str:
    """Which music the value of a piano roll is about, "" where it does not say: an edit may arrive when other music
    stands there already.
    """
    return str(_object(text).get("piece", ""))


def read_rewrite(data: object, base: Score) -> Rewrite:
    """What the event `rewrite` asks for of `base`, the score as it is now. StudioError where that cannot be meant."""
    if not isinstance(data, dict):
        raise _unusable("bars to rewrite were expected")
    lines = [bar.start for bar in base.bars]
    if not lines:
        raise StudioError("There are no bars to rewrite yet: draw some notes first.")
    first = _whole(data.get("first_bar"), 1, 10**6, "bar")
    last = min(_whole(data.get("last_bar"), first, 10**6, "bar"), len(lines))
    if first > len(lines):
        raise StudioError(f"The music has {len(lines)} bars, but bar {first} was chosen: choose bars with music.")
    tracks = data.get("tracks")
    if not isinstance(tracks, list) or not 1 <= len(tracks) <= MOST_TRACKS:
        raise _unusable("tracks to rewrite were expected")
    chosen = tuple(sorted({_whole(track, 0, len(base.tracks) - 1, "track") for track in tracks}))
    return Rewrite(first, last, chosen, _kept(data.get("locked", []), base, lines))


def _kept(locked: object, base: Score, lines: list[int]) -> tuple[Kept, ...]:
    if not isinstance(locked, list) or len(locked) > MOST_NOTES:
        raise _unusable("locked notes were expected")
    kept: set[Kept] = set()
    for entry in locked:
        if not isinstance(entry, list) or len(entry) != 3:
            raise _unusable("a locked note is a track, a tick and a pitch")
        _whole(entry[0], 0, len(base.tracks) - 1, "track")
        onset, pitch = _whole(entry[1], 0, limit(base), "tick"), _whole(entry[2], 0, 127, "pitch")
        kept.add(Kept(bisect_right(lines, onset), pitch))
    return tuple(sorted(kept, key=lambda k: (k.bar, k.pitch)))


def _object(text: object) -> dict[str, Any]:
    if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
        raise _unusable(f"a text of at most {MOST_CHARACTERS} characters was expected")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _unusable("it is no JSON") from None
    if not isinstance(data, dict):
        raise _unusable("a JSON object was expected")
    return data


def _player(track: dict[str, Any], before: Track | None) -> Track:
    """What plays a track: as `before`, but for its instrument; or a track of its own where there was none."""
    program = _whole(track.get("program"), 0, 127, "program")
    if before is not None:
        return before if before.is_drum else replace(before, program=program)
    return Track(program=program, is_drum=track.get("drum") is True)


def _numbers(track: dict[str, Any], latest: int) -> list[int]:
    """The numbers of a track's notes, all whole and none larger than a tick may be."""
    numbers = track.get("notes")
    if not isinstance(numbers, list) or len(numbers) % NUMBERS:
        raise _unusable(f"{NUMBERS} numbers for each note were expected")
    # A truth value is a whole number to Python, but not to music.
    if not all(type(number) is int and 0 <= number <= latest for number in numbers):
        raise _unusable(f"whole numbers from 0 to {latest} were expected")
    return numbers


def _notes(numbers: list[int], latest: int) -> list[tuple[Note, int]]:
    """Notes with the state of each."""
    notes: list[tuple[Note, int]] = []
    for i in range(0, len(numbers), NUMBERS):
        onset, pitch, duration, velocity, state = numbers[i : i + NUMBERS]
        sounds = duration >= 1 and onset + duration <= latest and pitch <= 127 and 1 <= velocity <= 127
        if not sounds or state > NEW + LOCKED + MARKED:
            raise _unusable(f"onset {onset}, pitch {pitch}, duration {duration}, velocity {velocity} is no note")
        notes.append((Note(onset, pitch, duration, velocity), state))
    return notes


def _marked(notes: Collection[list[tuple[Note, int]]], bit: int) -> tuple[frozenset[Note], ...]:
    return tuple(frozenset(note for note, state in own if state & bit) for own in notes)


def _whole(number: object, least: int, most: int, what: str) -> int:
    if type(number) is not int or not least <= number <= most:
        raise _unusable(f"a {what} from {least} to {most} was expected")
    return number


def _unusable(reason: str) -> StudioError:
    return StudioError(f"What the piano roll sent cannot be used ({reason}). Reload the page and try again.")
