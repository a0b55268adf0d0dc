"""Scores for tests: random ones of every kind, and Hypothesis strategies that make them."""

from __future__ import annotations

from hypothesis import strategies as st

from studio.score import ROLES, Note, Score, Tempo, TimeSignature, Track


def melody(pitches: list[int], duration: int = 24, resolution: int = 24, program: int = 0) -> Score:
    """Equal notes one after another on one melody track."""
    notes = tuple(Note(i * duration, pitch, duration, 80) for i, pitch in enumerate(pitches))
    return Score(resolution, (Track(notes, program, role="melody"),))


@st.composite
def scores(draw: st.DrawFn, *, most_tracks: int = 4, most_notes: int = 20) -> Score:
    """Any score: odd resolutions, metres that change inside bars, drums, overlaps, very long notes."""
    resolution = draw(st.sampled_from([1, 7, 24, 48, 96, 100, 480, 1000]))
    end = resolution * 20
    notes = st.builds(
        Note,
        onset=st.integers(0, end),
        pitch=st.integers(0, 127),
        duration=st.integers(1, resolution) | st.integers(1, resolution * 40),
        velocity=st.integers(1, 127),
    )
    tracks = st.builds(
        Track,
        notes=st.lists(notes, max_size=most_notes).map(tuple),
        program=st.integers(0, 127),
        is_drum=st.booleans(),
        name=st.sampled_from(["", "Violin", "旋律"]),
        role=st.sampled_from(ROLES),
    )
    tempos = st.builds(Tempo, onset=st.integers(0, end), mpq=st.integers(100_000, 3_000_000))
    metres = st.builds(
        TimeSignature,
        onset=st.integers(0, end),
        numerator=st.integers(1, 20),
        denominator=st.sampled_from([1, 2, 4, 8, 16, 32, 64]),
    )
    return Score(
        resolution,
        tuple(draw(st.lists(tracks, max_size=most_tracks))),
        tuple(draw(st.lists(tempos, max_size=4))),
        tuple(draw(st.lists(metres, max_size=4))),
    )
