"""How a take is judged, beside it on the page: figures, what it shares with other music, its rank, and who likes it."""

from studio.ui.judgement.panel import JudgementPanel

__all__ = ["JudgementPanel"]
