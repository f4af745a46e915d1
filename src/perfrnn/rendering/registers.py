"""Clefs and octave lines, so that no staff drowns in ledger lines."""

import numpy as np

from perfrnn.rendering.notation import TICKS, Clef, Event, Pitch, Span, Voice
from perfrnn.rendering.paths import cheapest_path

STEPS = "CDEFGAB"

OCTAVES = {Clef.TREBLE: (0, 1, 2), Clef.BASS: (0, -1, -2)}
"""Octave lines that suit a clef."""

LINES = (-2, -1, 0, 1, 2)
"""Octaves that lines may move a staff by."""

FREE_LEDGER_LINES = 2
LEDGER_COST = 1.0  # for each ledger line of a note beyond the free ones
STRANGE_COST = 0.4  # for each note, and each measure, in another clef than the staff's own
LINE_COST = {0: 0.0, 1: 0.6, 2: 2.6}  # for each note, and each span, under a line of octaves
CLEF_CHANGE_COST, LINE_CHANGE_COST = 6.0, 3.0


def choose_clefs(voices: list[Voice], home: Clef) -> list[Clef]:
    """Return the clef of each measure of a staff: few ledger lines and few changes.

    Parameters
    ----------
    voices : the staff's voices, one at least, equally long.
    home : the staff's own clef.
    """
    clefs = list(Clef)
    costs = np.array(
        [
            [_clef_cost(list(measure), clef, home) for clef in clefs]
            for measure in zip(*voices, strict=True)
        ]
    )
    change = CLEF_CHANGE_COST * (1 - np.eye(len(clefs)))
    return [clefs[index] for index in cheapest_path(costs, change)]


def choose_spans(voices: list[Voice], clefs: list[Clef]) -> list[list[Span]]:
    """Return the octave lines of each measure of a staff with the given clefs."""
    onsets, costs = [], []
    for number, (measure, clef) in enumerate(zip(zip(*voices, strict=True), clefs, strict=True)):
        for onset, pitches in _units(list(measure)):
            onsets.append((number, onset))
            costs.append([_line_cost(pitches, clef, octaves) for octaves in LINES])
    change = LINE_CHANGE_COST * (1 - np.eye(len(LINES)))
    spans: list[list[Span]] = [[] for _ in clefs]
    for (number, onset), choice in zip(
        onsets, cheapest_path(np.array(costs), change), strict=True
    ):
        octaves = LINES[choice]
        if not spans[number] or spans[number][-1].octaves != octaves:
            spans[number].append(Span(onset, octaves))
    return spans


def _clef_cost(measure: list[list[Event]], clef: Clef, home: Clef) -> float:
    """Return how hard a measure is to read in a clef, with octave lines where they help."""
    cost = 0.0 if clef is home else STRANGE_COST
    for _, pitches in _units(measure):
        strange = 0.0 if clef is home else STRANGE_COST * len(pitches)
        cost += strange + min(_line_cost(pitches, clef, octaves) for octaves in OCTAVES[clef])
    return cost


def _line_cost(pitches: list[Pitch], clef: Clef, octaves: int) -> float:
    """Return how hard pitches are to read under an octave line, or none."""
    if octaves not in OCTAVES[clef]:
        return np.inf
    cost = LINE_COST[abs(octaves)] * (1 + len(pitches))
    for pitch in pitches:
        place = 7 * (pitch.octave - octaves) + STEPS.index(pitch.step)
        lines = max(0, abs(place - clef.middle) - 4) // 2
        cost += LEDGER_COST * max(0, lines - FREE_LEDGER_LINES)
    return cost


def _units(measure: list[list[Event]]) -> list[tuple[int, list[Pitch]]]:
    """Return onset and pitches of the parts of a measure that no event or triplet goes over.

    Voices that are silent all through the measure do not count.
    """
    singing = [events for events in measure if any(event.heads for event in events)]
    if not singing:
        return [(measure[0][0].onset, [])]
    borders = sorted(set.intersection(*(_borders(voice) for voice in singing)))
    units: list[tuple[int, list[Pitch]]] = [(border, []) for border in borders]
    for event in (event for voice in singing for event in voice):
        unit = units[int(np.searchsorted(borders, event.onset, side="right")) - 1]
        unit[1].extend(head.pitch for head in event.heads)
    return units


def _borders(voice: list[Event]) -> set[int]:
    return {event.onset for event in voice if not (event.is_triplet and event.onset % TICKS)}
