"""`Score` → matplotlib `Figure`, by its object interface and never by pyplot. Nobody else knows matplotlib."""

from studio.plots.curve import loss_curve
from studio.plots.layout import share_of_width
from studio.plots.roll import piano_roll
from studio.plots.style import save_figure

__all__ = ["loss_curve", "piano_roll", "save_figure", "share_of_width"]
