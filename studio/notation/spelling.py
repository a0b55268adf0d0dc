"""How a pitch is spelled in a key, and which key to write where none is said. Knows no format."""

from __future__ import annotations

from studio.metrics import estimate_key
from studio.score import KeySignature, Score

SURE = 0.65  # a key that fits less well is not worth a signature
_STEPS = "FCGDAEB"  # by fifths; C is the second
_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FIFTHS_OF_MAJOR = (0, -5, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)  # by tonic, the usual spelling


def spelled(pitch: int, fifths: int) -> tuple[str, int, int]:
    """(step "A"-"G", alteration in semitones, octave) of a pitch in a key of so many sharps; 60 is ("C", 0, 4).

    Of all names of a pitch the one that is nearest to the key on the line of fifths, raised notes before lowered ones.
    """
    low = fifths - 3
    place = low + (pitch * 7 - low) % 12  # on the line of fifths, C = 0
    alteration, index = divmod(place + 1, 7)
    octave = (pitch - alteration) // 12 - 1
    return _STEPS[index], alteration, octave


def alterations(fifths: int) -> dict[str, int]:
    """The alteration that the signature gives each step."""
    return {step: (fifths + 6 - i) // 7 for i, step in enumerate(_STEPS)}


def pitch_of(step: str, alteration: int, octave: int) -> int:
    """The pitch of a spelling, 60 for ("C", 0, 4); may lie outside 0-127."""
    return 12 * (octave + 1) + _PITCH_CLASS[step] + alteration


def keys(score: Score) -> tuple[KeySignature, ...]:
    """The score's key signatures, the first one at its start; where none is said, the estimated one if it is clear."""
    if score.key_signatures:
        first, *rest = score.key_signatures
        return (first._replace(onset=0), *rest)
    found = estimate_key(score)
    if found is None or found.confidence < SURE:
        return (KeySignature(0, 0, False),)
    fifths = _FIFTHS_OF_MAJOR[(found.tonic + 3) % 12 if found.minor else found.tonic]
    return (KeySignature(0, fifths, found.minor),)
