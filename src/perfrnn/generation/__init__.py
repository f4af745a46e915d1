"""Generation: music drawn from a model, event by event, by settings that guide and bound it."""

VERSION = 4
"""Raise it when a change alters the samples that the same model and settings give."""
