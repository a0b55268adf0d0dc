"""Training data: collections of MIDI and tune books to prepared folders, and prepared folders to windows.

`corpora` knows the collections, `sources` finds their files, `pieces` reads one of them with the help of `bars`,
`beats`, `upbeats` and `tunes`, `duplicates` finds what is the same music, `prepare` writes the folder, `summary` its
table and `credits` its credits, `windows` reads it.
"""
