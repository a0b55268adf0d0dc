"""One source to one `Score` ready to be encoded: the melody alone, or all its tracks with their roles.

Every trap of a known collection is dealt with here. Knows no tokens.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from statistics import median
from typing import Literal

from studio import melody, midi
from studio.data import bars, beats, tunes, upbeats
from studio.data.corpora import CORPORA, FIRST, GUESS, Part, unknown
from studio.data.sources import Source
from studio.errors import DataError
from studio.representations.events import STYLES
from studio.score import Role, Score, Track

Voices = Literal["melody", "all"]

FEWEST_NOTES = 16
FEWEST_BARS = 4
MOST_POLYPHONY = 0.15
"""Share of a melody track's notes that may lie under another note; a track with more is no melody."""
MOST_NOTES_PER_BAR = 24.0

_BASSES = range(32, 40)  # General MIDI programs


def read(source: Source, voices: Voices) -> Score:
    """The piece of a source; DataError or MidiError when it cannot be used, with the reason."""
    corpus = CORPORA.get(source.corpus) or unknown(source.corpus, source.licence, source.style, STYLES)
    part = corpus.part(source.path)
    if part is None:
        raise DataError(f"{source.path} lies in no folder of {corpus.title} that holds music")
    if voices == "melody" and not (part.melody and part.is_single):
        raise DataError("no track of this collection is a melody")
    score = _in_bars(_loaded(source), source, part)
    leading = _melody_track(score, part)
    if voices == "melody":
        return _melody(score, leading)
    return _checked(bars.without_silence(_with_roles(score, leading, part)))


def _loaded(source: Source) -> Score:
    if source.corpus.startswith("music21:"):
        return tunes.read_tune(source.data.decode("utf-8", errors="replace"))
    return bars.without_false_start(midi.load(source.data).score)


def _in_bars(score: Score, source: Source, part: Part) -> Score:
    """The score with bar lines and note values that mean what they say."""
    if score.note_count == 0:
        raise DataError("no notes")
    if "beat_midi.txt" in source.beside:
        return beats.on_beats(score, source.beside["beat_midi.txt"])
    if part.slow:
        score = bars.in_shorter_values(score, _value_factor(score))
    return bars.with_upbeat(score, upbeats.find(score)) if part.upbeats else score


def _value_factor(score: Score) -> int:
    """By how much the note values of old music are divided so that its usual note is about a quarter: 1, 2 or 4."""
    usual = median(n.duration for t in score.tracks for n in t.notes) / score.resolution
    return 4 if usual >= 4 else 2 if usual >= 2 else 1


def _melody_track(score: Score, part: Part) -> int | None:
    pitched = [i for i, track in enumerate(score.tracks) if track.notes and not track.is_drum]
    if not pitched or not part.melody:
        return None
    if part.melody == FIRST:
        return pitched[0]
    if part.melody == GUESS:
        return melody.guess_track(score)
    return next((i for i in pitched if score.tracks[i].name.strip() == part.melody), None)


def _melody(score: Score, track: int | None) -> Score:
    """The one line of the melody track, without the bars in which it is silent."""
    if track is None:
        raise DataError("no melody track")
    whole = score.tracks[track]
    line = melody.monophonic(whole)
    if _share_under_others(whole) > MOST_POLYPHONY:
        raise DataError("its melody track plays several voices")
    # On one instrument: which one a collection names says more of its editors than of its tunes.
    alone = Track(line.notes, role="melody")
    result = _checked(bars.without_silence(replace(score, tracks=(alone,))))
    if len(line.notes) / max(1, result.bar_count) > MOST_NOTES_PER_BAR:
        raise DataError("too many notes in a bar for a melody")
    return result


def _share_under_others(track: Track) -> float:
    """Share of the notes that start while another, struck earlier, sounds on for at least half their length.

    Notes struck together do not count: in two voices on one staff that move together the upper one is the melody.
    """
    under = end = 0
    for _, chord in itertools.groupby(track.notes, key=lambda note: note.onset):
        notes = list(chord)
        under += sum(end - note.onset > note.duration / 2 for note in notes)
        end = max([end, *(note.end for note in notes)])
    return under / max(1, len(track.notes))


def _checked(score: Score) -> Score:
    if score.note_count < FEWEST_NOTES:
        raise DataError(f"fewer than {FEWEST_NOTES} notes")
    if score.bar_count < FEWEST_BARS:
        raise DataError(f"fewer than {FEWEST_BARS} bars")
    return score


def _with_roles(score: Score, leading: int | None, part: Part) -> Score:
    """The tracks that have notes, each with the role it plays."""
    pitched = [i for i, track in enumerate(score.tracks) if track.notes and not track.is_drum]
    lowest = pitched[-1] if part.lowest_is_bass and len(pitched) > 1 else None

    def role(i: int, track: Track) -> Role:
        if track.is_drum:
            return "drums"
        if i == leading:
            return "melody"
        return "bass" if i == lowest or track.program in _BASSES else "accompaniment"

    tracks = tuple(replace(t, role=role(i, t)) for i, t in enumerate(score.tracks) if t.notes)
    return replace(score, tracks=tracks)
