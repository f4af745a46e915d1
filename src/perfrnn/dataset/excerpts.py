"""Batches of excerpts of performances, and what each is asked to be: for a transformer.

A row is an excerpt of fixed length. One drawn within the first half of a length of its performance
begins with it, and with the event with which generation starts; where a performance is over,
another begins the same way. Each is asked to be what it is found to be, or less; where it is asked
for keys, some of its parts are in others than it was played in (`modulations`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from perfrnn.dataset.batches import Batch
from perfrnn.dataset.modulations import modulated
from perfrnn.dataset.segments import Segments
from perfrnn.events import requests
from perfrnn.events import vocabulary as ev

ASK_NOTHING = 0.2
"""Share of the excerpts that nothing is asked of, besides those where each request was dropped."""

DROP = 0.3
"""Share of the excerpts of which a composer, a key, a density is not asked."""

PLAN_EVENTS = (128, 256, 512, 1024)
"""Events for which the requests of an excerpt hold, drawn for each."""


@dataclass(frozen=True)
class ExcerptBatches:
    """An endless stream of batches; batch `step` is a function of (seed, step) alone.

    Attributes
    ----------
    performances : whole performances, or parts of such that start in silence.
    batch_size, length : rows B, labels T of each.
    composers : row of the composer of each performance in its table, int [S].
    transpose : semitones to draw from; where a draw leaves the MIDI range, the excerpt is read as
        it is.
    """

    performances: Segments
    batch_size: int
    length: int
    composers: np.ndarray
    seed: int
    transpose: tuple[int, ...] = (0,)

    @property
    def steps_per_epoch(self) -> int:
        """Steps that read as many events as there are."""
        return max(1, len(self.performances.events) // (self.batch_size * self.length))

    def __getitem__(self, step: int) -> Batch:
        """Return batch number `step`, counted from 0."""
        rng = np.random.default_rng([self.seed, step])
        rows = [self._row(rng) for _ in range(self.batch_size)]
        stacked = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        labels, mask = stacked.pop("labels"), stacked.pop("mask")
        return Batch(stacked, labels, mask)

    def _row(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        parts: list[dict[str, np.ndarray]] = []
        room = self.length
        while room > 0:
            parts.append(self._excerpt(rng, room, from_start=bool(parts)))
            room -= len(parts[-1]["labels"])
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _excerpt(
        self, rng: np.random.Generator, room: int, from_start: bool
    ) -> dict[str, np.ndarray]:
        """Return at most `room` positions of a performance drawn by its length."""
        bounds = self.performances.offsets
        drawn = int(rng.integers(bounds[-1]))
        index = int(np.searchsorted(bounds, drawn, side="right")) - 1
        music = self.performances[index]
        start = drawn - int(bounds[index]) - self.length // 2
        if from_start or start <= 0:
            start, before = 0, np.zeros(ev.NOTE_OFF, bool)
            events = np.concatenate([[ev.DEFAULT_EVENT], music[:room]])
        else:
            events = music[start : start + room + 1]
            before = requests.held_before(music[:start])
        semitones = int(rng.choice(self.transpose))
        moved = ev.transpose(events, semitones)
        if moved is not None and semitones:
            events = moved
            before = np.roll(before, semitones)
        return _with_requests(events, before, int(self.composers[index]), rng)


def _with_requests(
    events: np.ndarray, before: np.ndarray, composer: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    count = len(events) - 1
    ask_composer, ask_key, ask_density = rng.random(3) >= (
        1.0 if rng.random() < ASK_NOTHING else DROP
    )
    plan = max(1, round(count / int(rng.choice(PLAN_EVENTS))))
    parts = np.array_split(np.arange(count), plan)
    if ask_key:
        events = modulated(events, before, [part + 1 for part in parts], rng)
    key, density = np.zeros(count, np.int32), np.tile(requests.no_density(), (count, 1))
    for part in parts:
        music = events[part + 1]
        if ask_key:
            key[part] = requests.found_key(music)
        if ask_density:
            density[part] = requests.density_weights(requests.found_density(music))
    return {
        "events": events[:-1].astype(np.int32),
        "held": requests.held_pitches(events[:-1], before),
        "composer": np.full(count, composer if ask_composer else requests.NOTHING, np.int32),
        "key": key,
        "density": density,
        "labels": events[1:].astype(np.int32),
        "mask": np.ones(count, np.float32),
    }


def unasked(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield batches of consecutive parts of music as a transformer hears it, asked for nothing.

    Parameters
    ----------
    batches : with the inputs `events` and `fresh`, which marks where a row begins anew
        (`perfrnn.dataset.performance_batches`).
    """
    held: np.ndarray | None = None
    for batch in batches:
        events, fresh = batch.inputs["events"], batch.inputs["fresh"]
        before = np.zeros((len(events), ev.NOTE_OFF), np.uint8) if held is None else held[:, -1]
        before = before * (fresh[:, None] == 0)
        held = np.stack([requests.held_pitches(*row) for row in zip(events, before, strict=True)])
        nothing = np.zeros_like(events)
        density = np.broadcast_to(requests.no_density(), (*events.shape, requests.DENSITIES))
        asked = {"held": held, "composer": nothing, "key": nothing, "density": density}
        yield Batch(batch.inputs | asked, batch.labels, batch.mask)
