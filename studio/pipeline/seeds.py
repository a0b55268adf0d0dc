"""Seeds: music that was read from a file, and what there is to say about it. Knows no models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

from studio import midi
from studio.errors import MidiError
from studio.export import midi_file
from studio.melody import guess_track
from studio.metrics import estimate_key, polyphony
from studio.pipeline.instruments import instrument_name
from studio.score import Bar, Score

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True)
class TrackFact:
    """One track: `index` from 0, its `name` ("" when it has none), General MIDI `instrument`, number of `notes`.

    `polyphony`: pitches sounding together on average, 1 for a single line, 0 for drums and empty tracks.
    """

    index: int
    name: str
    instrument: str
    notes: int
    is_drum: bool
    polyphony: float


@dataclass(frozen=True)
class Facts:
    """What was read, for people. Bars are counted from 1."""

    key: str
    """The estimated key, "A minor"; "" when nothing is pitched."""
    key_confidence: float
    """0-1, see `metrics.Key`; 0 without a key."""
    qpm: float
    """The tempo that lasts longest, in quarter notes per minute."""
    qpm_range: tuple[float, float]
    """The slowest and the fastest tempo."""
    metre: str
    """The metre that lasts longest, "6/8"."""
    metre_changes: tuple[tuple[int, str], ...]
    """(bar, new metre) of each change after the first full bar."""
    pickup: bool
    """Whether the first bar is shorter than the second: an upbeat."""
    bars: int
    notes: int
    tracks: tuple[TrackFact, ...]
    melody_track: int | None
    """Index from 0 of the track that is most likely the melody; None when nothing is pitched."""


@dataclass(frozen=True)
class Seed:
    """A file as it was read: its music, what had to be repaired, and what names it.

    `sha256` is that of the file, a record of its origin left out; `recipe` says how the music was made if this studio
    made it (see `Take.recipe`), and `origin` in one sentence what its record says, "" without one.
    """

    score: Score
    name: str = ""
    repairs: tuple[str, ...] = ()
    sha256: str = ""
    recipe: Mapping[str, Any] | None = None
    origin: str = ""

    def facts(self) -> Facts:
        """What there is to say about the music; worked out once."""
        return self._facts

    @cached_property
    def _facts(self) -> Facts:
        score = self.score
        key = estimate_key(score)
        bars = score.bars
        pickup = len(bars) > 1 and _length(bars[0]) < _length(bars[1])
        qpms = {tempo.qpm for tempo in score.tempos if tempo.onset < max(1, score.end)}
        return Facts(
            key=key.name if key else "",
            key_confidence=key.confidence if key else 0.0,
            qpm=_longest_tempo(score),
            qpm_range=(min(qpms), max(qpms)),
            metre=_longest_metre(score, bars),
            metre_changes=_metre_changes(bars[pickup:]),
            pickup=pickup,
            bars=len(bars),
            notes=score.note_count,
            tracks=tuple(
                TrackFact(i, t.name, instrument_name(t), len(t.notes), t.is_drum, polyphony(t))
                for i, t in enumerate(score.tracks)
            ),
            melody_track=guess_track(score),
        )


def read_midi(source: str | Path | bytes, name: str = "") -> Seed:
    """Read a MIDI file, given as path or content. `name` is what to call it, else the file's name without suffix.

    MidiError: the file cannot be used; the message says what it is and what was expected.
    """
    loaded = midi.load(source)
    if not isinstance(source, bytes):
        name = name or Path(source).stem
    # Without the record, so that what is read again is known by the sum that it had before it was saved.
    plain, _ = midi_file.without_record(_content(source))
    return Seed(loaded.score, name, loaded.repairs, hashlib.sha256(plain).hexdigest(), _recipe(loaded.texts))


def examples() -> list[tuple[str, Path]]:
    """(title, file) of each example seed that comes with the studio, by title."""
    return sorted((midi.load(path).score.title or path.stem, path) for path in EXAMPLES.glob("*.mid"))


def _content(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise MidiError(f"{Path(source).name} could not be read ({error.strerror}): choose it again.") from error


def _recipe(texts: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The first text that is a recipe of this studio. Texts come from strangers: nothing they hold may raise."""
    for text in texts:
        try:
            recipe = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(recipe, dict) and "studio" in recipe and "verb" in recipe:
            return recipe
    return None


def _length(bar: Bar) -> int:
    return bar.end - bar.start


def _name(bar: Bar) -> str:
    return f"{bar.numerator}/{bar.denominator}"


def _longest_tempo(score: Score) -> float:
    ends = [*(tempo.onset for tempo in score.tempos[1:]), score.end]
    # By time, not by ticks: a fast tempo covers more music in the same time.
    lasting: dict[int, int] = {}
    for tempo, end in zip(score.tempos, ends, strict=True):
        lasting[tempo.mpq] = lasting.get(tempo.mpq, 0) + max(0, min(end, score.end) - tempo.onset) * tempo.mpq
    return 60_000_000 / max(lasting, key=lambda mpq: lasting[mpq])


def _longest_metre(score: Score, bars: tuple[Bar, ...]) -> str:
    if not bars:
        return "{}/{}".format(*score.time_signatures[0][1:])
    lasting: dict[str, int] = {}
    for bar in bars:
        lasting[_name(bar)] = lasting.get(_name(bar), 0) + _length(bar)
    return max(lasting, key=lambda metre: lasting[metre])


def _metre_changes(bars: tuple[Bar, ...]) -> tuple[tuple[int, str], ...]:
    stretches = [(next(stretch).index + 1, metre) for metre, stretch in groupby(bars, key=_name)]
    return tuple(stretches[1:])
