"""Where the studio keeps its data. Knows nothing of what is kept."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_folder() -> Path:
    """The folder that the environment variable STUDIO_DATA names, else the user's own data folder of this system."""
    named = os.environ.get("STUDIO_DATA")
    return Path(named) if named else platformdirs.user_data_path("music-studio", appauthor=False)
