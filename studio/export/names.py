"""Names for files that tell what is in them and are safe whoever chose the words in them. Knows no formats."""

from __future__ import annotations

import unicodedata

LONGEST_STEM = 60
LONGEST_NAME_BYTES = 200  # file systems take 255, and archives add folders


def file_name(stem: str, model: str, bars: int, seed: int, suffix: str) -> str:
    """Name a result by its seed, model, length and seed number: "greensleeves_lstm_8bars_seed7.mid".

    `stem` may come from anybody: letters and digits of any script stay, the rest becomes hyphens, and the whole is
    safe as the name of one file on any system, at most LONGEST_NAME_BYTES long.
    """
    return plain_name(stem, f"_{words_of(model)}_{bars}bars_seed{seed}.{suffix.lstrip('.')}")


def plain_name(stem: str, tail: str) -> str:
    """`stem` made safe in the same way, and `tail`, which is the studio's own: "greensleeves" and ".mid"."""
    words = words_of(stem)[:LONGEST_STEM]
    room = LONGEST_NAME_BYTES - len(tail.encode())
    # Decoding without the bytes of a letter that was cut in half keeps it whole or leaves it out.
    words = words.encode()[:room].decode(errors="ignore").strip("-") or "music"
    return words + tail


def words_of(text: str) -> str:
    """Keep letters, marks and digits; anything between them becomes one hyphen."""
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in unicodedata.normalize("NFC", text))
    return "-".join("".join(kept).split())
