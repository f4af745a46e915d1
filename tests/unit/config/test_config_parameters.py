"""The configuration: defaults, messages, canonical parameters."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from perfrnn import config as c
from perfrnn.config import places
from perfrnn.errors import ConfigError
from perfrnn.network.pretrained import bundled_path
from perfrnn.training.hyperparameters import steps

ROOT = Path(__file__).parents[3]
SCHEMA = c.load_schema(ROOT / "workflow/schemas/config.schema.yaml")
DEFAULT = yaml.safe_load((ROOT / "config/config.yaml").read_text())


ITERATION = DEFAULT["iterations"]["iter1"]


@pytest.fixture(autouse=True)
def _project(monkeypatch):
    monkeypatch.chdir(ROOT)


def edited(*path_and_value):
    *path, last, value = path_and_value
    config = deepcopy(DEFAULT)
    place = config
    for key in path:
        place = place[key]
    place[last] = value
    return config


def without_transformer(*path_and_value):
    """Return the same of the dissertation's iterations, which are LSTMs."""
    changed = edited(*path_and_value)
    del changed["iterations"]["iter4"]
    return changed


def test_the_shipped_config_is_valid_and_defaults_fill_in():
    config = c.validate(DEFAULT, SCHEMA)
    assert config["dataset"]["segments"] == "magenta"
    assert config["iterations"]["iter1"]["l1"] == 0
    assert config["render"] == {"soundfont": None}


def test_validation_leaves_its_input_alone():
    before = deepcopy(DEFAULT)
    c.validate(DEFAULT, SCHEMA)
    assert before == DEFAULT


@pytest.mark.parametrize(
    ("config", "key", "mend"),
    [
        (edited("seed", "abc"), "`seed`", "whole number"),
        (edited("sead", 1), "`sead`", "did you mean `seed`"),
        (edited("iterations", "iter1", "model", "bigger"), "iterations.iter1.model", "one of"),
        (edited("iterations", "iter1", "dropuot", 0.1), "iterations.iter1.dropuot", "`dropout`"),
        (edited("pretrained", "source", "no.mag"), "pretrained.source", "no file no.mag"),
        (edited("dataset", "eval_ratio", 1.5), "dataset.eval_ratio", "such as 0.1"),
        (edited("samples", "count", 0), "samples.count", "at least 1"),
        (edited("iterations", "start", ITERATION), "iterations.start", "a folder that the"),
        (edited("iterations", "Figures", ITERATION), "iterations.Figures", "a folder that the"),
        (edited("iterations", "base_models", ITERATION), "iterations.base_models", "a folder"),
        (edited("iterations", "train", ITERATION), "iterations.train", "a rule of the workflow"),
        (edited("iterations", 5, ITERATION), "`iterations`: 5", "a letter first"),
        (edited("iterations", True, ITERATION), "`iterations`: True", "a letter first"),
        (edited("iterations", "x" * 101, ITERATION), "`iterations`", "cannot be a name"),
        (edited("iterations", "iter2", "start", "iter3"), "iterations.iter2.start", "a plain one"),
        (edited("embedded", {"works": 100000}), "embedded.works", "at most 415"),
        (
            edited("iterations", "iter2", "early_stopping", "patience", "0 epochs"),
            "iterations.iter2.early_stopping.patience",
            "above 0",
        ),
        (
            edited("iterations", "iter2", "early_stopping", "patience", "0.00 epochs"),
            "iterations.iter2.early_stopping.patience",
            "above 0",
        ),
        (edited("results", ""), "`results`", "must not be empty"),
        (edited("results", "/"), "`results`", "where the project itself lies"),
        (edited("results", ".."), "`results`", "where the project itself lies"),
        (edited("results", "."), "`results`", "where the project itself lies"),
        (edited("results", "results/../.."), "`results`", "where the project itself lies"),
        (edited("results", "data"), "`results`", "the folder data holds something else"),
        (edited("results", "./data/mine"), "`results`", "the folder data holds something else"),
        (edited("results", str(ROOT / "config/x")), "`results`", "the folder config holds"),
        (edited("results", "README.md"), "`results`", "README.md is a file"),
        (edited("results", "README.md/x"), "`results`", "README.md is a file"),
        (edited("results", "a{b}c"), "`results`", "'{' in it"),
        (edited("results", "a\nb"), "`results`", "letters, digits, spaces"),
        (edited("results", "~/results"), "`results`", "no plain path"),
        (edited("results", "results /x"), "`results`", "no plain path"),
        (edited("network", {"units": 16}), "`network`", "pretrained.source: scratch"),
        (edited("dataset", "held_out", "no.tsv"), "dataset.held_out", "table of pieces"),
        (edited("iterations", "iter1", "truncate", 128), "iter1.truncate", "segments: full"),
        (edited("iterations", "iter1", "start", "iter9"), "iter1.start", "name another"),
        (edited("iterations", "iter1", "start", "iter1"), "iter1.start", "leads back"),
        (edited("iterations", "iter2", "l1", "1e-4"), "iterations.iter2.l1", "1.0e-4"),
        (
            edited("iterations", "iter2", "learning_rate", "half_cycle", "2 weeks"),
            "iterations.iter2.learning_rate.half_cycle",
            "2 epochs",
        ),
        (
            edited("iterations", "iter2", "learning_rate", "value", 3),
            "iterations.iter2.learning_rate.value",
            "half_cycle",
        ),
        (
            edited("iterations", "iter3", "samples", {"keys": ["H major"]}),
            "iterations.iter3.samples.keys",
            "'D minor'",
        ),
        (
            edited("iterations", "iter1", "samples", {"keys": ["C major"]}),
            "iterations.iter1.samples.keys",
            "multiconditioned",
        ),
        (
            edited("iterations", "iter3", "samples", {"composer": "Chopin"}),
            "iterations.iter3.samples.composer",
            "performance_transformer",
        ),
        (
            without_transformer("samples", "composer", "Chopin"),
            "samples.composer",
            "performance_transformer",
        ),
        (
            without_transformer("samples", "guidance", 2.0),
            "samples.guidance",
            "performance_transformer",
        ),
        (edited("samples", "guidance", 10.5), "samples.guidance", "at most 10"),
        (edited("samples", "candidates", 0), "samples.candidates", "at least 1"),
        (edited("corpus", "folder"), "folder.path", "folder of your music"),
        (edited("corpus", "asap+folder"), "folder.path", "folder of your music"),
        (edited("corpus", "asap+magpie"), "corpus", "no source 'magpie'"),
        (edited("iterations", {}), "iterations", "not be empty"),
        (edited("iterations", "iter1", 5), "iterations.iter1", "a mapping"),
        (
            edited("iterations", "iter1", "learning_rate", "boundaries", [5]),
            "iterations.iter1.learning_rate.values",
            "one value more",
        ),
        (
            edited("iterations", "iter2", "learning_rate", "upper", 1.0e-5),
            "iterations.iter2.learning_rate.lower",
            "swap",
        ),
        (edited("dataset", "min_events", 600), "dataset.min_events", "lower it"),
        (edited("render", {"soundfont": "no.sf2"}), "render.soundfont", "no.sf2"),
        (edited("iterations", "a b", DEFAULT["iterations"]["iter1"]), "iterations", "letters"),
    ],
)
def test_a_wrong_config_is_told_in_one_line(config, key, mend):
    with pytest.raises(ConfigError) as error:
        c.validate(config, SCHEMA)
    message = str(error.value)
    assert key in message
    assert mend in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "results", ["results", "results/", "./results/base", "Ma musique, 2", "/tmp/éxperiment 3"]
)
def test_results_may_have_spaces_and_lie_anywhere(results):
    assert c.validate(edited("results", results), SCHEMA)["results"] == results


def test_results_are_not_made_among_the_music_that_they_are_made_from(tmp_path):
    (tmp_path / "prelude.mid").write_bytes(b"")
    config = edited("corpus", "folder") | {"folder": {"path": str(tmp_path)}}
    with pytest.raises(ConfigError, match=r"`results`: .* lies in `folder.path`, among your"):
        c.validate(config | {"results": f"{tmp_path}/results"}, SCHEMA)
    assert c.validate(config, SCHEMA)["folder"]["path"] == str(tmp_path)


RULE = r"^ *(?:use rule \w+ as|rule) (\w+)(?: with)?:"


def test_names_that_the_workflow_needs_are_those_of_its_rules():
    text = "".join(path.read_text() for path in [*ROOT.glob("rules/*.smk"), ROOT / "Snakefile"])
    assert set(places.RULES) == set(re.findall(RULE, text, re.MULTILINE))
    made = set(re.findall(r"\{RESULTS\}/(\w+)[/\"]", text)) | {
        variant.split("/")[0] for variant in c.ablation_variants(c.validate(DEFAULT, SCHEMA))
    }
    assert set(places.FOLDERS) == made


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\xff\xfe\x80", "is not a tab-separated table in UTF-8"),
        (b"composer\nBach\n", "has no column `piece`"),
        (b"", "has no column `piece`"),
        (b"composer\tpiece\nBach\n", "row 2 has no cell for `piece`"),
    ],
)
def test_a_table_of_held_out_pieces_is_read_at_the_start(tmp_path, content, reason):
    table = tmp_path / "held_out.tsv"
    table.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"`dataset.held_out`: {table}: {reason}") as error:
        c.validate(edited("dataset", "held_out", str(table)), SCHEMA)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(470, 470), ("2 epochs", 470), ("1 epoch", 235), ("0.5 epochs", 118)],
)
def test_durations(duration, expected):
    assert steps(duration, steps_per_epoch=235) == expected


def test_the_trainings_that_lead_to_one_come_first():
    starts = {"c": "b", "b": "a", "a": None}
    config = {"iterations": {name: {"start": start} for name, start in starts.items()}}
    assert c.training_chain(config, "c") == ["a", "b", "c"]
    assert c.training_chain(config, "a") == ["a"]


def test_the_budget_caps_and_null_lifts_it():
    capped = c.training_parameters(c.validate(DEFAULT, SCHEMA), "iter3")
    assert (capped["max_steps"], capped["batch_size"]) == (10, 16)
    assert "dropout" not in capped
    assert capped["learning_rate"]["upper"] == 1e-4
    assert capped["losses"] == {"rhythm": 0.1, "harmonic_tension": 0.1}
    assert "l1" not in c.training_parameters(c.validate(DEFAULT, SCHEMA), "iter2")
    free = c.training_parameters(c.validate(edited("budget", None), SCHEMA), "iter3")
    assert (free["max_steps"], free["batch_size"]) == (2859, 128)
    assert (free["dropout"], free["learning_rate"]["upper"]) == (0.2, 1e-2)


def test_parameters_do_not_depend_on_the_order_of_keys_or_inert_values():
    config = c.validate(DEFAULT, SCHEMA)
    shuffled = deepcopy(DEFAULT)
    shuffled["iterations"]["iter2"] = dict(reversed(DEFAULT["iterations"]["iter2"].items()))
    shuffled["iterations"]["iter2"]["losses"]["harmonic_tension"] = 0
    shuffled["samples"]["count"] = 7
    again = c.validate(shuffled, SCHEMA)
    assert repr(c.training_parameters(config, "iter2")) == repr(
        c.training_parameters(again, "iter2")
    )


def test_sample_settings_of_an_iteration_override_the_common_ones():
    config = c.validate(edited("iterations", "iter1", "samples", {"count": 1}), SCHEMA)
    assert c.sample_parameters(config, "iter1")["count"] == 1
    assert c.sample_parameters(config, "iter2")["count"] == 3
    assert "keys" not in c.sample_parameters(config, "iter2")
    assert c.sample_parameters(config, "iter3")["keys"] == ["C major", "D major", "D minor"]


def test_only_what_is_asked_for_is_among_the_parameters():
    """So that no sample is made anew because there is one more setting."""
    config = c.validate(DEFAULT, SCHEMA)
    common = {"count", "max_note_seconds", "max_pause_seconds", "num_steps", "seed"}
    common |= {"temperature", "top_p"}
    assert set(c.sample_parameters(config, "iter1")) == common
    third = c.sample_parameters(config, "iter3")
    assert set(third) == common | {"keys"}
    config = c.validate(edited("samples", "candidates", 4), SCHEMA)
    assert c.sample_parameters(config, "iter1")["candidates"] == 4


def test_transposition_concerns_training_and_not_the_dataset():
    config = c.validate(edited("dataset", "transpose", [-1, 0, 1]), SCHEMA)
    plain = c.validate(DEFAULT, SCHEMA)
    assert c.dataset_parameters(config) == c.dataset_parameters(plain)
    assert c.training_parameters(config, "iter1") != c.training_parameters(plain, "iter1")


def test_how_many_devices_train_is_no_parameter_of_what_is_learned():
    plain = c.validate(DEFAULT, SCHEMA)
    assert c.training_devices(plain, "iter1") == c.training_devices(plain, "ablation/none") == 0
    four = c.validate(edited("iterations", "iter1", "devices", "4"), SCHEMA)
    assert c.training_devices(four, "iter1") == 4
    assert c.training_parameters(four, "iter1") == c.training_parameters(plain, "iter1")
    for wrong in (0, "all", 1.5):
        with pytest.raises(ConfigError, match=r"iterations\.iter1\.devices.*expected: How many"):
            c.validate(edited("iterations", "iter1", "devices", wrong), SCHEMA)


def validated(*path_and_value):
    return c.validate(edited(*path_and_value), SCHEMA)


def test_experiments_that_differ_in_their_data_have_folders_of_their_own():
    plain = c.data_folders(c.validate(DEFAULT, SCHEMA))
    for part, value in (("eval_ratio", 0.2), ("segments", "full"), ("stretch", [0.95, 1.0])):
        other = c.data_folders(validated("dataset", part, value))
        assert other.dataset != plain.dataset
        assert (other.converted, other.inventories) == (plain.converted, plain.inventories)
    for part in ("seed", "pretrained"):
        value = {"seed": 7, "pretrained": {"source": "scratch"}}[part]
        assert c.data_folders(validated(part, value)).dataset != plain.dataset
    for key, value in (
        ("unfold_repeats", True),
        ("shards", 3),
        ("perform", False),
        ("renditions", 2),
    ):
        other = c.data_folders(validated("convert", {key: value}))
        assert other.converted != plain.converted
        assert other.dataset != plain.dataset
        assert other.inventories == plain.inventories
    fewer = c.data_folders(validated("embedded", {"works": 12}))
    assert fewer.inventories.keys() == plain.inventories.keys() == {"embedded"}
    assert fewer.inventories != plain.inventories
    assert fewer.converted != plain.converted
    assert fewer.dataset != plain.dataset


@pytest.mark.parametrize(
    ("corpus", "perform", "folders"),
    [
        ("embedded", "auto", ["data/embedded/raw"]),
        ("embedded+asap", "auto", ["data/embedded/raw"]),
        ("asap+musescore", "auto", None),
        ("maestro", "auto", None),
        ("embedded", False, None),
    ],
)
def test_scores_are_performed_by_source(corpus, perform, folders):
    config = edited("corpus", corpus) | {"convert": {"perform": perform, "renditions": 4}}
    found = c.perform_parameters(c.validate(config, SCHEMA))
    expected = {"folders": folders, "renditions": 4, "seed": DEFAULT["seed"]}
    assert found == (expected if folders else None)


def test_all_scores_are_performed_on_request_and_those_of_a_folder_by_themselves(tmp_path):
    asked = edited("corpus", "asap") | {"convert": {"perform": True}}
    found = c.perform_parameters(c.validate(asked, SCHEMA))
    assert found == {"renditions": 1, "seed": DEFAULT["seed"]}
    (tmp_path / "a.mxl").touch()
    own = edited("corpus", "folder") | {"folder": {"path": str(tmp_path)}}
    found = c.perform_parameters(c.validate(own, SCHEMA))
    assert found["folders"] == [str(tmp_path)]


def test_the_seed_moves_performed_music_alone():
    moved = c.data_folders(validated("seed", 7))
    assert moved.converted != c.data_folders(c.validate(DEFAULT, SCHEMA)).converted
    asap = edited("corpus", "asap")
    same = [c.data_folders(c.validate(asap | {"seed": seed}, SCHEMA)) for seed in (7, 8)]
    assert same[0].converted == same[1].converted


def test_the_dissertation_learns_from_scores_as_they_are():
    text = (ROOT / "config/dissertation.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["convert"]["perform"] is False


def test_what_does_not_alter_the_data_does_not_move_it():
    plain = c.data_folders(c.validate(DEFAULT, SCHEMA))
    for path_and_value in (
        ("dataset", "transpose", [-1, 0]),
        ("samples", "count", 7),
        ("budget", None),
        ("asap", {"include": ["performances"]}),  # another corpus
    ):
        assert c.data_folders(validated(*path_and_value)) == plain
    asap = c.data_folders(validated("corpus", "asap"))
    config = edited("corpus", "asap") | {"asap": {"url": "file:///elsewhere.zip"}}
    assert c.data_folders(c.validate(config, SCHEMA)) == asap  # the same files from elsewhere
    assert asap.dataset.startswith("data/asap/dataset-")


def test_the_start_weights_bind_the_split_only_if_they_are_the_bundled_ones():
    for source in ("bundled", str(bundled_path("performance_with_dynamics"))):
        config = c.validate(edited("pretrained", {"source": source}), SCHEMA)
        assert c.dataset_parameters(config)["unheard_by"] == "bundled"
    for source in ("scratch", "magenta"):
        config = c.validate(without_transformer("pretrained", {"source": source}), SCHEMA)
        assert "unheard_by" not in c.dataset_parameters(config)


@pytest.mark.parametrize(
    ("source", "lstm", "transformer"),
    [
        ("bundled", "bundled", "bundled"),
        ("scratch", "scratch", "scratch"),
        ("magenta", "magenta", "bundled"),  # which has no transformer
        ("mine.mag", "mine.mag", "bundled"),
        ("mine.safetensors", "bundled", "mine.safetensors"),
    ],
)
def test_a_model_that_cannot_start_from_the_source_starts_from_its_base_model(
    monkeypatch, tmp_path, source, lstm, transformer
):
    (tmp_path / "mine.mag").touch()
    (tmp_path / "mine.safetensors").touch()
    monkeypatch.chdir(tmp_path)
    config = c.validate(edited("pretrained", {"source": source}), SCHEMA)
    assert c.start_source(config, "performance_with_dynamics") == lstm
    assert c.start_source(config, "performance_transformer") == transformer
    assert c.starts_from_bundled(config) == ("bundled" in (lstm, transformer))


def test_every_key_of_the_schema_has_a_description():
    def bare(schema, path=""):
        for key, child in schema.get("properties", {}).items():
            here = f"{path}.{key}"
            if child is True:
                continue
            target = (
                SCHEMA["$defs"][child["$ref"].rsplit("/", 1)[-1]] if "$ref" in child else child
            )
            if "description" not in child and "description" not in target:
                yield here
            yield from bare(target, here)

    assert list(bare(SCHEMA)) == []
    assert list(bare(SCHEMA["$defs"]["iteration"])) == []


@pytest.mark.parametrize("name", ["base", "dissertation"])
def test_shipped_overlays_are_valid(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    overlay = yaml.safe_load((ROOT / f"config/{name}.yaml").read_text())
    merged = deepcopy(DEFAULT)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merged[key] | value if both else value
    config = c.validate(merged, SCHEMA)
    assert config["dataset"]["held_out"] == "config/held_out.tsv"


def test_an_overlay_leaves_an_iteration_out_with_null():
    config = c.validate(edited("iterations", "iter1", None), SCHEMA)
    assert list(config["iterations"]) == ["iter2", "iter3", "iter4"]
