"""Where a file comes from: the signed record that goes into every file that is saved, and reading it again.

The record says which studio, by which recipe, with which weights, learned from what under which licences; of the person
who saved it, nothing.

    record    1, the version of this list
    studio    version of the program
    kind      "take", "seed", "project", or "score" for notes that came without their story
    recipe    how to make it again, see `Take.recipe`; null for what no model wrote
    models    [{name, sha256 of its weights, manifest, data: [{name, licence}]}] of each model that wrote in it, null
              for a score; manifest: sha256 of the list of its training pieces; null where not recorded, and data too
    seed      sha256 of the file that it was made from, or that it was read from; "" where there was none
    created   the day, UTC
    content   sha256 of what the record vouches for, see the formats in `studio.export`
    key       the public key of the studio that signed, Ed25519, base64
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from studio import checkpoints, export, provenance
from studio.errors import ProvenanceError, StudioError
from studio.export import archive
from studio.export.carrier import Carrier
from studio.pipeline import catalogue
from studio.pipeline.takes import version

Kind = Literal["take", "seed", "project", "score"]
State = Literal["own", "other", "changed", "forged", "unsigned"]
RECORD = 1
_SHORT = 12  # digits of a hash that is told in a sentence
_LONGEST = 60  # letters of a name that a stranger's record gives


@dataclass(frozen=True)
class Origin:
    """What a file says of where it comes from, and whether that can be relied on.

    `state`: signed by this studio and unchanged ("own"), by another and unchanged ("other"), "changed" since it was
    signed, with a record that does not fit its signature ("forged"), or without one ("unsigned"). `record`: see above,
    empty without one; what it holds may be a stranger's. `key`: 16 hex digits by which the studio that signed is known.
    """

    state: State
    record: Mapping[str, Any]
    key: str = ""

    @property
    def unchanged(self) -> bool:
        """Whether the file is as it was when a studio signed it."""
        return self.state in ("own", "other")

    @property
    def recipe(self) -> Mapping[str, Any] | None:
        """How to make it again, if a model wrote in it."""
        recipe = self.record.get("recipe")
        return recipe if isinstance(recipe, Mapping) else None

    @property
    def models(self) -> list[dict[str, Any]]:
        """The models that wrote in it, each with `name` and `sha256`; `manifest` and `data` where they are known."""
        found = self.record.get("models")
        return [
            {**model, "name": _plain(model.get("name")), "sha256": _plain(model.get("sha256"), 64)}
            for model in (found if isinstance(found, list) else [])
            if isinstance(model, Mapping)
        ]

    @property
    def sentence(self) -> str:
        """The same in one sentence; "" where nothing is known."""
        names = ", ".join(model["name"] for model in self.models)
        weights = ", ".join(model["sha256"][:_SHORT] for model in self.models)
        made = f"made with the model {names}, weights {weights}" if names else "no model wrote it"
        if self.record.get("models") is None:
            made = "what made it was not recorded"
        return {
            "own": f"Signed by this studio and unchanged since: {made}.",
            "other": f"Signed by another studio, {self.key}, and unchanged since: {made}.",
            "changed": f"Changed since a studio signed it; its record says: {made}.",
            "forged": "Its record of where it comes from is damaged or forged: do not rely on it.",
            "unsigned": "",
        }[self.state]


def _plain(text: object, longest: int = _LONGEST) -> str:
    """A short text on one line, whoever wrote it."""
    return "".join(letter for letter in str(text or "") if letter.isprintable())[:longest]


def verify(path: str | Path) -> Origin:
    """What a file says of its origin. StudioError: it cannot be read, or is of a kind that the studio never writes."""
    path = Path(path)
    carrier = _carrier(path)
    text, content = carrier.text(path), carrier.content(path)
    if text is None:
        return Origin("unsigned", {})
    signed = provenance.read(text)
    if signed is None or not signed.genuine:
        return Origin("forged", signed.record if signed else {}, signed.key_id if signed else "")
    if signed.record.get("content") != content:
        return Origin("changed", signed.record, signed.key_id)
    return Origin("own" if signed.own else "other", signed.record, signed.key_id)


def told(path: Path) -> str:
    """A file's origin in one sentence; "" where nothing is known of it, or it cannot be read."""
    try:
        # Most files have no record: those are not read a second time.
        return verify(path).sentence if _carrier(path).text(path) is not None else ""
    except StudioError:
        return ""


def _carrier(path: Path) -> Carrier:
    known = {suffix: offered.carrier for offered in export.FORMATS for suffix in offered.suffixes}
    carrier = known.get(path.suffix.lower())
    if carrier is None:
        raise ProvenanceError(f"'{path.name}' is of a kind that the studio never writes; it writes {', '.join(known)}.")
    return carrier


# --- signing ---------------------------------------------------------------------------------------------------------


def voucher(kind: Kind, recipe: Mapping[str, Any] | None, seed: str = "") -> Callable[[str], str]:
    """What makes the text of a signed record, given the hash of a file's content."""
    recipes = [recipe] if recipe else []

    def vouch(content: str) -> str:
        return provenance.sign(_facts(kind, recipes, seed) | {"recipe": recipe, "content": content})

    return vouch


def of_project(sums: Mapping[str, str], recipes: Iterable[Mapping[str, Any]], created: datetime) -> tuple[str, str]:
    """(name, text) of the record of an archive, given the SHA-256 of each file in it and the recipes of its pieces."""
    facts = _facts("project", recipes, "") | {"recipe": None, "content": archive.content_of(sums)}
    return archive.RECORD, provenance.sign(facts | {"created": _day(created)})


def _facts(kind: Kind, recipes: Iterable[Mapping[str, Any]], seed: str) -> dict[str, Any]:
    used = {(_plain(recipe.get("model")), _plain(recipe.get("checkpoint"), 64)) for recipe in recipes if recipe}
    cards = {card.sha256: card for card in checkpoints.cards(catalogue.CHECKPOINTS)} if used else {}
    return {
        "record": RECORD,
        "studio": version(),
        "kind": kind,
        "models": [_model(*told, cards.get(told[1])) for told in sorted(used)] if kind != "score" else None,
        "seed": seed,
        "created": _day(datetime.now(UTC)),
    }


def _day(moment: datetime) -> str:
    # No time of day: the same music asked for twice gives the same file, and nothing is told of when somebody was up.
    return moment.astimezone(UTC).date().isoformat()


def _model(name: str, sha256: str, card: checkpoints.Card | None) -> dict[str, Any]:
    facts: Mapping[str, Any] = card.facts if card else {}
    sources = facts.get("data")
    data = None
    if isinstance(sources, list):
        named = dict.fromkeys((str(source.get("collection")), str(source.get("licence"))) for source in sources)
        data = [{"name": name, "licence": licence} for name, licence in named]
    return {"name": name, "sha256": sha256, "manifest": facts.get("manifest"), "data": data}
