from __future__ import annotations

import time
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scores import scores

from studio.score import Bar, KeySignature, Note, Score, Tempo, TimeSignature, Track


def score_until(end: int, *metres: TimeSignature, resolution: int = 480) -> Score:
    """One note that ends at tick `end`, under `metres`."""
    return Score(resolution, (Track((Note(0, 60, end, 80),)),), time_signatures=metres)


def spans(score: Score) -> list[tuple[int, int]]:
    return [(bar.start, bar.end) for bar in score.bars]


# --- what a score is -------------------------------------------------------------------------------------------------


def test_notes_are_sorted_and_know_their_end() -> None:
    track = Track((Note(480, 60, 100, 80), Note(0, 72, 10, 80), Note(0, 60, 2000, 80)))
    assert [n[:2] for n in track.notes] == [(0, 60), (0, 72), (480, 60)]
    assert track.notes[2].end == 580
    assert track.end == 2000
    assert (Track().end, Score().end, Score().note_count) == (0, 0, 0)


@pytest.mark.parametrize(
    "note", [(-1, 60, 1, 80), (0, 128, 1, 80), (0, -1, 1, 80), (0, 60, 0, 80), (0, 60, 1, 0), (0, 60, 1, 128)]
)
def test_impossible_notes_are_refused(note: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="not a note"):
        Track((Note(*note),))


def test_impossible_tracks_and_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="program"):
        Track(program=128)
    with pytest.raises(ValueError, match="role"):
        Track(role="soloist")  # type: ignore[arg-type]
    for resolution in (0, 32768):
        with pytest.raises(ValueError, match="resolution"):
            Score(resolution)
    with pytest.raises(ValueError, match="tempo"):
        Score(tempos=(Tempo(0, 0),))
    with pytest.raises(ValueError, match="time signature"):
        Score(time_signatures=(TimeSignature(0, 4, 0),))
    with pytest.raises(ValueError, match="before tick 0"):
        Score(key_signatures=(KeySignature(-1, 0, False),))


def test_a_score_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Score().title = "x"  # type: ignore[misc]


def test_maps_start_at_tick_0_and_the_last_of_several_at_one_tick_counts() -> None:
    score = Score(tempos=(Tempo(960, 1), Tempo(480, 2), Tempo(960, 3)), key_signatures=(KeySignature(9, 1, False),))
    assert score.tempos == (Tempo(0, 500_000), Tempo(480, 2), Tempo(960, 3))
    assert score.time_signatures == (TimeSignature(0, 4, 4),)
    assert score.key_signatures == (KeySignature(9, 1, False),)


def test_what_is_in_force_at_a_tick() -> None:
    score = Score(tempos=(Tempo(480, 600_000),), time_signatures=(TimeSignature(480, 3, 4),))
    assert [score.tempo_at(tick).qpm for tick in (0, 479, 480, 9999)] == [120, 120, 100, 100]
    assert [score.time_signature_at(tick).numerator for tick in (0, 479, 480, 9999)] == [4, 4, 3, 3]


# --- bars ------------------------------------------------------------------------------------------------------------


def test_the_last_bar_is_whole() -> None:
    assert spans(score_until(1921)) == [(0, 1920), (1920, 3840)]
    assert spans(score_until(1920)) == [(0, 1920)]
    assert Score().bars == ()


def test_a_metre_change_ends_the_bar_before_it() -> None:
    score = score_until(2000, TimeSignature(0, 4, 4), TimeSignature(480, 3, 4), TimeSignature(480 + 1440, 6, 8))
    assert score.bars == (Bar(0, 0, 480, 4, 4), Bar(1, 480, 1920, 3, 4), Bar(2, 1920, 3360, 6, 8))


def test_a_metre_change_behind_the_music_ends_the_last_bar_and_starts_none() -> None:
    assert spans(score_until(100, TimeSignature(0, 4, 4), TimeSignature(480, 3, 4))) == [(0, 480)]
    assert spans(score_until(100, TimeSignature(0, 4, 4), TimeSignature(5000, 3, 4))) == [(0, 1920)]


def test_a_metre_too_fine_for_the_resolution_still_moves_on() -> None:
    assert spans(score_until(3, TimeSignature(0, 1, 64), resolution=1)) == [(0, 1), (1, 2), (2, 3)]


@given(scores())
def test_bars_follow_one_another_and_hold_all_the_music(score: Score) -> None:
    bars = score.bars
    assert len(bars) == score.bar_count
    assert [bar.index for bar in bars] == list(range(len(bars)))
    ends = [0, *(bar.end for bar in bars)]
    assert [bar.start for bar in bars] == ends[:-1]
    assert not bars or bars[-1].start < score.end <= bars[-1].end
    for bar in bars:
        assert score.time_signature_at(bar.start)[1:] == (bar.numerator, bar.denominator)
        assert 0 < bar.end - bar.start <= score.bar_length(bar.numerator, bar.denominator)
    starts = {bar.start for bar in bars}
    assert all(metre.onset in starts for metre in score.time_signatures if metre.onset < score.end)


def test_many_bars_and_many_metres_take_no_square_of_time() -> None:
    later = [TimeSignature(20_000 * 1920 + i, 3, 4) for i in range(20_000)]
    score = score_until(20_000 * 1920, TimeSignature(0, 4, 4), *later)
    started = time.process_time()
    assert len(score.bars) == score.bar_count == 20_000
    assert sum(score.time_signature_at(bar.start).numerator for bar in score.bars) == 80_000
    assert time.process_time() - started < 2


# --- operations ------------------------------------------------------------------------------------------------------


def test_transposing_moves_pitched_notes_only() -> None:
    note = Note(0, 60, 1, 80)
    score = Score(480, (Track((note,)), Track((note,), is_drum=True)), key_signatures=(KeySignature(0, 2, False),))
    moved = score.transpose(-5)
    assert [t.notes[0].pitch for t in moved.tracks] == [55, 60]
    assert moved.key_signatures == ()
    assert score.transpose(0) == score
    with pytest.raises(ValueError, match="not a note"):
        score.transpose(68)


@given(scores(), st.integers(1, 30))
def test_a_finer_resolution_is_exact(score: Score, factor: int) -> None:
    finer = score.rescale(score.resolution * factor)
    assert finer.rescale(score.resolution) == score
    assert finer.end == score.end * factor
    assert [t.onset for t in finer.tempos] == [t.onset * factor for t in score.tempos]


def test_a_coarser_resolution_rounds_to_the_nearest_tick() -> None:
    notes = tuple(Note(onset, 60, duration, 80) for onset, duration in [(9, 20), (10, 1), (30, 60), (49, 479)])
    score = Score(480, (Track(notes),)).rescale(24)
    assert [(n.onset, n.duration) for n in score.tracks[0].notes] == [(0, 1), (1, 1), (2, 3), (2, 24)]


@given(scores(), st.integers(1, 2000))
def test_any_resolution_keeps_onsets_within_half_a_tick(score: Score, resolution: int) -> None:
    for before, after in zip(score.tracks, score.rescale(resolution).tracks, strict=True):
        pairs = zip(sorted(n.onset for n in before.notes), sorted(n.onset for n in after.notes), strict=True)
        assert all(abs(b * resolution - a * score.resolution) * 2 <= score.resolution for b, a in pairs)


def test_a_slice_holds_what_starts_in_it() -> None:
    notes = (Note(0, 60, 960, 80), Note(480, 62, 2000, 80), Note(960, 64, 10, 80))
    score = Score(480, (Track(notes, name="a"), Track(notes[:1])), (Tempo(0, 1), Tempo(500, 2), Tempo(960, 3)))
    part = score.slice_ticks(480, 960)
    assert [t.notes for t in part.tracks] == [(Note(0, 62, 480, 80),), ()]
    assert part.tempos == (Tempo(0, 1), Tempo(20, 2))
    assert part.tracks[0].name == "a"


def test_bars_can_be_sliced() -> None:
    score = score_until(1920 * 3, TimeSignature(0, 4, 4), TimeSignature(1920, 3, 4))
    assert spans(score.slice_bars(0, 1)) == [(0, 1920)]
    assert score.slice_bars(1, 3).time_signatures == (TimeSignature(0, 3, 4),)
    assert score.slice_bars(7, 9).note_count == 0
    upbeat = score_until(480 + 1920, TimeSignature(0, 4, 4), TimeSignature(480, 4, 4))
    assert spans(upbeat.slice_bars(0, 1)) == [(0, 480)]


def test_appending_joins_tracks_by_their_index_and_maps_by_their_ticks() -> None:
    head = Score(480, (Track((Note(0, 60, 480, 80),), 5),), (Tempo(0, 400_000),), (TimeSignature(0, 3, 4),))
    tail = Score(24, (Track((Note(12, 62, 24, 80),), 9), Track((Note(0, 40, 24, 80),), 33)), (Tempo(0, 500_000),))
    both = head.append(tail, 1440)
    assert both.resolution == 480
    assert [(t.program, t.notes) for t in both.tracks] == [
        (5, (Note(0, 60, 480, 80), Note(1680, 62, 480, 80))),
        (33, (Note(1440, 40, 480, 80),)),
    ]
    assert both.tempos == (Tempo(0, 400_000), Tempo(1440, 500_000))
    assert both.time_signatures == (TimeSignature(0, 3, 4), TimeSignature(1440, 4, 4))


def test_appending_says_again_only_what_changes() -> None:
    head = score_until(1920)
    assert head.append(score_until(1920), 1920).time_signatures == (TimeSignature(0, 4, 4),)
    assert head.append(score_until(1920), 1920).tempos == (Tempo(0, 500_000),)
    # Inside a bar the metre is said again, because the tail's bars start there.
    assert head.append(score_until(1920), 2400).time_signatures == (TimeSignature(0, 4, 4), TimeSignature(2400, 4, 4))


def test_appending_finds_a_resolution_for_both() -> None:
    both = score_until(100, resolution=100).append(score_until(96, resolution=96), 100)
    assert both.resolution == 2400
    assert [(n.onset, n.duration) for n in both.tracks[0].notes] == [(0, 2400), (2400, 2400)]
    assert score_until(9, resolution=32767).append(score_until(1, resolution=1000), 9).resolution == 32767


@given(scores(), st.data())
def test_two_halves_make_the_whole(score: Score, data: st.DataObject) -> None:
    bars = score.bars
    if len(bars) < 2:
        return
    middle = data.draw(st.integers(1, len(bars) - 1))
    cut = bars[middle].start
    # A slice cuts what rings over its end, so let nothing ring over the middle.
    short = tuple(
        replace(
            t, notes=tuple(n._replace(duration=min(n.duration, cut - n.onset)) if n.onset < cut else n for n in t.notes)
        )
        for t in score.tracks
    )
    score = replace(score, tracks=short)
    bars = score.bars
    if len(bars) <= middle:
        return
    both = score.slice_bars(0, middle).append(score.slice_bars(middle, len(bars)), cut)
    assert both.tracks == score.tracks
    assert both.bars == bars
    assert all(both.tempo_at(tick).mpq == score.tempo_at(tick).mpq for tick in range(0, bars[-1].end, 7))
