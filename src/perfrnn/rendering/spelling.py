"""Key signatures, and the names of pitches in a key."""

import numpy as np

from perfrnn.events.key_finding import Key, estimate_key
from perfrnn.notes import Notes
from perfrnn.rendering.notation import Pitch

OPENING, REST = 10.0, 0.2
"""A note's weight for the key is REST plus a share that decays with this many seconds.

Pieces begin in their key and leave it later.
"""

LONGEST = 0.5
"""Seconds of a note that count for the key; the pedal makes more."""

COMPRESSION = 0.7
"""Power of the weights of pitch classes: a note that is repeated all the time tells little."""

STEPS = "FCGDAEB"
"""Steps by place on the circle of fifths, F first, C at place 0."""
C_MAJOR = Key(0, "major", 0.0)

NATURAL = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def written_key(notes: Notes) -> Key:
    """Return the key that a piece is written in; C major where nothing points to any."""
    if len(notes) == 0:
        return C_MAJOR
    seconds = np.minimum(notes.end - notes.start, LONGEST)
    decay = np.exp(-(notes.start - notes.start.min()) / OPENING)
    weights = np.bincount(notes.pitch % 12, weights=seconds * (REST + decay), minlength=12)
    return estimate_key(weights**COMPRESSION) or C_MAJOR


def key_signature(key: Key) -> int:
    """Return the number of sharps (above 0) or flats (below): -5 (D flat) to 6 (F sharp)."""
    relative_major = key.tonic if key.mode == "major" else key.tonic + 3
    return (relative_major * 7 + 5) % 12 - 5


def spell(pitch: int, key: Key) -> Pitch:
    """Name a MIDI pitch in a key.

    Among a pitch's names, which lie twelve places apart on the circle of fifths, the one nearest
    to the middle of the key's scale is taken: E flat, B flat, F sharp, C sharp and G sharp in C
    major; in C minor A flat, and D flat rather than C sharp. MusicXML has no octaves below 0, so
    pitches under 12 are written an octave higher, and 12 is never B sharp.
    """
    # Among the circle's places a major scale spans -1 to 5 from its signature's, centre 2; a
    # little more makes room for raised notes, which are commoner than lowered ones. In minor the
    # sixth and seventh degrees are raised. Only minor keys need double sharps: F sharp's raised
    # notes are spelled as if it had a sharp less, D flat's lowered notes likewise.
    fifths = key_signature(key)
    centre = float(np.clip(fifths + 2.5, -2, 7.5)) if key.mode == "major" else fifths + 3.5
    pitch = max(pitch, pitch % 12 + 12)
    place = pitch * 7 % 12
    place += 12 * round((centre - place) / 12)
    if pitch - (place + 1) // 7 < 12:
        place -= 12
    step = STEPS[(place + 1) % 7]
    alter = (place + 1) // 7
    return Pitch(step, alter, (pitch - alter - NATURAL[step]) // 12 - 1)
