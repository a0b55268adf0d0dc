"""The listening test on the page: the questions that are open with their sounds, and the component that asks them.

The component is of the page's own kind, see `studio.ui.widgets`: a constant template, a script, and a value that is one
JSON text, see `value`.
"""
