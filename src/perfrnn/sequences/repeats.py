"""The order in which a score's measures are played."""

from perfrnn.sequences.score import Measure

MAX_TIMES = 10
"""Most passes through a repeated section; a file that asks for more is taken to be damaged."""


def unfold(measures: list[Measure]) -> list[int]:
    """Return the indices of `measures` in the order in which they are played.

    Repeats are taken with their endings, and so is the first da capo or dal segno. After it,
    repeats are left out, of several endings the last is played, and `tocoda` and `fine` hold.
    """
    order: list[int] = []
    position = section = 0
    passage = 1  # how often the section is now being played
    has_jumped = False
    while position < len(measures):
        measure = measures[position]
        if measure.repeat_begins and position != section:
            section, passage = position, 1
        if _is_played(measures, position, None if has_jumped else passage):
            order.append(position)
            if not has_jumped and passage < _passages(measures, position):
                position = section
                passage += 1
                continue
            target = _jump(measures, position, has_jumped)
            if target is not None:
                position = section = target
                passage = 1
                has_jumped = True
                continue
        position += 1
        if (measure.repeat_times and not measure.endings) or _leaves_endings(
            measures, position - 1
        ):
            section, passage = position, 1
    return order


def _has_endings(measures: list[Measure], position: int) -> bool:
    return position < len(measures) and bool(measures[position].endings)


def _leaves_endings(measures: list[Measure], position: int) -> bool:
    """Return whether a measure is the last one of a repeat's endings."""
    return bool(measures[position].endings) and not _has_endings(measures, position + 1)


def _is_played(measures: list[Measure], position: int, passage: int | None) -> bool:
    """Return whether a measure is played in a passage; None stands for the last passage."""
    endings = measures[position].endings
    if not endings:
        return True
    if passage is not None:
        return passage in endings
    while _has_endings(measures, position) and measures[position].endings == endings:
        position += 1
    return not _has_endings(measures, position)


def _passages(measures: list[Measure], position: int) -> int:
    """Return how often the section that ends with a measure is played; 1 if none ends there."""
    measure = measures[position]
    if not measure.repeat_times:
        return 1
    passages = max([measure.repeat_times, *measure.endings])
    if measure.endings and _has_endings(measures, position + 1):
        passages = max(measure.endings) + 1  # at least one more, with the ending that follows
    return min(passages, MAX_TIMES)


def _jump(measures: list[Measure], position: int, has_jumped: bool) -> int | None:
    """Return where a measure's end leads to, if not to the next measure."""
    marks = measures[position].marks
    if not has_jumped:
        if "dacapo" in marks:
            return 0
        if "dalsegno" in marks:
            return _find(measures, "segno", 0)
        return None
    if "fine" in marks:
        return len(measures)
    if "tocoda" in marks:
        return _find(measures, "coda", position + 1)
    return None


def _find(measures: list[Measure], mark: str, start: int) -> int | None:
    """Return the first measure from `start` on that has a mark."""
    for position in range(start, len(measures)):
        if mark in measures[position].marks:
            return position
    return None
