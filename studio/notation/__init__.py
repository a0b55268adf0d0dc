"""Notation as text ⇄ `Score`: ABC and MusicXML. Knows no files, no sound and no models.

Loudness, exact performance times and what no sign can say are moved to the nearest that notation has (see `bars`).
"""

from studio.notation.abc_score import read_abc
from studio.notation.abc_writer import write_abc
from studio.notation.musicxml_reader import read_musicxml
from studio.notation.musicxml_writer import write_musicxml
from studio.notation.read import Read

__all__ = ["Read", "read_abc", "read_musicxml", "write_abc", "write_musicxml"]
