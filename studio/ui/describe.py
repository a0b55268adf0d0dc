"""Seeds and takes in words: what was read, how it went, what to call the files. Knows the pipeline's values only."""

from __future__ import annotations

from typing import Any

from studio.pipeline import Facts, Seed, TrackFact
from studio.ui.visits import Result
from studio.ui.words import Words

MOST_TRACKS = 12  # named one by one; of an orchestra's score the rest is counted
MOST_REPAIRS = 8
SURE = 0.65  # a key that fits less well than this is called a guess


def name(seed: Seed, words: Words) -> str:
    """What to call a seed: its title, else its file's name."""
    return (seed.score.title or seed.name).strip() or words("seed.unnamed")


def _source(seed: Seed, words: Words) -> str:
    """The file's name, where the title does not say as much."""

    def letters(text: str) -> str:
        return "".join(filter(str.isalnum, text)).casefold()

    told = letters(seed.name) in letters(name(seed, words))
    return "" if told else words("facts.source", name=seed.name)


def facts(seed: Seed, words: Words) -> dict[str, Any]:
    """Value of a facts component."""
    found = seed.facts()
    shown = found.tracks[:MOST_TRACKS]
    tracks = [[track_name(track, words), _track(track, words)] for track in shown]
    if len(found.tracks) > len(shown):
        tracks.append(["", words("facts.more_tracks", count=len(found.tracks) - len(shown))])
    repairs = list(seed.repairs[:MOST_REPAIRS])
    if len(seed.repairs) > len(repairs):
        repairs.append(words("facts.more_repairs", count=len(seed.repairs) - len(repairs)))
    return {
        "title": name(seed, words),
        "source": _source(seed, words),
        "chips": [
            [words("facts.key"), _key(found, words)],
            [words("facts.tempo"), _tempo(found, words)],
            [words("facts.metre"), _metre(found, words)],
            [words("facts.bars"), _length(found, words)],
        ],
        "tracks_heading": words("facts.tracks"),
        "tracks": tracks,
        "repairs_heading": words("facts.repairs"),
        "repairs": repairs,
    }


def bars(count: int, words: Words) -> str:
    """A length: 1 bar, 8 bars."""
    return words("facts.bars_value_one") if count == 1 else words("facts.bars_value", bars=count)


def _key(found: Facts, words: Words) -> str:
    if not found.key:
        return words("facts.no_key")
    return words("facts.key_value" if found.key_confidence >= SURE else "facts.key_unsure", key=found.key)


def _tempo(found: Facts, words: Words) -> str:
    slowest, fastest = found.qpm_range
    key = "facts.tempo_value" if round(slowest) == round(fastest) else "facts.tempo_changes"
    return words(key, qpm=round(found.qpm), slowest=round(slowest), fastest=round(fastest))


def _metre(found: Facts, words: Words) -> str:
    key = "facts.metre_changes" if found.metre_changes else "facts.metre_value"
    return words(key, metre=found.metre)


def _length(found: Facts, words: Words) -> str:
    length = bars(found.bars, words)
    return words("facts.with_upbeat", length=length) if found.pickup else length


def track_name(track: TrackFact, words: Words) -> str:
    """A track's name, else its number."""
    return track.name.strip() or words("facts.unnamed_track", number=track.index + 1)


def _track(track: TrackFact, words: Words) -> str:
    if not track.notes:
        return words("facts.track_empty", instrument=track.instrument)
    chords = not track.is_drum and track.polyphony > 1.5
    key = "facts.track_chords" if chords else "facts.track"
    return words(key, instrument=track.instrument, notes=track.notes)


def track_choices(seed: Seed, words: Words, *, drums: bool) -> list[tuple[str, int]]:
    """The tracks that have notes, with or without the drums: what to show, and the track's index."""
    return [
        (words("facts.track_choice", number=t.index + 1, name=track_name(t, words), notes=t.notes), t.index)
        for t in seed.facts().tracks
        if t.notes and (drums or not t.is_drum)
    ]


def outcome(result: Result, words: Words) -> str:
    """How the writing went, and what there is to say about the take that is shown."""
    take, several = result.take, len(result.takes) > 1
    said = []
    if result.stopped is not None:
        if several:
            said.append(words("result.stopped_takes", bars=bars(result.stopped, words)))
        else:
            said.append(words("result.stopped", bars=bars(take.bars_new, words), total=result.stopped))
    elif several:
        said.append(words("result.done_takes", takes=len(result.takes), seconds=f"{take.seconds:.1f}"))
    values = {"number": result.shown + 1, "notes": take.notes_new, "bars": bars(take.bars_new, words)}
    if several:
        said.append(words("result.take_shown", **values))
    elif result.stopped is None:
        said.append(words("result.done", **values, seconds=f"{take.seconds:.1f}"))
    return " ".join([*said, *take.notices])
