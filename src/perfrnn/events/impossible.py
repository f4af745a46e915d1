"""Events that music never has: notes struck while they sound, and ended while they do not.

Encoded music is strict: every NOTE_ON strikes a silent pitch, every NOTE_OFF ends a sounding one
(`perfrnn.events.vocabulary.encode`). A model whose own music breaks this does not know what it is
holding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from perfrnn.events import vocabulary as ev


@dataclass(frozen=True)
class ImpossibleEvents:
    """How many notes were struck and ended, and how many of those could not be."""

    note_ons: int
    note_offs: int
    impossible_note_ons: int
    impossible_note_offs: int

    @property
    def note_on_share(self) -> float:
        """Share of NOTE_ONs that strike a sounding pitch; 0 where there are none."""
        return self.impossible_note_ons / max(1, self.note_ons)

    @property
    def note_off_share(self) -> float:
        """Share of NOTE_OFFs that end a silent pitch; 0 where there are none."""
        return self.impossible_note_offs / max(1, self.note_offs)

    def shares(self) -> dict[str, float]:
        """Return both shares by the names that `metrics.json` gives them."""
        return {
            "impossible_note_ons": self.note_on_share,
            "impossible_note_offs": self.note_off_share,
        }

    def __str__(self) -> str:
        return (
            f"of the notes that it plays by itself {self.note_on_share:.1%} are struck and "
            f"{self.note_off_share:.1%} ended that cannot be"
        )


def impossible_events(sequences: Iterable[np.ndarray]) -> ImpossibleEvents:
    """Count the impossible events of sequences, each of which begins in silence.

    An event is impossible if the one before it of the same pitch was of the same kind; so is a
    NOTE_OFF with none before it.

    Parameters
    ----------
    sequences : integers in 0..387.
    """
    counts = np.zeros(4, np.int64)
    for events in sequences:
        of_notes = np.asarray(events)[np.asarray(events) < ev.TIME_SHIFT]
        by_pitch = of_notes[np.argsort(of_notes % ev.NOTE_OFF, kind="stable")]
        pitch, is_on = by_pitch % ev.NOTE_OFF, ev.is_note_on(by_pitch)
        is_first = np.diff(pitch, prepend=-1) != 0
        was_sounding = np.where(is_first, False, np.roll(is_on, 1))
        counts += [
            is_on.sum(),
            (~is_on).sum(),
            (is_on & was_sounding).sum(),
            (~is_on & ~was_sounding).sum(),
        ]
    return ImpossibleEvents(*counts.tolist())
