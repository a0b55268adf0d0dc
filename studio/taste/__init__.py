"""What a listener will like: learned from a handful of likes by the content of the music, and explained in words.

`features` says in numbers what kind of music a score is, `Space` brings them to one scale and into words, `Preference`
learns from likes and dislikes, `recommend` chooses what to hear next, `advise` which settings to try. Knows scores and
numbers; nothing of visitors, files or models.
"""

from studio.taste.advice import Advice, Tried, advise
from studio.taste.features import features
from studio.taste.preference import Preference
from studio.taste.recommending import InCommon, Suggestion, in_common, recommend, suited
from studio.taste.space import Passages, Space, Style

__all__ = [
    "Advice",
    "InCommon",
    "Passages",
    "Preference",
    "Space",
    "Style",
    "Suggestion",
    "Tried",
    "advise",
    "features",
    "in_common",
    "recommend",
    "suited",
]
