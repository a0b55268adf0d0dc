"""Odd and broken MIDI files, each named by its defect, with what a reader must make of it.

`python tests/odd_files.py FOLDER` writes them out, to try them on another program. Everything is built from bytes here,
without the code under test.
"""

from __future__ import annotations

import random
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# --- building blocks -------------------------------------------------------------------------------------------------


def vlq(value: int) -> bytes:
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def at(delta: int, *data: int) -> bytes:
    return vlq(delta) + bytes(data)


def on(delta: int, pitch: int, velocity: int = 80, channel: int = 0) -> bytes:
    return at(delta, 0x90 | channel, pitch, velocity)


def off(delta: int, pitch: int, channel: int = 0) -> bytes:
    return at(delta, 0x80 | channel, pitch, 64)


def program(number: int, channel: int = 0, delta: int = 0) -> bytes:
    return at(delta, 0xC0 | channel, number)


def meta(kind: int, payload: bytes = b"", delta: int = 0) -> bytes:
    return vlq(delta) + bytes((0xFF, kind)) + vlq(len(payload)) + payload


def tempo(mpq: int, delta: int = 0) -> bytes:
    return meta(0x51, mpq.to_bytes(3, "big"), delta)


def metre(numerator: int, power: int, delta: int = 0) -> bytes:
    return meta(0x58, bytes((numerator, power, 24, 8)), delta)


def named(name: bytes) -> bytes:
    return meta(0x03, name)


END = meta(0x2F)


def chunk(*events: bytes, kind: bytes = b"MTrk", end: bytes = END, length: int | None = None) -> bytes:
    body = b"".join(events) + end
    return kind + struct.pack(">I", len(body) if length is None else length) + body


def head(form: int = 1, tracks: int = 1, division: int = 480) -> bytes:
    return struct.pack(">4sIHHH", b"MThd", 6, form, tracks, division)


def scale(channel: int = 0, start: int = 60, step: int = 480, count: int = 4) -> bytes:
    """`count` notes of `step` ticks each, one after another, rising by whole tones."""
    return b"".join(on(0, start + 2 * i, 80, channel) + off(step, start + 2 * i, channel) for i in range(count))


SCALE = [(0, 60, 480), (480, 62, 480), (960, 64, 480), (1440, 66, 480)]
FILE = head() + chunk(scale())


# --- the corpus ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Odd:
    """A file and its verdict: `reads` (nothing to mend), `mends` or `refused`.

    `says` is part of one repair or of the refusal; `notes` the (onset, pitch, duration) of all notes, sorted; `facts`
    attributes of the score.
    """

    data: bytes
    verdict: str
    says: str = ""
    notes: list[tuple[int, int, int]] | None = None
    facts: dict[str, Any] | None = None


def reads(data: bytes, notes: list[tuple[int, int, int]] | None = None, **facts: Any) -> Odd:
    return Odd(data, "reads", notes=notes, facts=facts)


def mends(data: bytes, says: str, notes: list[tuple[int, int, int]] | None = None, **facts: Any) -> Odd:
    return Odd(data, "mends", says, notes, facts)


def refused(data: bytes, says: str) -> Odd:
    return Odd(data, "refused", says)


def _kinds() -> dict[str, Odd]:
    """Rare but right."""
    sixteen = b"".join(program(8 * c, c) for c in range(16)) + b"".join(on(0, 40 + c, 80, c) for c in range(16))
    sixteen += off(480, 40) + b"".join(off(0, 40 + c, c) for c in range(1, 16))
    running = at(0, 0x90, 60, 80) + at(480, 60, 0) + at(0, 62, 80) + at(480, 62, 0) + at(0, 64, 80) + at(480, 64, 0)
    conductor = chunk(
        named(b"A title"), tempo(600_000), metre(3, 2), meta(0x59, b"\xfe\1"), tempo(400_001, 1440), metre(6, 3)
    )
    return {
        "type-0-with-16-channels": reads(head(0) + chunk(sixteen), [(0, 40 + c, 480) for c in range(16)]),
        "type-1-with-conductor-track": reads(
            head(1, 2) + conductor + chunk(named(b"Flute"), program(73), scale()),
            SCALE,
            title="A title",
            tempos=((0, 600_000), (1440, 400_001)),
            time_signatures=((0, 3, 4), (1440, 6, 8)),
            key_signatures=((0, -2, True),),
        ),
        "type-2-patterns-in-turn": reads(
            head(2, 2) + chunk(tempo(500_000), scale(count=2)) + chunk(tempo(250_000), scale(start=72, count=2)),
            [(0, 60, 480), (480, 62, 480), (960, 72, 480), (1440, 74, 480)],
            tempos=((0, 500_000), (960, 250_000)),
            time_signatures=((0, 4, 4), (960, 4, 4)),
        ),
        "running-status": reads(head(0) + chunk(running), SCALE[:3]),
        "running-status-across-a-meta-event": reads(
            head(0) + chunk(on(0, 60), meta(0x7F, b"x"), at(480, 60, 0)), [(0, 60, 480)]
        ),
        "pickup-bar": reads(
            head(0) + chunk(metre(1, 2), metre(3, 2, 480), scale()),
            [(480 + onset, pitch, duration) for onset, pitch, duration in SCALE],
            time_signatures=((0, 1, 4), (480, 3, 4)),
        ),
        "drums-only": reads(
            head(0) + chunk(scale(channel=9, start=36)), [(i * 480, 36 + 2 * i, 480) for i in range(4)]
        ),
        "several-programs-on-one-channel": reads(
            head(0) + chunk(program(0), scale(count=1), program(40), scale(count=1), program(0), scale(count=1)),
            [(0, 60, 480), (480, 60, 480), (960, 60, 480)],
        ),
        "program-chosen-in-another-track": reads(head(1, 2) + chunk(program(40)) + chunk(scale()), SCALE),
        "same-channel-on-two-ports": reads(
            head(1, 3)
            + chunk(program(1), meta(0x21, b"\0"))
            + chunk(program(2), meta(0x21, b"\1"))
            + chunk(meta(0x21, b"\1"), scale()),
            SCALE,
        ),
        "empty-tracks": reads(head(1, 4) + chunk() + chunk(named(b"silent")) + chunk(scale()) + chunk(), SCALE),
        "late-track-name": reads(head(0) + chunk(scale(), named(b"Afterwards")), SCALE, title="Afterwards"),
        "resolution-1": reads(
            head(1, 1, 1) + chunk(scale(step=1)), [(i, 60 + 2 * i, 1) for i in range(4)], resolution=1
        ),
        "resolution-32767": reads(
            head(1, 1, 32767) + chunk(scale(step=32767)),
            [(32767 * i, 60 + 2 * i, 32767) for i in range(4)],
            resolution=32767,
        ),
        "255-in-a-bar": reads(head(0) + chunk(metre(255, 6), scale()), SCALE, time_signatures=((0, 255, 64),)),
        "slowest-and-fastest-tempo": reads(
            head(0) + chunk(tempo(0xFFFFFF), tempo(1, 480), on(0, 60), off(480, 60)), tempos=((0, 0xFFFFFF), (480, 1))
        ),
        "legato-on-one-pitch": mends(
            # The second note starts before the first has ended; each end belongs to the earlier start.
            head(0) + chunk(on(0, 60), on(480, 60), off(10, 60), off(470, 60)),
            "Shortened one overlapping note",
            [(0, 60, 480), (480, 60, 480)],
        ),
        "name-in-utf-8": reads(head(0) + chunk(named("Größe Čaj 音".encode()), scale()), SCALE, title="Größe Čaj 音"),
        "name-in-latin-1": reads(
            head(0) + chunk(named("Prélude n° 3".encode("latin-1")), scale()), SCALE, title="Prélude n° 3"
        ),
        "name-in-windows-1252": reads(
            head(0) + chunk(named("Don’t “stop”".encode("cp1252")), scale()), SCALE, title="Don’t “stop”"
        ),
        "name-in-shift-jis": reads(
            head(0) + chunk(named("ピアノ 右手".encode("cp932")), scale()), SCALE, title="ピアノ 右手"
        ),
        "name-in-half-width-katakana": reads(
            head(0) + chunk(named("ﾋﾟｱﾉ 1".encode("cp932")), scale()), SCALE, title="ﾋﾟｱﾉ 1"
        ),
        "name-with-controls-and-blanks": reads(
            head(0) + chunk(named(b" \0Solo\r\n\x1bpart\t \0"), scale()), SCALE, title="Solo part"
        ),
        "name-of-a-megabyte": reads(head(0) + chunk(named(b"la" * 500_000), scale()), SCALE, title="la" * 100),
    }


def _smpte() -> dict[str, Odd]:
    """Time in film frames; `division` holds minus the frames per second, and the ticks per frame."""
    said = "film frames"

    def file(frames: int, ticks: int) -> bytes:
        return head(1, 1, (256 - frames) << 8 | ticks) + chunk(tempo(123_456), scale())

    return {
        "smpte-25-times-40": mends(file(25, 40), said, SCALE, resolution=500, tempos=((0, 500_000),)),
        "smpte-24-times-4": mends(file(24, 4), said, SCALE, resolution=48, tempos=((0, 500_000),)),
        "smpte-30-times-80": mends(file(30, 80), said, SCALE, resolution=1200, tempos=((0, 500_000),)),
        "smpte-29.97-times-80": mends(file(29, 80), said, SCALE, resolution=2400, tempos=((0, 1_001_000),)),
        "smpte-25-times-1": mends(file(25, 1), said, SCALE, resolution=25, tempos=((0, 1_000_000),)),
        "smpte-of-no-ticks": mends(file(25, 0), "no usable time division", SCALE, resolution=480),
        "smpte-of-77-frames": mends(file(77, 40), "no usable time division", SCALE, resolution=480),
    }


def _wrappers() -> dict[str, Odd]:
    """Headers, chunks and lengths."""
    riff = (
        b"RIFF"
        + struct.pack("<I", len(FILE) + 30)
        + b"RMIDdata"
        + struct.pack("<I", len(FILE))
        + FILE
        + b"LIST\2\0\0\0ab"
    )
    two = head(1, 2) + chunk(scale())
    return {
        "riff-wrapped": mends(riff, "RIFF", SCALE),
        "macbinary-before-header": mends(bytes(128) + FILE, "Skipped 128 bytes before", SCALE),
        "junk-behind-last-track": mends(FILE + b"\1\2\3", "Skipped 3 stray bytes", SCALE),
        "padded-with-zeros": reads(FILE + bytes(512), SCALE),
        "junk-between-tracks": mends(
            head(1, 2) + chunk(scale()) + b"\1\2\3" + chunk(scale(1, 30, count=1)),
            "3 stray bytes",
            sorted([*SCALE, (0, 30, 480)]),
        ),
        "unknown-chunk": mends(
            head() + chunk(b"whatever", kind=b"XFIH", end=b"") + chunk(scale()), "one stretch of unknown chunks", SCALE
        ),
        "header-missing": mends(chunk(scale()), "header is missing", SCALE, resolution=480),
        "header-of-4-bytes": mends(b"MThd\0\0\0\4\0\1\0\1" + chunk(scale()), "header of wrong length", SCALE),
        "header-of-10-bytes": mends(
            b"MThd\0\0\0\12\0\1\0\1\0\x60abcd" + chunk(scale()), "header of wrong length", SCALE, resolution=96
        ),
        "header-length-0": mends(b"MThd" + bytes(4) + FILE[8:], "header of wrong length", SCALE),
        "header-length-huge": mends(b"MThd\xff\xff\xff\xff" + FILE[8:], "header of wrong length", SCALE),
        "division-0": mends(head(1, 1, 0) + chunk(scale()), "no usable time division", SCALE, resolution=480),
        "type-7": mends(head(7) + chunk(scale()), "unknown or wrong file type", SCALE),
        "type-0-with-two-tracks": mends(
            head(0, 2) + chunk(scale()) + chunk(scale(1, 30, count=1)),
            "unknown or wrong file type",
            sorted([*SCALE, (0, 30, 480)]),
        ),
        "fewer-tracks-than-announced": mends(head(1, 9) + chunk(scale()), "another number of tracks", SCALE),
        "more-tracks-than-announced": mends(
            head(1, 0) + chunk(scale()) + chunk(scale(1, 30, count=1)),
            "another number of tracks",
            sorted([*SCALE, (0, 30, 480)]),
        ),
        "track-length-0": mends(head() + chunk(scale(), length=0), "wrong length", SCALE),
        "track-length-too-short": mends(two + chunk(scale(1, 30), length=9), "wrong length"),
        "track-length-too-long": mends(
            head(1, 2) + chunk(scale(), length=99) + chunk(scale(1, 72, count=1)),
            "wrong length",
            sorted([*SCALE, (0, 72, 480)]),
        ),
        "track-length-huge": mends(head() + chunk(scale(), length=0xFFFFFFFF), "wrong length", SCALE),
        "no-end-mark": mends(head() + chunk(scale(), end=b""), "no end mark", SCALE),
        "notes-behind-the-end-mark": mends(head() + chunk(scale(), END, scale(start=80)), "stray bytes", SCALE),
    }


def _cuts() -> dict[str, Odd]:
    """Files that break off, and bytes that make no sense."""
    kept = SCALE[:2]
    damage = "damaged part-way"
    return {
        "cut-inside-a-note": mends(FILE[: 22 + 18 + 2], "breaks off", kept),
        "cut-between-two-events": mends(FILE[: 22 + 18], "breaks off", kept),
        "cut-inside-the-second-track": mends(
            head(1, 2) + chunk(scale()) + chunk(scale(1, 72))[:-7],
            "breaks off",
        ),
        "cut-inside-a-track-header": mends(head(1, 2) + chunk(scale()) + b"MTrk\0\0", "breaks off", SCALE),
        "cut-while-a-chord-sounds": mends(
            head() + chunk(on(0, 60), on(0, 64), on(960, 67), end=b"", length=40),
            "Ended 3 notes",
            [(0, 60, 960), (0, 64, 960), (960, 67, 480)],
        ),
        "runaway-variable-length": mends(head() + chunk(scale(count=2), b"\xff" * 9, scale()), damage, kept),
        "data-byte-where-nothing-runs": mends(
            head(1, 2) + chunk(b"\0\x40\x40", scale()) + chunk(scale()), damage, SCALE
        ),
        "meta-longer-than-the-track": mends(
            head(1, 2) + chunk(scale(count=2), b"\0\xff\1\x7f") + chunk(scale(1, 80, count=1)),
            damage,
            sorted([*kept, (0, 80, 480)]),
        ),
        "sysex-longer-than-the-file": mends(head() + chunk(scale(count=2), b"\0\xf0\xff\xff\x7f"), "breaks off", kept),
        "velocity-200": mends(head() + chunk(on(0, 60, 200), off(480, 60)), "Lowered one velocity", [(0, 60, 480)]),
        "pitch-200": mends(head() + chunk(on(0, 200), off(480, 200), scale()), "pitch above 127"),
        "program-200": mends(head() + chunk(program(200), scale()), "program number above 127", SCALE),
        "realtime-bytes-in-the-track": mends(
            head() + chunk(at(0, 0xF8), at(0, 0xFE), at(0, 0xF2, 1, 2), scale()), "Left out 3 system messages", SCALE
        ),
    }


def _events() -> dict[str, Odd]:
    """Notes, tempos, metres and keys that cannot be meant so, and what a score has no place for."""
    return {
        "note-without-end": mends(
            head() + chunk(on(0, 48), scale()), "Ended one note", sorted([(0, 48, 1920), *SCALE])
        ),
        "note-without-end-then-silence": mends(
            head() + chunk(on(0, 60), meta(1, b"x", 960_000)), "Ended one note", [(0, 60, 1920)]
        ),
        "note-end-without-note": mends(head() + chunk(off(0, 60), scale()), "one note end without a note", SCALE),
        "all-notes-ended-at-the-start": mends(
            head() + chunk(*(off(0, pitch) for pitch in range(128)), scale()), "Ignored 128 note ends", SCALE
        ),
        "notes-of-no-length": mends(
            head() + chunk(on(0, 60), off(0, 60), on(480, 60), off(0, 60)),
            "Lengthened 2 notes",
            [(0, 60, 120), (480, 60, 120)],
        ),
        "note-of-no-length-struck-again": mends(
            head() + chunk(on(0, 60), off(0, 60), on(30, 60), off(450, 60)),
            "Lengthened one note",
            [(0, 60, 30), (30, 60, 450)],
        ),
        "overlapping-notes": mends(
            head() + chunk(on(0, 60), on(240, 60), off(240, 60), off(480, 60)),
            "Shortened one overlapping note",
            [(0, 60, 240), (240, 60, 720)],
        ),
        "doubled-notes": mends(
            head() + chunk(on(0, 60), on(0, 60), off(240, 60), off(240, 60)), "Merged one doubled note", [(0, 60, 480)]
        ),
        "doubled-start-single-end": mends(
            head() + chunk(on(0, 60), on(0, 60), off(480, 60), scale(start=62)), "Merged one doubled note"
        ),
        "lost-note-end": mends(
            head() + chunk(on(0, 60), on(960, 60), off(240, 60), on(240, 60), off(240, 60)),
            "Ended one note",
            [(0, 60, 960), (960, 60, 240), (1440, 60, 240)],
        ),
        "tempo-0": mends(head() + chunk(tempo(0), scale()), "impossible tempo", SCALE, tempos=((0, 500_000),)),
        "tempo-of-one-byte": mends(head() + chunk(meta(0x51, b"\7"), scale()), "impossible tempo", SCALE),
        "metre-of-0-beats": mends(
            head() + chunk(metre(0, 2), scale()), "impossible time signature", SCALE, time_signatures=((0, 4, 4),)
        ),
        "metre-denominator-2-to-the-200": mends(
            head() + chunk(metre(4, 200), scale()), "impossible time signature", SCALE
        ),
        "metre-without-payload": mends(head() + chunk(meta(0x58), scale()), "impossible time signature", SCALE),
        "key-of-eight-sharps": mends(
            head() + chunk(meta(0x59, b"\x08\0"), scale()), "Respelled one key", SCALE, key_signatures=((0, -4, False),)
        ),
        "key-of-nine-flats": mends(
            head() + chunk(meta(0x59, b"\xf7\1"), scale()), "Respelled one key", SCALE, key_signatures=((0, 3, True),)
        ),
        "key-of-100-sharps": mends(
            head() + chunk(meta(0x59, b"\x64\0"), scale()), "impossible key", SCALE, key_signatures=()
        ),
        "key-without-payload": mends(head() + chunk(meta(0x59), scale()), "impossible key", SCALE),
        "tempo-long-after-the-music": mends(
            head(1, 2) + chunk(meta(1, b"", 0x0FFFFFFF), tempo(400_000, 0x0FFFFFFF)) + chunk(scale()),
            "long after the last note",
            SCALE,
            tempos=((0, 500_000),),
        ),
        "sysex": mends(
            head() + chunk(b"\0\xf0\5\x7e\x7f\x09\1\xf7", b"\0\xf7\2\1\2", scale()), "Left out 2 system messages", SCALE
        ),
        "pedal-and-bends": mends(
            head()
            + chunk(
                at(0, 0xB0, 64, 127),
                at(0, 0xE0, 0, 70),
                at(0, 0xB0, 7, 100),
                at(0, 0xD0, 9),
                at(0, 0xA0, 60, 9),
                scale(),
            ),
            "Left out one pedal move",
            SCALE,
        ),
        "lyrics": mends(head() + chunk(meta(5, b"la"), meta(6, b"A"), scale()), "Left out 2 lyrics", SCALE),
    }


def _refused() -> dict[str, Odd]:
    """What cannot be used."""
    many = b"".join(b"\1\x40\x50\1\x40\0" for _ in range(499_999))
    noise = random.Random(4).randbytes(3000)
    far = meta(1, b"", 0x0FFFFFFF)
    return {
        "empty": refused(b"", "empty"),
        "one-byte": refused(b"M", "text"),
        "text": refused(b"Dear diary, today I wrote a melody.\n" * 9, "a text file"),
        "text-in-utf-16": refused("melody".encode("utf-16"), "a text file"),
        "web-page": refused(b"<!DOCTYPE html>\n<html><body>404</body></html>", "a web page"),
        "musicxml": refused(
            b'<?xml version="1.0"?>\n<score-partwise version="4.0"></score-partwise>', "a MusicXML file"
        ),
        "abc-tune": refused(b"X:1\nT:A tune\nK:C\nCDEF|\n", "an ABC tune"),
        "wav": refused(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(40), "a WAV sound file"),
        "mp3": refused(b"ID3\4\0\0\0\0\0\0" + bytes(100), "an MP3 sound file"),
        "png": refused(b"\x89PNG\r\n\x1a\n" + bytes(40), "a PNG picture"),
        "pdf": refused(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF document"),
        "zip-with-a-midi-file-inside": refused(b"PK\3\4" + bytes(26) + FILE, "a ZIP archive"),
        "noise": refused(noise, "not a MIDI file"),
        "soundfont": refused(b"RIFF\x24\0\0\0sfbkLIST" + bytes(40), "a SoundFont"),
        "header-only": refused(head(), "no notes"),
        "header-cut-after-four-bytes": refused(b"MThd", "no notes"),
        "no-notes": refused(head() + chunk(named(b"silence"), tempo(500_000)), "no notes"),
        "notes-above-127-only": refused(head() + chunk(on(0, 200), off(1, 200)), "no notes"),
        "note-after-a-hundred-days": refused(head() + chunk(scale(), far, scale()), "hours"),
        "giant-time-under-tiny-bars": refused(head(0, 1, 24) + chunk(metre(1, 6), tempo(1), far, far, scale()), "bars"),
        "long-note-under-tiny-bars": refused(
            head(0, 1, 1) + chunk(metre(1, 6), tempo(1), on(0, 60), off(0x0FFFFFFF, 60)), "bars"
        ),
        "500000-notes": refused(head() + chunk(b"\0\x90\x40\x50\1\x40\0", many), "100,000 notes"),
        "20-megabytes": refused(head() + chunk(bytes((0, 0xC0)) + bytes(20 * 2**20)), "larger than 4 MB"),
        "20-megabytes-of-zeros": refused(bytes(20 * 2**20), "larger than 4 MB"),
        "1001-tracks": refused(head(1, 1001) + chunk(scale(count=1)) * 1001, "1,000 tracks"),
        "2048-parts": refused(
            head() + chunk(*(program(p, c) + scale(c, count=1) for p in range(128) for c in range(16))), "2,048 parts"
        ),
        "half-a-million-tempo-changes": refused(head() + chunk(tempo(500_000, 1) * 500_000, scale()), "changes"),
    }


def corpus() -> dict[str, Odd]:
    """All files, by the name of their defect."""
    makers: list[Callable[[], dict[str, Odd]]] = [_kinds, _smpte, _wrappers, _cuts, _events, _refused]
    return {name: odd for make in makers for name, odd in make().items()}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, odd in corpus().items():
        (folder / f"{name}.mid").write_bytes(odd.data)
