"""Tied notes made one, by where ties start and stop.

Ties are not told by touching times: notes of an arpeggio that are tied into a chord begin one
after the other and are held until it comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfrnn.sequences.score import Measure, ScoreNote

SAME_TIME = 1e-3
"""Quarters within which two times are one."""
_ROUNDING = 0.06
"""Quarters by which rounded tuplets of two voices may overlap."""
_WAITING_MEASURES = 4
"""How long a tie waits for its stop after the measure where its note ends.

In ASAP's scores the MIDI files bear out nearly all ties that wait so long.
"""
_MOST_OPEN = 32
"""Ties of one pitch that are followed at a time; a damaged file may have any number."""


@dataclass(slots=True)
class _OpenTie:
    """A tie that has started and not stopped.

    Attributes
    ----------
    note : the note that it prolongs, as long as it is so far.
    voice : of the note where it started last.
    passage : which of the passages between jumps that note is in.
    expires : quarters from which on nothing can stop it but a note that it touches.
    """

    note: ScoreNote
    voice: tuple[str, str]
    passage: int
    expires: float


def merge_ties(
    notes: Sequence[ScoreNote],
    measures: Sequence[Measure],
    order: Sequence[int],
    starts: np.ndarray,
) -> list[ScoreNote]:
    """Return notes with tied ones made one; a tie that leads nowhere is ignored.

    A tie stops at a note of its pitch and part that says so and begins where the tie's note ends,
    or up to `_WAITING_MEASURES` later, if its voice does not strike the pitch in between.
    Where the order of measures jumps, and from one ending to the next, only what stands at the
    beginning of the measure jumped to stops a tie.

    Parameters
    ----------
    notes : from the beginning of the piece, in the order of their offsets; they are changed.
    measures, order, starts : the written measures, which are played, and where, in quarters.
    """
    jumps = [index for index in range(1, len(order)) if _is_jump(measures, order, index)]
    jump_starts = np.array([starts[index] for index in jumps])
    closed = {starts[index] for index in jumps if order[index] == order[index - 1] + 1}
    offsets = np.array([note.offset for note in notes])
    passages = np.searchsorted(jump_starts, offsets + SAME_TIME, side="right").tolist()
    merged: list[ScoreNote] = []
    open_ties: dict[tuple[str, int], list[_OpenTie]] = {}

    def expiry(note: ScoreNote) -> float:
        last = int(np.searchsorted(starts, note.end - SAME_TIME, side="right")) - 1
        return float(starts[min(last + 1 + _WAITING_MEASURES, len(starts) - 1)])

    for note, passage in zip(notes, passages, strict=True):
        ties = open_ties.setdefault((note.voice[0], note.pitch), [])
        if passage and ties:
            begin = float(jump_starts[passage - 1])
            is_at_jump = abs(note.offset - begin) < SAME_TIME and begin not in closed
            ties[:] = [
                tie
                for tie in ties
                if tie.passage == passage or (is_at_jump and tie.passage == passage - 1)
            ]
        tie = _stopped(ties, note) if note.ties_back else None
        if tie is None:
            ties[:] = [
                one
                for one in ties
                if one.voice != note.voice or one.note.offset > note.offset - SAME_TIME
            ]
            merged.append(note)
        else:
            tie.note.duration = max(tie.note.end, note.end) - tie.note.offset
            ties.remove(tie)
        if note.ties_on:
            held = note if tie is None else tie.note
            ties.append(_OpenTie(held, note.voice, passage, expiry(held)))
            del ties[:-_MOST_OPEN]
    return merged


def _is_jump(measures: Sequence[Measure], order: Sequence[int], index: int) -> bool:
    """Return whether a measure played is not the one that the music before it leads to."""
    before, after = measures[order[index - 1]], measures[order[index]]
    if order[index] != order[index - 1] + 1:
        return True
    return bool(before.endings and after.endings) and not before.endings & after.endings


def _stopped(ties: list[_OpenTie], note: ScoreNote) -> _OpenTie | None:
    """Return the open tie that a note stops: one that it touches, then one of its voice, the last.

    Ties are removed that have expired.
    """
    best: _OpenTie | None = None
    best_rank: tuple[bool, bool] = (False, False)
    for tie in ties:
        gap = note.offset - tie.note.end
        is_own = tie.voice == note.voice
        touches = abs(gap) < SAME_TIME
        is_early = gap < -SAME_TIME and not (is_own or gap > -_ROUNDING)
        is_late = gap > 0 and not touches and note.offset > tie.expires - SAME_TIME
        is_later = tie.note.offset < note.offset - SAME_TIME
        if not is_later or is_early or is_late:
            continue
        rank = touches, is_own
        if best is None or rank >= best_rank:
            best, best_rank = tie, rank
    return best
