"""What is no music: the notes of a piece in another order, a random walk, and what counting alone writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.evaluation_baselines import ORDER, fit
from benchmarks.evaluation_passages import Passage
from benchmarks.evaluation_pieces import Folder, Piece, some
from studio.ngram import Ngram
from studio.score import Note, Score, Track

COUNTED = 2_000_000
"""So many ids of the training pieces of a group are counted for its 5-gram."""
LEAP = 3
"""Semitones that a random walk goes at most from note to note."""
PLAYED = ("BAR", "TRACK", "POSITION", "VELOCITY", "PITCH", "DRUM", "HOLD", "DURATION")
"""Kinds of ids that are music; the others say how it is meant to be."""

Rng = np.random.Generator


def shuffled(score: Score, rng: Rng) -> Score:
    """Every track has its notes in another order: its pitches, and apart from them its steps in time with lengths."""
    return _of_each(score, lambda track: _shuffled(track, score.bars[-1].end, rng))


def _shuffled(track: Track, end: int, rng: Rng) -> list[Note]:
    onsets = sorted({note.onset for note in track.notes})
    gaps = np.diff([*onsets, max(end, track.end)])
    at = onsets[0]
    moved: list[Note] = []
    for i in rng.permutation(len(onsets)):
        together = (note for note in track.notes if note.onset == onsets[i])
        moved += [note._replace(onset=at) for note in together]
        at += int(gaps[i])
    pitches = rng.permutation([note.pitch for note in track.notes])
    return [note._replace(pitch=int(pitch)) for note, pitch in zip(moved, pitches, strict=True)]


def walk(score: Score, rng: Rng) -> Score:
    """Every track has as many notes, at random sixteenths, whose pitches go at random up and down within its range."""
    return _of_each(score, lambda track: _walk(track, score.bars[-1].end, score.resolution // 4, rng))


def _walk(track: Track, end: int, step: int, rng: Rng) -> list[Note]:
    lowest, highest = min(n.pitch for n in track.notes), max(n.pitch for n in track.notes)
    places, count = end // step, len(track.notes)
    # Notes begin together only where there are more of them than sixteenths: a line stays a line.
    onsets = np.sort(rng.choice(places, count, replace=count > places)) * step
    later = [int(onsets[onsets > onset].min(initial=end)) for onset in onsets]
    pitch = int(np.median([n.pitch for n in track.notes]))
    notes = []
    for onset, until in zip(onsets, later, strict=True):
        notes.append(Note(int(onset), pitch, until - int(onset), 80))
        pitch = int(np.clip(pitch + rng.integers(-LEAP, LEAP + 1), lowest, highest))
    return notes


def _of_each(score: Score, made: Callable[[Track], list[Note]]) -> Score:
    """The score with other notes in each track that has any; of notes that begin together on a pitch one is kept."""
    tracks = []
    for track in score.tracks:
        notes = {(note.onset, note.pitch): note for note in (made(track) if track.notes else [])}
        tracks.append(replace(track, notes=tuple(notes.values())))
    return replace(score, tracks=tuple(tracks)).slice_bars(0, score.bar_count)


class Counted:
    """What a 5-gram writes that was counted on training pieces of a group; counted when the group is first asked for.

    `most`: ids that are counted of each group.
    """

    def __init__(self, folder: Folder, training: dict[str, list[Piece]], most: int = COUNTED) -> None:
        self.folder, self._training, self._most = folder, training, most
        self._ngrams: dict[str, Ngram] = {}
        types = folder.events.vocabulary.types
        self._played = np.zeros(folder.events.vocab_size, dtype=bool)
        for kind in PLAYED:
            self._played[list(types.get(kind, ()))] = True

    def ngram(self, group: str) -> Ngram:
        """The 5-gram of a group."""
        if group not in self._ngrams:
            pieces = some(self._training[group], self._most)
            self._ngrams[group] = fit(self.folder, map(self._ids, pieces), ORDER)
        return self._ngrams[group]

    def _ids(self, piece: Piece) -> NDArray[np.int64]:
        """The piece after as many ids of its header as are context of its first."""
        header, body = self.folder.passage(piece, 0, piece.bars)
        return np.concatenate([header[1 - ORDER :], body])

    def written(self, passage: Passage, rng: Rng) -> Score:
        """As many bars as the passage has, under its header."""
        ngram, events = self.ngram(passage.piece.group), self.folder.events
        ids = self.folder.passage(passage.piece, passage.first, passage.end)[0].tolist()
        grammar, bar = events.grammar(ids), events.marks["bar_id"]
        bars = 0
        while True:
            p = ngram.probabilities(np.array(ids[1 - ORDER :])) * (grammar.allowed() & self._played)
            token = int(rng.choice(len(p), p=p / p.sum()))
            bars += token == bar
            if bars > passage.bars:
                return events.decode(ids).slice_bars(0, passage.bars)
            ids.append(token)
            grammar.advance(token)
