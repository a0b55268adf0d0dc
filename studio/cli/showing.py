"""The commands that show what there is: read, models."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from studio import pipeline
from studio.cli.command import Command, remark


def _declare_read(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="IN.mid", help="a MIDI file")
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _read(args: argparse.Namespace) -> None:
    seed = pipeline.read(args.source)
    if args.json:
        known = {"title": seed.score.title, **asdict(seed.facts())}
        known |= {"repairs": seed.repairs, "sha256": seed.sha256, "recipe": seed.recipe}
        print(json.dumps(known, indent=1))
        return
    facts = seed.facts()
    rows = [
        ("title", seed.score.title or seed.name),
        ("key", f"{facts.key} (estimated)" if facts.key else "none: nothing is pitched"),
        ("tempo", _tempo(facts)),
        ("metre", _metre(facts)),
        ("bars", f"{facts.bars}, {facts.notes:,} notes"),
        *((f"track {track.index + 1}", _track(track, facts)) for track in facts.tracks),
        *(("repaired", repair) for repair in seed.repairs),
    ]
    if seed.recipe is not None:
        rows.append(("made by", f"{seed.recipe.get('model')}, {json.dumps(seed.recipe)}"))
    width = max(len(label) for label, _ in rows)
    print("\n".join(f"{label:<{width}}  {text}" for label, text in rows))


def _tempo(facts: pipeline.Facts) -> str:
    slowest, fastest = facts.qpm_range
    changes = "" if slowest == fastest else f", between {slowest:.0f} and {fastest:.0f}"
    return f"{facts.qpm:.0f} quarter notes a minute{changes}"


def _metre(facts: pipeline.Facts) -> str:
    changes = [f"{metre} from bar {bar}" for bar, metre in facts.metre_changes]
    shown = [*changes[:4], f"{len(changes) - 4} changes more"] if len(changes) > 5 else changes
    return ", ".join([facts.metre + (" with a pickup" if facts.pickup else ""), *shown])


def _track(track: pipeline.TrackFact, facts: pipeline.Facts) -> str:
    words = [track.instrument, f"{track.notes:,} notes"]
    if track.name:
        words.insert(0, track.name)
    if track.polyphony > 1.05:
        words.append(f"{track.polyphony:.1f} at a time")
    if track.index == facts.melody_track:
        words.append("the melody, probably")
    return ", ".join(words)


def _declare_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")


def _models(args: argparse.Namespace) -> None:
    offered = pipeline.models()
    if args.json:
        print(json.dumps([asdict(model) for model in offered], indent=1))
        return
    if not offered:
        remark("The checkpoints folder holds no model: train one with python -m studio.train.")
    for model in offered:
        print(f"{model.name}: {model.title}\n  {model.help}\n  can: {', '.join(model.verbs)}")
        for figure in figures(model):
            print(f"  {figure}")


def figures(model: pipeline.ModelInfo) -> list[str]:
    """Its held-out figures as they are printed."""
    return [
        f"{name.replace('_', ' ')}: {f'{value:.4g}' if isinstance(value, float) else value}"
        for name, value in model.figures.items()
    ]


COMMANDS = (
    Command("read", "Say what a MIDI file holds.", _declare_read, _read),
    Command("models", "List the models, what they can do and their held-out figures.", _declare_models, _models),
)
