"""Keys and the names of pitches in them."""

import numpy as np

from perfrnn.rendering.notation import Pitch

MAJOR_PROFILE = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR_PROFILE = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
"""How well each degree fits its key (Krumhansl and Kessler 1982)."""

STEPS = "FCGDAEB"
"""Steps in the order of the circle of fifths, F at place -1."""
NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def estimate_fifths(pitch: np.ndarray, weight: np.ndarray) -> tuple[int, str]:
    """Return the key signature (sharps above 0, flats below) and mode of a piece.

    Krumhansl and Schmuckler's method: the key whose profile correlates best with how long each
    pitch class sounds. Silence is C major.
    """
    histogram = np.bincount(pitch % 12, weights=weight, minlength=12)
    if np.ptp(histogram) == 0:
        return 0, "major"
    scores = {
        (tonic, mode): np.corrcoef(np.roll(profile, tonic), histogram)[0, 1]
        for mode, profile in (("major", MAJOR_PROFILE), ("minor", MINOR_PROFILE))
        for tonic in range(12)
    }
    tonic, mode = max(scores, key=lambda key: scores[key])
    relative_major = tonic if mode == "major" else tonic + 3
    return (relative_major * 7 + 5) % 12 - 5, mode


def spell(pitch: int, fifths: int, mode: str) -> Pitch:
    """Name a MIDI pitch by its place on the circle of fifths nearest to the key's centre."""
    centre = fifths + (2 if mode == "major" else 4)
    place = pitch * 7 % 12
    place += 12 * round((centre - place) / 12)
    step = STEPS[(place + 1) % 7]
    alter = (place + 1) // 7
    return Pitch(step, alter, (pitch - alter - NATURAL[step]) // 12 - 1)
