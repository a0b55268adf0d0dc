"""A prepared folder of made-up chorales, as `studio.data` writes it: small, and real in every other way."""

from __future__ import annotations

import random

import pytest

from benchmarks.evaluation_pieces import Folder
from studio import midi
from studio.data.__main__ import main as prepare
from studio.score import Note, Score, Track

BARS = 10


def four_parts(dice: random.Random) -> Score:
    """Random lines from high to low, half notes below quarter notes."""
    tracks = []
    for name, low, length in (("Soprano", 67, 480), ("Alto", 60, 960), ("Tenor", 53, 960), ("Bass", 43, 960)):
        notes = (Note(tick, low + dice.randint(0, 6), length, 80) for tick in range(0, BARS * 1920, length))
        tracks.append(Track(tuple(notes), 52, name=name))
    return Score(480, tuple(tracks))


def chorales(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """100 chorales, each also as its melody alone."""
    songs, out = tmp_path_factory.mktemp("songs"), tmp_path_factory.mktemp("data")
    dice = random.Random(5)
    for number in range(100):
        midi.save(four_parts(dice), songs / f"{number}.mid")
    about = ["--voices", "both", "--licence", "CC0", "--style", "chorale", "--workers", "1"]
    assert prepare([str(songs), "--out", str(out), *about]) == 0
    return Folder(out)
