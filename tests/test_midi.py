from __future__ import annotations

import contextlib
import io
import json
import os
import time
import tracemalloc
from collections import defaultdict
from pathlib import Path

import mido
import odd_files
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_files import Odd, chunk, head, meta, named, off, on, program, scale
from scores import scores

from studio import midi
from studio.errors import MidiError
from studio.midi.repairs import Repair
from studio.midi.roles import with_roles
from studio.midi.text import decode
from studio.score import KeySignature, Note, Score, Tempo, TimeSignature, Track

CORPUS = odd_files.corpus()
USABLE = {name: odd for name, odd in CORPUS.items() if odd.verdict != "refused"}
REFUSED = {name: odd for name, odd in CORPUS.items() if odd.verdict == "refused"}


def all_notes(score: Score) -> list[tuple[int, int, int]]:
    return sorted((n.onset, n.pitch, n.duration) for track in score.tracks for n in track.notes)


# --- the corpus ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("odd", USABLE.values(), ids=USABLE.keys())
def test_odd_files_are_read_as_far_as_they_make_sense(odd: Odd) -> None:
    loaded = midi.load(odd.data)
    assert (odd.verdict == "reads") == (not loaded.repairs), loaded.repairs
    assert any(odd.says in repair for repair in loaded.repairs) or not odd.says
    if odd.notes is not None:
        assert all_notes(loaded.score) == odd.notes
    for fact, value in (odd.facts or {}).items():
        assert getattr(loaded.score, fact) == value


@pytest.mark.parametrize("odd", USABLE.values(), ids=USABLE.keys())
def test_odd_files_are_the_same_after_saving_and_need_no_second_repair(odd: Odd) -> None:
    loaded = midi.load(odd.data)
    again = midi.load(midi.save(loaded.score, texts=loaded.texts))
    assert again == midi.Loaded(loaded.score, (), loaded.texts)


@pytest.mark.parametrize("odd", REFUSED.values(), ids=REFUSED.keys())
def test_unusable_files_are_refused_in_plain_words_within_seconds(odd: Odd) -> None:
    started = time.process_time()
    with pytest.raises(MidiError) as refusal:
        midi.load(odd.data)
    assert time.process_time() - started < 5
    words = str(refusal.value)
    assert odd.says in words
    assert 20 < len(words) < 250 and words[0].isupper() and words.endswith(".") and "\n" not in words


def test_the_corpus_is_wide() -> None:
    assert len(CORPUS) >= 100 and len(REFUSED) >= 20


def test_memory_stays_in_proportion_to_the_file() -> None:
    tracemalloc.start()
    for name in ("500000-notes", "half-a-million-tempo-changes", "20-megabytes", "name-of-a-megabyte"):
        data = CORPUS[name].data
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        with contextlib.suppress(MidiError):
            midi.load(data)
        assert tracemalloc.get_traced_memory()[1] - before < 60 * 2**20, name
    tracemalloc.stop()


# --- where files come from -------------------------------------------------------------------------------------------


def test_a_path_as_string_or_path_and_bytes_read_alike(tmp_path: Path) -> None:
    file = tmp_path / "scale.mid"
    file.write_bytes(odd_files.FILE)
    assert midi.load(file) == midi.load(str(file)) == midi.load(odd_files.FILE)


@pytest.mark.parametrize("path", ["missing.mid", "no/such/folder.mid", "nul\0.mid", "long" * 2000, ""])
def test_paths_that_lead_nowhere_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(MidiError, match=r"no file|folder|cannot be read"):
        midi.load(tmp_path / path)
    with pytest.raises(MidiError):
        midi.load(path)


def test_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match="is a folder"):
        midi.load(tmp_path)
    pipe = tmp_path / "pipe.mid"
    os.mkfifo(pipe)
    with pytest.raises(MidiError, match="no file"):
        midi.load(pipe)


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.mid"
    file.write_bytes(odd_files.FILE)

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(MidiError, match=r"'secret.mid' cannot be read \(Permission denied\)"):
        midi.load(file)


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "huge.mid"
    with file.open("wb") as out:
        out.write(odd_files.FILE)
        out.truncate(2**34)  # sparse: takes no room on the disk
    tracemalloc.start()
    with pytest.raises(MidiError, match="larger than 4 MB"):
        midi.load(file)
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


# --- tracks ----------------------------------------------------------------------------------------------------------


def test_a_track_for_each_channel_and_program() -> None:
    events = [program(5), scale(count=2), program(40), scale(count=1), program(5), scale(count=1), scale(3, count=1)]
    score = midi.load(head(0) + chunk(named(b"Piece"), *events)).score
    assert [(t.program, len(t.notes), t.name) for t in score.tracks] == [(5, 3, ""), (40, 1, ""), (0, 1, "")]
    assert score.title == "Piece"


def test_a_program_holds_for_its_channel_in_every_track_that_names_none() -> None:
    data = head(1, 2) + chunk(program(40), program(56, delta=960)) + chunk(scale())
    tracks = midi.load(data).score.tracks
    assert [(t.program, len(t.notes)) for t in tracks] == [(40, 2), (56, 2)]


def test_tracks_that_share_a_channel_keep_the_programs_they_name() -> None:
    data = head(1, 3) + chunk(program(40), scale()) + chunk(program(7), scale()) + chunk(scale(start=72))
    assert [t.program for t in midi.load(data).score.tracks] == [40, 7, 7]


def test_a_port_has_channels_of_its_own() -> None:
    tracks = midi.load(CORPUS["same-channel-on-two-ports"].data).score.tracks
    assert [t.program for t in tracks] == [2]


def test_sixteen_channels_with_sixteen_programs() -> None:
    tracks = midi.load(CORPUS["type-0-with-16-channels"].data).score.tracks
    assert [t.program for t in tracks] == [8 * channel for channel in range(16)]
    assert [t.is_drum for t in tracks] == [channel == 9 for channel in range(16)]


@pytest.mark.parametrize(("title", "kept"), [(b"Sonata", "Sonata"), (b"control track", ""), (b"Tempo Map", "")])
def test_the_title_is_the_name_of_a_first_track_without_notes(title: bytes, kept: str) -> None:
    data = head(1, 2) + chunk(named(title)) + chunk(named(b"Oboe"), scale())
    score = midi.load(data).score
    assert (score.title, score.tracks[0].name) == (kept, "Oboe")


def test_an_instrument_name_stands_in_for_a_missing_track_name() -> None:
    data = head(1, 2) + chunk(meta(4, b"Harp"), scale()) + chunk(named(b"Lute"), meta(4, b"Harp"), scale())
    assert [t.name for t in midi.load(data).score.tracks] == ["Harp", "Lute"]


def test_texts_at_the_start_are_handed_over_and_later_ones_are_not() -> None:
    data = head() + chunk(meta(1, b"recipe"), meta(1, b""), meta(1, b"later", 480), scale())
    assert midi.load(data).texts == ("recipe",)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
@pytest.mark.parametrize("name", ["ピアノ", "第1楽章 アレグロ", "ドラム", "Piano（右手）", "琴"])
def test_japanese_names_are_read(name: str, encoding: str) -> None:
    assert decode(name.encode(encoding)) == name


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("name", ["Flûte à bec", "Für Elise", "Ça ira", "“Été”", "Don’t – can’t", "Ñandú", "ÀÉ"])
def test_western_names_are_read(name: str, encoding: str) -> None:
    assert decode(name.encode(encoding)) == name


@given(st.binary(max_size=40))
def test_any_bytes_decode(raw: bytes) -> None:
    assert isinstance(decode(raw), str)


def test_every_repair_has_words_of_its_own() -> None:
    assert len({r.one for r in Repair}) == len({r.many for r in Repair}) == len(Repair.__members__)
    for repair in Repair:
        assert repair.one.endswith(".") and "{" not in repair.one
        assert repair.many == repair.one or "{n}" in repair.many


def test_ten_thousand_faults_make_one_line_with_their_number() -> None:
    loaded = midi.load(head() + chunk(*(on(1, 60) for _ in range(10_000))))
    assert loaded.repairs == ("Ended 10,000 notes that never end.",)


# --- roles -----------------------------------------------------------------------------------------------------------


def line(pitch: int, *, chord: int = 1, **more: object) -> Track:
    notes = tuple(Note(480 * i, pitch + 4 * voice, 480, 80) for i in range(8) for voice in range(chord))
    return Track(notes, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tracks", "roles"),
    [
        ([line(60, is_drum=True)], ["drums"]),
        ([line(72)], ["melody"]),
        ([line(40)], ["melody"]),  # a low voice alone is no bass
        ([line(60, chord=3)], ["accompaniment"]),
        ([line(60, chord=3), line(76)], ["accompaniment", "melody"]),
        ([line(70), line(40)], ["melody", "bass"]),
        ([line(70), line(60, program=33)], ["melody", "bass"]),
        ([line(60, program=33), line(36, is_drum=True)], ["bass", "drums"]),
        ([line(79), line(67, name="Melody")], ["accompaniment", "melody"]),
        ([line(72, name="Soprano"), line(65, name="Alto"), line(58, name="Tenor"), line(52, name="Bass")],
         ["melody", "accompaniment", "accompaniment", "bass"]),
        ([line(72, name="Flute"), line(60, name="Bassoon"), line(60, name="Contrabass")],
         ["melody", "accompaniment", "bass"]),
    ],
)  # fmt: skip
def test_roles_are_guessed(tracks: list[Track], roles: list[str]) -> None:
    assert [t.role for t in with_roles(Score(tracks=tuple(tracks))).tracks] == roles


# --- writing ---------------------------------------------------------------------------------------------------------


def one_at_a_time(notes: tuple[Note, ...]) -> list[Note]:
    """What MIDI can hold of `notes`: each pitch ends when it starts again, and of twins the longer one (then the
    louder) stays. Written here a second time and otherwise than in the code under test."""
    by_pitch: dict[int, dict[int, Note]] = defaultdict(dict)
    for note in notes:
        twin = by_pitch[note.pitch].get(note.onset)
        if twin is None or (twin.duration, twin.velocity) < (note.duration, note.velocity):
            by_pitch[note.pitch][note.onset] = note
    kept = []
    for at_onset in by_pitch.values():
        for note in at_onset.values():
            later = [onset for onset in at_onset if onset > note.onset]
            kept.append(note._replace(duration=min(note.end, *later, note.end) - note.onset))
    return sorted(kept)


@given(scores(most_tracks=20))
def test_any_score_comes_back(score: Score) -> None:
    tracks = [t for t in score.tracks if t.notes]
    if not tracks:
        return
    loaded = midi.load(midi.save(score))
    back = loaded.score
    assert loaded.repairs == ()
    assert (back.resolution, back.tempos, back.time_signatures) == (
        score.resolution,
        score.tempos,
        score.time_signatures,
    )
    assert [(t.program, t.is_drum, t.name) for t in back.tracks] == [(t.program, t.is_drum, t.name) for t in tracks]
    assert [list(t.notes) for t in back.tracks] == [one_at_a_time(t.notes) for t in tracks]
    assert midi.load(midi.save(back)).score == back


@settings(max_examples=30)
@given(scores())
def test_another_library_reads_the_same(score: Score) -> None:
    file = mido.MidiFile(file=io.BytesIO(midi.save(score, texts=["a text"])))
    assert (file.type, file.ticks_per_beat) == (1, score.resolution)
    starts, tempos, metres = [], [], []
    for index, messages in enumerate(file.tracks):
        now = 0
        for message in messages:
            now += message.time
            if message.type == "note_on":
                starts.append((index - 1, now, message.note, message.velocity, message.channel == 9))
            elif message.type == "set_tempo":
                tempos.append(Tempo(now, message.tempo))
            elif message.type == "time_signature":
                metres.append(TimeSignature(now, message.numerator, message.denominator))
    assert tuple(tempos) == score.tempos
    assert tuple(metres) == score.time_signatures
    expected = {(i, n.onset, n.pitch, t.is_drum) for i, t in enumerate(score.tracks) for n in t.notes}
    assert {(i, onset, pitch, drum) for i, onset, pitch, _, drum in starts} == expected
    assert len(starts) == len(expected)


def test_a_third_library_hears_the_same_seconds(tmp_path: Path) -> None:
    notes = (Note(0, 60, 480, 80), Note(480, 62, 960, 90), Note(1440, 64, 480, 70))
    score = Score(480, (Track(notes, 73, name="Flute"),), (Tempo(0, 500_000), Tempo(960, 1_000_000)))
    midi.save(score, tmp_path / "x.mid")
    (flute,) = pretty_midi.PrettyMIDI(str(tmp_path / "x.mid")).instruments
    assert (flute.program, flute.name) == (73, "Flute")
    heard = [(n.pitch, n.velocity, n.start, n.end) for n in flute.notes]
    wanted = [(60, 80, 0.0, 0.5), (62, 90, 0.5, 2.0), (64, 70, 2.0, 3.0)]
    assert heard == [pytest.approx(note) for note in wanted]


def test_maps_title_and_texts_are_written(tmp_path: Path) -> None:
    score = Score(
        960,
        (Track((Note(0, 60, 960, 80),), name="旋律 é"),),
        (Tempo(0, 461_538), Tempo(959, 461_539)),
        (TimeSignature(0, 1, 8), TimeSignature(480, 7, 8)),
        (KeySignature(0, -7, True), KeySignature(100, 7, False)),
        "Größe 音",
    )
    recipe = json.dumps({"model": "lstm", "seed": 7, "note": "äöü\n音"})
    data = midi.save(score, tmp_path / "x.mid", texts=[recipe, "second"])
    assert (tmp_path / "x.mid").read_bytes() == data
    loaded = midi.load(data)
    assert loaded.texts == (recipe, "second")
    assert loaded.score == with_roles(score)


@pytest.mark.parametrize("count", [15, 16, 40, 200])
@pytest.mark.parametrize("programs", [1, 12, 100])
def test_more_tracks_than_channels_come_back(count: int, programs: int) -> None:
    notes = (Note(0, 60, 480, 80), Note(480, 60, 480, 80))
    tracks = [Track(notes, (i * 7) % programs, name=f"part {i}") for i in range(count)]
    tracks.insert(5, Track(notes, 48, is_drum=True, name="kit"))
    score = Score(480, tuple(tracks))
    data = midi.save(score)
    assert midi.load(data).score == with_roles(score)
    seats = defaultdict(set)
    for messages in mido.MidiFile(file=io.BytesIO(data)).tracks[1:]:
        (chosen,) = (m for m in messages if m.type == "program_change")
        assert {m.channel for m in messages if m.type == "note_on"} == {chosen.channel}
        assert (chosen.channel == 9) == (messages.name == "kit")
        port = next((m.port for m in messages if m.type == "midi_port"), 0)
        seats[port, chosen.channel].add(chosen.program)
    assert all(len(programs_here) == 1 for programs_here in seats.values()), "two programs on one channel of one port"
    if len({t.program for t in tracks if not t.is_drum}) <= 15 or count <= 15:
        assert {port for port, _ in seats} == {0}


def test_a_rest_longer_than_one_midi_time_is_written() -> None:
    score = Score(
        32767, (Track((Note(0, 60, 1, 80), Note(2**29 + 5, 60, 2**28 + 7, 80)), role="melody"),), (Tempo(0, 1000),)
    )
    assert midi.load(midi.save(score)).score == score


@pytest.mark.parametrize(
    "score",
    [
        Score(time_signatures=(TimeSignature(0, 4, 3),)),
        Score(time_signatures=(TimeSignature(0, 256, 4),)),
        Score(tempos=(Tempo(0, 2**24),)),
        Score(key_signatures=(KeySignature(0, 8, False),)),
    ],
)
def test_what_midi_cannot_hold_is_refused(score: Score) -> None:
    with pytest.raises(MidiError, match="MIDI has no"):
        midi.save(score)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match=r"cannot be written \(No such file or directory\)"):
        midi.save(Score(), tmp_path / "nowhere" / "x.mid")


def test_the_folder_of_odd_files_can_be_written(tmp_path: Path) -> None:
    """The script's own names are file names, and every file on the disk is judged as its bytes are."""
    for name in ("riff-wrapped", "type-2-patterns-in-turn", "name-in-shift-jis"):
        (tmp_path / f"{name}.mid").write_bytes(CORPUS[name].data)
        assert midi.load(tmp_path / f"{name}.mid") == midi.load(CORPUS[name].data)


def test_ends_belong_to_the_right_starts_when_one_is_lost() -> None:
    """Later notes keep their lengths though one end is missing."""
    lost = [on(0, 60), on(960, 60), off(240, 60)]
    later = [event for _ in range(20) for event in (on(720, 60), off(240, 60))]
    notes = midi.load(head() + chunk(*lost, *later)).score.tracks[0].notes
    assert [n.duration for n in notes] == [960] + 21 * [240]
