"""Reading: sources, archives, bar lines, beats, melodies and roles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from corpora import archive, moved, stretched, tune, write

from studio import midi
from studio.data import bars, beats, pieces, sources, upbeats
from studio.data.corpora import CORPORA
from studio.data.sources import Source, collect
from studio.errors import DataError, StudioError
from studio.representations.events import STYLES
from studio.score import Note, Score, TimeSignature, Track

# --- sources -------------------------------------------------------------------------------------------------------


def test_every_known_style_is_one_the_representation_can_say() -> None:
    assert {part.style for corpus in CORPORA.values() for part in corpus.parts} == set(STYLES)


def test_a_known_collection_is_known_by_its_folder(tmp_path: Path) -> None:
    files = {"midi/song/a.mid": tune(1), "midi/keyboard/b.MID": tune(2), "notes/c.mid": tune(3)}
    folder = write(tmp_path / "mutopia", files)
    head = "file,licence,licence_text,composer,title,typesetter"
    row = "song/a.mid,CC BY,Creative Commons Attribution 3.0,Abt,Lied,Ann"
    (folder / "MANIFEST.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    keyboard, song = collect(str(folder))
    assert (keyboard.id, keyboard.style, keyboard.title) == ("mutopia/midi/keyboard/b.MID", "piano", "b")
    assert (song.title, song.licence, song.style) == ("Abt: Lied", "CC-BY-3.0", "art_song")
    assert song.credit.endswith("typeset by Ann")


def test_a_folder_of_collections_is_all_of_them(tmp_path: Path) -> None:
    write(tmp_path / "openhymnal", {"midi/a.mid": tune(1)})
    archive(tmp_path / "freedoom_music.tar.xz", {"freedoom_music/midi/b.mid": midi.save(tune(2))})
    (tmp_path / "README.md").write_text("nothing to read here", encoding="utf-8")
    assert [s.corpus for s in collect(str(tmp_path))] == ["freedoom_music", "openhymnal"]


def test_an_unknown_folder_needs_its_licence_and_style(tmp_path: Path) -> None:
    folder = write(tmp_path / "mine", {"sub/a.mid": tune(1)})
    with pytest.raises(DataError, match="--licence"):
        collect(str(folder))
    with pytest.raises(DataError, match="--style"):
        collect(str(folder), licence="CC0-1.0", style="polka")
    (source,) = collect(str(folder), licence="CC0-1.0", style="folk")
    assert (source.id, source.licence, source.style) == ("mine/sub/a.mid", "CC0-1.0", "folk")
    assert pieces.read(source, "melody").note_count == tune(1).note_count


def test_an_archive_is_read_without_writing_anything(tmp_path: Path) -> None:
    song = midi.save(tune(1))
    files = {"openscore_lieder/midi/a.mid": song, "openscore_lieder/LICENSE.txt": b"CC0"}
    path = archive(tmp_path / "x.tar.xz", files, links={"openscore_lieder/midi/b.mid": "/etc/passwd"})
    before = sorted(tmp_path.rglob("*"))
    assert [(s.id, s.data) for s in collect(str(path))] == [("openscore_lieder/midi/a.mid", song)]
    assert sorted(tmp_path.rglob("*")) == before


def test_names_that_climb_out_of_an_archive_reach_nothing(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.xz", {"../evil.mid": midi.save(tune(1)), "/abs/evil.mid": midi.save(tune(2))})
    with pytest.raises(DataError):
        collect(str(path))
    assert [p.name for p in tmp_path.iterdir()] == ["x.tar.xz"]


def test_an_archive_of_several_folders_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.xz", {"a/b.mid": midi.save(tune(1)), "c/d.mid": midi.save(tune(2))})
    with pytest.raises(DataError, match="one folder"):
        collect(str(path))


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.tar.xz", {f"mutopia/midi/song/{i}.mid": midi.save(tune(i)) for i in range(20)})
    path.write_bytes(path.read_bytes()[:-800])
    with pytest.raises(DataError):
        collect(str(path))


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "x.tar.xz", {f"mutopia/midi/song/{i}.mid": bytes(1000) for i in range(20)})
    monkeypatch.setattr(sources, "MAX_ARCHIVE", 10_000)
    with pytest.raises(DataError, match="unpacks"):
        collect(str(path))


@pytest.mark.parametrize("where", ["nothing-here", "music21:bach", "music21:essenFolksong"])
def test_what_is_no_source_is_named(where: str) -> None:
    with pytest.raises(DataError, match=where):
        collect(where)


# --- bars and beats ------------------------------------------------------------------------------------------------


def test_silence_goes_but_for_one_bar() -> None:
    whole = tune(1, bars=8)
    notes = tuple(n for n in whole.tracks[0].notes if not 2 * 1920 <= n.onset < 6 * 1920)
    score = moved(replace(whole, tracks=(Track(notes),)), 3 * 1920)
    short = bars.without_silence(score)
    assert bars.sounding(short) == [True, True, False, True, True]
    assert short.tracks[0].notes[0].onset == 0
    assert [n.pitch for n in short.tracks[0].notes] == [n.pitch for n in notes]
    assert [n.onset % 1920 for n in short.tracks[0].notes] == [n.onset % 1920 for n in notes]


def test_metres_and_tempos_follow_the_bars_that_stay() -> None:
    score = tune(1, bars=8)
    score = replace(score, time_signatures=(TimeSignature(0, 4, 4), TimeSignature(3 * 1920 + 480, 3, 4)))
    kept = bars.keep(score, score.bars[2:6])
    assert kept.time_signatures == (TimeSignature(0, 4, 4), TimeSignature(1920 + 480, 3, 4))
    assert [b.end - b.start for b in kept.bars][:4] == [1920, 480, 1440, 1440]


def test_halved_values_sound_the_same_at_half_the_length() -> None:
    short = bars.in_shorter_values(tune(1, metre=(2, 1)), 2)
    assert short.time_signatures[0][1:] == (2, 2)
    assert short.tracks == tune(1, metre=(2, 1)).tracks
    assert short.resolution == 960
    assert bars.in_shorter_values(tune(1), 2).time_signatures[0][1:] == (2, 4)


def test_a_false_start_is_cut_off() -> None:
    score = replace(moved(tune(1, metre=(3, 4)), 1), time_signatures=(TimeSignature(0, 4, 4), TimeSignature(1, 3, 4)))
    assert bars.without_false_start(score).time_signatures == (TimeSignature(0, 3, 4),)
    assert bars.without_false_start(score).tracks == tune(1, metre=(3, 4)).tracks
    pickup = replace(tune(1), time_signatures=(TimeSignature(0, 1, 4), TimeSignature(480, 4, 4)))
    assert bars.without_false_start(pickup) == pickup


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8)])
def test_upbeats_are_found(metre: tuple[int, int]) -> None:
    """Long notes on the first beats, quick ones elsewhere; the upbeat has the length of a quarter or an eighth."""
    length = 480 * 4 * metre[0] // metre[1]
    upbeat = 240 if metre[1] == 8 else 480
    notes = [Note(0, 62, upbeat, 80)]
    for bar in range(10):
        start = upbeat + bar * length
        notes.append(Note(start, 67, length // 2, 80))
        quick = range(start + length // 2, start + length, 240)
        notes += [Note(tick, 69 + i % 3, 240, 80) for i, tick in enumerate(quick)]
    notes = notes[:-1] if metre[1] == 8 else notes[:-2]  # upbeat and last bar together are one bar
    with_upbeat = Score(480, (Track(tuple(notes)),), time_signatures=(TimeSignature(0, *metre),))
    assert upbeats.find(with_upbeat) == upbeat
    without = replace(with_upbeat, tracks=(Track(tuple(n._replace(onset=n.onset - upbeat) for n in notes[1:])),))
    assert upbeats.find(without) == 0
    assert [b.end - b.start for b in bars.with_upbeat(with_upbeat, upbeat).bars][:3] == [upbeat, length, length]


def beat_list(start: float, beat: float, count: int, bar: int, first: int) -> bytes:
    rows = (f"{start + i * beat:.9f} 1.0 {1.0 if i % bar == first else 0.0}" for i in range(count))
    return "\n".join(rows).encode()


def performed(score: Score, start: float, beat: float, late: float = 0.03) -> Score:
    """The score as if played at one beat in `beat` seconds from second `start` on, every third note a little late."""
    ticks = 960  # per second, at the 120 qpm that the file says

    def played(i: int, n: Note) -> Note:
        at = start + n.onset / 480 * beat + (late * beat if i % 3 == 0 else 0)
        return Note(round(at * ticks), n.pitch, max(1, round(n.duration / 480 * beat * ticks)), n.velocity)

    notes = tuple(played(i, n) for i, n in enumerate(score.tracks[0].notes))
    return replace(score, tracks=(replace(score.tracks[0], notes=notes),), time_signatures=(TimeSignature(0, 1, 4),))


def test_performed_time_is_laid_on_the_beats() -> None:
    score = tune(3)
    laid = beats.on_beats(performed(score, start=0.7, beat=0.61), beat_list(0.7, 0.61, 52, bar=4, first=0))
    assert [n[:2] for n in laid.tracks[0].notes] == [n[:2] for n in score.tracks[0].notes]
    assert laid.time_signatures == (TimeSignature(0, 4, 4),)
    assert laid.tempos[0].qpm == pytest.approx(60 / 0.61, rel=1e-4)


def test_beats_before_the_first_bar_line_are_a_pickup() -> None:
    laid = beats.on_beats(performed(tune(3), 0.7, 0.61), beat_list(0.7, 0.61, 52, bar=4, first=2))
    assert [b.end - b.start for b in laid.bars][:3] == [960, 1920, 1920]


def test_what_sounds_before_the_first_beat_gets_bars_of_its_own() -> None:
    laid = beats.on_beats(performed(tune(3), 0.2, 0.5), beat_list(0.2 + 1.5, 0.5, 52, bar=4, first=0))
    assert laid.tracks[0].notes[0].onset == 480
    assert [b.end - b.start for b in laid.bars][:2] == [1920, 1920]


def test_six_beats_in_a_bar_are_eighths() -> None:
    laid = beats.on_beats(performed(tune(3), 0.0, 0.3), beat_list(0.0, 0.3, 52, bar=6, first=0))
    assert laid.time_signatures[0][1:] == (6, 8)
    assert laid.bars[0].end * 2 == 6 * laid.resolution


def test_a_bar_marked_too_long_is_split() -> None:
    rows = beat_list(0.0, 0.5, 52, bar=4, first=0).decode().splitlines()
    rows[8] = rows[8].replace("1.0 1.0", "1.0 0.0")
    rows[10] = rows[10].replace("1.0 0.0", "1.0 1.0")
    laid = beats.on_beats(performed(tune(3), 0.0, 0.5), "\n".join(rows).encode())
    assert [(b.end - b.start) // 480 for b in laid.bars][:6] == [4, 4, 2, 2, 4, 4]


@pytest.mark.parametrize("rows", [b"", b"a b c", b"1 2\n" * 10, b"0.5 1.0 1.0\n" * 3])
def test_a_broken_beat_list_is_refused(rows: bytes) -> None:
    with pytest.raises(DataError, match="beat list"):
        beats.on_beats(tune(3), rows)


# --- pieces --------------------------------------------------------------------------------------------------------


def source(path: str, score: Score | bytes, corpus: str = "openscore_lieder") -> Source:
    data = score if isinstance(score, bytes) else midi.save(score)
    return Source(corpus, path, data, style=CORPORA[corpus].part(path).style)  # type: ignore[union-attr]


def accompanied(score: Score) -> Score:
    left = Track(tuple(Note(n.onset, n.pitch - 24, n.duration, 60) for n in score.tracks[0].notes), name="Piano")
    return replace(score, tracks=(score.tracks[0], left))


def test_a_melody_is_the_voice_alone() -> None:
    score = accompanied(tune(5, bars=16))
    voice = tuple(n for n in score.tracks[0].notes if n.onset >= 4 * 1920)
    whole = replace(score, tracks=(replace(score.tracks[0], notes=voice), score.tracks[1]))
    melody = pieces.read(source("midi/a.mid", whole), "melody")
    assert len(melody.tracks) == 1
    assert melody.tracks[0].role == "melody"
    assert melody.bar_count == 12
    assert [n.pitch for n in melody.tracks[0].notes] == [n.pitch for n in voice]


def test_all_voices_keep_their_tracks_and_get_roles() -> None:
    score = accompanied(tune(5))
    drums = Track(tuple(Note(i * 480, 38, 120, 90) for i in range(40)), is_drum=True)
    bass = Track(score.tracks[1].notes, program=33)
    read = pieces.read(source("midi/a.mid", replace(score, tracks=(*score.tracks, bass, Track(), drums))), "all")
    assert [t.role for t in read.tracks] == ["melody", "accompaniment", "bass", "drums"]
    assert [t.program for t in read.tracks[:3]] == [0, 0, 33]
    hymn = pieces.read(source("midi/a.mid", score, "openhymnal"), "all")
    assert [t.role for t in hymn.tracks] == ["melody", "bass"]


def test_old_values_are_shortened() -> None:
    old = replace(stretched(tune(5), 8), time_signatures=(TimeSignature(0, 2, 1),))
    read = pieces.read(source("midi/satb/a.mid", old, "polish_scores"), "melody")
    assert read.time_signatures[0][1:] == (2, 4)
    assert [n.duration * 480 / read.resolution for n in read.tracks[0].notes][:8] == [
        2 * n.duration for n in tune(5).tracks[0].notes
    ][:8]


@pytest.mark.parametrize(
    ("reason", "score"),
    [
        ("fewer than 16 notes", tune(1, bars=2)),
        ("fewer than 4 bars", replace(tune(1, bars=8), resolution=1920)),
        ("several voices", replace(tune(1), tracks=(Track(tuple(sorted(
            [*tune(1).tracks[0].notes, *(Note(i * 480 + 240, 50, 1440, 80) for i in range(40))]))),))),
        ("no notes", Score(480, (Track(),))),
    ],
)  # fmt: skip
def test_what_is_no_usable_melody_is_refused(reason: str, score: Score) -> None:
    with pytest.raises(StudioError, match=reason):
        pieces.read(source("midi/a.mid", score), "melody")


def test_a_collection_without_melodies_gives_none() -> None:
    with pytest.raises(DataError, match="melody"):
        pieces.read(source("midi/a.mid", tune(1), "chopin_first_editions"), "melody")


# --- tunes ---------------------------------------------------------------------------------------------------------

HEAD = "X:1\nT:Test\nM:{metre}\nL:1/8\nK:G\n"


def tune_of(body: str, metre: str = "4/4") -> Score:
    tunes = pytest.importorskip("studio.data.tunes")
    pytest.importorskip("music21")
    score: Score = tunes.read_tune(HEAD.format(metre=metre) + body + "\n")
    return score


def lengths(score: Score) -> list[float]:
    return [(b.end - b.start) / score.resolution for b in score.bars]


def test_a_tune_keeps_its_pickup_and_its_key() -> None:
    score = tune_of("D|G4 B4|A4 F4|G8|]")
    assert lengths(score) == [0.5, 4, 4, 4]
    assert [n.pitch for n in score.tracks[0].notes] == [62, 67, 71, 69, 66, 67]


def test_a_bar_split_by_a_repeat_sign_is_one_bar() -> None:
    assert lengths(tune_of("D|G4 B4|A4 F3:|:D|G4 B4|A4 F3:|")) == [0.5, 4, 4, 4, 4]


def test_a_missing_pickup_is_filled_with_a_rest_and_a_lone_one_stays_short() -> None:
    assert lengths(tune_of("D|G4 B4|A4 F3:|G4 B4|A8|]")) == [0.5, 4, 4, 4, 4]
    assert lengths(tune_of("G4 B4|A8||D|G4 B4|A8|]")) == [4, 4, 0.5, 4, 4]


def test_ties_are_joined_and_graces_left_out() -> None:
    notes = tune_of("{A}G4-G2 A2|A8-|A8|]").tracks[0].notes
    assert [(n.pitch, n.duration / 480) for n in notes] == [(67, 3.0), (69, 1.0), (69, 8.0)]


def test_a_tune_whose_bars_do_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match="do not fit"):
        tune_of("|G4 B|A8|G4 B|A8|G4 B|A8|G4 B|A8|G8|]")
