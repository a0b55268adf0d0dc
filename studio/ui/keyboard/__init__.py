"""The keyboard: a melody played on the screen, the computer's keys or a MIDI keyboard, in time or step by step."""

from studio.ui.keyboard.component import component

__all__ = ["component"]
