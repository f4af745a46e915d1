"""Keys by name, as the pitch-class histograms that condition generation."""

import re

import numpy as np

TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}

PITCH_CLASS_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The usual spelling of each pitch class as a tonic."""

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)
MINOR_SCALE = (0, 2, 3, 5, 7, 8, 10, 11)
"""The natural minor scale and its raised leading note."""

SCALE_WEIGHT = 2.0
TONIC_TRIAD_WEIGHT = 3.0
OTHER_WEIGHT = 0.05
"""Weights of the tonic triad, the rest of the scale and foreign notes.

The triad is favoured, since that tells a key from its relative; a foreign note stays possible now
and then, since music has them.
"""

_NAME = re.compile(r"^\s*([A-Ga-g])\s*([#♯b♭]?)\s*(major|minor|maj|min|m)?\s*$")


def parse_key(name: str) -> tuple[int, str]:
    """Return tonic (0 to 11) and mode (`major` or `minor`) of a key such as `D minor` or `F#`.

    Raises
    ------
    ValueError
        If `name` is no key.
    """
    match = _NAME.match(name)
    if match is None:
        raise ValueError(f"{name!r} is no key; write it like 'C major', 'D minor' or 'F# minor'")
    tonic = (TONICS[match[1].upper()] + ACCIDENTALS[match[2]]) % 12
    return tonic, "minor" if match[3] in ("minor", "min", "m") else "major"


def key_histogram(name: str) -> np.ndarray:
    """Return the pitch-class weights of a key: float64 [12], summing to 1.

    Raises
    ------
    ValueError
        If `name` is no key.
    """
    tonic, mode = parse_key(name)
    scale, triad = (MAJOR_SCALE, (0, 4, 7)) if mode == "major" else (MINOR_SCALE, (0, 3, 7))
    weights = np.full(12, OTHER_WEIGHT)
    weights[list(scale)] = SCALE_WEIGHT
    weights[list(triad)] = TONIC_TRIAD_WEIGHT
    return np.roll(weights / weights.sum(), tonic)
