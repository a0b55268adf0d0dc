"""`Doors`: the studio for programs - the verbs of the page as an HTTP API, and as tools for language models (MCP).

Each public method is one door; docs/api.md describes them. Bars and tracks count from 1, as on the page. What a model
may be told besides is the argument `settings`, by name; the door `models` lists what there is.
"""

# No postponed annotations: Gradio reads the types, and turns the docstrings into descriptions.
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr
from gradio.events import api

from studio import pipeline
from studio.errors import SettingError
from studio.ui import calls
from studio.ui.calls import Answer, door
from studio.ui.handlers import IN_LINE, READERS
from studio.ui.line import Line

# Plain values only. Of any JSON that passes through the tools, Gradio would upload what looks like a file, from this
# machine's own disk.
Settings = dict[str, str | int | float | bool | None] | None
Tracks = list[int] | None
Names = list[str] | None


def open_doors(line: Line) -> None:
    """Put the doors into the current `gr.Blocks`; whoever writes by them stands in `line` with the page's visitors."""
    doors = Doors(line)
    writers = {"concurrency_id": "write", "concurrency_limit": IN_LINE}
    readers = {"concurrency_id": "read", "concurrency_limit": READERS}
    for work in (doors.models, doors.styles, doors.soundfonts, doors.read, doors.render):
        api(work, api_name=work.__name__, **readers)
    api(doors.continue_, api_name="continue", **writers)
    for work in (doors.infill, doors.accompany, doors.restyle, doors.vary, doors.blend, doors.resemble, doors.compare):
        api(work, api_name=work.__name__, **writers)


class Doors:
    """What programs can ask for. Everything comes as JSON; files come and go as Gradio's `FileData`.

    What writes answers several times: {"state": "waiting", "before": 2}, then {"state": "writing", "bars_done": 3,
    "bars_total": 8}, at last {"state": "done", "takes": [...]}. Each take has its `midi` file, its `seed` number, how
    many `bars` and `notes` are new, and `notices`.
    """

    def __init__(self, line: Line) -> None:
        self._line = line

    # --- what there is -----------------------------------------------------------------------------------------------

    @door
    def models(self, verb: str = "") -> Iterator[list[dict[str, Any]]]:
        """The models on offer, and for each verb (such as continue, infill, vary) the settings that they honour.

        Args:
            verb: only the models that can do this; all of them when left out
        Returns:
            A list of models, those that can do most first; the first is taken where none is named.
        """
        offered = [_model(info) for info in pipeline.models()]
        yield [info for info in offered if not verb or verb in info["settings"]]

    @door
    def styles(self) -> Iterator[dict[str, Any]]:
        """The styles that a melody can be accompanied in, with what plays in each, and the instruments by name.

        Returns:
            {"styles": {style: [instruments]}, "instruments": {name: title}}
        """
        styles = {name: [i.title for i in band.instruments] for name, band in pipeline.ENSEMBLES.items()}
        yield {"styles": styles, "instruments": {name: i.title for name, i in pipeline.INSTRUMENTS.items()}}

    @door
    def soundfonts(self) -> Iterator[list[str]]:
        """The SoundFonts, the sets of instruments that `render` can play with.

        Returns:
            Their names; the first is taken where none is named.
        """
        yield list(pipeline.soundfonts())

    @door
    def read(self, music: gr.FileData) -> Iterator[dict[str, Any]]:
        """What is in a MIDI file: key, tempo, metre, length, tracks, which of them is the melody, what was repaired.

        Args:
            music: a MIDI file
        Returns:
            The facts; tracks have the numbers that the other tools know them by.
        """
        yield _facts(calls.uploaded(music))

    @door
    def render(self, music: gr.FileData, soundfont: str = "") -> Iterator[dict[str, Any]]:
        """The sound of a MIDI file as a WAV file, 44,100 Hz in stereo.

        Args:
            music: a MIDI file
            soundfont: the set of instruments, a name from `soundfonts`
        Returns:
            The WAV file.
        """
        seed, fonts = calls.uploaded(music), pipeline.soundfonts()
        if soundfont and soundfont not in fonts:
            raise SettingError(f"There is no SoundFont '{soundfont}'; choose one of: {', '.join(fonts)}.")
        yield from calls.rendered(seed, fonts.get(soundfont))

    # --- what writes -------------------------------------------------------------------------------------------------

    @door
    def continue_(
        self, music: gr.FileData, bars: int = 8, model: str = "", seed: int = 0, takes: int = 1, track: int = 0,
        first_bar: int = 1, last_bar: int = 0, settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Continue music: a trained model writes new bars after it.

        Args:
            music: a MIDI file, the seed
            bars: how many bars to write, 1 to 128
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            track: the track that leads, from 1; the best guess when 0
            first_bar: music before this bar is left out
            last_bar: the new music follows this bar; the last one when 0
            settings: what else the model is told, such as {"key": "D minor", "tempo": 96, "temperature": 0.9}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        request = pipeline.Request(
            **_asked("continue", model, seed, takes, settings),
            bars=bars,
            melody_track=_index(track),
            **_bars(first_bar, last_bar),
        )
        yield from calls.written(pipeline.continue_(calls.uploaded(music), request), self._line)

    @door
    def infill(
        self, music: gr.FileData, first_bar: int, last_bar: int, tracks: Tracks = None, keep: str = "",
        model: str = "", seed: int = 0, takes: int = 1, settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Rewrite some bars of music, with what stands before and after them in view; all else stays as it is.

        Args:
            music: a MIDI file
            first_bar: the first bar to write anew, from 1
            last_bar: the last bar to write anew
            tracks: the numbers of the tracks to write, from 1; all that play when left out
            keep: notes that stay, as bar:note, such as "5:C4 6:67"
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            settings: what else the model is told, such as {"chords": "C Am F G", "density": "busy"}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        request = pipeline.InfillRequest(
            **_asked("infill", model, seed, takes, settings),
            **_bars(first_bar, last_bar),
            tracks=None if tracks is None else tuple(track - 1 for track in tracks),
            keep=pipeline.parse_kept(keep),
        )
        yield from calls.written(pipeline.infill(calls.uploaded(music), request), self._line)

    @door
    def accompany(
        self, music: gr.FileData, style: str = "", instruments: Names = None, track: int = 0, first_bar: int = 1,
        last_bar: int = 0, model: str = "", seed: int = 0, takes: int = 1, settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Write an accompaniment for a melody, which stays as it is; its other tracks make way.

        Args:
            music: a MIDI file with the melody
            style: a name from `styles`; pop when left out
            instruments: names from `styles` of what plays along; what the style has when left out
            track: the melody's track, from 1; the best guess when 0
            first_bar: music before this bar is left out
            last_bar: music after this bar is left out; the last one when 0
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            settings: what else the model is told, such as {"chords": "C Am F G", "tempo": 96}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        asked = _asked("accompany", model, seed, takes, settings, style)
        request = _accompaniment(asked, instruments, track, first_bar, last_bar)
        yield from calls.written(pipeline.accompany(calls.uploaded(music), request), self._line)

    @door
    def restyle(
        self, music: gr.FileData, style: str, instruments: Names = None, track: int = 0, first_bar: int = 1,
        last_bar: int = 0, model: str = "", seed: int = 0, takes: int = 1, settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Set a melody anew in another style, played by that style's instruments; its notes stay.

        Args:
            music: a MIDI file with the melody
            style: a name from `styles`
            instruments: names from `styles` of what plays along; what the style has when left out
            track: the melody's track, from 1; the best guess when 0
            first_bar: music before this bar is left out
            last_bar: music after this bar is left out; the last one when 0
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            settings: what else the model is told, such as {"voice_leading": true}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        asked = _asked("restyle", model, seed, takes, settings, style)
        request = _accompaniment(asked, instruments, track, first_bar, last_bar)
        yield from calls.written(pipeline.restyle(calls.uploaded(music), request), self._line)

    @door
    def vary(
        self, music: gr.FileData, amount: float = 0.3, track: int = 0, first_bar: int = 1, last_bar: int = 0,
        model: str = "", seed: int = 0, takes: int = 1, settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Vary a melody, as near to what it is or as far from it as you like; all else stays as it is.

        Args:
            music: a MIDI file with the melody
            amount: 0 leaves the melody as it is, 1 lets go of it
            track: the melody's track, from 1; the best guess when 0
            first_bar: the first bar to vary
            last_bar: the last bar to vary; the last one when 0
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            settings: what else the model is told, such as {"temperature": 0.9}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        request = pipeline.VaryRequest(
            **_asked("vary", model, seed, takes, settings),
            amount=amount,
            melody_track=_index(track),
            **_bars(first_bar, last_bar),
        )
        yield from calls.written(pipeline.vary(calls.uploaded(music), request), self._line)

    @door
    def blend(
        self, music: gr.FileData, other: gr.FileData, steps: int = 5, track: int = 0, other_track: int = 0,
        model: str = "", seed: int = 0, takes: int = 1, settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Lead from one melody to another, step by step, as one piece of music.

        Args:
            music: a MIDI file with the melody to set out from
            other: a MIDI file with the melody to arrive at
            steps: how many steps, 3 to 16, the melodies themselves the first and the last
            track: the first melody's track, from 1; the best guess when 0
            other_track: the other melody's track, from 1; the best guess when 0
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            settings: what else the model is told, such as {"temperature": 0.9}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        request = pipeline.BlendRequest(
            **_asked("blend", model, seed, takes, settings),
            steps=steps,
            melody_track=_index(track),
            other_track=_index(other_track),
        )
        run = pipeline.blend(calls.uploaded(music), calls.uploaded(other, "other"), request)
        yield from calls.written(run, self._line)

    @door
    def resemble(
        self, music: gr.FileData, other: gr.FileData, strength: float = 0.7, track: int = 0, other_track: int = 0,
        first_bar: int = 1, last_bar: int = 0, model: str = "", seed: int = 0, takes: int = 1,
        settings: Settings = None,
    ) -> Iterator[Answer]:  # fmt: skip
        """Give a melody the manner of another one: how many notes, how high, in which leaps, on or off the beat.

        Args:
            music: a MIDI file with the melody
            other: a MIDI file with the example
            strength: 0 leaves the melody as it is, 1 makes it as much like the example as can be
            track: the melody's track, from 1; the best guess when 0
            other_track: the example's track, from 1; the best guess when 0
            first_bar: the first bar to change
            last_bar: the last bar to change; the last one when 0
            model: a name from `models`; the one that can do most when left out
            seed: the number that makes the result repeatable
            takes: how many results, 1 to 8
            settings: what else the model is told, such as {"temperature": 0.9}

        Returns:
            How far it is, at last the takes with their MIDI files.
        """
        request = pipeline.ResembleRequest(
            **_asked("resemble", model, seed, takes, settings),
            strength=strength,
            melody_track=_index(track),
            other_track=_index(other_track),
            **_bars(first_bar, last_bar),
        )
        run = pipeline.resemble(calls.uploaded(music), calls.uploaded(other, "other"), request)
        yield from calls.written(run, self._line)

    @door
    def compare(
        self, music: gr.FileData, bars: int = 8, seed: int = 0, track: int = 0, first_bar: int = 1, last_bar: int = 0
    ) -> Iterator[Answer]:
        """Let every model continue the same music, each at its usual settings.

        Args:
            music: a MIDI file, the seed
            bars: how many bars to write, 1 to 128
            seed: the number that makes the results repeatable
            track: the track that leads, from 1; the best guess when 0
            first_bar: music before this bar is left out
            last_bar: the new music follows this bar; the last one when 0
        Returns:
            How far it is, at last for each model its take with the MIDI file, or why it could not go on.
        """
        request = pipeline.CompareRequest(bars, seed, _index(track), **_bars(first_bar, last_bar))
        yield from calls.compared(pipeline.compare(calls.uploaded(music), request), self._line)


# --- what comes as JSON, as the pipeline takes it, and back -----------------------------------------------------------


def _asked(verb: str, model: str, seed: int, takes: int, settings: Settings, style: str = "") -> dict[str, Any]:
    """What all verbs are asked, as keywords of a request. SettingError for a setting that the model does not have."""
    able = pipeline.models(verb)
    if not able:
        raise SettingError(f"No model in this installation can {verb}.")
    info = next((info for info in able if info.name == (model or able[0].name)), None)
    if info is None:
        raise SettingError(f"No model '{model}' can {verb}; choose one of: {', '.join(i.name for i in able)}.")
    wanted = (settings or {}) | ({"style": style} if style else {})
    offered = [control.name for control in info.controls_of(verb)]
    for name in wanted:
        if name not in offered:
            raise SettingError(f"Model '{info.name}' has no setting '{name}' here; it has {', '.join(offered)}.")
    return {"model": info.name, "seed": seed, "takes": takes, **wanted}


def _accompaniment(
    asked: Mapping[str, Any], instruments: Names, track: int, first_bar: int, last_bar: int
) -> pipeline.AccompanyRequest:
    return pipeline.AccompanyRequest(
        **asked,
        melody_track=_index(track),
        **_bars(first_bar, last_bar),
        instruments=tuple(instruments) if instruments else None,
    )


def _index(track: int) -> int | None:
    return track - 1 if track else None


def _bars(first: int, last: int) -> dict[str, Any]:
    return {"first_bar": first, "last_bar": last or None}


def _model(info: pipeline.ModelInfo) -> Answer:
    settings = {verb: [dataclasses.asdict(control) for control in info.controls_of(verb)] for verb in info.verbs}
    return {"name": info.name, "title": info.title, "help": info.help, "settings": settings, "figures": info.figures}


def _facts(seed: pipeline.Seed) -> Answer:
    found = dataclasses.asdict(seed.facts())
    tracks, melody = found.pop("tracks"), found.pop("melody_track")
    return found | {
        "name": seed.name,
        "title": seed.score.title,
        "seconds": seed.score.seconds_at(seed.score.end),
        "tracks": [{"number": track.pop("index") + 1, **track} for track in tracks],
        "melody_track": None if melody is None else melody + 1,
        "repairs": list(seed.repairs),
        "recipe": seed.recipe,
    }
