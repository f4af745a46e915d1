"""The page that a person opens."""

VERSION = 4
"""Raise it when a change, one of a template too, alters figures and pages of the same results."""
