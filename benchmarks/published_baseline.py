"""The voice bigram: what counting alone gives, and a check that a protocol is read as others read it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.published_pieces import Piece

SIXTEENTHS = 4  # a beat of a chorale at 16ths


def voice_bigram(train: Sequence[Piece], held_out: Sequence[Piece], add: float = 0.1) -> float:
    """Nats per voice and frame of `held_out`.

    Each voice by itself: its pitch given its last one and the place in the beat, counted in `train`; `add` is added to
    every count. What a voice never sings there is one pitch more, so that nothing is impossible.
    """
    counts = Counter(event for piece in train for event in _events(piece))
    before = Counter(context for piece in train for context, _ in _events(piece))
    choices = [len({frame[v] for piece in train for frame in piece}) + 1 for v in range(len(train[0][0]))]

    def nats(context: tuple[int, ...], pitch: int) -> float:
        possible = before[context] + add * choices[context[0]]
        return math.log(possible / (counts[context, pitch] + add))

    every = [nats(context, pitch) for piece in held_out for context, pitch in _events(piece)]
    return math.fsum(every) / len(every)


def _events(piece: Piece) -> Iterator[tuple[tuple[int, ...], int]]:
    """((voice, place in the beat, last pitch), pitch) of each voice and frame; before the first there was no pitch."""
    for voice, line in enumerate(zip(*piece, strict=True)):
        for index, pitch in enumerate(line):
            yield (voice, index % SIXTEENTHS, line[index - 1]) if index else (voice,), pitch
