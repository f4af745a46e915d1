"""Measures of music and of models."""

VERSION = 1
"""Raise it when a change alters the measures or verdicts of the same samples."""

LIKELIHOOD_VERSION = 1
"""Raise it when a change alters how surprised the same model is at the same music."""

OVERLAP_VERSION = 1
"""Raise it when a change alters how alike the same samples and held-out music are said to be."""

LISTENING_VERSION = 1
"""Raise it when a change alters the excerpts chosen for the listening page, or how they sound."""
