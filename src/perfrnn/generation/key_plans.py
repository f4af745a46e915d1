"""Keys over time: a plan that leaves a key for its neighbours and comes back.

Music in one key for a minute is not how people play. Of the performances of ASAP's pieces (one
each, minutes from the beginning and from two random places: 458 in major, 233 in minor) the key of
a 10 s window is the minute's own in 49 % and 48 %; the next in number are, in major, the relative
minor (10 %), dominant (10 %) and subdominant (9 %), in minor, the relative major (9 %), the
submediant, minor dominant and subdominant (7 % each). Their order is not settled enough to copy: a
plan begins and ends at home, and visits three of them.
"""

from __future__ import annotations

from typing import Any

from perfrnn.events.keys import PITCH_CLASS_NAMES, parse_key
from perfrnn.generation.signals import Schedule

WORD = "plan"
"""What asks for a plan: `D minor plan`."""

_SHARES = (0.0, 0.3, 0.45, 0.6, 0.75)
"""Parts of the whole at which each stage of a plan begins: the tonic has 55 %."""

_STAGES = {
    "major": ((0, "major"), (7, "major"), (9, "minor"), (5, "major"), (0, "major")),
    "minor": ((0, "minor"), (3, "major"), (8, "major"), (5, "minor"), (0, "minor")),
}
"""Semitones above the tonic and mode of each stage's key, by the mode of the whole."""


def is_plan(key: Any) -> bool:
    """Return whether an entry of `keys` asks for a plan."""
    return isinstance(key, str) and key.split()[-1:] == [WORD]


def tonic_of(key: str) -> str:
    """Return the key that a plan is in."""
    return key.rsplit(WORD, 1)[0].strip()


def write_out(key: str, seconds: float) -> Schedule[str]:
    """Return a plan's keys and the seconds from which on they hold.

    Parameters
    ----------
    key : such as `D minor plan`.
    seconds : length of the music.

    Raises
    ------
    ValueError
        If it names no key.
    """
    tonic, mode = parse_key(tonic_of(key))
    return [
        (round(share * seconds, 2), f"{PITCH_CLASS_NAMES[(tonic + above) % 12]} {stage_mode}")
        for share, (above, stage_mode) in zip(_SHARES, _STAGES[mode], strict=True)
    ]
