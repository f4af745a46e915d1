"""Clefs and octave lines, so that no staff drowns in ledger lines."""

import numpy as np

from perfrnn.rendering.notation import Pitch, Register, Voice
from perfrnn.rendering.paths import cheapest_path

STEPS = "CDEFGAB"

MIDDLE_LINE = {"G": 34, "F": 22}
"""Diatonic place of a clef's middle line: B4 and D3, counted from C0."""

FREE_LEDGER_LINES = 2
LEDGER_COST = 1.0  # for each ledger line of a note beyond the free ones
STRANGE_COST = 0.4  # for each note in another clef than the staff's own
LINE_COST = 0.6  # for each note, and each measure, under an octave line
CHANGE_COST = 5.0  # for a change of clef or octave line between measures


def choose_registers(voices: list[Voice], home: Register) -> list[Register]:
    """Return the register of each measure of a staff: few ledger lines and few changes.

    Parameters
    ----------
    voices : the staff's voices, one at least, equally long.
    home : the staff's usual register.
    """
    registers = list(Register)
    costs = np.array(
        [
            [_reading(_pitches(measure), register, home) for register in registers]
            for measure in zip(*voices, strict=True)
        ]
    )
    costs[0] += [0.0 if register is home else CHANGE_COST for register in registers]
    change = CHANGE_COST * (1 - np.eye(len(registers)))
    return [registers[index] for index in cheapest_path(costs, change)]


def _pitches(measure: tuple) -> list[Pitch]:
    return [head.pitch for events in measure for event in events for head in event.heads]


def _reading(pitches: list[Pitch], register: Register, home: Register) -> float:
    """Return how hard a measure's pitches are to read in a register."""
    each, cost = 0.0, 0.0
    if register.octaves:
        each, cost = LINE_COST, LINE_COST
    if register.sign != home.sign:
        each += STRANGE_COST
        cost += STRANGE_COST
    for pitch in pitches:
        place = 7 * (pitch.octave - register.octaves) + STEPS.index(pitch.step)
        lines = max(0, abs(place - MIDDLE_LINE[register.sign]) - 4) // 2
        cost += each + LEDGER_COST * max(0, lines - FREE_LEDGER_LINES)
    return cost
