"""Measures of music and of models."""

VERSION = 1
"""Raise it when a change alters measures, verdicts or overlap of the same samples."""

LIKELIHOOD_VERSION = 2
"""Raise it when a change alters how surprised the same model is at the same music."""

LISTENING_VERSION = 1
"""Raise it when a change alters the excerpts chosen for the listening page, or how they sound."""
