"""Generate performances from a model, ours or a Performance RNN of Magenta's, as MIDI files.

Each comes with a record of how it was made: the same name, ending in .json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, cast

from perfrnn.commands.values import MOST_SECONDS, number, over_time, weights
from perfrnn.errors import PerfRNNError, SettingError
from perfrnn.generation.conditions import REQUESTS
from perfrnn.generation.key_bias import DEFAULT_STRENGTH, NUDGE
from perfrnn.words import listed

EPILOG = """\
values that change over time go on with the seconds from which the next one holds:
  --key "D minor, 30: F major" --notes-per-second "4, 30: 12"

example:
  perfrnn generate --bundle results/iter3/model.npz --key "D minor" --seconds 60 --out sample.mid
"""

TOP_P = 0.95
"""As in `config/config.yaml`: nearest to humans of what was tried with the bundled models."""

FLAGS = {"keys": "--key", "primer.midi": "--primer-midi"}
"""Flags that are not named like their setting."""

UNALTERED = (
    "candidates",
    "composer",
    "count",
    "guidance",
    "key_strength",
    "max_note_seconds",
    "max_pause_seconds",
    "min_p",
    "seed",
    "temperature",
    "top_k",
    "top_p",
)
"""Flags whose value is that of the setting."""

# As in the schema of the configuration, which the installed program does not have.
MOST_SAMPLES = 1000
MOST_SEED = 2**31 - 1
MOST_GUARD_SECONDS = 3600
MOST_TEMPERATURE = 10
MOST_EVENTS = 1000
"""For `--top-k`; no model has as many."""
MOST_STREAMS = 256
MOST_STEPS_PER_ITERATION = 10_000
MOST_CANDIDATES = 64
MOST_GUIDANCE = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "--bundle",
        type=Path,
        required=True,
        help="the model: a .npz, .safetensors or .mag file, or the name of a base model that "
        "ships with perfrnn, such as performance_with_dynamics",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.mid",
        help="with --count, -1, -2 and so on are added to its name",
    )
    parser.add_argument(
        "--count",
        type=number(int, least=1, most=MOST_SAMPLES),
        default=1,
        help="number of samples (default 1)",
    )
    parser.add_argument(
        "--seed",
        type=number(int, least=0, most=MOST_SEED),
        default=0,
        help="of the first sample; others count up from it (default 0)",
    )
    parser.add_argument(
        "--candidates",
        type=number(int, least=1, most=MOST_CANDIDATES),
        metavar="N",
        help="make N for each sample, and keep the one in which the key asked for is found and "
        "which the judge of the evaluation finds most human (default 1)",
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        "--seconds",
        type=number(float, above=0, most=MOST_SECONDS),
        help="length, primer included (default 30)",
    )
    length.add_argument(
        "--num-steps",
        type=number(int, least=1, most=MOST_SECONDS * 100),
        help="length in steps of 10 ms",
    )
    parser.add_argument(
        "--max-note-seconds",
        type=number(float, above=0, most=MOST_GUARD_SECONDS),
        help="longer notes are cut (default 5)",
    )
    parser.add_argument(
        "--max-pause-seconds",
        type=number(float, above=0, most=MOST_GUARD_SECONDS),
        help="after so long without a new note one is forced (default 10)",
    )
    _add_conditions(parser.add_argument_group("conditions; any model heeds keys"))
    _add_drawing(parser.add_argument_group("how events are drawn"))
    _add_primers(parser.add_argument_group("what the music begins with"))


def _add_conditions(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--composer",
        metavar="NAME",
        help="in whose manner to play, such as Chopin; transformers know composers",
    )
    tonality = group.add_mutually_exclusive_group()
    tonality.add_argument(
        "--key",
        type=over_time(str),
        dest="keys",
        metavar="KEY",
        help='such as "D minor", or "D minor plan", which visits related keys and comes back '
        "(default: one drawn by the seed, where the model heeds it)",
    )
    tonality.add_argument(
        "--pitch-class-histogram",
        type=over_time(weights),
        metavar="WEIGHTS",
        help='twelve weights, C first: "2 0 1 0 1 1 0 1 0 1 0 1"',
    )
    group.add_argument(
        "--key-strength",
        type=number(float, least=0, most=10),
        metavar="NUMBER",
        help="how strongly notes of the key are favoured when events are drawn "
        f"(default: {DEFAULT_STRENGTH:g} where the model has no input for keys; where it has, "
        f"{NUDGE:g} if it was made here, else not at all)",
    )
    group.add_argument(
        "--notes-per-second",
        type=over_time(number(float, least=0, most=100)),
        metavar="NUMBER",
        help="density asked for (default 12 of a conditioned RNN, 15 of one of Magenta's, "
        "none of a transformer)",
    )
    group.add_argument(
        "--guidance",
        type=number(float, least=0, most=MOST_GUIDANCE),
        metavar="FACTOR",
        help="how much what is asked for counts with a transformer: above 1 more than it has "
        "learned, below 1 less (default 1.75)",
    )
    group.add_argument(
        "--disable-conditioning",
        action="store_true",
        help="let an optional_multiconditioned model play as it likes",
    )


def _add_drawing(group: argparse._ArgumentGroup) -> None:
    streams = number(int, least=1, most=MOST_STREAMS)
    group.add_argument(
        "--temperature",
        type=number(float, above=0, most=MOST_TEMPERATURE),
        default=1.0,
        help="above 1 more random, below 1 less (default 1)",
    )
    group.add_argument(
        "--top-k",
        type=number(int, least=1, most=MOST_EVENTS),
        metavar="K",
        help="from the K most probable",
    )
    group.add_argument(
        "--top-p",
        type=number(float, above=0, most=1),
        default=TOP_P,
        metavar="P",
        help=f"from the fewest that together have probability P (default {TOP_P:g}; 1 draws from "
        "all)",
    )
    group.add_argument(
        "--min-p",
        type=number(float, least=0, most=1),
        metavar="P",
        help="from those at least P times as probable as the likeliest",
    )
    group.add_argument("--beam-size", type=streams, help="beam search: streams that survive")
    group.add_argument("--branch-factor", type=streams, help="and that each of them becomes")
    group.add_argument(
        "--steps-per-iteration",
        type=number(int, least=1, most=MOST_STEPS_PER_ITERATION),
        help="events between two choices",
    )


def _add_primers(group: argparse._ArgumentGroup) -> None:
    primer = group.add_mutually_exclusive_group()
    primer.add_argument(
        "--primer-pitches",
        type=number(int, least=0, most=127),
        nargs="+",
        metavar="PITCH",
        help="a chord of half a second, MIDI numbers",
    )
    primer.add_argument(
        "--primer-melody",
        type=number(int, least=-2, most=127),
        nargs="+",
        metavar="EVENT",
        help="a pitch, -2 to hold or -1 to stop, eight a second",
    )
    primer.add_argument("--primer-midi", metavar="FILE", help="a MIDI file")
    group.add_argument(
        "--continue",
        action="store_true",
        help="count the length from the end of the primer, not its start",
    )


def run(options: argparse.Namespace) -> None:
    """Generate, write, and say what was written."""
    if options.out.suffix.lower() not in (".mid", ".midi"):
        raise PerfRNNError(f"--out: {options.out} is no name for a MIDI file; end it in .mid")
    from perfrnn.evaluation.candidates import choose
    from perfrnn.generation.samples import write_samples
    from perfrnn.generation.settings import SampleParameters

    bundle = _find_bundle(options.bundle)
    files = [options.out]
    if options.count > 1:
        numbers = range(1, options.count + 1)
        files = [options.out.with_stem(f"{options.out.stem}-{number}") for number in numbers]
    settings = make_settings(options)
    if "keys" in settings and "key_strength" not in settings:
        strength = _default_key_strength(bundle)
        if strength:
            settings["key_strength"] = strength
    try:
        write_samples(bundle, files, cast(SampleParameters, settings), choose=choose)
    except SettingError as error:
        flag = FLAGS.get(error.setting, "--" + error.setting.replace("_", "-"))
        raise PerfRNNError(f"{flag}: {error.problem}") from None
    for file in files:
        record = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        words = [f"{record['notes']} notes in {record['seconds']:g} s", f"seed {record['seed']}"]
        asked = [settings.get("composer"), record["key"]]
        print(f"{file}: {', '.join([*words, *filter(None, asked)])}")


def _find_bundle(bundle: Path) -> Path:
    """Return the file of a bundle, or of a base model by its name."""
    from perfrnn.network.pretrained import base_models, bundled_path

    if bundle.exists():
        return bundle
    names = base_models()
    if str(bundle) in names:
        return bundled_path(str(bundle))
    raise PerfRNNError(
        f"--bundle: there is no file {bundle}, and the base models are {listed(names)}"
    )


def _default_key_strength(bundle: Path) -> float:
    """Return how strong a key's bias is for a model unless it is said."""
    from perfrnn.generation.models import open_model

    return open_model(bundle).abilities.key_strength


def make_settings(options: argparse.Namespace) -> dict[str, Any]:
    """Return sample settings, as in the config."""
    given = vars(options)
    settings = {name: given[name] for name in UNALTERED}
    settings["num_steps"] = options.num_steps or max(1, round((options.seconds or 30) * 100))
    settings["keys"] = [_plain(options.keys)] if options.keys else None
    for name in ("notes_per_second", "pitch_class_histogram"):
        settings[name] = _plain(given[name])
    if options.disable_conditioning:
        settings["conditions"] = False
    sizes = {"size": "beam_size"} | {n: n for n in ("branch_factor", "steps_per_iteration")}
    settings["beam"] = {name: given[flag] for name, flag in sizes.items() if given[flag]} or None
    primers = {name: given[f"primer_{name}"] for name in ("pitches", "melody", "midi")}
    primer = {name: value for name, value in primers.items() if value is not None}
    if primer and given["continue"]:
        primer["continue"] = True
    settings["primer"] = primer or None
    if options.guidance is not None and not any(settings[name] for name in REQUESTS):
        raise PerfRNNError(
            "--guidance: nothing is asked for that it could strengthen; add --composer, --key or "
            "--notes-per-second"
        )
    return {name: value for name, value in settings.items() if value is not None}


def _plain(pairs: list[list[Any]] | None) -> Any:
    """Return a value that never changes by itself."""
    return pairs[0][1] if pairs and len(pairs) == 1 else pairs
