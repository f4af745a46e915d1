"""Readers from source files to NoteSequences."""
