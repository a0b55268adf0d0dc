"""Notes to keep, as they are typed."""

from __future__ import annotations

import pytest

from studio import pipeline
from studio.errors import SettingError
from studio.pipeline import Kept


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("", ()),
        ("  ", ()),
        ("5:C4", (Kept(5, 60),)),
        ("5:60", (Kept(5, 60),)),
        ("5:C4 6:G4", (Kept(5, 60), Kept(6, 67))),
        (" 5:c4,6:g4 , 7:a0", (Kept(5, 60), Kept(6, 67), Kept(7, 21))),
        ("1:F#3 1:G♭3 1:Bb-1 12:B♯4", (Kept(1, 54), Kept(1, 54), Kept(1, 10), Kept(12, 72))),
        ("1:C-1 1:G9 1:0 1:127", (Kept(1, 0), Kept(1, 127), Kept(1, 0), Kept(1, 127))),
    ],
)
def test_bars_and_notes_are_read(text: str, notes: tuple[Kept, ...]) -> None:
    assert pipeline.parse_kept(text) == notes


@pytest.mark.parametrize("text", ["C4", "5", "5:", ":C4", "5:H4", "5:C", "5:C4-6", "x:C4", "-1:C4", "5:C##4", "5;C4"])
def test_what_is_none_is_named_with_an_example_of_one(text: str) -> None:
    with pytest.raises(SettingError, match="write 5:C4 or 5:60") as caught:
        pipeline.parse_kept(f"1:C4 {text}")
    assert f"'{text}'" in str(caught.value)


@pytest.mark.parametrize("text", ["5:128", "5:G#9", "5:Cb-1"])
def test_a_note_that_midi_has_not_is_told(text: str) -> None:
    with pytest.raises(SettingError, match="from C-1"):
        pipeline.parse_kept(text)
