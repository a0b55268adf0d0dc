"""How a file carries the record of where it comes from: `Carrier`, of which each format has one. Knows no records.

What a record vouches for is the file's content, named by a hash: of the music where others may write the same music
with other bytes, else of the bytes. The record itself and names and comments beside it are never part of that.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from studio.errors import ProvenanceError, StudioError

NAME = "music-studio-provenance"
"""What the place is called that holds the record, where a format gives its places names."""

_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    ParseError,
    BadZipFile,
)
"""What parsers raise where a file makes no sense."""


class Carrier(Protocol):
    """Puts the text of a record, ASCII, into a file of one format, in place of one that is there, and finds it again.

    What is found may be anything: others may have written it.

    `content` is the hash, 64 hex digits, of what the record vouches for; no text changes it. StudioError leaves: the
    file cannot be read or written, or it is damaged.
    """

    def put(self, path: Path, text: str) -> None: ...

    def text(self, path: Path) -> str | None: ...

    def content(self, path: Path) -> str: ...


@dataclass(frozen=True)
class Bytes:
    """A carrier for files that fit into memory, made of functions of their bytes.

    `without` takes the record out and returns what is left and the text, None where there is none; `into` puts a text
    into what was left; `told` gives of that what the record vouches for.
    """

    without: Callable[[bytes], tuple[bytes, str | None]]
    into: Callable[[bytes, str], bytes]
    told: Callable[[bytes], bytes]

    def put(self, path: Path, text: str) -> None:
        with reading(path):
            data = self.into(self.without(path.read_bytes())[0], text)
        try:
            path.write_bytes(data)
        except OSError as error:
            raise unwritten(path) from error

    def text(self, path: Path) -> str | None:
        with reading(path):
            return self.without(path.read_bytes())[1]

    def content(self, path: Path) -> str:
        with reading(path):
            return hashlib.sha256(self.told(self.without(path.read_bytes())[0])).hexdigest()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """What goes wrong with a file that is read becomes a sentence."""
    try:
        yield
    except StudioError:
        raise
    except OSError as error:
        raise ProvenanceError(f"'{path.name}' could not be read ({error.strerror}): choose it again.") from error
    except _DAMAGE as error:
        kind = path.suffix.lstrip(".").upper()
        raise ProvenanceError(f"'{path.name}' is damaged, or no {kind} file: save it again.") from error


def unwritten(path: Path) -> StudioError:
    """The sentence for a file that cannot be written."""
    return StudioError(f"'{path.name}' could not be written: see that its folder is there and has room.")
