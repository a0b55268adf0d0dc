"""The page's own components. Knows Gradio and the words, nothing of music.

Each component is a constant template with a script beside it; what it shows goes in as data. Gradio runs `${...}` in a
template, and in a plain `gr.HTML` value too, as JavaScript: so no text of a visitor's may ever be part of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr

from studio.ui.words import Words, languages

HERE = Path(__file__).parent


def source(name: str) -> str:
    """The text of a script, style sheet or template of this folder."""
    return (HERE / name).read_text(encoding="utf-8")


def _component(name: str, value: object = None, **props: Any) -> gr.HTML:
    return gr.HTML(
        value,
        html_template=source(f"{name}.html"),
        js_on_load=source(f"{name}.js"),
        apply_default_css=False,
        elem_classes=[f"{name}-component"],
        **props,
    )


def component(template: str, scripts: Sequence[str], elem_id: str, labels: dict[str, str]) -> gr.HTML:
    """A component of its own folder, empty at first: its template, its scripts one after the other, its words."""
    return gr.HTML(
        None,
        html_template=source(template),
        js_on_load="".join(map(source, scripts)),
        apply_default_css=False,
        elem_id=elem_id,
        labels=labels,
    )


def header(words: Words) -> gr.HTML:
    """Name of the page, the other languages, light or dark, and the sentence for a server that is gone."""
    others = {code: Words(code)("app.language") for code in languages() if code != words.language}
    return _component("header", labels=words.group("app"), languages=others, elem_id="header")


def facts(elem_id: str) -> gr.HTML:
    """What was read from a file, in words; its value is described in facts.js."""
    return _component("facts", elem_id=elem_id)


def notice(elem_id: str, value: dict[str, Any] | None = None) -> gr.HTML:
    """One sentence about what goes on or went wrong, at the place where it happens; its values are made below."""
    return _component("notice", value, elem_id=elem_id)


def error(sentence: str) -> dict[str, Any]:
    """Value of a notice: something went wrong."""
    return {"kind": "error", "text": sentence, "done": 0, "total": 0}


def working(sentence: str, done: int = 0, total: int = 0) -> dict[str, Any]:
    """Value of a notice: something goes on, `done` of `total` of it where that is known."""
    return {"kind": "working", "text": sentence, "done": done, "total": total}


def done(sentence: str) -> dict[str, Any]:
    """Value of a notice: something is finished."""
    return {"kind": "done", "text": sentence, "done": 0, "total": 0}


def served(path: Path) -> dict[str, Any]:
    """A file as part of a component's data: Gradio copies it to where it may be fetched and puts its `url` in."""
    data: dict[str, Any] = gr.FileData(path=str(path)).model_dump()
    return data


@contextmanager
def card(number: int, name: str, words: Words) -> Iterator[None]:
    """One of the page's steps, with its heading; what is built inside the block stands in it."""
    with gr.Column(elem_classes=["card"], elem_id=name):
        heading, intro = words(f"{name}.heading"), words(f"{name}.intro")
        gr.Markdown(f"## <span>{number}</span> {heading}\n{intro}", elem_classes=["step"])
        yield


def stand(*, here: bool) -> Any:
    """What lets a column of the class `plain` stand on the page or not.

    Gradio's own `visible` would take its components off the page, and put them back without all of their data.
    """
    return gr.update(elem_classes=["plain"] if here else ["plain", "away"])


def remark(sentence: str) -> None:
    """A sentence of the studio's own that stands on the page for good."""
    gr.Markdown(sentence, elem_classes=["standing-remark"])


def upload_problem() -> gr.HTML:
    """Where page.js says that a file was too large to be sent."""
    return gr.HTML('<p class="upload-problem" role="alert" hidden></p>', apply_default_css=False)
