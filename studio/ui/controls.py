"""What a model lets a user set, as fields of the page. Knows `Control` and the words, no model."""

from __future__ import annotations

from typing import Any

import gradio as gr

from studio.pipeline import Control
from studio.ui.words import Words


def update(control: Control | None, words: Words) -> Any:
    """What turns the control on the page into this one of another model; None hides it."""
    if control is None:
        return gr.update(visible=False)
    new = component(control, words, "")
    keep = ("choices", "minimum", "maximum", "step", "value", "info")
    return gr.update(visible=True, **{name: getattr(new, name) for name in keep if hasattr(new, name)})


def component(control: Control, words: Words, tab: str) -> gr.components.Component:
    """The field of a tab for a model's setting: a list for choices, a box to tick, a line of text, a slider, or
    a number that may be left out.
    """
    elem_id = f"{tab}-{control.name}"
    label = words.get(f"control.{control.name}", control.name)
    info = words.get(f"control.{control.name}.help", control.help)
    if control.choices:
        names = [(words.get(f"control.{control.name}.{choice}", str(choice)), choice) for choice in control.choices]
        if control.default is None:
            names.insert(0, (words.get(f"control.{control.name}.free", "-"), ""))
        return gr.Dropdown(names, value=control.default or "", label=label, info=info, elem_id=elem_id)
    if isinstance(control.default, bool):
        return gr.Checkbox(control.default, label=label, info=info, elem_id=elem_id)
    if isinstance(control.default, str):
        return gr.Textbox(
            control.default, label=label, info=info, elem_id=elem_id, elem_classes=["double"], max_lines=1
        )
    if control.default is None:
        # Gradio's field for numbers shows 0 where there is none.
        free = words.get(f"control.{control.name}.free")
        return gr.Textbox("", label=label, info=info, placeholder=free, elem_id=elem_id, max_lines=1)
    return gr.Slider(
        control.minimum or 0,
        control.maximum if control.maximum is not None else 1,
        value=float(control.default),
        step=control.step,
        label=label,
        info=info,
        elem_id=elem_id,
        buttons=[],
    )


def value(control: Control, shown: Any) -> Any:
    """What a control of the page says, as the model wants it."""
    if control.choices:
        return shown or control.default
    if isinstance(control.default, bool):
        return bool(shown)
    if isinstance(control.default, str):
        return shown or control.default
    if shown is None or shown == "":
        return control.default
    if control.default is None:
        return _number(str(shown).strip())
    return int(shown) if isinstance(control.default, int) else float(shown)


def _number(typed: str) -> float | str | None:
    """What was typed as a number, None for nothing; else as it is, for the pipeline to say what is wrong with it."""
    try:
        return float(typed.replace(",", "."))
    except ValueError:
        return typed or None
