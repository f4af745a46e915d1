"""Readers from source files to NoteSequences."""

VERSION = 2
"""Raise it when a change alters the NoteSequences made of the same files, or the quarantine."""
