"""The page on which models play live in a browser."""

VERSION = 2
"""Raise it when a change, one of a template too, alters the page that the same models give."""
