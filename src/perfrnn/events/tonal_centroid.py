"""The six-dimensional tonal space in which close harmonies lie close together."""

import numpy as np


def _basis() -> np.ndarray:
    """Return the basis [12, 6] of Harte, Sandler & Gasser, "Detecting Harmonic Change" (2006).

    Coordinates on the circles of fifths, minor thirds (radius 1) and major thirds (radius 1/2).
    """
    pitch_class = np.arange(12)
    circles = [(1.0, 7 * np.pi / 6), (1.0, 3 * np.pi / 2), (0.5, 2 * np.pi / 3)]
    columns = [
        radius * function(pitch_class * angle)
        for radius, angle in circles
        for function in (np.sin, np.cos)
    ]
    return np.stack(columns, axis=1)


TONAL_CENTROID_BASIS = _basis()
"""Coordinates of each pitch class: float64 [12, 6]; shares of pitch classes times this basis are
a tonal centroid."""
