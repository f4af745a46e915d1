"""Which notes need a sharp, flat or natural before them."""

from dataclasses import replace

from perfrnn.rendering.notation import Event, Voice
from perfrnn.rendering.spelling import STEPS

SIGNS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
"""MusicXML's names of accidentals, by alteration in semitones."""


def mark_accidentals(voices: list[Voice], fifths: int) -> list[Voice]:
    """Return the voices of a staff with accidentals where a reader needs them.

    An accidental holds to the end of the measure, for its line and for all voices of the staff. A
    note tied to the one before needs none.

    Parameters
    ----------
    fifths : of the key signature, sharps above 0.
    """
    signature = _signature(fifths)
    measures = [_mark_measure(list(measure), signature) for measure in zip(*voices, strict=True)]
    return [list(voice) for voice in zip(*measures, strict=True)]


def _signature(fifths: int) -> dict[str, int]:
    """Return the alteration of each step: F sharp comes first, B flat first."""
    sharps, flats = STEPS[: max(0, fifths)], STEPS[7 + min(0, fifths) :]
    return {step: (step in sharps) - (step in flats) for step in STEPS}


def _mark_measure(measure: list[list[Event]], signature: dict[str, int]) -> list[list[Event]]:
    marked = [list(events) for events in measure]
    order = sorted(
        (event.onset, voice, index)
        for voice, events in enumerate(measure)
        for index, event in enumerate(events)
    )
    alterations: dict[tuple[str, int], int] = {}
    for _, voice, index in order:
        event = marked[voice][index]
        heads = []
        for head in event.heads:
            line = (head.pitch.step, head.pitch.octave)
            if head.tied_from:
                heads.append(head)
                continue
            current = alterations.get(line, signature[head.pitch.step])
            changes = head.pitch.alter != current
            alterations[line] = head.pitch.alter
            heads.append(replace(head, accidental=SIGNS[head.pitch.alter] if changes else ""))
        marked[voice][index] = replace(event, heads=tuple(heads))
    return marked
