from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scores import melody, scores

from studio.harmony import Chord
from studio.representations.events import DENSITIES, BarControls, Events, Plan, Voice, density_level
from studio.representations.events.holes import Passage
from studio.score import Note, Score, Tempo, TimeSignature, Track

EVENTS = Events()
few = settings(deadline=None, max_examples=60)


def in_bar(score, note, bar):
    return score.bars[bar].start <= note.onset < score.bars[bar].end


def words(ids):
    return " ".join(EVENTS.vocab[i] for i in ids)


def test_two_notes_by_hand():
    score = Score(24, (Track((Note(0, 60, 24, 80), Note(24, 64, 72, 96)), role="melody"),))
    assert words(EVENTS.encode(score)) == (
        "BOS METRE_4/4 TEMPO_120 TRACK_0 ROLE_melody PROGRAM_0 VELOCITY_80 START "
        "BAR POSITION_0 PITCH_60 DURATION_24 POSITION_24 VELOCITY_96 PITCH_64 DURATION_72"
    )


def test_accompaniment_follows_the_melody_in_each_bar():
    tune = Track((Note(0, 72, 96, 80), Note(96, 74, 96, 80)), role="melody")
    chords = Track((Note(0, 60, 96, 80), Note(0, 64, 96, 80)), role="accompaniment")
    drums = Track((Note(96, 36, 24, 80),), is_drum=True, role="drums")
    body = words(EVENTS.encode(Score(24, (tune, chords, drums)))).split("START ")[1]
    assert body == (
        "BAR POSITION_0 PITCH_72 DURATION_96 TRACK_1 POSITION_0 PITCH_60 DURATION_96 PITCH_64 DURATION_96 "
        "BAR POSITION_0 PITCH_74 DURATION_96 TRACK_2 POSITION_0 DRUM_36 DURATION_24"
    )


def test_holes_are_written_at_the_end():
    score = melody([60, 62, 64, 65] * 3)
    text = words(EVENTS.encode(score, holes={(1, 0): ()}))
    assert text.count("HOLE") == text.count("FILL") == 1
    assert "BAR HOLE BAR" in text and "FILL TRACK_0 POSITION_0" in text and text.endswith("PITCH_65 DURATION_24 EOS")
    with pytest.raises(ValueError):
        EVENTS.encode(score, holes={(9, 0): ()})


def test_kept_notes_stand_in_the_hole_and_the_others_at_the_end():
    score = melody([60, 62, 64, 65])
    text = words(EVENTS.encode(score, holes={(0, 0): score.tracks[0].notes[1:2]}))
    assert text.split("START ")[1] == (
        "BAR HOLE POSITION_24 PITCH_62 DURATION_24 "
        "FILL TRACK_0 POSITION_0 PITCH_60 DURATION_24 POSITION_48 PITCH_64 DURATION_24 "
        "POSITION_72 PITCH_65 DURATION_24 EOS"
    )


def test_a_bar_says_how_it_is_meant_to_be():
    controls = {0: BarControls(3, (Chord(0, "maj"), Chord(9, "m7"))), 1: BarControls()}
    text = words(EVENTS.encode(melody([60] * 8), ended=True, controls=controls))
    assert "BAR LEFT_2 DENSITY_3 CHORD_0_maj CHORD_9_m7 POSITION_0" in text and "BAR LEFT_1 POSITION_0" in text
    moved = words(EVENTS.transpose(EVENTS.encode(melody([60] * 8), controls=controls), 5))
    assert "CHORD_5_maj CHORD_2_m7" in moved


def test_density_is_told_by_notes_a_quarter():
    assert [density_level(notes, 96) for notes in (0, 1, 2, 4, 5, 8, 12, 36, 37)] == [0, 1, 1, 2, 3, 4, 5, 8, 9]
    assert len(EVENTS.vocabulary.types["DENSITY"]) == len(DENSITIES) + 1


@pytest.mark.parametrize("value", [3, 8, 4, 6, 12, 9])
def test_32nds_and_triplets_are_exact(value):
    score = melody([60, 61, 62, 60, 60, 60], duration=value)
    assert EVENTS.decode(EVENTS.encode(score)) == EVENTS.quantize(score)
    assert [n.onset for n in EVENTS.decode(EVENTS.encode(score)).tracks[0].notes] == [i * value for i in range(6)]


def test_pickup_metre_and_tempo_changes_survive():
    score = Score(
        24,
        (Track(tuple(Note(i * 12, 60 + i, 12, 80) for i in range(17))),),
        (Tempo(0, 500_000), Tempo(84, 1_000_000)),
        (TimeSignature(0, 1, 8), TimeSignature(12, 6, 8), TimeSignature(156, 7, 8)),
    )
    assert EVENTS.quantize(score).bars == score.bars
    assert EVENTS.decode(EVENTS.encode(score)) == EVENTS.quantize(score)


@pytest.mark.parametrize(
    ("metre", "parts", "part"),
    [((12, 4), 2, (6, 4)), ((3, 1), 2, (3, 2)), ((11, 4), 2, (11, 8)), ((17, 4), 4, (17, 16))],
)
def test_a_bar_too_long_for_the_grid_is_split_into_equal_ones(metre, parts, part):
    length = 96 * metre[0] // metre[1]
    notes = (Note(0, 60, 24, 80), Note(2 * length - 24, 62, 24, 80))
    score = EVENTS.quantize(Score(24, (Track(notes),), (), (TimeSignature(0, *metre),)))
    assert [(b.end - b.start, b.numerator, b.denominator) for b in score.bars] == [(length // parts, *part)] * 2 * parts
    assert [n.onset for n in score.tracks[0].notes] == [0, 2 * length - 24]


@few
@given(score=scores(), data=st.data())
def test_holes_endings_and_controls_round_trip(score, data):
    score = EVENTS.quantize(score)
    if not score.tracks:
        return
    segments = [(bar.index, k) for bar in score.bars for k in range(len(score.tracks))]
    open_ = data.draw(st.sets(st.sampled_from(segments), max_size=3)) if segments else set()
    inside = {(b, k): [n for n in score.tracks[k].notes if in_bar(score, n, b)] for b, k in open_}
    holes = {s: data.draw(st.sets(st.sampled_from(notes))) if notes else () for s, notes in inside.items()}
    ids = EVENTS.encode(score, style="folk", key=(9, True), ended=data.draw(st.booleans()), holes=holes)
    assert EVENTS.decode(ids) == score
    grammar = EVENTS.grammar()
    for token in ids:
        assert grammar.allowed()[token]
        grammar.advance(int(token))


@few
@given(score=scores(), data=st.data())
def test_holes_made_in_written_ids_are_those_of_the_encoder(score, data):
    score = EVENTS.quantize(score)
    if not score.tracks or not score.bars:
        return
    headers, bars = EVENTS.encode_bars(score, ended=(ended := data.draw(st.booleans())))
    segments = st.tuples(st.integers(0, len(bars) - 1), st.integers(0, len(score.tracks) - 1))
    flags, holes = {}, {}
    for b, k in data.draw(st.sets(segments, max_size=3)):
        notes = [n for n in score.tracks[k].notes if in_bar(score, n, b)]
        flags[b, k] = data.draw(st.lists(st.booleans(), min_size=len(notes), max_size=len(notes)))
        holes[b, k] = [note for note, keep in zip(notes, flags[b, k], strict=True) if keep]
    controls = {0: BarControls(2, (Chord(4, "min"),))}
    said = [EVENTS.heading(controls[0]), *[()] * (len(bars) - 1)]
    passage = Passage(EVENTS.vocabulary, headers[0].tolist(), np.concatenate(bars).tolist())
    expected = EVENTS.encode(score, ended=ended, holes=holes, controls=controls)
    assert passage.ids(said, flags) == expected.tolist()


@few
@given(score=scores())
def test_every_bar_has_the_header_its_window_needs(score):
    score = EVENTS.quantize(score)
    headers, bars = EVENTS.encode_bars(score)
    if len(bars) < 2:
        return
    start = score.bars[1].start
    window = EVENTS.decode(np.concatenate([headers[1], *bars[1:]]))
    expected = [[n._replace(onset=n.onset - start) for n in t.notes if n.onset >= start] for t in score.tracks]
    assert [list(t.notes) for t in window.tracks] == expected


def test_transposing_moves_pitches_and_key_but_no_drums():
    tracks = (Track((Note(0, 60, 24, 80),)), Track((Note(0, 36, 24, 80),), is_drum=True))
    ids = EVENTS.encode(Score(24, tracks), key=(11, False))
    moved = EVENTS.transpose(ids, 2)
    assert words(moved) == words(ids).replace("PITCH_60", "PITCH_62").replace("KEY_11_major", "KEY_1_major")


@few
@given(
    seed=st.integers(0, 10_000), bars=st.integers(1, 6), ending=st.booleans(), metre=st.sampled_from([(4, 4), (7, 8)])
)
def test_a_plan_is_kept_whatever_is_chosen(seed, bars, ending, metre):
    """Random allowed ids: exactly so many bars, one voice, in range, never silent, with an ending when asked for."""
    prompt = EVENTS.encode(
        Score(24, melody([60, 62, 64, 65, 67]).tracks, (), (TimeSignature(0, *metre),)), style="folk"
    )
    grammar = EVENTS.grammar()
    for token in prompt:
        grammar.advance(int(token))
    before = grammar.bar + 1
    grammar.steer(Plan(bars, (Voice(55, 79, monophonic=True, max_same_pitch=3),), ending=ending))
    rng, new = np.random.default_rng(seed), []
    while (allowed := np.flatnonzero(grammar.allowed())).size:
        new.append(int(rng.choice(allowed)))
        grammar.advance(new[-1])
    text = [EVENTS.vocab[i] for i in new]
    assert text.count("BAR") == bars and text[-1] == "EOS"
    assert [w for w in text if w.startswith("LEFT")] == [f"LEFT_{k}" for k in range(min(4, bars), 0, -1) if ending]
    score = EVENTS.decode([*prompt, *new])
    length = 24 * 4 * metre[0] // metre[1]
    notes = [n for n in score.tracks[0].notes if n.onset >= before * length]
    rings_on = score.tracks[0].notes[-len(notes) - 1].end > before * length
    assert notes and (rings_on or notes[0].onset < (before + 1) * length)
    assert all(55 <= n.pitch <= 79 for n in notes)
    assert all(a.end <= b.onset for a, b in pairwise(notes))
    pitches = [n.pitch for n in score.tracks[0].notes]
    assert not any(len(set(pitches[i : i + 4])) == 1 for i in range(len(pitches) - 3))
    assert {t[1:] for t in score.time_signatures} == {metre}


def test_a_vocabulary_is_all_a_checkpoint_needs():
    assert Events(list(EVENTS.vocab)).vocab == EVENTS.vocab
    with pytest.raises(ValueError):
        Events([*EVENTS.vocab, "PITCH_60"])


@few
@given(score=scores(), data=st.data(), seed=st.integers(0, 10_000))
def test_what_fills_a_hole_keeps_its_bounds_whatever_is_chosen(score, data, seed):
    """Random allowed ids: every hole is filled once; a voice stays one, in range, and beside what is kept."""
    score = EVENTS.quantize(score)
    if not score.tracks or not score.bars:
        return
    segments = st.tuples(st.integers(0, len(score.bars) - 1), st.integers(0, len(score.tracks) - 1))
    open_ = data.draw(st.sets(segments, min_size=1, max_size=4))
    inside = {(b, k): [n for n in score.tracks[k].notes if in_bar(score, n, b)] for b, k in open_}
    holes = {s: data.draw(st.sets(st.sampled_from(notes))) if notes else () for s, notes in inside.items()}
    ids = EVENTS.encode(score, holes=holes).tolist()
    prompt = ids[: ids.index(EVENTS.marks["fill_id"])]
    grammar = EVENTS.grammar()
    for token in prompt:
        grammar.advance(token)
    grammar.steer(Plan(voices=(Voice(50, 70, monophonic=True), *[Voice(40, 80)] * 3)))
    rng, new = np.random.default_rng(seed), []
    while (allowed := np.flatnonzero(grammar.allowed())).size:
        new.append(int(rng.choice(allowed)))
        grammar.advance(new[-1])
        assert len(new) < 5000
    text = [EVENTS.vocab[i].split("_")[0] for i in new]
    assert text.count("FILL") == len(holes) and text[-1] == "EOS"
    stands = EVENTS.decode(prompt)
    for k, (before, after) in enumerate(zip(stands.tracks, EVENTS.decode([*prompt, *new]).tracks, strict=True)):
        written = [note for note in after.notes if note not in before.notes]
        assert all(any(in_bar(score, note, b) for b, j in holes if j == k) for note in written)
        if not after.is_drum:
            low, high = (50, 70) if k == 0 else (40, 80)
            assert all(low <= note.pitch <= high for note in written)
        if k == 0 and not after.is_drum:
            starts = sorted(note.onset for note in written)
            assert len(starts) == len(set(starts))
            assert not any(n.onset <= note.onset < n.end for note in written for n in before.notes)
