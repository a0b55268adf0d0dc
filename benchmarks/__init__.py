"""What the studio takes: time, memory, and how its continuations compare with held-out music. One noun per module."""
