"""Work that is kept: every visitor's seeds and takes as a tree, what lies on the desk, and projects as one file.

A `Piece` is one seed or take; `Store` keeps pieces in an SQLite file in the user's data folder, each visitor's apart
from all others'; `project` writes a visitor's whole tree as one zip and reads it back. What is kept is data only:
MIDI, JSON and numbers. Knows the pipeline's values, and nothing of pages.
"""

from studio.folder import data_folder
from studio.store.piece import Piece, edited_seed, edited_take, of_seed, of_takes
from studio.store.store import MOST_BYTES, MOST_PIECES, Desk, Store, is_visitor

__all__ = [
    "MOST_BYTES",
    "MOST_PIECES",
    "Desk",
    "Piece",
    "Store",
    "data_folder",
    "edited_seed",
    "edited_take",
    "is_visitor",
    "of_seed",
    "of_takes",
]
