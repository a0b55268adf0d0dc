"""Whatever is done to a MIDI file: it loads and survives a round trip, or a StudioError says why not."""

from __future__ import annotations

import time

import odd_files
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import midi
from studio.errors import StudioError

SMALL = [odd.data for odd in odd_files.corpus().values() if odd.data and len(odd.data) < 5_000]
# Bytes that mean something in a MIDI file: chunk heads, an end mark, extreme times, tempos and metres, statuses.
TELLING = [
    b"MTrk", b"MThd", b"\xff\x2f\0", b"\xff\x51\3\0\0\1", b"\xff\x58\4\1\6\1\1", b"\xff\xff\xff\x7f", b"\xff" * 5,
    b"\0\x90\x40\x40", b"\x90", b"\x80", b"\xc0", b"\xf0", b"\xf7", b"\xff", b"\x7f", b"\0",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A file of the corpus after one to six changes: bytes flipped, put in, taken out, doubled, cut off, spliced."""
    data = bytearray(draw(st.sampled_from(SMALL)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([1, 2, 4, 8, 40, 400])))
        change = draw(st.sampled_from(["flip", "put", "tell", "take", "double", "cut", "splice"]))
        if change == "flip" and start < len(data):
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif change == "put":
            data[start:start] = draw(st.binary(max_size=12))
        elif change == "tell":
            data[start:start] = draw(st.sampled_from(TELLING))
        elif change == "take":
            del data[start:end]
        elif change == "double":
            data[start:start] = data[start:end]
        elif change == "cut":
            del data[start:]
        elif change == "splice":
            data[start:] = draw(st.sampled_from(SMALL))[start:end]
    return bytes(data)


def check(data: bytes) -> None:
    started = time.process_time()
    try:
        loaded = midi.load(data)
    except StudioError:
        return
    finally:
        assert time.process_time() - started < 5
    score = loaded.score
    assert score.note_count and len(score.bars) == score.bar_count <= midi.MAX_BARS
    assert len(loaded.repairs) < 40 and all(repair.endswith(".") for repair in loaded.repairs)
    assert midi.load(midi.save(score, texts=loaded.texts)) == midi.Loaded(score, (), loaded.texts)


@settings(max_examples=600)
@given(mutated())
def test_mutated_files(data: bytes) -> None:
    check(data)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_behind_a_header(data: bytes) -> None:
    check(data)
    check(odd_files.head(1, 1) + b"MTrk" + len(data).to_bytes(4, "big") + data)
    check(odd_files.head(1, 1) + odd_files.chunk(odd_files.scale(), data, odd_files.scale()))


def test_files_cut_off_anywhere() -> None:
    for name in ("type-1-with-conductor-track", "several-programs-on-one-channel", "riff-wrapped", "name-in-shift-jis"):
        data = odd_files.corpus()[name].data
        for end in range(len(data)):
            check(data[:end])


def test_every_byte_of_a_file_changed_to_every_telling_value() -> None:
    data = odd_files.corpus()["type-1-with-conductor-track"].data
    for place in range(len(data)):
        for value in (0x00, 0x7F, 0x90, 0xFF):
            check(data[:place] + bytes((value,)) + data[place + 1 :])
