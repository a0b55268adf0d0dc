"""SVG: the piano roll as a drawing of any size."""

from __future__ import annotations

from studio.export import png
from studio.export.piece import Format

FORMAT = Format("svg", (".svg",), "image/svg+xml", png.write)
