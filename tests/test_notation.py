"""ABC and MusicXML: what is written is read back as it was, what is typed wrong is named by its line."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio import midi, notation, pipeline
from studio.errors import NotationError, StudioError
from studio.notation.bars import GRID, measures, on_grid
from studio.notation.spelling import alterations, pitch_of, spelled
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

Q = 480


def as_abc(score: Score) -> Score:
    return notation.read_abc(notation.write_abc(score)).score


def as_musicxml(score: Score) -> Score:
    return notation.read_musicxml(notation.write_musicxml(score)).score


WAYS = pytest.mark.parametrize("way", [as_abc, as_musicxml])


def notes(score: Score) -> list[list[tuple[int, ...]]]:
    return [sorted(n[:3] for n in track.notes) for track in score.rescale(Q).tracks if track.notes]


def line(*values: tuple[int, int], start: int = 0) -> tuple[Note, ...]:
    """Notes one after the other: (pitch, ticks); pitch 0 is a rest."""
    found, at = [], start
    for pitch, ticks in values:
        if pitch:
            found.append(Note(at, pitch, ticks, 80))
        at += ticks
    return tuple(found)


SIX_EIGHT = (TimeSignature(0, 6, 8),)
DRUMS = line(*[([36, 42, 38, 46][i % 4], 240) for i in range(16)])
PICKUP = (TimeSignature(0, 3, 4), TimeSignature(Q, 3, 4))
CASES = {
    "ties over bar lines": Score(Q, (Track(line((60, 3 * Q), (62, 6 * Q), (64, 3 * Q))),)),
    "triplets": Score(Q, (Track(line(*[(60 + i, 160) for i in range(12)], (72, 320), (71, 160), (70, 2 * Q))),)),
    "triplets of 16ths beside 32nds": Score(Q, (Track(line(*[(60, 80)] * 6, *[(64, 60)] * 8, (67, 2 * Q))),)),
    "dotted notes and syncopes": Score(Q, (Track(line((60, 720), (62, 240), (64, 360), (65, 120), (67, 2400))),)),
    "a pickup": Score(Q, (Track(line((67, Q), (60, 3 * Q), (62, 2 * Q), (64, Q))),), time_signatures=PICKUP),
    "changes of metre, tempo and key": Score(
        Q,
        (Track(line(*[(60 + i, Q) for i in range(11)])),),
        (Tempo(0, 500_000), Tempo(4 * Q, 600_000)),
        (TimeSignature(0, 4, 4), TimeSignature(4 * Q, 3, 4), TimeSignature(7 * Q, 4, 4)),
        (KeySignature(0, 2, False), KeySignature(4 * Q, -3, True)),
    ),
    "6/8": Score(Q, (Track(line((64, 720), (62, 240), (60, 480), (59, 720), (57, 720))),), (), SIX_EIGHT),
    "chords and voices": Score(
        Q, (Track((*line((72, Q), (74, Q), (76, 2 * Q)), Note(0, 48, 4 * Q, 80), Note(0, 55, 4 * Q, 80))),)
    ),
    "F and F sharp at once": Score(Q, (Track((Note(0, 65, 6 * Q, 80), Note(0, 66, 6 * Q, 80))),)),
    "several tracks, one of them late": Score(
        Q, (Track(line((60, 8 * Q)), 40, name="Violin"), Track(line((48, Q), start=6 * Q), 32, name="Bass"))
    ),
    "drums": Score(Q, (Track(DRUMS, is_drum=True, name="Kit"), Track(line((60, Q))))),
}  # fmt: skip


@WAYS
@pytest.mark.parametrize("case", CASES)
def test_what_is_written_is_read_back(case: str, way: Callable[[Score], Score]) -> None:
    score = CASES[case]
    back = way(score)
    assert notes(back) == notes(score)
    assert [(b.start, b.end, b.numerator, b.denominator) for b in back.bars] == [
        (b.start, b.end, b.numerator, b.denominator) for b in score.bars
    ]
    assert [(t.onset, round(t.qpm, 1)) for t in back.tempos] == [(t.onset, round(t.qpm, 1)) for t in score.tempos]
    assert [(t.program * (not t.is_drum), t.is_drum, t.name) for t in back.tracks][: len(score.tracks)] == [
        (t.program, t.is_drum, t.name or back.tracks[i].name) for i, t in enumerate(score.tracks)
    ]
    if score.key_signatures:
        assert back.key_signatures == score.key_signatures


@WAYS
def test_every_example_comes_back(way: Callable[[Score], Score]) -> None:
    for _, path in pipeline.examples():
        score = midi.load(path).score
        back = way(score)
        assert notes(back) == notes(score), path.name
        assert back.title == score.title and back.key_signatures == score.key_signatures


PITCHES = st.lists(st.integers(40, 80), min_size=1, max_size=3, unique=True)
STEPS = st.lists(st.tuples(st.sampled_from([60, 120, 240, 480, 720, 960, 1440]), PITCHES), min_size=1, max_size=12)


@settings(max_examples=40)
@given(STEPS, STEPS, st.sampled_from([(4, 4), (3, 4), (6, 8), (5, 8), (7, 8), (3, 2)]))
def test_two_hands_come_back_whatever_they_play(
    high: list[tuple[int, list[int]]], low: list[tuple[int, list[int]]], metre: tuple[int, int]
) -> None:
    found = []
    for hand, moved in ((high, 0), (low, -36)):
        at = 0
        for ticks, pitches in hand:
            found += [Note(at, pitch + moved, ticks, 80) for pitch in pitches]
            at += ticks
    kept = {(n.onset, n.pitch): n for n in found}
    # Of one key that is down already a second stroke is no notation.
    score = Score(Q, (Track(tuple(n for n in kept.values() if not _inside(n, kept.values()))),))
    score = Score(Q, score.tracks, (), (TimeSignature(0, *metre),))
    assert notes(as_abc(score)) == notes(score)


def _inside(note: Note, others: object) -> bool:
    return any(o.pitch == note.pitch and o.onset < note.onset < o.end for o in others)  # type: ignore[attr-defined]


@WAYS
def test_a_free_performance_becomes_readable(way: Callable[[Score], Score]) -> None:
    played = Score(Q, (Track(tuple(Note(i * 240 + (i * 37) % 23, 60 + i, 200 + i * 7 % 31, 70) for i in range(24))),))
    back = way(played)
    found = notes(back)[0]
    assert [pitch for _, pitch, _ in found] == [60 + i for i in range(24)]
    assert all(abs(onset - (i * 240 + (i * 37) % 23)) <= 60 for i, (onset, _, _) in enumerate(found))


def test_signs_fill_each_bar_and_more_than_four_voices_are_pressed_into_four() -> None:
    crowd = tuple(Note(i * 60, 50 + i, 2000 - 50 * i, 80) for i in range(9))
    grid = on_grid(Score(Q, (Track(crowd),)))
    for measure in measures(grid, grid.tracks[0]):
        assert len(measure.voices) <= 4 and measure.voices[0]
        for voice in measure.voices:
            assert sum(sign.duration for sign in voice) in (0, 4 * GRID)
            assert [sign.onset for sign in voice] == [sum(s.duration for s in voice[:i]) for i in range(len(voice))]


@given(st.integers(0, 127), st.integers(-7, 7))
def test_a_spelling_is_the_pitch_and_the_scale_needs_no_accidental(pitch: int, fifths: int) -> None:
    assert pitch_of(*spelled(pitch, fifths)) == pitch
    major = {(7 * fifths + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    step, alteration, _ = spelled(pitch, fifths)
    assert (pitch % 12 in major) == (alteration == alterations(fifths)[step])


# --- the referee ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["triplets", "ties over bar lines", "a pickup", "changes of metre, tempo and key"])
def test_music21_reads_the_same_from_both(case: str) -> None:
    from music21 import converter

    score = CASES[case]
    wanted = [[onset / Q, pitch, duration / Q] for onset, pitch, duration in notes(score)[0]]
    written = {"musicxml": notation.write_musicxml(score).decode()}
    if len(score.time_signatures) < 3:  # music21 leaves out a metre that changes inside a line of ABC
        written["abc"] = notation.write_abc(score)
    for kind, text in written.items():
        part = converter.parseData(text, format=kind).parts[0].stripTies()
        found = [
            [float(n.getOffsetInHierarchy(part)), n.pitch.midi, float(n.duration.quarterLength)]
            for n in part.recurse().notes
        ]
        assert [pytest.approx(row, abs=1e-3) for row in wanted] == found, kind


def test_importing_the_studio_does_not_load_music21() -> None:
    code = "import sys, studio.pipeline, studio.cli; print('music21' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


# --- what is typed ----------------------------------------------------------------------------------------------------


def typed(text: str) -> list[tuple[int, ...]]:
    return notes(notation.read_abc(text).score)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CDE", [(0, 60, 240), (240, 62, 240), (480, 64, 240)]),
        ("L:1/4\nK:C\nC,C c c'", [(0, 48, 480), (480, 60, 480), (960, 72, 480), (1440, 84, 480)]),
        ("C2 D/2E/ F3/2 G//", [(0, 60, 480), (480, 62, 120), (600, 64, 120), (720, 65, 360), (1080, 67, 60)]),
        ("K:D\nF =F F|F", [(0, 66, 240), (240, 65, 240), (480, 65, 240), (720, 66, 240)]),
        ("A>B c<d", [(0, 69, 360), (360, 71, 120), (480, 72, 120), (600, 74, 360)]),
        ("(3CDE F", [(0, 60, 160), (160, 62, 160), (320, 64, 160), (480, 65, 240)]),
        ("[CEG]2 z C", [(0, 60, 480), (0, 64, 480), (0, 67, 480), (720, 60, 240)]),
        ("C4-|C2", [(0, 60, 1440)]),
        ("|:C4|D4:|", [(0, 60, 960), (960, 62, 960), (1920, 60, 960), (2880, 62, 960)]),
        ("|:C4|1D4:|2E4|]", [(0, 60, 960), (960, 62, 960), (1920, 60, 960), (2880, 64, 960)]),
        ('"Am"!trill!~C {g}D (EF) % a remark', [(0, 60, 240), (240, 62, 240), (480, 64, 240), (720, 65, 240)]),
        ("C [K:F] B [L:1/4] C", [(0, 60, 240), (240, 70, 240), (480, 60, 480)]),
        ("M:6/8\nK:Dm\nB3", [(0, 70, 720)]),
        ("M:2/4\nL:1/16\nK:Ador\nF", [(0, 66, 120)]),
        ("Z C", [(1920, 60, 240)]),
    ],
)
def test_what_abc_means(text: str, expected: list[tuple[int, ...]]) -> None:
    assert typed(text) == expected


def test_voices_tempo_title_and_instruments_are_understood() -> None:
    text = 'X:1\nT:Two\nM:3/4\nL:1/4\nQ:1/4=90\nK:G\nV:1 name="Air"\n%%MIDI program 73\nGAB|c3|\nV:2\nG,3|C3|\n'
    found = notation.read_abc(text)
    assert found.score.title == "Two" and round(found.score.tempos[0].qpm) == 90
    assert [(t.name, t.program) for t in found.score.tracks] == [("Air", 73), ("", 0)]
    assert found.score.time_signatures[0][1:] == (3, 4) and found.repairs == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no notes"),
        ("X:1\nK:C\nCD\nE;F", "Line 4, character 2"),
        ("K:C\nCD[CE", "Line 2, character 3.*never closed"),
        ("K:H\nC", "Line 1: 'H' is no key"),
        ("M:3\nK:C\nC", "Line 1: '3' is no metre"),
        ("L:x\nK:C\nC", "Line 1"),
        ("Q:-3\nK:C\nC", "Line 1"),
        ("K:C\n>C", "Line 2.*between two notes"),
        ("K:C\nC & D", "second voice"),
        ("K:C\nc''''''''", "outside"),
        ("K:C\nC9999", "quarters cannot be played"),
        ("C" * 300_000, "characters"),
    ],
)
def test_a_slip_is_named_by_its_line(text: str, said: str) -> None:
    with pytest.raises(NotationError, match=said):
        notation.read_abc(text)


def test_what_was_put_right_is_told() -> None:
    told = " ".join(notation.read_abc("M:4/4\nCDEF GAB|{g}C4 D2 E2 FG|z4\nX:2\nK:C\nC").repairs)
    assert "No key" in told and "one grace note" in told and "A bar in line 2 lasts 5 quarters" in told
    assert "first of several" in told


@given(st.text(st.sampled_from("ABCdefgz|[]:(){}<>-^_=,'/\"! 1234\nKMLQVX%&~"), max_size=120))
def test_any_text_is_music_or_an_error_of_its_own(text: str) -> None:
    with contextlib.suppress(NotationError):
        assert notation.read_abc(text).score.note_count


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<score-partwise",
        b"<html></html>",
        b"<score-timewise/>",
        b"<score-partwise version='4.0'/>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><score-partwise>&a;</score-partwise>",
        b"PK\x03\x04 broken",
        b"\x00\xff" * 50,
    ],
)
def test_what_is_no_musicxml_is_told_in_words(data: bytes) -> None:
    with pytest.raises(NotationError):
        notation.read_musicxml(data)


def test_a_packed_file_and_a_silent_one() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("tune.musicxml", notation.write_musicxml(CASES["triplets"]))
    assert notes(notation.read_musicxml(packed.getvalue()).score) == notes(CASES["triplets"])
    for write in (notation.write_abc, notation.write_musicxml):
        with pytest.raises(StudioError, match="no notes"):
            write(Score(Q, (Track(),)))
