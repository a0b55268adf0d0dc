"""The piano roll: a score to see, hear and change in the page, as one Gradio component of its own.

Knows the pipeline's values and Gradio; nothing of the rest of the page, which it can live without:

    from studio import pipeline
    from studio.ui import roll
    from studio.ui.words import Words

    with gr.Blocks() as page:
        shown = roll.component(Words(), "My tune", "tune")
        page.load(lambda: roll.value(score, editable=True), outputs=shown)
        shown.edit(lambda text: roll.read(text, score).score.note_count, shown, number)
    page.launch(head=roll.head([Words()]))

`python -m studio.ui.roll` serves a page with nothing but a piano roll.
"""

from studio.ui.roll.component import component, head
from studio.ui.roll.reading import Edited, Rewrite, piece, read, read_rewrite
from studio.ui.roll.value import MOST_NOTES, MOST_TRACKS, Marked, value

__all__ = [
    "MOST_NOTES",
    "MOST_TRACKS",
    "Edited",
    "Marked",
    "Rewrite",
    "component",
    "head",
    "piece",
    "read",
    "read_rewrite",
    "value",
]
