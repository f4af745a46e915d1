"""Generation of many samples in a batched pass, each to its exact length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from perfrnn.events import vocabulary as ev
from perfrnn.generation.beam_search import Beam
from perfrnn.generation.contract import Stepper
from perfrnn.generation.drawing import Filters
from perfrnn.generation.guards import hanging_notes
from perfrnn.generation.streams import Finished, SampleRequest, Streams
from perfrnn.notes import Notes

MAX_NOTE_SECONDS = 5.0
"""Longer notes are cut, as in Magenta's generator: the model forgets to release some."""

MAX_PAUSE_SECONDS = 10.0
"""Longest time without a new note; no note sounds in the second half of it."""


@dataclass(frozen=True)
class Sample:
    """One generated performance.

    Attributes
    ----------
    events : int16 [E], primer included; their shifts add up to the requested length.
    notes : closed notes within the length, none longer than the longest allowed.
    hanging_notes : notes the model never ended, which were closed for it.
    cut_notes : notes cut to the longest allowed.
    forced_shifts : times that the stream had stopped passing time and was made to (`Guards`).
    forced_notes : times that the stream had fallen silent and was made to play.
    nats_per_event : mean surprise of the drawn events under the distributions that they were drawn
        from, those included that were left out before the first note or cut off at the end.
    """

    events: np.ndarray
    notes: Notes
    hanging_notes: int
    cut_notes: int
    forced_shifts: int
    forced_notes: int
    nats_per_event: float


def generate(
    stepper: Stepper,
    requests: Sequence[SampleRequest],
    *,
    filters: Filters | None = None,
    beam: Beam | None = None,
    max_note_seconds: float = MAX_NOTE_SECONDS,
    max_pause_seconds: float = MAX_PAUSE_SECONDS,
) -> list[Sample]:
    """Generate all `requests`; return their samples in the same order.

    They are generated in one pass, or in as few as the network has memory for.

    Events are drawn until the length is there, not a guessed number of them as in Magenta.

    Parameters
    ----------
    max_note_seconds : longer notes are cut when the events are decoded.
    max_pause_seconds : after so long without a new note one is forced.

    Raises
    ------
    ValueError
        If a primer is not shorter than its sample, or signals are missing.
    """
    filters, beam = filters or Filters(), beam or Beam()
    count = max(1, stepper.most_streams // beam.streams)
    samples = []
    # Threads inside a product would wait for one another; those of the network do not.
    with threadpool_limits(1, user_api="blas"):
        for start in range(0, len(requests), count):
            part = requests[start : start + count]
            streams = Streams(stepper, part, filters, beam, max_pause_seconds)
            while streams.alive:
                streams.advance()
            samples += [
                _decode(streams.finished[number], max_note_seconds) for number in range(len(part))
            ]
    return samples


def _decode(finished: Finished, max_note_seconds: float) -> Sample:
    whole = ev.decode(finished.events)
    return Sample(
        events=finished.events,
        notes=ev.decode(finished.events, max_note_seconds=max_note_seconds),
        hanging_notes=hanging_notes(finished.events),
        cut_notes=int((whole.end - whole.start > max_note_seconds).sum()),
        forced_shifts=finished.forced_shifts,
        forced_notes=finished.forced_notes,
        nats_per_event=finished.nats_per_event,
    )
