"""The comments of FLAC and OGG files: `NAME=text` pairs behind the name of a program. Knows one pair, the record's.

Format: "Ogg Vorbis I format specification: comment field and header specification", Xiph.Org.
"""

from __future__ import annotations

from studio.export.carrier import NAME

_MARK = NAME.upper().encode() + b"="


def _number(data: bytes, place: int) -> int:
    if place + 4 > len(data):
        raise ValueError("cut short")
    return int.from_bytes(data[place : place + 4], "little")


def _parsed(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    """The program's name, the comments, and what stands behind them."""
    place = 4 + _number(data, 0)
    program, count = data[4:place], _number(data, place)
    place, comments = place + 4, []
    for _ in range(count):
        end = place + 4 + _number(data, place)
        comments.append(data[place + 4 : end])
        place = end
    return program, comments, data[place:]


def _joined(program: bytes, comments: list[bytes], rest: bytes) -> bytes:
    parts = [len(program).to_bytes(4, "little"), program, len(comments).to_bytes(4, "little")]
    for comment in comments:
        parts += [len(comment).to_bytes(4, "little"), comment]
    return b"".join([*parts, rest])


def without(data: bytes) -> tuple[bytes, str | None]:
    """A block of comments without the record, and the record's text."""
    program, comments, rest = _parsed(data)
    found = [
        comment[len(_MARK) :].decode("ascii", "replace") for comment in comments if comment.upper().startswith(_MARK)
    ]
    kept = [comment for comment in comments if not comment.upper().startswith(_MARK)]
    return _joined(program, kept, rest), found[0] if found else None


def into(data: bytes, text: str) -> bytes:
    """A block of comments with the record's text."""
    program, comments, rest = _parsed(data)
    return _joined(program, [*comments, _MARK + text.encode("ascii")], rest)


EMPTY = _joined(b"", [], b"")
"""A block without comments."""
