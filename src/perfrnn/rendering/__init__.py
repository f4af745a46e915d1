"""From a MIDI file to sound, notation and pictures; never imports TensorFlow."""

VERSION = 1
"""Raise it when a change alters the sound, score or piano roll of the same sample."""
