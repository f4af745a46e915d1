"""How many divisions a quarter has, where a MusicXML part says so, says so late, wrongly or never.

Durations count divisions, so a part cannot be read without them. Three witnesses tell them: what
is declared, what the notes' types say, and what a full measure has to hold.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from perfrnn.sequences.musicxml_attributes import parse_time
from perfrnn.sequences.musicxml_values import Remarks, to_number, written_length

_MAX_DIVISIONS = 1e6
"""Beyond, a duration is damaged."""
_MOST_OFFERS = 16
_MOST_POLLED = 300
_SAME = 1.2
"""Factor within which two witnesses agree; rounded tuplets are off by less."""
_WRONG_TYPES = 4.0
"""Factor from which on types are believed against a declaration, with no measure to decide."""
_WRONG_MEASURES = 8.0
"""Likewise for measures, which may be cadenzas."""


@dataclass(slots=True)
class _Stretch:
    """What a part holds from one declaration of divisions to the next.

    Attributes
    ----------
    declared : divisions of a quarter; None if missing or unusable.
    has_durations : whether anything in it counts divisions.
    polled : notes asked for their type; a few hundred tell as much as all.
    types, measures : what divisions single notes and full measures speak for, and how many.
    """

    declared: float | None = None
    has_durations: bool = False
    polled: int = 0
    types: Counter[float] = field(default_factory=Counter)
    measures: Counter[float] = field(default_factory=Counter)


def find_divisions(
    parts: dict[str, list[Element]], remarks: Remarks
) -> dict[str, list[float] | None]:
    """Return the divisions of a quarter in each part.

    Parameters
    ----------
    parts : the measures of each part.
    remarks : is told what was not taken as declared.

    Returns
    -------
    For each part, the divisions before its first `divisions` element, after it, after the second,
    and so on; None for a part whose durations nothing explains.
    """
    lengths = _measure_lengths(parts)
    stretches = {part: _survey(measures, lengths) for part, measures in parts.items()}
    firsts = [
        next((one.declared for one in those if one.declared), None) for those in stretches.values()
    ]
    elsewhere = list(dict.fromkeys(value for value in firsts if value))[:_MOST_OFFERS]
    return {part: _settle(those, elsewhere, remarks) for part, those in stretches.items()}


def _settle(
    stretches: list[_Stretch], elsewhere: list[float], remarks: Remarks
) -> list[float] | None:
    """Return the divisions of a part's stretches; None if one cannot be told."""
    following: list[float | None] = [None]  # what is declared after each stretch, if anything
    for stretch in reversed(stretches[1:]):
        following.append(stretch.declared or following[-1])
    settled = []
    before: float | None = None
    for stretch, after in zip(stretches, reversed(following), strict=True):
        value: float | None
        if not stretch.has_durations:
            value = stretch.declared or 1.0
        elif stretch.declared:
            value = _checked(stretch, stretch.declared)
            if value != stretch.declared:
                remarks.add(f"divisions of {stretch.declared:g} taken as {value:g}, as notes say")
        else:
            value = _inferred(stretch, [one for one in (after, before) if one] + elsewhere)
            if value is None:
                return None
            remarks.add(f"no divisions where they are needed, taken as {value:g}")
        before = stretch.declared or before
        settled.append(value)
    return settled


def _checked(stretch: _Stretch, declared: float) -> float:
    """Return the divisions of a stretch that declares them: what most witnesses say."""
    by_types, by_measures = _verdict(stretch.types), _verdict(stretch.measures)
    if _agree(declared, by_types) or _agree(declared, by_measures):
        return declared
    if by_types is not None and _agree(by_types, by_measures):
        return by_types
    if by_types is not None and by_measures is None and _ratio(declared, by_types) >= _WRONG_TYPES:
        return by_types
    if by_measures is not None and by_types is None and stretch.measures[by_measures] > 1:
        return by_measures if _ratio(declared, by_measures) >= _WRONG_MEASURES else declared
    return declared


def _inferred(stretch: _Stretch, offers: Sequence[float]) -> float | None:
    """Return the divisions of a stretch that declares none; None if nothing tells them.

    Parameters
    ----------
    offers : what is declared later in the part, earlier, and in others, the likeliest first.
    """
    for witness in (_verdict(stretch.types), _verdict(stretch.measures)):
        if witness is not None:
            return next((offer for offer in offers if _agree(offer, witness)), witness)
    return offers[0] if offers else None


def _verdict(votes: Counter[float]) -> float | None:
    """Return what most votes are for, the largest of equals; None without votes."""
    plausible = [value for value in votes if 0 < value < _MAX_DIVISIONS]
    return max(plausible, key=lambda value: (votes[value], value), default=None)


def _ratio(first: float, second: float) -> float:
    return max(first, second) / min(first, second)


def _agree(first: float, second: float | None) -> bool:
    return second is not None and _ratio(first, second) < _SAME


def _measure_lengths(parts: dict[str, list[Element]]) -> list[float | None]:
    """Return how long each measure is by its time signature, in quarters, if any part has one."""
    lengths: list[float | None] = [None] * max(map(len, parts.values()), default=0)
    for measures in parts.values():
        current: float | None = None
        for index, measure in enumerate(measures):
            for time in measure.iterfind("attributes/time"):
                signature = parse_time(time)
                current = signature.quarters if signature else current
            lengths[index] = lengths[index] or current
    return lengths


def _survey(measures: list[Element], lengths: Sequence[float | None]) -> list[_Stretch]:
    """Return the stretches of a part and what speaks for their divisions."""
    stretches = [_Stretch()]
    for measure, length in zip(measures, lengths, strict=False):
        position = longest = 0.0
        is_whole = True  # no divisions change after a duration
        for child in measure:
            if child.tag == "attributes":
                for declared in child.iterfind("divisions"):
                    value = to_number(declared.text)
                    stretches.append(_Stretch(value if value and 0 < value < math.inf else None))
                    is_whole &= not longest
            elif child.tag in ("note", "backup", "forward"):
                duration = to_number(child.findtext("duration"))
                if not duration or duration < 0:
                    continue
                stretches[-1].has_durations = True
                if child.tag == "backup":
                    position -= duration
                elif child.find("chord") is None:
                    position += duration
                longest = max(longest, position)
                is_pitched = child.tag == "note" and child.find("rest") is None
                if is_pitched and stretches[-1].polled < _MOST_POLLED:
                    stretches[-1].polled += 1
                    written = written_length(child)
                    if written:
                        stretches[-1].types[round(duration / written, 6)] += 1
        if is_whole and longest and length:
            stretches[-1].measures[round(longest / length, 6)] += 1
    return stretches
