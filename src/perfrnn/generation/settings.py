"""Sample settings, as the config and the command line give them: checked, and turned to requests.

What a setting means is in `config/README.md`. A value that changes over time is a list of pairs
`[seconds, value]`; a single value is short for one pair from 0 s on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from perfrnn.errors import PerfRNNError
from perfrnn.events import vocabulary as ev
from perfrnn.events.keys import drawn_key, parse_key
from perfrnn.generation.beam_search import Beam
from perfrnn.generation.conditions import REQUESTS, Abilities, Conditions
from perfrnn.generation.drawing import Filters
from perfrnn.generation.key_bias import key_bias
from perfrnn.generation.key_plans import is_plan, tonic_of, write_out
from perfrnn.generation.models import Model
from perfrnn.generation.primers import chord_primer, melody_primer, midi_primer
from perfrnn.generation.signals import Schedule, Signals
from perfrnn.generation.streams import SampleRequest
from perfrnn.network.layouts import CONDITIONED_MODEL
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL

Settings = Mapping[str, Any]
"""Sample settings as a user gives them, perhaps not all."""


class SampleParameters(TypedDict):
    """Everything that the samples of one model depend on, besides its weights.

    Keys and units are those of `samples` in `config/README.md`; a key that may be absent is absent
    where it would change nothing.
    """

    count: int
    num_steps: int
    seed: int
    temperature: float
    beam: NotRequired[dict[str, int]]
    candidates: NotRequired[int]
    composer: NotRequired[str]
    conditions: NotRequired[bool]
    guidance: NotRequired[float]
    key_strength: NotRequired[float]
    keys: NotRequired[list[Any]]
    max_note_seconds: NotRequired[float]
    max_pause_seconds: NotRequired[float]
    min_p: NotRequired[float]
    notes_per_second: NotRequired[Any]
    pitch_class_histogram: NotRequired[Any]
    primer: NotRequired[dict[str, Any]]
    top_k: NotRequired[int]
    top_p: NotRequired[float]


CONDITIONS = {
    "keys": CONDITIONED_MODEL,
    "pitch_class_histogram": CONDITIONED_MODEL,
    "notes_per_second": CONDITIONED_MODEL,
    "conditions": "optional_" + CONDITIONED_MODEL,
    "composer": TRANSFORMER_MODEL,
    "guidance": TRANSFORMER_MODEL,
}
"""Settings that not every model has an input for, and a model that has."""

PRIMERS = ("pitches", "melody", "midi")


def merge(common: Settings, own: Settings, abilities: Abilities) -> dict[str, Any]:
    """Return the settings of one model: its own before the common ones, without inert ones.

    Keys and a pitch-class histogram say the same thing, so the one replaces the other.
    """
    merged = dict(common) | dict(own)
    if own.get("keys"):
        merged.pop("pitch_class_histogram", None)
    if own.get("pitch_class_histogram"):
        merged.pop("keys", None)
    for name in CONDITIONS.keys() - abilities.settings:
        if not (name == "keys" and merged.get("key_strength")):
            merged.pop(name, None)
    if not merged.get("keys"):
        merged.pop("key_strength", None)
    if not is_guided(merged):
        merged.pop("guidance", None)
    if merged.get("candidates") == 1:
        merged.pop("candidates")
    return {name: value for name, value in merged.items() if value is not None}


def is_guided(settings: Settings) -> bool:
    """Return whether something is asked for, and it is said how much it counts."""
    return _is_asked(settings) and settings.get("guidance") is not None


def _is_asked(settings: Settings) -> bool:
    return any(settings.get(name) not in (None, []) for name in REQUESTS)


def with_defaults(settings: SampleParameters, abilities: Abilities) -> SampleParameters:
    """Return settings that also say what a conditioned model is asked for where nothing is asked.

    Magenta asks for all pitch classes alike and 15 notes a second, and its models hardly heed it.
    One that does would play chromatic music in a hurry: it gets a key, drawn by the sample's seed,
    and the density of its training music. A key that was asked for is helped by a bias; whatever
    a transformer is asked for, by guidance.
    """
    merged = settings.copy()
    if not settings.get("conditions", True):
        return merged
    if abilities.notes_per_second is not None:
        merged.setdefault("notes_per_second", abilities.notes_per_second)
    if abilities.guidance is not None and _is_asked(merged):
        merged.setdefault("guidance", abilities.guidance)
    if abilities.needs_key and merged.get("keys"):
        merged.setdefault("key_strength", abilities.key_strength)
    elif abilities.needs_key and "pitch_class_histogram" not in merged:
        seeds = range(merged["seed"], merged["seed"] + merged["count"])
        merged["keys"] = [drawn_key(seed) for seed in seeds]
    return merged


def problems(settings: Settings, abilities: Abilities | None = None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with settings of the right types: the setting, and one line about it.

    Parameters
    ----------
    abilities : of the model; None if the settings are meant for several.
    """
    for key in settings.get("keys") or []:
        pairs = key_schedule(tonic_of(key) if is_plan(key) else key)
        yield from _schedule_problems("keys", pairs)
        for _, name in pairs:
            try:
                parse_key(name)
            except ValueError as error:
                yield "keys", str(error)
    for name in ("notes_per_second", "pitch_class_histogram"):
        yield from _schedule_problems(name, schedule(settings.get(name)))
    yield from _primer_problems(settings.get("primer"))
    if settings.get("keys") and settings.get("pitch_class_histogram"):
        yield "pitch_class_histogram", "says what `keys` says; leave one of them out"
    if abilities is not None:
        yield from _condition_problems(settings, abilities)


def _condition_problems(settings: Settings, abilities: Abilities) -> Iterator[tuple[str, str]]:
    for name, model in CONDITIONS.items():
        if name == "keys" and settings.get("key_strength"):
            continue
        if settings.get(name) not in (None, []) and name not in abilities.settings:
            mend = "set `key_strength`, or take" if name == "keys" else "leave it out, or take"
            yield name, f"this model has no input for it; {mend} {model}"


def _primer_problems(primer: Settings | None) -> Iterator[tuple[str, str]]:
    if primer is None:
        return
    given = [name for name in PRIMERS if name in primer]
    if len(given) != 1:
        yield "primer", f"give one of {', '.join(PRIMERS)}"
    elif given == ["midi"] and not Path(primer["midi"]).is_file():
        yield "primer.midi", f"there is no file {primer['midi']}; give a MIDI file"


def _schedule_problems(name: str, pairs: Schedule | None) -> Iterator[tuple[str, str]]:
    times = [seconds for seconds, _ in pairs or [(0, None)]]
    if times[0] != 0 or any(a >= b for a, b in itertools.pairwise(times)):
        yield name, "the times of a schedule must start at 0 and ascend, in seconds"


def schedule(value: Any) -> Schedule | None:
    """Return pairs for a value or pairs; None for None."""
    if value is None:
        return None
    if isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple):
        return [(seconds, held) for seconds, held in value]
    return [(0, value)]


def key_schedule(key: Any) -> Schedule[str]:
    """Return the pairs of one entry of `keys`."""
    return schedule(key) or []


def key_text(key: Any) -> str:
    """Return an entry of `keys` in words: `C major, A minor from 30 s`."""
    first, *others = key_schedule(key)
    return ", ".join([first[1], *(f"{name} from {seconds:g} s" for seconds, name in others)])


def seeds_and_keys(settings: SampleParameters) -> list[tuple[int, Any]]:
    """Return seed and entry of `keys` for every sample: seeds count up, keys take turns.

    Plans are written out.
    """
    keys = [_written_out(key, settings) for key in settings.get("keys") or [None]]
    return [
        (settings["seed"] + number, keys[number % len(keys)])
        for number in range(settings["count"])
    ]


def _written_out(key: Any, settings: SampleParameters) -> Any:
    """Return an entry of `keys`, a plan as the schedule that it is for samples of this length."""
    return write_out(key, settings["num_steps"] / ev.STEPS_PER_SECOND) if is_plan(key) else key


def make_requests(settings: SampleParameters, model: Model) -> list[SampleRequest]:
    """Return what `perfrnn.generation.sampler.generate` shall make of the settings.

    A request for each sample; with candidates, first one for each, then the second, and so on.

    Raises
    ------
    PerfRNNError
        If the primer cannot be read, has events that the model lacks or is no shorter than the
        samples, or the model knows no such composer.
    """
    primer = _primer(settings.get("primer") or {}, model.classes)
    primed = int(ev.shift_steps(primer).sum())
    num_steps = settings["num_steps"]
    if (settings.get("primer") or {}).get("continue"):
        num_steps += primed
    elif primed >= num_steps:
        raise PerfRNNError(
            f"primer: lasts {primed / ev.STEPS_PER_SECOND:g} s, but the samples only "
            f"{num_steps / ev.STEPS_PER_SECOND:g} s; make them longer, or continue the primer"
        )
    count, keys = settings["count"], [key for _, key in seeds_and_keys(settings)]
    return [
        SampleRequest(
            num_steps,
            settings["seed"] + number,
            primer,
            model.signals(_conditions(settings, keys[number % count])),
            _bias(settings, keys[number % count]),
        )
        for number in range(count * settings.get("candidates", 1))
    ]


def make_filters(settings: Settings) -> Filters:
    """Return how events are drawn."""
    names = ("temperature", "top_k", "top_p", "min_p")
    return Filters(**{name: settings[name] for name in names if name in settings})


def make_beam(settings: SampleParameters) -> Beam:
    """Return the beam search; none if the settings name none."""
    return Beam(**settings.get("beam") or {})


def _conditions(settings: SampleParameters, key: Any) -> Conditions:
    return Conditions(
        composer=settings.get("composer"),
        keys=None if key is None else key_schedule(key),
        histogram=schedule(settings.get("pitch_class_histogram")),
        density=schedule(settings.get("notes_per_second")),
        heeded=settings.get("conditions", True),
    )


def _bias(settings: SampleParameters, key: Any) -> Signals | None:
    strength = settings.get("key_strength")
    return key_bias(key_schedule(key), strength) if key is not None and strength else None


def _primer(primer: Settings, classes: int) -> np.ndarray:
    if "midi" in primer:
        events = midi_primer(primer["midi"])
    elif "melody" in primer:
        events = melody_primer(primer["melody"])
    else:
        events = chord_primer(primer.get("pitches", []))
    return events[events < classes]
