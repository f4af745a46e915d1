"""What the page's controls for requests say to a network, choice by choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfrnn.events.keys import PITCH_CLASS_NAMES

COMPOSER, DENSITY, KEY = "composer", "density", "key"
"""Names of the page's controls for requests."""

KEYS = [f"{name} {mode}" for mode in ("major", "minor") for name in PITCH_CLASS_NAMES]

DENSITIES = range(1, 41)
"""Notes per second that can be asked for."""

NOBODY = NO_KEY = ""
NO_DENSITY = 0
"""The choices that ask for nothing in particular."""


@dataclass(frozen=True)
class Request:
    """A control, and the part of a network's control inputs that it sets.

    Attributes
    ----------
    control : its name.
    inputs : by the control's choices, what the network hears; all of one length.
    """

    control: str
    inputs: Mapping[str | int, list[float]]
