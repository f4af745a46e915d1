"""The page on which models play live in a browser."""

VERSION = 1
"""Raise it when a change, one of a template too, alters the page that the same models give."""
