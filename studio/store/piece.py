"""`Piece`: one seed or one take as it is kept, made from the pipeline's values and turned back into them.

The music is kept as MIDI with its recipe inside, just as it would be downloaded; what MIDI cannot say stands in
`details`. Knows nothing of databases.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from studio import midi
from studio.errors import StoreError
from studio.pipeline import Seed, Take, read
from studio.score import Note, Score
from studio.store.look import look

Kind = Literal["seed", "take"]
LONGEST_NAME = 200


def new_id() -> str:
    """16 hex digits that nobody can guess."""
    return secrets.token_hex(8)


@dataclass(frozen=True)
class Piece:
    """One seed or take, and its place in the tree: `parent` is the id of the piece that it was made from.

    `midi` is its music as a file, named by `sha256` (of a seed: that of the file it was read from). Takes that were
    written together have one `run`, and count in it from `number` 1. `bars` and `notes` are all of a seed's, and the
    new ones of a take. `look` is a thumbnail, see `look.look`. `details` holds the rest, see `of_seed` and `of_takes`.
    `liked`: -1, 0 or 1.
    """

    kind: Kind
    name: str
    midi: bytes
    sha256: str
    id: str = field(default_factory=new_id)
    parent: str | None = None
    verb: str = ""
    model: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    kept: bool = False
    liked: int = 0
    run: str = ""
    number: int = 1
    bars: int = 0
    notes: int = 0
    look: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The value of each of the model's settings that it was written under; empty for a seed."""
        settings = self.recipe.get("settings")
        return settings if isinstance(settings, Mapping) else {}

    def seed(self) -> Seed:
        """The music to start from, of a take as well. StoreError: what was kept is damaged."""
        found = self._read()
        repairs = tuple(map(str, self.details.get("repairs", ())))
        return Seed(found.score, self.name, repairs, self.sha256, found.recipe, str(self.details.get("origin", "")))

    def take(self) -> Take:
        """The take as it was written. StoreError: this is a seed, or what was kept is damaged."""
        if self.kind != "take":
            raise StoreError("This is a seed, not a take: start from it instead.")
        score, kept = self._read().score, self.details
        try:
            return Take(
                score=score,
                name=self.name,
                new_from=int(kept["new_from"]),
                end=int(kept["end"]),
                bars_new=self.bars,
                new=tuple(frozenset(Note(*map(int, note)) for note in track) for track in kept["new"]),
                melody_track=kept["melody_track"],
                recipe=dict(self.recipe),
                notices=tuple(map(str, kept["notices"])),
                seconds=float(kept["seconds"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StoreError(f"The take '{self.name}' was kept incompletely: write it again.") from error

    def _read(self) -> Seed:
        return read(self.midi, self.name)


def of_seed(seed: Seed, parent: str | None = None) -> Piece:
    """A seed to be kept; `details` has the `repairs` that were made when it was read, and its `origin` in words."""
    data = _midi(seed.score, seed.recipe)
    return Piece(
        "seed",
        _name(seed.name),
        data,
        seed.sha256 or hashlib.sha256(data).hexdigest(),
        parent=parent,
        bars=seed.score.bar_count,
        notes=seed.score.note_count,
        look=look(seed.score),
        recipe=_plain(seed.recipe or {}),
        details={"repairs": list(seed.repairs), **({"origin": seed.origin} if seed.origin else {})},
    )


def edited_seed(seed: Seed, before: Piece | None) -> Piece:
    """Music whose notes the visitor has changed: the piece it was already, if that was changed too, else one below."""
    piece = of_seed(replace(seed, sha256="", recipe=_by_hand(seed.recipe), origin=""), before.id if before else None)
    details = {**piece.details, "edited": True}
    if before is not None and before.details.get("edited"):
        return replace(before, **_of_music(piece), details={**before.details, **details})
    return replace(piece, details=details)


def _by_hand(recipe: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The recipe of music that was changed by hand since."""
    return {**recipe, "edited": True} if recipe else None


def edited_take(take: Take, before: Piece) -> Piece:
    """The same take with other notes."""
    piece = _of_take(take, before.parent, before.run, before.number)
    return replace(before, **_of_music(piece), details=piece.details)


def _of_music(piece: Piece) -> dict[str, Any]:
    """What changes with the notes."""
    return {name: getattr(piece, name) for name in ("midi", "sha256", "bars", "notes", "look", "recipe")}


def of_takes(takes: Sequence[Take], parent: str | None) -> list[Piece]:
    """Takes that were written together, to be kept.

    `details` has of each: the region that is new in ticks (`new_from`, `end`), `new` notes for each track as [onset,
    pitch, duration, velocity], `melody_track`, `notices` and `seconds`.
    """
    run = new_id()
    return [_of_take(take, parent, run, i + 1) for i, take in enumerate(takes)]


def _of_take(take: Take, parent: str | None, run: str, number: int) -> Piece:
    data = _midi(take.score, take.recipe)
    score = midi.load(data).score
    # A file holds no empty tracks, and a pitch sounds once at a time in each: `new` follows what is in the file.
    filled = [i for i, track in enumerate(take.score.tracks) if track.notes]
    starts = [{(note.onset, note.pitch) for note in take.new[i]} for i in filled]
    new = [
        frozenset(note for note in track.notes if note[:2] in fresh)
        for track, fresh in zip(score.tracks, starts, strict=False)
    ]
    melody = filled.index(take.melody_track) if take.melody_track in filled else None
    return Piece(
        "take",
        _name(take.name),
        data,
        hashlib.sha256(data).hexdigest(),
        parent=parent,
        verb=str(take.recipe.get("verb", "")),
        model=str(take.recipe.get("model", "")),
        run=run,
        number=number,
        bars=take.bars_new,
        notes=take.notes_new,
        look=look(score, new),
        recipe=_plain(take.recipe),
        details={
            "new_from": take.new_from,
            "end": take.end,
            "new": [sorted(map(list, track)) for track in new],
            "melody_track": melody,
            "notices": list(take.notices),
            "seconds": take.seconds,
        },
    )


def _name(name: str) -> str:
    """A name that can be written down: letters only, no halves of them, and not too many."""
    return name[:LONGEST_NAME].encode(errors="replace").decode()


def _plain(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe as it is read back: JSON has lists and no tuples."""
    plain: dict[str, Any] = json.loads(json.dumps(recipe))
    return plain


def _midi(score: Score, recipe: Mapping[str, Any] | None) -> bytes:
    """As `pipeline.save` writes it."""
    texts = (json.dumps(recipe, ensure_ascii=True, separators=(",", ":")),) if recipe else ()
    return midi.save(score, texts=texts)
