"""The synthesizer: FluidSynth's library wherever it lies, the SoundFonts on offer, and `Synth`, which plays one.

Knows channels, keys and samples; nothing of scores and ticks. The only importer of fluidsynth.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import functools
import importlib.util
import io
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.errors import SoundError

Samples = NDArray[np.float32]
"""Stereo sound, (frames, 2), full scale ±1."""

SAMPLE_RATE = 44100
STEP = 64  # FluidSynth computes 64 frames at a time: a note can start every 1.45 ms
REVERB = 0.5  # where nothing else is asked for
CHANNELS = 256  # the most that FluidSynth has
DRUMS = 128  # stands for the drum kit where a General MIDI program would stand

FOLDER = Path(__file__).resolve().parents[2] / "soundfonts"
SUFFIXES = (".sf2", ".sf3")

_INSTALL = (
    "Sound is off because no usable FluidSynth was found: install it (Debian and Ubuntu: apt install libfluidsynth3, "
    "macOS: brew install fluid-synth) or, without root, pip install pyfluidsynth pygame-ce."
)
_NO_FONT = (
    "Sound is off because there is no SoundFont: put a .sf2 or .sf3 file into soundfonts/ or pip install pretty_midi."
)

# Whatever can be heard is set here, so that one FluidSynth sounds like the next.
_SETTINGS = {
    "synth.reverb.damp": 0.3,
    "synth.reverb.width": 0.8,
    "synth.chorus.active": 0,
    "synth.polyphony": 256,
    "synth.cpu-cores": 1,
    "synth.dynamic-sample-loading": 1,  # reads only the instruments that play: a large SoundFont opens at once
}


# --- FluidSynth's library --------------------------------------------------------------------------------------------


def _libraries() -> Iterator[str]:
    """The libfluidsynth of the system, then the one that the pygame-ce wheel carries for its mixer."""
    system = ctypes.util.find_library("fluidsynth")
    if system is not None:
        yield system
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.files("pygame-ce") or ():
            if file.name.startswith("libfluidsynth"):
                yield str(file.locate())


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


_importing = threading.Lock()


def _import_over(library: str) -> Any:
    """Import pyfluidsynth and have it load `library`: while it is imported it asks find_library, and nowhere else."""
    with _importing:
        find_library = ctypes.util.find_library
        ctypes.util.find_library = lambda name: library
        try:
            # Where the variable CI is set it prints what it found.
            with contextlib.redirect_stdout(io.StringIO()):
                import fluidsynth
        finally:
            ctypes.util.find_library = find_library
    return fluidsynth


@functools.cache
def _fluidsynth() -> Any:
    """Import pyfluidsynth over the first library that loads, its log silenced; SoundError when there is none."""
    try:
        fluidsynth = _import_over(next(filter(_loads, _libraries())))
    except (StopIteration, ImportError, OSError, AttributeError) as error:
        raise SoundError(_INSTALL) from error
    pointer, number = ctypes.c_void_p, ctypes.c_int
    set_log = fluidsynth.cfunc(
        "fluid_set_log_function", pointer, ("level", number, 1), ("function", pointer, 1), ("data", pointer, 1)
    )
    for level in range(5):
        set_log(level, None, None)
    return fluidsynth


@functools.cache
def _write_float() -> Any:
    """FluidSynth's float output. pyfluidsynth has only the 16-bit one, which clips."""
    pointer, number = ctypes.c_void_p, ctypes.c_int
    left = (("left", pointer, 1), ("left_offset", number, 1), ("left_stride", number, 1))
    right = (("right", pointer, 1), ("right_offset", number, 1), ("right_stride", number, 1))
    return _fluidsynth().cfunc(
        "fluid_synth_write_float", number, ("synth", pointer, 1), ("frames", number, 1), *left, *right
    )


# --- SoundFonts ------------------------------------------------------------------------------------------------------


def _shipped() -> Path | None:
    """The small General MIDI SoundFont in pretty_midi's package, found without importing that."""
    spec = importlib.util.find_spec("pretty_midi")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name("TimGM6mb.sf2")
    return path if path.is_file() else None


def soundfonts(folder: Path | None = None) -> dict[str, Path]:
    """Name → file of the SoundFonts on offer: those in `folder` (soundfonts/) by name, then the default one."""
    folder = FOLDER if folder is None else folder
    found = [p for p in sorted(folder.glob("[!.]*")) if p.suffix.lower() in SUFFIXES and p.is_file()]
    stems = Counter(p.stem for p in found)
    offered = {p.stem if stems[p.stem] == 1 else p.name: p for p in found}
    shipped = _shipped()
    if shipped is not None:
        offered.setdefault(shipped.stem, shipped)
    return offered


def default_soundfont() -> Path:
    """The SoundFont that plays where none is chosen; SoundError when there is not one."""
    path = _shipped() or next(iter(soundfonts().values()), None)
    if path is None:
        raise SoundError(_NO_FONT)
    return path


def available() -> str | None:
    """None where sound can be made, else one sentence that says what to install."""
    try:
        _fluidsynth()
        default_soundfont()
    except SoundError as error:
        return str(error)
    return None


def _reverb(share: float) -> dict[str, Any]:
    """FluidSynth's settings for reverb from none, 0, to that of a hall, 1: louder and of a larger room."""
    return {
        "synth.reverb.active": int(share > 0),
        "synth.reverb.room-size": round(0.2 + 0.6 * share, 6),
        "synth.reverb.level": round(share * (1.8 - 0.8 * share), 6),
    }


# --- the synthesizer -------------------------------------------------------------------------------------------------


class Synth:
    """One FluidSynth with one SoundFont, for one thread at a time; fresh ones give the same bits for the same calls."""

    def __init__(self, path: Path, *, reverb: float = REVERB) -> None:
        """Load the SoundFont at `path`; `reverb` 0-1. SoundError: no FluidSynth, or not a SoundFont."""
        self.path = path
        fluidsynth = _fluidsynth()
        self._write_float = _write_float()
        settings = _SETTINGS | _reverb(reverb)
        self._synth = fluidsynth.Synth(gain=1.0, samplerate=SAMPLE_RATE, channels=CHANNELS, **settings)
        if not self._synth.synth:
            raise SoundError("FluidSynth could not start: most likely memory ran out. Close other programs, try again.")
        self._font = self._load()
        if self._font < 0:
            self._synth.delete()
            raise SoundError(_unusable(path))

    def _load(self) -> int:
        """FluidSynth's number for the SoundFont, or -1."""
        with contextlib.suppress(OSError, UnicodeError):
            # FluidSynth hands what it does not know to other loaders, which talk to the terminal: look first.
            with self.path.open("rb") as file:
                mark, size, kind = file.read(4), int.from_bytes(file.read(4), "little"), file.read(4)
            if mark == b"RIFF" and kind == b"sfbk" and size + 8 <= self.path.stat().st_size:
                return int(self._synth.sfload(os.fspath(self.path)))
        return -1

    def close(self) -> None:
        """Free it. A later call raises AttributeError; with the pointer still there it would crash the process."""
        self._synth.delete()
        del self._synth

    def select(self, channel: int, preset: int) -> None:
        """Put program `preset`, or DRUMS, on a channel. Where the SoundFont lacks it: what it has, but no drums."""
        tries = [(128, 0)] if preset == DRUMS else [(0, program) for program in (preset, *range(128))]
        for bank, program in tries:
            if self._synth.program_select(channel, self._font, bank, program) == 0:
                return

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        """Strike a key; it sounds from the next step on."""
        self._synth.noteon(channel, pitch, velocity)

    def note_off(self, channel: int, pitch: int) -> None:
        """Let a key go; its release rings on."""
        self._synth.noteoff(channel, pitch)

    def write(self, space: Samples) -> None:
        """Fill `space`, contiguous and a whole number of steps long, with the next samples; they may exceed ±1."""
        address = space.ctypes.data
        self._write_float(self._synth.synth, len(space), address, 0, 2, address, 1, 2)


def _unusable(path: Path) -> str:
    if not path.is_file():
        return f"The SoundFont {path.name!r} is not there: choose another one or put the file back."
    return (
        f"{path.name!r} cannot be used as a SoundFont: a whole .sf2 or .sf3 file was expected. "
        "Get the file again or choose another one."
    )


class _Kept:
    """Holds what was decoded of one compressed SoundFont: to decode a large piano anew for each render takes seconds.

    FluidSynth shares a sample among all synthesizers as long as one of them has it selected; this one never plays.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._synth: Synth | None = None
        self._presets: list[int] = []

    def keep(self, path: Path, presets: Iterable[int]) -> None:
        """Hold these presets too; another SoundFont lets go of those of the last."""
        with self._lock:
            if self._synth is None or self._synth.path != path:
                synth = Synth(path)
                if self._synth is not None:
                    self._synth.close()
                self._synth, self._presets = synth, []
            for preset in sorted(set(presets) - set(self._presets)):
                self._synth.select(len(self._presets), preset)
                self._presets.append(preset)


keep = _Kept().keep
