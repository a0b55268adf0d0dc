"""The page in every language: nothing is missing or left in English, and visitors get the language they want."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from studio import pipeline
from studio.metrics import Key
from studio.pipeline import ensembles, instruments
from studio.ui.arrival import Arrival, preferred
from studio.ui.words import BELOW, FOLDER, Catalogue, Words, languages

STUDIO = Path(__file__).parents[1] / "studio"
OTHERS = [code for code in languages() if code != "en"]
NAMES = """
MIDI WAV FLAC OGG Ogg MP3 MP4 AIFF AVI PNG JPEG GIF WebP PDF SVG XML JSON ZIP zip RAR XMF MEI RIFF gzip tar cookie
LSTM GAN Transformer SoundFont soundfonts checkpoints MuseScore LilyPond MusicXML score-partwise FluidSynth libsndfile
WebM Matroska Humdrum Guitar Pro Windows Debian Ubuntu macOS root MThd ABC Chrome Edge Firefox Alt Ctrl Shift Enter
True False dim aug maj sus dor mix top-k top-p min-p abc midi A-G a-g zh-CN
""".split()
"""Words that are the same in every language."""
NO_WORDS = r"`[^`]*`|\{[^}]*\}|<[^>]*>|[\w./-]*[./_][\w./-]*|(?:apt|brew|pip) install [ \w-]+|python -m "
"""Code, fields, tags, file names and commands."""


def read(path: Path) -> dict[str, str]:
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def fields(text: str) -> list[str]:
    """The names in the braces of a sentence, with their formats."""
    return sorted(f"{name}:{form}" for _, name, form, _ in Formatter().parse(text) if name is not None)


def foreign(text: str, language: str) -> list[str]:
    """English words left in a sentence of another language; names, file names, commands and note names are none."""
    if language != "zh":
        return []
    plain = re.sub(NO_WORDS, " ", text, flags=re.ASCII)
    return [word for word in re.findall(r"[A-Za-z][A-Za-z-]{2,}", plain) if word not in NAMES]


# --- the page's own sentences -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_all_the_sentences_with_the_same_fields_and_no_english(language: str) -> None:
    english, other = read(FOLDER / "en.json"), read(FOLDER / f"{language}.json")
    assert english.keys() - other.keys() == set() and other.keys() - english.keys() == set()
    assert [key for key in english if fields(english[key]) != fields(other[key])] == []
    assert {key: foreign(text, language) for key, text in other.items() if foreign(text, language)} == {}


def test_a_sentence_that_a_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, texts in {"en": {"a.b": "Two", "a.c": "Three"}, "xx": {"a.b": "Zwei"}}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(texts))
    monkeypatch.setattr("studio.ui.words.FOLDER", tmp_path)
    words = Words("xx")
    assert (words("a.b"), words("a.c"), words.language) == ("Zwei", "Three", "xx")


# --- what is said below the page --------------------------------------------------------------------------------------

SILENT = re.compile(
    r"(cli|train|data|plots|representations|metrics)/|(evaluate|ngram|melody)\.py|(.*/)?__main__\.py|ui/(calls|doors|sounds|tools)\.py"
)
"""Parts of the studio that no visitor reads: command lines, doors for programs, pictures to take away."""
FOR_PROGRAMMERS = ("ValueError", "KeyError", "TypeError", "AssertionError", "RuntimeError", "ArgumentTypeError")
NOT_SHOWN = {
    "{} {}",  # chords
    "take {}",  # a key of sounds
    "%%MIDI program {}",  # written into a file
    "The GAN learns in one process, but there are {}: start it without torchrun.",  # told to who trains
    instruments._FAMILIES,  # each of them for itself, see below
}


def sentence(node: ast.expr) -> str | None:
    """A text of the code, `{}` in place of what is filled in."""
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{[^{}]*\}", "{}", node.value)
    return None


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes below, without docstrings, pieces of f-strings and errors for programmers."""
    for child in ast.iter_child_nodes(node):
        docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        error = isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call)
        name = ast.unparse(child.exc.func) if error else ""  # type: ignore[union-attr]
        if docstring or name.endswith(FOR_PROGRAMMERS):
            continue
        yield child
        if not isinstance(child, ast.JoinedStr):
            yield from parts(child)
        else:
            for value in child.values:
                if isinstance(value, ast.FormattedValue):
                    yield from parts(value)


def said_below() -> dict[str, str]:
    """Every text of two words or more that may come up to the page, and where it stands."""
    found = {}
    for path in sorted(STUDIO.rglob("*.py")):
        place = path.relative_to(STUDIO).as_posix()
        if SILENT.match(place):
            continue
        for node in parts(ast.parse(path.read_text(encoding="utf-8"))):
            text = sentence(node) if isinstance(node, ast.expr) else None
            if (
                text
                and re.search(r"\b[a-z]+ [a-z]+\b", text.replace("{}", "x"))
                and not text.startswith("<")
                and text not in NOT_SHOWN
            ):
                found[text] = f"{place}:{node.lineno}"
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_whatever_is_said_below_the_page_has_its_translation(language: str) -> None:
    catalogue = read(BELOW / f"{language}.json")
    assert {text: place for text, place in said_below().items() if text not in catalogue} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_carries_over_all_that_is_filled_in(language: str) -> None:
    catalogue = read(BELOW / f"{language}.json")
    wrong = {
        text: other
        for text, other in catalogue.items()
        if sorted(re.findall(r"\{(\d*)\}", other)) != [str(i) for i in range(text.count("{}"))]
    }
    assert wrong == {}
    assert {other: foreign(other, language) for other in catalogue.values() if foreign(other, language)} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_instruments_drums_and_keys_have_names(language: str) -> None:
    words = Words(language)
    played = [*pipeline.INSTRUMENTS.values(), *(i for e in ensembles.ENSEMBLES.values() for i in e.instruments)]
    keys = [Key(tonic, minor, 1.0).name for tonic in range(12) for minor in (False, True)]
    names = [
        *instruments.NAMES,
        "Drums",
        *pipeline.DRUM_NAMES.values(),
        *(instrument.title for instrument in played),
        *keys,
    ]
    assert [name for name in names if words.told(name) == name] == []


@pytest.mark.parametrize("language", OTHERS)
def test_what_was_mended_in_a_file_is_told_in_the_language(language: str) -> None:
    from studio.midi.repairs import Repair, sentences

    words = Words(language)
    for count in (1, 1234):
        told = sentences(dict.fromkeys(Repair, count))  # type: ignore[arg-type]
        assert [text for text in told if words.told(text) == text] == []
        assert count == 1 or all("1,234" in words.told(text) for text in told if "1,234" in text)


def test_a_catalogue_fills_in_and_translates_what_was_filled_in() -> None:
    say = Catalogue({"No {} in {}.": "{1}:0 {0}", "a horn": "Horn", "No {} in {} at all.": "{1}! {0}"})
    assert say("No a horn in b.") == "b:0 Horn"
    assert say("No a horn in b at all.") == "b! Horn"
    assert say("No {0} in\nb.") == "in\nb:0 {0}".replace("in\n", "", 1) or say("No {0} in\nb.") == "No {0} in\nb."
    assert say("Quite another.") == "Quite another."
    assert say("No {x} in {y}.") == "{y}:0 {x}"  # what visitors write is never a pattern itself


def test_english_is_told_as_it_came() -> None:
    assert Words("en").told("Left out 12 pitch bends.") == "Left out 12 pitch bends."


# --- who gets which page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("de-DE,de;q=0.9,zh-TW;q=0.5,en;q=0.3", "zh"),
        ("fr", "en"),
        ("zh;q=0, fr", "en"),
        ("zh;q=nonsense, \x00", "en"),
    ],
)
def test_browsers_get_the_language_they_like_best(header: str, language: str) -> None:
    assert preferred(header, {"en": "en", "zh": "zh-CN"}, "en") == language


PAGE = "<html><head><title>x</title></head></html>"


def visitor(*, negotiate: bool = True) -> TestClient:
    """Somebody who comes for the first time, to two pages and a service behind `Arrival`."""

    async def page(request: Any) -> HTMLResponse:
        return HTMLResponse(PAGE)

    async def service(request: Any) -> PlainTextResponse:
        return PlainTextResponse("<head>")

    routes = [Route("/", page), Route("/zh", page), Route("/service", service)]
    locales = {"en": "en", "zh": "zh-CN"}
    app = Starlette(routes=routes, middleware=[Middleware(Arrival, locales=locales, negotiate=negotiate)])
    return TestClient(app, follow_redirects=False)


CHINESE = {"accept-language": "zh-CN,zh;q=0.9"}


def test_a_first_visitor_is_led_to_their_language_with_what_they_asked_for() -> None:
    led = visitor().get("/?__theme=dark", headers=CHINESE)
    assert (led.status_code, led.headers["location"]) == (307, "zh?__theme=dark")
    assert visitor().get("/", headers={"accept-language": "fr"}).status_code == 200
    assert visitor(negotiate=False).get("/", headers=CHINESE).status_code == 200


def test_what_a_visitor_has_chosen_goes_first_and_an_address_that_names_a_language_is_kept() -> None:
    assert visitor().get("/", headers=CHINESE | {"cookie": "studio-language=en"}).status_code == 200
    assert visitor().get("/", headers={"cookie": "studio-language=zh"}).headers["location"] == "zh"
    assert visitor().get("/", headers={"cookie": "studio-language=//evil.example"}).status_code == 200
    assert visitor().get("/zh", headers={"cookie": "studio-language=en"}).status_code == 200


def test_a_page_tells_gradio_its_language_and_is_whole() -> None:
    for path, locale in (("/", "en"), ("/zh", "zh-CN")):
        answer = visitor().get(path)
        assert f'"{locale}"' in answer.text and answer.text.endswith("<title>x</title></head></html>")
        assert int(answer.headers["content-length"]) == len(answer.content)
    assert visitor().get("/service").text == "<head>" and "set-cookie" not in visitor().get("/service").headers


def test_a_visitor_gets_a_name_once_that_nobody_can_guess() -> None:
    cookies = [visitor().get("/").headers["set-cookie"] for _ in range(2)]
    form = "studio-visitor=([0-9a-f]{32}); Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly"
    assert all(re.fullmatch(form, cookie) for cookie in cookies) and len(set(cookies)) == 2
    known = {"cookie": f"studio-visitor={'0a' * 16}"}
    assert "set-cookie" not in visitor().get("/", headers=known).headers
    assert "set-cookie" in visitor().get("/", headers={"cookie": "studio-visitor=../../x"}).headers


# --- the page as it is built ------------------------------------------------------------------------------------------


def shown(props: dict[str, Any]) -> Iterator[str]:
    """The texts of a component that visitors read."""
    for name in ("label", "info", "placeholder"):
        if isinstance(props.get(name), str):
            yield props[name]
    for title, _ in props.get("choices") or []:
        yield str(title)
    if props["name"] in ("button", "downloadbutton", "markdown") and isinstance(props.get("value"), str):
        yield props["value"]


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_on_the_page(language: str) -> None:
    from studio import ui

    studio = ui.build()
    config = studio.config
    on_page = set(config["page"][language]["components"])
    own = {title for title, _ in pipeline.examples()} | set(pipeline.soundfonts())
    texts = [t for c in config["components"] if c["id"] in on_page for t in shown(c["props"]) if t not in own]
    assert len(texts) > 100
    assert {text: foreign(text, language) for text in texts if foreign(text, language)} == {}
