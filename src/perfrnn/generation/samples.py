"""Samples as files: MIDI performances with a record of how each came about."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pretty_midi

from perfrnn.errors import SettingError
from perfrnn.events.impossible import impossible_events
from perfrnn.files import atomic, content_sha256, sha256
from perfrnn.generation.models import open_model
from perfrnn.generation.sampler import MAX_NOTE_SECONDS, MAX_PAUSE_SECONDS, Sample, generate
from perfrnn.generation.settings import (
    SampleParameters,
    is_guided,
    key_text,
    make_beam,
    make_filters,
    make_requests,
    problems,
    seeds_and_keys,
    with_defaults,
)
from perfrnn.notes import Notes

log = logging.getLogger(__name__)

TICKS_PER_QUARTER = 500
"""At the default 120 quarters a minute a tick is 1 ms, so steps of 10 ms are exact."""


@dataclass(frozen=True)
class Choice:
    """One of several candidates.

    Attributes
    ----------
    candidate : its place, from 0.
    reasons : what it was chosen by, for its record.
    """

    candidate: int
    reasons: Mapping[str, Any]


class Chooser(Protocol):
    """Chooses the best of the candidates for a sample."""

    def __call__(self, candidates: Sequence[Notes], record: Mapping[str, Any]) -> Choice:
        """Choose one.

        Parameters
        ----------
        candidates : one or more performances.
        record : `number` and `settings` of the sample.
        """


def write_samples(
    model_file: Path,
    files: Sequence[Path],
    settings: SampleParameters,
    *,
    dataset: Path | None = None,
    choose: Chooser | None = None,
) -> None:
    """Generate the samples of one model: MIDI files, and records of the same names in JSON.

    Nothing is written before all samples are complete.

    Parameters
    ----------
    model_file : the model, see `perfrnn.generation.models.open_model`.
    files : the MIDI files to write, `settings["count"]` of them.
    dataset : the records that the model was trained on, if known; the samples' records name the
        digest of their content.
    choose : needed for settings with `candidates`.

    Raises
    ------
    SettingError
        If a setting does not fit the model.
    BundleError
        If the model cannot be read or generated from.
    """
    model = open_model(model_file)
    for setting, problem in problems(settings, model.abilities):
        raise SettingError(setting, problem)
    settings = with_defaults(settings, model.abilities)
    requests = make_requests(settings, model)
    samples = generate(
        model.stepper(settings["guidance"] if is_guided(settings) else 1.0),
        requests,
        filters=make_filters(settings),
        beam=make_beam(settings),
        max_note_seconds=settings.get("max_note_seconds", MAX_NOTE_SECONDS),
        max_pause_seconds=settings.get("max_pause_seconds", MAX_PAUSE_SECONDS),
    )
    primer = (settings.get("primer") or {}).get("midi")
    origin = {
        "model": model.name,
        "model_sha256": sha256(model_file),
        "dataset_sha256": content_sha256(dataset) if dataset else None,
        "primer_sha256": sha256(primer) if primer else None,
    }
    count = len(files)
    chosen = seeds_and_keys(settings)
    for number, (path, (_, key)) in enumerate(zip(files, chosen, strict=True), 1):
        offered = samples[number - 1 :: count]
        choice = _choose(choose, offered, {"number": number, "settings": dict(settings)})
        seed = requests[number - 1 + choice.candidate * count].seed
        asked = {"number": number, "seed": seed, "key": None if key is None else key_text(key)}
        sample = offered[choice.candidate]
        record = asked | origin | _record(settings, sample)
        if choice.reasons:
            record["chosen"] = {"candidate": choice.candidate + 1, **choice.reasons}
        _write_sample(path, sample, record)


def _write_sample(path: Path, sample: Sample, record: Mapping[str, Any]) -> None:
    notes = without_overlaps(sample.notes)
    write_midi(path, notes)
    with atomic(path.with_suffix(".json")) as temporary:
        content = json.dumps({**record, "notes": len(notes)}, indent=2)
        temporary.write_text(content + "\n", encoding="utf-8")
    log.info("%s: %d notes, %d events", path, len(notes), len(sample.events))


def _choose(
    choose: Chooser | None, samples: Sequence[Sample], record: Mapping[str, Any]
) -> Choice:
    """Return the choice among the candidates for a sample; of one there is none to be made."""
    if len(samples) == 1:
        return Choice(0, {})
    if choose is None:
        raise ValueError("candidates need somebody to choose between them")
    return choose([without_overlaps(sample.notes) for sample in samples], record)


def write_midi(path: Path, notes: Notes) -> None:
    """Write a performance as a MIDI file that lasts `notes.total_time` seconds.

    A pitch struck again while it sounds ends first, since a MIDI channel cannot tell two sounding
    notes of one pitch apart. The pedal is lifted at the end, which gives the file its length even
    when the music ends in silence.
    """
    heard = without_overlaps(notes)
    piano = pretty_midi.Instrument(program=0)
    columns = (heard.velocity, heard.pitch, heard.start, heard.end)
    piano.notes = list(map(pretty_midi.Note, *(column.tolist() for column in columns)))
    piano.control_changes.append(pretty_midi.ControlChange(64, 0, notes.total_time))
    midi = pretty_midi.PrettyMIDI(resolution=TICKS_PER_QUARTER, initial_tempo=120)
    midi.instruments.append(piano)
    with atomic(path) as temporary:
        midi.write(str(temporary))


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


def _record(settings: SampleParameters, sample: Sample) -> dict[str, Any]:
    density = settings.get("notes_per_second")
    impossible = impossible_events([sample.events])
    return {
        "settings": dict(settings),
        "num_steps": settings["num_steps"],
        "temperature": settings["temperature"],
        "notes_per_second": None if isinstance(density, list) else density,
        "seconds": sample.notes.total_time,
        "events": len(sample.events),
        "nats_per_event": round(sample.nats_per_event, 3),
        "hanging_notes": sample.hanging_notes,
        "cut_notes": sample.cut_notes,
        "impossible_note_ons": impossible.impossible_note_ons,
        "impossible_note_offs": impossible.impossible_note_offs,
        "forced_shifts": sample.forced_shifts,
        "forced_notes": sample.forced_notes,
        "versions": {name: version(name) for name in ("perfrnn", "numpy", "pretty_midi")},
    }
