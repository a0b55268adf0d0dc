"""What a file that is no MIDI file is instead, by its first bytes, and what its owner can do. Knows no MIDI."""

from __future__ import annotations

_RECORDING = "Let its name end in .wav, .flac, .ogg or .mp3, whichever it is: then its melody can be heard."
_SOUND = "Turn it into a WAV file: then its melody can be heard. Or export MIDI from your music program."
_MUSICXML = "Let its name end in .musicxml: then it can be read."
_NOTATION = "Open it in a notation program such as MuseScore and export it as MIDI."
_ZIP = "If it is MusicXML, let its name end in .mxl; otherwise unpack it and choose the file inside."
_ARCHIVE = "Unpack it and choose the .mid file inside."
_OTHER = "Choose a .mid file."

# (offset, magic bytes, what it is, what to do)
_KINDS: tuple[tuple[int, bytes, str, str], ...] = (
    (8, b"WAVE", "a WAV sound file", _RECORDING),
    (8, b"AIFF", "an AIFF sound file", _SOUND),
    (8, b"AIFC", "an AIFF sound file", _SOUND),
    (8, b"AVI ", "an AVI video", _SOUND),
    (8, b"sfbk", "a SoundFont", "Put it into the soundfonts folder, and choose a .mid file here."),
    (8, b"WEBP", "a WebP picture", _OTHER),
    (0, b"fLaC", "a FLAC sound file", _RECORDING),
    (0, b"OggS", "an Ogg sound file", _RECORDING),
    (0, b"ID3", "an MP3 sound file", _RECORDING),
    (0, b"\xff\xfb", "an MP3 sound file", _RECORDING),
    (0, b"\xff\xf3", "an MP3 sound file", _RECORDING),
    (4, b"ftyp", "an MP4 sound or video file", _SOUND),
    (0, b"\x1aE\xdf\xa3", "a Matroska or WebM file", _SOUND),
    (0, b"\x89PNG", "a PNG picture", _OTHER),
    (0, b"\xff\xd8\xff", "a JPEG picture", _OTHER),
    (0, b"GIF8", "a GIF picture", _OTHER),
    (0, b"%PDF", "a PDF document", "Sheet music as PDF cannot be read as notes: choose a .mid file."),
    (0, b"PK\x03\x04", "a ZIP archive or compressed MusicXML", _ZIP),
    (0, b"\x1f\x8b", "a gzip archive", _ARCHIVE),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _ARCHIVE),
    (0, b"Rar!", "a RAR archive", _ARCHIVE),
    (0, b"BZh", "a bzip2 archive", _ARCHIVE),
    (0, b"\xfd7zXZ", "an xz archive", _ARCHIVE),
    (257, b"ustar", "a tar archive", _ARCHIVE),
    (0, b"SMF2CLIP", "a MIDI 2.0 clip", "Export it as a Standard MIDI File (.mid)."),
    (0, b"XMF_", "an XMF ringtone", "Export it as a Standard MIDI File (.mid)."),
    (1, b"FICHIER GUITAR PRO", "a Guitar Pro file", "Open it in a tablature program and export it as MIDI."),
    (0, b"MZ", "a Windows program", _OTHER),
    (0, b"\x7fELF", "a program", _OTHER),
    (0, b"\xf0", "a dump of system exclusive messages", _OTHER),
)

# Looked for anywhere in the head of a text file, in this order.
_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("<score-partwise", "a MusicXML file", _MUSICXML),
    ("<score-timewise", "a MusicXML file", _MUSICXML),
    ("<musescore", "a MuseScore file", _NOTATION),
    ("music-encoding.org", "an MEI score", _NOTATION),
    ("\\version", "a LilyPond file", "Let LilyPond write MIDI from it."),
    ("**kern", "a Humdrum file", _NOTATION),
    ("<html", "a web page", "Perhaps the download went wrong: download the .mid file itself."),
    ("<svg", "an SVG picture", _OTHER),
    ("<?xml", "an XML file", _OTHER),
)


def known(head: bytes) -> tuple[str, str] | None:
    """(what it is, what to do) for a file that begins with `head` (about 4 kB are enough); None when not recognised."""
    for offset, magic, kind, advice in _KINDS:
        if head.startswith(magic, offset) and (offset != 8 or head[:4] in (b"RIFF", b"FORM")):
            return kind, advice
    return None


def text(head: bytes) -> tuple[str, str] | None:
    """The same for text files, plain text included; None for anything else."""
    words = _as_text(head)
    if words is None:
        return None
    lower = words.lower()
    for mark, kind, advice in _TEXTS:
        if mark in lower:
            return kind, advice
    if lower.startswith("x:") and "\nk:" in lower.replace("\r", "\n"):
        return "an ABC tune", "Let its name end in .abc: then it can be read."
    return "a text file", _OTHER


def _as_text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    # One odd character in twenty: one may be cut in two at the end of the head, and old encodings have a few.
    words = head.decode("utf-8", errors="replace")
    odd = sum(not (c.isprintable() or c in "\t\r\n\f") or c == "\ufffd" for c in words)
    return words if words and 20 * odd <= len(words) else None
