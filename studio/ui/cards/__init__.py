"""Seeds and takes as small pictures with what can be done with each: `cards` side by side, `tree` as a history.

Both are components of the page's own kind, see `studio.ui.widgets`: a constant template, a script, and a value that is
one JSON text. What they show comes from visitors and goes in as data only.
"""
