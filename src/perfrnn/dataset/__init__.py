"""Music as integer events: cut, split, written to records, and read back in batches."""

VERSION = 3
"""Raise it when a change alters the records, split or counts made of the same NoteSequences."""

ENCODING_VERSION = 1
"""Raise it when a change alters the segments made of the same NoteSequences."""

DUPLICATES_VERSION = 1
"""Raise it when a change alters what is found twice in the same NoteSequences."""
