"""Measures of music and of models."""
