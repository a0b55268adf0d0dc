"""Decoding for every verb: prompts and masks to ids, one step at a time. Knows no scores."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studio import harmony
from studio.representations.events import GRID, BarControls, Grammar, density_level
from studio.representations.events.forbidding import Forbidding

if TYPE_CHECKING:  # it brings torch
    import torch

    from studio.sampling import Mask

# Notes a quarter for one track of each density that can be asked for, by name.
DENSITIES = {"sparse": 0.7, "medium": 1.4, "busy": 2.4, "crowded": 4.0}


def number(seed: int, part: int) -> int:
    """A seed number for one part of what is written: else the same chances would come in each. 32 bits, as torch heeds
    no others.
    """
    return int(np.random.SeedSequence((seed, part)).generate_state(1)[0])


def decode(
    model: Any,
    prompt: Sequence[int],
    masks: Sequence[Mask],
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    plain: Sequence[int] | None = None,
) -> Generator[list[int | None], None, None]:
    """One id a take at each step, None for a take at its end; each take has its own seed number.

    `plain`: the prompt without what is asked of the music, for models that then heed it more.
    """
    import torch

    how, generators = _how(settings), _generators(seeds)
    without = {} if plain is None else {"plain": torch.tensor(list(plain))}
    with closing(model.generate(torch.tensor(list(prompt)), list(masks), how, generators, **without)) as steps:
        yield from _alone(steps)


def rewrite(
    model: Any,
    header: Sequence[int],
    heads: Sequence[Sequence[int]],
    latents: torch.Tensor,
    masks: Sequence[Mask],
    settings: Mapping[str, Any],
    seeds: Sequence[int],
) -> Generator[list[int | None], None, None]:
    """The same for an encoder-decoder that writes bars from latents (takes, bars, L), each after its head.

    Masks and seed numbers: one for each bar of each take.
    """
    import torch

    how, generators = _how(settings), _generators(seeds)
    begun = [torch.tensor(list(head)) for head in heads]
    with closing(model.rewrite(torch.tensor(list(header)), begun, latents, list(masks), how, generators)) as steps:
        yield from _alone(steps)


def _how(settings: Mapping[str, Any]) -> Any:
    # torch takes seconds to import, and a page that only shows what there is should not wait for it.
    from studio.sampling import Settings

    return Settings(**{field.name: settings[field.name] for field in fields(Settings) if field.name in settings})


def _generators(seeds: Sequence[int]) -> list[torch.Generator]:
    import torch

    return [torch.Generator().manual_seed(seed) for seed in seeds]


def _alone(steps: Iterator[list[int | None]]) -> Generator[list[int | None], None, None]:
    """The steps on one thread: two would wait for each other as soon as a core is busy, and sums would come out in
    another order. Set at every step because each thread has its own count, and a server may take any step in another
    thread.
    """
    import torch

    torch.set_num_threads(1)
    for chosen in steps:
        yield chosen
        torch.set_num_threads(1)


def without(mask: Mask, grammar: Grammar, forbidden: Sequence[Sequence[int]]) -> Mask:
    """The mask, over a grammar that has read the prompt, with the lines that are not to come again kept away."""
    return Forbidding(mask, grammar, forbidden) if forbidden else mask


class Until:
    """A mask that ends a take when one of the ids `closing` comes for the `count`-th time; it is still written."""

    def __init__(self, mask: Mask, closing: frozenset[int], count: int) -> None:
        self.mask, self.closing, self.left = mask, closing, count

    def advance(self, token: int) -> None:
        self.mask.advance(token)
        self.left -= token in self.closing

    def allowed(self) -> NDArray[np.bool_]:
        allowed = self.mask.allowed()
        return allowed if self.left > 0 else np.zeros_like(allowed)


def controls(settings: Mapping[str, Any], bars: int, tracks: int) -> list[BarControls]:
    """How each of so many new bars is meant to be; typed chords begin again when they are over."""
    density = settings.get("density")
    level = None
    if density:
        # More tracks play more notes, but not as many times more.
        level = density_level(DENSITIES[density] * (1 + 0.6 * (tracks - 1)), GRID)
    text = settings.get("chords") or ""
    chords = harmony.parse(text) if text else [()]
    return [BarControls(level, tuple(chords[i % len(chords)])) for i in range(bars)]
