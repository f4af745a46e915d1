"""Values from Snakemake's command line, where everything inside braces is text."""

from pathlib import Path

import pytest
import yaml
from snakemake.cli import parse_config

from perfrnn import config as c
from perfrnn.errors import ConfigError

ROOT = Path(__file__).parents[3]
SCHEMA = c.load_schema(ROOT / "workflow/schemas/config.schema.yaml")


def configured(*entries):
    """Return the shipped config with `--config ENTRIES`, as Snakemake merges it."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))

    def merge(below, above):
        for key, value in above.items():
            if isinstance(value, dict) and isinstance(below.get(key), dict):
                merge(below[key], value)
            else:
                below[key] = value

    merge(config, parse_config(list(entries)))
    return c.validate(config, SCHEMA)


def test_numbers_in_braces_are_numbers():
    config = configured("samples={count: 5, temperature: 0.9, top_p: 1.0e-1}", "seed=7")
    assert config["samples"]["count"] == 5
    assert config["samples"]["temperature"] == 0.9
    assert config["samples"]["top_p"] == 0.1
    assert config["samples"]["num_steps"] == 6000
    assert config["seed"] == 7


def test_lists_truth_values_and_null():
    config = configured(
        "samples={notes_per_second: [[0, 4], [30, 12.5]],"
        " primer: {melody: [60, -2], continue: true}, top_k: null}",
        "budget=null",
    )
    assert config["samples"]["notes_per_second"] == [[0, 4], [30, 12.5]]
    assert config["samples"]["primer"] == {"melody": [60, -2], "continue": True}
    assert config["samples"]["top_k"] is None
    assert config["budget"] is None


def test_null_leaves_an_iteration_out():
    config = configured("iterations={iter1: null, iter3: ~}")
    assert list(config["iterations"]) == ["iter2", "iter4"]


def test_text_stays_text():
    config = configured("iterations={iter3: {samples: {keys: [E minor]}}}")
    assert config["iterations"]["iter3"]["samples"]["keys"] == ["E minor"]
    config = configured("iterations={iter2: {early_stopping: {patience: 3 epochs}}}")
    assert config["iterations"]["iter2"]["early_stopping"]["patience"] == "3 epochs"


def test_durations_may_be_steps():
    config = configured("iterations={iter2: {early_stopping: {patience: 470}}}")
    assert config["iterations"]["iter2"]["early_stopping"]["patience"] == 470


def test_what_is_no_number_is_told_as_it_was_written():
    with pytest.raises(ConfigError, match=r"samples\.count.*not 'five'"):
        configured("samples={count: five}")
