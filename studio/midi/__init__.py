"""MIDI files ⇄ `Score`: `load` reads and mends what it can, `save` writes; neither lets anything but a StudioError out.

`smf` knows bytes, chunks and events; `reader` and `writer` turn them into a Score and back; `repairs` words what was
mended, `filetypes` names what is no MIDI file at all, `text` decodes names. Nothing here knows sound or models.
"""

from studio.midi.reader import MAX_BARS, MAX_BYTES, MAX_HOURS, MAX_NOTES, MAX_TRACKS, Loaded, load
from studio.midi.writer import save

__all__ = ["MAX_BARS", "MAX_BYTES", "MAX_HOURS", "MAX_NOTES", "MAX_TRACKS", "Loaded", "load", "save"]
