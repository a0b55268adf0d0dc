"""Takes in order, the best first, with reasons: each against the music that it follows, goes with or replaces.

A `Candidate` is judged by terms, each a number from 0 to 1 and a clause in words; their weighted mean is the score.
Knows scores and plain numbers; no model, no file, no page.
"""

from studio.ranking.candidate import Candidate
from studio.ranking.finding import Finding
from studio.ranking.order import MOST, TERMS, WEIGHTS, Merit, Ranked, checked, judge, rank

__all__ = ["MOST", "TERMS", "WEIGHTS", "Candidate", "Finding", "Merit", "Ranked", "checked", "judge", "rank"]
