"""A visitor's library on the page: their music and the example tunes, what they like of it, and what to try next."""
