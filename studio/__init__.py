"""An interactive music studio: a melody in, a continuation to hear, see and take away."""
