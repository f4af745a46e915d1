"""Does a sample do what it was asked to: key and note density."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from perfrnn.evaluation.excerpts import excerpt
from perfrnn.evaluation.tonality import SCALES, best_keys, related
from perfrnn.evaluation.windows import share
from perfrnn.events.key_finding import chroma
from perfrnn.events.keys import PITCH_CLASS_NAMES, parse_key
from perfrnn.generation.settings import key_schedule, schedule, seeds_and_keys
from perfrnn.generation.signals import Schedule
from perfrnn.notes import Notes

MEANINGS = {
    "asked_key_in_scale": "notes in the scale of the key asked for",
    "asked_key_lift": "the same, less the mean over all keys of that mode",
    "asked_key_found": "1 if the estimated key is the one asked for, 0 if not",
    "asked_key_related": "1 if it is that or its relative, parallel, dominant or subdominant",
    "asked_density_ratio": "notes per second, divided by the number asked for",
}
"""What each measure of adherence says; they are pure numbers."""

MODES = ("major", "minor")


def key_name(key: int) -> str:
    """Return the name of a key, 0 (C major) to 23 (B minor)."""
    return f"{PITCH_CLASS_NAMES[key % 12]} {MODES[key // 12]}"


def estimated_key(notes: Notes) -> int | None:
    """Return the key of the whole, 0 (C major) to 23 (B minor); None where there is none."""
    found = best_keys(chroma(notes.start, notes.end, notes.pitch)[None])
    return int(found[0]) if len(found) else None


def adherence(notes: Notes, record: Mapping[str, Any]) -> dict[str, float]:
    """Return the measures of `MEANINGS` that apply to a sample.

    What was asked for may change over time: each span is compared with what was asked for then.

    Parameters
    ----------
    notes : the sample.
    record : its `sample-N.json`; its `number` and `settings` say what was asked for.
    """
    settings = record["settings"]
    measures: dict[str, float] = {}
    _, key = seeds_and_keys(settings)[record["number"] - 1]
    if key is not None:
        measures |= _key_adherence(list(_spans(notes, key_schedule(key))))
    density = schedule(settings.get("notes_per_second"))
    if density:
        spans = _spans(notes, density)
        expected = sum(part.total_time * float(asked) for part, asked in spans)
        measures["asked_density_ratio"] = share(len(notes), expected)
    return measures


def _spans(notes: Notes, pairs: Schedule[Any]) -> Iterator[tuple[Notes, Any]]:
    """Yield the notes of each span of a schedule, and what was asked for in it."""
    ends = [*(begin for begin, _ in pairs[1:]), notes.total_time]
    for (begin, asked), end in zip(pairs, ends, strict=True):
        if begin < notes.total_time:
            yield excerpt(notes, begin, min(end, notes.total_time) - begin), asked


def _key_adherence(spans: Sequence[tuple[Notes, str]]) -> dict[str, float]:
    """Return the measures of keys: shares of all notes, and means over spans."""
    inside = chance = 0.0
    found, near = [], []
    for part, name in spans:
        tonic, mode = parse_key(name)
        asked = 12 * MODES.index(mode) + tonic
        inside += float(SCALES[asked, part.pitch % 12].sum())
        chance += float(SCALES[asked].mean()) * len(part)
        key = estimated_key(part)
        found.append(key == asked)
        near.append(key is not None and bool(related(np.array(key), np.array(asked))))
    count = sum(len(part) for part, _ in spans)
    return {
        "asked_key_in_scale": share(inside, count),
        "asked_key_lift": share(inside - chance, count),
        "asked_key_found": float(np.mean(found)),
        "asked_key_related": float(np.mean(near)),
    }
