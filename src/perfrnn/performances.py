"""Samples as files: MIDI performances with a record of how each came about."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from perfrnn import controls
from perfrnn import events as ev
from perfrnn.bundle import Bundle, read_bundle
from perfrnn.files import atomic, sha256
from perfrnn.keys import key_histogram
from perfrnn.notes import Notes, to_note_sequence
from perfrnn.sampling import Sample, SampleRequest, generate

log = logging.getLogger(__name__)

TICKS_PER_QUARTER = 500
"""At the default 120 quarters a minute a tick is 1 ms, so steps of 10 ms are exact."""


def write_samples(bundle_file: Path, folder: Path, settings: Mapping[str, Any]) -> None:
    """Generate the samples of one model into `folder`: `sample-N.mid` and `sample-N.json`.

    Parameters
    ----------
    bundle_file : the model.
    settings : `perfrnn.config.sample_parameters`.
    """
    bundle = read_bundle(bundle_file)
    numbers = range(1, settings["count"] + 1)
    described = [_describe(settings, number) for number in numbers]
    samples = generate(bundle.weights, [_request(settings, entry) for entry in described])
    folder.mkdir(parents=True, exist_ok=True)
    digest = sha256(bundle_file)
    for number, entry, sample in zip(numbers, described, samples, strict=True):
        notes = without_overlaps(sample.notes)
        write_midi(folder / f"sample-{number}.mid", notes)
        record = entry | _record(bundle, digest, settings, sample) | {"notes": len(notes)}
        with atomic(folder / f"sample-{number}.json") as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        log.info("sample %d: %d notes, %d events", number, record["notes"], record["events"])


def write_midi(path: Path, notes: Notes) -> None:
    """Write a performance as a MIDI file that lasts `notes.total_time` seconds.

    A pitch struck again while it sounds ends first, since a MIDI channel cannot tell two sounding
    notes of one pitch apart. The pedal is lifted at the end, which gives the file its length even
    when the music ends in silence.
    """
    from note_seq import note_sequence_to_pretty_midi

    sequence = to_note_sequence(without_overlaps(notes))
    sequence.ticks_per_quarter = TICKS_PER_QUARTER
    sequence.tempos.add(qpm=120)
    sequence.control_changes.add(time=notes.total_time, control_number=64, control_value=0)
    with atomic(path) as temporary:
        note_sequence_to_pretty_midi(sequence).write(str(temporary))


def without_overlaps(notes: Notes) -> Notes:
    """Return `notes` by start, each ended where its pitch is next struck; none of no duration."""
    order = np.lexsort((notes.start, notes.pitch))
    start, pitch = notes.start[order], notes.pitch[order]
    next_start = np.append(start[1:], np.inf)
    same_pitch = np.append(pitch[1:] == pitch[:-1], False)
    end = np.where(same_pitch, np.minimum(notes.end[order], next_start), notes.end[order])
    kept = np.flatnonzero(end > start)
    kept = kept[np.lexsort((pitch[kept], start[kept]))]
    return Notes(
        start[kept], end[kept], pitch[kept], notes.velocity[order][kept], notes.total_time
    )


def _describe(settings: Mapping[str, Any], number: int) -> dict[str, Any]:
    keys = settings.get("keys") or [None]
    return {
        "number": number,
        "seed": settings["seed"] + number - 1,
        "key": keys[(number - 1) % len(keys)],
    }


def _request(settings: Mapping[str, Any], entry: Mapping[str, Any]) -> SampleRequest:
    histogram = np.array(controls.DEFAULT_HISTOGRAM)
    if entry["key"] is not None:
        histogram = key_histogram(entry["key"])
    density = settings.get("notes_per_second", controls.DEFAULT_NOTES_PER_SECOND)
    return SampleRequest(
        num_steps=settings["num_steps"],
        seed=entry["seed"],
        temperature=settings["temperature"],
        signals=controls.control_vector(density, histogram),
    )


def _record(
    bundle: Bundle, digest: str, settings: Mapping[str, Any], sample: Sample
) -> dict[str, Any]:
    return {
        "model": bundle.model,
        "model_sha256": digest,
        "settings": dict(settings),
        "num_steps": settings["num_steps"],
        "temperature": settings["temperature"],
        "notes_per_second": settings.get("notes_per_second"),
        "seconds": settings["num_steps"] / ev.STEPS_PER_SECOND,
        "events": len(sample.events),
        "hanging_notes": sample.hanging_notes,
        "cut_notes": sample.cut_notes,
        "forced_shifts": sample.forced_shifts,
        "versions": {name: version(name) for name in ("perfrnn", "numpy", "note-seq")},
    }
