"""Seeds and takes in words: what was read, how it went, what to call the files. Knows the pipeline's values only."""

from __future__ import annotations

from typing import Any

from studio.pipeline import Entry, Facts, ModelInfo, Seed, TrackFact
from studio.ui.visits import Result
from studio.ui.words import Words

MOST_TRACKS = 12  # named one by one; of an orchestra's score the rest is counted
MOST_REPAIRS = 8
MOST_FIGURES = 2  # the card tells them all
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
    repairs = [words.told(sentence) for sentence in seed.repairs[:MOST_REPAIRS]]
    if len(seed.repairs) > len(repairs):
        repairs.append(words("facts.more_repairs", count=len(seed.repairs) - len(repairs)))
    return {
        "title": name(seed, words),
        "source": _source(seed, words),
        "origin": words.told(seed.origin),
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


def notes(count: int, words: Words) -> str:
    """1 note, 8 notes."""
    return words("facts.notes_one") if count == 1 else words("facts.notes", notes=count)


def new_notes(count: int, words: Words) -> str:
    """1 new note, 8 new notes."""
    return words("facts.new_notes_one") if count == 1 else words("facts.new_notes", notes=count)


def _key(found: Facts, words: Words) -> str:
    if not found.key:
        return words("facts.no_key")
    return words("facts.key_value" if found.key_confidence >= SURE else "facts.key_unsure", key=words.told(found.key))


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
    instrument = words.told(track.instrument)
    if not track.notes:
        return words("facts.track_empty", instrument=instrument)
    chords = not track.is_drum and track.polyphony > 1.5
    key = "facts.track_chords" if chords else "facts.track"
    return words(key, instrument=instrument, notes=track.notes)


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
    length = bars(take.bars_new, words)
    if several:
        fresh = new_notes(take.notes_new, words)
        said.append(words("result.take_shown", number=result.shown + 1, new_notes=fresh, bars=length))
    elif result.stopped is None:
        seconds = f"{take.seconds:.1f}"
        said.append(words("result.done", notes=notes(take.notes_new, words), bars=length, seconds=seconds))
    return words.together([*said, *map(words.told, take.notices)])


def entry(found: Entry, words: Words) -> dict[str, Any]:
    """What one model of a comparison did, as value of a facts component."""
    take, chips = found.take, []
    if take is not None:
        chips = [
            [words("compare.time"), words("compare.time_value", seconds=f"{take.seconds:.2f}")],
            [words("compare.length"), bars(take.bars_new, words)],
            [words("compare.notes"), f"{take.notes_new:,}"],
            [words("compare.speed"), words("compare.speed_value", notes=found.notes_per_s)],
        ]
    return {
        "title": words.told(found.model.title),
        "source": "",
        "origin": "",
        "chips": chips,
        "tracks_heading": words("compare.figures"),
        "tracks": [["", sentence] for sentence in figures(found.model, words)],
        "repairs_heading": words("compare.remarks" if take is not None else "compare.problem"),
        "repairs": list(map(words.told, take.notices if take is not None else [found.problem])),
    }


def figures(model: ModelInfo, words: Words) -> list[str]:
    """A model's held-out figures: those that there are words for, in their order, else the first few by their names."""
    told = [name for name in words.group("figure") if name in model.figures]
    known = [words(f"figure.{name}", value=model.figures[name]) for name in told]
    numbers = {name: value for name, value in model.figures.items() if isinstance(value, int | float)}
    plain = [f"{name.replace('_', ' ')}: {value:.4g}" for name, value in numbers.items()]
    return (known or plain)[:MOST_FIGURES]


def compared(result: Result, words: Words) -> str:
    """How a comparison went."""
    said = [words("compare.stopped" if result.stopped is not None else "compare.done")]
    if len(result.takes) < len(result.entries):
        said.append(words("compare.refused"))
    return words.together(said)
