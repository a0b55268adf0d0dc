"""The verbs: read a seed, continue it, hear, see and save the result. The only door for pages and command lines.

Importing it loads no model and no torch; that happens when a model is first asked to write. Every verb takes and
returns plain values, and whatever goes wrong for a user is a `StudioError` with a sentence to show.
"""

from studio.audio import MAX_MINUTES, SAMPLE_RATE
from studio.metrics import FIGURES, Figure
from studio.models import Control
from studio.norms import Band, Norms
from studio.originality.index import Source
from studio.pipeline.blending import blend
from studio.pipeline.catalogue import ModelInfo, models
from studio.pipeline.comparison import Comparing, Comparison, Entry, compare
from studio.pipeline.continuation import continue_
from studio.pipeline.ensembles import ENSEMBLES, INSTRUMENTS
from studio.pipeline.instruments import instrument_name
from studio.pipeline.judging import NORMS, measured, norms, passages
from studio.pipeline.kept import parse_kept
from studio.pipeline.mix import GAIN_DB, Mix
from studio.pipeline.originality import Originality, Shared, check, original
from studio.pipeline.origins import Origin, of_project, verify
from studio.pipeline.ranking import MOST_WEIGHT, RANK_TERMS, judge, judge_again, order, rank
from studio.pipeline.reporting import Report, Section, report
from studio.pipeline.requests import (
    MAX_BARS,
    MAX_TAKES,
    AccompanyRequest,
    Asked,
    BlendRequest,
    CompareRequest,
    InfillRequest,
    Kept,
    Request,
    ResembleRequest,
    VaryRequest,
)
from studio.pipeline.results import (
    render,
    render_stems,
    render_stream,
    sound_problem,
    soundfonts,
)
from studio.pipeline.rewriting import accompany, infill, restyle
from studio.pipeline.saving import FORMATS, Format, Music, file_name, format_of, save
from studio.pipeline.seeds import Facts, Seed, TrackFact, examples
from studio.pipeline.sounding import Listener, Sounding, loudness_gain, note
from studio.pipeline.takes import Heard, Progress, Run, Take
from studio.pipeline.taste import Tasted, taste_space, tasted
from studio.pipeline.variation import resemble, vary
from studio.pipeline.ways_in import LONGEST_RECORDING_S, from_played, read, read_abc, read_musicxml, transcribe
from studio.plots.grid import DRUMS as DRUM_NAMES
from studio.ranking import Merit, Ranked
from studio.score import Note, Score, Tempo, TimeSignature, Track
from studio.taste import Advice, InCommon, Suggestion, Tried, advise, in_common, recommend, suited

__all__ = [
    "DRUM_NAMES",
    "ENSEMBLES",
    "FIGURES",
    "FORMATS",
    "GAIN_DB",
    "INSTRUMENTS",
    "LONGEST_RECORDING_S",
    "MAX_BARS",
    "MAX_MINUTES",
    "MAX_TAKES",
    "MOST_WEIGHT",
    "NORMS",
    "RANK_TERMS",
    "SAMPLE_RATE",
    "AccompanyRequest",
    "Advice",
    "Asked",
    "Band",
    "BlendRequest",
    "CompareRequest",
    "Comparing",
    "Comparison",
    "Control",
    "Entry",
    "Facts",
    "Figure",
    "Format",
    "Heard",
    "InCommon",
    "InfillRequest",
    "Kept",
    "Listener",
    "Merit",
    "Mix",
    "ModelInfo",
    "Music",
    "Norms",
    "Note",
    "Origin",
    "Originality",
    "Progress",
    "Ranked",
    "Report",
    "Request",
    "ResembleRequest",
    "Run",
    "Score",
    "Section",
    "Seed",
    "Shared",
    "Sounding",
    "Source",
    "Suggestion",
    "Take",
    "Tasted",
    "Tempo",
    "TimeSignature",
    "Track",
    "TrackFact",
    "Tried",
    "VaryRequest",
    "accompany",
    "advise",
    "blend",
    "check",
    "compare",
    "continue_",
    "examples",
    "file_name",
    "format_of",
    "from_played",
    "in_common",
    "infill",
    "instrument_name",
    "judge",
    "judge_again",
    "loudness_gain",
    "measured",
    "models",
    "norms",
    "note",
    "of_project",
    "order",
    "original",
    "parse_kept",
    "passages",
    "rank",
    "read",
    "read_abc",
    "read_musicxml",
    "recommend",
    "render",
    "render_stems",
    "render_stream",
    "report",
    "resemble",
    "restyle",
    "save",
    "sound_problem",
    "soundfonts",
    "suited",
    "taste_space",
    "tasted",
    "transcribe",
    "vary",
    "verify",
]
