"""Colours, type and shapes of the page. System fonts only: nothing is fetched. Text contrast is 4.5 : 1 or more."""

from __future__ import annotations

import gradio as gr
from gradio.themes.base import Base

INK, INK_SOFT, PAPER, CARD, LINE = "#1f1d1a", "#57524a", "#f4f2ed", "#ffffff", "#dcd8cf"
NIGHT_INK, NIGHT_SOFT, NIGHT, NIGHT_CARD, NIGHT_LINE = "#f1eee8", "#b9b3a8", "#161513", "#201e1b", "#3a3731"
# One accent, for what can be done next. White on it 5.5 : 1; by night it is light and carries dark text, 8 : 1.
ACCENT, ACCENT_STRONG, NIGHT_ACCENT, NIGHT_ACCENT_STRONG = "#0f766e", "#115e59", "#5eead4", "#99f6e4"
CHINESE = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC")
STOP, NIGHT_STOP = "#9f1239", "#fda4af"


def theme() -> gr.Theme:
    """The studio's Gradio theme."""
    base = Base(
        primary_hue="teal",
        neutral_hue="stone",
        spacing_size="md",
        radius_size="md",
        font=("system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", *CHINESE, "sans-serif"),
        font_mono=("ui-monospace", "DejaVu Sans Mono", "monospace"),
    )
    return base.set(
        body_background_fill=PAPER,
        body_background_fill_dark=NIGHT,
        body_text_color=INK,
        body_text_color_dark=NIGHT_INK,
        body_text_color_subdued=INK_SOFT,
        body_text_color_subdued_dark=NIGHT_SOFT,
        background_fill_primary=CARD,
        background_fill_primary_dark=NIGHT_CARD,
        background_fill_secondary=PAPER,
        background_fill_secondary_dark=NIGHT,
        border_color_primary=LINE,
        border_color_primary_dark=NIGHT_LINE,
        border_color_accent=ACCENT,
        border_color_accent_dark=NIGHT_ACCENT,
        color_accent=ACCENT,
        block_background_fill=CARD,
        block_background_fill_dark=NIGHT_CARD,
        block_border_width="0px",
        block_padding="0px",
        block_shadow="none",
        block_label_text_color=INK_SOFT,
        block_label_text_color_dark=NIGHT_SOFT,
        block_title_text_color=INK,
        block_title_text_color_dark=NIGHT_INK,
        block_title_text_weight="600",
        block_info_text_color=INK_SOFT,
        block_info_text_color_dark=NIGHT_SOFT,
        input_border_width="1px",
        input_background_fill=CARD,
        input_background_fill_dark=NIGHT,
        input_border_color="#8d867a",  # 3.6 : 1, so that a field is seen to be one
        input_border_color_dark="#7d766b",
        input_border_color_focus=ACCENT,
        input_border_color_focus_dark=NIGHT_ACCENT,
        input_placeholder_color=INK_SOFT,
        input_placeholder_color_dark=NIGHT_SOFT,
        slider_color=ACCENT,
        slider_color_dark=NIGHT_ACCENT,
        checkbox_background_color_selected=ACCENT,
        checkbox_background_color_selected_dark=ACCENT,
        button_primary_background_fill=ACCENT,
        button_primary_background_fill_hover=ACCENT_STRONG,
        button_primary_background_fill_dark=NIGHT_ACCENT,
        button_primary_background_fill_hover_dark=NIGHT_ACCENT_STRONG,
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#0b2b28",
        button_secondary_background_fill=CARD,
        button_secondary_background_fill_hover=PAPER,
        button_secondary_background_fill_dark=NIGHT_CARD,
        button_secondary_background_fill_hover_dark=NIGHT_LINE,
        button_secondary_border_color="#8d867a",
        button_secondary_border_color_dark="#7d766b",
        button_secondary_text_color=INK,
        button_secondary_text_color_dark=NIGHT_INK,
        button_cancel_background_fill=CARD,
        button_cancel_background_fill_hover="#fdf0f3",
        button_cancel_background_fill_dark=NIGHT_CARD,
        button_cancel_background_fill_hover_dark="#3b1820",
        button_cancel_border_color=STOP,
        button_cancel_border_color_dark=NIGHT_STOP,
        button_cancel_text_color=STOP,
        button_cancel_text_color_dark=NIGHT_STOP,
        button_border_width="1px",
    )
