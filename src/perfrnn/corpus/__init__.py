"""Where source files come from: one module for each corpus."""

VERSION = 2
"""Raise it when a change alters what is fetched, or the manifest's rows, for the same settings."""
