"""Names and texts inside MIDI files ⇄ `str`. The format names no encoding, so it is guessed from the bytes."""

from __future__ import annotations

import re

# Two Shift-JIS pairs in a row that begin with the lead bytes of kana and common kanji. Those bytes are controls in
# latin-1 and lone quotes and dashes in Windows-1252, so Western text does not look like this.
_SHIFT_JIS = re.compile(rb"(?:[\x81-\x9f][\x40-\x7e\x80-\xfc]){2}|\A[\x81-\x9f][\x40-\x7e\x80-\xfc]\Z")
# Nothing but half-width katakana, digits and blanks: three accented letters alone are no Western name.
_HALF_WIDTH = re.compile(rb"\A(?=(?:[^\xa1-\xdf]*[\xa1-\xdf]){3})[\xa1-\xdf0-9 ._-]+\Z")


def decode(raw: bytes) -> str:
    """`raw` as UTF-8 where it is that, else as Shift-JIS where it looks Japanese, else as Windows-1252 or latin-1."""
    encodings = ["utf-8", "cp1252"]
    if _SHIFT_JIS.search(raw) or _HALF_WIDTH.match(raw):
        encodings.insert(1, "cp932")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def name(raw: bytes, longest: int = 200) -> str:
    """`raw` as one line without control characters, of at most `longest` characters."""
    beginning = decode(raw)[: 8 * longest]
    line = " ".join("".join(c if c.isprintable() else " " for c in beginning).split())
    return line[:longest].rstrip()


def encode(text: str) -> bytes:
    """UTF-8; what it cannot hold (half of a surrogate pair) becomes a question mark."""
    return text.encode("utf-8", errors="replace")
