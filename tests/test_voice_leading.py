import random

import numpy as np
import pytest
import torch

from studio.representations.events import Events, Plan, Voice
from studio.representations.events.voice_leading import VoiceLeading
from studio.sampling import Settings, decode
from studio.score import Note, Score, TimeSignature, Track
from studio.voice_leading import FIFTH, OCTAVE, RANGES, Violations, parallels, violations

SATB = (0, 1, 2, 3)
EVENTS = Events()
NAMES = EVENTS.vocab


def chorale(*voices: list[tuple[int | None, int]], resolution: int = 24) -> Score:
    """Four voices of (pitch or rest, quarters), from soprano to bass."""
    tracks = []
    for voice in voices:
        notes, now = [], 0
        for pitch, quarters in voice:
            if pitch is not None:
                notes.append(Note(now * resolution, pitch, quarters * resolution, 80))
            now += quarters
        tracks.append(Track(tuple(notes)))
    return Score(resolution, tuple(tracks))


def quarters(*pitches: int) -> list[tuple[int | None, int]]:
    return [(pitch, 1) for pitch in pitches]


# --- the rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("upper", "lower", "found"),
    [
        ((67, 69), (60, 62), FIFTH),
        ((67, 81), (60, 62), FIFTH),  # to a twelfth, the same way
        ((67, 74), (60, 55), FIFTH),  # to a twelfth, in contrary motion
        ((72, 74), (60, 62), OCTAVE),
        ((72, 67), (60, 67), OCTAVE),  # an octave into a unison, in contrary motion
        ((60, 62), (60, 62), OCTAVE),  # unisons
        ((60, 62), (67, 69), FIFTH),  # voices that have crossed
        ((67, 67), (60, 60), None),  # nobody moves
        ((67, 79), (60, 60), None),  # one moves
        ((67, 68), (60, 62), None),  # to a diminished fifth
        ((66, 69), (60, 62), None),  # from one
        ((67, 74), (60, 62), None),  # a fifth to an octave
        ((65, 67), (60, 62), None),  # fourths
        ((64, 65), (60, 62), None),  # a hidden one at most
    ],
)
def test_parallels_are_told_by_the_intervals_left_and_reached(upper, lower, found):
    assert parallels(upper, lower) == found
    assert parallels(lower, upper) == found


def test_a_chord_moved_up_a_step_breaks_what_the_textbook_says():
    # C, E, G, C up to D, F, A, D: octaves between soprano and bass, fifths between tenor and bass.
    found = violations(chorale(quarters(72, 74), quarters(64, 65), quarters(55, 57), quarters(48, 50)), SATB)
    assert found == Violations(
        chord_changes=1,
        notes=8,
        out_of_range=0,
        meetings=6,
        crossings=0,
        motions=6,
        parallel_fifths=1,
        parallel_octaves=1,
    )


def test_a_chord_led_well_breaks_nothing():
    found = violations(chorale(quarters(72, 71), quarters(67, 67), quarters(64, 62), quarters(48, 55)), SATB)
    assert found.total == 0
    assert found.motions == 3  # soprano, tenor and bass; the alto stays


def test_range_is_counted_note_by_note_its_ends_included():
    inside = chorale(*([(lowest, 1), (highest, 1)] for lowest, highest in RANGES))
    outside = chorale(*([(lowest - 1, 1), (highest + 1, 1)] for lowest, highest in RANGES))
    assert (violations(inside, SATB).notes, violations(inside, SATB).out_of_range) == (8, 0)
    assert (violations(outside, SATB).notes, violations(outside, SATB).out_of_range) == (8, 8)


def test_crossing_is_seen_under_a_held_note_and_a_unison_is_none():
    found = violations(chorale([(67, 3)], quarters(65, 69, 67), [], []), SATB)
    assert (found.meetings, found.crossings) == (3, 1)


def test_a_voice_that_rests_meets_nobody_and_voices_that_are_not_neighbours_do_not_cross():
    found = violations(chorale(quarters(67, 67), [(None, 2)], quarters(69, 69), []), SATB)
    assert (found.meetings, found.crossings) == (0, 0)


def test_a_rest_parts_two_notes_and_a_breath_does_not():
    def gap(ticks: int) -> Violations:
        def moving(pitch: int) -> Track:
            return Track((Note(0, pitch, 24, 80), Note(24 + ticks, pitch + 2, 24, 80)))

        return violations(Score(24, (moving(67), moving(60), Track(), Track())), SATB)

    assert gap(0).parallel_fifths == gap(5).parallel_fifths == 1
    assert gap(6).motions == gap(24).motions == 0


def test_notes_struck_again_are_no_chord_change_and_a_rest_that_ends_is_one():
    assert violations(chorale(quarters(72, 72, 74), [], [], []), SATB).chord_changes == 1
    assert violations(chorale(quarters(72, 72), [(None, 1), (60, 1)], [], []), SATB).chord_changes == 1


def test_of_a_chord_inside_a_voice_the_highest_counts_and_an_overlap_ends_where_the_next_note_begins():
    soprano = Track((Note(0, 64, 48, 80), Note(0, 67, 48, 80), Note(24, 69, 24, 80)))
    alto = Track((Note(0, 60, 24, 80), Note(24, 62, 24, 80)))
    found = violations(Score(24, (soprano, alto, Track(), Track())), SATB)
    assert (found.notes, found.motions, found.parallel_fifths) == (4, 1, 1)


def test_the_order_of_the_voices_is_the_caller_s():
    score = chorale(quarters(72, 71), quarters(67, 67), quarters(64, 62), quarters(48, 55))
    backwards = Score(score.resolution, score.tracks[::-1])
    assert violations(backwards, (3, 2, 1, 0)) == violations(score, SATB)
    assert violations(backwards, SATB).crossings == 6


def test_rates_are_per_hundred_chord_changes_over_all_pieces():
    pieces = Violations(chord_changes=30, crossings=1) + Violations(chord_changes=20, parallel_fifths=2, notes=5)
    assert (pieces.chord_changes, pieces.notes, pieces.total) == (50, 5, 3)
    assert pieces.per_hundred(pieces.parallel_fifths) == 4.0
    assert Violations().per_hundred(0) == 0.0


@pytest.mark.parametrize("voices", [(0, 1, 2), (0, 1, 2, 2), (0, 1, 2, 9)])
def test_four_tracks_of_the_score_are_asked_for(voices):
    with pytest.raises(ValueError, match="tracks"):
        violations(chorale([], [], [], []), voices)


def random_voices(seed: int, length: int = 24) -> list[list[tuple[int | None, int]]]:
    """Four voices that wander within a narrow register, so that everything that is forbidden happens."""
    rng = random.Random(seed)
    voices = []
    for middle in (66, 62, 58, 54):
        voice: list[tuple[int | None, int]] = []
        while sum(beats for _, beats in voice) < length:
            pitch = None if rng.random() < 0.1 else middle + rng.choice((-7, -5, -4, 0, 2, 3, 5, 7))
            voice.append((pitch, rng.choice((1, 1, 1, 2, 5))))
        voices.append(voice)
    return voices


def counted_beat_by_beat(voices: list[list[tuple[int | None, int]]]) -> tuple[int, int, int, int]:
    """(meetings, crossings, fifths, octaves), found without onsets and ends: from rows of (pitch, starts here)."""
    rows = [[(p, beat == 0) for p, beats in voice for beat in range(beats)] for voice in voices]
    meetings = crossings = fifths = octaves = 0
    for beat in range(max(map(len, rows))):
        now = [row[beat] if beat < len(row) else (None, False) for row in rows]
        last = [row[beat - 1] if 0 < beat <= len(row) else (None, False) for row in rows]
        for i in range(4):
            for j in range(i + 1, 4):
                (p, p_starts), (q, q_starts), p_last, q_last = now[i], now[j], last[i][0], last[j][0]
                if p is None or q is None:
                    continue
                if j == i + 1 and (p_starts or q_starts):
                    meetings += 1
                    crossings += p < q
                if p_starts and q_starts and p_last is not None and q_last is not None and p != p_last and q != q_last:
                    fifths += abs(p - q) % 12 == abs(p_last - q_last) % 12 == 7
                    octaves += abs(p - q) % 12 == abs(p_last - q_last) % 12 == 0
    return meetings, crossings, fifths, octaves


@pytest.mark.parametrize("seed", range(20))
def test_counts_agree_with_a_count_beat_by_beat_on_any_grid(seed):
    voices = random_voices(seed)
    expected = counted_beat_by_beat(voices)
    for resolution in (1, 24, 480):
        found = violations(chorale(*voices, resolution=resolution), SATB)
        assert (found.meetings, found.crossings, found.parallel_fifths, found.parallel_octaves) == expected
    assert expected[1] > 0


# --- the mask ------------------------------------------------------------------------------------------------------


def opened(score: Score, open_voices: tuple[int, ...] = (1, 2, 3)) -> tuple[list[int], VoiceLeading]:
    """(prompt, mask): all bars of these voices are open, the others given."""
    score = EVENTS.quantize(score)
    holes = {(bar.index, voice): () for bar in score.bars for voice in open_voices}
    ids = EVENTS.encode(score, holes=holes).tolist()
    ids = ids[: ids.index(EVENTS.vocabulary.ids["FILL"])]
    grammar = EVENTS.grammar()
    mask = VoiceLeading(grammar, SATB)
    for token in ids:
        mask.advance(token)
    grammar.steer(Plan(voices=(Voice(monophonic=True),) * 4))
    return ids, mask


def write(mask: VoiceLeading, words: str) -> None:
    for word in words.split():
        assert mask.allowed()[EVENTS.vocabulary.ids[word]], word
        mask.advance(EVENTS.vocabulary.ids[word])


def allowed(mask: VoiceLeading, kind: str) -> set[int]:
    run = EVENTS.vocabulary.types[kind]
    return {int(NAMES[i].split("_")[1]) for i in run if mask.allowed()[i]}


def test_pitches_stay_in_range_and_below_the_soprano():
    _, mask = opened(chorale(quarters(67, 69), [], [], []))
    write(mask, "FILL TRACK_1 POSITION_0")
    assert allowed(mask, "PITCH") == set(range(55, 68))
    write(mask, "PITCH_60 DURATION_24 FILL TRACK_2 POSITION_0")
    assert allowed(mask, "PITCH") == set(range(48, 61))


def test_pitches_that_make_parallels_with_the_soprano_go():
    _, mask = opened(chorale(quarters(67, 69), [], [], []))
    write(mask, "FILL TRACK_1 POSITION_0 PITCH_60 DURATION_24 POSITION_24")
    # Up to 69, a fifth below is 62; held and repeated 60 is no motion, and range and soprano bound the rest.
    assert allowed(mask, "PITCH") == set(range(55, 70)) - {62}
    write(mask, "PITCH_60 DURATION_24")


def test_a_rest_before_the_note_or_a_held_soprano_allows_it():
    _, rested = opened(chorale(quarters(67, 69, 71), [], [], []))
    write(rested, "FILL TRACK_1 POSITION_0 PITCH_60 DURATION_24 POSITION_48")
    assert 64 in allowed(rested, "PITCH")
    _, held = opened(chorale([(67, 2), (69, 1)], [], [], []))
    write(held, "FILL TRACK_1 POSITION_0 PITCH_60 DURATION_24 POSITION_24")
    assert allowed(held, "PITCH") == set(range(55, 68))


def test_motion_over_the_bar_line_is_seen():
    _, mask = opened(chorale(quarters(60, 60, 60, 67, 69), [], [], []))
    write(mask, "FILL TRACK_1 POSITION_72 PITCH_60 DURATION_24")
    write(mask, "FILL TRACK_2 POSITION_72 PITCH_55 DURATION_24 FILL TRACK_3 POSITION_72 PITCH_48 DURATION_24")
    write(mask, "FILL TRACK_1 POSITION_0")
    assert 62 not in allowed(mask, "PITCH")
    assert 60 in allowed(mask, "PITCH")


def test_a_note_ends_before_the_neighbour_would_cross_it():
    _, mask = opened(chorale([(72, 1), (71, 1), (64, 6)], [], [], []))
    write(mask, "FILL TRACK_1 POSITION_0 PITCH_67")
    assert allowed(mask, "DURATION") == set(range(1, 49))
    assert not mask.allowed()[EVENTS.vocabulary.ids["HOLD"]]
    _, late = opened(chorale([(72, 5), (64, 3)], [], [], []))
    write(late, "FILL TRACK_1 POSITION_0 PITCH_67 HOLD")
    assert allowed(late, "DURATION") == set(range(1, 25))


def test_an_inner_voice_minds_the_voices_below_it_that_are_given():
    _, mask = opened(chorale(quarters(72, 74), [], quarters(60, 58), quarters(48, 46)), open_voices=(1,))
    write(mask, "FILL TRACK_1 POSITION_0")
    assert allowed(mask, "PITCH") == set(range(60, 73))
    write(mask, "PITCH_67 DURATION_24 POSITION_24")
    # Fifths with tenor and bass (67 over 60 and 48, down to 58 and 46) at 65; up to the soprano there is none.
    assert allowed(mask, "PITCH") == set(range(58, 75)) - {65}


def test_where_every_pitch_breaks_a_rule_the_least_bad_stay():
    # Below a soprano on C3 no alto is in its range: the range is broken by the pitch nearest to it, or the crossing.
    _, mask = opened(chorale(quarters(48), [], [], []))
    write(mask, "FILL TRACK_1 POSITION_0")
    assert allowed(mask, "PITCH") == {48, 55}  # one rule broken by seven semitones: too low, or too high


def test_other_tracks_and_other_tokens_are_the_grammar_s():
    _, mask = opened(chorale(quarters(67), [], [], []))
    write(mask, "FILL TRACK_1")
    assert np.array_equal(mask.allowed(), mask.grammar.allowed())
    with pytest.raises(ValueError, match="four tracks"):
        VoiceLeading(EVENTS.grammar(), (0, 1))


def test_a_prompt_read_before_counts_as_if_read_through_the_mask():
    ids, mask = opened(chorale(quarters(67, 69), [], [], []))
    grammar = EVENTS.grammar()
    for token in ids:
        grammar.advance(token)
    grammar.steer(Plan(voices=(Voice(monophonic=True),) * 4))
    later = VoiceLeading(grammar, SATB)
    for each in (mask, later):
        write(each, "FILL TRACK_1 POSITION_0 PITCH_60 DURATION_24 POSITION_24")
    assert np.array_equal(mask.allowed(), later.allowed())


def breaks_with(score: Score, voice: int, onset: int, pitch: int) -> int:
    """How many rules more are broken with one very short note more."""
    tracks = list(score.tracks)
    tracks[voice] = Track((*tracks[voice].notes, Note(onset, pitch, 1, 80)))
    return violations(Score(score.resolution, tuple(tracks)), SATB).total - violations(score, SATB).total


@pytest.mark.parametrize("seed", range(24))
def test_the_mask_removes_just_what_would_be_counted(seed):
    rng = random.Random(seed)
    score, voice = chorale(*random_voices(seed, 4)), rng.randrange(4)
    line = tuple(note for note in score.tracks[voice].notes if note.end <= 72)
    onset = max((note.end for note in line), default=0)
    tracks = (*score.tracks[:voice], Track(line), *score.tracks[voice + 1 :])
    score = Score(24, tracks, time_signatures=(TimeSignature(0, 8, 4),))  # all in one bar
    mask = VoiceLeading(EVENTS.grammar(), SATB)
    for token in EVENTS.encode(score):
        mask.advance(int(token))
    for word in (f"TRACK_{voice}", f"POSITION_{onset}"):
        mask.advance(EVENTS.vocabulary.ids[word])
    broken = [breaks_with(score, voice, onset, pitch) for pitch in range(128)]
    fewest = {pitch for pitch in range(128) if broken[pitch] == min(broken)}
    assert allowed(mask, "PITCH") <= fewest
    assert allowed(mask, "PITCH") == fewest or min(broken) > 0


def filled(score: Score, seed: int, masked: bool) -> Score:
    """The lower voices, decoded with fixed logits that like quarters one after another, on C, D and G near C4."""
    ids, mask = opened(score)
    logits = torch.full((len(NAMES),), -4.0)
    types = EVENTS.vocabulary.types
    for beat in range(8):
        logits[types["POSITION"].start + 24 * beat] = 12.0 - 3 * beat  # the next one, or the bar goes by
    logits[types["DURATION"].start + 23] = 8.0
    for pitch in range(128):
        logits[types["PITCH"].start + pitch] = 2 * (pitch % 12 in (0, 2, 7)) - abs(pitch - 60) / 8
    written = decode(
        logits[None],
        lambda tokens: logits[None],
        [mask if masked else mask.grammar],
        Settings(repetition=0),
        [torch.Generator().manual_seed(seed)],
    )
    out = ids + [row[0] for row in written]
    assert NAMES[out[-1]] == "EOS"
    return EVENTS.decode(out)


@pytest.mark.parametrize("metre", [(4, 4), (3, 4), (6, 8)], ids=str)
def test_a_chorale_written_under_the_mask_breaks_no_rule(metre):
    # A pickup of a quarter, notes held over bar lines, an eighth that leaves the grid of quarters.
    pitches = [67, 72, 71, 69, 67, 65, 64, 67, 69, 71, 72, 74, 72, 71, 72]
    lengths = [24, 24, 36, 12, 24, 48, 24, 24, 24, 72, 24, 24, 24, 24, 96]
    onsets = [sum(lengths[:i]) for i in range(len(lengths))]
    soprano = Track(tuple(Note(o, p, d, 80) for o, p, d in zip(onsets, pitches, lengths, strict=True)))
    metres = (TimeSignature(0, 1, 4), TimeSignature(24, *metre))
    score = Score(24, (soprano, Track(), Track(), Track()), time_signatures=metres)
    free, masked = Violations(), Violations()
    for seed in range(3):
        free += violations(filled(score, seed, masked=False), SATB)
        written = filled(score, seed, masked=True)
        assert written.tracks[0].notes == soprano.notes
        masked += violations(written, SATB)
    assert free.out_of_range > 30 and free.crossings > 30 and free.parallel_fifths > 3 and free.parallel_octaves > 3
    assert masked.notes > 150 and masked.motions > 150
    assert masked.total == 0


@pytest.mark.parametrize("seed", range(3))
def test_no_choice_is_ever_left_empty_not_even_below_a_soprano_that_sings_too_low(seed):
    score = chorale([(random.Random(seed).randrange(20, 60), 1) for _ in range(12)], [], [], [])
    written = filled(score, seed, masked=True)
    assert all(track.notes for track in written.tracks)
