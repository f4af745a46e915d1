"""Scores made into performances: tempo, timing, loudness, articulation and pedal of a pianist."""
