"""Listening tests: people hear, without knowing who wrote what, how several systems go on from the same music.

    passages ─ making ─► ListeningTest ─ design.sitting ─► questions ─► Votes ─ results ─► shares, ranking, CSV

A test is a folder (`folder`); votes are kept apart from it, in the user's data folder, where the page looks for tests
too. Knows the pipeline, and nothing of pages.
"""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from studio.folder import data_folder
from studio.listening.design import ASKED, SITTING, Asked, Question, Turn
from studio.listening.folder import ListeningTest, System, read, tests
from studio.listening.making import Making, Run, make, of_one_voice, systems
from studio.listening.needed import power, votes_to_rank, votes_to_tell
from studio.listening.passages import Passage, of_examples, of_files, of_folder
from studio.listening.results import Part, Results, Share, Standing, one_sided, results_csv, tally, votes_csv
from studio.listening.strengths import Strength
from studio.listening.votes import FILE, Sitting, Vote, Votes, listener_of

__all__ = [
    "ASKED",
    "SITTING",
    "Asked",
    "ListeningTest",
    "Making",
    "Part",
    "Passage",
    "Question",
    "Results",
    "Run",
    "Share",
    "Sitting",
    "Standing",
    "Strength",
    "System",
    "Turn",
    "Vote",
    "Votes",
    "listener_of",
    "make",
    "new_place",
    "of_examples",
    "of_files",
    "of_folder",
    "of_one_voice",
    "one_sided",
    "place",
    "power",
    "read",
    "results_csv",
    "systems",
    "tally",
    "tests",
    "votes_csv",
    "votes_file",
    "votes_to_rank",
    "votes_to_tell",
]


def place() -> Path:
    """The folder whose folders are the tests that the page offers."""
    return data_folder() / "listening"


def new_place() -> Path:
    """A folder for a new test among them, not made yet."""
    return place() / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def votes_file() -> Path:
    """Where the votes of all tests are kept."""
    return data_folder() / FILE
