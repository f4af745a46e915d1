"""Every number of the configuration is finite, of its type and bounded."""

import math
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from perfrnn import config as c
from perfrnn.corpus.embedded import works
from perfrnn.errors import ConfigError

ROOT = Path(__file__).parents[3]
SCHEMA = c.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text())
LOWER, UPPER = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")

RATES = {
    "value": {"schedule": "constant", "value": 0.1},
    "boundaries": {"schedule": "piecewise", "boundaries": [5], "values": [0.1, 0.2]},
    "values": {"schedule": "piecewise", "boundaries": [5], "values": [0.1, 0.2]},
    "lower": {"schedule": "cyclical", "lower": 0.1, "upper": 0.2, "half_cycle": 5},
    "peak": {"schedule": "cosine", "peak": 0.1, "warmup": 5},
}
RATES["cooldown"] = {"schedule": "trapezoid", "peak": 0.1, "warmup": 5, "cooldown": 5}
RATES |= {"upper": RATES["lower"], "half_cycle": RATES["lower"], "warmup": RATES["peak"]}


def kinds(schema):
    kind = schema.get("type", []) if isinstance(schema, dict) else []
    return {kind} if isinstance(kind, str) else set(kind)


def nodes(schema, place="schema"):
    """Yield every schema within a schema, and where it is."""
    if isinstance(schema, dict):
        yield place, schema
        for key, child in schema.items():
            yield from nodes(child, f"{place}.{key}")
    elif isinstance(schema, list):
        for number, child in enumerate(schema):
            yield from nodes(child, f"{place}.{number}")


def numbers(schema, path=()):
    """Yield the path in a configuration of every number, and its schema; 0 is a list's first."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[-1]] | schema
    if kinds(schema) & {"integer", "number"}:
        yield path, schema
    for key, child in schema.get("properties", {}).items():
        if isinstance(child, dict):
            yield from numbers(child, (*path, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from numbers(schema["additionalProperties"], (*path, "iter3"))
    if isinstance(schema.get("items"), dict):
        yield from numbers(schema["items"], (*path, 0))
    for number, child in enumerate(schema.get("prefixItems", [])):
        yield from numbers(child, (*path, number))
    for branch in schema.get("allOf", []):
        yield from numbers(branch["then"], path)
    for branch in ("then", "else"):
        if branch in schema:
            yield from numbers(schema[branch], path)


NUMBERS = list(numbers(SCHEMA))


def with_value(path, value):
    """Return a configuration with a value in one place, and what it takes to have that place."""
    config = deepcopy(DEFAULT)
    if path[0] == "iterations" and "learning_rate" in path:
        config["iterations"]["iter3"]["learning_rate"] = deepcopy(RATES[path[3]])
    if "samples" in path:
        config["iterations"]["iter3"]["samples"] = {}
    here = config
    for key, following in zip(path, [*path[1:], None], strict=True):
        if following is None:
            break
        empty = [] if isinstance(following, int) else {}
        if isinstance(here, list):
            while len(here) <= key:
                here.append(deepcopy(empty))
        elif not isinstance(here.get(key), type(empty)):
            here[key] = empty
        here = here[key]
    if isinstance(here, list):
        here += [0] * (path[-1] + 1 - len(here))
    here[path[-1]] = value
    return config


def held(config, path):
    for key in path:
        config = config[key]
    return config


def test_every_number_of_the_schema_has_both_bounds():
    unbounded = [
        place
        for place, schema in nodes(SCHEMA)
        if kinds(schema) & {"integer", "number"}
        and not (any(name in schema for name in LOWER) and any(name in schema for name in UPPER))
    ]
    assert unbounded == []


def test_the_walk_finds_the_numbers():
    names = {".".join(map(str, path)) for path, _ in NUMBERS}
    assert len(NUMBERS) > 70
    assert {
        "seed",
        "budget.max_steps",
        "dataset.stretch.0",
        "iterations.iter3.learning_rate.boundaries.0",
        "iterations.iter3.early_stopping.patience",
        "iterations.iter3.samples.notes_per_second.0.1",
        "samples.pitch_class_histogram.0.1.0",
        "samples.primer.melody.0",
        "samples.beam.size",
    } <= names


def test_there_are_as_many_works_as_may_be_asked_for():
    assert SCHEMA["properties"]["embedded"]["properties"]["works"]["maximum"] == len(works())


def complaint_about(config):
    try:
        c.validate(config, SCHEMA)
    except ConfigError as error:
        return str(error)
    return ""


ANY_NUMBER = st.one_of(
    st.floats(),
    st.integers(),
    st.integers(-20, 1200).map(float),
    st.integers(min_value=10**15, max_value=10**40),
    st.booleans(),
)


@pytest.mark.parametrize(("path", "schema"), NUMBERS, ids=lambda each: str(each)[:60])
@settings(max_examples=10)
@given(value=ANY_NUMBER)
@example(value=math.nan)
@example(value=math.inf)
@example(value=-math.inf)
@example(value=10**400)
def test_what_passes_is_finite_of_its_type_and_within_bounds(path, schema, value):
    config = with_value(path, value)
    complaint = complaint_about(config)
    if complaint:
        assert complaint.startswith("config: `")
        assert "\n" not in complaint
        return
    checked = held(c.validate(config, SCHEMA), path)
    assert type(checked) is (int if "integer" in kinds(schema) else type(value))
    assert not isinstance(checked, bool)
    assert math.isfinite(checked)
    assert checked >= schema.get("minimum", -math.inf)
    assert checked > schema.get("exclusiveMinimum", -math.inf)
    assert checked <= schema.get("maximum", math.inf)
    assert checked < schema.get("exclusiveMaximum", math.inf)


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (("samples", "temperature"), math.nan, "must be a finite number, not nan"),
        (("samples", "temperature"), math.inf, "must be a finite number, not inf"),
        (("samples", "count"), 3.0, "must be a whole number, not 3.0"),
        (("convert", "shards"), 2.0, "must be a whole number, not 2.0"),
        (("seed",), 7.0, "must be a whole number, not 7.0"),
        (("seed",), 10**30, "must be at most 2147483647, not 1000000000000000000000000000000"),
        (("samples", "notes_per_second", 0, 1), math.nan, "must be a finite number, not nan"),
        (("iterations", "iter3", "early_stopping", "patience"), 5.0, "a whole number or text"),
    ],
)
def test_what_is_wrong_with_a_number_is_told(path, value, fault):
    with pytest.raises(ConfigError) as error:
        c.validate(with_value(path, value), SCHEMA)
    assert ".".join(map(str, path)) in str(error.value)
    assert fault in str(error.value)


def test_a_weight_that_is_none_is_told_as_a_weight():
    weights = [1.0] * 11 + [math.nan]
    with pytest.raises(ConfigError, match=r"histogram\.11` must be a finite number, not nan"):
        c.validate(with_value(("samples", "pitch_class_histogram"), weights), SCHEMA)
